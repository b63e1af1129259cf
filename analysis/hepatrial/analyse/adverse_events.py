"""Adverse events: patients and events of each kind, by class and term, by grade, by action, on therapy, per session.

Only treatment-emergent events count, or of these the serious ones; denominators are the subjects of the population
(the safety set). What ADaM input does not record (grades, say) gives no rows: its 0 would be an invention.
"""

from typing import Any

import pandas as pd

from hepatrial.analyse.adverse_event_terms import Term, compare_events, count_terms, list_terms
from hepatrial.analyse.event_kinds import (
    GRADES,
    PER_SESSION,
    Conditions,
    emergent,
    find_events,
    list_kinds,
    pick_events,
)
from hepatrial.analyse.rows import Group, Plan, Rows, count_and_percent, make_row, make_rows
from hepatrial.estimate import estimate_proportion, estimate_rate
from hepatrial.results import Where

ANSWERS_ENDPOINT = ("related", "on therapy and related")
"""An endpoint on ADAE asks for treatment-related events; these rows carry its id."""


def analyse_adverse_events(plan: Plan, groups: list[Group]) -> Rows:
    """Every row of the adverse event tables: each group, then the arms compared."""
    kinds, terms = list_kinds(plan), list_terms(plan)
    for group in groups:
        yield from _describe(plan, group, kinds, terms)
    yield from compare_events(plan, groups, kinds, terms)


def _describe(plan: Plan, group: Group, kinds: dict[str, Conditions], terms: list[Term]) -> Rows:
    events = find_events(plan, group)
    for variable, conditions in kinds.items():
        rows = _count_kind(plan, group, pick_events(events, conditions), conditions, variable)
        yield from _name_endpoint(plan, variable, rows)
    yield from count_terms(plan, group, events, terms)
    if plan.data.has("ADAE", "AETOXGR"):
        yield from _by_grade(plan, group, events)
    if plan.data.has("ADAE", "AEACN"):
        yield from _by_action(plan, group, events)
    if plan.data.has("ADEX", "EXSEQ"):
        for variable in PER_SESSION:
            if variable in kinds:
                found = pick_events(events, kinds[variable])
                yield from _name_endpoint(plan, variable, _per_session(plan, group, found, kinds[variable], variable))


def _name_endpoint(plan: Plan, variable: str, rows: Rows) -> Rows:
    endpoint = plan.study.endpoint_of(plan.analysis.id, "ADAE") if variable in ANSWERS_ENDPOINT else ""
    for row in rows:
        yield row | {"endpoint": endpoint}


def _count_kind(plan: Plan, group: Group, events: pd.DataFrame, conditions: Where, variable: str) -> Rows:
    """Patients with an event, their per cent with its exact interval, and the events."""
    if group.n == 0:
        return
    n = int(events["USUBJID"].nunique())
    found = estimate_proportion(n, group.n, method="clopper-pearson", conf_level=plan.analysis.conf_level)
    stats = {"n": n, "percent": 100 * n / group.n, "n_events": len(events)}
    stats |= {"conf_low": 100 * found.conf_low, "conf_high": 100 * found.conf_high}
    source = ("ADAE", [*emergent(plan), *conditions])
    yield from make_rows(plan, group, "adverse events", stats, method=found.method, source=source, variable=variable)


def _by_grade(plan: Plan, group: Group, events: pd.DataFrame) -> Rows:
    if group.n == 0:
        return
    worst = events.groupby("USUBJID")["AETOXGR"].max()
    for grade in GRADES:
        n = int((worst == grade).sum())
        stats = {"n": n, "percent": 100 * n / group.n}
        source = ("ADAE", [*emergent(plan), ("AETOXGR", "in", [grade])])
        keys = {"level": str(grade), "source": source}
        yield from make_rows(plan, group, "adverse events", stats, variable="worst grade", **keys)
        n_events = int((events["AETOXGR"] == grade).sum())
        yield make_row(plan, group, "adverse events", "n_events", n_events, variable="grade", **keys)


def _by_action(plan: Plan, group: Group, events: pd.DataFrame) -> Rows:
    """Patients and events by the action taken, as recorded."""
    actions = sorted(find_events(plan, plan.everybody)["AEACN"].dropna().unique())
    counts = events.groupby("AEACN").agg(n=("USUBJID", "nunique"), n_events=("USUBJID", "size"))
    for action in actions:
        n, n_events = counts.loc[action] if action in counts.index else (0, 0)
        stats = count_and_percent(int(n), group.n) | {"n_events": int(n_events)}
        source = ("ADAE", [*emergent(plan), ("AEACN", "in", [action])])
        yield from make_rows(plan, group, "adverse events", stats, variable="action", level=str(action), source=source)


def _per_session(plan: Plan, group: Group, events: pd.DataFrame, conditions: Where, variable: str) -> Rows:
    sessions = len(plan.dataset("ADEX", group))
    source = ("ADAE", [*emergent(plan), *conditions])
    keys: dict[str, Any] = {"variable": variable, "level": "per session", "source": source, "n_used": sessions}
    counts = {"n_events": len(events), "n_total": sessions}
    yield from make_rows(plan, group, "rate", counts, **keys)
    if sessions == 0:
        keys |= {"status": "not_estimable", "message": "no session was given"}
        yield make_row(plan, group, "rate", "estimate", float("nan"), **keys)
        return
    found = estimate_rate(len(events), sessions, method="exact", conf_level=plan.analysis.conf_level)
    stats = {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}
    yield from make_rows(plan, group, "rate", stats, method=found.method, unit="events per session", **keys)
