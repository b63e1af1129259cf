"""A study, its analysis data and its result rows, made by hand for the tests of render and report.

The numbers are plausible, not right: they are for layout. Statistics are tested in estimate.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from hepatrial.contracts import (
    ADAM_DATASETS,
    LEDGER_COLUMNS,
    RECORD_COLUMNS,
    SOURCE_FILE_COLUMNS,
    STANDARD_TABLES,
    AnalysisData,
    Exports,
    Findings,
    Ledger,
    compute_id,
    make_finding,
    typed_columns,
)
from hepatrial.study import Study, read_study

DAYS = (1, 3, 5, 7, 14, 28, 56, 84)
ORIGIN = pd.Timestamp("2024-05-01")
LEVELS = {"BILI": 300.0, "IL6": 80.0, "AMON": 90.0, "MELD": 26.0}
HEAD = """
schema_version = 1
findings_limit = "error"
[identity]
study_id = "T-ALF-1"
registry_id = "NCT00000000"
title = "Mesenchymal stem cell reactor in liver failure"
title_local = "间充质干细胞反应器血液净化治疗肝衰竭"
phase = "1"
[time]
origin = "first treatment"
study_end_day = 84
status_tolerance_days = 3
confirm = true
confirm_note = "the record names enrolment and treatment"
[visit_rule]
choose = "nearest"
tie = "earlier"
same_day = "last"
baseline = "last before origin"
[safety]
on_therapy_lag_days = 3
grading = "CTCAE v5.0"
dictionary = "MedDRA 27.0"
[specimens]
kinds = ["blood", "urine", "faeces"]
visits = ["D1", "D28"]
[[parameters]]
code = "BILI"
label = "Total bilirubin"
group = "LABORATORY"
unit = "µmol/L"
decimals = 1
scale = "log"
[[parameters]]
code = "IL6"
label = "Interleukin-6"
label_local = "白细胞介素-6"
group = "LABORATORY"
unit = "pg/mL"
decimals = 1
scale = "log"
lower_limit = 5.0
upper_limit = 5000.0
[[parameters]]
code = "AMON"
label = "Ammonia"
group = "LABORATORY"
unit = "µmol/L"
decimals = 0
scale = "linear"
[[scores]]
code = "MELD"
label = "MELD score"
score = "meld"
decimals = 0
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
[[times_to_event]]
code = "LT"
label = "Transplantation"
events = ["transplant"]
competing = ["death"]
[[populations]]
code = "FAS"
label = "Full analysis set"
flag = "FASFL"
steps = [{ reason = "not treated", keep = { predicate = "treated" } }]
[[populations]]
code = "SAF"
label = "Safety set"
flag = "SAFFL"
steps = [{ reason = "not treated", keep = { predicate = "treated" } }]
[[eligibility]]
id = "I1"
kind = "inclusion"
text = "Age 18 to 65 years"
[[eligibility]]
id = "E1"
kind = "exclusion"
text = "Severe active bleeding"
[[endpoints]]
id = "os28"
role = "primary"
title = "Survival at day 28"
time_frame = "28 days after treatment"
variable = "OS"
days = [28]
analyses = ["os_km"]
"""
OUTPUTS = (
    ("14.1.1", "table", "disposition", "Disposition", ["disposition"]),
    ("14.1.6", "figure", "consort", "Flow of the patients", ["disposition"]),
    ("14.1.2", "table", "eligibility", "Eligibility", ["eligibility"]),
    ("14.1.3", "table", "baseline", "Baseline characteristics", ["baseline"]),
    ("14.1.4", "table", "exposure", "Exposure", ["exposure"]),
    ("14.1.5", "table", "specimens", "Specimens", ["specimens"]),
    ("14.2.1", "table", "survival", "Overall survival", ["os_km"]),
    ("14.2.2", "figure", "kaplan_meier", "Overall survival", ["os_km"]),
    ("14.2.3", "table", "survival_status", "Vital status", ["os_km"]),
    ("14.2.4", "table", "incidence", "Transplantation", ["lt_cif"]),
    ("14.2.5", "figure", "cumulative_incidence", "Transplantation with death competing", ["lt_cif"]),
    ("14.2.6", "table", "by_visit", "Biomarkers by visit", ["markers"]),
    ("14.2.7", "table", "mixed_model", "Model means", ["model"]),
    ("14.2.8", "figure", "trajectory", "Trajectory", ["model"]),
    ("14.2.9", "figure", "swimmer", "Patients", []),
    ("14.3.1", "table", "ae_overview", "Adverse events", ["ae"]),
    ("14.3.2", "table", "ae_terms", "Adverse events by term", ["ae"]),
    ("14.3.3", "table", "ae_grades", "Adverse events by grade", ["ae"]),
    ("14.4.1", "table", "quality_control", "Numbers computed twice", ["os_km"]),
    ("16.2.1", "listing", "list_subjects", "Subjects", []),
    ("16.2.2", "listing", "list_deviations", "Deviations", []),
    ("16.2.3", "listing", "list_eligibility", "Eligibility", []),
    ("16.2.4", "listing", "list_exposure", "Sessions", []),
    ("16.2.5", "listing", "list_time_to_event", "Times to event", []),
    ("16.2.6", "listing", "list_adverse_events", "Adverse events", []),
    ("16.2.7", "listing", "list_laboratory", "Laboratory", []),
    ("16.2.8", "listing", "list_specimens", "Specimens", []),
    ("16.2.9", "listing", "list_device", "Device deficiencies", []),
)


def make_study(folder: Path, *, arms: int = 1, title: str = "") -> Study:
    """The study with one arm, or with two that are compared."""
    listed = '{ code = "MSC", label = "MSC reactor 干细胞" }' + (
        ', { code = "SOC", label = "Standard care" }' if arms > 1 else ""
    )
    kind = 'kind = "single arm"' if arms == 1 else 'kind = "parallel"\nreference_arm = "SOC"'
    text = HEAD + f'[design]\n{kind}\nmasking = "open"\nplanned_n = 10\narms = [{listed}]\n'
    for day in DAYS:
        text += f'[[visits]]\ncode = "D{day}"\nlabel = "Day {day}"\nday = {day}\nwindow = [{day}, {day}]\n'
    text += _analyses(arms)
    for number, shape, template, name, analyses in OUTPUTS:
        text += f'[[outputs]]\nnumber = "{number}"\nkind = "{shape}"\ntemplate = "{template}"\ntitle = "{name}"\n'
        text += f"analyses = {analyses}\n"
    text = text.replace("Mesenchymal stem cell reactor in liver failure", title) if title else text
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return read_study(path)


def _analyses(arms: int) -> str:
    by_arm = f"by_arm = {str(arms > 1).lower()}\n"
    compared = 'comparison = { test = "log-rank", hazard_ratio = true, ties = "efron" }\n' if arms > 1 else ""
    gray = 'comparison = "gray"\n' if arms > 1 else ""
    codes, visits = list(LEVELS), ["BL", *(f"D{day}" for day in DAYS)]
    bodies = {
        ("disposition", "disposition"): "",
        ("eligibility", "eligibility"): "",
        ("baseline", "baseline"): f'columns = ["AGE", "SEX", "AETIOL"]\nparameters = {codes}\n',
        ("exposure", "exposure"): "",
        ("specimens", "specimens"): "",
        ("os_km", "survival"): 'parameter = "OS"\ndays = [7, 14, 28, 56, 84]\nconf_type = "log-log"\n'
        f"conf_level = 0.95\nquantiles = [0.5]\n{compared}",
        ("lt_cif", "cumulative incidence"): 'parameter = "LT"\ndays = [28, 56, 84]\nconf_type = "log-log"\n'
        f"conf_level = 0.95\n{gray}",
        ("markers", "by visit"): f'parameters = {codes}\nvisits = {visits}\ndeath_strategy = "while-alive"\n'
        "conf_level = 0.95\nmin_pairs = 5\n",
        ("model", "mixed model"): f'parameters = {codes}\nvisits = {visits}\ndeath_strategy = "hypothetical"\n'
        'df = "residual"\nconf_level = 0.95\n',
        ("ae", "adverse events"): "conf_level = 0.95\n",
    }
    return "".join(
        f'[[analyses]]\nid = "{name}"\nmethod = "{method}"\ntitle = "{name.title()}"\n'
        f'population = "{"SAF" if name == "ae" else "FAS"}"\n{by_arm}{body}'
        for (name, method), body in bodies.items()
    )


def make_data(study: Study, n: int = 10, *, seed: int = 1, term: str = "Pyrexia") -> AnalysisData:
    """Analysis data of ``n`` patients; ``term`` is the reported term of the first adverse event."""
    rng = np.random.default_rng(seed)
    sets = {name: pd.DataFrame(columns=list(spec.names)) for name, spec in ADAM_DATASETS.items()}
    sets["ADSL"] = _adsl(study, n, rng)
    sets["ADTTE"] = _adtte(sets["ADSL"])
    sets["ADLB"] = _adlb(study, sets["ADSL"], rng)
    sets["ADEX"] = _adex(sets["ADSL"])
    sets["ADAE"] = _adae(sets["ADSL"], rng, term)
    sets["ADSP"] = _adsp(sets["ADSL"], rng)
    sets["ADEL"] = _frame(
        "ADEL",
        [
            {
                "USUBJID": s,
                "CRITID": c,
                "CRITTYPE": "inclusion",
                "CRIT": "Age",
                "DATARES": "met",
                "INVRES": "met",
                "DIFFFL": "N",
                "SRCID": f"el{s}{c}",
            }
            for s in sets["ADSL"]["USUBJID"]
            for c in ("I1", "E1")
        ],
    )
    sets["ADDV"] = _frame(
        "ADDV",
        [
            {
                "USUBJID": sets["ADSL"]["USUBJID"][0],
                "ADT": ORIGIN,
                "DVCAT": "visit",
                "DVTERM": "Visit 3 missed",
                "MAJORFL": "N",
                "SRCID": "dv1",
            }
        ],
    )
    ledger = Ledger(pd.DataFrame(columns=list(LEDGER_COLUMNS)))
    return AnalysisData(sets, ledger, date(2025, 6, 30), simulated=True)


def _frame(name: str, rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(ADAM_DATASETS[name].names))
    for column in ADAM_DATASETS[name].columns:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name])
        elif column.kind == "number":
            frame[column.name] = pd.to_numeric(frame[column.name]).astype(float)
        else:
            frame[column.name] = frame[column.name].astype(object).where(frame[column.name].notna(), None)
    frame["SRCDOM"] = frame["SRCDOM"].where(frame["SRCDOM"].notna(), "labs" if name == "ADLB" else "subjects")
    return frame


def _adsl(study: Study, n: int, rng: np.random.Generator) -> pd.DataFrame:
    arms = study.design.arms
    rows = []
    for i in range(n):
        start = ORIGIN + pd.Timedelta(days=3 * i)
        death = start + pd.Timedelta(days=int(rng.integers(3, 80))) if rng.random() < 0.35 else pd.NaT
        graft = start + pd.Timedelta(days=int(rng.integers(5, 60))) if pd.isna(death) and rng.random() < 0.2 else pd.NaT
        gone = start + pd.Timedelta(days=40) if i % 9 == 7 and pd.isna(death) and pd.isna(graft) else pd.NaT
        ongoing = i == n - 1 and n > 1 and pd.isna(death)
        end = death if pd.notna(death) else gone if pd.notna(gone) else start + pd.Timedelta(days=60 if ongoing else 84)
        arm = arms[i % len(arms)]
        rows.append(
            {
                "STUDYID": "T",
                "USUBJID": f"T-{i + 1:03d}",
                "SUBJID": f"{i + 1:03d}",
                "SITEID": "01",
                "AGE": float(rng.integers(20, 65)),
                "SEX": "FM"[int(rng.integers(2))],
                "ARM": arm.label,
                "TRT01P": arm.code,
                "TRT01A": arm.code,
                "AETIOL": "HBV" if i % 3 else "drug",
                "STAGE": "early",
                "RFICDT": start,
                "ENRLDT": start,
                "TRTSDT": start,
                "TRTEDT": start + pd.Timedelta(days=6),
                "ORIGDT": start,
                "DTHFL": "Y" if pd.notna(death) else "N",
                "DTHDT": death,
                "LTFL": "Y" if pd.notna(graft) else "N",
                "LTDT": graft,
                "WDRDT": gone,
                "LSTALVDT": end,
                "EOSSTT": "ONGOING" if ongoing else "COMPLETED",
                "EOSDT": end,
                "ENRLFL": "Y",
                "FASFL": "Y",
                "SAFFL": "Y",
                "PPROTFL": "Y",
                "SRCID": compute_id(("s", i)),
                "SRCSEQ": float(i + 2),
            }
        )
    return _frame("ADSL", rows)


def _adtte(adsl: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for s in adsl.itertuples():
        last, day = (s.LSTALVDT - s.ORIGDT).days, {"OS": s.DTHDT, "LT": s.LTDT}
        for code, when in day.items():
            competing = code == "LT" and pd.notna(s.DTHDT)
            hit = pd.notna(when) or competing
            date_ = when if pd.notna(when) else s.DTHDT
            rows.append(
                {
                    "USUBJID": s.USUBJID,
                    "PARAMCD": code,
                    "PARAM": code,
                    "STARTDT": s.ORIGDT,
                    "AVAL": float((date_ - s.ORIGDT).days if hit else last),
                    "CNSR": 0.0 if pd.notna(when) else 2.0 if competing else 1.0,
                    "EVNTDESC": "event" if hit else None,
                    "CNSDTDSC": None if hit else "last contact",
                    "SRCID": s.SRCID,
                }
            )
    return _frame("ADTTE", rows)


def _adlb(study: Study, adsl: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for code, level in LEVELS.items():
        item = study.parameter(code)
        for s in adsl.itertuples():
            base = level * np.exp(rng.normal(0, 0.8 if code == "IL6" else 0.3))
            for visit, day in (("BL", -1), *((f"D{day}", day) for day in DAYS)):
                if day > (s.LSTALVDT - s.ORIGDT).days or rng.random() < 0.08:
                    continue
                value = base * np.exp(-0.012 * max(day, 0) + rng.normal(0, 0.15))
                low = code == "IL6" and value < 5
                value = 5.0 if low else round(float(value), item.decimals)
                after = pd.notna(s.LTDT) and s.ORIGDT + pd.Timedelta(days=day) > s.LTDT
                rows.append(
                    {
                        "USUBJID": s.USUBJID,
                        "PARAMCD": code,
                        "PARAM": item.label,
                        "PARCAT1": "LABORATORY",
                        "AVAL": value,
                        "AVALC": "<5" if low else f"{value:.{item.decimals}f}",
                        "AVALU": item.unit,
                        "ACENS": "L" if low else "",
                        "ADT": s.ORIGDT + pd.Timedelta(days=day),
                        "AFUDY": float(day),
                        "AVISIT": visit,
                        "AVISITN": float(day),
                        "ABLFL": "Y" if visit == "BL" else "N",
                        "ANL01FL": "Y",
                        "AFTLTFL": "Y" if after else "N",
                        "BASE": base,
                        "CHG": value - base,
                        "SRCID": compute_id((code, s.USUBJID, visit)),
                        "SRCSEQ": float(len(rows) + 2),
                    }
                )
    return _frame("ADLB", rows)


def _adex(adsl: pd.DataFrame) -> pd.DataFrame:
    return _frame(
        "ADEX",
        [
            {
                "USUBJID": s.USUBJID,
                "EXSEQ": float(k + 1),
                "EXTRT": "MSC reactor",
                "ASTDT": s.ORIGDT + pd.Timedelta(days=2 * k),
                "AENDT": s.ORIGDT + pd.Timedelta(days=2 * k),
                "ASTDY": 2.0 * k + 1,
                "ADURHR": 6.5,
                "COMPLFL": "Y",
                "SRCID": compute_id(("ex", s.USUBJID, k)),
                "SRCDOM": "treatments",
            }
            for s in adsl.itertuples()
            for k in range(3)
        ],
    )


def _adae(adsl: pd.DataFrame, rng: np.random.Generator, term: str) -> pd.DataFrame:
    return _frame(
        "ADAE",
        [
            {
                "USUBJID": s.USUBJID,
                "AESEQ": 1.0,
                "AETERM": term if i == 0 else "发热",
                "AEDECOD": "Pyrexia",
                "AEBODSYS": "General disorders",
                "ASTDT": s.ORIGDT,
                "ASTDTC": str(s.ORIGDT.date()),
                "ASTDY": 1.0,
                "AETOXGR": float(rng.integers(1, 4)),
                "AESER": "N",
                "AEREL": "Y",
                "TRTEMFL": "Y",
                "ONTRTFL": "Y",
                "SRCID": compute_id(("ae", s.USUBJID)),
                "SRCDOM": "adverse_events",
            }
            for i, s in enumerate(adsl.itertuples())
        ],
    )


def _adsp(adsl: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return _frame(
        "ADSP",
        [
            {
                "USUBJID": s,
                "AVISIT": visit,
                "AVISITN": float(visit[1:]),
                "SPEC": kind,
                "EXPFL": "Y",
                "COLLFL": "Y" if rng.random() < 0.9 else "N",
                "SRCID": compute_id((s, visit, kind)),
                "SRCDOM": "specimens",
            }
            for s in adsl["USUBJID"]
            for visit in ("D1", "D28")
            for kind in ("blood", "urine", "faeces")
        ],
    )


def make_findings() -> Findings:
    """One open warning and one accepted note."""
    return Findings.from_rows(
        [
            make_finding(
                "LAB01",
                "warning",
                "value 999 is far above the others",
                file="labs.csv",
                line=7,
                column="result",
                raw="999",
            ),
            make_finding(
                "DAT02",
                "note",
                "the day is missing",
                file="adverse_events.csv",
                line=3,
                column="start_date",
                status="accepted",
            ),
        ]
    )


def make_exports(data: AnalysisData) -> Exports:
    """Standard tables that hold the records behind the analysis data: id, file and line."""
    tables = {
        name: pd.DataFrame(columns=[*RECORD_COLUMNS, *typed_columns(spec)]) for name, spec in STANDARD_TABLES.items()
    }
    for frame in data.datasets.values():
        for table, own in frame[frame["SRCID"].notna()].groupby("SRCDOM"):
            ids = own["SRCID"].drop_duplicates()
            rows = pd.DataFrame({"record_id": ids, "file": f"{table}.csv", "sheet": "", "line": range(2, len(ids) + 2)})
            old = tables[table]
            tables[table] = (
                pd.concat([old, rows.reindex(columns=old.columns)]) if len(old) else rows.reindex(columns=old.columns)
            )
    files = pd.DataFrame(
        [dict.fromkeys(SOURCE_FILE_COLUMNS, "") | {"file": "labs.csv", "table": "labs", "sha256": "ab" * 32}]
    )
    return Exports(tables, files, make_findings(), date(2025, 6, 30), simulated=True)
