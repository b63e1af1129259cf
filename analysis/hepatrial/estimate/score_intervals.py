"""Score statistics of two binomial proportions, with the variance at the values closest to the data under
the null.

Miettinen and Nurminen (1985), doi 10.1002/sim.4780040211: V is taken at the maximum likelihood estimates
restricted to
p1 - p2 = d (or p1 = r p2, or odds ratio = o), times N / (N - 1); without that factor: Mee (1984), Koopman
(1984).
Gart and Nam (1990): corrected for skewness. Limits are the values with |z| equal to the normal quantile.
Arrays of counts broadcast, so that a whole table space or all strata are one call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from hepatrial.estimate.inputs import FloatArray

TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Counts:
    """Events and subjects of group 1 and group 2 (the reference); arrays of one shape."""

    x1: Any
    n1: Any
    x2: Any
    n2: Any


def restrict_difference(c: Counts, d: float) -> tuple[FloatArray, FloatArray]:
    """Restricted estimates with p1 - p2 = d: the root of the likelihood's cubic (Farrington and Manning
    1990).
    """
    theta = c.n2 / c.n1  # written for p1 first, as in their appendix
    p1, p2 = c.x1 / c.n1, c.x2 / c.n2
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p2 + d * (theta + 2))
    cc = d * d + d * (2 * p1 + theta + 1) + p1 + theta * p2
    e = -p1 * d * (1 + d)
    v = b**3 / (27 * a**3) - b * cc / (6 * a**2) + e / (2 * a)
    u = np.where(v >= 0, 1.0, -1.0) * np.sqrt(np.maximum(b**2 / (9 * a**2) - cc / (3 * a), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.abs(u) > 1e-14, v / u**3, 0.0)
    w = (np.pi + np.arccos(np.clip(ratio, -1, 1))) / 3
    first = np.clip(2 * u * np.cos(w) - b / (3 * a), max(0.0, d), min(1.0, 1 + d))
    return first, np.clip(first - d, 0, 1)


def restrict_ratio(c: Counts, r: float) -> tuple[FloatArray, FloatArray]:
    """Restricted estimates with p1 = r p2."""
    total = c.n1 + c.n2
    b = r * (c.n1 + c.x2) + c.x1 + c.n2
    second = (b - np.sqrt(np.maximum(b**2 - 4 * total * r * (c.x1 + c.x2), 0))) / (2 * total * r)
    return np.clip(second * r, 0, 1), np.clip(second, 0, 1)


def restrict_odds(c: Counts, o: float) -> tuple[FloatArray, FloatArray]:
    """Restricted estimates with odds ratio o."""
    events = c.x1 + c.x2
    if abs(o - 1) < 1e-9:
        p = events / (c.n1 + c.n2)
        return p, p
    a = c.n2 * (o - 1)
    b = c.n1 * o + c.n2 - events * (o - 1)
    second = (-b + np.sqrt(np.maximum(b**2 + 4 * a * events, 0))) / (2 * a)
    return np.clip(o * second / (1 + second * (o - 1)), 0, 1), np.clip(second, 0, 1)


def score_difference(c: Counts, d: float, corrected: bool = True) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distance p1 - p2 - d, its variance and third central moment under the null."""
    q1, q2 = restrict_difference(c, d)
    factor = (c.n1 + c.n2) / (c.n1 + c.n2 - 1) if corrected else 1.0
    variance = (q1 * (1 - q1) / c.n1 + q2 * (1 - q2) / c.n2) * factor
    third = q1 * (1 - q1) * (1 - 2 * q1) / c.n1**2 - q2 * (1 - q2) * (1 - 2 * q2) / c.n2**2
    return c.x1 / c.n1 - c.x2 / c.n2 - d, np.maximum(variance, 0), third


def score_ratio(c: Counts, r: float, corrected: bool) -> tuple[FloatArray, FloatArray]:
    """Distance p1 - r p2 and its variance under the null."""
    q1, q2 = restrict_ratio(c, r)
    factor = (c.n1 + c.n2) / (c.n1 + c.n2 - 1) if corrected else 1.0
    return c.x1 / c.n1 - r * c.x2 / c.n2, (q1 * (1 - q1) / c.n1 + r**2 * q2 * (1 - q2) / c.n2) * factor


def score_odds(c: Counts, o: float, corrected: bool) -> tuple[FloatArray, FloatArray]:
    """Efficient score of the log odds ratio and its variance under the null."""
    q1, q2 = restrict_odds(c, o)
    factor = (c.n1 + c.n2) / (c.n1 + c.n2 - 1) if corrected else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = factor / (1 / (c.n1 * q1 * (1 - q1)) + 1 / (c.n2 * q2 * (1 - q2)))
    # the two distances are equal; the one of the smaller proportion does not cancel
    return np.where(q1 < q2, c.x1 - c.n1 * q1, c.n2 * q2 - c.x2), np.maximum(variance, 0)


def standardise(distance: FloatArray, variance: FloatArray) -> FloatArray:
    """z, with 0/0 counted as no evidence and x/0 as infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = distance / np.sqrt(variance)
    return np.where(np.abs(distance) < TINY, 0.0, np.where(variance > 0, z, np.where(distance > 0, np.inf, -np.inf)))


def correct_skewness(z: float, variance: float, third: float) -> float:
    """Gart and Nam: the standard normal value whose skewness-corrected score is z."""
    if variance <= 0:
        return z
    skew = third / (6 * variance**1.5)
    if abs(skew) < 1e-10:
        return z
    inside = 1 + 4 * skew * (z + skew)
    return float((-1 + np.sqrt(max(inside, 0.0))) / (2 * skew))


def find_limits(z: Callable[[float], float], low: float, high: float, bound: float) -> tuple[float, float, float]:
    """(lower limit, estimate, upper limit) of a z that falls from above ``bound`` to below ``-bound``."""

    def root(level: float) -> float:
        if z(low) <= level:
            return low
        return high if z(high) >= level else float(brentq(lambda v: z(v) - level, low, high, xtol=1e-12))

    return root(bound), root(0.0), root(-bound)


def find_positive_limits(z: Callable[[float], float], bound: float) -> tuple[float, float, float]:
    """The same on (0, infinity), searched on the log scale."""
    low, estimate, high = find_limits(lambda v: z(float(np.exp(v))), -25.0, 25.0, bound)
    return _open(low), _open(estimate), _open(high)


def _open(log_value: float) -> float:
    if log_value <= -25.0:
        return 0.0
    return float("inf") if log_value >= 25.0 else float(np.exp(log_value))


def make_z(kind: str, c: Counts, corrected: bool) -> Callable[[float], float]:
    """z as a function of the null ratio or odds ratio, for one table."""
    score: Any = {"ratio": score_ratio, "odds-ratio": score_odds}[kind]
    return lambda value: float(standardise(*score(c, value, corrected)))
