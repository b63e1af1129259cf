"""Kinds of adverse events: what each asks of ADAE, and which of them the study and its data can tell."""

import pandas as pd

from hepatrial.analyse.rows import Group, Plan
from hepatrial.results import Where

Conditions = list[tuple[str, str, list[object]]]

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


def find_events(plan: Plan, group: Group) -> pd.DataFrame:
    """The events of the group that the analysis counts."""
    return pick_events(plan.dataset("ADAE", group), emergent(plan))


def pick_events(events: pd.DataFrame, conditions: Where) -> pd.DataFrame:
    """The events that meet every condition."""
    for column, _, values in conditions:
        events = events[events[column].isin(list(values))]
    return events
