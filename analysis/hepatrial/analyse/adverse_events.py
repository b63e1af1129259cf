"""Adverse events: patients and events, by class and term, by grade, on therapy, per session.

Only treatment-emergent events count; denominators are the subjects of the population (the safety set).
"""

from typing import Any

import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Rows, make_row, make_rows
from hepatrial.estimate import estimate_proportion, estimate_rate
from hepatrial.results import Where

RELATED = ("possible", "probable", "related")
GRADES = (1, 2, 3, 4, 5)

OVERVIEW: dict[str, list[tuple[str, str, list[object]]]] = {
    "any": [],
    "related": [("AEREL", "in", ["Y"])],
    "related to device": [("AERELDEV", "in", list(RELATED))],
    "related to procedure": [("AERELPRC", "in", list(RELATED))],
    "related to cells": [("AERELCEL", "in", list(RELATED))],
    "serious": [("AESER", "in", ["Y"])],
    "serious and related": [("AESER", "in", ["Y"]), ("AEREL", "in", ["Y"])],
    "grade 3 or more": [("AETOXGR", "in", [3, 4, 5])],
    "fatal": [("AETOXGR", "in", [5])],
    "on therapy": [("ONTRTFL", "in", ["Y"])],
    "on therapy and related": [("ONTRTFL", "in", ["Y"]), ("AEREL", "in", ["Y"])],
}
PER_SESSION = ("on therapy", "on therapy and related")

ANSWERS_ENDPOINT = ("related", "on therapy and related")
"""An endpoint on ADAE asks for treatment-related events; these rows carry its id."""


def analyse_adverse_events(plan: Plan, group: Group) -> Rows:
    """Every row of the adverse event tables."""
    events = plan.dataset("ADAE", group)
    events = events[events["TRTEMFL"] == "Y"]
    for variable, conditions in OVERVIEW.items():
        rows = _count(plan, group, _pick(events, conditions), conditions, interval=True, variable=variable)
        yield from _name_endpoint(plan, variable, rows)
    yield from _by_term(plan, group, events)
    yield from _by_grade(plan, group, events)
    for variable in PER_SESSION:
        yield from _name_endpoint(plan, variable, _per_session(plan, group, events, variable))


def _name_endpoint(plan: Plan, variable: str, rows: Rows) -> Rows:
    endpoint = plan.study.endpoint_of(plan.analysis.id, "ADAE") if variable in ANSWERS_ENDPOINT else ""
    for row in rows:
        yield row | {"endpoint": endpoint}


def _pick(events: pd.DataFrame, conditions: Where) -> pd.DataFrame:
    for column, _, values in conditions:
        events = events[events[column].isin(list(values))]
    return events


def _count(
    plan: Plan, group: Group, events: pd.DataFrame, conditions: Where, *, interval: bool = False, **keys: Any
) -> Rows:
    """Patients with an event, their per cent with its exact interval, and the events."""
    if group.n == 0:
        return
    n = int(events["USUBJID"].nunique())
    stats: dict[str, float] = {"n": n, "percent": 100 * n / group.n, "n_events": len(events)}
    method = ""
    if interval:
        found = estimate_proportion(n, group.n, method="clopper-pearson", conf_level=plan.analysis.conf_level)
        stats |= {"conf_low": 100 * found.conf_low, "conf_high": 100 * found.conf_high}
        method = found.method
    source = ("ADAE", [("TRTEMFL", "in", ["Y"]), *conditions])
    yield from make_rows(plan, group, "adverse events", stats, method=method, source=source, **keys)


def _by_term(plan: Plan, group: Group, events: pd.DataFrame) -> Rows:
    coded = events.assign(
        AEBODSYS=events["AEBODSYS"].fillna("Not coded"), AEDECOD=events["AEDECOD"].fillna(events["AETERM"])
    )
    for body_system, rows in coded.groupby("AEBODSYS", sort=True):
        keys: dict[str, Any] = {"variable": "class", "level": str(body_system), "by_variable": "term"}
        yield from _count(plan, group, rows, _same(events, rows, "AEBODSYS"), by_level="", **keys)
        for term, mine in rows.groupby("AEDECOD", sort=True):
            where = [*_same(events, rows, "AEBODSYS"), *_same(events, mine, "AEDECOD")]
            yield from _count(plan, group, mine, where, by_level=str(term), **keys)


def _same(events: pd.DataFrame, rows: pd.DataFrame, column: str) -> list[tuple[str, str, list[object]]]:
    """The condition on the recorded value (which may be missing) that picks these rows."""
    values = events.loc[rows.index, column].drop_duplicates()
    return [(column, "in", [None if pd.isna(value) else value for value in values])]


def _by_grade(plan: Plan, group: Group, events: pd.DataFrame) -> Rows:
    if group.n == 0:
        return
    worst = events.groupby("USUBJID")["AETOXGR"].max()
    for grade in GRADES:
        n = int((worst == grade).sum())
        stats = {"n": n, "percent": 100 * n / group.n}
        source = ("ADAE", [("TRTEMFL", "in", ["Y"]), ("AETOXGR", "in", [grade])])
        keys = {"level": str(grade), "source": source}
        yield from make_rows(plan, group, "adverse events", stats, variable="worst grade", **keys)
        n_events = int((events["AETOXGR"] == grade).sum())
        yield make_row(plan, group, "adverse events", "n_events", n_events, variable="grade", **keys)


def _per_session(plan: Plan, group: Group, events: pd.DataFrame, variable: str) -> Rows:
    sessions = len(plan.dataset("ADEX", group))
    n_events = len(_pick(events, OVERVIEW[variable]))
    source = ("ADAE", [("TRTEMFL", "in", ["Y"]), *OVERVIEW[variable]])
    keys = {"variable": variable, "level": "per session", "source": source, "n_used": sessions}
    counts = {"n_events": n_events, "n_total": sessions}
    yield from make_rows(plan, group, "rate", counts, **keys)
    if sessions == 0:
        keys |= {"status": "not_estimable", "message": "no session was given"}
        yield make_row(plan, group, "rate", "estimate", float("nan"), **keys)
        return
    found = estimate_rate(n_events, sessions, method="exact", conf_level=plan.analysis.conf_level)
    stats = {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}
    yield from make_rows(plan, group, "rate", stats, method=found.method, unit="events per session", **keys)
