"""Length of follow-up by the reverse Kaplan-Meier method, and landmark samples.

Reverse Kaplan-Meier (Schemper and Smith 1996, doi 10.1016/0197-2456(96)00075-X): being censored is the
event, so that
early deaths do not shorten the follow-up. R: ``survfit(Surv(time, 1 - event) ~ 1)``.
A landmark analysis keeps those still at risk after a day and counts from there, so that what happened up to
it can be a
group without immortal time (Anderson, Cain and Gelber 1983, doi 10.1200/JCO.1983.1.11.710).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import BoolArray, FloatArray, IntArray, as_events, as_times
from hepatrial.estimate.survival_quantile import SurvivalQuantiles, estimate_survival_quantile


@dataclass(frozen=True, eq=False)
class LandmarkSample:
    """``is_kept`` marks the rows of the input; ``time`` (from the landmark) and ``event`` are theirs."""

    is_kept: BoolArray
    time: FloatArray
    event: IntArray
    landmark: float
    n_events_before: int
    n_censored_before: int
    status: str
    notes: tuple[str, ...]


def estimate_follow_up(
    time: Any,
    event: Any,
    *,
    probs: Any = (0.25, 0.5, 0.75),
    conf_type: str = "log-log",
    conf_level: float = 0.95,
) -> SurvivalQuantiles:
    """Quantiles of the potential follow-up; a quantile that events keep from being reached is not
    estimable.
    """
    times = as_times(time)
    censored = 1 - as_events(event, times.size)
    return estimate_survival_quantile(times, censored, probs=probs, conf_type=conf_type, conf_level=conf_level)


def compute_landmark(time: Any, event: Any, *, landmark: float) -> LandmarkSample:
    """Subjects followed beyond ``landmark`` without an event up to it; times count from the landmark."""
    times = as_times(time)
    events = as_events(event, times.size)
    if not landmark >= 0:
        raise EstimateError(f"landmark must be a time >= 0, got {landmark}")
    is_kept = times > landmark
    left = int(is_kept.sum())
    return LandmarkSample(
        is_kept=is_kept,
        time=times[is_kept] - landmark,
        event=events[is_kept],
        landmark=float(landmark),
        n_events_before=int(events[~is_kept].sum()),
        n_censored_before=int(np.sum(~is_kept)) - int(events[~is_kept].sum()),
        status="ok" if left else "not_estimable",
        notes=() if left else (f"nobody is at risk after day {landmark:g}",),
    )
