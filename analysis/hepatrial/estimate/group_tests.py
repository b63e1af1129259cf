"""Are groups alike: one-way analysis of variance of a number, Pearson's chi-square test of categories.

    F  = [sum n_g (m_g - m)^2 / (k - 1)] / [sum (y - m_g)^2 / (n - k)]       Fisher (1925), k groups
    X2 = sum (O - E)^2 / E,  E = row total * column total / n                Pearson (1900), no continuity correction

R: ``anova(lm(y ~ g))``, ``chisq.test(x, g, correct = FALSE)``; SAS: ``PROC GLM; CLASS g; MODEL y = g``,
``PROC FREQ; TABLES x*g / CHISQ``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, f

from hepatrial.errors import EstimateError

SMALL_EXPECTED = 5


@dataclass(frozen=True)
class GroupTest:
    """``statistic`` is F (``df`` and ``df_residual``) or a chi-square (``df``); ``n`` counts the values used."""

    statistic: float
    df: int
    df_residual: int
    p_value: float
    n: int
    method: str
    status: str
    notes: tuple[str, ...]


def compare_group_means(values: Any, group: Any) -> GroupTest:
    """One-way analysis of variance: that the groups have one mean.

    Parameters
    ----------
    values : array of float, shape (n,)
        NaN is left out.
    group : array, shape (n,)
        Labels; a group without a value does not count.

    Examples
    --------
    >>> compare_group_means([1, 2, 3, 2, 3, 4, 5, 6, 7], list("aaabbbccc")).statistic
    13.0
    """
    method = "one-way analysis of variance"
    y, g = np.asarray(values, dtype=np.float64), np.asarray(group)
    if y.shape != g.shape:
        raise EstimateError(f"need one group a value, got {y.size} values and {g.size} groups")
    y, (levels, index) = y[~np.isnan(y)], np.unique(g[~np.isnan(y)], return_inverse=True)
    sizes = np.bincount(index, minlength=levels.size)
    if levels.size < 2 or y.size <= levels.size:
        return make_not_estimable(y.size, method, "fewer than two groups, or no group with two values")
    means = np.bincount(index, weights=y) / sizes
    within = float(((y - means[index]) ** 2).sum())
    between = float((sizes * (means - y.mean()) ** 2).sum())
    if within <= 1e-12 * float((y**2).sum()):
        return make_not_estimable(y.size, method, "the values do not vary within the groups")
    df, df_residual = levels.size - 1, y.size - levels.size
    statistic = (between / df) / (within / df_residual)
    p_value = float(f.sf(statistic, df, df_residual))
    return GroupTest(float(statistic), df, df_residual, p_value, y.size, method, "ok", ())


def compare_categories(values: Any, group: Any) -> GroupTest:
    """Pearson's chi-square test that a category is equally frequent in every group.

    Parameters
    ----------
    values, group : array, shape (n,)
        Labels; a missing value is left out. Categories and groups without anybody do not count.

    Examples
    --------
    >>> round(compare_categories(list("yyyynynnnn"), list("aaaaabbbbb")).statistic, 4)
    3.6
    """
    method = "Pearson chi-square"
    table = pd.crosstab(pd.Series(np.asarray(values)), pd.Series(np.asarray(group))).to_numpy(dtype=np.float64)
    n = int(table.sum())
    if min(table.shape) < 2:
        return make_not_estimable(n, method, "fewer than two groups or categories")
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    statistic, df = float(((table - expected) ** 2 / expected).sum()), (table.shape[0] - 1) * (table.shape[1] - 1)
    few = int((expected < SMALL_EXPECTED).sum())
    notes = (f"{few} of {expected.size} expected counts are below {SMALL_EXPECTED}",) if few else ()
    return GroupTest(statistic, df, 0, float(chi2.sf(statistic, df)), n, method, "note" if few else "ok", notes)


def make_not_estimable(n: int, method: str, reason: str) -> GroupTest:
    """The answer where nothing can be compared, and why."""
    return GroupTest(float("nan"), 0, 0, float("nan"), n, method, "not_estimable", (reason,))
