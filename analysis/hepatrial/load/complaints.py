"""What load finds while it types the tables: rules, and the way from a place in a sheet to a finding."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hepatrial.contracts import make_finding
from hepatrial.load.sheet import IntArray, ObjectArray, Sheet, TextColumn

MAX_LISTED = 1_000
"""Findings of one rule in one column that are listed one by one; one more says how many there are."""


@dataclass(frozen=True)
class Rule:
    severity: str
    message: str


RULES: dict[str, Rule] = {
    "file-missing": Rule("fatal", "data.toml names this file, but it is not in the data folder; add the file"),
    "file-detected": Rule("note", "{detail} detected, not declared; declare it in data.toml to be sure"),
    "file-unterminated": Rule("warning", "the last line has no end: nobody can tell whether its last field is whole"),
    "file-no-rows": Rule("warning", "the file has column names and not one row; is the export complete?"),
    "rows-expected": Rule("fatal", "{detail}; export again, or correct expected_rows in data.toml"),
    "row-cut": Rule(
        "fatal", "the file ends in the middle of this row: the export is cut, or a quotation mark has no end; mend it"
    ),
    "row-short": Rule("error", "the row has fewer fields than the header; it is left out"),
    "row-long": Rule("error", "the row has more fields than the header; it is left out"),
    "row-blank": Rule("note", "{detail} left out"),
    "column-missing": Rule("fatal", "data.toml maps this column, but the file has no such column; {detail}"),
    "column-unmapped": Rule("note", "the column is not mapped; map it, or name it under ignore or drop"),
    "column-doubled": Rule("warning", "the header has this name more than once; the later ones are read as 'name (2)'"),
    "arm-in-export": Rule(
        "fatal",
        "the column holds nothing but arms, and the study is blind: have it left out of this export "
        "(docs/blinding.md), and tell whoever is responsible that the file was sent",
    ),
    "identifier": Rule(
        "fatal", "may hold {detail}: name the column under drop in data.toml, and ask the site to leave it out"
    ),
    "value-missing": Rule("error", "{detail} is compulsory but empty"),
    "id-trimmed": Rule("note", "the identifier is read without the white space or full-width forms around it"),
    "code-unknown": Rule("error", "not among the codes of data.toml or of the table: {detail}; add it to codes"),
    "parameter-unknown": Rule("warning", "not a parameter of the study, so not analysed: {detail}; add it to codes"),
    "flag-unknown": Rule("error", "neither yes nor no; add it to codes"),
    "number-unreadable": Rule("error", "is no number; correct it at the site, or declare it as missing"),
    "number-ambiguous": Rule("error", "has two readings as a number; declare decimal and thousands in data.toml"),
    "number-thousands": Rule("note", "read without its thousands separators"),
    "number-comma": Rule("note", "read with a comma as decimal sign: it can be nothing else; declare decimal"),
    "number-text": Rule("warning", "numbers stored as text in this row, read as numbers"),
    "cell-formula": Rule("warning", "the cell holds a formula: its last computed value is read"),
    "cell-uncomputed": Rule("error", "the formula has no computed value, or an error; open the file, save it again"),
    "result-left-censored": Rule("warning", "below a limit of quantification: kept as censored at that limit"),
    "result-right-censored": Rule("warning", "above a limit of quantification: kept as censored at that limit"),
    "result-missing": Rule("note", "read as missing: {detail}"),
    "result-code-unknown": Rule("error", "is neither a number nor one of the texts allowed: {detail}"),
    "date-partial": Rule("warning", "partial date: kept as written, with the earliest and latest day it can be"),
    "date-ambiguous": Rule("error", "day and month cannot be told apart; state one order in date_formats"),
    "date-impossible": Rule("error", "is no day of the calendar; correct it at the site"),
    "date-unreadable": Rule("error", "is in none of the date formats of data.toml; formats that fit it: {detail}"),
    "number-missing": Rule("note", "read as missing numbers: {detail}"),
    "date-missing": Rule("note", "read as missing"),
    "time-unreadable": Rule("error", "is no time of day; write it as HH:MM"),
    "unit-missing": Rule("error", "a result without its unit is not used; state it in the data, or under units"),
    "unit-unknown": Rule("error", "is no unit known for {detail}; the result is not used"),
    "unit-no-factor": Rule("error", "cannot be converted: {detail}"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Complaint:
    """One rule broken in some rows of one column of a sheet; ``rows`` are positions in the sheet."""

    rule: str
    column: str
    rows: IntArray
    raws: Sequence[str]
    detail: str = ""


def complain(
    column: TextColumn, name: str, faults: Sequence[str], details: Sequence[str] | None = None
) -> list[Complaint]:
    """Complaints from one fault (or '') per distinct text of a column, one complaint a fault and detail."""
    keys = list(zip(faults, details or [""] * len(faults), strict=True))
    found = []
    for key in dict.fromkeys(keys):
        if key[0]:
            rows = column.rows_of([one == key for one in keys])
            if rows.size:
                found.append(Complaint(key[0], name, rows, column.written(rows), key[1]))
    return found


@dataclass(frozen=True, eq=False)
class Place:
    """Where the findings of one source lie: its file and sheet, and its typed table."""

    file: str
    sheet_name: str
    table: str
    sheet: Sheet
    typed: pd.DataFrame
    records: IntArray
    """Row of the table that each record of the source became."""
    rows: IntArray
    """Row of the sheet that each record came from."""
    value_columns: ObjectArray | None = None
    """Wide layout: the column that each record's result came from."""


