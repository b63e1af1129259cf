"""Known alive, dead or unknown on day 28 and 84; the origin is 2025-01-01, the tolerance 3 days."""

from datetime import date

import pytest

from derive_study import derive, make_study, rows

SUBJECTS = {
    "S1": "S1 | death | 2025-01-29",  # day 28
    "S2": "S2 | death | 2025-01-30",
    "S3": "S3 | last contact | 2025-01-26",  # day 25, 3 days before
    "S4": "S4 | last contact | 2025-01-25",
    "S5": "S5 | transplant | 2025-01-10",
    "S6": "S6 | last contact | 2025-06-30",
}
TIMES = """
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
[[times_to_event]]
code = "LT"
label = "Transplant"
events = ["transplant"]
competing = ["death"]
"""
INCIDENCE = """
[[analyses]]
id = "lt"
method = "cumulative incidence"
title = "Transplant"
population = "FAS"
parameter = "LT"
days = [28]
conf_type = "log-log"
conf_level = 0.95
"""


def adstat(study, **options):
    tables = {
        "subjects": "\n".join(["subject_id", *SUBJECTS]),
        "treatments": "\n".join(["subject_id | start_date", *(f"{name} | 2025-01-01" for name in SUBJECTS)]),
        "outcomes": "\n".join(["subject_id | outcome | date", *SUBJECTS.values()]),
    }
    return derive(study, **tables, **options).datasets["ADSTAT"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(
        tmp_path_factory.mktemp("study"), times=TIMES, extra=INCIDENCE, **{"days = [28]": "days = [28, 84]"}
    )


def test_status_by_day(study):
    found = adstat(study)
    overall = found[found["PARAMCD"] == "OS"]
    assert rows(overall, "USUBJID", "DAY", "STATUS", "REASON") == [
        ("S1", 28, "dead", None),
        ("S1", 84, "dead", None),
        ("S2", 28, "alive", None),
        ("S2", 84, "dead", None),
        ("S3", 28, "alive", None),
        ("S3", 84, "unknown", "censored on day 25: last date known alive"),
        ("S4", 28, "unknown", "censored on day 24: last date known alive"),
        ("S4", 84, "unknown", "censored on day 24: last date known alive"),
        ("S5", 28, "unknown", "censored on day 9: last date known alive"),
        ("S5", 84, "unknown", "censored on day 9: last date known alive"),
        ("S6", 28, "alive", None),
        ("S6", 84, "alive", None),
    ]
    transplant = found[found["PARAMCD"] == "LT"]
    assert rows(transplant, "USUBJID", "STATUS")[:2] == [("S1", "competing"), ("S2", "alive")]
    assert rows(transplant, "USUBJID", "STATUS")[4] == ("S5", "dead")


def test_a_day_after_the_data_cut_is_unknown(study):
    found = adstat(study, cutoff=date(2025, 1, 28))  # day 27: day 28 had not come, whatever the tolerance
    assert set(found["STATUS"]) == {"unknown", "dead"}
    assert rows(found[(found["USUBJID"] == "S6")], "DAY", "STATUS", "REASON")[0] == (
        28,
        "unknown",
        "the day had not come at the data cut",
    )
