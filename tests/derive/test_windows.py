"""Which record is the baseline and which one stands for a visit; the first session is 2025-01-10 at 09:00."""

import pytest

from derive_study import VISITS, derive, make_study, rows
from hepatrial.errors import DeriveError

TABLES = {
    "subjects": "subject_id\nS1",
    "treatments": "subject_id | start_date | start_time\nS1 | 2025-01-10 | 09:00",
}


def adlb(study, labs, **tables):
    text = "\n".join(["subject_id | date | time | parameter | result", *(f"S1 | {line}" for line in labs.splitlines())])
    return derive(study, **{**TABLES, "labs": text, **tables}).datasets["ADLB"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


def test_days_1_3_and_7_are_told_apart_and_a_day_between_windows_is_in_none(study):
    found = adlb(
        study,
        """2025-01-11 | 08:00 | BILI | 101
2025-01-12 | 08:00 | BILI | 102
2025-01-13 | 08:00 | BILI | 103
2025-01-14 | 08:00 | BILI | 104
2025-01-17 | 08:00 | BILI | 107""",
    )
    assert rows(found, "AVAL", "ADY", "AFUDY", "AVISIT", "AVISITN", "AWTDIFF", "ANL01FL") == [
        (101, 2, 1, "D1", 1, 0, "Y"),
        (102, 3, 2, "D3", 3, 1, "N"),
        (103, 4, 3, "D3", 3, 0, "Y"),
        (104, 5, 4, None, None, None, "N"),
        (107, 8, 7, "D7", 7, 0, "Y"),
    ]


TIE = "2025-02-06 | 08:00 | BILI | 27\n2025-02-08 | 08:00 | BILI | 29"  # days 27 and 29, target 28


@pytest.mark.parametrize(("tie", "expected"), [("earlier", 27), ("later", 29)])
def test_two_days_equally_near_are_decided_by_the_tie_rule(tmp_path, tie, expected):
    study = make_study(tmp_path, **{'tie = "earlier"': f'tie = "{tie}"'})
    found = adlb(study, TIE)
    assert found.loc[found["ANL01FL"] == "Y", "AVAL"].tolist() == [expected]


@pytest.mark.parametrize(("rule", "expected"), [("first", [10.0]), ("last", [30.0]), ("mean", [20.0])])
def test_records_of_one_day(tmp_path, rule, expected):
    study = make_study(tmp_path, **{'same_day = "last"': f'same_day = "{rule}"'})
    found = adlb(
        study,
        "2025-02-07 | 08:00 | BILI | 10\n2025-02-07 | 14:00 | BILI | 20\n2025-02-07 | 20:00 | BILI | 30",
    )
    chosen = found[found["ANL01FL"] == "Y"]
    assert chosen["AVAL"].tolist() == expected
    assert chosen["DTYPE"].tolist() == (["AVERAGE"] if rule == "mean" else [""])
    assert len(chosen["SRCID"].iloc[0].split(";")) == (3 if rule == "mean" else 1)


def test_the_last_of_a_window_where_the_study_asks_for_it(tmp_path):
    study = make_study(tmp_path, **{'choose = "nearest"': 'choose = "last"'})
    found = adlb(study, "2025-02-07 | 08:00 | BILI | 28\n2025-02-11 | 08:00 | BILI | 32")
    assert found.loc[found["ANL01FL"] == "Y", "AVAL"].tolist() == [32]


def test_the_worst_of_a_window_needs_to_know_which_side_is_worse(tmp_path):
    study = make_study(tmp_path, **{'choose = "nearest"': 'choose = "worst"'})
    with pytest.raises(DeriveError, match=r"parameters\[BILI\].worse is missing"):
        adlb(study, TIE)


def test_the_worst_of_a_window(tmp_path):
    study = make_study(
        tmp_path,
        **{'choose = "nearest"': 'choose = "worst"', 'label = "Bilirubin"': 'label = "Bilirubin"\nworse = "high"'},
    )
    found = adlb(study, "2025-02-06 | 08:00 | BILI | 90\n2025-02-07 | 08:00 | BILI | 28")
    assert found.loc[found["ANL01FL"] == "Y", "AVAL"].tolist() == [90]


@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ("2025-01-08 | 08:00 | BILI | 1\n2025-01-09 | 20:00 | BILI | 2", 2),
        # on the day of the first session, at 09:00
        ("2025-01-09 | 08:00 | BILI | 1\n2025-01-10 | 08:59 | BILI | 2\n2025-01-10 | 09:01 | BILI | 3", 2),
        ("2025-01-09 | 08:00 | BILI | 1\n2025-01-10 | 09:00 | BILI | 2", 2),
        ("2025-01-09 | 08:00 | BILI | 1\n2025-01-10 |  | BILI | 2", 2),
        # of the day of the origin, the record with a time is later than the one without
        ("2025-01-10 | 08:00 | BILI | 1\n2025-01-10 |  | BILI | 2", 1),
        # a result that was not obtained is no baseline
        ("2025-01-08 | 08:00 | BILI | 1\n2025-01-09 | 08:00 | BILI | not done", 1),
        ("2025-01-10 | 09:01 | BILI | 3", None),
    ],
)
def test_baseline_is_the_last_value_before_the_origin(study, labs, expected):
    found = adlb(study, labs)
    assert found.loc[found["ABLFL"] == "Y", "AVAL"].tolist() == ([] if expected is None else [expected])
    assert rows(found, "BASE")[0] == (expected,)


