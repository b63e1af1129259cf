"""Kaplan-Meier of a time-to-event parameter: days, curve, quantiles, known status, and the comparison of arms.

Every survival number is computed twice, by lifelines and by our own kernel; the log-rank test by ours and statsmodels.
"""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Rows, checked_rows, make_row, make_rows
from hepatrial.estimate import (
    compare_rmst,
    compare_survival,
    compare_survival_at,
    estimate_survival,
    estimate_survival_quantile,
    fit_cox,
)

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
    yield from _curve(plan, group, found, **keys)
    yield from at_risk_rows(plan, group, rows, **keys)
    yield from _known_status(plan, group, rows, **keys)
    if planned.quantiles:
        yield from _quantiles(plan, group, time, event, **keys)


def time_to_event(plan: Plan, group: Group) -> pd.DataFrame:
    """The group's rows of the parameter, those whose follow-up started."""
    rows = plan.dataset("ADTTE", group)
    return rows[(rows["PARAMCD"] == plan.analysis.parameter) & rows["AVAL"].notna()]


def _at_days(plan: Plan, group: Group, found: Any, second: Any, **keys: Any) -> Rows:
    for first, other in zip(found.at.itertuples(), second.at.itertuples(), strict=True):
        more = keys | {"time_days": float(first.time), "method": found.method}
        stats = _stats(first, AT_DAY)
        yield from checked_rows(plan, group, "survival", stats, "estimate", other.survival, **_status(first), **more)


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


def _known_status(plan: Plan, group: Group, rows: pd.DataFrame, **keys: Any) -> Rows:
    """Who is known event-free, known to have had the event, or unknown at each day, with best and worst case.

    Known event-free: followed to the day, or last seen at most ``status_tolerance_days`` before it.
    """
    tolerance = plan.study.time.status_tolerance_days
    for day in plan.analysis.days:
        had = (rows["CNSR"] == 0) & (rows["AVAL"] <= day)
        free = ~had & ((rows["AVAL"] >= day - tolerance) | ((rows["CNSR"] == 0) & (rows["AVAL"] > day)))
        n_free, n_had = int(free.sum()), int(had.sum())
        n_unknown = len(rows) - n_free - n_had
        stats = {
            "n_alive": n_free, "n_dead": n_had, "n_unknown": n_unknown,
            "best_case": (n_free + n_unknown) / len(rows), "worst_case": n_free / len(rows),
        }  # fmt: skip
        yield from make_rows(plan, group, "known status", stats, time_days=float(day), **keys)


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


def compare_groups(plan: Plan, groups: list[Group]) -> Rows:
    """Log-rank test and hazard ratio between arms, where the study file plans them."""
    planned = plan.analysis.comparison
    if planned is None:
        return
    parts = [time_to_event(plan, group).assign(ARM=group.code) for group in groups]
    rows = pd.concat(parts, ignore_index=True)
    time, event, arm = rows["AVAL"].to_numpy(dtype=float), (rows["CNSR"] == 0).to_numpy(), rows["ARM"].to_numpy()
    keys: dict[str, Any] = {"variable": plan.analysis.parameter, "n_used": len(rows)}
    keys["source"] = ("ADTTE", [("PARAMCD", "in", [plan.analysis.parameter]), (_flag(plan), "in", ["Y"])])
    found = compare_survival(time, event, arm)
    is_computed = found.status in ("ok", "note")
    second = compare_survival(time, event, arm, engine="statsmodels").statistic if is_computed else np.nan
    stats = {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
    more = {"method": found.method, "status": found.status, "message": "; ".join(found.notes)}
    yield from checked_rows(plan, None, "log-rank test", stats, "statistic", second, **keys, **more)
    if planned.hazard_ratio:
        yield from _hazard_ratios(plan, groups, rows, keys)
    yield from _differences(plan, groups, rows, keys)


def _differences(plan: Plan, groups: list[Group], rows: pd.DataFrame, keys: dict[str, Any]) -> Rows:
    """Survival at each fixed day and mean survival time to a day, each arm minus the reference arm."""
    planned, reference = plan.analysis.comparison, plan.study.design.reference_arm
    for group in (group for group in groups if group.code != reference):
        pair = rows[rows["ARM"].isin([group.code, reference])]
        data = pair["AVAL"].to_numpy(dtype=float), (pair["CNSR"] == 0).to_numpy(), pair["ARM"].to_numpy()
        options = {"reference": reference, "conf_level": plan.analysis.conf_level}
        own = keys | {"comparator": reference, "n_used": len(pair)}
        for day in plan.analysis.days if planned.fixed_days else ():
            at = compare_survival_at(*data, at=day, method=planned.fixed_days, **options)
            stats = _contrast_stats(at.table) | {"p_value": at.p_value}
            more = own | {"time_days": float(day)} | _said(at)
            yield from make_rows(plan, group, "survival difference", stats, **more)
        if planned.restricted_mean_day:
            means = compare_rmst(*data, tau=planned.restricted_mean_day, **options)
            stats = _contrast_stats(means.table) | {"p_value": float(means.table["p_value"].iloc[0])}
            more = own | {"time_days": float(planned.restricted_mean_day), "unit": "days"} | _said(means)
            yield from make_rows(plan, group, "restricted mean difference", stats, **more)


def _contrast_stats(table: pd.DataFrame) -> dict[str, float]:
    line = table[table["measure"] == "difference"].iloc[0]
    return {name: float(line[name]) for name in ("estimate", "conf_low", "conf_high")}


def _said(found: Any) -> dict[str, str]:
    return {"method": found.method, "status": found.status, "message": "; ".join(found.notes)}


def _flag(plan: Plan) -> str:
    return plan.study.population(plan.analysis.population).flag


def _hazard_ratios(plan: Plan, groups: list[Group], rows: pd.DataFrame, keys: dict[str, Any]) -> Rows:
    reference = plan.study.design.reference_arm
    others = [group for group in groups if group.code != reference]
    covariates = pd.DataFrame({group.code: (rows["ARM"] == group.code).astype(float) for group in others})
    time, event = rows["AVAL"].to_numpy(dtype=float), (rows["CNSR"] == 0).to_numpy()
    options = {"ties": plan.analysis.comparison.ties, "conf_level": plan.analysis.conf_level}
    found, second = (fit_cox(time, event, covariates, engine=engine, **options) for engine in ("lifelines", "kernel"))
    tables = found.table.set_index("term"), second.table.set_index("term")
    more = {"method": found.method, "status": found.status, "message": "; ".join(found.notes), "comparator": reference}
    for group in others:
        line, other = (table.loc[group.code] for table in tables)
        stats = {"estimate": float(line["hazard_ratio"])}
        stats |= {name: float(line[name]) for name in ("conf_low", "conf_high", "p_value")}
        second_path = float(other["hazard_ratio"])
        yield from checked_rows(plan, group, "hazard ratio", stats, "estimate", second_path, **keys, **more)
