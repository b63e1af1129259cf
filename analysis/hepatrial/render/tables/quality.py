"""The table of numbers that a second engine computed too."""

from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import finish_table

DIGITS = "significant6"
OWN_STAT = {"model fit": "log_likelihood"}
BEHIND = {"reference": "reference values", "none": "tests by hand"}


def build_quality_control(context: Context) -> Table:
    """Each number computed twice: the reported one, the second engine's, and by what each was made."""
    rows: list[Row] = []
    for analysis in context.analyses or context.study.analyses:
        found = context.rows.select(analysis.id, measure="quality control", stat="second_path")
        rows += [Row(analysis.title, is_heading=True)] if len(found) else []
        rows += [_check_row(context, row) for row in found.itertuples(index=False)]
    rows += _unchecked_rows(context)
    columns = (*(Column(literal(name)) for name in ("Reported", "Second engine")),
               *(Column(literal(name), align="text") for name in ("Agreement", "Method")))  # fmt: skip
    notes = ["Shown with six significant digits; compared at full precision. A number on which two engines differ is "
             "reported as failed.",
             "Reference values: the method agrees with R, SAS or published numbers in its tests."]  # fmt: skip
    return finish_table(context, "Number", columns, rows, notes)


def _unchecked_rows(context: Context) -> list[Row]:
    """The methods whose numbers no second engine computes, and what stands behind them instead."""
    ids = [analysis.id for analysis in context.analyses or context.study.analyses]
    frame = context.rows.frame
    shown = frame["analysis_id"].isin(ids) & (frame["method"] != "") & frame["stat"].isin(["estimate", "p_value"])
    found = frame[shown & (frame["measure"] != "quality control") & (frame["checked_by"] != "engine")]
    found = found.sort_values(["measure", "method", "checked_by"]).drop_duplicates(["measure", "method"], keep="last")
    rows = [
        Row(measure[:1].upper() + measure[1:], ((), (), literal(BEHIND[checked]), literal(method)), 1)
        for measure, method, checked in zip(found["measure"], found["method"], found["checked_by"], strict=True)
    ]
    return [Row("Without a second engine", is_heading=True), *rows] if rows else []


def _check_row(context: Context, row: Any) -> Row:
    """``by_level`` of a check is the measure that it checks."""
    stat = "statistic" if row.by_level.endswith("test") else OWN_STAT.get(row.by_level, "estimate")
    keys = {"analysis_id": row.analysis_id, "measure": row.by_level, "group": row.group, "variable": row.variable}
    keys |= {"level": row.level, "visit": row.visit, "time_days": row.time_days, "comparator": row.comparator,
             "subgroup": row.subgroup, "subgroup_level": row.subgroup_level}  # fmt: skip
    reported = context.rows.part(DIGITS, stat=stat, **keys)
    second = Part(row.value, DIGITS, result_id=row.result_id, status=row.status)
    agreement = "not reported" if not reported.result_id else "differs" if reported.status == "failed" else "agrees"
    return Row(_label(context, row), ((reported,), (second,), literal(agreement), literal(row.method)), 1)


def _label(context: Context, row: Any) -> str:
    day = "" if row.time_days != row.time_days else f"day {row.time_days:g}"
    group = "" if row.group in ("", "all") else context.group_label(row.group)
    group += f" : {context.group_label(row.comparator)}" if group and row.comparator else ""
    parts = (row.by_level, row.variable, row.level, row.visit, day, row.subgroup, row.subgroup_level, group)
    return ", ".join(text for text in parts if text)