def test_baseline_as_the_mean_before_the_origin(tmp_path):
    study = make_study(tmp_path, **{'baseline = "last before origin"': 'baseline = "mean before origin"'})
    found = adlb(
        study, "2025-01-08 | 08:00 | BILI | 10\n2025-01-09 | 08:00 | BILI | 30\n2025-01-11 | 08:00 | BILI | 15"
    )
    base = found[found["ABLFL"] == "Y"]
    assert rows(base, "AVAL", "DTYPE", "AVISIT", "ANL01FL") == [(20, "AVERAGE", "BL", "Y")]
    assert found.loc[found["AVISIT"] == "D1", "CHG"].tolist() == [-5]


def test_a_single_value_before_the_origin_is_its_own_mean(tmp_path):
    study = make_study(tmp_path, **{'baseline = "last before origin"': 'baseline = "mean before origin"'})
    found = adlb(study, "2025-01-08 | 08:00 | BILI | 10")
    assert rows(found, "AVAL", "DTYPE", "ABLFL") == [(10, "", "Y")]


def test_change_is_from_baseline_and_only_after_the_origin(study):
    found = adlb(
        study, "2025-01-08 | 08:00 | BILI | 150\n2025-01-09 | 08:00 | BILI | 200\n2025-01-11 | 08:00 | BILI | 150"
    )
    assert rows(found, "AVAL", "BASE", "CHG", "PCHG") == [
        (150, 200, None, None),
        (200, 200, None, None),
        (150, 200, -50, -25),
    ]


def test_a_visit_before_treatment_takes_records_before_it(tmp_path):
    visits = VISITS.replace("visits = [", 'visits = [\n  { code = "SCR", label = "S", day = -7, window = [-14, 0] },')
    found = adlb(make_study(tmp_path, visits=visits), "2025-01-03 | 08:00 | BILI | 1\n2025-01-09 | 08:00 | BILI | 2")
    assert rows(found, "AVAL", "AVISIT", "ANL01FL") == [(1, "SCR", "Y"), (2, "BL", "Y")]


def test_a_baseline_visit_in_the_study_file_limits_how_old_a_baseline_may_be(tmp_path):
    visits = VISITS.replace("visits = [", 'visits = [\n  { code = "BL", label = "B", day = 0, window = [-7, 0] },')
    study = make_study(tmp_path, visits=visits)
    assert "Y" not in set(adlb(study, "2025-01-02 | 08:00 | BILI | 8")["ABLFL"])
    found = adlb(study, "2025-01-03 | 08:00 | BILI | 7\n2025-01-04 | 08:00 | BILI | 6")
    assert rows(found, "AVAL", "AVISIT", "ABLFL", "ANL01FL") == [(7, "BL", "N", "N"), (6, "BL", "Y", "Y")]


def test_a_result_after_death_has_no_value_and_stands_for_no_visit(study):
    found = adlb(
        study,
        "2025-02-06 | 08:00 | BILI | 27\n2025-02-07 | 08:00 | BILI | 28",
        outcomes="subject_id | outcome | date\nS1 | death | 2025-02-06",
    )
    assert rows(found, "AVAL", "AVALC", "AVISIT", "ANL01FL", "REASND") == [
        (27, "27", "D28", "Y", None),
        (None, "28", None, "N", "dated after death"),
    ]


def test_a_record_with_an_incomplete_date_is_kept_and_stands_for_nothing(study):
    found = adlb(study, "2025-02 |  | BILI | 28")
    assert rows(found, "AVAL", "ADT", "AVISIT", "ANL01FL", "REASND") == [
        (28, None, None, "N", "date incomplete: in no visit")
    ]
