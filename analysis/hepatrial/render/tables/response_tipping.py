"""Tipping point of a response: the comparison for every number of responders among the missing of each arm."""

from typing import Any

import numpy as np

from hepatrial.errors import RenderError
from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.tables.blocks import estimate_interval, finish_table
from hepatrial.render.tables.proportions import TESTS

MOST_COLUMNS = 11


def build_response_tipping(context: Context) -> Table:
    """A row for each number among the missing of the arm, a column for each among those of the reference arm.

    Raises
    ------
    RenderError
        When no analysis of the output has ``tipping_point = true``.
    """
    analyses = [item for item in context.analyses_of("proportion") if item.comparison and item.comparison.tipping_point]
    if len(analyses) != 1:
        where = f"output {context.output.number} ({context.output.template})"
        raise RenderError(f"{where}: name one analysis with comparison.tipping_point = true, found {len(analyses)}")
    analysis, reference = analyses[0], context.study.design.reference_arm
    found = context.rows.select(analysis.id, measure="tipping point", comparator=reference)
    splits = found[found["by_variable"] == "comparator"]
    others = sorted({int(level) for level in splits["by_level"]})
    shown = sorted({others[int(k)] for k in np.linspace(0, len(others) - 1, min(len(others), MOST_COLUMNS)).round()})
    arms = list(dict.fromkeys(context.in_arm_order(splits)["group"]))
    rows: list[Row] = []
    for arm in arms:
        rows.append(Row(f"Responders among the missing, {context.group_label(arm)}", is_heading=True))
        levels = sorted({int(level) for level in splits.loc[splits["group"] == arm, "level"]})
        rows += [Row(str(own), _cells(context, analysis, arm, own, shown), 1) for own in levels]
        rows.append(_summary(context, analysis, arm, len(shown)))
    heading = literal(f"Responders among the missing, {context.group_label(reference)}")
    columns = (Column(heading, tuple(Column(literal(str(other))) for other in shown)),)
    return finish_table(context, "", columns, rows, _notes(analysis, len(shown) < len(others)))


def _keys(analysis: Any, arm: str, reference: str) -> dict[str, Any]:
    return {"analysis_id": analysis.id, "measure": "tipping point", "variable": analysis.parameter,
            "visit": analysis.visit, "group": arm, "comparator": reference}  # fmt: skip


def _cells(context: Context, analysis: Any, arm: str, own: int, shown: list[int]) -> tuple[Cell, ...]:
    """The p-value of each split; without a planned test the estimate with its interval."""
    keys = _keys(analysis, arm, context.study.design.reference_arm) | {"level": str(own), "by_variable": "comparator"}
    spec = "proportion1" if analysis.comparison.measure == "difference" else "fixed2"
    if analysis.comparison.test == "none":
        return tuple(estimate_interval(context.rows, spec, by_level=str(other), **keys) for other in shown)
    return tuple((context.rows.part("p", stat="p_value", by_level=str(other), **keys),) for other in shown)


def _summary(context: Context, analysis: Any, arm: str, width: int) -> Row:
    """``12 / 30``: splits with p below 1 - conf_level, of all."""
    keys = _keys(analysis, arm, context.study.design.reference_arm)
    low, total = (context.rows.part("count", stat=stat, **keys) for stat in ("n", "n_total"))
    label = f"Combinations with p < {1 - analysis.conf_level:.3g} / all combinations"
    return Row(label, ((low, *literal(" / "), total), *[()] * (width - 1)), 1)


def _notes(analysis: Any, is_thinned: bool) -> list[str]:
    test = analysis.comparison.test
    what = "estimate (CI)" if test == "none" else f"p-value of the planned test ({TESTS.get(test, test)})"
    notes = [f"Cells: {what} if that many of the missing of each arm had been responders."]
    return [*notes, *(["Some columns are left out; results.csv has every split."] if is_thinned else [])]
