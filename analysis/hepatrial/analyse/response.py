"""Who is in response at a visit: one status a patient, with death and transplant before the visit decided first.

Rules
-----
1. The visit is at its target day when the patient has a value for it, else at the end of its window: until then it
   could have been made.
2. Whoever died by then is ``died``; whoever was transplanted by then is ``transplanted``, where the study file says
   that this is no response. The earlier of the two decides; on one day the transplant came first.
3. Otherwise the value decides: ``response`` or ``no response``.
4. Without a value: ``not yet due`` while the window had not ended at the date of the data, else ``missing``. A death
   or transplant without a date counts here as before the visit: death is never missing data.
5. In an interim report everybody whose window had not ended at the data cut is ``not yet due``, the dead and the
   measured too: whether a patient counts may not depend on what happened, or deaths would be counted before
   survivors are.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hepatrial.analyse.by_visit import pick_visit, visit_conditions
from hepatrial.analyse.rows import Group, Plan
from hepatrial.results import COMPARATORS
from hepatrial.study import Visit

RESPONSE, NO_RESPONSE = "response", "no response"
MEASURED, DIED, TRANSPLANTED, MISSING, NOT_DUE = "measured", "died", "transplanted", "missing", "not yet due"
STATUSES = (RESPONSE, NO_RESPONSE, DIED, TRANSPLANTED, MISSING, NOT_DUE)
COLUMNS = {"value": "AVAL", "change from baseline": "CHG", "per cent change from baseline": "PCHG"}
NO_CLASS = "Missing"


def find_states(plan: Plan, group: Group) -> pd.Series:
    """``measured``, or why there is no value, of every patient of the group, by USUBJID."""
    subjects = group.subjects.set_index("USUBJID")
    return _find_states(plan, subjects, find_values(plan, group, "AVAL").notna())


def find_responses(plan: Plan, group: Group) -> pd.Series:
    """The status of every patient of the group, by USUBJID."""
    rule, subjects = plan.analysis.response, group.subjects.set_index("USUBJID")
    value = find_values(plan, group, COLUMNS[rule.of])
    states = _find_states(plan, subjects, value.notna())
    judged = np.where(COMPARATORS[rule.op](value, rule.value), RESPONSE, NO_RESPONSE)
    return states.mask(states == MEASURED, pd.Series(judged, index=subjects.index))


def _find_states(plan: Plan, subjects: pd.DataFrame, has_value: pd.Series) -> pd.Series:
    visit = next(item for item in plan.study.visits if item.code == plan.analysis.visit)
    unknown = find_unknown(plan, subjects, visit)
    states = pd.Series(np.where(has_value, MEASURED, unknown), index=subjects.index, dtype="object")
    transplant_ends = plan.analysis.transplant != "as measured"
    ended = find_ended(subjects, visit, has_value, transplant_ends=transplant_ends)
    states = states.mask(ended.notna(), ended)
    return states if plan.data.cutoff is None else states.where(find_due(plan, subjects, visit), NOT_DUE)


def find_unknown(plan: Plan, subjects: pd.DataFrame, visit: Visit) -> NDArray[np.object_]:
    """Of patients without a value: ``not yet due`` while the window had not ended at the data cut, else ``missing``."""
    return np.where(find_due(plan, subjects, visit), MISSING, NOT_DUE).astype(object)


def find_due(plan: Plan, subjects: pd.DataFrame, visit: Visit) -> pd.Series:
    """Whether the visit's window had ended at the date of the data; so it had for whoever never reached the origin."""
    ends = subjects["ORIGDT"] + pd.Timedelta(days=visit.window[1])
    return (ends <= pd.Timestamp(plan.data.as_of)) | subjects["ORIGDT"].isna()


def find_values(plan: Plan, group: Group, column: str) -> pd.Series:
    """The parameter's value at the visit of every patient, missing where there is none."""
    rows = rows_of(plan, group)
    return pick_visit(rows, plan.analysis.visit).set_index("USUBJID")[column].reindex(group.subjects["USUBJID"])


def rows_of(plan: Plan, group: Group) -> pd.DataFrame:
    """The records of the parameter that may be judged: after a transplant only where it is judged as measured."""
    adlb = plan.dataset(plan.results_name, group)
    rows = adlb[(adlb["PARAMCD"] == plan.analysis.parameter) & adlb["AVAL"].notna()]
    return rows if plan.analysis.transplant == "as measured" else rows[rows["AFTLTFL"] != "Y"]


def value_conditions(plan: Plan) -> list[tuple[str, str, list[object]]]:
    """The conditions on ADLB behind find_values, for the source of a number."""
    found = visit_conditions(plan.analysis.parameter, plan.analysis.visit)
    return [item for item in found if item[0] != "AFTLTFL" or plan.analysis.transplant != "as measured"]


def find_classes(plan: Plan, group: Group, classes: Any, values: pd.Series) -> pd.Series:
    """The class of every patient of the group: the first whose ``to`` is not below the value; else ``Missing``."""
    return name_classes(classes, values.reindex(group.subjects["USUBJID"]))


def name_classes(classes: Any, values: pd.Series) -> pd.Series:
    """The label of each value's class; ``Missing`` where there is no value, or no class goes so high."""
    found = pd.Series(NO_CLASS, index=values.index, dtype="object")
    for item in reversed(classes):
        is_in = values.notna() if item.to is None else values <= item.to
        found = found.mask(is_in, item.label)
    return found


def find_baseline(plan: Plan, group: Group) -> pd.Series:
    """The parameter's baseline value of every patient who has one."""
    return pick_visit(rows_of(plan, group), "BL").set_index("USUBJID")["AVAL"]


def find_ended(subjects: pd.DataFrame, visit: Visit, has_value: pd.Series, *, transplant_ends: bool) -> pd.Series:
    """``died`` or ``transplanted`` for whoever the rules put there, else missing; ``subjects`` by USUBJID."""
    last = pd.Series(np.where(has_value, visit.day, visit.window[1]), index=subjects.index)
    at = subjects["ORIGDT"] + pd.to_timedelta(last, unit="D")
    ended = pd.Series(None, index=subjects.index, dtype="object")
    died, transplanted = subjects["DTHDT"], subjects["LTDT"]
    undated = (subjects["DTHFL"] == "Y") & died.isna() & ~has_value
    ended = ended.mask((died <= at) | undated, DIED)
    if transplant_ends:
        undated = (subjects["LTFL"] == "Y") & transplanted.isna() & ~has_value
        is_first = (transplanted <= at) & ~(died < transplanted)
        ended = ended.mask(is_first | (undated & ended.isna()), TRANSPLANTED)
    return ended
