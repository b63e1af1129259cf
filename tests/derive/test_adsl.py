"""Dates of a subject: death, last day known alive, transplant, end of study."""

import pytest

from derive_study import derive, make_study, rows

SUBJECT = "subject_id | consent_date | enrolment_date | age | sex\nS1 | 2025-01-01 | 2025-01-01 | 40 | M"
TREATED = "subject_id | session | start_date | start_time\nS1 | 1 | 2025-01-02 | 09:00"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


def adsl(study, **tables):
    return derive(study, **{"subjects": SUBJECT, "treatments": TREATED, **tables}).datasets["ADSL"]


@pytest.mark.parametrize(
    ("death", "status", "expected"),
    [
        ("2025-02-10", "", "2025-02-10"),
        # the earliest day of 2025-02 is the 1st, but the subject lived on the 5th
        ("2025-02", "S1 | 2025-02-05 | alive", "2025-02-05"),
        ("2025-02", "", "2025-02-01"),
        # reported dead on the 3rd: the death is not later, whatever the month allows
        ("2025-02", "S1 | 2025-02-03 | dead", "2025-02-01"),
        ("2025", "S1 | 2025-02-03 | dead", "2025-01-02"),
        ("", "S1 | 2025-02-03 | alive", "2025-02-03"),
    ],
)
def test_a_death_with_an_incomplete_date(study, death, status, expected):
    tables = {"outcomes": f"subject_id | outcome | date\nS1 | death | {death}"}
    if status:
        tables["vital_status"] = f"subject_id | date | status\n{status}"
    assert rows(adsl(study, **tables), "DTHFL", "DTHDT") == [("Y", expected)]


def test_a_report_of_death_alone_dates_the_death(study):
    status = "subject_id | date | status\nS1 | 2025-03-01 | dead\nS1 | 2025-02-01 | alive\nS1 | 2025-04-01 | dead"
    assert rows(adsl(study, vital_status=status), "DTHFL", "DTHDT", "LSTALVDT") == [("Y", "2025-03-01", "2025-02-01")]


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        (
            "vital_status",
            "subject_id | date | status\nS1 | 2025-03-01 | alive\nS1 | 2025-04-01 | unknown",
            "2025-03-01",
        ),
        ("labs", "subject_id | date | parameter | result\nS1 | 2025-02-02 | BILI | 100", "2025-02-02"),
        ("labs", "subject_id | date | parameter | result\nS1 | 2025-02-02 | BILI | not done", "2025-01-02"),
        ("outcomes", "subject_id | outcome | date\nS1 | last contact | 2025-03-05", "2025-03-05"),
        ("outcomes", "subject_id | outcome | date\nS1 | lost to follow-up | 2025-03-05", "2025-01-02"),
        ("adverse_events", "subject_id | event | term | start_date\nS1 | 1 | Fever | 2025-02", "2025-02-01"),
        ("specimens", "subject_id | date | kind | collected\nS1 | 2025-02-02 | blood | N", "2025-01-02"),
        ("specimens", "subject_id | date | kind | collected\nS1 | 2025-02-02 | blood | Y", "2025-02-02"),
        # after the export (2026-01-31) nothing can have been known
        ("labs", "subject_id | date | parameter | result\nS1 | 2026-02-02 | BILI | 100", "2025-01-02"),
    ],
)
def test_the_last_day_known_alive_comes_from_every_dated_record_that_shows_life(study, table, text, expected):
    assert rows(adsl(study, **{table: text}), "LSTALVDT") == [(expected,)]


@pytest.mark.parametrize(
    ("outcomes", "status", "expected"),
    [
        ("S1 | death | 2025-02-01", "", ("DISCONTINUED", "death", "2025-02-01")),
        ("S1 | withdrawal | 2025-02-01\nS1 | death | 2025-02-20", "", ("DISCONTINUED", "withdrawal", "2025-02-01")),
        ("S1 | completed | 2025-03-28\nS1 | death | 2025-06-01", "", ("COMPLETED", None, "2025-03-28")),
        # day 84 of 2025-01-02 is 2025-03-27
        ("", "S1 | 2025-03-27 | alive", ("COMPLETED", None, "2025-03-27")),
        ("", "S1 | 2025-03-26 | alive", ("ONGOING", None, None)),
        ("S1 | discharge against advice | 2025-01-10", "", ("DISCONTINUED", "discharge against advice", "2025-01-10")),
        ("S1 | discharge against advice | 2025-01-10", "S1 | 2025-01-20 | alive", ("ONGOING", None, None)),
    ],
)
def test_end_of_study(study, outcomes, status, expected):
    found = adsl(
        study,
        outcomes=f"subject_id | outcome | date\n{outcomes}",
        vital_status=f"subject_id | date | status\n{status}",
    )
    assert rows(found, "EOSSTT", "DCSREAS", "EOSDT") == [expected]


def test_treatment_dates_are_the_first_start_and_the_last_end(study):
    sessions = """
subject_id | session | start_date | start_time | end_date
S1         | 2       | 2025-01-05 | 09:00      | 2025-01-06
S1         | 1       | 2025-01-02 | 10:00      | 2025-01-02
"""
    found = adsl(study, treatments=sessions)
    assert rows(found, "TRTSDT", "TRTEDT", "ORIGDT", "TRT01P", "TRT01A", "ARM") == [
        ("2025-01-02", "2025-01-06", "2025-01-02", "MSC", "MSC", "MSC reactor")
    ]


def test_the_actual_treatment_is_the_arm_that_the_first_session_names(tmp_path):
    arms = 'arms = [{ code = "MSC", label = "MSC reactor" }]'
    study = make_study(
        tmp_path,
        **{
            arms: 'arms = [{ code = "MSC", label = "MSC" }, { code = "SMT", label = "SMT" }]\nreference_arm = "SMT"',
            'kind = "single arm"': 'kind = "parallel"',
        },
    )
    found = adsl(
        study,
        subjects="subject_id | arm\nS1 | MSC\nS2 | MSC\nS3 | SMT",
        treatments="subject_id | start_date | treatment\nS1 | 2025-01-02 | SMT\nS2 | 2025-01-02 | a bag",
    )
    assert rows(found, "TRT01P", "TRT01A") == [("MSC", "SMT"), ("MSC", "MSC"), ("SMT", None)]


def test_someone_never_treated_has_no_origin_and_no_actual_treatment(study):
    found = derive(study, subjects=SUBJECT).datasets["ADSL"]
    assert rows(found, "ORIGDT", "TRT01P", "TRT01A", "SAFFL", "ENRLFL") == [(None, "MSC", None, "N", "Y")]


def test_the_origin_is_the_one_of_the_study_file(tmp_path):
    study = make_study(tmp_path, **{"first treatment": "enrolment"})
    assert rows(adsl(study), "ORIGDT") == [("2025-01-01",)]


@pytest.mark.parametrize(("birth", "expected"), [("1985-01-01", 40), ("1985-01-02", 39), ("1984", 40), ("", None)])
def test_age_from_the_birth_date_where_it_is_not_recorded(study, birth, expected):
    subjects = f"subject_id | consent_date | birth_date\nS1 | 2025-01-01 | {birth}"
    assert rows(derive(study, subjects=subjects).datasets["ADSL"], "AGE") == [(expected,)]
