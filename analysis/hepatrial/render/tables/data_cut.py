"""Tables of an interim report's data cut."""

from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.tables.blocks import estimate_interval, finish_table
from hepatrial.study import LAST_CONTACT, STATUS_CONFIRMED

OTHER_RULE = "_other_rule"
"""What analyse adds to the id of a planned analysis that it repeats by the other rule."""

MEASURES = {"survival": ("survival", ""), "cumulative incidence": ("cumulative incidence", "event")}
"""Measure and level of the estimate at a day, by method."""

RULES = {
    STATUS_CONFIRMED: "Status confirmed at the cut: deaths up to the cut count whenever they were reported; who is "
    "known to have lived on the cut is followed to the cut.",
    LAST_CONTACT: "Censored at last contact: nothing recorded after the cut is used, for the dead or the living.",
}


def build_data_cut_status(context: Context) -> Table:
    """Who is dead, alive, and alive on an older status."""
    rules = context.study.data_cut
    assert rules is not None
    lines = {
        "patients": ("Patients enrolled", 0),
        "dead": ("Died by the cut", 1),
        "alive": ("Alive as far as is known", 1),
        "alive, older status": (f"status older than {rules.status_days} days", 2),
        "alive, older status, in follow-up": ("and still in follow-up", 3),
        "died after the cut": ("Died after the cut (listing only)", 1),
    }
    keys = {"analysis_id": "data_cut", "measure": "patients", "variable": "status at the cut", "stat": "n"}
    rows = [
        Row(label, ((context.rows.part("count", level=level, **keys),),), indent)
        for level, (label, indent) in lines.items()
        if context.rows.find(level=level, **keys) is not None
    ]
    notes = [
        f"Records: in the cut when their day, or of an incomplete date the {rules.partial_dates} possible, is not "
        "after it. Events, sessions and medications that ended later are shown ongoing.",
        f"Rule for death and follow-up. {RULES[rules.time_to_event]}",
    ]
    return finish_table(context, "", (Column(literal("Patients")),), rows, notes)


def build_data_cut_times(context: Context) -> Table:
    """Every time-to-event analysis by the declared rule, and by the other one beside it."""
    rules = context.study.data_cut
    assert rules is not None
    rows: list[Row] = []
    planned: list[Any] = [item for item in context.study.analyses if item.method in MEASURES]
    for analysis in planned:
        for group in context.groups(analysis.id):
            several = len(context.groups(analysis.id)) > 1
            rows.append(Row(f"{analysis.title}{f': {context.group_label(group)}' if several else ''}", is_heading=True))
            rows += [Row(f"Day {day}", _times_at(context, analysis, group, float(day)), 1) for day in analysis.days]
    inner = tuple(Column(literal(name)) for name in ("At risk", "Events", "Estimate (CI), %"))
    columns = tuple(
        Column(literal(heading), inner)
        for heading in (f"Declared: {rules.time_to_event}", f"Sensitivity: {rules.other_rule}")
    )
    notes = [RULES[rules.time_to_event], RULES[rules.other_rule],
             "CI, confidence interval, as in the planned analysis."]  # fmt: skip
    return finish_table(context, f"Days since {context.origin}", columns, rows, notes)


def _times_at(context: Context, analysis: Any, group: str, day: float) -> tuple[Cell, ...]:
    measure, level = MEASURES[analysis.method]
    cells: list[Cell] = []
    for analysis_id in (analysis.id, f"{analysis.id}{OTHER_RULE}"):
        keys = {"analysis_id": analysis_id, "measure": measure, "level": level, "variable": analysis.parameter}
        at = keys | {"group": group, "time_days": day}
        cells += [(context.rows.part("count", stat=stat, **at),) for stat in ("n_risk", "n_events")]
        cells.append(estimate_interval(context.rows, "proportion1", **at))
    return tuple(cells)
