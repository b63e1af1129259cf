"""A problem that a rule found, and the way from there to a finding at the cell of the file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.contracts import STANDARD_TABLES, Exports, make_finding
from hepatrial.study import DataMap, Source, Study

MAX_LISTED = 1_000
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows of one standard table that break a rule; no rows when the whole table does."""

    table: str
    message: str | Sequence[str]
    positions: Positions | Sequence[int] = ()
    column: str = ""
    raws: Sequence[str] | None = None
    severity: str = ""
    """Only where it is not the rule's."""


@dataclass(frozen=True, eq=False)
class Data:
    """What the rules look at."""

    exports: Exports
    study: Study
    data_map: DataMap

    def table(self, name: str) -> pd.DataFrame:
        return self.exports.tables[name]

    @cached_property
    def subjects(self) -> pd.DataFrame:
        """First row of each subject, by subject_id."""
        frame = self.table("subjects")
        frame = frame[frame["subject_id"].notna()]
        return frame[~frame["subject_id"].duplicated()].set_index("subject_id")

    def of_subject(self, table: str, name: str) -> "pd.Series[Any]":
        """A column of the subject's row, for each row of a table."""
        values = self.table(table)["subject_id"].map(self.subjects[name])
        return values.astype(self.subjects[name].dtype) if len(self.subjects) else values.astype("datetime64[ns]")

    def has_source(self, table: str) -> bool:
        return any(source.table == table for source in self.data_map.sources)


@dataclass(frozen=True)
class Check:
    """One rule: its id, its severity, and the function that finds its problems."""

    rule: str
    severity: str
    find: Callable[[Data], Iterator[Problem]]


def findings_of(check: Check, data: Data) -> Iterator[dict[str, object]]:
    """The findings of one rule, at most MAX_LISTED a problem and one that counts the rest."""
    for problem in check.find(data):
        severity = problem.severity or check.severity
        positions = np.asarray(problem.positions, dtype=np.int64)
        messages = problem.message if not isinstance(problem.message, str) else [problem.message] * len(positions)
        if not positions.size:
            yield make_finding(check.rule, severity, str(problem.message), table=problem.table, column=problem.column)
        yield from _listed(check.rule, severity, problem, positions[:MAX_LISTED], messages, data)
        if len(positions) > MAX_LISTED:
            more = f"{len(positions) - MAX_LISTED:,} more rows of this kind: {messages[MAX_LISTED]}"
            yield make_finding(check.rule, severity, more, table=problem.table, column=problem.column)


def _listed(
    rule: str, severity: str, problem: Problem, positions: Positions, messages: Sequence[str], data: Data
) -> Iterator[dict[str, object]]:
    rows = data.table(problem.table).iloc[positions]
    raws = problem.raws if problem.raws is not None else raw_texts(rows, problem.column)
    names = column_names(rows, problem.table, problem.column, data.data_map.sources)
    subjects = rows["subject_id"]
    for index, message in enumerate(messages[: len(rows)]):
        yield make_finding(
            rule, severity, message, file=rows["file"].iat[index], sheet=rows["sheet"].iat[index],
            line=int(rows["line"].iat[index]), column=names[index], raw=raws[index], table=problem.table,
            record_id=rows["record_id"].iat[index], subject=subjects.iat[index] or "",
        )  # fmt: skip


def raw_texts(rows: pd.DataFrame, column: str) -> list[str]:
    """A column as written, where the table keeps that."""
    name = f"{column}_text" if f"{column}_text" in rows else column
    if name not in rows:
        return [""] * len(rows)
    return ["" if value is None or value != value else _plain(value) for value in rows[name]]


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def column_names(rows: pd.DataFrame, table: str, column: str, sources: Iterable[Source]) -> list[str]:
    """What the files call a standard column in each row; a name in brackets such as ``(row)`` stays."""
    if column.startswith("(") or not column:
        return [column] * len(rows)
    own = [source for source in sources if source.table == table]
    places = zip(rows["file"], rows["sheet"], range(len(rows)), strict=True)
    return [_name_in(own, file, sheet, column, rows.iloc[index]) for file, sheet, index in places]


def _name_in(sources: Iterable[Source], file: str, sheet: str, column: str, row: "pd.Series[Any]") -> str:
    for source in sources:
        if (source.file, source.sheet) == (file, sheet):
            if column in source.columns:
                return source.columns[column].strip()
            for value in source.values:
                if value.parameter == row.get("parameter") and value.visit in ("", row.get("visit")):
                    return value.date if column == "date" and value.date else value.column
    return column


def key_columns(table: str) -> list[str]:
    return list(STANDARD_TABLES[table].key)
