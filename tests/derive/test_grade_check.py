"""Recorded grades of adverse events beside laboratory grades: platelets in 10^9/L, range 100 to 300; CTCAE v5.0.

By hand: grade 1 below 100, 2 below 75, 3 below 50, 4 below 25.
"""

import pytest

from derive_study import PARAMETERS, derive, make_study, rows
from hepatrial.derive.grade_check import TERMS
from hepatrial.derive.toxicity import CTCAE

SAFETY = '[safety]\non_therapy_lag_days = 0\ngrading = "CTCAE v5.0"\n'
PLATELETS = """[[parameters]]
code = "PLAT"
label = "Platelets"
group = "LABORATORY"
unit = "10^9/L"
decimals = 0
scale = "log"
"""
TABLES = {
    "subjects": "subject_id\nS1\nS2",
    "treatments": "subject_id | start_date\nS1 | 2025-01-10\nS2 | 2025-01-10",
    "labs": """
subject_id | date       | parameter | result | ref_low | ref_high
S1         | 2025-01-09 | PLAT      | 150    | 100     | 300
S1         | 2025-01-12 | PLAT      | 20     | 100     | 300
S1         | 2025-01-25 | PLAT      | 60     | 100     | 300
S2         | 2025-01-09 | BILI      | 300    | 5       | 20
S2         | 2025-01-11 | BILI      | 301    | 5       | 20
""",
    "adverse_events": """
subject_id | term | preferred_term           | start_date | end_date   | grade
S1         | a    | Thrombocytopenia         | 2025-01-15 | 2025-01-16 | 2
S1         | b    | Platelet count decreased | 2025-01-15 | 2025-01-16 | 3
S1         | c    | Thrombocytopenia         | 2025-01-16 | 2025-01-17 | 1
S1         | d    | Thrombocytopenia         | 2025-01-16 |            | 4
S1         | j    | Thrombocytopenia         | 2025-01    | 2025-01-16 | 1
S1         | e    | Headache                 | 2025-01-12 | 2025-01-12 | 1
S1         | f    | Thrombocytopenia         | 2025-01-12 | 2025-01-12 |
S1         | g    | Thrombocytopenia         | 2025-01-12 | 2025-01-12 | 5
S2         | h    | Hyperbilirubinaemia      | 2025-01-11 | 2025-01-11 | 1
S2         | i    | Hyperbilirubinaemia      | 2025-01-12 | 2025-01-12 | 2
""",
}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    study = make_study(tmp_path_factory.mktemp("study"), parameters=PARAMETERS + PLATELETS, extra=SAFETY)
    return derive(study, **TABLES).datasets


def test_events_more_than_one_grade_from_the_value(datasets):
    # a: 20 is 3 days before, grade 4; b: one grade off; c: 20 is 4 days before and out, 60 is after its end and out;
    # d: ongoing, so 60 of day 16 counts, grade 2; g: fatal counts as 4; j: its start is not known to the day;
    # h and i: grade 1 by baseline, 4 from normal
    found = datasets["ADAEGR"]
    assert rows(found, "USUBJID", "AEDECOD", "ASTDT", "AETOXGR", "ATOXTERM", "ADT", "AVAL", "ATOXGR", "ATOXGRN") == [
        ("S1", "Thrombocytopenia", "2025-01-15", 2, "Platelet count decreased", "2025-01-12", 20, 4, 4),
        ("S1", "Thrombocytopenia", "2025-01-16", 4, "Platelet count decreased", "2025-01-25", 60, 2, 2),
    ]
    assert found["GRNOTE"].tolist() == [
        "recorded grade 2; Platelet count decreased grade 4 by PLAT 20 10^9/L on study day 3",
        "recorded grade 4; Platelet count decreased grade 2 by PLAT 60 10^9/L on study day 16",
    ]


def test_both_records_are_named(datasets):
    events, values = datasets["ADAE"].set_index("AETERM")["SRCID"], datasets["ADLB"].set_index("AVAL")["SRCID"]
    assert datasets["ADAEGR"]["SRCID"].tolist() == [f"{events['a']};{values[20]}", f"{events['d']};{values[60]}"]


def test_nothing_is_compared_without_laboratory_grades(tmp_path):
    extra = SAFETY.replace("CTCAE v5.0", "not stated")
    study = make_study(tmp_path, parameters=PARAMETERS + PLATELETS, extra=extra)
    assert derive(study, **TABLES).datasets["ADAEGR"].empty


def test_every_term_of_the_table_is_a_ctcae_term():
    assert set(TERMS) <= {*CTCAE["5.0"], *CTCAE["6.0"]}
