"""One source of data.toml: a sheet in, the rows of one standard table out, still without record ids."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.contracts import STANDARD_TABLES, Column, TableSpec
from hepatrial.load.cells import trim
from hepatrial.load.complaints import Complaint
from hepatrial.load.dates import DateRules
from hepatrial.load.numbers import NumberRules
from hepatrial.load.sheet import IntArray, ObjectArray, Sheet, TextColumn, as_objects
from hepatrial.load.standard_units import add_standard_values
from hepatrial.load.typed import Cell, Rules, Typed, empty_column, frame_of, type_column
from hepatrial.study import ReadingRules, Source, Study, find_codes

CONSTANT = "(constant)"
SEPARATORS = (";", "\t", "|", ",")
"""Between the fields of a row, in other files than this map takes it for."""
HEADER_ROWS = 10
"""Rows in which a header is looked for, to say where it is."""


@dataclass(frozen=True, eq=False)
class TypedSource:
    """The records of one source: ``rows`` are rows of ``sheet``, which holds only rows that are records."""

    table: str
    frame: pd.DataFrame
    rows: IntArray
    sheet: Sheet
    complaints: tuple[Complaint, ...]
    value_columns: ObjectArray | None = None


def merge_rules(defaults: ReadingRules, own: ReadingRules) -> ReadingRules:
    """The rules of a source: its own where stated, else those of the whole map."""
    stated = {name: value for name, value in own.model_dump().items() if value is not None}
    return ReadingRules.model_validate(defaults.model_dump() | stated)


def type_source(source: Source, sheet: Sheet, reading: ReadingRules, study: Study) -> TypedSource:
    """Every row of the sheet that makes a record of the table, typed."""
    rules = Rules(NumberRules.from_reading(reading), DateRules.from_reading(reading))
    kept = sheet.take(_rows_that_are_records(source, sheet))
    typed = (_type_wide if source.layout == "wide" else _type_long)(source, kept, rules, study)
    return replace(typed, complaints=(*typed.complaints, *_complain_text_numbers(source, kept)))


def describe_columns(source: Source, sheet: Sheet) -> str:
    """The columns that a sheet has, with what else may be wrong where those that are wanted lie elsewhere in it."""
    names, wanted = list(sheet.columns), {*missing_columns(source, sheet)}
    hint = ""
    mark = next((mark for mark in SEPARATORS if len(names) == 1 and mark in names[0]), "")
    below = next((line for line, texts in _first_rows(sheet) if 2 * len(wanted & texts) > len(wanted)), 0)
    if mark:
        hint = f". Its fields look separated otherwise: write delimiter = {mark!r}"
    elif below:
        hint = f". They stand in line {below}: write header_row = {below}"
    elif sheet.detected.startswith("sheet"):
        hint = f". This is {sheet.detected}: name the right one with sheet ="
    return f"it has {', '.join(names[:50])}{hint}"


def _first_rows(sheet: Sheet) -> Iterator[tuple[int, set[str]]]:
    """Line and texts of the first rows below the header."""
    for row in range(min(len(sheet.lines), HEADER_ROWS)):
        yield int(sheet.lines[row]), {trim(column.texts[column.codes[row]]) for column in sheet.columns.values()}


def missing_columns(source: Source, sheet: Sheet) -> list[str]:
    """Columns that the source uses and the sheet does not have."""
    used = [*source.columns.values(), *source.where, *(value.column for value in source.values)]
    used += [value.date for value in source.values if value.date]
    return [name for name in dict.fromkeys(map(trim, used)) if name not in sheet.columns]


def unmapped_columns(sources: Sequence[Source], sheet: Sheet) -> list[str]:
    """Columns of a sheet that none of the sources reading it uses or leaves out on purpose."""
    known = {trim(name) for source in sources for name in named_columns(source)}
    return [name for name in sheet.columns if name and name not in known]


def named_columns(source: Source) -> Iterator[str]:
    """Every column of the file that the source names, those that it leaves out included."""
    yield from (*source.columns.values(), *source.where, *source.ignore, *source.drop)
    for value in source.values:
        yield value.column
        yield value.date


def _rows_that_are_records(source: Source, sheet: Sheet) -> IntArray:
    keep = np.ones(sheet.n_rows, dtype=bool)
    for name, texts in source.where.items():
        column = _column(sheet, name)
        wanted = {trim(text) for text in texts}
        meanings = sheet.decode.get(trim(name), {})
        is_wanted = [not wanted.isdisjoint((trim(text), meanings.get(trim(text)))) for text in column.texts]
        keep &= np.asarray(column.spread(is_wanted), dtype=bool)
    for standard, codes in source.codes.items():
        nothing = {trim(text) for text, code in codes.items() if code == ""}
        if nothing and standard in source.columns:
            column = _column(sheet, source.columns[standard])
            meanings = sheet.decode.get(trim(source.columns[standard]), {})
            is_nothing = [not nothing.isdisjoint((trim(text), meanings.get(trim(text)))) for text in column.texts]
            keep &= ~np.asarray(column.spread(is_nothing), dtype=bool)
    return np.flatnonzero(keep)


def _column(sheet: Sheet, name: str) -> TextColumn:
    return sheet.columns.get(trim(name), TextColumn.constant("", sheet.n_rows))


def _text_of(source: Source, sheet: Sheet, standard: str) -> tuple[str, TextColumn] | None:
    """File name and texts of a standard column, None where nothing fills it."""
    if standard in source.columns:
        name = trim(source.columns[standard])
        return (name, sheet.columns[name]) if name in sheet.columns else None
    if standard in source.constants:
        return CONSTANT, TextColumn.constant(source.constants[standard], sheet.n_rows)
    return None


def _complain_text_numbers(source: Source, sheet: Sheet) -> list[Complaint]:
    """Numbers that a spreadsheet holds as text: by cell in a long sheet, by row in a wide one."""
    if source.layout == "wide":
        used = [trim(name) for value in source.values for name in (value.column, value.date) if name]
        is_text = [sheet.text_numbers[name] for name in used if name in sheet.text_numbers]
        rows = np.flatnonzero(np.any(is_text, axis=0)) if is_text else np.zeros(0, dtype=np.int64)
        span = [letters for name, letters in sheet.letters.items() if name in used]
        return [Complaint("number-text", f"{span[0]}..{span[-1]}", rows, ["text"] * rows.size)] if rows.size else []
    found = []
    for column in STANDARD_TABLES[source.table].columns:
        name = trim(source.columns.get(column.name, ""))
        if column.kind in ("number", "result") and name in sheet.text_numbers:
            rows = np.flatnonzero(sheet.text_numbers[name])
            found.append(Complaint("number-text", name, rows, sheet.columns[name].written(rows)))
    return found


def _cell(
    column: Column, name: str, text: TextColumn, rules: Rules, source: Source, sheet: Sheet, study: Study
) -> Cell:
    codes = {trim(written): code for written, code in source.codes.get(column.name, {}).items()}
    return Cell(column, name, text, rules, codes, find_codes(column, study), sheet.decode.get(name, {}))


def _type_columns(source: Source, sheet: Sheet, rules: Rules, study: Study, columns: tuple[Column, ...]) -> Typed:
    values: dict[str, Any] = {}
    complaints: list[Complaint] = []
    for column in columns:
        found = _text_of(source, sheet, column.name)
        if found is None:
            values |= empty_column(column, sheet.n_rows)
            continue
        typed, faults = type_column(_cell(column, *found, rules, source, sheet, study))
        values |= typed
        complaints += faults
    return values, complaints


def _type_long(source: Source, sheet: Sheet, rules: Rules, study: Study) -> TypedSource:
    spec = STANDARD_TABLES[source.table]
    values, complaints = _type_columns(source, sheet, rules, study, spec.columns)
    if "result" in spec.names:
        unit_column = trim(source.columns.get("unit", ""))
        place = unit_column or trim(source.columns.get("result", ""))
        complaints = add_standard_values(values, complaints, study, source.units, place)
    return TypedSource(source.table, frame_of(values), np.arange(sheet.n_rows), sheet, tuple(complaints))


def _type_wide(source: Source, sheet: Sheet, rules: Rules, study: Study) -> TypedSource:
    """One record per row and value column, left out where the cell is empty; rows stay in the order of the file."""
    spec = STANDARD_TABLES[source.table]
    own = {"parameter", "result", "unit"} | ({"visit"} if any(value.visit for value in source.values) else set())
    shared = tuple(column for column in spec.columns if column.name not in own)
    base, complaints = _type_columns(source, sheet, rules, study, shared)
    blocks, rows, names = [], [], []
    for value in source.values:
        block, kept, found = _type_value_column(value, source, sheet, rules, study, spec)
        blocks.append(block)
        rows.append(kept)
        names.append(np.full(len(kept), trim(value.column), dtype=object))
        complaints += found
    if not blocks:
        return TypedSource(source.table, frame_of({}), np.zeros(0, np.int64), sheet, tuple(complaints), as_objects([]))
    all_rows, all_names = np.concatenate(rows), np.concatenate(names)
    order = np.argsort(all_rows, kind="stable")
    frame = pd.concat(blocks, ignore_index=True)
    for name in base:
        if name not in frame:
            frame[name] = base[name][all_rows]
    frame = frame.iloc[order].reset_index(drop=True)
    return TypedSource(source.table, frame, all_rows[order], sheet, tuple(complaints), all_names[order])


def _type_value_column(
    value: Any, source: Source, sheet: Sheet, rules: Rules, study: Study, spec: TableSpec
) -> tuple[pd.DataFrame, IntArray, list[Complaint]]:
    column = _column(sheet, value.column)
    kept = column.rows_of([bool(trim(text)) for text in column.texts])
    part = sheet.take(kept)
    constants = {"parameter": value.parameter, "unit": value.unit} | ({"visit": value.visit} if value.visit else {})
    own = source.model_copy(
        update={
            "columns": {"result": value.column} | ({"date": value.date} if value.date else {}),
            "constants": constants,
            "units": {},
        }
    )
    names = ["parameter", "result", "unit", *(["visit"] if value.visit else []), *(["date"] if value.date else [])]
    typed, found = _type_columns(own, part, rules, study, tuple(spec.column(name) for name in names))
    found = add_standard_values(typed, found, study, {}, trim(value.column))
    found = [_shift(complaint, kept) for complaint in found]
    return frame_of(typed), kept, found


def _shift(complaint: Complaint, kept: IntArray) -> Complaint:
    """The complaint with rows of the whole sheet."""
    return Complaint(complaint.rule, complaint.column, kept[complaint.rows], complaint.raws, complaint.detail)
