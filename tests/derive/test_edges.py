"""Edges where a wrong number would hide: undated records, partial dates, one day for several things, unknown times.

The first treatment of S1 is on 2025-01-10 at 09:00.
"""

import pytest

from derive_study import TIMES, derive, make_study, rows

SUBJECT = "subject_id | enrolment_date\nS1 | 2025-01-02"
TREATED = """
subject_id | start_date | start_time | end_date   | end_time
S1         | 2025-01-10 | 09:00      | 2025-01-10 | 12:00
"""
TYPES = """
[[times_to_event]]
code = "TFS"
label = "Transplant-free survival"
events = ["death", "transplant"]
[[times_to_event]]
code = "DTHCEN"
label = "Death, censored at transplantation"
events = ["death"]
censor_at = ["transplant"]
[[times_to_event]]
code = "DTHCIF"
label = "Death, transplantation competing"
events = ["death"]
competing = ["transplant"]
[[times_to_event]]
code = "BLEED"
label = "First bleeding"
events = ["special interest BLEED"]
"""
SAFETY = """
[safety]
on_therapy_lag_days = 1
grading = "CTCAE v5.0"
[[safety.special_interest]]
code = "BLEED"
label = "Bleeding"
terms = ["Epistaxis"]
"""


def made(tmp_path, **tables):
    study = make_study(tmp_path, times=TIMES + TYPES, extra=SAFETY)
    return derive(study, subjects=SUBJECT, treatments=TREATED, **tables).datasets


def times(data, *codes):
    adtte = data["ADTTE"].set_index("PARAMCD")
    return [(adtte.at[code, "AVAL"], adtte.at[code, "CNSR"]) for code in codes]


LABS = """
subject_id | date       | time  | parameter | result | unit   | ref_low | ref_high
S1         | 2025-01-09 | 08:00 | CREAT     | 80     | umol/L | 60      | 110
S1         | 2025-01-17 | 08:00 | CREAT     | 90     | umol/L | 60      | 110
S1         | 2025-01    | 08:00 | CREAT     | 900    | umol/L | 60      | 110
"""


def test_a_value_without_a_complete_date_is_no_value_after_treatment(tmp_path):
    data = made(tmp_path, labs=LABS)
    undated = data["ADLB"][data["ADLB"]["ADT"].isna()]
    assert rows(undated, "AVAL", "AVISIT", "CHG", "PCHG") == [(900, None, None, None)]
    adtox = data["ADTOX"]
    assert rows(adtox[adtox["ADT"].isna()], "ATOXGR", "POSTFL", "WORSTFL") == [(4, "N", "N")]
    assert rows(adtox[adtox["WORSTFL"] == "Y"], "AVAL", "ATOXGR") == [(90, 0)]


def test_a_transplant_of_an_unknown_day_that_can_be_after_the_origin_counts_from_it(tmp_path):
    data = made(tmp_path, labs=LABS, outcomes="subject_id | outcome | date\nS1 | transplant | 2025-01")
    assert rows(data["ADSL"], "LTDT") == [("2025-01-10",)]
    assert times(data, "TFS", "DTHCIF") == [(0, 0), (0, 2)]
    dated = data["ADLB"][data["ADLB"]["ADT"].notna()]
    assert rows(dated, "AVAL", "AFTLTFL") == [(80, "N"), (90, "Y")]  # the baseline is of the old liver


def test_a_transplant_of_a_month_before_the_origin_stays_before_it(tmp_path):
    data = made(tmp_path, outcomes="subject_id | outcome | date\nS1 | transplant | 2024-12")
    assert rows(data["ADSL"], "LTDT") == [("2024-12-01",)]
    assert times(data, "TFS") == [(0, 1)]


@pytest.mark.parametrize(
    ("end", "expected"), [("", (0, 0)), ("2025-01-20", (0, 0)), ("2025-01-08", (0, 1))], ids=["open", "after", "before"]
)
def test_an_event_of_an_unknown_day_counts_from_the_origin_unless_it_ended_before(tmp_path, end, expected):
    events = f"subject_id | term | start_date | end_date\nS1 | Epistaxis | 2025-01 | {end}"
    data = made(tmp_path, adverse_events=events)
    assert times(data, "BLEED") == [expected]
    assert rows(data["ADAE"], "TRTEMFL") == [("Y" if expected == (0, 0) else "N",)]


def test_who_dies_on_the_day_of_the_transplant_died_after_it_in_each_reading(tmp_path):
    outcomes = "subject_id | outcome | date\nS1 | death | 2025-01-20\nS1 | transplant | 2025-01-20"
    data = made(tmp_path, outcomes=outcomes)
    assert times(data, "OS", "TFS", "DTHCIF", "DTHCEN") == [(10, 0), (10, 0), (10, 2), (10, 1)]
    adtte = data["ADTTE"].set_index("PARAMCD")
    assert adtte.at["TFS", "EVNTDESC"] == "transplant"
    assert adtte.at["DTHCEN", "CNSDTDSC"] == "transplant"


def test_death_and_transplant_on_the_day_of_the_first_session_have_time_zero(tmp_path):
    outcomes = "subject_id | outcome | date\nS1 | death | 2025-01-10\nS1 | transplant | 2025-01-10"
    assert times(made(tmp_path, outcomes=outcomes), "OS", "TFS", "DTHCIF", "DTHCEN") == [(0, 0), (0, 0), (0, 2), (0, 1)]


SENSITIVE = {
    'baseline = "last before origin"': 'baseline = "last before origin"\nsensitivity_hours_after_session = 24.0'
}
UNTIMED = """
subject_id | date       | time  | parameter | result
S1         | 2025-01-10 |       | CREAT     | 80
S1         | 2025-01-11 |       | CREAT     | 81
S1         | 2025-01-12 |       | CREAT     | 82
S1         | 2025-01-20 |       | CREAT     | 83
S1         | 2025-01-21 | 08:00 | CREAT     | 84
S1         | 2025-01-22 | 08:00 | CREAT     | 85
"""
SESSIONS = TREATED + "S1 | 2025-01-20 | | 2025-01-20 |\n"


def test_a_sample_of_unknown_time_that_can_be_soon_after_a_session_is_left_out_of_adlbsens(tmp_path):
    study = make_study(tmp_path, **SENSITIVE)
    data = derive(study, subjects=SUBJECT, treatments=SESSIONS, labs=UNTIMED).datasets
    # day 10 is before the origin (time unknown); day 11 can be 12 hours after the session; day 12 is 12 hours later
    # than 24 at the earliest; day 20 is that of a session without times; day 21 can be 8 hours after it, day 22 not
    assert data["ADLBSENS"]["AVAL"].tolist() == [80, 82, 85]
    assert data["ADLB"]["HRSSESS"].isna().sum() == 6


def test_a_known_time_decides_to_the_minute(tmp_path):
    study = make_study(tmp_path, **SENSITIVE)
    labs = "subject_id | date | time | parameter | result\n" + "\n".join(
        f"S1 | 2025-01-11 | {clock} | CREAT | {value}" for clock, value in (("11:59", 1), ("12:00", 2), ("12:01", 3))
    )
    data = derive(study, subjects=SUBJECT, treatments=TREATED, labs=labs).datasets
    assert data["ADLBSENS"]["AVAL"].tolist() == [2, 3]
