"""An ordered outcome at a visit: counted pair by pair, by all permutations, and against R on the Mayo trial."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import rankdata

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.errors import StudyError
from hepatrial.render.tables import build_ordinal
from mayo_factory import EXPECTED, make_trial, read_trial
from response_factory import make_response
from table_texts import context_of, texts

PLAN = """parameter = "BILI"
visit = "D28"
worse = "high"
death = "worst rank"
transplant = "next to death"
missing = "left out"
classes = [{ label = "to 6", to = 6.0 }, { label = "above 6" }]
conf_level = 0.95
"""
COMPARED = 'comparison = { wilcoxon = "exact", proportional_odds = true }'
PAIR = {"group": "MSC", "comparator": "PBO"}
# by value, transplant -50 and death -100: see response_factory for who is what
PBO, MSC = [-6.0, -9, -100, -100, -8], [-5.0, -4, -5, -100, -50, -6]


def run(folder, plan=PLAN, compared=COMPARED):
    return analyse_study(*make_response(folder, compared, plan, "ordinal")).frame


def test_levels_by_hand(tmp_path):
    found = run(tmp_path)
    counts = {
        (group, level): value(found, "n", measure="distribution", group=group, level=level)
        for group in ("PBO", "MSC")
        for level in ("to 6", "above 6")
    }
    assert counts == {("PBO", "to 6"): 1, ("PBO", "above 6"): 2, ("MSC", "to 6"): 4, ("MSC", "above 6"): 0}
    states = [value(found, "n", measure="response status", group="MSC", level=name)
              for name in ("measured", "died", "transplanted", "missing")]  # fmt: skip
    assert states == [4, 1, 1, 1]


def test_the_probability_counts_pairs(tmp_path):
    found = run(tmp_path, PLAN.replace("classes", "# classes"))
    won = sum((a > b) + 0.5 * (a == b) for a in MSC for b in PBO) / 30
    assert won == 22.5 / 30
    assert value(found, "estimate", measure="mann-whitney probability", **PAIR) == pytest.approx(won, rel=1e-12)
    as_death = run(tmp_path, PLAN.replace("classes", "# classes").replace("next to death", "as death"))
    assert value(as_death, "estimate", measure="mann-whitney probability", **PAIR) == pytest.approx(21.5 / 30)


def test_the_exact_test_is_that_of_all_permutations(tmp_path):
    found = run(tmp_path, PLAN.replace("classes", "# classes"))
    ranks = rankdata(MSC + PBO)
    sums = np.array([sum(ranks[list(chosen)]) for chosen in combinations(range(11), 6)])
    far = np.abs(sums - 6 * ranks.mean()) >= abs(ranks[:6].sum() - 6 * ranks.mean()) - 1e-9
    assert value(found, "p_value", measure="wilcoxon test", **PAIR) == pytest.approx(far.mean(), rel=1e-12)


def test_a_shift_is_of_the_living(tmp_path):
    plan = (
        PLAN.replace("worst rank", "while alive").replace("next to death", "as death").replace("classes", "# classes")
    )
    found = run(tmp_path, plan, 'comparison = { wilcoxon = "asymptotic", shift = true, proportional_odds = false }')
    differences = np.subtract.outer([5.0, 4, 5, 6], [6.0, 9, 8])
    assert value(found, "estimate", measure="hodges-lehmann shift", **PAIR) == np.median(differences)
    won = (np.subtract.outer([5.0, 4, 5, 6], [6.0, 9, 8]) < 0).mean() + 0.5 / 12
    assert value(found, "estimate", measure="mann-whitney probability", **PAIR) == pytest.approx(won, rel=1e-12)


@pytest.mark.reference
def test_proportional_odds_and_wilcoxon_as_r(tmp_path):
    trial = read_trial()
    n = len(trial)
    values = {"USUBJID": trial["USUBJID"].tolist(), "PARAMCD": ["BILI"] * n, "AVAL": trial["stage"].tolist(),
              "AVISIT": ["D28"] * n, "ANL01FL": ["Y"] * n, "SRCID": trial["USUBJID"].tolist()}  # fmt: skip
    plan = PLAN.replace("classes", "# classes") + COMPARED.replace("exact", "asymptotic")
    study, data = make_trial(tmp_path, "ordinal", plan, ADLB=values)
    found = analyse_study(study, data).frame
    for stat in ("estimate", "conf_low", "conf_high"):
        got = value(found, stat, measure="common odds ratio", **PAIR)
        assert got == pytest.approx(EXPECTED[f"polr {stat}"], rel=1e-5)  # polr's optimiser stops early
    got = value(found, "p_value", measure="wilcoxon test", **PAIR)
    assert got == pytest.approx(EXPECTED["wilcoxon p_value"], rel=1e-9)


def test_the_table(tmp_path):
    study, data = make_response(tmp_path, COMPARED, PLAN, "ordinal")
    shown = texts(build_ordinal(context_of(study, data, "table", "ordinal", "first")))
    assert shown["to 6"] == ["1 (16.7)", "4 (57.1)"]
    assert shown["Died before"] == ["2 (33.3)", "1 (14.3)"]
    # PBO: one to 6, two above, two dead; MSC: four to 6, one transplanted, one dead: (4 * 4.5 + 1 + 2) / 30
    assert shown["Probability of a better outcome"] == ["", "0.70"]
    assert {"Common odds ratio of a better outcome", "Wilcoxon rank-sum test, exact, p-value"} <= set(shown)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("proportional_odds = true", "proportional_odds = true, shift = true", "death has no value to be shifted"),
        ('"worst rank"', '"while alive"', "'next to death' needs death = 'worst rank'"),
    ],
)
def test_what_cannot_be_asked_together_is_refused(tmp_path, old, new, fault):
    with pytest.raises(StudyError) as raised:
        run(tmp_path, PLAN.replace(old, new), COMPARED.replace(old, new))
    assert any(fault in line for line in raised.value.faults), raised.value.faults
