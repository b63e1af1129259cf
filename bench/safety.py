"""Safety tables of 100,000 subjects with 1,000,000 adverse events: seconds and memory, at most 30 s and 4 GiB.

    python bench/safety.py [subjects]

Two arms, 500 terms in 25 classes, two sessions a subject, deaths and causes. Every adverse event, death and medication
analysis that a study file can plan, with Fisher's test and the difference of proportions for each class and term,
exact rates, and cumulative incidence with death competing; then every table of them. Building the data is not counted.
"""

import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from hepatrial.analyse import analyse_study
from hepatrial.contracts import ADAM_DATASETS, LEDGER_COLUMNS, AnalysisData, Findings, Ledger
from hepatrial.render import render_report
from hepatrial.study import Study, read_study

EVENTS_A_SUBJECT = 10
CLASSES, TERMS = 25, 500
LIMIT_SECONDS, LIMIT_GIB = 30, 4
FILL = {"number": np.nan, "date": pd.NaT, "flag": "N"}
STUDY = """
schema_version = 1
findings_limit = "error"
[identity]
study_id = "BENCH"
title = "Safety benchmark"
[design]
kind = "parallel"
masking = "open"
planned_n = 100000
reference_arm = "A"
arms = [{ code = "A", label = "Standard" }, { code = "B", label = "Cells" }]
[time]
origin = "first treatment"
study_end_day = 365
status_tolerance_days = 3
[visit_rule]
choose = "nearest"
tie = "earlier"
same_day = "last"
baseline = "last before origin"
[[visits]]
code = "D28"
label = "Day 28"
day = 28
window = [24, 32]
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
[[populations]]
code = "SAF"
label = "Safety set"
flag = "SAFFL"
steps = [{ reason = "not treated", keep = { predicate = "treated" } }]
[[endpoints]]
id = "safety"
role = "safety"
title = "Adverse events"
variable = "ADAE"
analyses = ["all"]
[safety]
on_therapy_lag_days = 1
grading = "CTCAE v5.0"
stop_actions = ["stopped"]
[[safety.special_interest]]
code = "BLEED"
label = "Bleeding"
terms = ["term 1", "term 2", "term 3"]
"""
ANALYSES = {
    "all": ('method = "adverse events"\nconf_level = 0.95\ncomparison = "fisher"\n'
            'risk_difference = "miettinen-nurminen"'),
    "serious": ('method = "adverse events"\nconf_level = 0.95\nevents = "serious"\ncomparison = "fisher"\n'
                'risk_difference = "miettinen-nurminen"'),
    "common": 'method = "adverse events"\nconf_level = 0.95\nmin_percent = 2.0\nrisk_difference = "miettinen-nurminen"',
    "times": ('method = "adverse event times"\nconf_level = 0.95\nkinds = ["any", "related", "serious", '
              '"grade 3 or more", "special interest BLEED"]\ndays = [28, 90, 365]\nrate_days = 100\n'
              'conf_type = "log-log"'),
    "deaths": 'method = "deaths"\nconf_level = 0.95\nwithin_days = [7, 30]',
    "medications": 'method = "medications"',
    "exposure": 'method = "exposure"',
}  # fmt: skip
OUTPUTS = (
    ("ae_overview", "all"), ("ae_terms", "all"), ("ae_terms", "serious"), ("ae_grades", "all"), ("ae_device", "all"),
    ("ae_special", "all"), ("ae_action", "all"), ("ae_common", "common"), ("ae_times", "times"), ("deaths", "deaths"),
    ("medications", "medications"), ("exposure", "exposure"),
)  # fmt: skip


def make_study(folder: Path) -> Study:
    """The study file with every safety analysis and table."""
    parts = [STUDY]
    for name, body in ANALYSES.items():
        parts.append(f'[[analyses]]\nid = "{name}"\ntitle = "{name}"\npopulation = "SAF"\nby_arm = true\n{body}\n')
    for place, (template, name) in enumerate(OUTPUTS, start=1):
        parts.append(
            f'[[outputs]]\nnumber = "14.3.{place}"\nkind = "table"\ntemplate = "{template}"\ntitle = "{template}"\n'
            f'analyses = ["{name}"]\npopulation = "SAF"\n'
        )
    path = folder / "study.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    return read_study(path)


