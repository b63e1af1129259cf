"""The cut on 2025-01-15: what was known on that day, domain by domain."""

from datetime import date

import pytest

from derive_study import derive, make_study, rows

CUT = date(2025, 1, 15)
TABLES = {
    "subjects": """
subject_id | consent_date | enrolment_date | randomisation_date
S1         | 2025-01-01   | 2025-01-01     | 2025-01-20
S2         | 2025-01-16   | 2025-01-16     |
S3         | 2025-01-01   | 2025-01-01     |
""",
    "treatments": """
subject_id | session | start_date | start_time | end_date   | end_time | completed
S1         | 1       | 2025-01-02 | 09:00      | 2025-01-02 | 12:00    | Y
S1         | 2       | 2025-01-15 | 20:00      | 2025-01-16 | 02:00    | Y
S1         | 3       | 2025-01-17 | 20:00      | 2025-01-18 | 02:00    | Y
S2         | 1       | 2025-01-17 | 20:00      | 2025-01-18 | 02:00    | Y
S3         | 1       | 2025-01-02 | 09:00      | 2025-01-02 | 12:00    | Y
""",
    "labs": """
subject_id | date       | parameter | result
S1         | 2025-01-15 | BILI      | 15
S1         | 2025-01-16 | BILI      | 16
S1         | 2025-01    | BILI      | 1
""",
    "outcomes": "subject_id | outcome | date\nS1 | death | 2025-01-16\nS3 | death | 2025-01",
    "vital_status": "subject_id | date | status\nS3 | 2025-01-10 | alive\nS1 | 2025-01-16 | alive",
    "adverse_events": """
subject_id | term | start_date | end_date   | ongoing | outcome
S1         | a    | 2025-01-14 | 2025-01-20 | N       | recovered
S1         | b    | 2025-01-16 |            | Y       |
S1         | c    | 2025-01    | 2025-01-12 | N       | recovered
""",
    "eligibility": "subject_id | criterion | answer\nS2 | I1 | met",
}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    return derive(make_study(tmp_path_factory.mktemp("study")), cutoff=CUT, **TABLES)


def test_subjects_who_consented_later_are_not_there(datasets):
    assert datasets.as_of == CUT
    assert rows(datasets.datasets["ADSL"], "USUBJID", "RANDDT") == [("S1", None), ("S3", None)]


def test_a_later_death_is_unknown_and_nothing_later_shows_life(datasets):
    found = datasets.datasets["ADTTE"]
    # S1: last seen on the day of the cut; S3: died in January, which may have been before it, not before the 10th
    assert rows(found, "USUBJID", "AVAL", "CNSR") == [("S1", 13, 1), ("S3", 8, 0)]


def test_sessions_and_events_that_went_on_have_no_end(datasets):
    assert rows(datasets.datasets["ADEX"], "USUBJID", "EXSEQ", "AENDT", "AENTM", "COMPLFL") == [
        ("S1", 1, "2025-01-02", "12:00", "Y"),
        ("S1", 2, None, None, "N"),
        ("S3", 1, "2025-01-02", "12:00", "Y"),
    ]
    assert rows(datasets.datasets["ADAE"], "AETERM", "AENDT", "AEOUT") == [
        ("c", "2025-01-12", "recovered"),
        ("a", None, None),
    ]


def test_results_of_the_day_of_the_cut_are_in_and_undated_ones_by_their_earliest_day(datasets):
    assert sorted(datasets.datasets["ADLB"]["AVAL"]) == [1, 15]


def test_without_a_cut_everything_is_there(tmp_path):
    found = derive(make_study(tmp_path), **TABLES)
    assert found.as_of == date(2026, 1, 31)
    assert rows(found.datasets["ADTTE"], "USUBJID", "AVAL", "CNSR") == [("S1", 14, 0), ("S2", 1, 1), ("S3", 8, 0)]
