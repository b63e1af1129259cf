"""Summaries of one patient's trajectory, and paired changes over visits: the primary display of a small
trial.

Values are what was measured while alive on native liver; nothing is carried forward and nothing is imputed
after death. A summary whose patient lacks what it needs is ``not_estimable`` with the reason, and stays in
the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import EstimateError
from .design import Floats, require_columns
from .means import check_conf_level

MIN_PAIRS = 5


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


@dataclass(frozen=True, eq=False)
class PairedChanges:
    """``table``: one row a visit (visit, n_pairs, estimate, std_error, df, statistic, p_value, conf_low,
    conf_high, hl_estimate, hl_conf_low, hl_conf_high, hl_conf_level, status, reason)."""

    table: pd.DataFrame
    conf_level: float
    method: str


def estimate_paired_changes(
    data: pd.DataFrame,
    *,
    subject: str,
    visit: str,
    value: str,
    baseline: str,
    scale: str = "difference",
    conf_level: float = 0.95,
) -> PairedChanges:
    """Change from baseline at each visit among the patients with both values; the display of a trial below
    30 patients.

    Parameters
    ----------
    baseline : level of ``visit``
    scale : "difference", or "ratio": the geometric mean ratio to baseline, values > 0, worked on the natural
    log

    Returns
    -------
    PairedChanges
        One-sample t interval (R ``t.test(change)``), and the Hodges-Lehmann estimate with its exact
        signed-rank interval
        (``wilcox.test(change, conf.int = TRUE)``; with ties its nominal level is kept as an upper bound of
        what the distribution allows, ``hl_conf_level`` is the level attained without ties). Fewer than 5
        pairs: not estimable.
    """
    check_conf_level(conf_level)
    if scale not in ("difference", "ratio"):
        raise EstimateError(f"scale must be difference or ratio, not {scale!r}")
    require_columns(data, [subject, visit, value])
    wide = _pivot(data, subject, visit, value)
    if baseline not in wide.columns:
        raise EstimateError(f"baseline: {visit} has no value {baseline!r}; it has {list(wide.columns)}")
    if scale == "ratio":
        if (wide <= 0).any(axis=None):
            raise EstimateError(f"scale ratio: {value!r} must be > 0")
        wide = np.log(wide)
    rows = []
    for level in wide.columns:
        if level != baseline:
            change = (wide[level] - wide[baseline]).dropna().to_numpy(dtype=float)
            rows.append({"visit": level, "n_pairs": len(change), **_paired(change, conf_level)})
    table = pd.DataFrame(rows)
    if scale == "ratio" and len(table):
        shown = ["estimate", "conf_low", "conf_high", "hl_estimate", "hl_conf_low", "hl_conf_high"]
        table[shown] = np.exp(table[shown])
        table["std_error"] = table["std_error"] * table["estimate"]
    return PairedChanges(table, conf_level, f"paired change from {baseline}, {scale}, t and signed-rank intervals")


def _pivot(data: pd.DataFrame, subject: str, visit: str, value: str) -> pd.DataFrame:
    known = data[[subject, visit, value]].dropna()
    if known.duplicated([subject, visit]).any():
        row = known[known.duplicated([subject, visit])].iloc[0]
        raise EstimateError(f"subject {row[subject]!r} has more than one value at {row[visit]!r}")
    return known.pivot(index=subject, columns=visit, values=value).astype(float)


def _paired(change: Floats, conf_level: float) -> dict[str, float | str]:
    names = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
    hodges = ("hl_estimate", "hl_conf_low", "hl_conf_high", "hl_conf_level")
    n = len(change)
    if n < MIN_PAIRS:
        out: dict[str, float | str] = dict.fromkeys((*names, *hodges), np.nan)
        return {**out, "status": "not_estimable", "reason": f"fewer than {MIN_PAIRS} pairs"}
    mean, error = float(change.mean()), float(change.std(ddof=1) / np.sqrt(n))
    t = mean / error if error > 0 else np.nan
    half = float(stats.t.isf((1 - conf_level) / 2, n - 1)) * error
    numbers = (mean, error, n - 1.0, t, float(2 * stats.t.sf(abs(t), n - 1)), mean - half, mean + half)
    return {
        **dict(zip(names, numbers, strict=True)),
        **dict(zip(hodges, _hodges_lehmann(change, conf_level), strict=True)),
        "status": "ok",
        "reason": "",
    }


def signed_rank_distribution(n: int) -> Floats:
    """P(W = w), w = 0 .. n (n + 1) / 2, of the Wilcoxon signed-rank statistic without ties."""
    counts = np.ones(1)
    for rank in range(1, n + 1):
        counts = np.convolve(counts, np.bincount([0, rank]).astype(float)) / 2
    return counts


def _hodges_lehmann(change: Floats, conf_level: float) -> Sequence[float]:
    """Median of the Walsh averages; limits are their order statistics at the exact signed-rank quantile."""
    n = len(change)
    i, j = np.triu_indices(n)
    walsh = np.sort((change[i] + change[j]) / 2)
    below = np.cumsum(signed_rank_distribution(n))
    # R's qsignrank(alpha / 2, n), at least 1: the smallest w with P(W <= w) >= alpha / 2
    k = max(int(np.searchsorted(below, (1 - conf_level) / 2 * (1 - 1e-12))), 1)
    attained = 1 - 2 * float(below[k - 1])
    return float(np.median(walsh)), float(walsh[k - 1]), float(walsh[len(walsh) - k]), attained
