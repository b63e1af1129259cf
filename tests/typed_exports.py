"""Typed Exports from small tables typed in a test.

``make_exports(labs=\"\"\"...\"\"\")``: each table is text, columns separated by ``|``, first line the names; a cell
that is empty is missing. Dates may be partial (2025-06, 2025). A result is written as a laboratory would: 12,
<5, >200, "not done". Its unit is the unit of the study unless ``std_value`` is given.
"""

import calendar
import functools
import re
from datetime import date

import pandas as pd

from hepatrial.contracts import (
    SOURCE_FILE_COLUMNS,
    STANDARD_TABLES,
    Column,
    Exports,
    Findings,
    TableSpec,
    compute_record_ids,
    typed_columns,
)

EXPORTED_ON = date(2026, 1, 31)


def make_exports(*, exported_on: date = EXPORTED_ON, **tables: str) -> Exports:
    """Exports with these tables; the others are empty."""
    typed = {name: make_table(name, tables[name]) if name in tables else empty_table(name) for name in STANDARD_TABLES}
    assert set(tables) <= set(typed), tables.keys()
    return Exports(typed, pd.DataFrame(columns=list(SOURCE_FILE_COLUMNS)), Findings.from_rows([]), exported_on)


@functools.cache
def empty_table(name: str) -> pd.DataFrame:
    """The standard table without a row, typed."""
    return make_table(name, "")


def make_table(name: str, text: str) -> pd.DataFrame:
    """One typed standard table."""
    spec = STANDARD_TABLES[name]
    raw = read_cells(text)
    unknown = set(raw.columns) - set(spec.names) - set(typed_columns(spec))
    assert not unknown, f"{name} has no {unknown}"
    frame = pd.DataFrame(
        {
            "record_id": "",
            "file": f"{name}.csv",
            "sheet": "",
            "line": pd.Series(range(2, len(raw) + 2), index=raw.index, dtype="int64"),
        },
        index=raw.index,
    )
    for column in spec.columns:
        cells = raw[column.name] if column.name in raw else pd.Series("", index=raw.index, dtype="object")
        for typed, values in type_cells(column, cells, raw).items():
            frame[typed] = values
    frame["record_id"] = compute_record_ids(name, frame, key_columns(spec)) if len(frame) else frame["record_id"]
    return frame[["record_id", "file", "sheet", "line", *typed_columns(spec)]]


def key_columns(spec: TableSpec) -> list[str]:
    return list(spec.key)


def read_cells(text: str) -> pd.DataFrame:
    """Cells of a text table, all text."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    if not lines:
        return pd.DataFrame()
    assert all(len(line) == len(lines[0]) for line in lines), lines
    return pd.DataFrame(lines[1:], columns=lines[0], dtype="object")


def type_cells(column: Column, cells: pd.Series, raw: pd.DataFrame) -> dict[str, pd.Series]:
    """Typed columns of one standard column."""
    name = column.name
    if column.kind == "number":
        return {name: pd.to_numeric(cells.replace("", None)).astype("float64")}
    if column.kind == "date":
        bounds = [date_bounds(cell) for cell in cells]
        low = pd.Series([pair[0] for pair in bounds], index=cells.index, dtype="datetime64[ns]")
        high = pd.Series([pair[1] for pair in bounds], index=cells.index, dtype="datetime64[ns]")
        return {name: low.where(low == high), f"{name}_low": low, f"{name}_high": high, f"{name}_text": text(cells)}
    if column.kind == "result":
        return type_results(cells, raw)
    return {name: text(cells)}


def text(cells: pd.Series) -> pd.Series:
    return cells.astype("object").where(cells != "", None)


def date_bounds(cell: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Earliest and latest day of 2025-06-07, 2025-06 or 2025."""
    parts = [int(part) for part in cell.split("-")] if cell else []
    if not parts:
        return pd.NaT, pd.NaT
    year, month, day = (*parts, None, None)[:3]
    last_month = month or 12
    last_day = day or calendar.monthrange(year, last_month)[1]
    return pd.Timestamp(year, month or 1, day or 1), pd.Timestamp(year, last_month, last_day)


def type_results(cells: pd.Series, raw: pd.DataFrame) -> dict[str, pd.Series]:
    matches = [re.fullmatch(r"(<=|>=|<|>)?\s*(-?\d+(?:\.\d+)?)", cell) for cell in cells]
    sign = [(match[1] or "") if match else "" for match in matches]
    number = [float(match[2]) if match else float("nan") for match in matches]
    frame = pd.DataFrame({"cell": cells, "sign": sign, "number": number}, index=cells.index)
    is_plain = frame["sign"] == ""
    value = frame["number"].where(is_plain).astype("float64")
    bound = frame["number"].where(~is_plain).astype("float64")
    missing = frame["cell"].where(frame["number"].isna() & (frame["cell"] == "not done"), None)
    std = pd.to_numeric(raw["std_value"].replace("", None)).astype("float64") if "std_value" in raw else value
    unit = raw["unit"] if "unit" in raw else pd.Series("", index=cells.index)
    return {
        "result": text(cells),
        "value": value,
        "qualifier": frame["sign"].astype("object"),
        "bound": bound,
        "missing_reason": missing.astype("object"),
        "std_value": std,
        "std_bound": bound,
        "std_unit": text(unit),
    }
