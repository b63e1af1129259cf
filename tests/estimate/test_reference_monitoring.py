"""The one monitoring reference that is off: ldbounds, whose grid is coarse."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from hepatrial.estimate import design_group_sequential

pytestmark = pytest.mark.reference


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
