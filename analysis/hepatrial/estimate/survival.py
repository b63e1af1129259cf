"""Kaplan-Meier survival at fixed days, with limits that hold at n = 10.

lifelines makes the curve; limits, risk sets and "not estimable" are ours, because lifelines carries the
curve past the
last follow-up and gives [1, 1] when nobody has died. ``engine="kernel"`` is the second path (``km``).
"""

import warnings
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

from hepatrial.errors import EstimateError
from hepatrial.estimate.beta_product import compute_beta_product, compute_beta_product_limits
from hepatrial.estimate.clopper_pearson import compute_clopper_pearson
from hepatrial.estimate.inputs import (
    FloatArray,
    IntArray,
    as_entry,
    as_events,
    as_float_array,
    as_groups,
    as_times,
    check_choice,
    check_conf_level,
)
from hepatrial.estimate.km import (
    CurveRows,
    compute_curve_rows,
    compute_fleming_harrington,
    compute_influence,
    find_rows,
)
from hepatrial.estimate.risk_table import compute_risk_table, count_at_risk, merge_distance, merge_times
from hepatrial.estimate.survival_limits import ASYMPTOTIC, compute_limits

EXACT = ("beta-product", "beta-product-midp", "clopper-pearson")
CONF_TYPES = (*ASYMPTOTIC, *EXACT)
CONVENTIONS = ("fixed-day", "bpcp")
BEYOND = "past the last follow-up with subjects still alive there"
NO_EVENT = "no event by this time: {} limits do not exist, beta-product limits are given"
ALL_DEAD = "survival is 0: {} limits do not exist"


