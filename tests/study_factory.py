"""The smallest study file that is right, for tests that change one thing in it."""

import copy
from pathlib import Path

MINIMAL = """
schema_version = 1
findings_limit = "error"
[identity]
study_id = "T1"
title = "A small study"
[design]
kind = "single arm"
masking = "open"
planned_n = 10
arms = [{ code = "MSC", label = "MSC" }]
[time]
origin = "first treatment"
study_end_day = 84
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
[[parameters]]
code = "BILI"
label = "Bilirubin"
group = "LABORATORY"
unit = "umol/L"
decimals = 1
scale = "log"
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
[[populations]]
code = "FAS"
label = "Full analysis set"
flag = "FASFL"
steps = [{ reason = "not treated", keep = { predicate = "treated" } }]
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


def write_study(folder: Path, text: str = MINIMAL, **replacements: str) -> Path:
    """study.toml in the folder, each key of ``replacements`` replaced by its value."""
    text = copy.copy(text)
    for old, new in replacements.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path
