"""Counts at each distinct time: the one table that Kaplan-Meier, log-rank, Aalen-Johansen and Gray share.

A subject is at risk at t when entry < t <= time; events at t come before censorings at t. Times closer than
sqrt(machine epsilon), absolutely or relative to their mean, are one time: 0.1 + 0.2 and 0.3 are tied
(Therneau, survival, ``timefix``). Cost is one sort, or none when times are whole days.
"""

from dataclasses import dataclass

import numpy as np

from hepatrial.estimate.inputs import FloatArray, IntArray

TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, eq=False)
class RiskTable:
    """Counts per distinct exit time; axes are cause (status - 1), group and time."""

    time: FloatArray  # (m,)
    n_risk: FloatArray  # (groups, m), just before each time
    n_events: FloatArray  # (causes, groups, m)
    n_censored: FloatArray  # (groups, m)


def merge_distance(time: FloatArray) -> float:
    """Times closer than this are one time."""
    return TOLERANCE * max(1.0, float(np.abs(time).mean()) if time.size else 1.0)


def rank_times(time: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distinct times in order, and the position of each time among them; near-equal times are merged."""
    if time.size and time.min() >= 0 and time.max() < 4 * time.size + 10_000:
        whole = time.astype(np.int64)
        if (whole == time).all():
            seen = np.bincount(whole) > 0
            return np.flatnonzero(seen).astype(np.float64), (np.cumsum(seen) - 1)[whole]
    levels, index = np.unique(time, return_inverse=True)
    step = np.diff(levels)
    is_new = np.r_[True, step > merge_distance(levels)] if levels.size else levels > 0
    return levels[is_new], (np.cumsum(is_new) - 1)[index]


def merge_times(time: FloatArray, entry: FloatArray | None = None) -> tuple[FloatArray, FloatArray | None]:
    """The same times with near-equal ones set to one value; entry is merged on the same scale."""
    if entry is None:
        levels, index = rank_times(time)
        return levels[index], None
    levels, index = rank_times(np.concatenate([time, entry]))
    merged = levels[index]
    return merged[: time.size], merged[time.size :]


def compute_risk_table(
    time: FloatArray,
    status: IntArray,
    group: IntArray | None = None,
    entry: FloatArray | None = None,
    n_causes: int = 1,
    n_groups: int = 0,
) -> RiskTable:
    """Count events by cause, censorings and subjects at risk at each distinct exit time.

    ``status`` is 0 for censored and 1.. for causes; ``group`` holds positions 0.., up to ``n_groups`` - 1.
    """
    if entry is not None:
        time, entry = merge_times(time, entry)
    levels, index = rank_times(time)
    group = np.zeros(time.size, dtype=np.int64) if group is None else group
    n_groups, m = max(n_groups, int(group.max(initial=0)) + 1), levels.size
    cell = (status * n_groups + group) * m + index
    counts = np.bincount(cell, minlength=(n_causes + 1) * n_groups * m).astype(np.float64)
    counts = counts.reshape(n_causes + 1, n_groups, m)
    n_risk = np.cumsum(counts.sum(axis=0)[:, ::-1], axis=1)[:, ::-1]
    if entry is not None:
        # entered too late for t means entry >= t: so the row leaves the risk set of every time up to entry
        first = np.searchsorted(levels, entry, side="right")
        late = np.bincount(group * (m + 1) + first, minlength=n_groups * (m + 1)).reshape(n_groups, m + 1)
        n_risk = n_risk - np.cumsum(late[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return RiskTable(levels, n_risk, counts[1:], counts[0])


def count_at_risk(at: FloatArray, time: FloatArray, entry: FloatArray | None = None) -> FloatArray:
    """Subjects with entry < t <= time, for each requested t (near-equal times counted as equal)."""
    slack = merge_distance(time)
    at_risk = np.array([np.count_nonzero(time >= t - slack) for t in at], dtype=np.float64)
    if entry is not None:
        at_risk -= np.array([np.count_nonzero(entry >= t - slack) for t in at])
    return at_risk
