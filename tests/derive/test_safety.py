"""Adverse events, sessions, specimens and listings; first session 2025-01-10, last ended 2025-01-13, lag 2 days."""

import pytest

from derive_study import derive, make_study, rows

SAFETY = """
[safety]
on_therapy_lag_days = 2
grading = "CTCAE v5.0"
treatment_emergent_days = 30
[specimens]
kinds = ["blood", "urine"]
visits = ["BL", "D1", "D28"]
"""
TABLES = {
    "subjects": "subject_id\nS1\nS2\nS3",
    "treatments": """
subject_id | session | treatment | start_date | start_time | end_date   | end_time | completed | reason
S1         | 1       | reactor   | 2025-01-10 | 09:00      | 2025-01-10 | 15:30    | Y         |
S1         | 2       | reactor   | 2025-01-12 | 22:00      | 2025-01-13 | 04:00    | N         | clotting
S2         |         | reactor   | 2025-01-10 | 09:00      |            |          |           |
S2         |         | reactor   | 2025-01-11 | 09:00      |            |          |           |
""",
    "adverse_events": """
subject_id | term | start_date | end_date   | grade | serious | related_device | related_procedure | related_cells
S1 | a     | 2025-01-09 | 2025-01-12 | 1 | N | not related | not related | not related
S1 | b     | 2025-01-10 |            | 2 | Y | possible    | not related | not related
S1 | c     | 2025-01-15 |            | 3 | N | unlikely    |             |
S1 | d     | 2025-01-16 |            | 4 | N |             |             |
S1 | e     | 2025-01    |            | 1 | N | not related | not related | related
S1 | f     | 2025-01    | 2025-01-05 | 1 | N | not related | not related | not related
S1 | g     | 2025-02-13 |            | 1 | N | not related | not related | not related
S1 | h     |            |            | 1 |   | not related | not related | not related
S3 | i     | 2025-01-10 |            | 1 | N | not related | not related | not related
""",
    "specimens": """
subject_id | visit  | date       | kind  | collected | reason
S1         | D1     | 2025-01-11 | blood | Y         |
S1         | D1     | 2025-01-11 | urine | N         | anuria
S1         | 第28天 | 2025-02-07 | blood | N         | failed
S1         | 第28天 | 2025-02-08 | blood | Y         |
S1         |        | 2025-02-07 | urine | Y         |
""",
    "outcomes": "subject_id | outcome | date\nS2 | death | 2025-01-20",
    "vital_status": "subject_id | date | status\nS1 | 2025-03-01 | alive",
    "deviations": "subject_id | date | category | description | major\nS1 | 2025-01-11 | visit | late | Y",
    "device_deficiencies": "subject_id | date | session | description | led_to_event\nS1 | 2025-01-10 | 1 | leak | N",
    "medications": "subject_id | name | kind | start_date\nS1 | plasma | blood product | 2025-01-11",
}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    return derive(make_study(tmp_path_factory.mktemp("study"), extra=SAFETY), **TABLES).datasets


def test_periods_relatedness_and_partial_dates_of_adverse_events(datasets):
    found = datasets["ADAE"].set_index("AETERM").sort_index().reset_index()
    assert rows(found, "AETERM", "ASTDT", "ASTDTF", "ASTDY", "TRTEMFL", "ONTRTFL", "AEREL", "EXSEQ") == [
        ("a", "2025-01-09", "", -1, "N", "N", "N", None),
        ("b", "2025-01-10", "", 1, "Y", "Y", "Y", 1),
        ("c", "2025-01-15", "", 6, "Y", "Y", "N", 2),  # last day of the lag
        ("d", "2025-01-16", "", 7, "Y", "N", "Y", 2),  # no causality recorded counts as related
        ("e", "2025-01-01", "D", -9, "Y", "Y", "Y", None),  # may have started on or after the 10th
        ("f", "2025-01-01", "D", -9, "N", "N", "N", None),  # had ended on the 5th
        ("g", "2025-02-13", "", 35, "N", "N", "N", 2),  # 31 days after the last session
        ("h", None, "Y", None, "Y", "Y", "N", None),
        ("i", "2025-01-10", "", None, "N", "N", "N", None),  # never treated
    ]


def test_an_end_of_which_part_is_unknown_is_not_after_death(tmp_path):
    events = """
subject_id | term | start_date | end_date
S2 | a     | 2025-01-11 | 2025-01
S2 | b     | 2025-01-11 | 2025-01-25
S2 | c     | 2025-01-11 | 2025-02
S2 | d     | 2025-01-11 |
S1 | e     | 2025-01-11 | 2025-01
"""
    found = derive(make_study(tmp_path, extra=SAFETY), **(TABLES | {"adverse_events": events})).datasets["ADAE"]
    found = found.set_index("AETERM").sort_index().reset_index()
    assert rows(found, "AETERM", "AENDT", "AENDY") == [
        ("a", "2025-01-20", 11),  # died on the 20th
        ("b", "2025-01-25", 16),  # as recorded, though it cannot be
        ("c", "2025-02-28", 50),  # no day of February was before death: as recorded
        ("d", None, None),
        ("e", "2025-01-31", 22),  # lived on
    ]


def test_running_numbers_follow_the_start(datasets):
    found = datasets["ADAE"]
    assert rows(found[found["USUBJID"] == "S1"], "AESEQ", "AETERM") == [
        (1, "e"), (2, "f"), (3, "a"), (4, "b"), (5, "c"), (6, "d"), (7, "g"), (8, "h"),
    ]  # fmt: skip


def test_sessions(datasets):
    assert rows(datasets["ADEX"], "USUBJID", "EXSEQ", "ADURHR", "COMPLFL", "REASON", "ASTDY") == [
        ("S1", 1, 6.5, "Y", None, 1),
        ("S1", 2, 6.0, "N", "clotting", 3),
        ("S2", 1, None, "N", None, 1),
        ("S2", 2, None, "N", None, 2),
    ]


def test_specimens_due_and_collected(datasets):
    found = datasets["ADSP"]
    assert rows(found, "USUBJID", "AVISIT", "SPEC", "EXPFL", "COLLFL", "REASON") == [
        ("S1", "BL", "blood", "Y", "N", "not recorded"),
        ("S1", "BL", "urine", "Y", "N", "not recorded"),
        ("S1", "D1", "blood", "Y", "Y", None),
        ("S1", "D1", "urine", "Y", "N", "anuria"),
        ("S1", "D28", "blood", "Y", "Y", None),
        ("S1", "D28", "urine", "Y", "Y", None),  # by the window of its date
        ("S2", "BL", "blood", "Y", "N", "not recorded"),
        ("S2", "BL", "urine", "Y", "N", "not recorded"),
        ("S2", "D1", "blood", "Y", "N", "not recorded"),
        ("S2", "D1", "urine", "Y", "N", "not recorded"),
        ("S2", "D28", "blood", "N", "N", "died before the visit"),
        ("S2", "D28", "urine", "N", "N", "died before the visit"),
    ]


def test_listings(datasets):
    assert rows(datasets["ADDV"], "USUBJID", "ADT", "DVCAT", "DVTERM", "MAJORFL", "SRCDOM") == [
        ("S1", "2025-01-11", "visit", "late", "Y", "deviations")
    ]
    assert rows(datasets["ADDD"], "EXSEQ", "DDTERM", "AEFL") == [(1, "leak", "N")]
    assert rows(datasets["ADCM"], "CMTRT", "CMCAT", "ASTDT", "ASTDY") == [("plasma", "blood product", "2025-01-11", 2)]
