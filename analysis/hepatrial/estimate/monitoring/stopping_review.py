"""Where a single-arm trial stands against its stopping boundary at a data cut.

A patient counts in n as soon as the *potential* follow-up, cut - entry, reaches the window (28 days, say), whatever the
outcome. Counting a death at once while survivors wait out the window fills the sample with deaths: with three patients
a week the type I error was 0.33 in place of 0.10 (docs/methods-monitoring.md). Events of patients who are not yet
evaluable are therefore listed apart and enter no comparison.

The trial's path is the number of events among the first n evaluable patients in order of entry (ties in the order
given), compared with the boundary at every look reached. A patient whose window is over but who was lost before its
end, without an event, has an unknown outcome: the verdict is given only if it is the same with these counted as events
and as none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import BoolArray, FloatArray, as_events, as_float_array, as_times
from hepatrial.estimate.monitoring.stopping_boundary import StoppingBoundary

CONTINUE, REACHED, NOT_EVALUABLE = "continue", "boundary reached", "not evaluable"


@dataclass(frozen=True)
class StoppingReview:
    """Counts at the cut and the verdict: ``continue``, ``boundary reached`` or ``not evaluable``, with the ``reason``.

    ``n_events`` and ``n_unknown`` are among the ``n_evaluable``; ``n_events_others`` among those not yet evaluable.
    ``path``: one row per evaluable patient: n, n_events, n_unknown, and stop_at where there is a look (else missing).
    """

    n_entered: int
    n_evaluable: int
    n_events: int
    n_unknown: int
    n_events_others: int
    verdict: str
    reason: str
    path: pd.DataFrame
    method: str
    status: str
    notes: tuple[str, ...]


def review_stopping(
    boundary: StoppingBoundary,
    entry: npt.ArrayLike,
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    *,
    cut: Any,
    window: float,
) -> StoppingReview:
    """Evaluable patients, their events and the verdict at a data cut.

    Parameters
    ----------
    entry : shape (n,), dates, ISO texts or datetime64, or days as numbers: the origin of ``time``; one row per patient.
    time : days from entry to the event or, without one, to the last contact; data after the cut are an error.
    event : bool or 0/1: whether ``time`` ends with the event.
    cut : date of the data cut, as ``entry``.
    window : days; an event counts when it happened by day ``window``.
    """
    start, end = as_days(entry, "entry"), float(as_days([cut], "cut")[0])
    days = as_times(time)
    if days.size != start.size:
        raise EstimateError(f"entry has {start.size} values, time has {days.size}")
    had_event = as_events(event, days.size).astype(bool) & (days <= window)
    check_cut(start, days, end)
    if not window > 0:
        raise EstimateError(f"window must be > 0 days, got {window}")
    evaluable = end - start >= window
    unknown = evaluable & ~had_event & (days < window)
    path = _path(boundary, start, had_event, unknown, evaluable)
    verdict, reason = _verdict(path, boundary, window)
    outside = int(evaluable.sum()) - boundary.looks[-1]
    notes = (f"{outside} evaluable patients beyond the last look are not used",) if outside > 0 else ()
    return StoppingReview(
        days.size,
        int(evaluable.sum()),
        int((evaluable & had_event).sum()),
        int(unknown.sum()),
        int((~evaluable & had_event).sum()),
        verdict,
        reason,
        path,
        f"{boundary.method}, {window:g}-day window",
        "ok" if verdict != NOT_EVALUABLE else "not_estimable",
        notes,
    )


def as_days(values: Any, name: str) -> FloatArray:
    """Dates as days since 1970, numbers as they are."""
    array = np.asarray(values)
    if array.dtype.kind in "MOUS":
        dates = array.astype("datetime64[D]")
        if np.isnat(dates).any():
            raise EstimateError(f"{name} has missing dates: leave those rows out first, and count them")
        return dates.astype(np.int64).astype(np.float64)
    return as_float_array(array, name)


def check_cut(start: FloatArray, days: FloatArray, cut: float) -> None:
    late = np.flatnonzero(start + days > cut)
    if late.size:
        past = float(start[late[0]] + days[late[0]] - cut)
        raise EstimateError(f"row {int(late[0])} has follow-up {past:g} days after the cut: apply the cut first")


def _path(
    boundary: StoppingBoundary, start: FloatArray, event: BoolArray, unknown: BoolArray, evaluable: BoolArray
) -> pd.DataFrame:
    order = np.flatnonzero(evaluable)[np.argsort(start[evaluable], kind="stable")]
    stop_at = dict(zip(boundary.looks, boundary.stop_at, strict=True))
    n = np.arange(1, order.size + 1)
    return pd.DataFrame(
        {
            "n": n,
            "n_events": np.cumsum(event[order]),
            "n_unknown": np.cumsum(unknown[order]),
            "stop_at": pd.array([stop_at.get(int(k)) for k in n], dtype="Int64"),
        }
    )


def _verdict(path: pd.DataFrame, boundary: StoppingBoundary, window: float) -> tuple[str, str]:
    looks = path[path["stop_at"].notna()]
    if looks.empty:
        need = f"the first look needs {boundary.looks[0]}"
        return NOT_EVALUABLE, f"{len(path)} patients have reached {window:g} days of potential follow-up; {need}"
    reached = looks[looks["n_events"] >= looks["stop_at"]]
    if not reached.empty:
        first = reached.iloc[0]
        return REACHED, _standing(first)
    open_looks = looks[looks["n_events"] + looks["n_unknown"] >= looks["stop_at"]]
    if not open_looks.empty:
        first = open_looks.iloc[0]
        return NOT_EVALUABLE, (
            f"{first['n_unknown']} of the first {first['n']} patients have an unknown outcome at {window:g} days: with"
            f" {first['n_events']} known events the rule, which stops at {first['stop_at']}, depends on them"
        )
    return CONTINUE, _standing(looks.iloc[-1])


def _standing(look: "pd.Series[Any]") -> str:
    events = count_events(look["n_events"])
    return f"{events} among the first {look['n']} patients; the rule stops at {look['stop_at']}"


def count_events(n: float) -> str:
    """``1 event``, ``3 events``."""
    return f"{n:g} event{'' if n == 1 else 's'}"
