"""Adverse events by system organ class and preferred term, and the arms compared for each of them.

Classes and terms are those of the whole population, so that an arm without an event has its 0. With ``min_percent``
only terms that reach it in some group are kept, and no classes: the table of common events.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hepatrial.analyse.event_kinds import Conditions, emergent, find_events, pick_events
from hepatrial.analyse.rows import Group, Plan, Row, Rows, find_groups, make_row, make_rows
from hepatrial.estimate import compare_proportions, compare_table_exact

NOT_CODED = "Not coded"


@dataclass(frozen=True)
class Term:
    """A class, or a term of a class: its keys and the conditions on ADAE that pick its events."""

    keys: dict[str, str]
    where: Conditions


def count_terms(plan: Plan, group: Group, events: pd.DataFrame, terms: list[Term]) -> Rows:
    """Patients, their per cent, and events of every class and term."""
    if group.n == 0:
        return
    counts = _count(_code(events))
    for term in terms:
        n, n_events = counts.get((term.keys["level"], term.keys["by_level"]), (0, 0))
        stats = {"n": n, "percent": 100 * n / group.n, "n_events": n_events}
        source = ("ADAE", [*emergent(plan), *term.where])
        yield from make_rows(plan, group, "adverse events", stats, source=source, **term.keys)


def compare_events(plan: Plan, groups: list[Group], kinds: dict[str, Conditions], terms: list[Term]) -> Rows:
    """Each arm against the reference arm, for every kind of event and every class and term: the planned test and
    difference of proportions.

    An arm and a reference without any such event are not compared.
    """
    planned = plan.analysis
    if planned.comparison is None and planned.risk_difference is None:
        return
    reference = next(group for group in groups if group.code == plan.study.design.reference_arm)
    arms = [group for group in groups if group.code not in ("all", reference.code) and group.n and reference.n]
    counted = {group.code: _patients(plan, group, kinds) for group in (reference, *arms)}
    for group in arms:
        for name, where in kinds.items():
            numbers = (counted[group.code].get((name, ""), 0), counted[reference.code].get((name, ""), 0))
            yield from _compare(plan, group, reference, numbers, where, with_test=name == "any", variable=name)
        for term in terms:
            key = (term.keys["level"], term.keys["by_level"])
            numbers = (counted[group.code].get(key, 0), counted[reference.code].get(key, 0))
            yield from _compare(plan, group, reference, numbers, term.where, with_test=True, **term.keys)


def _patients(plan: Plan, group: Group, kinds: dict[str, Conditions]) -> dict[tuple[str, str], int]:
    """Patients by class and term, and by (kind, "")."""
    events = find_events(plan, group)
    by_kind = {(name, ""): int(pick_events(events, where)["USUBJID"].nunique()) for name, where in kinds.items()}
    return {key: n for key, (n, _) in _count(_code(events)).items()} | by_kind


def _compare(
    plan: Plan, group: Group, reference: Group, numbers: tuple[int, int], where: Conditions, *, with_test: bool,
    **keys: Any,
) -> Rows:  # fmt: skip
    if not any(numbers):
        return
    sizes = (group.n, reference.n)
    arms = ("TRT01P", "in", [reference.code, group.code])
    source = ("ADAE", [*plan.everybody.where, arms, *emergent(plan), *where])
    more: Row = {"comparator": reference.code, "n_used": sum(sizes), **keys}

    def finish(row: Row) -> Row:
        return row | {"group": group.code, "source": source}

    if with_test and plan.analysis.comparison is not None:
        table = [[numbers[0], numbers[1]], [sizes[0] - numbers[0], sizes[1] - numbers[1]]]
        found = compare_table_exact(table)
        p_value, status = (1.0, "ok") if not all(map(sum, table)) else (found.p_value, found.status)
        yield finish(
            make_row(plan, None, "fisher test", "p_value", p_value, method=found.method, status=status, **more)
        )
    if plan.analysis.risk_difference is not None:
        level, method = plan.analysis.conf_level, plan.analysis.risk_difference
        other = compare_proportions(
            {"arm": numbers[0], "reference": numbers[1]}, {"arm": sizes[0], "reference": sizes[1]},
            reference="reference", measure="difference", method=method, conf_level=level,
        )  # fmt: skip
        stats = {name: 100 * getattr(other, name) for name in ("estimate", "conf_low", "conf_high")}
        said = {"method": other.method, "status": other.status, "message": "; ".join(other.notes)}
        yield from map(finish, make_rows(plan, None, "risk difference", stats, unit="%", **said, **more))


def _code(events: pd.DataFrame) -> pd.DataFrame:
    """Class, term and subject of every event; an event without a code stands under its reported term."""
    return pd.DataFrame(
        {
            "CLASS": events["AEBODSYS"].fillna(NOT_CODED), "TERM": events["AEDECOD"].fillna(events["AETERM"]),
            "USUBJID": events["USUBJID"],
        }
    )  # fmt: skip


def _count(coded: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """Patients and events of each (class, "") and (class, term)."""
    n_terms = coded.groupby(["CLASS", "TERM"], sort=False)["USUBJID"].agg(["nunique", "size"])
    n_classes = coded.groupby("CLASS", sort=False)["USUBJID"].agg(["nunique", "size"])
    found = {(str(name), ""): (int(n), int(events)) for name, n, events in n_classes.itertuples()}
    pairs = {(str(a), str(b)): (int(n), int(events)) for (a, b), n, events in n_terms.itertuples()}
    return found | pairs


def list_terms(plan: Plan) -> list[Term]:
    """Classes, each followed by its terms, of the whole population; or the common terms alone."""
    events = find_events(plan, plan.everybody)
    coded = _code(events)
    reported = events["AETERM"].where(events["AEDECOD"].isna(), None)
    pairs = coded[["CLASS", "TERM"]].assign(BODSYS=events["AEBODSYS"], DECOD=events["AEDECOD"], VERBATIM=reported)
    pairs = pairs.drop_duplicates()
    common = _common(plan, coded) if plan.analysis.min_percent else None
    found: list[Term] = []
    for name, mine in pairs.groupby("CLASS", sort=True):
        in_class: Conditions = [("AEBODSYS", "in", _plain(mine["BODSYS"]))]
        if common is None:
            found.append(Term(_keys(name, ""), in_class))
        for term, rows in mine.groupby("TERM", sort=True):
            if common is None or (str(name), str(term)) in common:
                found.append(Term(_keys(name, term), [*in_class, *_term_condition(rows)]))
    return found


def _keys(name: object, term: object) -> dict[str, str]:
    return {"variable": "class", "level": str(name), "by_variable": "term", "by_level": str(term)}


def _plain(values: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in values.drop_duplicates()]


def _term_condition(rows: pd.DataFrame) -> Conditions:
    """The preferred term; for an event that is not coded, its reported term as well."""
    where: Conditions = [("AEDECOD", "in", _plain(rows["DECOD"]))]
    reported = rows["VERBATIM"].dropna()
    return [*where, ("AETERM", "in", _plain(reported))] if len(reported) == len(rows) and len(rows) else where


def _common(plan: Plan, coded: pd.DataFrame) -> set[tuple[str, str]]:
    """Classes and terms that at least ``min_percent`` of the patients of some group had."""
    kept: set[tuple[str, str]] = set()
    for group in find_groups(plan.study, plan.data, plan.analysis):
        counts = _count(coded[coded["USUBJID"].isin(group.subjects["USUBJID"])])
        reached = {key for key, (n, _) in counts.items() if group.n and 100 * n / group.n >= plan.analysis.min_percent}
        kept |= {key for key in reached if key[1]}
    return kept
