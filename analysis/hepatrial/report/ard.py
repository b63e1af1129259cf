"""ard.json and ard.parquet: the results as analysis results data with the column names of the R package cards.

One record a number: group1 and its level, variable and its level, context, stat_name, stat_label, stat, and what cards
keeps beside them (fmt_fun, warning, error). Our own keys that cards has no name for follow, so that nothing is lost.
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from hepatrial.contracts import Results

STAT_NAMES = {
    "n_total": "N",
    "n_missing": "N_miss",
    "q1": "p25",
    "q3": "p75",
    "percent": "p",
    "std_error": "std.error",
    "conf_low": "conf.low",
    "conf_high": "conf.high",
    "conf_level": "conf.level",
    "p_value": "p.value",
    "n_risk": "n.risk",
    "n_events": "n.event",
    "n_censored": "n.censor",
    "df": "parameter",
}
CONTEXTS = {
    "baseline": "summary",
    "observed value": "summary",
    "patients": "tabulate",
    "specimens": "tabulate",
    "adverse events": "hierarchical",
    "survival": "survival",
    "event time quantile": "survival",
    "least squares mean": "emmeans_emmeans",
    "hazard ratio": "regression",
    "rate": "incidence_rate",
}
COLUMNS = (
    "group1", "group1_level", "group2", "group2_level", "variable", "variable_level", "context", "stat_name",
    "stat_label", "stat", "fmt_fun", "warning", "error",
)  # fmt: skip
"""The columns of cards, in its order."""
KEPT = ("result_id", "analysis_id", "endpoint", "population", "visit", "time_days", "comparator", "unit", "method",
        "status", "source_id")  # fmt: skip


def write_ard(results: Results, folder: Path, post_hoc: Collection[str] = ()) -> None:
    """Write ard.json and ard.parquet: records in the order of the results.

    ``post_hoc`` names the analyses that are not as the plan was signed; their records say so.
    """
    records = [_describe(row) for row in results.frame.to_dict("records")]
    for record in records:
        record["post_hoc"] = record["analysis_id"] in post_hoc
    text = json.dumps(records, ensure_ascii=False, indent=0)
    (folder / "ard.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    frame = pd.DataFrame(records, columns=[*COLUMNS, "measure", *KEPT, "post_hoc"])
    frame.to_parquet(folder / "ard.parquet", index=False)


def _describe(row: dict[str, Any]) -> dict[str, object]:
    """A percentage is a proportion in cards."""
    value = None if row["value"] != row["value"] else float(row["value"])
    if row["stat"] == "percent" and value is not None:
        value /= 100
    grouped = {"group1": "TRT01P", "group1_level": row["group"]} if row["group"] not in ("", "all") else {}
    nested = {"group2": row["by_variable"], "group2_level": row["by_level"]} if row["by_variable"] else {}
    return {
        **grouped,
        **nested,
        "variable": row["variable"],
        "variable_level": row["level"] or None,
        "context": CONTEXTS.get(row["measure"], row["measure"].replace(" ", "_")),
        "stat_name": STAT_NAMES.get(row["stat"], row["stat"]),
        "stat_label": row["stat"].replace("_", " "),
        "stat": value,
        "fmt_fun": None,
        "warning": row["message"] if row["status"] == "note" else None,
        "error": row["message"] if row["status"] in ("not_estimable", "failed") else None,
        "measure": row["measure"],
        **{name: None if row[name] != row[name] else row[name] for name in KEPT},
    }
