"""A study definition for tests of the derivations, and one call that derives from typed tables."""

from datetime import date
from pathlib import Path

import pandas as pd

from hepatrial.contracts import AnalysisData
from hepatrial.derive import derive_analysis_data
from hepatrial.study import Study, read_study
from typed_exports import make_exports

TEXT = """
schema_version = 1
findings_limit = "error"
[identity]
study_id = "T1"
title = "A small study"
[design]
kind = "single arm"
masking = "open"
planned_n = 10
arms = [{ code = "MSC", label = "MSC reactor" }]
[time]
origin = "first treatment"
study_end_day = 84
status_tolerance_days = 3
[data_cut]
time_to_event = "censored at last contact"
status_days = 30
partial_dates = "earliest day"
deaths_after_cut = "listed"
[visit_rule]
choose = "nearest"
tie = "earlier"
same_day = "last"
baseline = "last before origin"
VISITS
PARAMETERS
SCORES
TIMES
POPULATIONS
[[endpoints]]
id = "os"
role = "primary"
title = "Survival"
variable = "OS"
analyses = ["os_km"]
[[analyses]]
id = "os_km"
method = "survival"
title = "Survival"
population = "FAS"
parameter = "OS"
days = [28]
conf_type = "log-log"
conf_level = 0.95
[[outputs]]
number = "14.2.1"
kind = "table"
template = "survival"
title = "Survival"
analyses = ["os_km"]
"""
VISITS = """
visits = [
  { code = "D1", label = "Day 1", day = 1, window = [1, 1] },
  { code = "D3", label = "Day 3", day = 3, window = [2, 3] },
  { code = "D7", label = "Day 7", day = 7, window = [6, 9] },
  { code = "D28", label = "Day 28", day = 28, window = [24, 32], labels = ["第28天"] },
]
"""
PARAMETERS = """
[[parameters]]
code = "BILI"
label = "Bilirubin"
group = "LABORATORY"
unit = "umol/L"
decimals = 1
scale = "log"
[[parameters]]
code = "INR"
label = "INR"
group = "LABORATORY"
unit = "ratio"
decimals = 2
scale = "log"
[[parameters]]
code = "CREAT"
label = "Creatinine"
group = "LABORATORY"
unit = "umol/L"
decimals = 0
scale = "log"
[[parameters]]
code = "IL6"
label = "Interleukin 6"
group = "LABORATORY"
unit = "pg/mL"
decimals = 1
scale = "log"
lower_limit = 2.0
upper_limit = 5000.0
[[parameters]]
code = "HEGRADE"
label = "Encephalopathy"
group = "CLINICAL"
unit = "grade"
decimals = 0
scale = "linear"
codes = ["0", "1", "2", "3", "4"]
[[parameters]]
code = "ASCITES"
label = "Ascites"
group = "CLINICAL"
unit = "grade"
decimals = 0
scale = "linear"
codes = ["none", "mild", "moderate"]
"""
TIMES = """
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
"""
POPULATIONS = """
[[populations]]
code = "FAS"
label = "Full analysis set"
flag = "FASFL"
steps = [{ reason = "not treated", keep = { predicate = "treated" } }]
"""


def make_study(
    folder: Path,
    *,
    visits: str = VISITS,
    parameters: str = PARAMETERS,
    scores: str = "",
    times: str = TIMES,
    populations: str = POPULATIONS,
    extra: str = "",
    **replacements: str,
) -> Study:
    """The study, with sections replaced; ``replacements`` swap texts."""
    text = TEXT
    parts = {"VISITS": "", "PARAMETERS": parameters, "SCORES": scores, "TIMES": times, "POPULATIONS": populations}
    text = text.replace("[identity]", visits + "[identity]", 1)
    for name, part in parts.items():
        text = text.replace(f"\n{name}\n", f"\n{part}\n")
    for old, new in replacements.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "study.toml"
    path.write_text(text + extra, encoding="utf-8")
    return read_study(path)


def derive(study: Study, *, cutoff: date | None = None, **tables: str) -> AnalysisData:
    """Analysis data from tables typed in the test."""
    return derive_analysis_data(make_exports(**tables), study, cutoff=cutoff)


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    """The columns as tuples; dates as ISO text, missing as None."""
    shown = frame[list(columns)].astype("object")
    return [tuple(_plain(value) for value in row) for row in shown.itertuples(index=False, name=None)]


def _plain(value: object) -> object:
    if value is None or value is pd.NaT or value != value:
        return None
    return str(value.date()) if isinstance(value, pd.Timestamp) else value
