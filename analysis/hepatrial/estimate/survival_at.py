"""Survival of two arms compared at one fixed day: difference, ratio, number needed to treat, and a test.

Klein, Logan, Harhoff and Andersen (2007), doi 10.1002/sim.2864: with g one of plain S, log S, log(-log S),
logit S or
arcsin sqrt S, z = (g(S_1) - g(S_0)) / sqrt(g'(S_1)^2 V_1 + g'(S_0)^2 V_0), V Greenwood's variance.
``pooled`` variance
puts the curve of both arms together into g' and V, times N/n_1 + N/n_0 (R: ``bpcp::fixtdiff``).
When an arm has no event only plain (with a standard error of 0 there) and melded remain.

Melded (Fay, Proschan and Brittain 2015, doi 10.1111/biom.12231; R: ``bpcp::bpcp2samp``): limits and p-value
of
S_1 - S_0 from the arms' beta-product variables, B_1- - B_0+ for the lower and B_1+ - B_0- for the upper side.
Number needed to treat: Altman and Andersen (1999), doi 10.1136/bmj.319.7223.1492.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.polynomial.legendre import leggauss
from scipy.optimize import brentq
from scipy.special import betainc, betaincinv
from scipy.stats import norm

from hepatrial.estimate.beta_product import BetaProduct, compute_beta_product
from hepatrial.estimate.inputs import (
    FloatArray,
    IntArray,
    as_events,
    as_groups,
    as_times,
    check_choice,
    check_reference,
    normal_quantile,
)
from hepatrial.estimate.km import CurveRows, compute_curve_rows, find_rows
from hepatrial.estimate.risk_table import compute_risk_table, merge_distance
from hepatrial.estimate.survival import CONVENTIONS, estimate_survival

Scale = tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]
SCALES: dict[str, Scale] = {
    "plain": (lambda s: s, lambda s: np.ones_like(s)),
    "log": (np.log, lambda s: 1 / s),
    "cloglog": (lambda s: np.log(-np.log(s)), lambda s: 1 / (s * np.log(s))),
    "logit": (lambda s: np.log(s / (1 - s)), lambda s: 1 / (s * (1 - s))),
    "arcsin": (lambda s: np.arcsin(np.sqrt(s)), lambda s: 1 / (2 * np.sqrt(s * (1 - s)))),
}
THROUGH_INFINITY = "the difference may be 0: limits run through infinity, from benefit (positive) to harm"


@dataclass(frozen=True, eq=False)
class FixedDayComparison:
    """``table`` has measure (difference, ratio, number_needed_to_treat), estimate, std_error (log scale for
    the
    ratio), conf_low, conf_high, status, message; ``arms`` has group, n, n_events (up to the day), n_risk,
    survival, std_error, reference first. ``statistic`` is signed z of ``scale_difference`` on the test's
    scale.
    """

    table: pd.DataFrame
    arms: pd.DataFrame
    scale_difference: float
    scale_std_error: float
    statistic: float
    df: int
    p_value: float
    at: float
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def compare_survival_at(
    time: Any,
    event: Any,
    group: Any,
    *,
    at: float,
    reference: Any,
    method: str = "cloglog",
    variance: str = "unpooled",
    convention: str = "fixed-day",
    conf_level: float = 0.95,
) -> FixedDayComparison:
    """Difference of survival at day ``at``, other arm minus ``reference``.

    Parameters
    ----------
    time, event, group
        As in :func:`estimate_survival`; two groups.
    method : str
        Scale of the test: ``plain``, ``log``, ``cloglog``, ``logit``, ``arcsin``, or ``melded``. Limits of
        the
        difference are plain Greenwood's (melded ones with ``melded``), of the ratio on the log scale.
    variance : str
        ``unpooled``, or ``pooled`` under the hypothesis of equal curves.
    convention : str
        For ``melded``, as in :func:`estimate_survival`.
    """
    check_choice(method, (*SCALES, "melded"), "method")
    check_choice(variance, ("unpooled", "pooled"), "variance")
    check_choice(convention, CONVENTIONS, "convention")
    times = as_times(time)
    events = as_events(event, times.size)
    levels, index = as_groups(group, times.size)
    ref, other = check_reference(reference, levels)
    masks = [index == ref, index == other]
    arms = pd.concat(
        [estimate_survival(times[m], events[m], at=[at], engine="kernel").at for m in masks],
        ignore_index=True,
    )
    arms.insert(0, "group", levels[[ref, other]])
    arms.insert(1, "n", [int(m.sum()) for m in masks])
    survival = arms["survival"].to_numpy()
    std_error = np.where(arms["survival"] > 0, arms["std_error"], 0.0)
    known, reason = _check_known(arms, method, at)
    if method == "melded" and known:
        limits, p_value = _meld(times, events, masks, at, convention, conf_level)
        on_scale = (float(survival[1] - survival[0]), float("nan"), float("nan"), p_value)
    else:
        limits = None
        spread = std_error if variance == "unpooled" else None
        on_scale = _compare_on_scale(times, events, masks, at, survival, spread, method)
    return FixedDayComparison(
        table=_measures(survival, std_error, limits, conf_level),
        arms=arms.drop(columns=["time", "conf_low", "conf_high", "n_censored"]),
        scale_difference=on_scale[0],
        scale_std_error=on_scale[1],
        statistic=on_scale[2],
        df=1,
        p_value=on_scale[3],
        at=float(at),
        conf_level=conf_level,
        method=f"fixed-day {method}" + (", pooled variance" if variance == "pooled" else ""),
        status="ok" if known and not reason else ("note" if known else "not_estimable"),
        notes=(reason,) if reason else (),
    )


def _check_known(arms: pd.DataFrame, method: str, at: float) -> tuple[bool, str]:
    if arms["survival"].isna().any():
        return False, f"day {at:g} is past the last follow-up of an arm"
    at_edge = arms["survival"].isin([0.0, 1.0])
    if at_edge.any() and method not in ("melded", "plain"):
        side = "no event" if (arms["survival"][at_edge] > 0).all() else "no survivor"
        return False, f"an arm has {side} by day {at:g}: the {method} test does not exist, use melded"
    if at_edge.all() and method == "plain":
        return True, f"both arms' survival is 0 or 1 at day {at:g}: plain limits do not exist, use melded"
    if at_edge.any() and method == "plain":
        return True, f"an arm's survival is 0 or 1 at day {at:g}: its standard error is taken as 0"
    return True, ""


def _compare_on_scale(
    time: FloatArray,
    event: IntArray,
    masks: list[Any],
    at: float,
    survival: FloatArray,
    std_error: FloatArray | None,
    method: str,
) -> tuple[float, float, float, float]:
    """Difference on the scale of the test, its standard error, z and p; pooled when ``std_error`` is None."""
    g, slope = SCALES.get(method, SCALES["plain"])
    with np.errstate(divide="ignore", invalid="ignore"):
        values = g(survival)
        difference = float(values[1] - values[0])
        if std_error is not None:
            spread = float(np.sqrt(np.sum((slope(survival) * std_error) ** 2)))
        else:
            both = estimate_survival(time, event, at=[at], engine="kernel").at.iloc[0]
            inverse = sum(time.size / m.sum() for m in masks)
            pooled = slope(np.array([both["survival"]]))[0]
            spread = float(pooled * both["std_error"] * np.sqrt(inverse))
        z = difference / abs(spread) if np.isfinite(difference) and spread != 0 else float("nan")
    return difference, abs(spread), z, 2 * float(norm.sf(abs(z)))


def _measures(
    survival: FloatArray, std_error: FloatArray, limits: tuple[float, float] | None, conf_level: float
) -> pd.DataFrame:
    z = normal_quantile(conf_level)
    difference, se = float(survival[1] - survival[0]), float(np.hypot(*std_error))
    half = z * se if se > 0 else float("nan")  # an interval without width is none
    low, high = limits or (difference - half, difference + half)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, ratio_se = survival[1] / survival[0], float(np.hypot(*(std_error / survival)))
        ratio_half = z * ratio_se if ratio_se > 0 else float("nan")
        needed = np.array([1.0, 1.0, 1.0]) / np.array([difference, high, low])
    known = bool(np.isfinite(difference))
    ratio_known = known and bool((survival > 0).all())
    crosses = known and low <= 0 <= high
    rows = [
        ("difference", difference, se, low, high, known, ""),
        (
            "ratio",
            ratio,
            ratio_se,
            ratio * np.exp(-ratio_half),
            ratio * np.exp(ratio_half),
            ratio_known,
            "" if ratio_known or not known else "the survival of an arm is 0",
        ),
        (
            "number_needed_to_treat",
            needed[0],
            np.nan,
            needed[1],
            needed[2],
            known and difference != 0,
            "the difference is 0" if difference == 0 else "",
        ),  # fmt: skip
    ]
    table = pd.DataFrame(
        rows, columns=["measure", "estimate", "std_error", "conf_low", "conf_high", "status", "message"]
    )
    table["status"] = np.where(table["status"].astype(bool), "ok", "not_estimable")
    no_limits = (table["status"] == "ok") & table["estimate"].notna() & table["conf_low"].isna()
    table.loc[no_limits, ["status", "message"]] = ["note", "the standard error is 0: limits do not exist"]
    if crosses and difference != 0:
        table.loc[2, ["status", "message"]] = ["note", THROUGH_INFINITY]
    return table


def _meld(
    time: FloatArray, event: IntArray, masks: list[Any], at: float, convention: str, conf_level: float
) -> tuple[tuple[float, float], float]:
    """Melded limits and two-sided p-value of S_1 - S_0."""
    w0, w1 = (_beta_product_at(time[m], event[m], at, convention) for m in masks)
    tail = (1 - conf_level) / 2
    low0, high0 = _Variable(w0.lower_a, w0.lower_b, 0.0), _Variable(w0.upper_a, w0.upper_b, 1.0)
    low1, high1 = _Variable(w1.lower_a, w1.lower_b, 0.0), _Variable(w1.upper_a, w1.upper_b, 1.0)

    def root(one: "_Variable", zero: "_Variable", p: float) -> float:
        if _chance_below(one, zero, -1.0) >= p:
            return -1.0
        if _chance_below(one, zero, 1.0 - 1e-12) < p:
            return 1.0
        return float(brentq(lambda x: _chance_below(one, zero, x) - p, -1.0, 1.0, xtol=1e-10))

    greater = _chance_below(low1, high0, 0.0)
    less = 1 - _chance_below(high1, low0, 0.0)
    p_value = min(1.0, 2 * min(greater, less))
    return (root(low1, high0, tail), root(high1, low0, 1 - tail)), p_value


def _beta_product_at(time: FloatArray, event: IntArray, at: float, convention: str) -> BetaProduct:
    rows: CurveRows = compute_curve_rows(compute_risk_table(time, event))
    last = int(find_rows(np.array([at]), rows.time)[0])
    after = float(time.size) if last < 0 else float(rows.n_risk[last] - rows.n_events[last])
    if last >= 0 and (convention == "bpcp" or at > rows.time[last] + merge_distance(time)):
        after -= float(rows.n_censored[last])
    n = np.r_[float(time.size), rows.n_risk[: last + 1]]
    w = compute_beta_product(n, np.r_[0.0, rows.n_events[: last + 1]], np.full(last + 2, after))
    return BetaProduct(w.upper_a[-1:], w.upper_b[-1:], w.lower_a[-1:], w.lower_b[-1:])


class _Variable:
    """A beta variable, or a point mass when its parameters are NaN."""

    def __init__(self, a: FloatArray, b: FloatArray, point: float) -> None:
        self.a, self.b = float(a[0]), float(b[0])
        self.point = point if np.isnan(self.a) else None

    def cdf(self, x: FloatArray) -> FloatArray:
        if self.point is not None:
            return np.asarray((x >= self.point).astype(np.float64))
        return np.asarray(betainc(self.a, self.b, np.clip(x, 0, 1)))

    def quantiles(self, p: FloatArray) -> FloatArray:
        if self.point is not None:
            return np.full_like(p, self.point)
        return np.asarray(betaincinv(self.a, self.b, p))


_NODES, _WEIGHTS = leggauss(80)
# angles: they crowd the nodes at both ends, where a beta quantile is steep
_ANGLE, _SLOPE = (_NODES + 1) * np.pi / 2, _WEIGHTS * np.pi / 2


def _chance_below(one: _Variable, zero: _Variable, x: float) -> float:
    """P(one - zero <= x), over zero's quantiles between the points where one's distribution starts and
    ends.
    """
    if zero.point is not None:
        return float(one.cdf(np.array([zero.point + x]))[0])
    if one.point is not None:
        return float(1 - zero.cdf(np.array([one.point - x]))[0])
    start, end = zero.cdf(np.array([max(0.0, -x), min(1.0, 1 - x)]))
    if end <= start:
        return float(1 - end)
    p = start + (end - start) * (1 - np.cos(_ANGLE)) / 2
    inside = np.sum(_SLOPE * np.sin(_ANGLE) / 2 * one.cdf(zero.quantiles(p) + x))
    return float(1 - end + (end - start) * inside)