@dataclass(frozen=True, eq=False)
class SurvivalEstimate:
    """Kaplan-Meier curve, and its value at each requested time.

    ``curve`` and ``at`` have columns time, n_risk, n_events, n_censored, survival, std_error, conf_low,
    conf_high,
    status, message; ``n_events`` and ``n_censored`` are those at the time in ``curve`` and up to it in
    ``at``.
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


Columns = dict[str, Any]
"""Arrays of one length by name."""


def estimate_survival(
    time: Any,
    event: Any,
    *,
    at: Any = (),
    conf_type: str = "log-log",
    conf_level: float = 0.95,
    entry: Any = None,
    cluster: Any = None,
    estimator: str = "kaplan-meier",
    convention: str = "fixed-day",
    engine: str = "lifelines",
) -> SurvivalEstimate:
    """Probability of being event-free beyond t, under censoring that says nothing about prognosis.

    Parameters
    ----------
    time : array of float, shape (n,)
        Follow-up from the origin, >= 0, no missing values. Near-equal times are one time.
    event : array of bool or 0/1, shape (n,)
        1 = event. R's 1/2 coding is refused.
    at : array of float
        Times asked for, in the order wanted. A time past the last follow-up with subjects still alive there
        is
        ``not_estimable``; if the last subjects all died, survival there is 0.
    conf_type : str
        plain, log, log-log, logit, arcsin, peto, modified, rothman, thomas-grunkemeier, beta-product,
        beta-product-midp, or clopper-pearson (only where nobody is censored before t).
        With no event yet, an asymptotic interval has no width: beta-product limits are given, with a note.
    entry : array of float, optional
        Delayed entry: at risk when entry < t <= time. Not defined for the exact limits.
    cluster : array, optional
        Subject identifiers: the standard error becomes the infinitesimal jackknife grouped by subject.
    estimator : str
        ``kaplan-meier``, or ``fleming-harrington``, exp(-H) with ties spread.
    convention : str
        ``fixed-day``: exact limits at t are taken just before the censorings at t, whose subjects survived t.
        ``bpcp``: limits as R prints them, there and at survival 1.
    engine : str
        ``lifelines``, or ``kernel`` for the independent numpy path.

    Notes
    -----
    Greenwood variance. R: ``summary(survfit(Surv(time, event) ~ 1, conf.type =), times =)``, ``bpcp::bpcp``;
    SAS: ``PROC LIFETEST CONFTYPE=``. Fay et al. 2013, doi 10.1093/biostatistics/kxt016.

    Examples
    --------
    >>> fit = estimate_survival([5, 20, 84], [1, 1, 0], at=[28], conf_type="beta-product")
    >>> fit.at["survival"].round(4).item()
    0.3333
    """
    check_choice(conf_type, CONF_TYPES, "conf_type")
    check_choice(convention, CONVENTIONS, "convention")
    check_choice(engine, ("lifelines", "kernel"), "engine")
    check_choice(estimator, ("kaplan-meier", "fleming-harrington"), "estimator")
    check_conf_level(conf_level)
    times = as_times(time)
    events = as_events(event, times.size)
    entries = as_entry(entry, times)
    if entries is not None and conf_type in EXACT:
        raise EstimateError(f"conf_type {conf_type} is not defined with delayed entry")
    days = as_float_array(np.atleast_1d(at), "at")
    rows, notes = _compute_rows(times, events, entries, cluster, estimator, engine)
    rows = _add_origin(rows, times.size)
    staying = np.where(convention == "bpcp", rows.n_censored, 0.0)
    exact_at_one = convention != "bpcp" and conf_type in ASYMPTOTIC and entries is None
    on_row, between = (
        _make_columns(rows, _make_limits(rows, gone, conf_type, conf_level, exact_at_one))
        for gone in (staying, rows.n_censored)
    )
    return SurvivalEstimate(
        curve=pd.DataFrame({name: values[1:] for name, values in on_row.items()}),
        at=_at_frame(days, on_row, between, times, entries),
        n=times.size,
        n_events=int(events.sum()),
        conf_level=conf_level,
        method=f"{estimator}, {conf_type} limits",
        engine=engine if estimator == "kaplan-meier" else "kernel",
        status="not_estimable" if not times.size else ("note" if notes else "ok"),
        notes=notes if times.size else ("no subjects",),
    )


def _compute_rows(
    time: FloatArray,
    event: IntArray,
    entry: FloatArray | None,
    cluster: Any,
    estimator: str,
    engine: str,
) -> tuple[CurveRows, tuple[str, ...]]:
    rows = compute_curve_rows(compute_risk_table(time, event, entry=entry))
    notes: tuple[str, ...] = ()
    if estimator == "fleming-harrington":
        hazard, log_se = compute_fleming_harrington(rows.n_risk, rows.n_events)
        rows = replace(rows, survival=np.exp(-hazard), log_std_error=log_se)
    elif engine == "lifelines" and time.size:
        survival, notes = _fit_lifelines(time, event, entry, rows.time)
        rows = replace(rows, survival=survival)
    if cluster is not None:
        _, subject = as_groups(cluster, time.size, "cluster")
        influence = compute_influence(time, event, entry, rows)
        grouped = np.zeros((subject.max() + 1, rows.time.size))
        np.add.at(grouped, subject, influence)
        rows = replace(rows, log_std_error=np.sqrt((grouped**2).sum(axis=0)))
    return rows, notes


def _add_origin(rows: CurveRows, n: int) -> CurveRows:
    """The same rows after one for the origin, where all ``n`` are at risk and survival is 1."""
    first = {"n_risk": float(n), "survival": 1.0}
    return CurveRows(**{f.name: np.r_[first.get(f.name, 0.0), getattr(rows, f.name)] for f in fields(rows)})


def _fit_lifelines(
    time: FloatArray, event: IntArray, entry: FloatArray | None, curve_time: FloatArray
) -> tuple[FloatArray, tuple[str, ...]]:
    """Survival at each curve time as lifelines computes it, and the warnings it gave.

    Subjects alike in time and event are one row with a weight, counted apart from the kernel's risk table.
    """
    time, entry = merge_times(time, entry)
    weights = None
    if entry is None:
        time, event, weights = _count_alike(time, event)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = KaplanMeierFitter().fit(time, event, entry=entry, weights=weights)
    curve = fitted.survival_function_.iloc[:, 0]
    rows = np.searchsorted(curve.index.to_numpy(), curve_time, side="right") - 1
    return curve.to_numpy()[rows], tuple(sorted({str(w.message).strip() for w in caught}))


def _count_alike(time: FloatArray, event: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Distinct pairs of time and event, and how many subjects have them."""
    codes, distinct = pd.factorize(time)
    counts = np.bincount(2 * codes + event, minlength=2 * distinct.size)
    present = np.flatnonzero(counts)
    return distinct[present // 2], present % 2, counts[present]


def _make_limits(rows: CurveRows, gone: FloatArray, conf_type: str, conf_level: float, exact_at_one: bool) -> Columns:
    """Limits with status and message at every row; ``gone`` are the censored at the row who left before the
    limits.
    """
    after = rows.n_risk - rows.n_events - gone
    if conf_type in ASYMPTOTIC:
        low, high = compute_limits(rows, conf_type, conf_level)
        if not exact_at_one:  # before its first row survfit prints 1-1, whatever the formula says
            low[:1], high[:1] = 1.0, 1.0
    elif conf_type == "clopper-pearson":
        low, high = _clopper_pearson(rows, gone, conf_level)
    else:
        w = compute_beta_product(rows.n_risk, rows.n_events, after)
        low, high = compute_beta_product_limits(w, conf_level, midp=conf_type == "beta-product-midp")
    status, message = np.full(low.size, "ok", dtype=object), np.full(low.size, "", dtype=object)
    limits = {"conf_low": low, "conf_high": high, "status": status, "message": message}
    if exact_at_one:
        _show_exact_limits_at_one(limits, rows, after, conf_type, conf_level)
    _mark_missing_limits(limits, rows.survival, conf_type)
    return limits


def _clopper_pearson(rows: CurveRows, gone: FloatArray, conf_level: float) -> tuple[FloatArray, FloatArray]:
    """Binomial limits of the proportion alive; NaN once somebody has been censored before t."""
    dead = np.cumsum(rows.n_events)
    low, high = compute_clopper_pearson(rows.n_risk[0] - dead, rows.n_risk[0] + 0 * dead, conf_level)
    complete = np.cumsum(rows.n_censored) - rows.n_censored + gone == 0
    return np.where(complete, low, np.nan), np.where(complete, high, np.nan)


def _show_exact_limits_at_one(
    limits: Columns, rows: CurveRows, after: FloatArray, conf_type: str, conf_level: float
) -> None:
    none = np.cumsum(rows.n_events) == 0
    low, high = compute_beta_product_limits(compute_beta_product(rows.n_risk, rows.n_events, after), conf_level)
    exact: Columns = {"conf_low": low, "conf_high": high, "status": "note", "message": NO_EVENT.format(conf_type)}
    for name, values in exact.items():
        limits[name] = np.where(none, values, limits[name])


def _mark_missing_limits(limits: Columns, survival: FloatArray, conf_type: str) -> None:
    missing = np.isnan(limits["conf_low"])
    if conf_type == "clopper-pearson":
        limits["status"][missing] = "not_estimable"
        limits["message"][missing] = "somebody was censored before this time: no binomial limits"
        return
    limits["status"][missing] = "note"
    limits["message"][missing] = f"{conf_type} limits do not exist here"
    limits["message"][missing & (survival <= 0)] = ALL_DEAD.format(conf_type)


def _make_columns(rows: CurveRows, limits: Columns) -> Columns:
    with np.errstate(invalid="ignore"):
        std_error = np.where(rows.survival > 0, rows.survival * rows.log_std_error, np.nan)
    names = ("time", "n_risk", "n_events", "n_censored", "survival")
    return {**{name: getattr(rows, name) for name in names}, "std_error": std_error, **limits}


def _at_frame(
    at: FloatArray, on_row: Columns, between: Columns, time: FloatArray, entry: FloatArray | None
) -> pd.DataFrame:
    """One row per requested time, in that order; both sets of columns start with the row of the origin."""
    curve_time = on_row["time"]
    index = np.maximum(find_rows(at, curve_time), 0)
    is_on = np.abs(curve_time[index] - at) <= merge_distance(time)
    found = {name: np.where(is_on, values[index], between[name][index]) for name, values in on_row.items()}
    found |= {
        "time": at,
        "n_risk": count_at_risk(at, time, entry),
        "n_events": np.cumsum(on_row["n_events"])[index],
        "n_censored": np.cumsum(on_row["n_censored"])[index] - found["n_censored"] * is_on,
    }
    zero = (at <= 0) & (found["n_events"] == 0) & (found["status"] == "note")
    _set(found, zero, {"conf_low": 1.0, "conf_high": 1.0, "status": "ok", "message": ""})
    beyond = (at > curve_time[-1] + merge_distance(time)) & (found["survival"] > 0)
    unknown = dict.fromkeys(("survival", "std_error", "conf_low", "conf_high"), np.nan)
    _set(found, beyond, unknown | {"status": "not_estimable", "message": BEYOND})
    texts = ("status", "message")
    return pd.DataFrame({name: v if name in texts else v.astype(np.float64) for name, v in found.items()})


def _set(columns: Columns, rows: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        columns[name][rows] = value
