"""Where every patient is at each visit: in a class of a score, transplanted, dead, or without a value.

The rules are those of a response (``response``): the visit is at its target day where the patient has a value, else at
the end of its window; death and transplant by then come before any value.
"""

import pandas as pd

from hepatrial.analyse.by_visit import pick_visit, visit_conditions
from hepatrial.analyse.response import (
    DIED,
    MISSING,
    NO_CLASS,
    NOT_DUE,
    TRANSPLANTED,
    find_ended,
    find_unknown,
    name_classes,
)
from hepatrial.analyse.rows import Group, Plan, Rows, add_patients, count_and_percent, make_rows
from hepatrial.results import Where
from hepatrial.study import Visit

BASELINE = Visit(code="BL", label="Baseline", day=0, window=(0, 0))
"""Where the study file names no baseline visit."""


def analyse_states(plan: Plan, group: Group) -> Rows:
    """How many of the group are in each state at each visit; at every visit they sum to N."""
    labels = [item.label for item in plan.analysis.classes]
    for code in plan.analysis.visits:
        state = find_states(plan, group, code)
        for level in (*labels, TRANSPLANTED, DIED, MISSING, NOT_DUE):
            own = state.index[state == level]
            keys = {"variable": plan.analysis.parameter, "visit": code, "level": level}
            source = add_patients(_source(plan, code, level), own)
            yield from make_rows(plan, group, "states", count_and_percent(len(own), group.n), source=source, **keys)


def find_states(plan: Plan, group: Group, code: str) -> pd.Series:
    """The state of every patient of the group at a visit, by USUBJID."""
    visit = next((item for item in plan.study.visits if item.code == code), BASELINE)
    subjects = group.subjects.set_index("USUBJID")
    adlb = plan.dataset("ADLB", group)
    rows = adlb[(adlb["PARAMCD"] == plan.analysis.parameter) & adlb["AVAL"].notna() & (adlb["AFTLTFL"] != "Y")]
    values = pick_visit(rows, code).set_index("USUBJID")["AVAL"].reindex(subjects.index)
    state = name_classes(plan.analysis.classes, values)
    unknown = pd.Series(find_unknown(plan, subjects, visit), index=subjects.index)
    state = state.mask(state == NO_CLASS, unknown)
    ended = find_ended(subjects, visit, values.notna(), transplant_ends=True)
    return state.mask(ended.notna(), ended)


def _source(plan: Plan, visit: str, level: str) -> tuple[str, Where]:
    """The rows behind the count of a state; the day of a death or transplant is judged patient by patient."""
    flags = {DIED: "DTHFL", TRANSPLANTED: "LTFL"}
    if level in flags:
        return "ADSL", [(flags[level], "in", ["Y"])]
    if level in (MISSING, NOT_DUE):
        return "ADSL", []
    low, high = _class_range(plan, level)
    bounds: list[tuple[str, str, list[object]]] = [] if high is None else [("AVAL", "<=", [high])]
    bounds += [] if low is None else [("AVAL", ">", [low])]
    return "ADLB", [*visit_conditions(plan.analysis.parameter, visit), *bounds]


def _class_range(plan: Plan, label: str) -> tuple[float | None, float | None]:
    """Above which value and up to which value a class goes."""
    ends = [item.to for item in plan.analysis.classes]
    place = [item.label for item in plan.analysis.classes].index(label)
    return (ends[place - 1] if place else None), ends[place]
