"""A small double-blind trial of two arms with its SIMULATED export and its key, made by the simulator."""

from pathlib import Path

from hepatrial.run import run_simulation

UNSEALED = """
[[sources]]
table = "{table}"
file = "{table}.csv"
[sources.columns]
{columns}
"""
COLUMNS = {
    "subjects": "subject_id site consent_date enrolment_date randomisation_date age sex aetiology stage",
    "treatments": "subject_id session start_date start_time end_date end_time completed reason",
    "labs": "subject_id visit date time parameter result unit",
    "vital_status": "subject_id date status source",
    "outcomes": "subject_id outcome date cause",
    "adverse_events": "subject_id event term preferred_term system_organ_class start_date end_date ongoing grade "
    "serious related_device related_procedure related_cells action outcome",
    "specimens": "subject_id visit date kind collected reason",
}
SEALED = """
[[sources]]
table = "treatments"
file = "sealed/given.csv"
sealed = true
[sources.columns]
subject_id = "subject_id"
session = "session"
start_date = "start_date"
treatment = "product"
"""
MAP = """
schema_version = 1
study_id = "MASKED-1"
exported_on = 2025-06-30
simulated = true
[defaults]
encoding = "utf-8"
delimiter = ","
"""
STUDY = """
schema_version = 1
findings_limit = "error"
seed = 11
[identity]
study_id = "MASKED-1"
title = "UC-MSC infusion in liver failure: a double-blind trial against albumin saline"
[design]
kind = "parallel"
masking = "double"
planned_n = 20
allocation = "1:1"
reference_arm = "ALBSAL"
arms = [{ code = "ALBSAL", label = "Albumin saline" }, { code = "UCMSC", label = "UC-MSC infusion" }]
[blinding]
terms = ["cell product", "lot 7F", "fourth infusion visit", "120 mL bag"]
columns = ["bag_colour"]
[time]
origin = "randomisation"
study_end_day = 84
status_tolerance_days = 3
[visit_rule]
choose = "nearest"
tie = "earlier"
same_day = "last"
baseline = "last before origin"
[data_cut]
time_to_event = "status confirmed at the cut"
status_days = 30
partial_dates = "earliest day"
deaths_after_cut = "left out"
[safety]
on_therapy_lag_days = 3
grading = "CTCAE v5.0"
[specimens]
kinds = ["blood"]
visits = ["D7", "D28"]
"""
PARAMETER = """
[[parameters]]
code = "{code}"
label = "{label}"
group = "LABORATORY"
unit = "{unit}"
decimals = 1
scale = "log"
"""
REST = """
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
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
[[endpoints]]
id = "os28"
role = "primary"
title = "Survival at day 28"
variable = "OS"
days = [28]
analyses = ["os_km"]
[[analyses]]
id = "disposition"
method = "disposition"
title = "Disposition"
population = "FAS"
by_arm = true
total = true
[[analyses]]
id = "os_km"
method = "survival"
title = "Overall survival"
population = "FAS"
by_arm = true
parameter = "OS"
days = [28, 84]
conf_type = "beta-product"
conf_level = 0.95
comparison = { test = "log-rank", hazard_ratio = true, ties = "efron" }
[[analyses]]
id = "markers"
method = "by visit"
title = "Markers"
population = "FAS"
by_arm = true
parameters = ["BILI", "INR"]
visits = ["D7", "D28"]
death_strategy = "while-alive"
conf_level = 0.95
min_pairs = 3
[[analyses]]
id = "exposure"
method = "exposure"
title = "Exposure"
population = "SAF"
by_arm = true
[[analyses]]
id = "specimens"
method = "specimens"
title = "Specimens"
population = "FAS"
[[analyses]]
id = "ae"
method = "adverse events"
title = "Adverse events"
population = "SAF"
by_arm = true
conf_level = 0.95
comparison = "fisher"
"""
OUTPUT = """
[[outputs]]
number = "{}"
kind = "{}"
template = "{}"
title = "{}"
analyses = {}
"""
OUTPUTS = (
    ("14.1.1", "table", "disposition", "Disposition", ["disposition"]),
    ("14.1.2", "table", "exposure", "Exposure", ["exposure"]),
    ("14.2.1", "table", "survival", "Overall survival", ["os_km"]),
    ("14.2.2", "figure", "kaplan_meier", "Overall survival", ["os_km"]),
    ("14.2.3", "figure", "swimmer", "Patients", []),
    ("14.3.1", "table", "ae_overview", "Adverse events", ["ae"]),
    ("14.3.2", "table", "ae_terms", "Adverse events by term", ["ae"]),
    ("16.2.1", "listing", "list_subjects", "Subjects", []),
    ("16.2.2", "listing", "list_exposure", "Infusions", []),
    ("16.2.3", "listing", "list_adverse_events", "Adverse events", []),
)


def masked_study() -> str:
    """The text of study.toml."""
    visits = "".join(
        f'[[visits]]\ncode = "D{day}"\nlabel = "Day {day}"\nday = {day}\nwindow = [{day - 1}, {day + 1}]\n'
        for day in (7, 28)
    )
    labs = (("BILI", "Total bilirubin", "umol/L"), ("INR", "INR", "1"))
    parameters = "".join(PARAMETER.format(code=code, label=label, unit=unit) for code, label, unit in labs)
    return STUDY + visits + parameters + REST + "".join(OUTPUT.format(*output) for output in OUTPUTS)


def masked_map(*, sealed: bool = True) -> str:
    """The text of data.toml; ``sealed`` adds the file that tells the arms."""
    tables = {
        table: "\n".join(f'{name} = "{name}"' for name in names.split()) + "\n" for table, names in COLUMNS.items()
    }
    text = MAP + "".join(UNSEALED.format(table=table, columns=columns) for table, columns in tables.items())
    return text + SEALED if sealed else text


def make_masked(folder: Path, n: int = 20) -> tuple[Path, Path, Path]:
    """study.toml, the data folder and key.csv of a SIMULATED blinded trial, all in a folder."""
    study, draft = folder / "study.toml", folder / "data.toml"
    study.write_text(masked_study(), encoding="utf-8")
    draft.write_text(masked_map(), encoding="utf-8")
    run_simulation(study, draft, folder / "data", n=n, seed=11)
    return study, folder / "data", folder / "data-key" / "key.csv"
