"""Every monitoring case of the reference pack (rpact, gsDesign, ldbounds, stoppingrule, clinfun, closed forms)."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from hepatrial.estimate import design_group_sequential
from survival_pack.monitoring_cases import TOPICS, handler_of
from survival_pack.pack import SAME, as_array, read_cases

pytestmark = pytest.mark.reference

CASES = [case for case in read_cases() if case["topic"] in TOPICS]
EXACT = ("toxicity_bayes", "toxicity_freq", "simon")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_the_reference(case):
    run = handler_of(case)
    assert run is not None, f"{case['id']} is mapped to no function"
    got = run(case)
    assert set(got) == set(case["expected"])
    rtol = 1e-9 if case["topic"] in EXACT or case["rel_tol"] < 1e-8 else 1e-5  # recursions and closed forms are exact
    for key, value in case["expected"].items():
        if got[key] is SAME or key in ("oc_cols", "columns"):
            continue
        want = as_array(value) if value is not None else np.array([np.nan])
        np.testing.assert_allclose(np.atleast_1d(got[key]), want, rtol=rtol, atol=1e-10, err_msg=key)


def test_all_cases_are_here():
    assert len(CASES) == 74


def test_ldbounds_is_the_one_that_is_off():
    """Its second bound (t = 0.2, 0.4) against the bivariate normal distribution, which needs no grid of ours."""
    first, theirs = 4.87688494877642, 3.35694629147284
    spent = 2 * norm.sf(norm.isf(0.0125) / np.sqrt([0.2, 0.4]))  # one side
    joint = multivariate_normal([0, 0], [[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]])

    def crossing(bound):
        """P(-first < Z_1 < first, Z_2 >= bound)."""
        return joint.cdf([first, -bound], lower_limit=[-first, -np.inf])

    ours = design_group_sequential([0.2, 0.4, 1], alpha=0.05, sided=2, spending="lan-demets-obrien-fleming").upper[1]
    assert crossing(ours) == pytest.approx(spent[1] - spent[0], rel=1e-6)
    assert crossing(theirs) > 1.0002 * (spent[1] - spent[0])
