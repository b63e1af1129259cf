"""Nelson-Aalen cumulative hazard, by lifelines or by our kernel.

Aalen (1978), doi 10.1214/aos/1176344247; R: ``survfit(Surv(time, event) ~ 1, ctype = 1)$cumhaz``;
SAS: ``PROC LIFETEST NELSON``. ``fleming-harrington`` spreads ties (R: ``ctype = 2``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from lifelines import NelsonAalenFitter

from hepatrial.estimate.inputs import (
    FloatArray,
    IntArray,
    as_entry,
    as_events,
    as_float_array,
    as_times,
    check_choice,
    normal_quantile,
)
from hepatrial.estimate.km import (
    compute_curve_rows,
    compute_fleming_harrington,
    compute_nelson_aalen,
    find_rows,
)
from hepatrial.estimate.risk_table import compute_risk_table, merge_times


@dataclass(frozen=True, eq=False)
class CumulativeHazard:
    """``curve`` and ``at`` have time, hazard, std_error, conf_low, conf_high (limits on the log scale),
    status.
    """

    curve: pd.DataFrame
    at: pd.DataFrame
    n: int
    n_events: int
    conf_level: float
    method: str
    engine: str
    status: str
    notes: tuple[str, ...]


def estimate_cumulative_hazard(
    time: Any,
    event: Any,
    *,
    at: Any = (),
    estimator: str = "nelson-aalen",
    conf_level: float = 0.95,
    entry: Any = None,
    engine: str = "lifelines",
) -> CumulativeHazard:
    """Expected number of events by t if events could recur; arguments as in :func:`estimate_survival`."""
    check_choice(estimator, ("nelson-aalen", "fleming-harrington"), "estimator")
    check_choice(engine, ("lifelines", "kernel"), "engine")
    times = as_times(time)
    events = as_events(event, times.size)
    entries = as_entry(entry, times)
    days = as_float_array(np.atleast_1d(at), "at")
    rows = compute_curve_rows(compute_risk_table(times, events, entry=entries))
    if estimator == "fleming-harrington":
        hazard, std_error = compute_fleming_harrington(rows.n_risk, rows.n_events)
        engine = "kernel"
    else:
        hazard, std_error = compute_nelson_aalen(rows.n_risk, rows.n_events)
        if engine == "lifelines" and times.size:
            hazard = _fit_lifelines(times, events, entries, rows.time)
    curve = _frame(rows.time, hazard, std_error, conf_level)
    index = find_rows(days, rows.time) + 1
    requested = _frame(days, np.r_[0.0, hazard][index], np.r_[0.0, std_error][index], conf_level)
    beyond = days > rows.time.max(initial=0.0)
    beyond &= bool(rows.survival.size == 0 or rows.survival[-1] > 0)
    requested.loc[beyond, ["hazard", "std_error", "conf_low", "conf_high"]] = np.nan
    requested.loc[beyond, "status"] = "not_estimable"
    status = "ok" if times.size else "not_estimable"
    return CumulativeHazard(curve, requested, times.size, int(events.sum()), conf_level, estimator, engine, status, ())


def _fit_lifelines(time: FloatArray, event: IntArray, entry: FloatArray | None, curve_time: FloatArray) -> FloatArray:
    time, entry = merge_times(time, entry)
    fitted = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(time, event, entry=entry)
    curve = fitted.cumulative_hazard_.iloc[:, 0]
    rows = np.searchsorted(curve.index.to_numpy(), curve_time, side="right") - 1
    hazard: FloatArray = curve.to_numpy()[rows]
    return hazard


def _frame(time: FloatArray, hazard: FloatArray, std_error: FloatArray, conf_level: float) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.exp(normal_quantile(conf_level) * std_error / hazard)
    return pd.DataFrame(
        {
            "time": time,
            "hazard": hazard,
            "std_error": std_error,
            "conf_low": hazard / factor,
            "conf_high": hazard * factor,
            "status": np.where(hazard > 0, "ok", "note"),
        }
    )
