"""Questions to a finished report: where a number came from, and what changed between two reports."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hepatrial.contracts import RESULT_KEYS
from hepatrial.errors import ReportError
from hepatrial.report import read_manifest
from hepatrial.results import compare_results, read_results


@dataclass(frozen=True, eq=False)
class Trace:
    """One result: its row, the conditions that picked its analysis rows, and the export records behind them.

    ``records``: USUBJID, table, record_id, file, sheet, line; one row a record.
    """

    result: dict[str, object]
    dataset: str
    where: str
    records: pd.DataFrame


def trace_result(folder: Path, result_id: str) -> Trace:
    """The records behind a number of the report in ``folder``.

    Raises
    ------
    ReportError
        When the folder holds no report, or no result has this id (its first letters are enough if they are unique).
    """
    read_manifest(folder)
    frame = read_results(folder).frame
    found = frame[frame["result_id"].str.startswith(result_id)] if result_id else frame.iloc[:0]
    if len(found) != 1:
        raise ReportError(f"{folder}: {len(found)} results have an id that starts with {result_id!r}; one is needed")
    result = {str(key): value for key, value in found.iloc[0].items()}
    sources = pd.read_parquet(folder / "sources.parquet")
    own = sources[(sources["source_id"] == result["source_id"]) & (result["source_id"] != "")]
    records = own[own["record_id"] != ""].rename(columns={"SRCDOM": "table"})
    columns = ["USUBJID", "table", "record_id", "file", "sheet", "line"]
    dataset, where = (str(own[name].iloc[0]) if len(own) else "" for name in ("dataset", "where"))
    return Trace(result, dataset, where, records[columns].reset_index(drop=True))


def compare_reports(old: Path, new: Path) -> pd.DataFrame:
    """What changed between two reports, and which records did it.

    Returns
    -------
    DataFrame
        The rows of ``compare_results``, with ``records_new`` and ``records_gone``: record_ids behind the result
        that only the newer, or only the older report has, joined by ";".
    """
    for folder in (old, new):
        read_manifest(folder)
    results = read_results(old), read_results(new)
    changes = compare_results(*results)
    before, after = (_records_of(folder, part.frame) for folder, part in zip((old, new), results, strict=True))
    nothing: frozenset[str] = frozenset()
    pairs = [(before.get(key, nothing), after.get(key, nothing)) for key in changes["result_id"]]
    return changes.assign(
        records_new=[";".join(sorted(right - left)) for left, right in pairs],
        records_gone=[";".join(sorted(left - right)) for left, right in pairs],
    )


def describe_change(row: dict[str, object]) -> str:
    """A changed result as one line."""
    keys = ", ".join(str(row[key]) for key in RESULT_KEYS if str(row[key]) not in ("", "nan"))
    values = f"{row['old_value']:.6g} → {row['new_value']:.6g}"
    more = "".join(
        f"; {label}: {row[name]}" for name, label in (("records_new", "new"), ("records_gone", "gone")) if row[name]
    )
    return f"{row['change']}: {keys}: {values}{more}"


def _records_of(folder: Path, frame: pd.DataFrame) -> dict[str, frozenset[str]]:
    sources = pd.read_parquet(folder / "sources.parquet", columns=["source_id", "record_id"])
    by_source = {key: frozenset(part) - {""} for key, part in sources.groupby("source_id")["record_id"]}
    pairs = zip(frame["result_id"], frame["source_id"], strict=True)
    return {result: by_source.get(source, frozenset()) for result, source in pairs}
