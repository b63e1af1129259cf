"""Populations, the ledger and eligibility on a few subjects."""

import pytest

from derive_study import derive, make_study, rows
from hepatrial.errors import DeriveError

POPULATIONS = """
[[populations]]
code = "FAS"
label = "Full analysis set"
flag = "FASFL"
steps = [{ reason = "not treated", keep = { predicate = "treated" } }]
[[populations]]
code = "PP"
label = "Per protocol"
flag = "PPROTFL"
steps = [
  { reason = "not treated", keep = { predicate = "treated" } },
  { reason = "younger than 18", keep = { column = "age", op = ">=", value = 18 } },
  { reason = "bilirubin below 171", keep = { parameter = "BILI", op = ">=", value = 171.0 } },
]
[[eligibility]]
id = "I1"
kind = "inclusion"
text = "Age 18 to 65"
criterion = { all = [{ column = "age", op = ">=", value = 18 }, { column = "age", op = "<=", value = 65 }] }
[[eligibility]]
id = "I2"
kind = "inclusion"
text = "Bilirubin of 171 or more"
criterion = { parameter = "BILI", op = ">=", value = 171.0 }
[[eligibility]]
id = "I3"
kind = "inclusion"
text = "Consent"
"""
TABLES = {
    "subjects": """
subject_id | enrolment_date | age
S1         | 2025-01-01     | 40
S2         | 2025-01-01     | 17
S3         | 2025-01-01     | 40
S4         | 2025-01-01     | 40
S5         |                | 40
""",
    "screening": """
screening_id | subject_id | date       | outcome  | reason
X1           | S1         | 2024-12-30 | enrolled |
X2           |            | 2024-12-30 | failed   | tumour
X3           |            | 2024-12-30 | failed   |
""",
    "treatments": """
subject_id | start_date
S1 | 2025-01-02
S2 | 2025-01-02
S3 | 2025-01-02
""",
    "labs": """
subject_id | date | parameter | result
S1 | 2025-01-01 | BILI | 200
S2 | 2025-01-01 | BILI | 200
S4 | 2025-01-01 | BILI | 170
""",
    "outcomes": "subject_id | outcome | date\nS4 | death | 2025-01-03",
    "eligibility": """
subject_id | criterion | answer
S1 | I1 | met
S2 | I1 | met
S4 | I2 | not met
S1 | I3 | met
""",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return derive(make_study(tmp_path_factory.mktemp("study"), populations=POPULATIONS), **TABLES)


def test_flags(data):
    assert rows(data.datasets["ADSL"], "USUBJID", "ENRLFL", "SAFFL", "FASFL", "PPROTFL") == [
        ("S1", "Y", "Y", "Y", "Y"),
        ("S2", "Y", "Y", "Y", "N"),
        ("S3", "Y", "Y", "Y", "N"),
        ("S4", "Y", "N", "N", "N"),
        ("S5", "N", "N", "N", "N"),
    ]


def test_the_ledger_has_a_row_a_subject_and_step_until_one_fails(data):
    ledger = data.ledger.frame
    assert rows(ledger[ledger["population"] == "PP"], "subject_id", "step", "kept", "reason") == [
        ("S1", "1", True, ""),
        ("S1", "2", True, ""),
        ("S1", "3", True, ""),
        ("S2", "1", True, ""),
        ("S2", "2", False, "younger than 18"),
        ("S3", "1", True, ""),
        ("S3", "2", True, ""),
        ("S3", "3", False, "bilirubin below 171 (not assessable)"),
        ("S4", "1", False, "not treated"),
        ("S5", "1", False, "not treated"),
    ]


def test_screening_failures_and_subjects_without_an_origin_are_in_the_ledger(data):
    ledger = data.ledger.frame
    assert rows(ledger[ledger["population"] == "SCREENED"], "subject_id", "kept", "reason") == [
        ("S1", True, ""),
        ("X2", False, "tumour"),
        ("X3", False, "reason not recorded"),
    ]
    origin = ledger[ledger["population"] == "ORIGIN"]
    assert rows(origin, "subject_id", "kept", "reason") == [
        ("S1", True, ""),
        ("S2", True, ""),
        ("S3", True, ""),
        ("S4", False, "died before first treatment"),
        ("S5", False, "no first treatment"),
    ]


def test_the_flags_reconcile_with_the_ledger(data):
    ledger, adsl = data.ledger.frame, data.datasets["ADSL"]
    for code, flag in (("FAS", "FASFL"), ("PP", "PPROTFL")):
        steps = ledger[ledger["population"] == code]
        assert set(steps.groupby("subject_id")["kept"].all().loc[lambda kept: kept].index) == set(
            adsl.loc[adsl[flag] == "Y", "USUBJID"]
        )
        assert set(steps["subject_id"]) == set(adsl["USUBJID"])


def test_eligibility_on_the_data_beside_the_tick(data):
    found = data.datasets["ADEL"]
    assert len(found) == 15
    shown = rows(found, "USUBJID", "CRITID", "DATARES", "INVRES", "DIFFFL", "VALUES")
    assert shown[:3] == [
        ("S1", "I1", "met", "met", "N", "age 40"),
        ("S1", "I2", "met", None, "N", "BILI 200 on 2025-01-01"),
        ("S1", "I3", "not assessable", "met", "N", "on the investigator's answer only"),
    ]
    assert shown[3] == ("S2", "I1", "not met", "met", "Y", "age 17")
    assert shown[7] == ("S3", "I2", "not assessable", None, "N", "BILI missing")
    # never treated: the last value counts as the baseline
    assert shown[10] == ("S4", "I2", "not met", "not met", "N", "BILI 170 on 2025-01-01")


def test_a_major_deviation_leaves_the_per_protocol_set(tmp_path):
    steps = """
[[populations]]
code = "FAS"
label = "PP"
flag = "PPROTFL"
steps = [{ reason = "major deviation", keep = { column = "outcome.major deviation", op = "missing" } }]
"""
    deviations = """
subject_id | date       | description | major
S1         | 2025-01-03 | late        | N
S2         | 2025-01-03 | drug        | Y
S3         |            | drug        | Y
"""
    found = derive(make_study(tmp_path, populations=steps), **TABLES, deviations=deviations)
    assert rows(found.datasets["ADSL"], "PPROTFL") == [("Y",), ("N",), ("N",), ("Y",), ("Y",)]
    ledger = found.ledger.frame
    left = ledger[(ledger["subject_id"] == "S2") & (ledger["population"] == "FAS")]
    assert left["record_id"].tolist() == [found.datasets["ADDV"]["SRCID"].iloc[1]]


def test_a_misspelt_outcome_is_refused(tmp_path):
    steps = POPULATIONS.replace('{ predicate = "treated" }', '{ column = "outcome.deth", op = "missing" }')
    with pytest.raises(DeriveError, match="'outcome.deth' is not a column of subjects nor outcome.<name>"):
        derive(make_study(tmp_path, populations=steps), **TABLES)
