"""Evaluable at day 28, and subjects left out by decision; first treatment 2025-01-01, tolerance 3 days."""

import pandas as pd
import pytest

from derive_study import make_study, rows
from hepatrial.derive import derive_analysis_data
from hepatrial.errors import DeriveError
from typed_exports import make_exports

POPULATIONS = """
[[populations]]
code = "FAS"
label = "Full analysis set"
flag = "FASFL"
steps = [{ reason = "not treated", keep = { predicate = "treated" } }]
[[populations]]
code = "EVAL28"
label = "Evaluable at day 28"
flag = "EVAL28FL"
steps = [
  { reason = "not treated", keep = { predicate = "treated" } },
  { reason = "not evaluable at day 28", keep = { predicate = "evaluable at", parameter = "OS", day = 28 } },
]
"""
NAMES = [f"S{number}" for number in range(1, 8)]
TABLES = {
    "subjects": "\n".join(["subject_id", *NAMES]),
    "treatments": "\n".join(["subject_id | start_date", *(f"{name} | 2025-01-01" for name in NAMES[:-1])]),
    "vital_status": """
subject_id | date       | status
S1         | 2025-03-01 | alive
S2         | 2025-01-26 | alive
S3         | 2025-01-25 | alive
S5         | 2025-01-10 | alive
""",
    "outcomes": """
subject_id | outcome    | date
S4         | death      | 2025-01-20
S5         | transplant | 2025-01-09
S6         | withdrawal | 2025-01-05
S7         | death      | 2025-01-02
""",
}


def derive_with(tmp_path, exclusions=(), populations=POPULATIONS):
    exports = make_exports(**TABLES)
    frame = pd.DataFrame(list(exclusions), columns=["subject_id", "population", "reason"])
    study = make_study(tmp_path, populations=populations)
    return derive_analysis_data(type(exports)(**{**vars(exports), "exclusions": frame}), study)


def test_known_status_death_and_transplantation_make_a_subject_evaluable(tmp_path):
    data = derive_with(tmp_path)
    assert rows(data.datasets["ADSL"], "USUBJID", "EVAL28FL") == [
        ("S1", "Y"),  # known alive later
        ("S2", "Y"),  # known alive on day 25, within the tolerance
        ("S3", "N"),  # last known alive on day 24
        ("S4", "Y"),  # died on day 19
        ("S5", "Y"),  # transplanted on day 8, not heard of after day 9
        ("S6", "N"),  # withdrew on day 4
        ("S7", "N"),  # died without treatment
    ]
    ledger = data.ledger.frame
    left = ledger[(ledger["population"] == "EVAL28") & ~ledger["kept"]]
    assert rows(left, "subject_id", "step", "reason", "detail") == [
        ("S3", "2", "not evaluable at day 28", "OS on day 28 unknown: censored on day 24: last date known alive"),
        ("S6", "2", "not evaluable at day 28", "OS on day 28 unknown: censored on day 4: last date known alive"),
        ("S7", "1", "not treated", "not treated"),
    ]


def test_a_decision_is_the_last_step_and_gives_its_reason(tmp_path):
    data = derive_with(tmp_path, [("S1", "EVAL28", "wrong cells given"), ("S7", "EVAL28", "no matter")])
    assert data.datasets["ADSL"].set_index("USUBJID").at["S1", "EVAL28FL"] == "N"
    assert data.datasets["ADSL"].set_index("USUBJID").at["S1", "FASFL"] == "Y"
    ledger = data.ledger.frame
    mine = ledger[(ledger["population"] == "EVAL28") & ledger["subject_id"].isin(["S1", "S7"])]
    assert rows(mine, "subject_id", "step", "kept", "reason") == [
        ("S1", "1", True, ""), ("S1", "2", True, ""), ("S1", "decision", False, "by decision: wrong cells given"),
        ("S7", "1", False, "not treated"),
    ]  # fmt: skip


def test_a_time_to_event_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(DeriveError, match="'evaluable at' needs a time to event"):
        derive_with(tmp_path, populations=POPULATIONS.replace(", day = 28", ""))
