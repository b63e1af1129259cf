"""Adverse events by system organ class and preferred term, and the arms compared for each of them.

Classes and terms are those of the whole population, so that an arm without an event has its 0. With ``min_percent``
only terms that reach it in some group are kept, and no classes: the table of common events.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hepatrial.analyse.event_kinds import Conditions, Events, Mask, emergent
from hepatrial.analyse.rows import Group, Plan, Row, Rows, make_row, make_rows
from hepatrial.estimate import compare_proportions, compare_table_exact, estimate_proportion
from hepatrial.results import Where

NOT_CODED = "Not coded"
Counts = dict[tuple[str, str], tuple[int, int]]
"""Patients and events of each (class, "") and (class, term)."""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of event: its conditions on ADAE and the events that meet them."""

    where: Conditions
    mask: Mask


@dataclass(frozen=True, eq=False)
class Terms:
    """Which class and term each event has.

    ``pairs`` are the (class, term), ``pair`` the place of each event's; ``is_first`` marks the first event of its
    subject with the pair, ``is_first_of_class`` with the class. ``rows`` are the lines of the table: class, term (""
    for the class itself) and their conditions on ADAE.
    """

    rows: list[tuple[str, str, Conditions]]
    pairs: list[tuple[str, str]]
    pair: NDArray[np.int64]
    body: NDArray[np.int64]
    class_names: list[str]
    is_first: Mask
    is_first_of_class: Mask

    @classmethod
    def of(cls, plan: Plan, events: Events, groups: list[Group]) -> "Terms":
        """Classes and terms of the events; the common terms alone with ``min_percent``.

        An event without a code stands under its reported term.
        """
        frame = events.frame
        body, bodies = pd.factorize(frame["AEBODSYS"].fillna(NOT_CODED), sort=True)
        term, terms = pd.factorize(frame["AEDECOD"].fillna(frame["AETERM"]), sort=True)
        width = max(len(terms), 1)
        distinct, pair = np.unique(body.astype(np.int64) * width + term, return_inverse=True)
        pairs = [(str(bodies[code // width]), str(terms[code % width])) for code in distinct]
        found = cls(
            rows=[], pairs=pairs, pair=pair.astype(np.int64), body=body.astype(np.int64),
            class_names=[str(name) for name in bodies], is_first=_first(events.subject, pair, len(pairs)),
            is_first_of_class=_first(events.subject, body, len(bodies)),
        )  # fmt: skip
        kept = found.find_common(plan, events, groups) if plan.analysis.min_percent else None
        return replace(found, rows=_lines(frame, pair, pairs, kept))

    def count(self, mine: Mask) -> Counts:
        """Patients and events of every class and term; the mask holds all events of some subjects."""
        size, n_classes = len(self.pairs), len(self.class_names)
        patients = np.bincount(self.pair[mine & self.is_first], minlength=size).tolist()
        events = np.bincount(self.pair[mine], minlength=size).tolist()
        class_patients = np.bincount(self.body[mine & self.is_first_of_class], minlength=n_classes).tolist()
        class_events = np.bincount(self.body[mine], minlength=n_classes).tolist()
        classes = zip(self.class_names, class_patients, class_events, strict=True)
        found = {key: (n, total) for key, n, total in zip(self.pairs, patients, events, strict=True)}
        return found | {(name, ""): (n, total) for name, n, total in classes}

    def find_common(self, plan: Plan, events: Events, groups: list[Group]) -> set[tuple[str, str]]:
        """Terms that at least ``min_percent`` of the patients of some group had."""
        kept: set[tuple[str, str]] = set()
        for group in groups:
            counts = self.count(events.of_group(group))
            enough = plan.analysis.min_percent / 100 * group.n
            kept |= {key for key, (n, _) in counts.items() if key[1] and n and n >= enough}
        return kept


def _first(subject: NDArray[np.int64], code: NDArray[np.int64], size: int) -> Mask:
    """Marks the first event of each subject and code."""
    _, first = np.unique(subject * max(size, 1) + code, return_index=True)
    is_first = np.zeros(len(subject), dtype=bool)
    is_first[first] = True
    return is_first


def _lines(
    frame: pd.DataFrame, pair: NDArray[np.int64], pairs: list[tuple[str, str]], kept: set[tuple[str, str]] | None
) -> list[tuple[str, str, Conditions]]:
    """The lines of the table with the conditions on the recorded values (which may be missing)."""
    reported = frame["AETERM"].where(frame["AEDECOD"].isna(), None)
    values = pd.DataFrame({"PAIR": pair, "BODSYS": frame["AEBODSYS"].to_numpy(), "DECOD": frame["AEDECOD"].to_numpy(),
                           "REPORTED": reported.to_numpy()}).drop_duplicates()  # fmt: skip
    of_pair = dict(tuple(values.groupby("PAIR", sort=True)))
    lines: list[tuple[str, str, Conditions]] = []
    for place, (name, term) in enumerate(pairs):
        in_class: Conditions = [("AEBODSYS", "in", _plain(of_pair[place]["BODSYS"]))]
        if kept is None and (not lines or lines[-1][0] != name):
            lines.append((name, "", in_class))
        if kept is None or (name, term) in kept:
            lines.append((name, term, [*in_class, *_term_condition(of_pair[place])]))
    return lines


def _plain(values: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in values.drop_duplicates()]


def _term_condition(values: pd.DataFrame) -> Conditions:
    """The preferred term; for events that are not coded, their reported term as well."""
    where: Conditions = [("AEDECOD", "in", _plain(values["DECOD"]))]
    return [*where, ("AETERM", "in", _plain(values["REPORTED"]))] if values["DECOD"].isna().all() else where


def _keys(name: str, term: str) -> dict[str, str]:
    return {"variable": "class", "level": name, "by_variable": "term", "by_level": term}


def count_terms(plan: Plan, group: Group, counts: Counts, terms: Terms) -> Rows:
    """Patients, their per cent, and events of every class and term."""
    if group.n == 0:
        return
    for name, term, where in terms.rows:
        n, n_events = counts[name, term]
        stats = {"n": n, "percent": 100 * n / group.n, "n_events": n_events}
        if plan.analysis.min_percent:
            found = estimate_proportion(n, group.n, method="clopper-pearson", conf_level=plan.analysis.conf_level)
            stats |= {"conf_low": 100 * found.conf_low, "conf_high": 100 * found.conf_high}
        source = ("ADAE", [*emergent(plan), *where])
        yield from make_rows(plan, group, "adverse events", stats, source=source, **_keys(name, term))


def compare_events(
    plan: Plan, groups: list[Group], everybody: Group, events: Events, kinds: dict[str, Kind], terms: Terms
) -> Rows:
    """Each arm against the reference arm, for every kind of event and every class and term: the planned test and
    difference of proportions.

    Without any such event in either the difference is 0 with the limits of so many patients, and the test has p = 1.
    The test of kinds is that of any event.
    """
    if plan.analysis.comparison is None and plan.analysis.risk_difference is None:
        return
    reference = next(group for group in groups if group.code == plan.study.design.reference_arm)
    arms = [group for group in groups if group.code not in ("all", reference.code)]
    masks = {group.code: events.of_group(group) for group in (reference, *arms)}
    counts = {code: terms.count(mask) for code, mask in masks.items()}
    for group in arms:
        pair = _Pair(plan, group, reference, [*everybody.where, ("TRT01P", "in", [reference.code, group.code])])
        for variable, kind in kinds.items():
            both = [events.count_patients(masks[code] & kind.mask) for code in (group.code, reference.code)]
            yield from pair.compare(both, kind.where, with_test=variable == "any", variable=variable)
        for name, term, where in terms.rows:
            both = [counts[code][name, term][0] for code in (group.code, reference.code)]
            yield from pair.compare(both, where, with_test=True, **_keys(name, term))


@dataclass(frozen=True, eq=False)
class _Pair:
    """An arm and its reference."""

    plan: Plan
    group: Group
    reference: Group
    who: Where

    def compare(self, patients: list[int], where: Where, *, with_test: bool, **keys: Any) -> Rows:
        """The test and the difference of these numbers of patients (of the arm, of the reference)."""
        plan, sizes = self.plan, (self.group.n, self.reference.n)
        source = ("ADAE", [*self.who, *emergent(plan), *where])
        more: Row = {"comparator": self.reference.code, "n_used": sum(sizes), "source": source, **keys}
        if with_test and plan.analysis.comparison is not None:
            yield self._finish(_test(plan, patients, sizes, more))
        if plan.analysis.risk_difference is not None:
            yield from map(self._finish, _difference(plan, patients, sizes, more))

    def _finish(self, row: Row) -> Row:
        return row | {"group": self.group.code}


def _test(plan: Plan, patients: list[int], sizes: tuple[int, int], more: Row) -> Row:
    table = [patients, [size - n for size, n in zip(sizes, patients, strict=True)]]
    found = compare_table_exact(table)
    if all(sizes) and not all(map(sum, table)):  # there is only one table with these margins
        return make_row(plan, None, "fisher test", "p_value", 1.0, method=found.method, **more)
    said = {"status": found.status, "message": "; ".join(found.notes)}
    return make_row(plan, None, "fisher test", "p_value", found.p_value, method=found.method, **said, **more)


def _difference(plan: Plan, patients: list[int], sizes: tuple[int, int], more: Row) -> Rows:
    names = ("arm", "reference")
    found = compare_proportions(
        dict(zip(names, patients, strict=True)), dict(zip(names, sizes, strict=True)), reference="reference",
        measure="difference", method=plan.analysis.risk_difference, conf_level=plan.analysis.conf_level,
    )  # fmt: skip
    stats = {name: 100 * getattr(found, name) for name in ("estimate", "conf_low", "conf_high")}
    said = {"method": found.method, "status": found.status, "message": "; ".join(found.notes)}
    yield from make_rows(plan, None, "risk difference", stats, unit="%", **said, **more)
