"""Poisson rates: one rate, and two rates compared.

    one rate    exact (Garwood 1936, doi 10.1093/biomet/28.3-4.437), mid-p, log-wald
    difference  score (variance at the values restricted to the null difference), wald
    ratio       exact (binomial given the total), mid-p, score, log-wald

R: ``poisson.test``, ``exactci::poisson.exact``, ``ratesci::scoreci(distrib = "poi")``; SAS: ``PROC GENMOD``
/ ``STDRATE``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaincinv
from scipy.stats import binom, binomtest, norm, poisson

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import check_choice, check_conf_level, normal_quantile
from hepatrial.estimate.proportions import estimate_proportion


@dataclass(frozen=True)
class RateEstimate:
    """Events per unit of person-time."""

    estimate: float
    conf_low: float
    conf_high: float
    n_events: int
    person_time: float
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RateComparison:
    """Other group against reference; ``p_value`` tests equal rates by the same method."""

    estimate: float
    conf_low: float
    conf_high: float
    p_value: float
    measure: str
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_rate(
    n_events: int, person_time: float, *, method: str = "exact", conf_level: float = 0.95
) -> RateEstimate:
    """Rate ``n_events / person_time``; with no event the upper limit is the one-sided bound of (1 +
    conf_level)/2.
    """
    check_choice(method, ("exact", "mid-p", "log-wald"), "method")
    tail = (1 - check_conf_level(conf_level)) / 2
    x, t = _check_rate(n_events, person_time)
    if t == 0:
        nan = float("nan")
        return RateEstimate(nan, nan, nan, x, t, conf_level, method, "not_estimable", ("no person-time",))
    notes: tuple[str, ...] = ()
    if method == "log-wald":
        low = high = float("nan")
        if x:
            half = normal_quantile(conf_level) / np.sqrt(x)
            low, high = float(x * np.exp(-half)), float(x * np.exp(half))
        else:
            notes = ("no event: log-wald limits do not exist",)
    elif method == "mid-p":
        low, high = _mid_p_mean(x, tail)
    else:
        low = float(gammaincinv(x, tail)) if x else 0.0
        high = float(gammaincinv(x + 1, 1 - tail))
    status = "note" if notes else "ok"
    return RateEstimate(x / t, low / t, high / t, x, t, conf_level, method, status, notes)


def _mid_p_mean(x: int, tail: float) -> tuple[float, float]:
    top = 2.0 * x + 50

    def upper(m: float) -> float:
        return float(poisson.cdf(x, m) - 0.5 * poisson.pmf(x, m)) - tail

    def lower(m: float) -> float:
        return float(poisson.sf(x, m) + 0.5 * poisson.pmf(x, m)) - tail

    low = float(brentq(lower, 0.0, top, xtol=1e-12)) if x else 0.0
    return low, float(brentq(upper, 0.0, top, xtol=1e-12))


def compare_rates(
    n_events: Any,
    person_time: Any,
    *,
    reference: Any,
    measure: str = "ratio",
    method: str = "exact",
    conf_level: float = 0.95,
) -> RateComparison:
    """Ratio or difference of two rates, other group against ``reference``.

    ``n_events`` and ``person_time`` map two groups to numbers (or are sequences, groups 0 and 1).
    ``method``: for a
    ratio ``exact`` (central), ``minlike`` (the same limits, R's two-sided p), ``mid-p``, ``score``,
    ``log-wald``; for a
    difference ``score`` or ``wald``.
    """
    allowed = {"ratio": ("exact", "minlike", "mid-p", "score", "log-wald"), "difference": ("score", "wald")}
    check_choice(measure, tuple(allowed), "measure")
    check_choice(method, allowed[measure], "method")
    check_conf_level(conf_level)
    (x1, t1), (x2, t2) = _as_rates(n_events, person_time, reference)
    if t1 == 0 or t2 == 0:
        nothing, reason = (float("nan"),) * 4, ("a group has no person-time",)
        return RateComparison(*nothing, measure, conf_level, method, "not_estimable", reason)
    if measure == "difference":
        numbers = _difference(x1, t1, x2, t2, method, normal_quantile(conf_level))
    elif method in ("score", "log-wald"):
        numbers = _large_sample_ratio(x1, t1, x2, t2, method, normal_quantile(conf_level))
    else:
        numbers = _conditional_ratio(x1, t1, x2, t2, method, conf_level)
    if np.isnan(numbers[0]):
        return RateComparison(*numbers, measure, conf_level, method, "not_estimable", ("no event in either group",))
    if np.isnan(numbers[1]) or numbers[1] == numbers[2]:  # an interval without width is none
        nan, why = (float("nan"),) * 3, f"no event in a group: {method} limits do not exist"
        return RateComparison(numbers[0], *nan, measure, conf_level, method, "note", (why,))
    return RateComparison(*numbers, measure, conf_level, method, "ok", ())


def _check_rate(n_events: Any, person_time: Any) -> tuple[int, float]:
    if n_events != int(n_events) or n_events < 0 or not person_time >= 0 or (n_events and not person_time):
        raise EstimateError(f"need a whole number of events in person-time > 0, got {n_events} in {person_time}")
    return int(n_events), float(person_time)


def _as_rates(n_events: Any, person_time: Any, reference: Any) -> tuple[tuple[int, float], tuple[int, float]]:
    if not isinstance(n_events, Mapping):
        n_events, person_time = dict(enumerate(n_events)), dict(enumerate(person_time))
    if len(n_events) != 2 or set(n_events) != set(person_time) or reference not in n_events:
        raise EstimateError(f"need two groups, one of them the reference {reference!r}; got {list(n_events)}")
    other = next(key for key in n_events if key != reference)
    return _check_rate(n_events[other], person_time[other]), _check_rate(n_events[reference], person_time[reference])


Numbers = tuple[float, float, float, float]


def _conditional_ratio(x1: int, t1: float, x2: int, t2: float, method: str, conf_level: float) -> Numbers:
    total, null = x1 + x2, t1 / (t1 + t2)
    if total == 0:
        return float("nan"), 0.0, float("inf"), 1.0
    single = "mid-p" if method == "mid-p" else "clopper-pearson"
    share = estimate_proportion(x1, total, method=single, conf_level=conf_level)
    low, high = (p / (1 - p) * t2 / t1 if p < 1 else float("inf") for p in (share.conf_low, share.conf_high))
    cut = 0.5 * float(binom.pmf(x1, total, null)) if method == "mid-p" else 0.0
    tails = float(binom.cdf(x1, total, null)) - cut, float(binom.sf(x1 - 1, total, null)) - cut
    p_value = min(1.0, 2 * min(tails))
    if method == "minlike":
        p_value = float(binomtest(x1, total, null).pvalue)
    return (x1 / t1) / (x2 / t2) if x2 else float("inf"), low, high, p_value


def _large_sample_ratio(x1: int, t1: float, x2: int, t2: float, method: str, bound: float) -> Numbers:
    if x1 + x2 == 0:
        return float("nan"), 0.0, float("inf"), 1.0
    ratio = (x1 / t1) / (x2 / t2) if x2 else float("inf")
    if method == "log-wald":
        if not (x1 and x2):
            return ratio, float("nan"), float("nan"), float("nan")
        se = float(np.sqrt(1 / x1 + 1 / x2))
        half, z = np.exp(bound * se), float(np.log(ratio)) / se
        return ratio, float(ratio / half), float(ratio * half), 2 * float(norm.sf(abs(z)))

    def z_at(log_ratio: float) -> float:
        r = float(np.exp(log_ratio))
        null = (x1 + x2) / (r * t1 + t2)
        return float((x1 / t1 - r * x2 / t2) / np.sqrt(r * null / t1 + r**2 * null / t2))

    low = float(np.exp(brentq(lambda v: z_at(v) - bound, -40, 40, xtol=1e-13))) if x1 else 0.0
    high = float(np.exp(brentq(lambda v: z_at(v) + bound, -40, 40, xtol=1e-13))) if x2 else float("inf")
    return ratio, low, high, 2 * float(norm.sf(abs(z_at(0.0))))


def _difference(x1: int, t1: float, x2: int, t2: float, method: str, bound: float) -> Numbers:
    estimate = x1 / t1 - x2 / t2
    if method == "wald":
        se = float(np.sqrt(x1 / t1**2 + x2 / t2**2))
        z = estimate / se if se > 0 else float("nan")
        return estimate, estimate - bound * se, estimate + bound * se, 2 * float(norm.sf(abs(z)))

    def z_at(d: float) -> float:
        b = (t1 + t2) * d - x1 - x2
        null = (-b + np.sqrt(b**2 + 4 * (t1 + t2) * x2 * d)) / (2 * (t1 + t2))
        null = max(null, 0.0, -d)
        variance = (null + d) / t1 + null / t2
        return float((estimate - d) / np.sqrt(variance)) if variance > 0 else 0.0

    reach = 10 * (bound**2 + x1 + x2 + 1) / min(t1, t2)
    low = float(brentq(lambda d: z_at(d) - bound, estimate - reach, estimate, xtol=1e-14))
    high = float(brentq(lambda d: z_at(d) + bound, estimate, estimate + reach, xtol=1e-14))
    return estimate, low, high, 2 * float(norm.sf(abs(z_at(0.0))))
