"""Kaplan-Meier of a time-to-event parameter: days, curve, quantiles and known status of one group.

Every survival number is computed twice, by lifelines and by our own kernel.
"""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.known_status import known_status_rows
from hepatrial.analyse.rows import Group, Plan, Rows, checked_rows, make_row, make_rows
from hepatrial.analyse.sample import time_to_event
from hepatrial.estimate import compare_survival_to_rate, estimate_survival, estimate_survival_quantile

CURVE = ("n_risk", "n_events", "n_censored", "estimate", "conf_low", "conf_high")
AT_DAY = ("n_risk", "n_events", "n_censored", "estimate", "std_error", "conf_low", "conf_high")


def analyse_survival(plan: Plan, group: Group) -> Rows:
    """Every survival row of one group."""
    planned = plan.analysis
    rows = time_to_event(plan, group)
    keys: dict[str, Any] = {
        "variable": planned.parameter,
        "source": ("ADTTE", [("PARAMCD", "in", [planned.parameter])]),
    }
    time, event = rows["AVAL"].to_numpy(dtype=float), (rows["CNSR"] == 0).to_numpy()
    yield from make_rows(
        plan, group, "follow-up", {"n_total": len(rows), "n_events": event.sum(), "n_censored": (~event).sum()}, **keys
    )
    if len(rows) == 0:
        return
    options = {"conf_type": planned.conf_type, "conf_level": planned.conf_level}
    found = estimate_survival(time, event, at=planned.days, **options)
    second = estimate_survival(time, event, at=planned.days, engine="kernel", **options)
    yield from _at_days(plan, group, found, second, **keys)
    if planned.historical:
        yield from _against_history(plan, group, time, event, **keys)
    yield from _curve(plan, group, found, **keys)
    yield from at_risk_rows(plan, group, rows, **keys)
    yield from known_status_rows(plan, group, rows, **keys)
    if planned.quantiles:
        yield from _quantiles(plan, group, time, event, **keys)


def _at_days(plan: Plan, group: Group, found: Any, second: Any, **keys: Any) -> Rows:
    for first, other in zip(found.at.itertuples(), second.at.itertuples(), strict=True):
        more = keys | {"time_days": float(first.time), "method": found.method}
        stats = _stats(first, AT_DAY)
        yield from checked_rows(plan, group, "survival", stats, "estimate", other.survival, **_status(first), **more)


def _against_history(plan: Plan, group: Group, time: np.ndarray, event: np.ndarray, **keys: Any) -> Rows:
    """Survival minus the declared rate, exact."""
    declared = plan.analysis.historical
    found = compare_survival_to_rate(
        time, event, at=declared.day, rate=declared.rate, conf_level=plan.analysis.conf_level
    )
    stats = {name: getattr(found, name) for name in ("estimate", "conf_low", "conf_high", "p_value")}
    more = {"method": found.method, "status": found.status, "message": "; ".join(found.notes)}
    yield from make_rows(plan, group, "historical difference", stats, time_days=float(declared.day), **keys, **more)


def _stats(line: Any, names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(getattr(line, "survival" if name == "estimate" else name)) for name in names}


def _status(line: Any) -> dict[str, str]:
    return {"status": line.status, "message": line.message}


def _curve(plan: Plan, group: Group, found: Any, **keys: Any) -> Rows:
    """The steps of the curve, for its figure; n_events and n_censored are those at the time."""
    for line in found.curve.itertuples():
        more = keys | {"time_days": float(line.time), "level": "curve", "endpoint": ""}
        yield from make_rows(
            plan, group, "survival", _stats(line, CURVE), checked_by="engine", method=found.method, **more
        )


def at_risk_rows(plan: Plan, group: Group, rows: pd.DataFrame, **keys: Any) -> Rows:
    """At risk just before each day, and events, competing events and censorings before it: they sum to N."""
    for day in (0, *plan.analysis.days):
        before = rows[rows["AVAL"] < day]
        stats = {
            "n_risk": int((rows["AVAL"] >= day).sum()),
            "n_events": int((before["CNSR"] == 0).sum()),
            "n_competing": int((before["CNSR"] == 2).sum()),
            "n_censored": int((before["CNSR"] == 1).sum()),
        }
        yield from make_rows(plan, group, "at risk", stats, time_days=float(day), **keys)


def _quantiles(plan: Plan, group: Group, time: np.ndarray, event: np.ndarray, **keys: Any) -> Rows:
    planned = plan.analysis
    found = estimate_survival_quantile(
        time, event, probs=planned.quantiles, conf_type=planned.conf_type, conf_level=planned.conf_level
    )
    for line in found.table.itertuples():
        stats = {"estimate": line.time, "conf_low": line.conf_low, "conf_high": line.conf_high}
        for stat, value in stats.items():
            missing = {"status": "not_estimable", "message": "not reached"} if np.isnan(value) else {}
            more = keys | {"level": f"{line.prob:g}", "unit": "days", "method": found.method} | missing
            yield make_row(plan, group, "event time quantile", stat, value, **more)
