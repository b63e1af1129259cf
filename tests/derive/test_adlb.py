"""Values, limits of quantification, reference ranges, transplant, hours since a session."""

import pytest

from derive_study import derive, make_study, rows

TABLES = {
    "subjects": "subject_id\nS1",
    "treatments": """
subject_id | session | start_date | start_time | end_date   | end_time
S1         | 1       | 2025-01-10 | 09:00      | 2025-01-10 | 15:00
S1         | 2       | 2025-01-12 | 22:00      | 2025-01-13 | 04:00
S1         | 3       | 2025-01-20 | 09:00      | 2025-01-20 |
""",
}
HEAD = "subject_id | date | time | parameter | result"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


def adlb(study, labs, head=HEAD, **tables):
    text = "\n".join([head, *(f"S1 | {line}" for line in labs.splitlines())])
    return derive(study, **{**TABLES, "labs": text, **tables}).datasets["ADLB"]


def test_values_beyond_a_limit_of_quantification(study):
    found = adlb(
        study,
        """2025-01-11 | 01:00 | IL6 | <7
2025-01-11 | 02:00 | IL6 | >800
2025-01-11 | 03:00 | IL6 | 1.5
2025-01-11 | 04:00 | IL6 | 9000
2025-01-11 | 05:00 | IL6 | 2.0
2025-01-11 | 06:00 | IL6 | not done""",
    )
    assert rows(found, "AVALC", "AVAL", "ACENS", "ABOUND", "DTYPE", "REASND") == [
        ("<7", 3.5, "L", 7, "LOQ", None),
        (">800", 800, "R", 800, "LOQ", None),
        ("1.5", 1.0, "L", 2, "LOQ", None),  # below the study's own limit of 2, so half of it
        ("9000", 5000, "R", 5000, "LOQ", None),
        ("2.0", 2, "", None, "", None),
        ("not done", None, "", None, "", "not done"),
    ]


def test_a_record_without_a_value_says_why(study):
    head = "subject_id | date | parameter | result | std_value"
    found = adlb(
        study,
        "2025-01-11 | BILI | haemolysed |\n2025-01-12 | BILI | 3 |\n2025-01-13 | BILI | |\n2025-01-14 | BILI | 5 | 5",
        head=head,
    )
    assert rows(found, "AVAL", "REASND") == [
        (None, "no numeric value: haemolysed"),
        (None, "not convertible to the study's unit"),
        (None, "no result"),
        (5, None),
    ]


def test_below_limit_can_be_the_limit_itself(tmp_path):
    study = make_study(tmp_path, **{"lower_limit = 2.0": 'lower_limit = 2.0\nbelow_limit = "limit"'})
    assert rows(adlb(study, "2025-01-11 | 01:00 | IL6 | <7"), "AVAL") == [(7,)]


def test_reference_range_is_in_the_unit_of_the_study(study):
    head = "subject_id | date | parameter | result | std_value | unit | ref_low | ref_high"
    found = adlb(
        study,
        """2025-01-11 | BILI | 10 | 171 | mg/dL  | 0.2 | 1.2
2025-01-12 | BILI | 15 | 15  | umol/L | 5   | 21
2025-01-13 | BILI | 4  | 4   | umol/L | 5   | 21
2025-01-14 | BILI | 4  | 4   | umol/L |     |   """,
        head=head,
    )
    assert found["ANRHI"].iloc[0] == pytest.approx(20.52, rel=1e-12)
    assert rows(found, "ANRIND") == [("HIGH",), ("NORMAL",), ("LOW",), (None,)]


def test_hours_since_the_end_of_the_last_session(study):
    found = adlb(
        study,
        """2025-01-10 | 08:00 | BILI | 1
2025-01-10 | 12:00 | BILI | 2
2025-01-11 | 15:00 | BILI | 3
2025-01-13 | 05:30 | BILI | 4
2025-01-14 |       | BILI | 5
2025-01-21 | 08:00 | BILI | 6""",
    )
    # before any; within the first; 24 h after it; 1.5 h after the second; no time; end of the third unknown
    assert rows(found, "HRSSESS") == [(None,), (0,), (24,), (1.5,), (None,), (None,)]


def test_values_from_the_day_of_the_transplant_are_flagged(study):
    found = adlb(
        study,
        "2025-01-14 | 08:00 | BILI | 1\n2025-01-15 | 08:00 | BILI | 2\n2025-01-16 | 08:00 | BILI | 3",
        outcomes="subject_id | outcome | date\nS1 | transplant | 2025-01-15",
    )
    assert rows(found, "AFTLTFL") == [("N",), ("Y",), ("Y",)]


def test_grades_are_numbers_or_places_among_the_allowed_texts(study):
    clinical = "subject_id | date | parameter | result\nS1 | 2025-01-11 | HEGRADE | 2\nS1 | 2025-01-11 | ASCITES | mild"
    found = derive(study, **TABLES, clinical=clinical).datasets["ADLB"]
    assert rows(found, "PARAMCD", "AVAL", "AVALC", "PARCAT1", "SRCDOM") == [
        ("ASCITES", 1, "mild", "CLINICAL", "clinical"),
        ("HEGRADE", 2, "2", "CLINICAL", "clinical"),
    ]


def test_a_grade_outside_the_allowed_texts_is_no_value(study):
    clinical = """
subject_id | date       | parameter | result
S1         | 2025-01-11 | HEGRADE   | 2.0
S1         | 2025-01-12 | HEGRADE   | 7
S1         | 2025-01-13 | HEGRADE   | II
"""
    found = derive(study, **TABLES, clinical=clinical).datasets["ADLB"]
    assert rows(found, "AVAL", "REASND") == [
        (2, None),
        (None, "not among the allowed texts: 7"),
        (None, "not among the allowed texts: II"),
    ]


def test_parameters_and_subjects_that_the_study_does_not_know_have_no_rows(study):
    labs = "subject_id | date | parameter | result\nS1 | 2025-01-11 | HAIR | 2\nS9 | 2025-01-11 | BILI | 2"
    assert derive(study, **TABLES, labs=labs).datasets["ADLB"].empty
