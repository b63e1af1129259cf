"""Families of hypotheses: adjusted p-values and decisions, from the p-values of the other analyses."""

from collections.abc import Sequence

import numpy as np

from hepatrial.analyse.rows import Plan, Row, Rows, make_rows
from hepatrial.estimate import adjust_p_values
from hepatrial.study import Hypothesis

PROCEDURES = {"fixed sequence": "fixed-sequence"}
"""Names of the study file that the estimator calls otherwise."""
NOT_TESTED = "could not be tested, counted as p = 1"


def adjust_hypotheses(plan: Plan, rows: Sequence[Row]) -> Rows:
    """Raw and adjusted p-value and decision of every hypothesis; ``rows`` are those of all other analyses."""
    planned = plan.analysis
    found = [_find(item, rows) for item in planned.hypotheses]
    reason = "; ".join(str(row["message"]) for row in found if row["status"] == "failed")
    p_values = [1.0 if np.isnan(row["value"]) else row["value"] for row in found]
    options = {"weights": planned.weights, "transitions": planned.transitions} if planned.weights else {}
    adjusted = adjust_p_values(p_values, method=PROCEDURES.get(planned.procedure, planned.procedure), **options)
    for item, row, value in zip(planned.hypotheses, found, adjusted.adjusted, strict=True):
        stats = {"p_value": row["value"], "adjusted_p_value": value, "rejected": float(value <= planned.alpha)}
        more: Row = {"variable": item.id, "method": f"{planned.procedure}, alpha {planned.alpha:g}"}
        if reason:
            stats = dict.fromkeys(stats, float("nan"))
            more |= {"status": "failed", "message": f"a p-value of the family failed: {reason}"}
        elif np.isnan(row["value"]):
            more |= {"status": "note", "message": f"{NOT_TESTED} ({row['message']})"}
        yield from make_rows(plan, None, "hypothesis", stats, **more)


def _find(item: Hypothesis, rows: Sequence[Row]) -> Row:
    """The one p-value with the hypothesis' keys; a failed row that says so when there is none, or more."""
    keys = {"analysis_id": item.analysis, "measure": item.measure, "stat": "p_value", "group": item.group}
    keys |= {name: value for name in ("visit", "variable", "level") if (value := getattr(item, name))}
    found = [row for row in rows if all(row.get(key, "") == value for key, value in keys.items())]
    found = [row for row in found if not row.get("subgroup") and row.get("time_days") == item.day]
    if len(found) == 1:
        return {"message": ""} | found[0]
    message = f"{item.id}: {len(found)} p-values of {item.measure} in {item.analysis} have its keys; one is needed"
    return {"value": float("nan"), "status": "failed", "message": message}
