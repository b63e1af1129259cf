"""Kinds of adverse events: what each asks of ADAE, and which of them the study and its data can tell."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hepatrial.analyse.rows import Group, Plan
from hepatrial.results import Where

Conditions = list[tuple[str, str, list[object]]]
Mask = NDArray[np.bool_]

RELATED = ("possible", "probable", "related")
GRADES = (1, 2, 3, 4, 5)
KINDS: dict[str, Conditions] = {
    "any": [],
    "related": [("AEREL", "in", ["Y"])],
    "related to device": [("AERELDEV", "in", list(RELATED))],
    "related to procedure": [("AERELPRC", "in", list(RELATED))],
    "related to cells": [("AERELCEL", "in", list(RELATED))],
    "serious": [("AESER", "in", ["Y"])],
    "serious and related": [("AESER", "in", ["Y"]), ("AEREL", "in", ["Y"])],
    "grade 3 or more": [("AETOXGR", "in", [3, 4, 5])],
    "fatal": [("AETOXGR", "in", [5])],
    "adverse device effect": [("AEADE", "in", ["Y"])],
    "adverse device effect, not assessable": [("AEADE", "in", ["U"])],
    "serious adverse device effect": [("AESADE", "in", ["Y"])],
    "serious adverse device effect, not assessable": [("AESADE", "in", ["U"])],
    "unanticipated serious adverse device effect": [("AEUSADE", "in", ["Y"])],
    "unanticipated serious adverse device effect, not assessable": [("AEUSADE", "in", ["U"])],
    "on therapy": [("ONTRTFL", "in", ["Y"])],
    "on therapy and related": [("ONTRTFL", "in", ["Y"]), ("AEREL", "in", ["Y"])],
}
STOPPED = "led to stop of treatment"
PER_SESSION = ("on therapy", "on therapy and related")
SPECIAL = "special interest "


def list_kinds(plan: Plan) -> dict[str, Conditions]:
    """The kinds whose columns the data have, and those that the study file defines by texts of its own."""
    data, safety = plan.data, plan.study.safety
    found = {name: asked for name, asked in KINDS.items() if data.has("ADAE", *(column for column, _, _ in asked))}
    everything = data.datasets["ADAE"]
    if safety is not None and safety.stop_actions and data.has("ADAE", "AEACN"):
        found[STOPPED] = [("AEACN", "in", _matching(everything["AEACN"], safety.stop_actions))]
    for item in safety.special_interest if safety is not None else ():
        found[SPECIAL + item.code] = _terms_condition(everything, item.terms)
    return found


def _matching(texts: pd.Series, wanted: tuple[str, ...]) -> list[object]:
    """The texts of the data that are among ``wanted``, whatever their case and outer spaces."""
    folded = {text.strip().casefold() for text in wanted}
    return sorted(text for text in texts.dropna().unique() if str(text).strip().casefold() in folded)


def _terms_condition(events: pd.DataFrame, terms: tuple[str, ...]) -> Conditions:
    """Preferred terms; where nothing is coded, the terms as reported."""
    column = "AEDECOD" if events["AEDECOD"].notna().any() else "AETERM"
    return [(column, "in", _matching(events[column], terms))]


def emergent(plan: Plan) -> Conditions:
    """Treatment-emergent, and serious where the analysis is of serious events."""
    serious: Conditions = [("AESER", "in", ["Y"])]
    return [("TRTEMFL", "in", ["Y"]), *(serious if getattr(plan.analysis, "events", "all") == "serious" else [])]


COLUMNS = (
    "USUBJID", "AETERM", "AEDECOD", "AEBODSYS", "ASTDT", "AETOXGR", "AESER", "AEREL", "AERELDEV", "AERELPRC",
    "AERELCEL", "AEADE", "AESADE", "AEUSADE", "AEACN", "TRTEMFL", "ONTRTFL",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Events:
    """The events that an analysis counts, of its whole population, with its subjects as numbers.

    Everything is counted by masks over the rows of ``frame``: a study of 100,000 subjects has a million of them.
    """

    frame: pd.DataFrame
    subject: NDArray[np.int64]
    names: "pd.Index[str]"

    @classmethod
    def of(cls, plan: Plan, everybody: Group) -> "Events":
        """The treatment-emergent events of the population, the serious ones where the analysis is of these."""
        adae = plan.data.datasets["ADAE"]
        names = pd.Index(everybody.subjects["USUBJID"])
        place = names.get_indexer(pd.Index(adae["USUBJID"]))
        keep = place >= 0
        for column, _, values in emergent(plan):
            keep &= adae[column].isin(values).to_numpy()
        return cls(adae.loc[keep, list(COLUMNS)], place[keep].astype(np.int64), names)

    def of_group(self, group: Group) -> Mask:
        """Events of the group's subjects."""
        is_mine = np.zeros(len(self.names), dtype=bool)
        is_mine[self.names.get_indexer(pd.Index(group.subjects["USUBJID"]))] = True
        return np.asarray(is_mine[self.subject], dtype=bool)

    def of_kind(self, conditions: Where) -> Mask:
        """Events that meet every condition."""
        keep = np.ones(len(self.frame), dtype=bool)
        for column, _, values in conditions:
            keep &= self.frame[column].isin(list(values)).to_numpy()
        return keep

    def count_patients(self, mask: Mask) -> int:
        """Subjects with an event of the mask."""
        return int(np.count_nonzero(np.bincount(self.subject[mask], minlength=len(self.names))))
