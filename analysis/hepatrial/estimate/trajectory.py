"""Summaries of one patient's trajectory.

Values are what was measured while alive on native liver; nothing is carried forward and nothing is imputed
after death. A summary whose patient lacks what it needs is ``not_estimable`` with the reason, and stays in
the table.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EstimateError
from .design import Floats, require_columns


@dataclass(frozen=True, eq=False)
class TrajectorySummaries:
    """``table``: one row a subject and summary (subject, summary, value, n_values, status, reason)."""

    table: pd.DataFrame
    method: str
    n_missing: int


def summarise_trajectories(
    data: pd.DataFrame,
    *,
    subject: str,
    time: str,
    value: str,
    window: tuple[float, float],
    normal: tuple[float, float] | None = None,
) -> TrajectorySummaries:
    """Summarise each subject's values within a window of days.

    Parameters
    ----------
    data : DataFrame, one row a subject and measurement
    time : column, days from the time origin; at most one row a subject and day
    value : column; missing rows are left out and counted
    window : first and last day of follow-up time that the summaries are about, both included
    normal : lowest and highest normal value, for the time to normalisation; without it that summary is absent

    Returns
    -------
    TrajectorySummaries
        ``auc``: trapezoidal area over the whole window, value at its ends by linear interpolation; not
        estimable unless a value lies on or outside each end. ``mean_level``: auc by days. ``slope``: least
        squares a day, from 2 values on. ``max_change``: the change from the first value in the window that
        is largest in size. ``time_to_normal``: day of the first value in the normal range after the first
        value, itself abnormal; inf where none was (a patient censored at the last measurement: analyse it as
        a survival time, with ``last_time``), not estimable for a patient who began normal. ``last_time``:
        day of the last value in the window.
    """
    require_columns(data, [subject, time, value])
    low, high = window
    if not low < high:
        raise EstimateError(f"window: {window!r} must be (first day, last day), first < last")
    known = data[[subject, time, value]].dropna().sort_values([subject, time], kind="stable")
    twice = known.duplicated([subject, time])
    if twice.any():
        row = known[twice].iloc[0]
        raise EstimateError(f"subject {row[subject]!r} has more than one value on day {float(row[time]):g}")
    rows: list[tuple[object, str, float, int, str]] = []
    for name in data[subject].drop_duplicates():
        one = known[known[subject] == name]
        t, y = one[time].to_numpy(dtype=float), one[value].to_numpy(dtype=float)
        inside = (t >= low) & (t <= high)
        for summary, (number, reason) in _summaries(t, y, inside, low, high, normal).items():
            rows.append((name, summary, number, int(inside.sum()), reason))
    table = pd.DataFrame(rows, columns=["subject", "summary", "value", "n_values", "reason"])
    table.insert(4, "status", np.where(table["reason"] == "", "ok", "not_estimable"))
    method = f"trajectory summaries over days {low:g} to {high:g}"
    return TrajectorySummaries(table, method, int(data[value].isna().sum()))


def _summaries(
    t: Floats,
    y: Floats,
    inside: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
    low: float,
    high: float,
    normal: tuple[float, float] | None,
) -> dict[str, tuple[float, str]]:
    auc, why = _area(t, y, low, high)
    t, y = t[inside], y[inside]
    out = {"auc": (auc, why), "mean_level": (auc / (high - low), why)}
    if len(t) == 0:
        nothing = (np.nan, "no value in the window")
        out |= dict.fromkeys(("slope", "max_change", "last_time"), nothing)
        return out if normal is None else out | {"time_to_normal": nothing}
    out["last_time"] = (float(t[-1]), "")
    few = (np.nan, "one value only")
    out["slope"] = few if len(t) < 2 else (_slope(t, y), "")
    change = y - y[0]
    out["max_change"] = few if len(t) < 2 else (float(change[np.argmax(np.abs(change))]), "")
    if normal is not None:
        out["time_to_normal"] = _time_to_normal(t, y, normal)
    return out


def _slope(t: Floats, y: Floats) -> float:
    centred = t - t.mean()
    return float(centred @ y / (centred @ centred))


def _area(t: Floats, y: Floats, low: float, high: float) -> tuple[float, str]:
    if len(t) == 0 or t[0] > low:
        return np.nan, f"no value on or before day {low:g}"
    if t[-1] < high:
        return np.nan, f"no value on or after day {high:g}"
    grid = np.unique(np.concatenate([[low, high], t[(t > low) & (t < high)]]))
    return float(np.trapezoid(np.interp(grid, t, y), grid)), ""


def _time_to_normal(t: Floats, y: Floats, normal: tuple[float, float]) -> tuple[float, str]:
    is_normal = (y >= normal[0]) & (y <= normal[1])
    if is_normal[0]:
        return np.nan, "normal at the first value"
    return (float(t[np.argmax(is_normal)]), "") if is_normal.any() else (np.inf, "")
