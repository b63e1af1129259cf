"""XLSX and XLS (and XLSB, ODS) through calamine: one sheet to a Sheet, with what a spreadsheet hides.

A cell becomes the text that a person would type: dates as ISO dates, whole numbers without a decimal point. Bare
serial numbers stay numbers; the date formats ``excel 1900`` and ``excel 1904`` of data.toml read them.
"""

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from hepatrial.errors import LoadError
from hepatrial.load.cells import trim
from hepatrial.load.delimited import join_headers
from hepatrial.load.numbers import NumberRules, read_number
from hepatrial.load.sheet import Sheet, encode_rows, is_blank, unique_names
from hepatrial.load.workbook_process import read_workbook
from hepatrial.load.workbook_scan import FormulaCell, scan_workbook

_MERGE = tuple[tuple[int, int], tuple[int, int]]


def read_spreadsheet(content: bytes, name: str, *, sheet: str = "", header_row: int = 1, header_rows: int = 1) -> Sheet:
    """The table of one sheet; without ``sheet``, of the first one, which is reported when there are several.

    Raises
    ------
    LoadError
        The workbook is damaged, unreasonably large, or has no such sheet or header.
    """
    formulas = scan_workbook(content, name)
    book = read_workbook(content, name, sheet)
    cells = book.cells
    header = _header(cells, book.merges, name, header_row, header_rows)
    names, doubled = unique_names([trim(cell) for cell in header])
    body = list(enumerate(cells[header_row:], header_row + 1))
    blank = [line for line, row in body if is_blank(map(_text, row[: len(names)]))]
    unwanted = set(blank)
    body = [(line, row) for line, row in body if line not in unwanted]
    columns = encode_rows([[_text(cell) for cell in row] for _, row in body], len(names))
    last = body[-1][0] if body else 0
    lines = [line for line, _ in body]
    return Sheet(
        columns={key: column for key, column in zip(names, columns, strict=True) if key},
        lines=np.asarray(lines, dtype=np.int64),
        detected="" if sheet or len(book.names) == 1 else f"sheet {book.names[0]!r} of {len(book.names)} sheets",
        doubled=doubled,
        blank_lines=tuple(line for line in blank if line < last),
        letters={key: letters_of(index) for index, key in enumerate(names) if key},
        text_numbers=_text_numbers(names, [row for _, row in body]),
        formulas=_inside(formulas, book.chosen, names, set(lines)),
    )


def _header(
    cells: list[list[Any]], merges: Sequence[_MERGE], name: str, header_row: int, header_rows: int
) -> list[str]:
    first = header_row - header_rows
    rows = [[_text(cell) for cell in row] for row in cells[max(first, 0) : header_row]]
    if len(cells) < header_row or is_blank(rows[-1]):
        raise LoadError(f"{name}: has no column names in row {header_row}; set header_row in data.toml")
    if not merges:
        return join_headers(rows)
    for (top, left), (bottom, right) in merges:
        for row in range(max(top, first), min(bottom, header_row - 1) + 1):
            for column in range(left, right + 1):
                rows[row - first][column] = _text(cells[top][left])
    return [" / ".join(dict.fromkeys(trim(row[at]) for row in rows if trim(row[at]))) for at in range(len(rows[-1]))]


def _text(cell: Any) -> str:
    """The cell as a person would type it."""
    if isinstance(cell, str):
        return cell
    return next((write(cell) for kind, write in _WRITERS if isinstance(cell, kind)), str(cell))


def _write_number(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _write_moment(moment: datetime) -> str:
    return moment.date().isoformat() if moment.time() == time() else moment.isoformat(" ", "seconds")


def _write_span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda cell: "TRUE" if cell else "FALSE"),
    (int, str),
    (float, _write_number),
    (datetime, _write_moment),
    (date, date.isoformat),
    (time, lambda cell: f"{cell:%H:%M}"),
    (timedelta, _write_span),
)


def _text_numbers(names: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    """Per column that holds numbers as numbers: where it also holds them as text."""
    found = {}
    for index, name in enumerate(names):
        cells = [row[index] for row in rows]
        if any(isinstance(cell, float) for cell in cells):
            is_text = [isinstance(cell, str) and _is_number(trim(cell)) for cell in cells]
            if any(is_text):
                found[name] = np.asarray(is_text, dtype=bool)
    return found


def _is_number(text: str) -> bool:
    return not math.isnan(read_number(text, NumberRules())[0])


def letters_of(index: int) -> str:
    """Name of a column in the sheet, counted from 0: A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _inside(
    formulas: dict[int, list[FormulaCell]], chosen: int, names: list[str], lines: set[int]
) -> tuple[FormulaCell, ...]:
    """The formulas of this sheet that lie in its table, with the name of their column."""
    by_letters = {letters_of(index): name for index, name in enumerate(names) if name}
    return tuple(
        cell._replace(column=by_letters[cell.column])
        for cell in formulas.get(chosen, ())
        if cell.line in lines and cell.column in by_letters
    )
