"""Kaplan-Meier and its variance in numpy: the second path beside lifelines, and the engine of simulations.

With d_i events among n_i at risk at t_i (Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452):

    S(t) = prod (1 - d_i/n_i),      var log S(t) = sum d_i / (n_i (n_i - d_i))  (Greenwood)        (1)
    H(t) = sum d_i/n_i,             var H(t) = sum d_i / n_i^2                  (Nelson-Aalen)     (2)
    H(t) = sum_i sum_{j<d_i} 1/(n_i - j), var H(t) = the same with squares      (Fleming-Harrington) (3)
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, polygamma

from hepatrial.estimate.inputs import FloatArray, IntArray
from hepatrial.estimate.risk_table import RiskTable, merge_distance, merge_times


@dataclass(frozen=True, eq=False)
class CurveRows:
    """One group's counts and curve at each distinct time; ``log_std_error`` is that of log S."""

    time: FloatArray
    n_risk: FloatArray
    n_events: FloatArray
    n_censored: FloatArray
    survival: FloatArray
    log_std_error: FloatArray


def compute_kaplan_meier(n_risk: FloatArray, n_events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Equation (1): survival and the standard error of its log (infinite once survival is 0)."""
    alive = n_risk - n_events
    with np.errstate(divide="ignore", invalid="ignore"):
        term = np.where(n_events > 0, n_events / (n_risk * alive), 0.0)
        factor = np.where(n_risk > 0, alive / n_risk, 1.0)
    return np.cumprod(factor), np.sqrt(np.cumsum(term))


def compute_nelson_aalen(n_risk: FloatArray, n_events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Equation (2): cumulative hazard and its standard error."""
    safe = np.where(n_risk > 0, n_risk, 1.0)
    return np.cumsum(n_events / safe), np.sqrt(np.cumsum(n_events / safe**2))


def compute_fleming_harrington(n_risk: FloatArray, n_events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Equation (3): tied events counted as if one after another; digamma differences are its inner sums."""
    left = n_risk - n_events + 1
    hazard = digamma(n_risk + 1) - digamma(left)
    variance = polygamma(1, left) - polygamma(1, n_risk + 1)
    return np.cumsum(hazard), np.sqrt(np.cumsum(variance))


def compute_curve_rows(table: RiskTable, group: int = 0) -> CurveRows:
    """Kaplan-Meier rows of one group of a risk table, at the times where that group has a subject leave."""
    n_events, n_censored = table.n_events[:, group].sum(axis=0), table.n_censored[group]
    keep = n_events + n_censored > 0
    n_risk = table.n_risk[group, keep]
    survival, log_se = compute_kaplan_meier(n_risk, n_events[keep])
    return CurveRows(table.time[keep], n_risk, n_events[keep], n_censored[keep], survival, log_se)


def find_rows(at: FloatArray, time: FloatArray) -> IntArray:
    """Position of the last curve time <= t for each t, -1 before the first; near-equal counts as equal."""
    rows: IntArray = np.searchsorted(time, at + merge_distance(time), side="right") - 1
    return rows


def compute_influence(time: FloatArray, event: IntArray, entry: FloatArray | None, rows: CurveRows) -> FloatArray:
    """Infinitesimal-jackknife influence of each subject on log S at each curve time, shape (n, m).

    Subject i adds -(dN_i(s) - Y_i(s) h(s)) / (n(s) (1 - h(s))) for each s <= t (Therneau and Grambsch 2000).
    """
    time, entry = merge_times(time, entry)
    left = rows.n_risk - rows.n_events
    with np.errstate(divide="ignore"):
        weight = np.where(left > 0, 1 / left, np.inf)
    at_risk = time[:, None] >= rows.time
    if entry is not None:
        at_risk &= entry[:, None] < rows.time
    died = (np.abs(time[:, None] - rows.time) == 0) & (event[:, None] == 1)
    hazard = rows.n_events / np.where(rows.n_risk > 0, rows.n_risk, 1.0)
    return np.cumsum((at_risk * hazard - died) * weight, axis=1)
