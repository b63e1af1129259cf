"""Restricted mean survival time: the mean of min(T, tau), and its difference or ratio between two arms.

RMST = integral of S from 0 to tau; with A_i the integral from t_i to tau, its variance is
sum A_i^2 d_i / (n_i (n_i - d_i)) over t_i <= tau (Irwin 1949; Royston and Parmar 2013, doi
10.1186/1471-2288-13-152).
Ratios are compared on the log scale. R: ``survRM2::rmst2``; SAS: ``PROC LIFETEST RMST(TAU=)``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from scipy.stats import norm

from hepatrial.errors import EstimateError
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
from hepatrial.estimate.km import compute_curve_rows
from hepatrial.estimate.risk_table import compute_risk_table, merge_distance, merge_times


@dataclass(frozen=True)
class RestrictedMean:
    """Mean time alive within [0, tau]; the mean time lost is ``tau - estimate`` with the same standard
    error.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    tau: float
    n: int
    n_events: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RestrictedMeanComparison:
    """``table`` has measure (difference, ratio, ratio_lost), estimate, std_error (log scale for ratios),
    limits,
    statistic (signed z), p_value; ``arms`` holds (reference, other)."""

    table: pd.DataFrame
    arms: tuple[RestrictedMean, RestrictedMean]
    tau: float
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_rmst(
    time: Any, event: Any, *, tau: float, conf_level: float = 0.95, engine: str = "kernel"
) -> RestrictedMean:
    """Mean survival time restricted to [0, tau]; not estimable when tau is past follow-up with subjects
    alive, without limits when its standard error is 0.

    ``engine``: ``kernel``, or ``lifelines`` (the estimate only, to check ours).
    """
    check_choice(engine, ("kernel", "lifelines"), "engine")
    times = as_times(time)
    events = as_events(event, times.size)
    if not tau > 0:
        raise EstimateError(f"tau must be a time > 0, got {tau}")
    quantile = normal_quantile(conf_level)
    mean, std_error, status, notes = _compute_rmst(times, events, float(tau))
    if engine == "lifelines" and status != "not_estimable":
        fitted = KaplanMeierFitter().fit(merge_times(times)[0], events)
        mean = float(restricted_mean_survival_time(fitted, t=float(tau)))
    half = quantile * std_error if std_error > 0 else float("nan")
    return RestrictedMean(
        estimate=mean,
        std_error=std_error,
        conf_low=mean - half,
        conf_high=mean + half,
        tau=float(tau),
        n=times.size,
        n_events=int(events.sum()),
        conf_level=conf_level,
        method="area under Kaplan-Meier",
        status=status,
        notes=notes,
    )


def _compute_rmst(time: FloatArray, event: IntArray, tau: float) -> tuple[float, float, str, tuple[str, ...]]:
    rows = compute_curve_rows(compute_risk_table(time, event))
    if not time.size:
        return float("nan"), float("nan"), "not_estimable", ("no subjects",)
    end = rows.time.max(initial=0.0)
    if tau > end + merge_distance(time) and rows.survival[-1] > 0:
        reason = f"tau = {tau:g} is past the last follow-up ({end:g}) with subjects still alive"
        return float("nan"), float("nan"), "not_estimable", (reason,)
    use = rows.time <= tau + merge_distance(time)
    knots = np.r_[0.0, np.minimum(rows.time[use], tau), tau]
    area = np.diff(knots) * np.r_[1.0, rows.survival[use]]
    left = rows.n_risk[use] - rows.n_events[use]
    hazard = np.where(left > 0, rows.n_events[use] / (rows.n_risk[use] * np.where(left > 0, left, 1)), 0.0)
    later = np.cumsum(area[::-1])[::-1][1:]
    variance = float(np.sum(later**2 * hazard))
    why = "everybody had the event at one time" if rows.n_events[use].any() else "no event"
    notes = () if variance > 0 else (f"{why} before tau = {tau:g}: the standard error is 0",)
    return float(area.sum()), float(np.sqrt(variance)), "note" if notes else "ok", notes


def compare_rmst(
    time: Any, event: Any, group: Any, *, reference: Any, tau: float, conf_level: float = 0.95
) -> RestrictedMeanComparison:
    """Difference and ratio of RMST, and ratio of the mean time lost: other arm against ``reference``."""
    times = as_times(time)
    events = as_events(event, times.size)
    levels, index = as_groups(group, times.size)
    ref, other = check_reference(reference, levels)
    base, test = (
        estimate_rmst(times[index == g], events[index == g], tau=tau, conf_level=conf_level) for g in (ref, other)
    )
    scale = base.std_error**2 + test.std_error**2
    rows = [_contrast("difference", test.estimate - base.estimate, float(np.sqrt(scale)), conf_level)]
    for measure, top, bottom in (
        ("ratio", test.estimate, base.estimate),
        ("ratio_lost", tau - test.estimate, tau - base.estimate),
    ):
        rows.append(_log_ratio(measure, top, bottom, test.std_error, base.std_error, conf_level))
    statuses = (base.status, test.status)
    status = "not_estimable" if "not_estimable" in statuses else "note" if "note" in statuses else "ok"
    notes = tuple(f"{levels[g]}: {n}" for g, arm in ((ref, base), (other, test)) for n in arm.notes)
    method = "RMST contrast, ratios on the log scale"
    return RestrictedMeanComparison(pd.DataFrame(rows), (base, test), float(tau), conf_level, method, status, notes)


def _contrast(measure: str, estimate: float, std_error: float, conf_level: float) -> dict[str, Any]:
    half = normal_quantile(conf_level) * std_error if std_error > 0 else float("nan")
    z = estimate / std_error if std_error > 0 else float("nan")
    return {
        "measure": measure,
        "estimate": estimate,
        "std_error": std_error,
        "conf_low": estimate - half,
        "conf_high": estimate + half,
        "statistic": z,
        "p_value": 2 * float(norm.sf(abs(z))),
    }


def _log_ratio(
    measure: str, top: float, bottom: float, se_top: float, se_bottom: float, conf_level: float
) -> dict[str, Any]:
    if not (top > 0 and bottom > 0):
        row = _contrast(measure, float("nan"), float("nan"), conf_level)
        return row | {"estimate": top / bottom if bottom > 0 else float("nan")}
    se = float(np.hypot(se_top / top, se_bottom / bottom))
    row = _contrast(measure, float(np.log(top / bottom)), se, conf_level)
    return row | {key: float(np.exp(row[key])) for key in ("estimate", "conf_low", "conf_high")}
