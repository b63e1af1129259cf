"""Rows of a comparison with a historical rate under a table of survival."""

from collections.abc import Sequence
from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Part, Row
from hepatrial.render.tables.blocks import interval


def historical_rows(context: Context, analysis: Any, group: str) -> list[Row]:
    """Survival against the declared historical rate: difference with its limits, and the exact test."""
    declared = analysis.historical
    if declared is None:
        return []
    keys: dict[str, Any] = {"analysis_id": analysis.id, "measure": "historical difference", "group": group}
    keys |= {"variable": analysis.parameter, "time_days": float(declared.day)}
    label = f"Difference from {declared.rate * 100:g}% at day {declared.day} (percentage points)"
    estimate = context.rows.part("proportion1", stat="estimate", **keys)
    p_value = context.rows.part("p", stat="p_value", **keys)
    limits = interval(context.rows, "proportion1", **keys)
    test = Row("Exact one-sample test, p-value", _in_columns(p_value, ()), 2)
    return [Row(label, _in_columns(estimate, limits), 1), test]


def historical_notes(analyses: Sequence[Any]) -> list[str]:
    """Where each historical rate comes from, and what such a comparison is not."""
    declared = [item.historical for item in analyses if item.historical is not None]
    sources = [f"Historical rate of {item.rate * 100:g}% at day {item.day}: {item.source}" for item in declared]
    caveat = "The historical rate is taken as known; its patients were others, at another time, and not randomised."
    return [*sources, caveat] if sources else []


def _in_columns(estimate: Part, limits: Cell) -> tuple[Cell, ...]:
    """Empty counts, the estimate and its interval, no standard error."""
    return ((), (), (), (estimate,), limits, ())
