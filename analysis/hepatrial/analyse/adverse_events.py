"""Adverse events: patients and events, by class and term, by grade, on therapy, per session, and arms compared.

Only treatment-emergent events count, or of these the serious ones; denominators are the subjects of the population
(the safety set). What ADaM input does not record (grades, say) gives no rows: its 0 would be an invention.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Row, Rows, make_row, make_rows
from hepatrial.estimate import compare_proportions_exact, estimate_proportion, estimate_rate
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
    events = _find_events(plan, group)
    for variable, conditions in OVERVIEW.items():
        if plan.data.has("ADAE", *(column for column, _, _ in conditions)):
            rows = _count(plan, group, _pick(events, conditions), conditions, interval=True, variable=variable)
            yield from _name_endpoint(plan, variable, rows)
    for named, where, mine in _terms(plan, events):
        yield from _count(plan, group, mine, where, **named)
    if plan.data.has("ADAE", "AETOXGR"):
        yield from _by_grade(plan, group, events)
    if plan.data.has("ADEX", "EXSEQ"):
        for variable in PER_SESSION:
            yield from _name_endpoint(plan, variable, _per_session(plan, group, events, variable))


def compare_adverse_events(plan: Plan, groups: list[Group]) -> Rows:
    """Fisher's exact test of each arm with the reference arm, for any event and for each class and term.

    An arm and a reference without any such event are not compared.
    """
    if plan.analysis.comparison is None:
        return
    reference = next(group for group in groups if group.code == plan.study.design.reference_arm)
    everybody = _find_events(plan, plan.everybody)
    kinds = [({"variable": "any"}, [], everybody), *_terms(plan, everybody)]
    for group in groups:
        if group.code != reference.code and group.n and reference.n:
            for keys, where, events in kinds:
                yield from _test(plan, group, reference, events, source=("ADAE", [*_emergent(plan), *where]), **keys)


def _test(plan: Plan, group: Group, reference: Group, events: pd.DataFrame, **keys: Any) -> Rows:
    both = {"arm": group, "reference": reference}
    counts = {name: int(side.subjects["USUBJID"].isin(events["USUBJID"]).sum()) for name, side in both.items()}
    if not any(counts.values()):
        return
    sizes = {name: side.n for name, side in both.items()}
    level = plan.analysis.conf_level
    found = compare_proportions_exact(counts, sizes, reference="reference", method="fisher", conf_level=level)
    dataset, where = keys.pop("source")
    more: Row = {"method": "Fisher exact, two-sided", "status": found.status, "message": "; ".join(found.notes)}
    more |= {"comparator": reference.code, "n_used": sum(sizes.values())}
    row = make_row(plan, None, "fisher test", "p_value", found.p_value, **more, **keys)
    arms = ("TRT01P", "in", [reference.code, group.code])
    yield row | {"group": group.code, "source": (dataset, [*plan.everybody.where, arms, *where])}


def _emergent(plan: Plan) -> list[tuple[str, str, list[object]]]:
    serious: list[tuple[str, str, list[object]]] = [("AESER", "in", ["Y"])]
    return [("TRTEMFL", "in", ["Y"]), *(serious if plan.analysis.events == "serious" else [])]


def _find_events(plan: Plan, group: Group) -> pd.DataFrame:
    return _pick(plan.dataset("ADAE", group), _emergent(plan))


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
    source = ("ADAE", [*_emergent(plan), *conditions])
    yield from make_rows(plan, group, "adverse events", stats, method=method, source=source, **keys)


def _terms(
    plan: Plan, events: pd.DataFrame
) -> Iterator[tuple[dict[str, Any], list[tuple[str, str, list[object]]], pd.DataFrame]]:
    """Keys, conditions and the events of ``events`` for each class and term of the whole population."""
    everything = _find_events(plan, plan.everybody)
    coded = everything.assign(
        AEBODSYS=everything["AEBODSYS"].fillna("Not coded"), AEDECOD=everything["AEDECOD"].fillna(everything["AETERM"])
    )
    for body_system, rows in coded.groupby("AEBODSYS", sort=True):
        keys: dict[str, Any] = {"variable": "class", "level": str(body_system), "by_variable": "term", "by_level": ""}
        in_class = _same(everything, rows, "AEBODSYS")
        yield keys, in_class, events[events.index.isin(rows.index)]
        for name, mine in rows.groupby("AEDECOD", sort=True):
            where = [*in_class, *_same(everything, mine, "AEDECOD")]
            yield keys | {"by_level": str(name)}, where, events[events.index.isin(mine.index)]


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
        source = ("ADAE", [*_emergent(plan), ("AETOXGR", "in", [grade])])
        keys = {"level": str(grade), "source": source}
        yield from make_rows(plan, group, "adverse events", stats, variable="worst grade", **keys)
        n_events = int((events["AETOXGR"] == grade).sum())
        yield make_row(plan, group, "adverse events", "n_events", n_events, variable="grade", **keys)


def _per_session(plan: Plan, group: Group, events: pd.DataFrame, variable: str) -> Rows:
    sessions = len(plan.dataset("ADEX", group))
    n_events = len(_pick(events, OVERVIEW[variable]))
    source = ("ADAE", [*_emergent(plan), *OVERVIEW[variable]])
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
