"""Permutation tests of a linear statistic within strata: exact where the sums can be counted, else seeded
draws.

The statistic is the score sum of each group; its permutation mean and covariance are Strasser and Weber's
(1999).
The exact distribution for two groups adds subjects one at a time and merges equal sums, so ties make it
small.
R: ``coin::logrank_test(distribution = "exact")``, ``coin::wilcox_test(distribution = "exact")``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, IntArray

MAX_SUMS = 3_000_000


@dataclass(frozen=True)
class PermutationTest:
    """``statistic`` is signed z of the first group for two groups, chi-square for more."""

    statistic: float
    df: int
    p_value: float
    p_value_asymptotic: float
    p_value_mid: float
    method: str


def compute_permutation_test(
    scores: FloatArray,
    group: IntArray,
    stratum: IntArray,
    n_permutations: int = 100_000,
    rng: np.random.Generator | None = None,
) -> PermutationTest:
    """Two-sided test: allocations whose statistic is at least as far from its mean as the observed one."""
    n_groups = int(group.max()) + 1
    centred, variance = compute_linear_statistic(scores, group, stratum, n_groups)
    if n_groups > 2:
        return _test_by_draws(scores, group, stratum, n_groups, n_permutations, rng)
    z = centred[0] / np.sqrt(variance[0, 0])
    asymptotic = 2 * float(norm.sf(abs(z)))
    sums = compute_sums(scores, group == 0, stratum)
    if sums is None:
        return _test_by_draws(scores, group, stratum, n_groups, n_permutations, rng)
    values, chances = sums
    slack = 1e-9 * max(1.0, float(np.abs(scores).sum()))
    far = np.abs(values) >= abs(centred[0]) - slack
    equal = far & (np.abs(values) <= abs(centred[0]) + slack)
    p_value = float(chances[far].sum())
    mid = p_value - 0.5 * float(chances[equal].sum())
    return PermutationTest(float(z), 1, min(p_value, 1.0), asymptotic, mid, "exact permutation")


def compute_linear_statistic(
    scores: FloatArray, group: IntArray, stratum: IntArray, n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """Score sum of each group less its permutation mean, and the permutation covariance."""
    centred, variance = np.zeros(n_groups), np.zeros((n_groups, n_groups))
    for level in np.unique(stratum):
        rows = stratum == level
        a, n = scores[rows], int(rows.sum())
        counts = np.bincount(group[rows], minlength=n_groups).astype(np.float64)
        centred += np.bincount(group[rows], weights=a - a.mean(), minlength=n_groups)
        if n > 1:
            spread = float(np.sum((a - a.mean()) ** 2)) / (n - 1)
            variance += spread * (np.diag(counts) - np.outer(counts, counts) / n)
    return centred, variance


def compute_sums(scores: FloatArray, chosen: np.ndarray, stratum: IntArray) -> tuple[FloatArray, FloatArray] | None:
    """Distribution (values, probabilities) of the centred score sum of the chosen; None when it is too
    large.
    """
    values, chances = np.zeros(1), np.ones(1)
    for level in np.unique(stratum):
        rows = stratum == level
        own = _sum_distribution(scores[rows] - scores[rows].mean(), int(chosen[rows].sum()))
        if own is None or own[0].size * values.size > MAX_SUMS:
            return None
        values, chances = merge_sums(np.add.outer(values, own[0]).ravel(), np.multiply.outer(chances, own[1]).ravel())
    return values, chances


def _sum_distribution(a: FloatArray, size: int) -> tuple[FloatArray, FloatArray] | None:
    """Sums of ``size`` of the values, each subset equally likely, built up one value at a time."""
    n = a.size
    sums: list[tuple[FloatArray, FloatArray]] = [(np.zeros(1), np.ones(1))]
    for i, value in enumerate(np.sort(a)):
        wider: list[tuple[FloatArray, FloatArray]] = []
        for k in range(max(0, size - (n - i - 1)), min(i + 1, size) + 1):
            parts = []
            if k < len(sums) and sums[k][0].size:
                parts.append((sums[k][0], sums[k][1] * (i + 1 - k) / (i + 1)))
            if k >= 1 and sums[k - 1][0].size:
                parts.append((sums[k - 1][0] + value, sums[k - 1][1] * k / (i + 1)))
            wider.append(merge_sums(np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])))
        empty = (np.zeros(0), np.zeros(0))
        sums = [empty] * max(0, size - (n - i - 1)) + wider
        if sum(v.size for v, _ in sums) > MAX_SUMS:
            return None
    return sums[size]


def merge_sums(values: FloatArray, chances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same distribution with equal values (to 1e-11 of the largest) added up."""
    order = np.argsort(values, kind="stable")
    values, chances = values[order], chances[order]
    step = 1e-11 * max(1.0, float(np.abs(values).max(initial=0.0)))
    starts = np.flatnonzero(np.r_[True, np.diff(values) > step])
    return values[starts], np.add.reduceat(chances, starts)


def _test_by_draws(
    scores: FloatArray,
    group: IntArray,
    stratum: IntArray,
    n_groups: int,
    n_permutations: int,
    rng: np.random.Generator | None,
) -> PermutationTest:
    if rng is None:
        raise EstimateError("too many allocations to count: pass rng=numpy.random.default_rng(seed) to draw them")
    centred, variance = compute_linear_statistic(scores, group, stratum, n_groups)
    inverse = np.linalg.pinv(variance, hermitian=True)
    df = int(np.linalg.matrix_rank(variance, hermitian=True))
    observed = float(centred @ inverse @ centred)
    hits, shuffled = 0, group.copy()
    means = np.bincount(stratum, weights=scores) / np.maximum(np.bincount(stratum), 1)
    own = scores - means[stratum]
    blocks = [np.flatnonzero(stratum == level) for level in np.unique(stratum)]
    for _ in range(n_permutations):
        for rows in blocks:
            shuffled[rows] = rng.permutation(group[rows])
        drawn = np.bincount(shuffled, weights=own, minlength=n_groups)
        hits += float(drawn @ inverse @ drawn) >= observed * (1 - 1e-9)
    p_value = (hits + 1) / (n_permutations + 1)
    z = float(centred[0] / np.sqrt(variance[0, 0])) if n_groups == 2 else observed
    method = f"permutation by {n_permutations} draws"
    return PermutationTest(z, df, p_value, float(chi2.sf(observed, df)), float("nan"), method)
