"""Cumulative incidence of an event with competing ones (Aalen-Johansen), and Gray's test between arms."""

from typing import Any

import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Rows, checked_rows, make_rows
from hepatrial.analyse.survival import at_risk_rows, time_to_event
from hepatrial.estimate import compare_cumulative_incidence, estimate_cumulative_incidence

CAUSES = {"event": 1, "competing": 2}
STATUS = {0: 1, 1: 0, 2: 2}
"""CNSR 0 event, 1 censored, 2 competing event, to the estimators' 1, 0, 2."""

CURVE = ("n_risk", "estimate", "conf_low", "conf_high")
AT_DAY = ("n_risk", "n_events", "estimate", "std_error", "conf_low", "conf_high")


def analyse_incidence(plan: Plan, group: Group) -> Rows:
    """Cumulative incidence of the event and of the competing events at each day, and their curves."""
    planned = plan.analysis
    rows = time_to_event(plan, group)
    keys: dict[str, Any] = {
        "variable": planned.parameter,
        "source": ("ADTTE", [("PARAMCD", "in", [planned.parameter])]),
    }
    counts = {
        "n_total": len(rows), "n_events": int((rows["CNSR"] == 0).sum()),
        "n_competing": int((rows["CNSR"] == 2).sum()), "n_censored": int((rows["CNSR"] == 1).sum()),
    }  # fmt: skip
    yield from make_rows(plan, group, "follow-up", counts, **keys)
    if len(rows) == 0:
        return
    for level, cause in CAUSES.items():
        options = {"cause": cause, "conf_type": planned.conf_type, "conf_level": planned.conf_level}
        time, status = rows["AVAL"].to_numpy(dtype=float), _status(rows)
        found = estimate_cumulative_incidence(time, status, at=planned.days, **options)
        second = estimate_cumulative_incidence(time, status, at=planned.days, engine="statsmodels", **options)
        for line, other in zip(found.at.itertuples(), second.at.itertuples(), strict=True):
            more = {"level": level, "time_days": float(line.time), "method": found.method}
            more |= {"status": line.status, "message": line.message}
            stats = _stats(line, AT_DAY)
            yield from checked_rows(
                plan, group, "cumulative incidence", stats, "estimate", other.incidence, **keys, **more
            )
        for line in found.curve.itertuples():
            more = {"level": f"curve {level}", "time_days": float(line.time), "method": found.method, "endpoint": ""}
            yield from make_rows(plan, group, "cumulative incidence", _stats(line, CURVE), **keys, **more)
    yield from at_risk_rows(plan, group, rows, **keys)


def _stats(line: Any, names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(getattr(line, "incidence" if name == "estimate" else name)) for name in names}


def _status(rows: pd.DataFrame) -> Any:
    return rows["CNSR"].map(STATUS).to_numpy()


def compare_incidence(plan: Plan, groups: list[Group]) -> Rows:
    """Gray's test of the event, where the study file plans it."""
    if plan.analysis.comparison is None:
        return
    rows = pd.concat([time_to_event(plan, group).assign(ARM=group.code) for group in groups], ignore_index=True)
    found = compare_cumulative_incidence(
        rows["AVAL"].to_numpy(dtype=float), _status(rows), rows["ARM"].to_numpy(), cause=1
    )
    stats = {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
    more = {"method": found.method, "status": found.status, "message": "; ".join(found.notes), "n_used": len(rows)}
    source = ("ADTTE", [("PARAMCD", "in", [plan.analysis.parameter])])
    yield from make_rows(plan, None, "gray test", stats, variable=plan.analysis.parameter, source=source, **more)
