"""Rows that compare arms under a table of survival or of competing risks."""

from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Part, Row
from hepatrial.render.tables.blocks import interval

TESTS = {
    "log-rank": "Log-rank test",
    "stratified log-rank": "Stratified log-rank test",
    "gehan": "Gehan–Breslow test",
    "tarone-ware": "Tarone–Ware test",
    "fleming-harrington": "Fleming–Harrington test",
}
HAZARD_RATIOS = {
    "hazard ratio": "Hazard ratio",
    "cause-specific hazard ratio": "Cause-specific hazard ratio",
    "subdistribution hazard ratio": "Subdistribution hazard ratio (Fine–Gray)",
}
EMPTY: tuple[Cell, ...] = ((), (), ())
"""The counts before the estimates of the incidence table."""
DIFFERENCES = {
    "survival difference": ("Difference at day {0:g} (percentage points)", "proportion1"),
    "number needed to treat": ("Number needed to treat, day {0:g}", "fixed1"),
    "restricted mean difference": ("Difference of restricted mean time to day {0:g} (days)", "fixed1"),
    "restricted mean ratio": ("Ratio of restricted mean times to day {0:g}", "fixed2"),
}
SUBTRACTED = ("survival difference", "restricted mean difference")


def survival_test_label(comparison: Any) -> str:
    """``Stratified log-rank test``; with its weights, and that it is a permutation test."""
    label = TESTS[comparison.test]
    if comparison.test == "fleming-harrington":
        label += f" ({comparison.rho:g}, {comparison.gamma:g})"
    label += ", stratified" if comparison.strata and comparison.test != "stratified log-rank" else ""
    return label + (", permutation" if comparison.p_value == "permutation" else "")


def survival_comparison_rows(context: Context, analysis: Any) -> list[Row]:
    """Test, hazard ratios and differences in the columns of estimate and interval of the survival table."""
    if context.is_single_arm or analysis.comparison is None:
        return []
    keys = {"analysis_id": analysis.id, "variable": analysis.parameter}
    p_value = context.rows.part("p", measure="log-rank test", stat="p_value", group="", **keys)
    label = f"{survival_test_label(analysis.comparison)}, p-value"
    rows = [Row(_heading(context), is_heading=True), Row(label, _spread(p_value), 1)]
    for group, comparator in _pairs(context, analysis.id, "hazard ratio"):
        own = keys | {"group": group, "comparator": comparator}
        name = "Adjusted hazard ratio" if analysis.comparison.covariates else "Hazard ratio"
        part = context.rows.part("fixed2", stat="estimate", measure="hazard ratio", **own)
        limits = interval(context.rows, "fixed2", measure="hazard ratio", **own)
        rows.append(Row(f"{name}{_arms(context, group, comparator)}", _spread(part, limits), 1))
        over_time = own | {"measure": "proportional hazards test", "stat": "p_value"}
        if context.rows.find(**over_time) is not None:
            rows.append(Row("Proportional hazards, p-value", _spread(context.rows.part("p", **over_time)), 2))
    return rows + _difference_rows(context, analysis, keys)


def _difference_rows(context: Context, analysis: Any, keys: dict[str, str]) -> list[Row]:
    """Differences between arms at fixed days and of restricted means, each with its p-value under it."""
    found = context.rows.select(analysis.id, measure=tuple(DIFFERENCES), stat="estimate", subgroup="")
    rows = []
    for row in sorted(found.itertuples(index=False), key=lambda row: _place(context, row)):
        label, spec = DIFFERENCES[row.measure]
        own: dict[str, Any] = keys | {"measure": row.measure, "group": row.group, "comparator": row.comparator}
        own |= {"time_days": float(row.time_days)}
        estimate = context.rows.part(spec, stat="estimate", **own)
        cells = _spread(estimate, interval(context.rows, spec, **own))
        joint = " minus " if row.measure in SUBTRACTED else " : "
        arms = _arms(context, row.group, row.comparator, joint)
        rows.append(Row(f"{label.format(row.time_days)}{arms}", cells, 1))
        if context.rows.find(stat="p_value", **own) is not None:
            rows.append(Row("p-value", _spread(context.rows.part("p", stat="p_value", **own)), 2))
    return rows


def _place(context: Context, row: Any) -> tuple[int, bool, float, int]:
    """Arm by arm: what is asked at fixed days day by day, then the restricted means."""
    is_mean = row.measure.startswith("restricted")
    return context.arm_number(row.group), is_mean, row.time_days, list(DIFFERENCES).index(row.measure)


def _spread(estimate: Part, limits: Cell = ()) -> tuple[Cell, ...]:
    return ((), (), (), (estimate,), limits, ())


def incidence_comparison_rows(context: Context, analysis: Any) -> list[Row]:
    """Gray's test and the hazard ratios, each under the cause that it is about."""
    if context.is_single_arm or (analysis.comparison is None and analysis.models is None):
        return []
    keys = {"analysis_id": analysis.id, "variable": analysis.parameter}
    rows = [Row(_heading(context), is_heading=True)]
    if analysis.comparison is not None:
        part = context.rows.part("p", measure="gray test", group="", stat="p_value", **keys)
        rows.append(Row("Gray's test, p-value", (*EMPTY, (), (part,), (), (), (), ()), 1))
    for measure in ("cause-specific hazard ratio", "subdistribution hazard ratio"):
        for group, comparator in _pairs(context, analysis.id, measure):
            own = keys | {"measure": measure, "group": group, "comparator": comparator}
            label = f"{HAZARD_RATIOS[measure]}{_arms(context, group, comparator)}"
            cells = [cell for level in ("event", "competing") for cell in _hazard_cells(context, own, level)]
            rows.append(Row(label, (*EMPTY, *cells), 1))
            p_values = [cell for level in ("event", "competing") for cell in _p_cells(context, own, level)]
            rows.append(Row("p-value", (*EMPTY, *p_values), 2))
    return rows


def _hazard_cells(context: Context, keys: dict[str, str], level: str) -> tuple[Cell, ...]:
    if context.rows.find(stat="estimate", level=level, **keys) is None:
        return ((), (), ())
    part = context.rows.part("fixed2", stat="estimate", level=level, **keys)
    return ((), (part,), interval(context.rows, "fixed2", level=level, **keys))


def _p_cells(context: Context, keys: dict[str, str], level: str) -> tuple[Cell, ...]:
    is_there = context.rows.find(stat="p_value", level=level, **keys) is not None
    return ((), (context.rows.part("p", stat="p_value", level=level, **keys),) if is_there else (), ())


def _pairs(context: Context, analysis_id: str, measure: str) -> list[tuple[str, str]]:
    """Arm and reference of a measure, in the study's order of the arms."""
    found = context.rows.select(analysis_id, measure=measure, stat="estimate", subgroup="")
    ordered = context.in_arm_order(found)
    return list(dict.fromkeys(zip(ordered["group"], ordered["comparator"], strict=True)))


def _heading(context: Context) -> str:
    """With two arms the heading says which is compared with which, and the rows need not."""
    arms = [arm.code for arm in context.study.design.arms]
    if len(arms) != 2:
        return "Comparison of arms"
    reference = context.study.design.reference_arm
    (other,) = (code for code in arms if code != reference)
    return f"{context.group_label(other)} compared with {context.group_label(reference)}"


def _arms(context: Context, group: str, comparator: str, joint: str = " : ") -> str:
    if len(context.study.design.arms) == 2:
        return ""
    return f", {context.group_label(group)}{joint}{context.group_label(comparator)}"
