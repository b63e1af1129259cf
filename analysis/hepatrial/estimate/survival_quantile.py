"""Quantiles of survival time with Brookmeyer-Crowley limits: where the limits of the curve cross 1 - p.

The p quantile is the first time with 1 - S(t) >= p; when S equals 1 - p along a stretch, its midpoint (R and
SAS).
Brookmeyer and Crowley (1982), doi 10.2307/2530286; R: ``quantile(survfit(...), probs)``; SAS: ``PROC
LIFETEST``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, as_float_array, check_choice
from hepatrial.estimate.risk_table import TOLERANCE
from hepatrial.estimate.survival import EXACT, estimate_survival

NOT_REACHED = "the curve does not fall to {:g} within follow-up"


@dataclass(frozen=True, eq=False)
class SurvivalQuantiles:
    """``table`` has prob, time, conf_low, conf_high, status, message; a limit that is not reached is NaN."""

    table: pd.DataFrame
    n: int
    n_events: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_survival_quantile(
    time: Any,
    event: Any,
    *,
    probs: Any = (0.5,),
    conf_type: str = "log-log",
    conf_level: float = 0.95,
    entry: Any = None,
    plateau: str = "midpoint",
) -> SurvivalQuantiles:
    """Times by which a fraction ``probs`` of subjects has had the event (0.5: the median survival time).

    Parameters
    ----------
    time, event, entry, conf_type, conf_level
        As in :func:`estimate_survival`; limits of the curve are R's (``convention="bpcp"``).
    probs : array of float
        Event probabilities, between 0 and 1.
    plateau : str
        ``midpoint`` of a stretch where S equals 1 - p (R, SAS), or its ``left`` end (bpcp).
    """
    check_choice(plateau, ("midpoint", "left"), "plateau")
    wanted = as_float_array(np.atleast_1d(probs), "probs")
    if ((wanted <= 0) | (wanted >= 1)).any():
        raise EstimateError(f"probs must lie between 0 and 1 (0.5 for the median), got {wanted.tolist()}")
    fit = estimate_survival(
        time, event, at=[0.0], conf_type=conf_type, conf_level=conf_level, entry=entry, convention="bpcp"
    )
    curve, is_midpoint = fit.curve, plateau == "midpoint"
    times = np.r_[0.0, curve["time"]]
    start = (fit.at if conf_type in EXACT else fit.at.assign(conf_low=1.0, conf_high=1.0)).iloc[0]

    def cross(column: str, midpoint: bool) -> FloatArray:
        failed = 1 - np.r_[start[column], curve[column]]
        return np.array([find_crossing(p, times, failed, midpoint) for p in wanted])

    exact = conf_type in EXACT
    table = pd.DataFrame(
        {
            "prob": wanted,
            "time": cross("survival", is_midpoint),
            "conf_low": cross("conf_low", is_midpoint and not exact),
            "conf_high": cross("conf_high", is_midpoint and not exact),
        }
    )
    is_reached = table["time"].notna()
    table["status"] = np.where(is_reached, "ok", "not_estimable")
    table["message"] = ["" if ok else NOT_REACHED.format(1 - p) for p, ok in zip(wanted, is_reached, strict=True)]
    return SurvivalQuantiles(
        table, fit.n, fit.n_events, conf_level, f"kaplan-meier, {conf_type} limits", fit.status, fit.notes
    )


def find_crossing(p: float, time: FloatArray, failed: FloatArray, midpoint: bool) -> float:
    """First time at which ``failed`` reaches p; midway to the next rise (or the end) when it equals p."""
    end = float(time[-1])
    known = ~np.isnan(failed)
    time, failed = time[known], failed[known]
    reached = np.flatnonzero(failed >= p - TOLERANCE)
    if reached.size == 0:
        return float("nan")
    first = reached[0]
    if not midpoint or failed[first] > p + TOLERANCE:
        return float(time[first])
    above = np.flatnonzero(failed > p + TOLERANCE)
    return float((time[first] + (time[above[0]] if above.size else end)) / 2)
