"""A question to a finished report: where a number came from."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hepatrial.errors import ReportError
from hepatrial.report import read_manifest
from hepatrial.report.panel import COUNTS, describe_where
from hepatrial.report.recipes import FORMULAS
from hepatrial.results import read_results


@dataclass(frozen=True, eq=False)
class Trace:
    """One result: its row, the conditions that picked its analysis rows, and the export records behind them.

    ``records``: USUBJID, table, record_id, file, sheet, line; one row a record.
    """

    result: dict[str, object]
    dataset: str
    where: str
    records: pd.DataFrame

    @property
    def formula(self) -> str:
        """How a number of this kind is made, in words."""
        return FORMULAS.get(str(self.result["measure"]), "")

    @property
    def rule(self) -> str:
        """The conditions in words; empty where the number names no rows."""
        return describe_where(self.where) if self.where else ""


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
    if result["stat"] in COUNTS:
        result["unit"] = ""
    sources = pd.read_parquet(folder / "sources.parquet")
    own = sources[(sources["source_id"] == result["source_id"]) & (result["source_id"] != "")]
    records = own[own["record_id"] != ""].rename(columns={"SRCDOM": "table"})
    columns = ["USUBJID", "table", "record_id", "file", "sheet", "line"]
    dataset, where = (str(own[name].iloc[0]) if len(own) else "" for name in ("dataset", "where"))
    return Trace(result, dataset, where, records[columns].reset_index(drop=True))
