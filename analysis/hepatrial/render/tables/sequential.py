"""Tables of group-sequential monitoring: boundaries with the looks done, and what may be inferred at this look."""

from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import estimate_interval, finish_table
from hepatrial.study import GroupSequential

SPENDINGS = {
    "obrien-fleming": "O'Brien–Fleming boundary", "pocock": "Pocock boundary",
    "lan-demets-obrien-fleming": "Lan–DeMets spending of O'Brien–Fleming type",
    "lan-demets-pocock": "Lan–DeMets spending of Pocock type", "hwang-shih-decani": "Hwang–Shih–DeCani spending",
    "haybittle-peto": "Haybittle–Peto boundary",
}  # fmt: skip


def design_of(context: Context) -> GroupSequential:
    """The declared design."""
    assert context.study.monitoring is not None
    assert context.study.monitoring.group_sequential is not None
    return context.study.monitoring.group_sequential


def decision_of(context: Context) -> Any:
    """The result row of the decision: ``level`` says it, ``message`` why."""
    found = context.rows.select(design_of(context).id, measure="sequential decision", variable="verdict")
    return next(found.itertuples(index=False))


def describe_design(context: Context) -> str:
    """The design in words."""
    planned = design_of(context)
    side = "one-sided" if planned.sided == 1 else "two-sided"
    shape = SPENDINGS[planned.spending] + (
        f" (parameter {planned.parameter:g})" if planned.parameter is not None else ""
    )
    futility = ""
    if planned.futility is not None:
        futility = f"; {'binding' if planned.futility.binding else 'non-binding'} stopping for futility"
    decision = decision_of(context)
    fewer = "fewer" if planned.hazard_ratio < 1 else "more"
    arms = f"{context.group_label(decision.group)} than in {context.group_label(decision.comparator)}"
    return (
        f"{shape}, {side} {planned.alpha:g}{futility}; looks planned at {', '.join(map(str, planned.events))} events, "
        f"power {planned.power:g} for a hazard ratio of {planned.hazard_ratio:g}. z: log-rank, positive with {fewer} "
        f"events in {arms}. Bounds are those of the events observed so far and planned from here."
    )


def _keys(context: Context, measure: str, **more: str) -> dict[str, Any]:
    planned, decision = design_of(context), decision_of(context)
    arms = {"group": decision.group, "comparator": decision.comparator}
    return {"analysis_id": planned.id, "measure": measure, **arms, **more}


def build_sequential_boundaries(context: Context) -> Table:
    """Each look: events, bounds, spent alpha, and z where it was done."""
    planned = design_of(context)
    found = context.rows.select(planned.id, measure="sequential boundary", variable="look")
    shown = [("n_events", "Events", "count"), ("information_fraction", "Information (%)", "proportion1"),
             ("upper_bound", "z to reject", "fixed3"), ("nominal_level", "Nominal level", "p"),
             ("alpha_spent", "Alpha spent", "p"), ("lower_bound", "z of futility", "fixed3"),
             ("statistic", "z observed", "fixed3")]  # fmt: skip
    present = [item for item in shown if item[0] in set(found["stat"])]
    levels = sorted(dict.fromkeys(found["level"]), key=int)
    keys = _keys(context, "sequential boundary", variable="look")
    rows = [
        Row(level, tuple((context.rows.part(spec, stat=stat, level=level, **keys),) for stat, _, spec in present))
        for level in levels
    ]
    columns = tuple(Column(literal(label)) for _, label, _ in present)
    return finish_table(context, "Look", columns, rows, [_sentence(context), describe_design(context)])


def build_sequential_not_evaluable(context: Context) -> Table:
    """Why there is no boundary at this cut."""
    decision = decision_of(context)
    part = Part(decision.value, "fixed3", result_id=decision.result_id, status=decision.status)
    rows = [Row("Not evaluable at this cut", ((part,),))]
    return finish_table(context, "", (Column(literal("z")),), rows, [describe_design(context)])


def _sentence(context: Context) -> str:
    decision = decision_of(context)
    return f"{decision.level[:1].upper()}{decision.level[1:]}: {decision.message}."


def build_sequential_inference(context: Context) -> Table:
    """Repeated intervals of the looks done, the stage-wise analysis, conditional and predictive power."""
    planned, decision = design_of(context), decision_of(context)
    arms = f"{context.group_label(decision.group)} : {context.group_label(decision.comparator)}"
    rows = [Row(f"Hazard ratio {arms}", is_heading=True)]
    found = context.rows.select(planned.id, measure="repeated interval", stat="estimate")
    for level in sorted(dict.fromkeys(found["level"]), key=int):
        keys = _keys(context, "repeated interval", variable="hazard ratio", level=level)
        rows.append(_ratio_row(context, f"Look {level}, repeated interval and p-value", keys))
    keys = _keys(context, "stage-wise estimate", variable="hazard ratio")
    rows.append(_ratio_row(context, "Stage-wise: median-unbiased estimate, interval and p-value", keys))
    powers = [(measure, variable) for measure in ("conditional power", "predictive power")
              for variable in dict.fromkeys(context.rows.select(planned.id, measure=measure)["variable"])]  # fmt: skip
    rows += [Row("Probability of rejecting at a later look (%)", is_heading=True)] if powers else []
    for measure, variable in powers:
        part = context.rows.part("proportion1", stat="estimate", **_keys(context, measure, variable=variable))
        rows.append(Row(f"{measure.capitalize()}, {variable}", ((part,), ()), 1))
    notes = [
        "Repeated intervals hold whatever was decided at each look. The stage-wise analysis is of a trial that has "
        "stopped. Conditional power assumes the effect named; predictive power averages over what the data leave open.",
        _sentence(context),
    ]
    columns = (Column(literal("Estimate (interval)")), Column(literal("p-value")))
    return finish_table(context, "", columns, rows, notes)


def _ratio_row(context: Context, label: str, keys: dict[str, Any]) -> Row:
    cells: tuple[Cell, ...] = (
        estimate_interval(context.rows, "fixed2", **keys), (context.rows.part("p", stat="p_value", **keys),),
    )  # fmt: skip
    return Row(label, cells, 1)


def decision_cell(row: Any, spec: str = "fixed2") -> Cell:
    """``Continue: z 1.20``."""
    value = Part(row.value, spec, result_id=row.result_id, status=row.status)
    return (Part(f"{row.level[:1].upper()}{row.level[1:]}: z "), value)
