"""Wilcoxon's rank tests with the Hodges-Lehmann shift, exact also with ties; Kruskal-Wallis, Jonckheere,
strata.

Exact p-values are those of the permutation distribution of mid-ranks (signs, for pairs), two-sided by the
distance
from its mean. The shift is the median of all differences (Walsh averages, for pairs); its exact limits are
order
statistics of them (Hodges and Lehmann 1963; Bauer 1972), its normal ones where the standardised statistic
crosses
the normal quantile. R: ``wilcox.test(conf.int = TRUE)``, ``coin::wilcox_test(distribution = "exact")``;
SAS: ``PROC NPAR1WAY WILCOXON HL; EXACT``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2, kruskal, norm, rankdata

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import (
    FloatArray,
    as_float_array,
    as_groups,
    check_choice,
    check_conf_level,
)
from hepatrial.estimate.permutation import compute_linear_statistic, compute_sums, merge_sums

METHODS = ("exact", "normal", "normal-continuity")


@dataclass(frozen=True)
class RankTest:
    """``statistic`` is W (or V for pairs), ``z`` standardised with ties; ``estimate`` is the shift of x
    against y
    with its limits, NaN where the level cannot be reached; ``p_value_mid`` is the exact mid-p."""

    statistic: float
    z: float
    df: int
    p_value: float
    p_value_mid: float
    estimate: float
    conf_low: float
    conf_high: float
    n: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class GroupRankTest:
    """``statistic`` is a chi-square on ``df``, or a signed z where ``df`` is 1 and the method says z."""

    statistic: float
    df: int
    p_value: float
    n: int
    method: str
    status: str
    notes: tuple[str, ...]


def compare_ranks(
    x: Any,
    y: Any,
    *,
    method: str = "exact",
    alternative: str = "two-sided",
    conf_level: float = 0.95,
) -> RankTest:
    """Wilcoxon-Mann-Whitney test of ``x`` against ``y``; ``greater`` means that x is larger.

    ``method`` is ``exact``, ``normal`` or ``normal-continuity``. Not estimable with an empty or constant
    sample pair.
    """
    a, b = as_float_array(x, "x"), as_float_array(y, "y")
    _check(method, alternative, conf_level)
    if not (a.size and b.size):
        return _nothing(0.0, a.size + b.size, conf_level, method, "an empty sample")
    pooled = np.r_[a, b]
    ranks = rankdata(pooled)
    statistic = float(ranks[: a.size].sum() - a.size * (a.size + 1) / 2)
    is_x = np.arange(pooled.size) < a.size
    sums = compute_sums(ranks, is_x, np.zeros(pooled.size, dtype=np.int64)) if method == "exact" else None
    differences = np.sort(np.subtract.outer(a, b).ravel())

    def z_at(shift: float, correct: bool) -> float:
        moved = rankdata(np.r_[a - shift, b])
        w = moved[: a.size].sum() - a.size * (a.size + 1) / 2 - a.size * b.size / 2
        return _standardise(float(w), _rank_sum_variance(moved, a.size), correct)

    untied = None
    if method == "exact":
        plain = compute_sums(np.arange(1.0, pooled.size + 1), is_x, np.zeros(pooled.size, dtype=np.int64))
        untied = None if plain is None else (plain[0] + a.size * b.size / 2, plain[1])
    centre = statistic - a.size * b.size / 2
    return _finish(statistic, centre, sums, untied, differences, z_at, pooled.size, method, alternative, conf_level)


def compare_paired_ranks(
    x: Any,
    y: Any,
    *,
    method: str = "exact",
    alternative: str = "two-sided",
    zeros: str = "wilcoxon",
    conf_level: float = 0.95,
) -> RankTest:
    """Wilcoxon signed-rank test of x - y; ``zeros`` are left out before ranking, or after it (``pratt``)."""
    d = as_float_array(x, "x") - as_float_array(y, "y")
    _check(method, alternative, conf_level)
    check_choice(zeros, ("wilcoxon", "pratt"), "zeros")
    kept = d[d != 0]
    if not kept.size:
        return _nothing(0.0, d.size, conf_level, method, "no difference other than 0")
    ranks = rankdata(np.abs(kept)) if zeros == "wilcoxon" else rankdata(np.abs(d))[d != 0]
    statistic = float(ranks[kept > 0].sum())
    averages = np.add.outer(kept, kept)[np.triu_indices(kept.size)] / 2

    def z_at(shift: float, correct: bool) -> float:
        moved = kept - shift
        moved = moved[moved != 0]
        r = rankdata(np.abs(moved))
        return _standardise(float(r[moved > 0].sum() - r.sum() / 2), float(np.sum(r**2)) / 4, correct)

    sums = _sign_sums(ranks) if method == "exact" else None
    untied = _sign_sums(np.arange(1.0, kept.size + 1)) if method == "exact" else None
    if untied is not None:
        untied = (untied[0] + kept.size * (kept.size + 1) / 4, untied[1])
    centre = statistic - float(ranks.sum()) / 2
    return _finish(statistic, centre, sums, untied, np.sort(averages), z_at, d.size, method, alternative, conf_level)


Sums = tuple[FloatArray, FloatArray]


def _check(method: str, alternative: str, conf_level: float) -> None:
    check_choice(method, METHODS, "method")
    check_choice(alternative, ("two-sided", "less", "greater"), "alternative")
    check_conf_level(conf_level)


def _nothing(statistic: float, n: int, conf_level: float, method: str, reason: str) -> RankTest:
    numbers = (float("nan"),) * 6
    return RankTest(statistic, numbers[0], 1, *numbers[1:], n, conf_level, method, "not_estimable", (reason,))


def _rank_sum_variance(ranks: FloatArray, m: int) -> float:
    n = ranks.size
    return float(np.sum((ranks - ranks.mean()) ** 2)) * m * (n - m) / (n * max(n - 1, 1))


def _standardise(centre: float, variance: float, correct: bool) -> float:
    centre -= np.sign(centre) * 0.5 if correct else 0.0
    return float(centre / np.sqrt(variance)) if variance > 0 else 0.0


def _sign_sums(ranks: FloatArray) -> Sums:
    """Distribution of the sum of positive ranks less its mean, each sign a coin toss."""
    values, chances = np.zeros(1), np.ones(1)
    for r in ranks:
        values, chances = merge_sums(np.r_[values - r / 2, values + r / 2], np.r_[chances, chances] / 2)
    return values, chances


def _finish(
    statistic: float,
    centre: float,
    sums: Sums | None,
    untied: Sums | None,
    shifts: FloatArray,
    z_at: Callable[[float, bool], float],
    n: int,
    method: str,
    alternative: str,
    conf_level: float,
) -> RankTest:
    """P-value, shift and limits, the same for two samples and for pairs."""
    if method == "exact" and (sums is None or untied is None):
        raise EstimateError("too many subjects to count permutations: use method='normal'")
    z, mid = z_at(0.0, False), float("nan")
    if sums is not None:
        p_value, mid = _exact_p(centre, *sums, alternative)
    else:
        corrected = z_at(0.0, method == "normal-continuity")
        p_value = {"less": norm.cdf(corrected), "greater": norm.sf(corrected)}.get(
            alternative, 2 * norm.sf(abs(corrected))
        )
    if untied is not None:
        limits = _order_limits(shifts, *untied, conf_level)
    else:
        limits = _cross_limits(shifts, z_at, method == "normal-continuity", conf_level)
    notes = ("limits cannot reach the confidence level with so few subjects",) if np.isnan(limits[0]) else ()
    if limits[0] == limits[1]:  # an interval without width is none
        limits, notes = (float("nan"), float("nan")), ("so many values are equal that the limits have no width",)
    return RankTest(
        statistic=statistic,
        z=z,
        df=1,
        p_value=float(min(1.0, p_value)),
        p_value_mid=mid,
        estimate=float(np.median(shifts)),
        conf_low=limits[0],
        conf_high=limits[1],
        n=n,
        conf_level=conf_level,
        method=method,
        status="note" if notes else "ok",
        notes=notes,
    )


def _exact_p(centre: float, values: FloatArray, chances: FloatArray, alternative: str) -> tuple[float, float]:
    """Permutation p-value and mid-p of the centred statistic."""
    slack = 1e-9 * max(1.0, float(np.abs(values).max(initial=0.0)))
    signed = {"two-sided": np.abs(values), "less": -values, "greater": values}[alternative]
    here = {"two-sided": abs(centre), "less": -centre, "greater": centre}[alternative]
    far = chances[signed >= here - slack].sum()
    equal = chances[np.abs(signed - here) <= slack].sum()
    return float(min(1.0, far)), float(far - 0.5 * equal)


def _order_limits(
    shifts: FloatArray, values: FloatArray, chances: FloatArray, conf_level: float
) -> tuple[float, float]:
    """Order statistics of the shifts whose exact tail is at most (1 - conf_level)/2 each."""
    tail = (1 - conf_level) / 2
    below = np.cumsum(chances)
    if below[0] > tail:
        return float("nan"), float("nan")
    k = round(float(values[np.searchsorted(below, tail - 1e-12)]))
    return float(shifts[k - 1]), float(shifts[shifts.size - k])


def _cross_limits(
    shifts: FloatArray, z_at: Callable[[float, bool], float], correct: bool, conf_level: float
) -> tuple[float, float]:
    """The shifts at which z, a falling step function, crosses the normal quantiles."""
    bound = float(norm.isf((1 - conf_level) / 2))
    steps = np.unique(shifts)
    between = np.r_[steps[0] - 1, (steps[1:] + steps[:-1]) / 2, steps[-1] + 1]
    z = np.array([z_at(float(s), correct) for s in between])
    if z[0] < bound or z[-1] > -bound:
        return float("nan"), float("nan")
    low = steps[np.flatnonzero(z > bound)[-1]]
    high = steps[np.flatnonzero(z < -bound)[0] - 1]
    return float(low), float(high)


def compare_group_ranks(values: Any, group: Any) -> GroupRankTest:
    """Kruskal-Wallis test that all groups come from one distribution (R: ``kruskal.test``)."""
    y = as_float_array(values, "values")
    levels, index = as_groups(group, y.size)
    if levels.size < 2 or np.unique(y).size < 2:
        notes = ("fewer than two groups or values",)
        return GroupRankTest(float("nan"), 0, float("nan"), y.size, "Kruskal-Wallis", "not_estimable", notes)
    statistic, p_value = kruskal(*(y[index == g] for g in range(levels.size)))
    return GroupRankTest(float(statistic), levels.size - 1, float(p_value), y.size, "Kruskal-Wallis", "ok", ())


def compare_rank_trend(values: Any, group: Any) -> GroupRankTest:
    """Jonckheere-Terpstra test for a trend over ordered groups, normal approximation without tie correction.

    ``statistic`` counts pairs that rise, ties half (R: ``clinfun::jonckheere.test``; Jonckheere 1954).
    """
    y = as_float_array(values, "values")
    levels, index = as_groups(group, y.size)
    parts = [y[index == g] for g in range(levels.size)]
    sizes = np.array([p.size for p in parts], dtype=np.float64)
    count = 0.0
    for i, low in enumerate(parts):
        for high in parts[i + 1 :]:
            count += float((np.sign(np.subtract.outer(high, low)) + 1).sum()) / 2
    n = float(y.size)
    mean = (n**2 - np.sum(sizes**2)) / 4
    variance = (n**2 * (2 * n + 3) - np.sum(sizes**2 * (2 * sizes + 3))) / 72
    p_value = 2 * float(norm.sf(abs(count - mean) / np.sqrt(variance)))
    return GroupRankTest(count, 1, min(1.0, p_value), y.size, "Jonckheere-Terpstra, normal", "ok", ())


def compare_stratified_ranks(values: Any, group: Any, stratum: Any, *, ranks: str = "within") -> GroupRankTest:
    """Two-sample rank test, permuted within strata; normal approximation, ``statistic`` is z of the first
    group.

    ``ranks`` are taken ``within`` strata, or over all subjects (``pooled``; R: ``coin::wilcox_test(y ~ g |
    stratum)``).
    """
    check_choice(ranks, ("within", "pooled"), "ranks")
    y = as_float_array(values, "values")
    levels, index = as_groups(group, y.size)
    _, strata = as_groups(stratum, y.size, "stratum")
    if levels.size != 2:
        raise EstimateError(f"need two groups, got {levels}")
    scores = rankdata(y)
    if ranks == "within":
        for level in range(int(strata.max()) + 1):
            scores[strata == level] = rankdata(y[strata == level])
    centred, variance = compute_linear_statistic(scores, index, strata, 2)
    z = float(centred[0] / np.sqrt(variance[0, 0])) if variance[0, 0] > 0 else float("nan")
    p_value = float(chi2.sf(z**2, 1))
    status = "ok" if np.isfinite(z) else "not_estimable"
    return GroupRankTest(z, 1, p_value, y.size, "stratified rank sum, z", status, ())
