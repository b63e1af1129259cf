"""Tables of more than two rows or columns: Fisher's exact test, and Cochran-Mantel-Haenszel over strata.

    P(table) = prod(row totals!) prod(column totals!) / (n! prod(cells!))    Freeman & Halton (1951), Biometrika 38:141
    Q = G' V^-1 G,  G = sum over strata of the groups' score sums less their expectation                       (1)
    V = sum over strata of  s^2 (diag(n) - n n' / N) * N / (N - 1),  s^2 the scores' variance with divisor N     (2)

Q has k - 1 degrees of freedom ("row mean scores differ": Landis, Heyman & Koch 1978, doi:10.2307/1402373, eq. 3.5). A
stratum with one subject, one group or one score tells nothing. R: ``fisher.test``, ``vcdExtra::CMHtest`` (rmeans);
SAS: ``PROC FREQ; TABLES stratum*group*score / FISHER CMH``.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln
from scipy.stats import chi2

from hepatrial.estimate.group_tests import GroupTest, make_not_estimable
from hepatrial.estimate.inputs import FloatArray, IntArray

MOST_TABLES = 4_000_000
NEAR = 1e-7
"""Two tables are equally likely when their probabilities differ by less than this, relatively (as R)."""


def compare_categories_exact(values: Any, group: Any) -> GroupTest:
    """Fisher's exact test that a category is equally frequent in every group, two-sided (Freeman-Halton).

    Parameters
    ----------
    values, group : array, shape (n,)
        Labels; a missing value is left out. Categories and groups without anybody do not count.

    Returns
    -------
    GroupTest
        ``statistic`` is the probability of the table itself and ``df`` 0; ``not_estimable`` beyond ``MOST_TABLES``
        tables with these margins.

    Examples
    --------
    >>> round(compare_categories_exact(list("yyyynynnnn"), list("aaaaabbbbb")).p_value, 4)
    0.2063
    """
    table = pd.crosstab(pd.Series(np.asarray(values)), pd.Series(np.asarray(group))).to_numpy(dtype=np.int64)
    return compare_table_exact(table)


def compare_table_exact(counts: Any) -> GroupTest:
    """Fisher's exact test of a table of counts, two-sided; as :func:`compare_categories_exact`.

    Parameters
    ----------
    counts : array of int, shape (categories, groups)
        Categories and groups without anybody do not count.

    Examples
    --------
    >>> round(compare_table_exact([[4, 1], [1, 4]]).p_value, 4)
    0.2063
    """
    method, table = "Fisher exact, two-sided", np.asarray(counts, dtype=np.int64)
    table = table[:, table.sum(axis=0) > 0][table.sum(axis=1) > 0]
    n = int(table.sum())
    if min(table.shape) < 2:
        return make_not_estimable(n, method, "fewer than two groups or categories")
    columns = table[np.argsort(table.sum(axis=1), kind="stable")]
    tables = _count_ways(columns.sum(axis=1)[:-1], table.shape[1])
    if tables > MOST_TABLES:
        return make_not_estimable(n, method, f"{tables:,.0f} tables have these margins, more than are enumerated")
    chances = _enumerate(columns.sum(axis=1), columns.sum(axis=0))
    fixed = float(gammaln(columns.sum(axis=1) + 1).sum() + gammaln(columns.sum(axis=0) + 1).sum() - gammaln(n + 1))
    own = float(np.exp(fixed - gammaln(columns + 1).sum()))
    likely = np.exp(fixed - chances)
    p_value = float(likely[likely <= own * (1 + NEAR)].sum())
    return GroupTest(own, 0, 0, min(1.0, p_value), n, method, "ok", ())


def _count_ways(totals: IntArray, groups: int) -> float:
    """Upper bound of the tables: ways to spread each category but the largest over the groups."""
    return float(np.prod([_choose(int(total) + groups - 1, groups - 1) for total in totals]))


def _choose(n: int, k: int) -> float:
    return float(np.round(np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))))


def _enumerate(categories: IntArray, groups: IntArray) -> FloatArray:
    """Sum of log factorials of the cells of every table with these margins; the last category takes what is left."""
    left, logs = groups[None, :].astype(np.int64), np.zeros(1)
    for total in categories[:-1]:
        spread = _spreads(int(total), groups.size)
        rest = left[:, None, :] - spread[None, :, :]
        added = logs[:, None] + gammaln(spread + 1.0).sum(axis=1)[None, :]
        fits = (rest >= 0).all(axis=2)
        left, logs = rest[fits], added[fits]
    return np.asarray(logs + gammaln(left + 1.0).sum(axis=1), dtype=np.float64)


def _spreads(total: int, groups: int) -> IntArray:
    """Every way to spread ``total`` over the groups, one a row."""
    ways = np.zeros((1, 0), dtype=np.int64)
    for _ in range(groups - 1):
        room = total - ways.sum(axis=1)
        repeats = np.repeat(np.arange(ways.shape[0]), room + 1)
        starts = np.repeat(np.cumsum(room + 1) - (room + 1), room + 1)
        ways = np.column_stack([ways[repeats], np.arange(repeats.size) - starts])
    return np.column_stack([ways, total - ways.sum(axis=1)])


def compare_row_means(scores: Any, group: Any, stratum: Any | None = None) -> GroupTest:
    """Cochran-Mantel-Haenszel test that the mean scores of the groups are equal within strata.

    With two scores it is the test of general association, and with two groups as well the usual CMH test.

    Parameters
    ----------
    scores : array of float, shape (n,)
        Score of each subject's category, such as 1, 2, 3; NaN is left out.
    group, stratum : array, shape (n,)
        Labels; ``stratum`` None is one stratum.

    Examples
    --------
    >>> round(compare_row_means([1, 1, 1, 1, 0, 1, 0, 0, 0, 0], list("aaaaabbbbb")).statistic, 4)
    3.24
    """
    method = "Cochran-Mantel-Haenszel, row mean scores"
    y, g = np.asarray(scores, dtype=np.float64), np.asarray(group)
    s = np.zeros(y.size) if stratum is None else np.asarray(stratum)
    kept = ~np.isnan(y)
    y, s = y[kept], s[kept]
    levels, index = np.unique(g[kept], return_inverse=True)
    if levels.size < 2:
        return make_not_estimable(y.size, method, "fewer than two groups")
    observed, variance = np.zeros(levels.size), np.zeros((levels.size, levels.size))
    for level in np.unique(s):
        mine = s == level
        centred, part = _stratum_moments(y[mine], index[mine], levels.size)
        observed, variance = observed + centred, variance + part
    rank = int(np.linalg.matrix_rank(variance))
    if rank == 0:
        return make_not_estimable(y.size, method, "every stratum has one score or one group only")
    statistic = float(observed @ np.linalg.pinv(variance) @ observed)
    return GroupTest(statistic, rank, 0, float(chi2.sf(statistic, rank)), y.size, method, "ok", ())


def _stratum_moments(y: FloatArray, index: IntArray, k: int) -> tuple[FloatArray, FloatArray]:
    """Score sums less their expectation, and their covariance (eq. 1, 2)."""
    n, sizes = y.size, np.bincount(index, minlength=k).astype(np.float64)
    if n < 2:
        return np.zeros(k), np.zeros((k, k))
    centred = np.bincount(index, weights=y - y.mean(), minlength=k)
    spread = float(((y - y.mean()) ** 2).sum()) / (n - 1)
    return centred, spread * (np.diag(sizes) - np.outer(sizes, sizes) / n)
