"""Cumulative incidence with competing risks, with an upper limit also when nobody had the event.

The engine is our own kernel (``aalen_johansen``): lifelines jitters tied times at random.
``engine="statsmodels"`` is
the second path. Aalen and Johansen (1978); R: ``survfit(Surv(time, factor(status)) ~ 1)``,
``cmprsk::cuminc``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv
from statsmodels.duration.survfunc import CumIncidenceRight

from hepatrial.errors import EstimateError
from hepatrial.estimate.aalen_johansen import (
    compute_cmprsk_variance,
    compute_event_free,
    compute_greenwood_variance,
    compute_incidence,
)
from hepatrial.estimate.clopper_pearson import compute_clopper_pearson
from hepatrial.estimate.inputs import (
    FloatArray,
    IntArray,
    as_codes,
    as_float_array,
    as_times,
    check_choice,
    check_conf_level,
    normal_quantile,
)
from hepatrial.estimate.km import find_rows
from hepatrial.estimate.risk_table import (
    RiskTable,
    compute_risk_table,
    count_at_risk,
    merge_distance,
    merge_times,
)

CONF_TYPES = ("plain", "log", "log-log", "small-sample")
VARIANCES = {"greenwood": compute_greenwood_variance, "cmprsk": compute_cmprsk_variance}
BEYOND = "past the last follow-up with subjects still event-free there"
BOUND = "no event of this cause by this time: exact one-sided bound"


@dataclass(frozen=True, eq=False)
class CumulativeIncidence:
    """``curve`` and ``at`` have time, n_risk, n_events, n_competing, n_censored, incidence, std_error,
    conf_low,
    conf_high, limits (which rule made them), status, message; counts are up to t in ``at``, at t in
    ``curve``.
    ``stacked`` has time, event_free and one incidence_<cause> column each: they sum to 1."""

    curve: pd.DataFrame
    at: pd.DataFrame
    stacked: pd.DataFrame
    cause: int
    n: int
    n_events: int
    conf_level: float
    method: str
    engine: str
    status: str
    notes: tuple[str, ...]


def estimate_cumulative_incidence(
    time: Any,
    status: Any,
    *,
    cause: int,
    at: Any = (),
    conf_type: str = "log-log",
    conf_level: float = 0.95,
    variance: str = "greenwood",
    engine: str = "kernel",
) -> CumulativeIncidence:
    """Probability of an event of ``cause`` by t, other causes being final.

    Parameters
    ----------
    time : array of float, shape (n,)
        Follow-up from the origin, >= 0. Ties are exact.
    status : array of int, shape (n,)
        0 censored, 1.. the cause of the event.
    cause : int
        The cause asked for, 1 or more; it need not occur.
    at : array of float
        Times asked for; past the last follow-up with event-free subjects is ``not_estimable``.
    conf_type : str
        ``plain``, ``log``, ``log-log``; or ``small-sample``: Clopper-Pearson of events/n while nobody has
        been
        censored before t, else log-log. With no event of this cause by t, every type gives the exact upper
        bound:
        Clopper-Pearson, or 1 minus the lower beta-product limit with subjects of other causes kept at risk.
    variance : str
        ``greenwood`` (R's survival, etm, prodlim) or ``cmprsk``.
    engine : str
        ``kernel`` or ``statsmodels`` (the incidence only).
    """
    check_choice(conf_type, CONF_TYPES, "conf_type")
    check_choice(variance, tuple(VARIANCES), "variance")
    check_choice(engine, ("kernel", "statsmodels"), "engine")
    check_conf_level(conf_level)
    times = as_times(time)
    codes = as_codes(status, times.size)
    if cause < 1:
        raise EstimateError(f"cause must be 1 or more (0 is censored), got {cause}")
    days = as_float_array(np.atleast_1d(at), "at")
    table = compute_risk_table(times, codes, n_causes=max(int(codes.max(initial=1)), cause))
    incidence = compute_incidence(table, cause)
    if engine == "statsmodels" and (codes == cause).any():
        incidence = _fit_statsmodels(times, codes, cause, table.time)
    std_error = np.sqrt(VARIANCES[variance](table, cause))
    rows = _count_rows(table, cause, incidence, std_error)
    on_row = _add_limits(rows, 0.0, conf_type, conf_level)
    between = _add_limits(rows, 1.0, conf_type, conf_level)
    return CumulativeIncidence(
        curve=on_row.iloc[1:].reset_index(drop=True),
        at=_at_frame(days, on_row, between, times, compute_event_free(table)[1]),
        stacked=_stack(table),
        cause=cause,
        n=times.size,
        n_events=int((codes == cause).sum()),
        conf_level=conf_level,
        method=f"Aalen-Johansen, {variance} variance, {conf_type} limits",
        engine=engine,
        status="ok" if times.size else "not_estimable",
        notes=() if times.size else ("no subjects",),
    )


def _fit_statsmodels(time: FloatArray, status: IntArray, cause: int, curve_time: FloatArray) -> FloatArray:
    # it lists the causes that occur; relabel so that ours is the first
    codes = np.where(status == cause, 1, np.where(status > 0, 2, 0))
    with np.errstate(divide="ignore", invalid="ignore"):  # its standard errors, not used here, divide by survivors
        fitted = CumIncidenceRight(merge_times(time)[0], codes)
    curve: FloatArray = np.r_[0.0, fitted.cinc[0]]
    found: FloatArray = curve[np.searchsorted(fitted.times, curve_time, side="right")]
    return found


def _count_rows(table: RiskTable, cause: int, incidence: FloatArray, std_error: FloatArray) -> pd.DataFrame:
    """Counts and estimate at each time, after one row for the origin."""
    own = table.n_events[cause - 1, 0]
    n = float(table.n_risk[0, :1].sum())
    return pd.DataFrame(
        {
            "time": np.r_[0.0, table.time],
            "n_risk": np.r_[n, table.n_risk[0]],
            "n_events": np.r_[0.0, own],
            "n_competing": np.r_[0.0, table.n_events[:, 0].sum(axis=0) - own],
            "n_censored": np.r_[0.0, table.n_censored[0]],
            "incidence": np.r_[0.0, incidence],
            "std_error": np.r_[0.0, std_error],
        }
    )


def _add_limits(rows: pd.DataFrame, gone: float, conf_type: str, conf_level: float) -> pd.DataFrame:
    """Limits at each row; ``gone`` = 1 when those censored at the row's time had left before the limits."""
    f, se = rows["incidence"].to_numpy(), rows["std_error"].to_numpy()
    low, high = compute_incidence_limits(f, se, conf_type, conf_level)
    n = float(rows["n_risk"].iloc[0])
    events = np.cumsum(rows["n_events"].to_numpy())
    censored = np.cumsum(rows["n_censored"].to_numpy()) - (1 - gone) * rows["n_censored"].to_numpy()
    complete, none = censored == 0, events == 0
    name = np.full(len(rows), "log-log" if conf_type == "small-sample" else conf_type, dtype=object)
    binomial = complete & (none | (conf_type == "small-sample"))
    exact_low, exact_high = compute_clopper_pearson(events, np.full(len(rows), n), conf_level)
    low, high = np.where(binomial, exact_low, low), np.where(binomial, exact_high, high)
    # beta product with no event: W- = Beta(Y, 1), Y = n less those censored; other causes stay at risk
    bound = none & ~complete
    staying = np.where(n > censored, n - censored, 1.0)
    top = np.where(n > censored, 1 - betaincinv(staying, 1.0, (1 - conf_level) / 2), 1.0)
    low, high = np.where(bound, 0.0, low), np.where(bound, top, high)
    name[binomial], name[bound] = "clopper-pearson", "beta-product"
    switched = none & (conf_type != "small-sample")
    # a standard error of 0 after an event: everybody has had it
    missing = np.isnan(low) | ((se == 0) & (events > 0) & ~binomial)
    low, high = np.where(missing, np.nan, low), np.where(missing, np.nan, high)
    return rows.assign(
        conf_low=low,
        conf_high=high,
        limits=name,
        status=np.where(switched | missing, "note", "ok"),
        message=np.where(
            missing, "everybody has had the event: these limits do not exist", np.where(switched, BOUND, "")
        ),
    )


def compute_incidence_limits(
    incidence: FloatArray, std_error: FloatArray, conf_type: str, conf_level: float
) -> tuple[FloatArray, FloatArray]:
    """Plain, log or log(-log) limits, kept within 0 and 1."""
    z = normal_quantile(conf_level)
    if conf_type == "plain":
        return np.maximum(incidence - z * std_error, 0), np.minimum(incidence + z * std_error, 1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if conf_type == "log":
            factor = np.exp(z * std_error / incidence)
            return incidence / factor, np.minimum(incidence * factor, 1)
        power = np.exp(z * std_error / (incidence * np.log(incidence)))
        return incidence ** (1 / power), incidence**power


def _stack(table: RiskTable) -> pd.DataFrame:
    shares = {"time": table.time, "event_free": compute_event_free(table)[1]}
    for cause in range(1, table.n_events.shape[0] + 1):
        shares[f"incidence_{cause}"] = compute_incidence(table, cause)
    return pd.DataFrame(shares)


def _at_frame(
    at: FloatArray, on_row: pd.DataFrame, between: pd.DataFrame, time: FloatArray, event_free: FloatArray
) -> pd.DataFrame:
    """One row per requested time, in that order."""
    curve_time = on_row["time"].to_numpy()
    index = np.maximum(find_rows(at, curve_time), 0)
    is_on = np.abs(curve_time[index] - at) <= merge_distance(time)
    both = pd.concat([on_row, between], ignore_index=True)
    frame = both.iloc[np.where(is_on, index, index + len(on_row))].reset_index(drop=True)
    totals = on_row[["n_events", "n_competing", "n_censored"]].cumsum().iloc[index].reset_index(drop=True)
    totals["n_censored"] -= frame["n_censored"] * is_on
    frame[totals.columns] = totals
    frame["time"], frame["n_risk"] = at, count_at_risk(at, time)
    left = event_free[-1] if event_free.size else 1.0
    beyond = (at > curve_time[-1] + merge_distance(time)) & (left > 0)
    frame.loc[beyond, ["incidence", "std_error", "conf_low", "conf_high"]] = np.nan
    frame.loc[beyond, ["status", "message"]] = ["not_estimable", BEYOND]
    return frame
