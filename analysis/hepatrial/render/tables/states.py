"""Table of the states of all patients over the visits."""

from collections.abc import Iterable
from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import count_percent, finish_table

OTHER_STATES = (
    ("transplanted", "Transplanted"),
    ("died", "Died"),
    ("missing", "No value"),
    ("not yet due", "Not yet due"),
)


def state_labels(analysis: Any) -> tuple[tuple[str, str], ...]:
    """Level and label of every state, classes first."""
    return (*((item.label, item.label) for item in analysis.classes), *OTHER_STATES)


def build_states(context: Context) -> Table:
    """How many patients are in each state at each visit, a column a visit."""
    analyses = context.analyses_of("states")
    columns = tuple(Column(literal(label)) for _, label in context.visits(analyses[0].visits))
    rows = [row for analysis in analyses for row in _rows(context, analysis, len(analyses) > 1)]
    notes = [
        "Counts (per cent) of all patients of the population; at each visit they sum to N.",
        "Transplanted and died: by the visit's day, or by the end of its window without a value there.",
    ]
    return finish_table(context, "", columns, rows, notes)


def _rows(context: Context, analysis: Any, is_one_of_many: bool) -> Iterable[Row]:
    codes = [code for code, _ in context.visits(analysis.visits)]
    if is_one_of_many:
        yield Row(analysis.title, is_heading=True)
    for group in context.groups(analysis.id):
        size = (Part(" (N="), context.n_total(analysis.id, group), Part(")"))
        yield Row(context.group_label(group), is_heading=True, size=size)
        found = context.rows.select(analysis.id, measure="states", level="not yet due", stat="n")
        is_due = len(found) > 0 and not found["value"].any()
        for level, label in state_labels(analysis):
            if level == "not yet due" and is_due:
                continue
            keys = {"analysis_id": analysis.id, "measure": "states", "variable": analysis.parameter, "level": level}
            cells = tuple(count_percent(context.rows, visit=code, group=group, **keys) for code in codes)
            yield Row(label, cells, 1)