def make_data(subjects: int) -> AnalysisData:
    """Subjects, events, sessions and medications drawn at random; every other dataset is empty."""
    rng = np.random.default_rng(20261122)
    origin = np.datetime64("2025-01-01", "ns")
    names = np.array([f"S{number:06d}" for number in range(subjects)], dtype=object)
    days = rng.integers(30, 366, subjects)
    died = rng.random(subjects) < 0.2
    end = pd.Series(origin + days * np.timedelta64(1, "D"))
    adsl = {
        "USUBJID": names, "SUBJID": names, "TRT01P": np.where(np.arange(subjects) % 2, "A", "B"), "SAFFL": "Y",
        "ORIGDT": origin, "TRTSDT": origin, "TRTEDT": origin + np.timedelta64(14, "D"), "EOSDT": end,
        "DTHFL": np.where(died, "Y", "N"), "DTHDT": end.where(pd.Series(died)),
        "DTHCAUS": np.where(died, rng.choice(["sepsis", "liver failure", "bleeding"], subjects), None),
    }  # fmt: skip
    n = subjects * EVENTS_A_SUBJECT
    who = np.sort(rng.integers(0, subjects, n))
    term = (rng.random(n) ** 2 * TERMS).astype(int)
    day = rng.integers(0, 30, n)
    answers = np.array(["not related", "unlikely", "possible", "probable"], dtype=object)
    terms = np.array([f"term {number}" for number in range(TERMS)], dtype=object)
    classes = np.array([f"class {number % CLASSES}" for number in range(TERMS)], dtype=object)
    adae = {
        "USUBJID": names[who], "AESEQ": np.arange(n, dtype=float), "AETERM": terms[term], "AEDECOD": terms[term],
        "AEBODSYS": classes[term], "ASTDT": origin + day * np.timedelta64(1, "D"), "ASTDY": day + 1.0,
        "AETOXGR": rng.choice([1.0, 2, 3, 4, 5], n, p=[0.4, 0.3, 0.2, 0.09, 0.01]),
        "AESER": rng.choice(["Y", "N"], n, p=[0.1, 0.9]), "AEREL": rng.choice(["Y", "N"], n),
        **{f"AEREL{part}": answers[rng.integers(0, 4, n)] for part in ("DEV", "PRC", "CEL")},
        **{name: rng.choice(["Y", "N", "U"], n, p=[0.1, 0.8, 0.1]) for name in ("AEADE", "AESADE", "AEUSADE")},
        "AEACN": rng.choice(["none", "interrupted", "stopped"], n), "TRTEMFL": "Y",
        "ONTRTFL": np.where(day <= 15, "Y", "N"), "SRCID": "",
    }  # fmt: skip
    twice = np.repeat(names, 2)
    adex = {"USUBJID": twice, "EXSEQ": np.tile([1.0, 2.0], subjects), "ADURHR": 6.0, "COMPLFL": "Y", "SRCID": ""}
    adcm = {"USUBJID": names, "CMTRT": rng.choice(["albumin", "lactulose", "plasma"], subjects), "CMCAT": "medication"}
    given = {"ADSL": adsl, "ADAE": adae, "ADEX": adex, "ADCM": adcm}
    datasets = {name: fill(name, given.get(name, {})) for name in ADAM_DATASETS}
    return AnalysisData(datasets, Ledger(pd.DataFrame(columns=list(LEDGER_COLUMNS))), date(2026, 1, 1), simulated=True)


def fill(name: str, columns: dict[str, object]) -> pd.DataFrame:
    """The dataset with every column of its contract."""
    frame = pd.DataFrame(columns)
    more = {c.name: FILL.get(c.kind) for c in ADAM_DATASETS[name].columns if c.name not in frame}
    dates = {c.name: "datetime64[ns]" for c in ADAM_DATASETS[name].columns if c.kind == "date"}
    return frame.assign(**more).astype({key: kind for key, kind in dates.items()})[list(ADAM_DATASETS[name].names)]


def main() -> None:
    """Print rows, seconds and memory; exit 1 beyond a limit at full size."""
    subjects = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        study = make_study(Path(folder))
    data = make_data(subjects)
    start, cpu = time.perf_counter(), time.process_time()
    results = analyse_study(study, data)
    analysed = time.perf_counter()
    report = render_report(study, data, results, Findings.from_rows([]))
    done = time.perf_counter()
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    cells = sum(len(row.cells) for table in report.outputs for row in table.rows)
    print(
        f"{subjects:,} subjects, {len(data.datasets['ADAE']):,} events: {len(results.frame):,} results, "
        f"{len(report.outputs)} tables, {cells:,} cells; "
        f"analyses {analysed - start:.1f} s, tables {done - analysed:.1f} s, "
        f"together {done - start:.1f} s ({time.process_time() - cpu:.1f} s of CPU); {gib:.2f} GiB"
    )
    if subjects >= 100_000 and (done - start > LIMIT_SECONDS or gib > LIMIT_GIB):
        sys.exit(1)


if __name__ == "__main__":
    main()
