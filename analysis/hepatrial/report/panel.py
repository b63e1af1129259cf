"""What the page shows when a number is clicked: the result row, and the export records behind it."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from hepatrial.contracts import Results
from hepatrial.report.recipes import CALLS, COUNT_CALL, COUNTED, FORMULAS
from hepatrial.study import Analysis, Study

COUNTS = ("n", "n_missing", "n_native")
_RESULT_FIELDS = (
    "result_id", "analysis_id", "endpoint", "population", "visit", "time_days", "group", "comparator", "variable",
    "level", "by_variable", "by_level", "measure", "stat", "value", "unit", "method", "status", "message", "n_used",
    "source_id", "checked_by",
)  # fmt: skip


def collect_panel(
    results: Results,
    result_ids: Iterable[str],
    record_ids: Iterable[str],
    expanded: pd.DataFrame,
    records: pd.DataFrame,
    *,
    study: Study,
    cutoff: date | None = None,
) -> dict[str, Any]:
    """Data of the page's panel: the displayed results, their sources, and the records of both.

    ``expanded`` is results.expand_sources: one row a source and record. ``records`` says where each record stands:
    record_id, table, file, sheet, line; in the panel's data a record is an index into its own ``records``.
    """
    wanted = set(result_ids)
    frame = _without_units_of_counts(results.frame[results.frame["result_id"].isin(wanted)])
    behind = expanded[expanded["source_id"].isin(set(frame["source_id"]))].astype("object")
    places = _locate_records(records)
    subjects = dict(zip(behind["record_id"], behind["USUBJID"], strict=True))
    ids = sorted({*behind["record_id"], *record_ids} - {""}, key=lambda record: (places.get(record, ()), record))
    index = {record: place for place, record in enumerate(ids)}
    return {
        "fields": list(_RESULT_FIELDS[1:]),
        "results": {row[0]: [_plain(value) for value in row[1:]] for row in _rows(frame, _RESULT_FIELDS)},
        "sources": _describe_sources(results, behind, index),
        "recipes": _describe_recipes(set(frame["measure"])),
        "analyses": {item.id: _options(item) for item in study.analyses},
        "cutoff": cutoff.isoformat() if cutoff else None,
        "records": [[record, subjects.get(record, ""), *places.get(record, ("", "", "", 0))] for record in ids],
    }


def format_json(value: object) -> str:
    """JSON that is safe inside a script element: no ``<``, ``>`` or ``&`` in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def describe_where(where: str) -> str:
    """The conditions of a source in words: ``PARAMCD is OS and FASFL is Y``."""
    words = {"in": "is", "not in": "is not", "not missing": "is not missing", "<": "<", "<=": "≤", ">=": "≥", ">": ">"}
    parts = []
    for column, comparator, values in unique_conditions(where):
        shown = [str(value) for value in values]
        text = " or ".join(shown) if len(shown) <= 8 else f"one of {len(shown)} values"
        text = "none" if comparator == "in" and not values else text
        parts.append(f"{column} {words[comparator]} {text}".rstrip())
    return " and ".join(parts) or "all rows"


def unique_conditions(where: str) -> list[list[Any]]:
    """Each condition once: a population's flag can be asked for by the group and by the number."""
    found: list[list[Any]] = json.loads(where)
    return [one for place, one in enumerate(found) if one not in found[:place]]


def _without_units_of_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """A number of patients or values has no unit, although the values have one."""
    return frame.assign(unit=frame["unit"].mask(frame["stat"].isin(COUNTS), ""))


def _rows(frame: pd.DataFrame, columns: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(frame[name].tolist() for name in columns), strict=True)


def _plain(value: object) -> object:
    return None if value != value else value


def _describe_sources(results: Results, behind: pd.DataFrame, index: dict[str, int]) -> dict[str, list[object]]:
    records = {
        source: sorted({index[record] for record in own if record})
        for source, own in behind.groupby("source_id")["record_id"]
    }
    return {
        row.source_id: [row.dataset, describe_where(row.where), records[row.source_id], unique_conditions(row.where)]
        for row in results.sources.itertuples(index=False)
        if row.source_id in records
    }


def _describe_recipes(measures: set[str]) -> dict[str, list[str]]:
    """Formula, function and call of each measure shown; no function where the number is no single call."""
    return {
        measure: [FORMULAS.get(measure, ""), *CALLS.get(measure, ("", COUNT_CALL if measure in COUNTED else ""))]
        for measure in measures
    }


def _options(analysis: Analysis) -> dict[str, object]:
    """What a call needs of an analysis."""
    found: dict[str, object] = analysis.model_dump(mode="json")
    return {key: found[key] for key in ("conf_type", "conf_level", "min_pairs") if key in found}


def _locate_records(records: pd.DataFrame) -> dict[str, tuple[str, str, str, int]]:
    """Table, file, sheet and line of every record."""
    return {
        record: (name, str(file), "" if sheet is None or sheet != sheet else str(sheet), int(line))
        for record, name, file, sheet, line in _rows(records, ("record_id", "table", "file", "sheet", "line"))
    }
