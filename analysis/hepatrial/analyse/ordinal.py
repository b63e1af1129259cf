"""A score or class at a visit as an order: its distribution by arm, and the arms compared.

A better level is a higher number here: the worst is death, then (where the study file puts it there) transplant, then
the values or classes from worst to best.
"""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.response import (
    DIED,
    MEASURED,
    MISSING,
    NOT_DUE,
    TRANSPLANTED,
    find_classes,
    find_states,
    find_values,
    value_conditions,
)
from hepatrial.analyse.rows import (
    Group,
    Plan,
    Row,
    Rows,
    add_patients,
    contrast_rows,
    count_and_percent,
    find_reference,
    make_rows,
    said,
    summary_stats,
)
from hepatrial.estimate import compare_ranks, estimate_mann_whitney, fit_proportional_odds, summarise

OTHERS = (TRANSPLANTED, DIED, MISSING, NOT_DUE)
WILCOXON = {"exact": "exact", "asymptotic": "normal"}


def analyse_ordinal(plan: Plan, group: Group) -> Rows:
    """Patients at each level and without one; the percentages are of the group."""
    states, values = find_states(plan, group), find_values(plan, group, "AVAL")
    keys: Row = {"variable": plan.analysis.parameter, "visit": plan.analysis.visit}
    source = ("ADLB", value_conditions(plan))
    measured = values[states == MEASURED]
    stats = summary_stats(summarise(measured), "n", "median", "q1", "q3", "min", "max")
    yield from make_rows(plan, group, "observed value", stats, source=source, **keys | {"n_used": len(measured)})
    classes = find_classes(plan, group, plan.analysis.classes, measured)[states == MEASURED]
    for item in plan.analysis.classes:
        own = classes.index[classes == item.label]
        more = keys | {"level": item.label, "source": add_patients(source, own)}
        yield from make_rows(plan, group, "distribution", count_and_percent(len(own), group.n), **more)
    for name in (MEASURED, *OTHERS):
        own = states.index[states == name]
        more = keys | {"level": name, "source": add_patients(("ADSL", []), own)}
        yield from make_rows(plan, group, "response status", count_and_percent(len(own), group.n), **more)


def compare_ordinal(plan: Plan, groups: list[Group]) -> Rows:
    """Each arm against the reference arm, where the study file plans it."""
    if plan.analysis.comparison is None:
        return
    reference = find_reference(plan, groups)
    for group in groups:
        if group.code != reference.code:
            yield from _compare(plan, group, reference)


def find_ranks(plan: Plan, group: Group) -> pd.Series:
    """A number for the order of every patient who has one, higher is better; by USUBJID."""
    planned, states = plan.analysis, find_states(plan, group)
    values = find_values(plan, group, "AVAL")
    if planned.classes:
        places = {item.label: float(place) for place, item in enumerate(planned.classes)}
        values = find_classes(plan, group, planned.classes, values).map(places)
    ranks = (values if planned.worse == "low" else -values)[states == MEASURED]
    if planned.death == "while alive":
        return ranks.dropna()
    dead, transplanted = -np.inf, {"as death": -np.inf, "next to death": np.nextafter(-np.inf, 0)}
    ended = states.map({DIED: dead, TRANSPLANTED: transplanted.get(planned.transplant)}).dropna()
    return pd.concat([ranks.dropna(), ended.astype(float)])


def _compare(plan: Plan, group: Group, reference: Group) -> Rows:
    planned = plan.analysis.comparison
    sides = {side.code: find_ranks(plan, side) for side in (group, reference)}
    ranks = pd.concat(sides.values())
    # -inf and its neighbour are levels below every value: the estimators need only the order
    levels = np.searchsorted(np.unique(ranks), ranks).astype(float)
    arms = np.repeat(list(sides), [len(side) for side in sides.values()])
    keys: Row = {"variable": plan.analysis.parameter, "visit": plan.analysis.visit, "n_used": len(ranks)}
    keys["source"] = ("ADLB", value_conditions(plan))
    if not all(len(side) for side in sides.values()):
        nothing = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"), float("nan"))
        more = {"status": "not_estimable", "message": "an arm has nobody to compare"}
        yield from contrast_rows(plan, group, reference, "mann-whitney probability", nothing, **keys | more)
        return
    level = plan.analysis.conf_level
    found = estimate_mann_whitney(levels, arms, reference=reference.code, conf_level=level)
    stats = {name: getattr(found, name) for name in ("estimate", "conf_low", "conf_high", "p_value")}
    yield from contrast_rows(plan, group, reference, "mann-whitney probability", stats, **keys | said(found))
    if planned.wilcoxon:
        yield from _wilcoxon(plan, group, reference, levels, arms, keys)
    if planned.proportional_odds:
        yield from _common_odds(plan, group, reference, levels, arms, keys)


def _wilcoxon(plan: Plan, group: Group, reference: Group, levels: Any, arms: Any, keys: Row) -> Rows:
    """The rank-sum test of the order; the shift is of the values themselves."""
    planned, level = plan.analysis.comparison, plan.analysis.conf_level
    method = WILCOXON[planned.wilcoxon]
    found = compare_ranks(levels[arms == group.code], levels[arms == reference.code], method=method, conf_level=level)
    more = keys | said(found) | {"method": f"Wilcoxon rank sum, {planned.wilcoxon}"}
    if found.status == "note":  # its note is about the limits of a shift, which is not asked for here
        more |= {"status": "ok", "message": ""}
    stats = {"statistic": found.statistic, "p_value": found.p_value}
    yield from contrast_rows(plan, group, reference, "wilcoxon test", stats, **more)
    if planned.shift:
        one, two = (_measured(plan, side) for side in (group, reference))
        moved = compare_ranks(one, two, method=method, conf_level=level)
        stats = {name: getattr(moved, name) for name in ("estimate", "conf_low", "conf_high")}
        own = said(moved) | {"method": f"Hodges–Lehmann, {planned.wilcoxon} limits"}
        yield from contrast_rows(plan, group, reference, "hodges-lehmann shift", stats, **keys | own)


def _measured(plan: Plan, group: Group) -> Any:
    return find_values(plan, group, "AVAL")[find_states(plan, group) == MEASURED].to_numpy(dtype=float)


def _common_odds(plan: Plan, group: Group, reference: Group, levels: Any, arms: Any, keys: Row) -> Rows:
    """Common odds ratio of a better level."""
    stats = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"), float("nan"))
    more: Row = {"status": "not_estimable", "message": "everybody is at one level"}
    if len(np.unique(levels)) > 1:
        arm = pd.DataFrame({group.code: (arms == group.code).astype(float)})
        fit = fit_proportional_odds(levels, arm, conf_level=plan.analysis.conf_level)
        more = said(fit)
        if fit.status != "failed":
            line = fit.table.iloc[0]
            stats = {"estimate": line["odds_ratio"]} | {name: line[name] for name in list(stats)[1:]}
    yield from contrast_rows(plan, group, reference, "common odds ratio", stats, **keys | more)
