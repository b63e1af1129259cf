"""Columns as written to typed columns, by kind (contracts.standard), with what had to be complained about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from hepatrial.contracts import Column
from hepatrial.load.cells import trim
from hepatrial.load.complaints import Complaint, complain
from hepatrial.load.dates import DateRules, Days, formats_that_fit, read_date, read_time
from hepatrial.load.numbers import NAN, NumberRules, Reading, read_number, read_result
from hepatrial.load.sheet import TextColumn

Typed = tuple[dict[str, Any], list[Complaint]]
YES: Final = frozenset({"y", "yes", "true", "1", "checked", "是"})
NO: Final = frozenset({"n", "no", "false", "0", "unchecked", "否"})


@dataclass(frozen=True)
class Rules:
    """How one source is read."""

    numbers: NumberRules
    dates: DateRules


@dataclass(frozen=True, eq=False)
class Cell:
    """One column on its way: what the table wants, what the file calls it, and its texts."""

    column: Column
    name: str
    text: TextColumn
    rules: Rules
    codes: Mapping[str, str]
    """Texts of data.toml, trimmed, to codes."""
    allowed: tuple[str, ...] = ()
    """Codes that the table or the study knows."""
    decode: Mapping[str, str] = field(default_factory=dict)
    """What the texts mean by a data dictionary; ``codes`` may name the text or its meaning."""

    def trimmed(self) -> list[str]:
        """The distinct texts, trimmed, and translated where data.toml says so."""
        plain = [self._meaning(trim(text)) for text in self.text.texts]
        return [self.codes.get(text, text) for text in plain] if self.column.kind != "code" else plain

    def _meaning(self, text: str) -> str:
        return text if text in self.codes else self.decode.get(text, text)


def type_column(cell: Cell) -> Typed:
    """The typed columns of one column of a file."""
    values, complaints = _TYPERS[cell.column.kind](cell)
    return values, [*complaints, *_complain_missing(cell)]


def empty_column(column: Column, rows: int) -> dict[str, Any]:
    """The typed columns of a column that no file fills."""
    text = TextColumn.constant("", rows)
    return _TYPERS[column.kind](Cell(column, "", text, Rules(NumberRules(), DateRules()), {}))[0]


def _complain_missing(cell: Cell) -> list[Complaint]:
    """An empty compulsory cell; a result may be missing, which is a note of its own."""
    if not cell.column.required or cell.column.kind == "result":
        return []
    faults = ["" if text else "value-missing" for text in cell.trimmed()]
    return complain(cell.text, cell.name, faults, [cell.column.description] * len(faults))


def _type_text(cell: Cell) -> Typed:
    declared = cell.rules.numbers
    texts = cell.trimmed()
    known = declared.missing | set(declared.missing_reasons)
    values = [text if text and text not in known else None for text in texts]
    faults = [_unlisted(text, cell) for text in texts]
    return {cell.column.name: cell.text.spread(values)}, complain(cell.text, cell.name, *_split(faults))


def _unlisted(text: str, cell: Cell) -> tuple[str, str]:
    """A text column with codes is as closed as a code column: what they do not name is a finding."""
    if not cell.codes or not text or text in cell.codes.values():
        return "", ""
    return "code-unknown", _listed(tuple(cell.codes))


def _type_id(cell: Cell) -> Typed:
    values, complaints = _type_text(cell)
    faults = ["id-trimmed" if text != trim(text) and trim(text) else "" for text in cell.text.texts]
    return values, [*complaints, *complain(cell.text, cell.name, faults)]


def _type_code(cell: Cell) -> Typed:
    read = [_read_code(text, cell) for text in cell.trimmed()]
    values = {cell.column.name: cell.text.spread([code for code, _ in read])}
    details = [_listed(cell.allowed)] * len(read)
    if cell.column.name == "parameter":
        return values, _complain_parameters(cell, [fault for _, fault in read])
    return values, complain(cell.text, cell.name, [fault for _, fault in read], details)


def _read_code(text: str, cell: Cell) -> tuple[str | None, str]:
    """The code of a text; an unknown text stays as written."""
    if not text:
        return None, ""
    if text in cell.codes:
        return cell.codes[text] or None, ""
    declared = cell.rules.numbers
    if text in declared.missing or text in declared.missing_reasons:
        return None, ""
    folded = {code.casefold(): code for code in cell.allowed}
    code = folded.get(text.casefold())
    return (code, "") if code is not None else (text, "code-unknown")


def _complain_parameters(cell: Cell, faults: Sequence[str]) -> list[Complaint]:
    """One complaint per analyte that the study does not have, at its first row: exports hold many of them."""
    found = []
    for index, fault in enumerate(faults):
        rows = cell.text.rows_of(np.arange(len(faults)) == index) if fault else np.zeros(0, dtype=np.int64)
        if rows.size:
            detail = f"{cell.text.texts[index].strip()!r} in {rows.size:,} rows"
            found.append(Complaint("parameter-unknown", cell.name, rows[:1], cell.text.written(rows[:1]), detail))
    return found


def _type_flag(cell: Cell) -> Typed:
    read = [_read_flag(text, cell) for text in cell.trimmed()]
    values = {cell.column.name: cell.text.spread([flag for flag, _ in read])}
    return values, complain(cell.text, cell.name, [fault for _, fault in read])


def _read_flag(text: str, cell: Cell) -> tuple[str | None, str]:
    folded = text.casefold()
    if folded in YES or folded in NO:
        return ("Y" if folded in YES else "N"), ""
    return None, "" if cell.rules.numbers.reason_missing(text) is not None else "flag-unknown"


def _type_date(cell: Cell) -> Typed:
    """A birth date that is only a year is what privacy rules ask for, so it is no finding."""
    texts = cell.trimmed()
    days = [_read_days(text, cell.rules) for text in texts]
    name = cell.column.name
    low, high = _as_days([day.low for day in days]), _as_days([day.high for day in days])
    values = {
        name: np.where(low == high, low, np.datetime64("NaT"))[cell.text.codes],
        f"{name}_low": low[cell.text.codes],
        f"{name}_high": high[cell.text.codes],
        f"{name}_text": cell.text.spread([text or None for text in texts]),
    }
    faults = ["" if (name, day.fault) == ("birth_date", "date-partial") else day.fault for day in days]
    fits = [
        formats_that_fit(text) if fault == "date-unreadable" else "" for text, fault in zip(texts, faults, strict=True)
    ]
    return values, complain(cell.text, cell.name, faults, fits)


def _read_days(text: str, rules: Rules) -> Days:
    reason = rules.numbers.reason_missing(text)
    if reason is not None:
        return Days(fault="date-missing" if text else "")
    return read_date(text, rules.dates)


def _as_days(days: Sequence[Any]) -> Any:
    return np.asarray([np.datetime64(day, "ns") if day else np.datetime64("NaT") for day in days], "datetime64[ns]")


def _type_time(cell: Cell) -> Typed:
    read = [
        (None, "") if cell.rules.numbers.reason_missing(text) is not None else read_time(text)
        for text in cell.trimmed()
    ]
    values = {cell.column.name: cell.text.spread([time for time, _ in read])}
    return values, complain(cell.text, cell.name, [fault for _, fault in read])


def _type_number(cell: Cell) -> Typed:
    read = [_read_plain(text, cell.rules.numbers) for text in cell.trimmed()]
    values = {cell.column.name: cell.text.spread_numbers([number for number, _ in read])}
    return values, complain(cell.text, cell.name, [fault for _, fault in read])


def _read_plain(text: str, rules: NumberRules) -> tuple[float, str]:
    return (NAN, "") if rules.reason_missing(text) is not None else read_number(text, rules)


def _type_result(cell: Cell) -> Typed:
    texts = cell.trimmed()
    readings = [read_result(text, cell.rules.numbers) for text in texts]
    return spread_readings(cell, texts, readings), complain_readings(cell, readings)


def spread_readings(cell: Cell, texts: Sequence[str], readings: Sequence[Reading]) -> dict[str, Any]:
    """The typed columns of results, without their study units."""
    text, rows = cell.text, len(cell.text.codes)
    return {
        cell.column.name: text.spread([one or None for one in texts]),
        "value": text.spread_numbers([reading.value for reading in readings]),
        "qualifier": text.spread([reading.qualifier for reading in readings]),
        "bound": text.spread_numbers([reading.bound for reading in readings]),
        "missing_reason": text.spread([reading.missing_reason for reading in readings]),
        "std_value": np.full(rows, NAN),
        "std_bound": np.full(rows, NAN),
        "std_unit": np.full(rows, None, dtype=object),
    }


def complain_readings(cell: Cell, readings: Sequence[Reading]) -> list[Complaint]:
    return complain(
        cell.text, cell.name, [reading.fault for reading in readings], [reading.detail for reading in readings]
    )


def _listed(codes: tuple[str, ...]) -> str:
    return ", ".join(codes) or "none declared"


def _split(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [first for first, _ in pairs], [second for _, second in pairs]


_TYPERS: Final[Mapping[str, Callable[[Cell], Typed]]] = {
    "id": _type_id,
    "text": _type_text,
    "code": _type_code,
    "flag": _type_flag,
    "date": _type_date,
    "time": _type_time,
    "number": _type_number,
    "result": _type_result,
}


def frame_of(columns: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(dict(columns), copy=False)
