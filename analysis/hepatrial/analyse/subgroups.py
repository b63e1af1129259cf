"""Subgroups of a comparison: the estimate in each level, and the test that it is the same in all of them.

No p-values within subgroups: only the interaction is tested. A level in which the estimate does not exist (an arm
without patients or events) is not estimable, with the reason.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from hepatrial.analyse.by_visit import pick_visit
from hepatrial.analyse.rows import Group, Plan, Row
from hepatrial.study import Subgroup

LIMITS = ("estimate", "conf_low", "conf_high")


def find_levels(plan: Plan, item: Subgroup) -> tuple[pd.Series, list[str]]:
    """The level of every patient of the population by USUBJID, missing where unknown, and the levels in order."""
    values = _values(plan, item.variable)
    if is_numeric_dtype(values):
        labels = label_cuts(item.cut_points)
        edges = [-float("inf"), *item.cut_points, float("inf")]
        return pd.cut(values, edges, labels=labels).astype("object"), labels
    texts = values.astype("object").where(values.notna(), None)
    variable = plan.study.subject_variable(item.variable)
    planned = [level.value for level in variable.levels] if variable else []
    return texts, planned or sorted(texts.dropna().unique())


def label_cuts(cut_points: tuple[float, ...]) -> list[str]:
    """``≤ 6``, ``> 6 to 9``, ``> 9``."""
    inner = [f"> {low:g} to {high:g}" for low, high in zip(cut_points, cut_points[1:], strict=False)]
    return [f"≤ {cut_points[0]:g}", *inner, f"> {cut_points[-1]:g}"]


def _values(plan: Plan, name: str) -> pd.Series:
    """A column of ADSL, or the baseline of a parameter or score."""
    subjects = plan.everybody.subjects.set_index("USUBJID")
    if plan.study.parameter(name) is None:
        return subjects[name]
    adlb = plan.dataset("ADLB", plan.everybody)
    rows = pick_visit(adlb[(adlb["PARAMCD"] == name) & adlb["AVAL"].notna()], "BL")
    return rows.set_index("USUBJID")["AVAL"].reindex(subjects.index)


def iterate_levels(plan: Plan, groups: list[Group], item: Subgroup) -> Iterator[tuple[list[Group], Row]]:
    """The groups cut down to each level in turn, with the keys of its rows."""
    levels, labels = find_levels(plan, item)
    for label in labels:
        members = levels.index[levels == label]
        yield [pick_members(group, members) for group in groups], {"subgroup": item.variable, "subgroup_level": label}


def pick_members(group: Group, members: Any) -> Group:
    """The group's subjects among ``members``."""
    return replace(group, subjects=group.subjects[group.subjects["USUBJID"].isin(members)])


def explain_missing(plan: Plan, item: Subgroup) -> Row:
    """Status and message of an interaction that leaves out patients whose subgroup is unknown."""
    n = int(find_levels(plan, item)[0].isna().sum())
    left_out = f"{n} patients without {item.variable} are in no subgroup"
    return {"status": "note", "message": left_out} if n else {}
