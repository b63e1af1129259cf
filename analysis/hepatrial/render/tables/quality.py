"""The table of numbers that a second engine computed too."""

from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import finish_table

DIGITS = "significant6"


def build_quality_control(context: Context) -> Table:
    """Each number computed twice: the reported one, the second engine's, and by what each was made."""
    rows: list[Row] = []
    for analysis in context.analyses or context.study.analyses:
        found = context.rows.select(analysis.id, measure="quality control", stat="second_path")
        rows += [Row(analysis.title, is_heading=True)] if len(found) else []
        rows += [_check_row(context, row) for row in found.itertuples(index=False)]
    columns = (Column(literal("Reported")), Column(literal("Second engine")), Column(literal("Engine"), align="text"),
               Column(literal("Agreement"), align="text"))  # fmt: skip
    notes = ["Shown with six significant digits; compared at full precision."]
    return finish_table(context, "Number", columns, rows, notes)


def _check_row(context: Context, row: Any) -> Row:
    second = Part(row.value, DIGITS, result_id=row.result_id, status=row.status)
    agreement = {"ok": "agrees", "note": "differs", "failed": "failed", "not_estimable": "not compared"}[row.status]
    reported: Cell = (_reported(context, row),)
    return Row(_label(context, row), (reported, (second,), literal(row.method), literal(agreement)), 1)


def _reported(context: Context, row: Any) -> Part:
    frame = context.rows.select(
        row.analysis_id, group=row.group, variable=row.variable, level=row.level, visit=row.visit, stat="estimate"
    )
    frame = frame[
        (frame["time_days"] == row.time_days) | (frame["time_days"].isna() & (row.time_days != row.time_days))
    ]
    if len(frame) != 1:
        return Part(None)
    found = frame.iloc[0]
    return Part(found["value"], DIGITS, result_id=found["result_id"], status=found["status"])


def _label(context: Context, row: Any) -> str:
    day = "" if row.time_days != row.time_days else f"day {row.time_days:g}"
    group = "" if row.group in ("", "all") else context.group_label(row.group)
    return ", ".join(text for text in (row.variable, row.level, row.visit, day, group) if text)