def file_finding(
    rule: str,
    file: str,
    *,
    sheet: str = "",
    line: int = 0,
    column: str = "",
    raw: str = "",
    table: str = "",
    detail: str = "",
) -> dict[str, object]:
    """A finding about a file, a line or a column, not about a record."""
    known = RULES[rule]
    return make_finding(rule, known.severity, known.message.format(detail=detail), file=file, sheet=sheet, line=line,
                        column=column, raw=raw, table=table)  # fmt: skip


def findings_of(complaints: Iterable[Complaint], place: Place) -> Iterator[dict[str, object]]:
    """One finding per row complained about, with the record that the row became."""
    for complaint in complaints:
        rule = RULES[complaint.rule]
        message = rule.message.format(detail=complaint.detail)
        listed = complaint.rows[:MAX_LISTED]
        for row, raw, record in zip(listed, complaint.raws, _records_of(complaint, listed, place), strict=False):
            yield make_finding(
                complaint.rule, rule.severity, message, file=place.file, sheet=place.sheet_name,
                line=int(place.sheet.lines[row]), column=complaint.column, raw=raw, table=place.table,
                record_id=_of(place.typed, "record_id", record), subject=_of(place.typed, "subject_id", record),
            )  # fmt: skip
        if len(complaint.rows) > MAX_LISTED:
            more = f"{len(complaint.rows) - MAX_LISTED:,} more rows of this kind: {message}"
            yield make_finding(complaint.rule, rule.severity, more, file=place.file, sheet=place.sheet_name,
                               column=complaint.column, table=place.table)  # fmt: skip


def _records_of(complaint: Complaint, rows: IntArray, place: Place) -> list[int]:
    """Position of the record of each row, or -1 where the row became none."""
    positions = np.arange(len(place.rows))
    if place.value_columns is not None:
        own = place.value_columns == complaint.column
        positions = positions[own] if own.any() else positions
    first = pd.Series(positions, index=place.rows[positions])
    first = first[~first.index.duplicated()]
    own = first.reindex(rows, fill_value=-1)
    return [int(place.records[position]) if position >= 0 else -1 for position in own]


def _of(frame: pd.DataFrame, name: str, position: int) -> str:
    if position < 0 or name not in frame.columns:
        return ""
    value = frame[name].iat[position]
    return "" if value is None else str(value)
