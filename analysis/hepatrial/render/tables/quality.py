"""The table of numbers that a second engine computed too."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from hepatrial.render.context import Context
from hepatrial.render.methods.names import label_codes
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import finish_table
from hepatrial.render.tables.model_words import describe_method

DIGITS = "significant6"
OWN_STAT = {"model fit": "log_likelihood"}
BEHIND = {"reference": "reference values", "none": "tests by hand"}
SPOKEN = ("event", "competing")
"""Levels that tell numbers apart; the others follow from the measure."""
COLUMN_WORDS = {"SEX": "sex", "AGE": "age", "STRATUM": "stratum", "SITEID": "site"}
HYPOTHETICAL = "as if nobody had died"


def build_quality_control(context: Context) -> Table:
    """Each number computed twice, of every arm and of their comparison: the reported one and the second engine's."""
    analyses = context.analyses or context.study.analyses
    checks = {item.id: context.rows.select(item.id, measure="quality control", stat="second_path") for item in analyses}
    sides = _sides(context, pd.concat(checks.values())) if checks else []
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(analysis.title, is_heading=True)] if len(checks[analysis.id]) else []
        rows += _check_rows(context, checks[analysis.id], sides)
    rows += _unchecked_rows(context, len(sides))
    inner = tuple(Column(literal(name)) for name in ("Reported", "Second engine"))
    heads = (Column(literal(_side_label(context, side)), inner) for side in sides)
    columns = (*heads, Column(literal("Agreement"), align="text"))
    notes = ["Shown with six significant digits; compared at full precision. A number on which two engines differ is "
             "reported as failed.",
             "Reference values: the method agrees with R, SAS or published numbers in its tests."]  # fmt: skip
    return finish_table(context, "Number", columns, rows, notes, said=(HYPOTHETICAL,))


def _sides(context: Context, checks: pd.DataFrame) -> list[str]:
    """The arms in the study's order, all patients, and ``""`` for what compares arms."""
    present = {_side(row) for row in checks.itertuples(index=False)}
    arms = [arm.code for arm in context.study.design.arms]
    return [side for side in (*arms, "all", "") if side in present] or arms


def _side(row: Any) -> str:
    return "" if row.comparator else str(row.group)


def _side_label(context: Context, side: str) -> str:
    return context.group_label(side) if side else "Model or comparison"


def _check_rows(context: Context, checks: pd.DataFrame, sides: list[str]) -> Iterator[Row]:
    """A line for each measure and method; under it one for each place, with the numbers of all sides."""
    checks = checks.assign(method=checks["method"].map(describe_method), place=_places(context, checks))
    for (measure, method), found in checks.groupby(["by_level", "method"], sort=False):
        yield Row(f"{measure[:1].upper()}{measure[1:]}: {method}", indent=1, is_heading=True)
        for _, rows in sorted(found.groupby("place"), key=lambda pair: pair[0]):
            numbers = {_side(row): _numbers(context, row) for row in rows.itertuples(index=False)}
            cells = [cell for side in sides for cell in numbers.get(side, ((), (), ""))[:2]]
            words = dict.fromkeys(word for *_, word in numbers.values())
            label = _label(context, next(rows.itertuples(index=False)), checks["variable"].nunique() > 1)
            yield Row(label, (*cells, literal(", ".join(words))), 2)


def _places(context: Context, checks: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Where a number stands, as a sort key: parameter in the study's order, visit, day, level, subgroup."""
    study = context.study
    codes = list(label_codes(study))
    visits = [visit.code for visit in study.visits]
    return [
        (
            codes.index(row.variable) if row.variable in codes else len(codes), row.subgroup, row.subgroup_level,
            visits.index(row.visit) if row.visit in visits else -1, -1 if row.time_days != row.time_days
            else row.time_days, row.level if row.level in SPOKEN else "", row.comparator and row.group,
        )
        for row in checks.itertuples(index=False)
    ]  # fmt: skip


def _numbers(context: Context, row: Any) -> tuple[Cell, Cell, str]:
    """Reported, second engine, agreement. ``by_level`` of a check is the measure that it checks."""
    stat = "statistic" if row.by_level.endswith("test") else OWN_STAT.get(row.by_level, "estimate")
    keys = {"analysis_id": row.analysis_id, "measure": row.by_level, "group": row.group, "variable": row.variable}
    keys |= {"level": row.level, "visit": row.visit, "time_days": row.time_days, "comparator": row.comparator,
             "subgroup": row.subgroup, "subgroup_level": row.subgroup_level}  # fmt: skip
    reported = context.rows.part(DIGITS, stat=stat, **keys)
    second = Part(row.value, DIGITS, result_id=row.result_id, status=row.status)
    if not reported.result_id:
        return (reported,), (second,), "not reported"
    if second.status == "failed":  # the model failed by both engines: neither has a number
        return (reported,), (second,), "not fitted"
    return (reported,), (second,), "differs" if reported.status == "failed" else "agrees"


def _label(context: Context, row: Any, has_several: bool) -> str:
    """What tells the number from its neighbours: the analysis' only parameter and the only pair of arms do not."""
    day = "" if row.time_days != row.time_days else f"day {row.time_days:g}"
    visit = next((item.label for item in context.study.visits if item.code == row.visit), row.visit)
    pair = f"{context.group_label(row.group)} : {context.group_label(row.comparator)}" if row.comparator else ""
    pair = "" if len(context.study.design.arms) == 2 else pair
    level = {"event": "event", "competing": "competing event"}.get(row.level, "")
    rest = (visit, day, level, _variable(context, row.subgroup), row.subgroup_level, pair)
    name = _variable(context, row.variable) if has_several or not any(rest) else ""
    found = ", ".join(text for text in (name, *rest) if text)
    return f"{found[:1].upper()}{found[1:]}"


def _variable(context: Context, code: str) -> str:
    return COLUMN_WORDS.get(code) or label_codes(context.study).get(code, code)


def _unchecked_rows(context: Context, sides: int) -> list[Row]:
    """The methods whose numbers no second engine computes, and what stands behind them instead."""
    ids = [analysis.id for analysis in context.analyses or context.study.analyses]
    frame = context.rows.frame
    shown = frame["analysis_id"].isin(ids) & (frame["method"] != "") & frame["stat"].isin(["estimate", "p_value"])
    found = frame[shown & (frame["measure"] != "quality control") & (frame["checked_by"] != "engine")]
    found = found.sort_values(["measure", "method", "checked_by"]).drop_duplicates(["measure", "method"], keep="last")
    rows = [
        Row(f"{measure[:1].upper()}{measure[1:]}: {describe_method(method)}",
            (*[()] * (2 * sides), literal(BEHIND[checked])), 1)
        for measure, method, checked in zip(found["measure"], found["method"], found["checked_by"], strict=True)
    ]  # fmt: skip
    return [Row("Without a second engine", is_heading=True), *rows] if rows else []
