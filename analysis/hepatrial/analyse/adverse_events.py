"""Adverse events: patients and events of each kind, by class and term, by grade, by action, on therapy, per session.

Only treatment-emergent events count, or of these the serious ones; denominators are the subjects of the population
(the safety set). What ADaM input does not record (grades, say) gives no rows: its 0 would be an invention.
"""

from typing import Any

import pandas as pd

from hepatrial.analyse.adverse_event_terms import Kind, Terms, compare_events, count_terms
from hepatrial.analyse.event_kinds import GRADES, PER_SESSION, Events, Mask, emergent, list_kinds
from hepatrial.analyse.rows import Group, Plan, Rows, add_patients, count_and_percent, make_row, make_rows
from hepatrial.estimate import estimate_proportion, estimate_rate
from hepatrial.results import Where

ANSWERS_ENDPOINT = ("related", "on therapy and related")
"""An endpoint on ADAE asks for treatment-related events; these rows carry its id."""


def analyse_adverse_events(plan: Plan, groups: list[Group]) -> Rows:
    """Every row of the adverse event tables: each group, then the arms compared."""
    everybody = plan.everybody
    events = Events.of(plan, everybody)
    conditions = list_kinds(plan)
    kinds = {name: Kind(where, events.of_kind(where)) for name, where in conditions.items()}
    terms = Terms.of(plan, events, groups)
    for group in groups:
        yield from _describe(plan, group, events, kinds, terms)
    yield from compare_events(plan, groups, everybody, events, kinds, terms)


def _describe(plan: Plan, group: Group, events: Events, kinds: dict[str, Kind], terms: Terms) -> Rows:
    mine = events.of_group(group)
    for variable, kind in kinds.items():
        rows = _count_kind(plan, group, events, mine & kind.mask, kind.where, variable)
        yield from _name_endpoint(plan, variable, rows)
    yield from count_terms(plan, group, terms.count(mine), terms)
    if plan.data.has("ADAE", "AETOXGR"):
        yield from _by_grade(plan, group, events.frame[mine])
    if plan.data.has("ADAE", "AEACN"):
        yield from _by_action(plan, group, events, mine)
    if plan.data.has("ADEX", "EXSEQ"):
        for variable in PER_SESSION:
            if variable in kinds:
                n_events = int((mine & kinds[variable].mask).sum())
                rows = _per_session(plan, group, n_events, kinds[variable].where, variable)
                yield from _name_endpoint(plan, variable, rows)


def _name_endpoint(plan: Plan, variable: str, rows: Rows) -> Rows:
    endpoint = plan.study.endpoint_of(plan.analysis.id, "ADAE") if variable in ANSWERS_ENDPOINT else ""
    for row in rows:
        yield row | {"endpoint": endpoint}


def _count_kind(plan: Plan, group: Group, events: Events, mask: Mask, where: Where, variable: str) -> Rows:
    """Patients with an event, their per cent with its exact interval, and the events."""
    if group.n == 0:
        return
    n = events.count_patients(mask)
    found = estimate_proportion(n, group.n, method="clopper-pearson", conf_level=plan.analysis.conf_level)
    stats = {"n": n, "percent": 100 * n / group.n, "n_events": int(mask.sum())}
    stats |= {"conf_low": 100 * found.conf_low, "conf_high": 100 * found.conf_high}
    source = ("ADAE", [*emergent(plan), *where])
    yield from make_rows(plan, group, "adverse events", stats, method=found.method, source=source, variable=variable)


def _by_grade(plan: Plan, group: Group, events: pd.DataFrame) -> Rows:
    if group.n == 0:
        return
    worst = events.groupby("USUBJID")["AETOXGR"].max()
    for grade in GRADES:
        n = int((worst == grade).sum())
        stats = {"n": n, "percent": 100 * n / group.n}
        source: tuple[str, Where] = ("ADAE", [*emergent(plan), ("AETOXGR", "in", [grade])])
        own = add_patients(source, worst.index[worst == grade])
        keys = {"level": str(grade), "source": source}
        yield from make_rows(plan, group, "adverse events", stats, variable="worst grade", **(keys | {"source": own}))
        n_events = int((events["AETOXGR"] == grade).sum())
        yield make_row(plan, group, "adverse events", "n_events", n_events, variable="grade", **keys)


def _by_action(plan: Plan, group: Group, events: Events, mine: Mask) -> Rows:
    """Patients and events by the action taken, as recorded."""
    for action in sorted(events.frame["AEACN"].dropna().unique()):
        where: Where = [("AEACN", "in", [action])]
        mask = mine & events.of_kind(where)
        stats = count_and_percent(events.count_patients(mask), group.n) | {"n_events": int(mask.sum())}
        source = ("ADAE", [*emergent(plan), *where])
        yield from make_rows(plan, group, "adverse events", stats, variable="action", level=str(action), source=source)


def _per_session(plan: Plan, group: Group, n_events: int, conditions: Where, variable: str) -> Rows:
    sessions = len(plan.dataset("ADEX", group))
    source = ("ADAE", [*emergent(plan), *conditions])
    keys: dict[str, Any] = {"variable": variable, "level": "per session", "source": source, "n_used": sessions}
    counts = {"n_events": n_events, "n_total": sessions}
    yield from make_rows(plan, group, "rate", counts, **keys)
    if sessions == 0:
        keys |= {"status": "not_estimable", "message": "no session was given"}
        yield make_row(plan, group, "rate", "estimate", float("nan"), **keys)
        return
    found = estimate_rate(n_events, sessions, method="exact", conf_level=plan.analysis.conf_level)
    stats = {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}
    yield from make_rows(plan, group, "rate", stats, method=found.method, unit="events per session", **keys)
