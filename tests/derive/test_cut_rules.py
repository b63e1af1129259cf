"""The two rules of the data cut for death and follow-up, incomplete dates, and what only a listing may show."""

from datetime import date

import pytest

from derive_study import derive, make_study, rows
from hepatrial.errors import DeriveError

CUT = date(2025, 2, 1)
TREATED = "\n".join(f"S{n} | 1 | 2025-01-02 | 2025-01-02 | Y" for n in range(1, 7))
TABLES = {
    "subjects": "subject_id | consent_date | enrolment_date\n"
    + "\n".join(f"S{n} | 2025-01-01 | 2025-01-01" for n in range(1, 7)),
    "treatments": f"subject_id | session | start_date | end_date | completed\n{TREATED}",
    "vital_status": """
subject_id | date       | status
S1         | 2025-01-10 | alive
S1         | 2025-03-01 | alive
S2         | 2025-01-12 | alive
S3         | 2025-01-20 | alive
S4         | 2025-01-22 | alive
S6         | 2025-02-20 | alive
""",
    "outcomes": """
subject_id | outcome | date
S3         | death   | 2025-02-10
S4         | death   | 2025-01-25
S6         | death   | 2025
""",
    "adverse_events": """
subject_id | term  | start_date | end_date   | grade | serious | outcome
S3         | bleed | 2025-01-30 | 2025-02-10 | 5     | Y       | fatal
S4         | bleed | 2025-01-20 | 2025-01-25 | 5     | Y       | fatal
""",
}
CONFIRMED = {"censored at last contact": "status confirmed at the cut"}


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory):
    return derive(make_study(tmp_path_factory.mktemp("study"), **CONFIRMED), cutoff=CUT, **TABLES)


@pytest.fixture(scope="module")
def contacted(tmp_path_factory):
    return derive(make_study(tmp_path_factory.mktemp("study")), cutoff=CUT, **TABLES)


def test_who_lived_on_the_cut_is_followed_to_it_and_a_later_death_shows_life(confirmed):
    """S1 was seen later, S3 died later: day 30; S2 and S5 are confirmed by nothing; S4 died by the cut.

    S6 died at an unknown day of the year but was seen alive after the cut: the death is after it.
    """
    assert rows(confirmed.datasets["ADTTE"], "USUBJID", "AVAL", "CNSR") == [
        ("S1", 30, 1), ("S2", 10, 1), ("S3", 30, 1), ("S4", 23, 0), ("S5", 0, 1), ("S6", 30, 1),
    ]  # fmt: skip


def test_censored_at_last_contact_uses_nothing_recorded_later(contacted):
    """S6's death may have been on any day of 2025, the earliest of them before the cut: it is in the cut."""
    assert rows(contacted.datasets["ADTTE"], "USUBJID", "AVAL", "CNSR") == [
        ("S1", 8, 1), ("S2", 10, 1), ("S3", 28, 1), ("S4", 23, 0), ("S5", 0, 1), ("S6", 0, 0),
    ]  # fmt: skip


def test_the_other_rule_stands_beside_the_declared_one(confirmed, contacted):
    columns = ["USUBJID", "PARAMCD", "AVAL", "CNSR"]
    for one, other in ((confirmed, contacted), (contacted, confirmed)):
        assert rows(one.datasets["ADTTESEN"], *columns) == rows(other.datasets["ADTTE"], *columns)


def test_a_death_after_the_cut_is_listed_and_counts_in_nothing(confirmed):
    assert rows(confirmed.datasets["ADLATE"], "USUBJID", "ADT") == [("S3", "2025-02-10"), ("S6", "2025-02-20")]
    assert rows(confirmed.datasets["ADSL"], "USUBJID", "DTHFL", "DTHDT")[2] == ("S3", "N", None)
    assert set(confirmed.datasets["ADLATE"]["SRCDOM"]) == {"outcomes"}


def test_deaths_after_the_cut_are_left_out_where_declared(tmp_path):
    study = make_study(tmp_path, **{'deaths_after_cut = "listed"': 'deaths_after_cut = "left out"'})
    assert derive(study, cutoff=CUT, **TABLES).datasets["ADLATE"].empty


def test_a_fatal_grade_is_not_known_before_the_death(confirmed):
    assert rows(confirmed.datasets["ADAE"], "USUBJID", "AETOXGR", "AEOUT", "AENDT") == [
        ("S3", None, None, None), ("S4", 5, "fatal", "2025-01-25"),
    ]  # fmt: skip


def test_an_incomplete_date_counts_by_the_declared_bound(tmp_path):
    labs = (
        "subject_id | date | parameter | result\nS1 | 2025-01 | BILI | 1\nS1 | 2025-02 | BILI | 2\nS1 | 2025 | BILI | 3"
    )
    found = {}
    for bound in ("earliest", "latest"):
        study = make_study(tmp_path, **{'"earliest day"': f'"{bound} day"'})
        adlb = derive(study, cutoff=CUT, **TABLES | {"labs": labs}).datasets["ADLB"]
        found[bound] = sorted(adlb["AVAL"])
    assert found == {"earliest": [1, 2, 3], "latest": [1]}


def test_a_session_that_may_have_ended_later_went_on_by_the_latest_day(tmp_path):
    tables = TABLES | {"treatments": TABLES["treatments"].replace("2025-01-02 | 2025-01-02", "2025-01-02 | 2025")}
    study = make_study(tmp_path, **{'"earliest day"': '"latest day"'})
    assert derive(study, cutoff=CUT, **tables).datasets["ADEX"]["AENDT"].isna().all()


def test_a_cut_needs_declared_rules_and_an_extract_of_that_day(tmp_path):
    with pytest.raises(DeriveError, match=r"cut 2026-02-01 is after the extract of 2026-01-31"):
        derive(make_study(tmp_path), cutoff=date(2026, 2, 1), **TABLES)
    path = tmp_path / "none"
    path.mkdir()
    without = make_study(path).model_copy(update={"data_cut": None})
    with pytest.raises(DeriveError, match=r"\[data_cut\] with time_to_event"):
        derive(without, cutoff=CUT, **TABLES)


def test_without_a_cut_there_is_no_other_rule(tmp_path):
    found = derive(make_study(tmp_path), **TABLES)
    assert found.datasets["ADTTESEN"].empty
    assert found.datasets["ADLATE"].empty
    assert found.dates == "Data as of 2026-01-31"
