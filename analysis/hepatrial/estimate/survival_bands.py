"""Simultaneous confidence bands of a survival curve, between its first and its last event with survivors.

With s^2 the variance of log S and a, b the values of n s^2 / (1 + n s^2) at the two ends:

    equal-precision  S -+ e S s,  e(a, b) from Nair (1984), doi 10.1080/00401706.1984.10487964
    hall-wellner     S -+ k S (1 + n s^2) / sqrt(n),  k(a, b) so that P(sup |B0| over [a, b] <= k) =
    conf_level;
                     Hall and Wellner (1980), doi 10.1093/biomet/67.1.133

B0 is a Brownian bridge. R: ``km.ci::km.ci(method = "hall-wellner" | "logep")``; SAS: ``PROC LIFETEST
CONFBAND=``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.polynomial.legendre import leggauss
from scipy.optimize import brentq
from scipy.stats import norm

from hepatrial.estimate.inputs import FloatArray, as_events, as_times, check_choice, check_conf_level
from hepatrial.estimate.km import CurveRows, compute_curve_rows
from hepatrial.estimate.risk_table import compute_risk_table


@dataclass(frozen=True, eq=False)
class SurvivalBand:
    """``band`` has time, survival, conf_low, conf_high over its range; ``critical_value`` is e or k."""

    band: pd.DataFrame
    critical_value: float
    n: int
    n_events: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_survival_band(
    time: Any,
    event: Any,
    *,
    band: str = "equal-precision",
    transform: str = "log-log",
    conf_level: float = 0.95,
) -> SurvivalBand:
    """Limits that hold for the whole curve at once, ``conf_level`` of the time.

    ``band`` is ``equal-precision`` or ``hall-wellner``; ``transform`` is ``plain`` or ``log-log``.
    Not estimable with fewer than two distinct survival values above 0.
    """
    check_choice(band, ("equal-precision", "hall-wellner"), "band")
    check_choice(transform, ("plain", "log-log"), "transform")
    check_conf_level(conf_level)
    times = as_times(time)
    events = as_events(event, times.size)
    rows = compute_curve_rows(compute_risk_table(times, events))
    use = np.flatnonzero((rows.n_events > 0) & (rows.survival > 0))
    method, n_events = f"{band} band, {transform}", int(events.sum())
    if use.size < 2:
        frame = pd.DataFrame(columns=["time", "survival", "conf_low", "conf_high"], dtype=np.float64)
        reason = ("fewer than two event times with survivors",)
        return SurvivalBand(frame, float("nan"), times.size, n_events, conf_level, method, "not_estimable", reason)
    inside = slice(use[0], use[-1] + 1)
    critical, half = _half_width(rows, inside, band, conf_level, times.size)
    survival = rows.survival[inside]
    if transform == "log-log":
        factor = np.exp(half / np.log(survival))
        low, high = survival ** (1 / factor), survival**factor
    else:
        low, high = survival * (1 - half), survival * (1 + half)
    frame = pd.DataFrame({"time": rows.time[inside], "survival": survival, "conf_low": low, "conf_high": high})
    return SurvivalBand(frame, critical, times.size, n_events, conf_level, method, "ok", ())


def _half_width(rows: CurveRows, inside: slice, band: str, conf_level: float, n: int) -> tuple[float, FloatArray]:
    """Critical value, and half width of the band for log S."""
    s = rows.log_std_error[inside]
    share = n * s**2 / (1 + n * s**2)
    if band == "equal-precision":
        critical = compute_equal_precision_quantile(share[0], share[-1], conf_level)
        return critical, critical * s
    critical = compute_hall_wellner_quantile(share[0], share[-1], conf_level)
    return critical, critical * (1 + n * s**2) / np.sqrt(n)


def compute_equal_precision_quantile(a: float, b: float, conf_level: float) -> float:
    """e(a, b): Nair's approximation to sup |B0(u)| / sqrt(u (1 - u)) over [a, b]."""
    odds = float(np.log(b * (1 - a) / (a * (1 - b))))

    def excess(e: float) -> float:
        return float(norm.pdf(e) * (4 / e + (e - 1 / e) * odds)) - (1 - conf_level)

    return float(brentq(excess, 1.0, 20.0, xtol=1e-12))


def compute_hall_wellner_quantile(a: float, b: float, conf_level: float) -> float:
    """k(a, b): quantile of sup |B0(u)| over [a, b], by integrating over the bridge's values at a and b."""

    def excess(k: float) -> float:
        return _probability_inside(k, a, b) - conf_level

    floor = float(norm.isf((1 - conf_level) / 2) * np.sqrt(max(a * (1 - a), b * (1 - b))))
    return float(brentq(excess, floor, 5.0, xtol=1e-10))


def _probability_inside(k: float, a: float, b: float) -> float:
    """P(|B0(u)| <= k for a <= u <= b); the bridge between (a, x) and (b, y) is reflected at both walls."""
    nodes, weights = leggauss(160)
    sd_a, sd_b, gap = np.sqrt(a * (1 - a)), np.sqrt(b * (1 - b)), b - a
    reach_a, reach_b = min(k, 9 * sd_a), min(k, 9 * sd_b)
    x, y = reach_a * nodes[:, None], reach_b * nodes[None, :]
    stays = np.zeros((nodes.size, nodes.size))
    for j in range(-10, 11):
        same, flipped = 2 * j * k * (2 * j * k + y - x), (x + k + 2 * j * k) * (y + k + 2 * j * k)
        stays += np.exp(-2 * same / gap) - np.exp(-2 * flipped / gap)
    at_a = norm.pdf(x, scale=sd_a)
    at_b = norm.pdf(y, loc=x * (1 - b) / (1 - a), scale=np.sqrt(gap * (1 - b) / (1 - a)))
    area = weights[:, None] * weights[None, :] * reach_a * reach_b
    return float((area * at_a * at_b * stays).sum())
