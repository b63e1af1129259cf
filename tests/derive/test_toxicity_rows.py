"""Grades by record with the baseline they are compared with; bilirubin in umol/L, upper limit 20."""

import pytest

from derive_study import derive, make_study, rows

SAFETY = '[safety]\non_therapy_lag_days = 0\ngrading = "CTCAE v5.0"\n'
TABLES = {
    "subjects": "subject_id\nS1\nS2",
    "treatments": "subject_id | start_date\nS1 | 2025-01-10\nS2 | 2025-01-10",
    "labs": """
subject_id | date       | parameter | result | ref_low | ref_high
S1         | 2025-01-09 | BILI      | 300    | 5       | 20
S1         | 2025-01-11 | BILI      | 301    | 5       | 20
S1         | 2025-01-13 | BILI      | 901    | 5       | 20
S1         | 2025-01-14 | BILI      | 901    | 5       | 20
S1         | 2025-01-17 | BILI      | 250    | 5       | 20
S2         | 2025-01-11 | BILI      | 61     | 5       | 20
S2         | 2025-01-13 | IL6       | 61     | 0       | 7
""",
}


@pytest.fixture(scope="module")
def adtox(tmp_path_factory):
    return derive(make_study(tmp_path_factory.mktemp("study"), extra=SAFETY), **TABLES).datasets["ADTOX"]


@pytest.mark.reference
def test_grades_against_baseline_and_against_the_limit(adtox):
    # facts 3: with an abnormal baseline of 300, 301 is grade 1 and 901 grade 3; 300 is 15 times the limit, grade 4
    mine = adtox[adtox["USUBJID"] == "S1"]
    assert rows(mine, "AVAL", "ATOXGR", "ATOXGRN", "BTOXGR", "AVALULN", "POSTFL", "WORSTFL", "WORSTNFL") == [
        (300, 0, 4, 4, 15, "N", "N", "N"),
        (301, 1, 4, 4, 15.05, "Y", "N", "Y"),
        (901, 3, 4, 4, 45.05, "Y", "Y", "N"),
        (901, 3, 4, 4, 45.05, "Y", "N", "N"),
        (250, 0, 4, 4, 12.5, "Y", "N", "N"),
    ]
    assert set(mine["ATOXTERM"]) == {"Blood bilirubin increased"}
    assert set(mine["ATOXVER"]) == {"5.0"}


def test_without_a_baseline_there_is_no_grade_by_it_and_a_reason(adtox):
    mine = adtox[adtox["USUBJID"] == "S2"]
    assert rows(mine, "AVAL", "ATOXGR", "ATOXGRN", "BTOXGR") == [(61, None, 3, None)]
    assert "baseline" in mine["REASND"].iloc[0]


def test_a_study_that_states_no_version_grades_nothing(tmp_path):
    study = make_study(tmp_path, extra=SAFETY.replace("CTCAE v5.0", "not stated"))
    assert derive(study, **TABLES).datasets["ADTOX"].empty


def test_a_mean_baseline_is_graded_and_brings_its_limits(tmp_path):
    # mean of 50 and 30 is 40: twice the limit of 20, grade 2; 125 is 3.125 times it, grade 3 by either rule of 5.0
    study = make_study(tmp_path, extra=SAFETY, **{'baseline = "last before origin"': 'baseline = "mean before origin"'})
    labs = """
subject_id | date       | parameter | result | ref_low | ref_high
S1         | 2025-01-08 | BILI      | 50     | 5       | 20
S1         | 2025-01-09 | BILI      | 30     | 5       | 20
S1         | 2025-01-11 | BILI      | 125    | 5       | 20
S2         | 2025-01-09 | BILI      | 30     | 5       | 20
S2         | 2025-01-11 | BILI      | 18     | 5       | 20
"""
    found = derive(study, **(TABLES | {"labs": labs})).datasets["ADTOX"]
    assert rows(found, "USUBJID", "AVAL", "ATOXGR", "ATOXGRN", "BTOXGR") == [
        ("S1", 50, 1, 2, 2),
        ("S1", 30, 0, 1, 2),
        ("S1", 125, 3, 3, 2),
        ("S2", 30, 0, 1, 1),
        ("S2", 18, 0, 0, 1),
    ]
