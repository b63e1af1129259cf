"""Hierarchical outcomes: every pair decided again by a loop, and the table that shows it."""

import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.errors import StudyError
from hepatrial.render.tables import build_wins
from response_factory import PATIENTS, make_response
from table_texts import context_of, texts

PLAN = """components = [
  { label = "Death", parameter = "OS" },
  { label = "Bilirubin at day 28", parameter = "BILI", visit = "D28", worse = "high", margin = 1.0 },
]
p_value = "permutation"
conf_level = 0.95
"""
PAIR = {"group": "MSC", "comparator": "PBO"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_response(tmp_path_factory.mktemp("s"), "", PLAN, "wins")


@pytest.fixture(scope="module")
def results(made):
    return analyse_study(*made).frame


def decide(one, other):
    """Component and sign for one patient (day 28 value, day of death) against another."""
    for sign, (_, mine), (_, theirs) in ((1, one, other), (-1, other, one)):
        if theirs == theirs and (mine != mine or mine > theirs):  # the other died, and earlier
            return "Death", sign
    if one[0] == one[0] and other[0] == other[0] and abs(one[0] - other[0]) > 1:
        return "Bilirubin at day 28", 1 if one[0] < other[0] else -1
    return "", 0


def pairs():
    arms = {arm: [(p[2], p[3]) for p in PATIENTS if p[0] == arm] for arm in ("MSC", "PBO")}
    return [decide(one, other) for one in arms["MSC"] for other in arms["PBO"]]


def test_what_each_component_decides(results):
    found = pairs()
    assert len(found) == 42
    for level, name in (("1. Death", "Death"), ("2. Bilirubin at day 28", "Bilirubin at day 28")):
        for stat, sign in (("n_wins", 1), ("n_losses", -1)):
            assert value(results, stat, measure="pairs", level=level) == found.count((name, sign)), (level, stat)
    assert value(results, "n_pairs", measure="pairs", level="all") == 42
    assert value(results, "n_ties", measure="pairs", level="all") == found.count(("", 0))


def test_the_three_summaries(results):
    signs = [sign for _, sign in pairs()]
    won, lost, tied = (signs.count(sign) for sign in (1, -1, 0))
    assert value(results, "estimate", measure="win ratio", **PAIR) == pytest.approx(won / lost, rel=1e-12)
    odds = (won + tied / 2) / (lost + tied / 2)
    assert value(results, "estimate", measure="win odds", **PAIR) == pytest.approx(odds, rel=1e-12)
    assert value(results, "estimate", measure="net benefit", **PAIR) == pytest.approx((won - lost) / 42, rel=1e-12)
    assert 0 < value(results, "p_value", measure="win test", **PAIR) <= 1


def test_the_table(made):
    shown = texts(build_wins(context_of(*made, "table", "wins", "first")))
    signs = [sign for _, sign in pairs()]
    counts = ["42", *(str(signs.count(sign)) for sign in (1, -1, 0))]
    assert shown["All components"] == counts
    assert shown["Win ratio (95% CI)"][0].startswith(f"{signs.count(1) / signs.count(-1):.2f} (")


def test_patients_without_follow_up_are_left_out_and_counted(made):
    study, data = made
    adtte = data.datasets["ADTTE"]
    data = type(data)(data.datasets | {"ADTTE": adtte[adtte["USUBJID"] != "S06"]}, data.ledger, data.as_of)
    rows = analyse_study(study, data).frame
    rows = rows[rows["measure"] == "win ratio"]
    assert rows["message"].str.contains("1 patients without follow-up are left out").all()
    assert set(rows["n_used"]) == {12}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('visit = "D28", worse = "high", margin = 1.0', 'visit = "D28"', "say which side of the value is worse"),
        ('parameter = "OS"', 'parameter = "OS", margin = 2.0', "worse and margin belong to a value at a visit"),
        (
            'parameter = "BILI", visit = "D28", worse = "high", margin = 1.0',
            'parameter = "BILI"',
            "a value needs visit",
        ),
    ],
)
def test_components_are_checked(tmp_path, old, new, fault):
    with pytest.raises(StudyError) as raised:
        make_response(tmp_path, "", PLAN.replace(old, new), "wins")
    assert any(fault in line for line in raised.value.faults), raised.value.faults
