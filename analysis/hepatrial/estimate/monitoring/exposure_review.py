"""Where a single-arm trial stands against its boundary in events and total follow-up at a data cut.

The total follow-up at a calendar time is what all patients have contributed by then, each until the event, the last
contact or the end of the window. The d-th event stops the trial when the total at its date is within the d-th deadline.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import as_events, as_times
from hepatrial.estimate.monitoring.exposure_boundary import ExposureBoundary
from hepatrial.estimate.monitoring.stopping_review import (
    CONTINUE,
    NOT_EVALUABLE,
    REACHED,
    as_days,
    check_cut,
    count_events,
)


@dataclass(frozen=True)
class ExposureReview:
    """``path``: one row per event in the window, by date: n_events, exposure then, deadline (NaN: cannot stop)."""

    n_entered: int
    n_events: int
    exposure: float
    verdict: str
    reason: str
    path: pd.DataFrame
    method: str
    status: str
    notes: tuple[str, ...]


def review_stopping_exposure(
    boundary: ExposureBoundary, entry: npt.ArrayLike, time: npt.ArrayLike, event: npt.ArrayLike, *, cut: Any
) -> ExposureReview:
    """Events, total follow-up and the verdict at a data cut; arguments as in ``review_stopping``, window the rule's."""
    start, end = as_days(entry, "entry"), float(as_days([cut], "cut")[0])
    days = as_times(time)
    if days.size != start.size:
        raise EstimateError(f"entry has {start.size} values, time has {days.size}")
    check_cut(start, days, end)
    had_event = as_events(event, days.size).astype(bool) & (days <= boundary.window)
    kept = np.minimum(days, boundary.window)
    dates = np.sort((start + days)[had_event])
    exposure = np.clip(dates[:, None] - start[None, :], 0.0, kept[None, :]).sum(axis=1)
    deadlines = dict(zip(boundary.events, boundary.deadlines, strict=True))
    count = np.arange(1, dates.size + 1)
    path = pd.DataFrame(
        {"n_events": count, "exposure": exposure, "deadline": [deadlines.get(int(d), np.nan) for d in count]}
    )
    total = float(kept.sum())
    verdict, reason = _verdict(path, total)
    past = total > boundary.max_exposure
    notes = (f"follow-up beyond the {boundary.max_exposure:g} of the design is not used",) if past else ()
    status = "not_estimable" if verdict == NOT_EVALUABLE else "ok"
    return ExposureReview(days.size, dates.size, total, verdict, reason, path, boundary.method, status, notes)


def _verdict(path: pd.DataFrame, total: float) -> tuple[str, str]:
    if total <= 0:
        return NOT_EVALUABLE, "no follow-up yet"
    reached = path[path["exposure"] <= path["deadline"]]
    if reached.empty:
        return CONTINUE, f"{count_events(len(path))} in {total:g} of follow-up; none came within its deadline"
    first = reached.iloc[0]
    came = f"event {first['n_events']:g} came at {first['exposure']:g} of follow-up"
    return REACHED, f"{came}; the rule stops up to {first['deadline']:g}"
