"""Exact unconditional tests and limits for two proportions: the worst case over the nuisance proportion.

Tables at least as extreme as the observed one by some ordering; the p-value is the largest chance of that
set over
the common proportion. Barnard (1945) orders by |z| pooled (or unpooled), Boschloo (1970) by Fisher's p-value.
Limits of the difference: Chan and Zhang (1999) inverts two one-sided tests ordered by the score statistic at
each
null difference, Agresti and Min (2001) one two-sided test. R: ``Exact::exact.test``,
``exact2x2::uncondExact2x2``.
The maximum is found on a grid of 500 points, then refined around the best of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import binom, hypergeom

from hepatrial.estimate.inputs import BoolArray, FloatArray
from hepatrial.estimate.score_intervals import Counts, score_difference, standardise

GRID = 500
SLACK = 1e-9


def make_tables(c: Counts) -> Counts:
    """Every table with the same group sizes, as a grid (x1 down, x2 across)."""
    x1, x2 = np.meshgrid(np.arange(c.n1 + 1), np.arange(c.n2 + 1), indexing="ij")
    return Counts(x1, np.full(x1.shape, c.n1), x2, np.full(x1.shape, c.n2))


def compute_unconditional_p(c: Counts, method: str, alternative: str) -> float:
    """Barnard's (``barnard``, ``barnard-unpooled``) or Boschloo's (``boschloo``) p-value for p1 against
    p2.
    """
    tables = make_tables(c)
    evidence = _order(tables, method, alternative)
    observed = evidence[int(c.x1), int(c.x2)]
    extreme = evidence >= observed - SLACK * max(1.0, abs(observed) if np.isfinite(observed) else 1.0)
    return find_worst(extreme, c, 0.0)


def _order(t: Counts, method: str, alternative: str) -> FloatArray:
    """Evidence against equality, larger is more extreme."""
    if method == "boschloo":
        p_value: FloatArray = compute_fisher_table(int(t.n1.flat[0]), int(t.n2.flat[0]), alternative)
        return -p_value
    p1, p2, pooled = t.x1 / t.n1, t.x2 / t.n2, (t.x1 + t.x2) / (t.n1 + t.n2)
    variance = p1 * (1 - p1) / t.n1 + p2 * (1 - p2) / t.n2
    if method == "barnard":
        variance = pooled * (1 - pooled) * (1 / t.n1 + 1 / t.n2)
    z = standardise(p1 - p2, variance)
    return np.asarray({"two-sided": np.abs(z), "less": -z, "greater": z}[alternative])


def compute_fisher_table(n1: int, n2: int, alternative: str) -> FloatArray:
    """Fisher's p-value of every table with these group sizes."""
    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    total = x1 + x2
    less, greater = hypergeom.cdf(x1, n1 + n2, total, n1), hypergeom.sf(x1 - 1, n1 + n2, total, n1)
    if alternative != "two-sided":
        return np.asarray(less if alternative == "less" else greater)
    p_value = np.ones(x1.shape)
    for m in range(n1 + n2 + 1):
        on = total == m
        chance = hypergeom.pmf(x1[on], n1 + n2, m, n1)
        p_value[on] = [chance[chance <= one * (1 + 1e-7)].sum() for one in chance]
    return np.minimum(p_value, 1.0)


def find_worst(extreme: BoolArray, c: Counts, d: float) -> float:
    """Largest chance of the extreme set over p2, with p1 = p2 + d."""
    if extreme.all():
        return 1.0
    low, high = max(0.0, -d), min(1.0, 1 - d)

    def chance(p2: Any) -> FloatArray:
        p = np.atleast_1d(p2)[:, None]
        first = binom.pmf(np.arange(c.n1 + 1), c.n1, np.clip(p + d, 0, 1))
        second = binom.pmf(np.arange(c.n2 + 1), c.n2, p)
        return np.asarray(((first @ extreme) * second).sum(axis=1))

    grid = np.linspace(low, high, GRID)
    values = chance(grid)
    best = int(np.argmax(values))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)])
    if around[1] > around[0]:
        refined = minimize_scalar(lambda p: -chance(p)[0], bounds=around, method="bounded")
        return float(min(1.0, max(values[best], -refined.fun)))
    return float(min(1.0, values[best]))


def compute_exact_difference(c: Counts, method: str, conf_level: float) -> tuple[float, float, float]:
    """Limits of p1 - p2 and p-value at 0 by ``chan-zhang`` or ``agresti-min``."""
    tables, alpha = make_tables(c), 1 - conf_level
    here = int(c.x1), int(c.x2)

    def p_value(d: float, side: str) -> float:
        distance, variance, _ = score_difference(tables, d, corrected=False)
        z = standardise(distance, variance)
        evidence = {"greater": z, "less": -z, "two-sided": np.abs(z)}[side]
        observed = evidence[here]
        slack = SLACK * max(1.0, abs(observed)) if np.isfinite(observed) else 0.0
        return find_worst(evidence >= observed - slack, c, d)

    estimate = float(c.x1 / c.n1 - c.x2 / c.n2)
    if method == "chan-zhang":
        low = _find_edge(lambda d: p_value(d, "greater"), -1.0, estimate, alpha / 2)
        high = _find_edge(lambda d: p_value(d, "less"), 1.0, estimate, alpha / 2)
        return low, high, min(1.0, 2 * min(p_value(0.0, "greater"), p_value(0.0, "less")))
    low = _find_edge(lambda d: p_value(d, "two-sided"), -1.0, estimate, alpha)
    high = _find_edge(lambda d: p_value(d, "two-sided"), 1.0, estimate, alpha)
    return low, high, p_value(0.0, "two-sided")


def _find_edge(p_value: Callable[[float], float], outer: float, inner: float, level: float) -> float:
    """The outermost null value not rejected: scanned inward, as p-values jump, then bisected."""
    if abs(inner - outer) < 1e-9:
        return outer
    last = outer
    for d in np.linspace(outer, inner, 42)[1:-1]:
        if p_value(float(d)) > level:
            return _bisect(p_value, last, float(d), level)
        last = float(d)
    return _bisect(p_value, last, inner, level)


def _bisect(p_value: Callable[[float], float], out: float, inside: float, level: float) -> float:
    for _ in range(24):
        middle = 0.5 * (out + inside)
        out, inside = (out, middle) if p_value(middle) > level else (middle, inside)
    return inside
