"""Who could be measured at each visit, and what was measured while alive: the table that goes before any
model.

Counts keep death, transplant and the like apart from values missing among the living; summaries are of the
values of those alive with native liver at the visit (the while-alive strategy of ICH E9(R1)).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import EstimateError
from .design import require_columns
from .means import check_conf_level


@dataclass(frozen=True, eq=False)
class VisitSummaries:
    """``table``: one row a group and visit: n, n_alive, n_observed, n_missing (alive without a value), one
    ``n_<state>`` for each other state, then mean, sd, std_error, conf_low, conf_high (t), median, q1, q3,
    min, max and status."""

    table: pd.DataFrame
    conf_level: float
    method: str


def summarise_visits(
    data: pd.DataFrame,
    *,
    visit: str,
    value: str,
    state: str,
    group: str | None = None,
    alive: str = "alive",
    conf_level: float = 0.95,
) -> VisitSummaries:
    """Summarise values among those alive, and count everybody else by state.

    Parameters
    ----------
    data : DataFrame, one row for every subject and planned visit, measured or not
    state : column: ``alive``, or why there is none to measure ("dead", "transplanted", "withdrawn"); never
    missing value : column; a value in a row that is not alive is an error, for it must not enter by accident

    Returns
    -------
    VisitSummaries
        Quartiles are of type 2 (SAS). No interval from fewer than 2 values: ``not_estimable``.
    """
    check_conf_level(conf_level)
    names = [visit, value, state] + ([group] if group else [])
    require_columns(data, names)
    if data[state].isna().any():
        raise EstimateError(f"state: {state!r} is missing in {int(data[state].isna().sum())} rows")
    stray = data[value].notna() & (data[state] != alive)
    if stray.any():
        row = data[stray].iloc[0]
        raise EstimateError(f"{value!r} has a value at {row[visit]!r} where {state!r} is {row[state]!r}")
    others = sorted({str(s) for s in data[state]} - {alive})
    by = ([group] if group else []) + [visit]
    rows = []
    for cell, part in data.groupby(by, observed=True, sort=True):
        key = dict(zip(by, cell if isinstance(cell, tuple) else (cell,), strict=True))
        rows.append({**key, **_counts(part, state, value, alive, others), **_summary(part[value], conf_level)})
    return VisitSummaries(pd.DataFrame(rows), conf_level, f"values while {alive}, by visit")


def _counts(part: pd.DataFrame, state: str, value: str, alive: str, others: list[str]) -> dict[str, int]:
    n_alive, n_observed = int((part[state] == alive).sum()), int(part[value].notna().sum())
    out = {"n": len(part), "n_alive": n_alive, "n_observed": n_observed, "n_missing": n_alive - n_observed}
    return out | {f"n_{other}": int((part[state] == other).sum()) for other in others}


def _summary(column: pd.Series, conf_level: float) -> dict[str, float | str]:
    y = column.dropna().to_numpy(dtype=float)
    names = ("mean", "sd", "std_error", "conf_low", "conf_high", "median", "q1", "q3", "min", "max")
    if len(y) == 0:
        return {**dict.fromkeys(names, np.nan), "status": "not_estimable"}
    mean, sd = float(y.mean()), float(y.std(ddof=1)) if len(y) > 1 else np.nan
    error = sd / np.sqrt(len(y))
    half = float(stats.t.isf((1 - conf_level) / 2, len(y) - 1)) * error if len(y) > 1 else np.nan
    q1, median, q3 = np.quantile(y, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    numbers = (
        mean,
        sd,
        error,
        mean - half,
        mean + half,
        float(median),
        float(q1),
        float(q3),
        y.min(),
        y.max(),
    )
    status = "ok" if len(y) > 1 else "not_estimable"
    return {**dict(zip(names, map(float, numbers), strict=True)), "status": status}
