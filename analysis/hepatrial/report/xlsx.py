"""tables.xlsx: a sheet for each table and listing, numbers as numbers.

A cell that is one number is written as that number with a number format of its decimals; a cell of several parts,
such as ``7 (70.0)``, is text. Text is written as text whatever it begins with, so no formula of the data can run.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from hepatrial.render import Cell, Listing, RenderedReport, Table, cell_text
from hepatrial.report.layout import column_letters, heading_rows, iter_headings, iter_lines, number_columns
from hepatrial.report.sections import kind_of

CREATED = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # fixed, so that the same report has the same bytes
_DECIMALS = re.compile(r"(count|fixed|percent|proportion)(\d*)")
_LOOKS: dict[str, dict[str, object]] = {
    "text": {"valign": "top"},
    "number": {"align": "right", "valign": "top"},
    "title": {"bold": True, "font_size": 12},
    "soft": {"font_color": "#545c66"},
    "head": {"bold": True, "bottom": 1, "top": 1, "text_wrap": True, "valign": "bottom"},
    "head number": {"bold": True, "bottom": 1, "top": 1, "text_wrap": True, "valign": "bottom", "align": "right"},
    "head over": {"bold": True, "bottom": 1, "top": 1, "text_wrap": True, "align": "center"},
    "group": {"bold": True},
}


class _Book:
    """A workbook and its formats, each made once."""

    def __init__(self, path: Path) -> None:
        self.book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        self.book.set_properties({"created": CREATED})
        self._formats: dict[str, Format] = {}

    def look(self, name: str, number_format: str = "") -> Format:
        """The format of this name, with a number format."""
        key = f"{name} {number_format}"
        look: dict[str, object] = {**_LOOKS[name], "num_format": number_format} if number_format else _LOOKS[name]
        if key not in self._formats:
            self._formats[key] = self.book.add_format(look)
        return self._formats[key]


def write_xlsx(rendered: RenderedReport, folder: Path) -> None:
    """Write tables.xlsx: a sheet of contents, then one a table or listing, named by its number."""
    made = _Book(folder / "tables.xlsx")
    items = [item for item in rendered.everything if isinstance(item, Table | Listing)]
    contents = made.book.add_worksheet("Contents")
    contents.set_column(0, 0, 18)
    contents.write_string(0, 0, f"{rendered.study_id}: {rendered.title}", made.look("title"))
    banner = f"{rendered.marking}. " if rendered.marking else ""
    banner += "SIMULATED DATA. " if rendered.is_simulated else ""
    contents.write_string(1, 0, f"{banner}{rendered.dates}", made.look("soft"))
    for row, item in enumerate(items, start=3):
        contents.write_url(row, 0, f"internal:'{item.number}'!A1", string=f"{kind_of(item)} {item.number}")
        contents.write_string(row, 1, item.title)
    for item in items:
        sheet = made.book.add_worksheet(item.number)
        _write_sheet(made, sheet, item)
        if rendered.marking:
            sheet.set_header(f"&C{rendered.marking}")
            sheet.write_string(2, 0, rendered.marking, made.look("soft"))
    try:
        made.book.close()
    except FileCreateError as error:  # what the disk said is inside
        raise (error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error))) from error


def _write_sheet(made: _Book, sheet: Worksheet, output: Table | Listing) -> None:
    sheet.write_string(0, 0, f"{kind_of(output)} {output.number}. {output.title}", made.look("title"))
    sheet.write_string(1, 0, output.population, made.look("soft"))
    for place, letters in enumerate(column_letters(output, most=40)):
        sheet.set_column(place, place, letters)
    top = 3
    _write_headings(made, sheet, output, top)
    first = top + heading_rows(output)
    sheet.freeze_panes(first, 1)
    row = first
    numbers = number_columns(output)
    ready: dict[tuple[int, bool], tuple[Callable[..., object], object, Format]] = {}
    for line in iter_lines(output):
        start = 0
        if line.label is not None:
            look = made.look("group" if line.is_heading else "text")
            sheet.write_string(row, 0, "   " * line.indent + line.label, look)
            start = 1
        for place, cell in enumerate(line.cells, start=start):
            key = id(cell), numbers[place]  # equal cells of a listing are one object
            if key not in ready:
                ready[key] = _prepare(made, cell, numbers[place])
            write, value, look = ready[key]
            write(sheet, row, place, value, look)
        row += 1
    for place, note in enumerate((*output.footnotes, output.source)):
        sheet.write_string(row + 1 + place, 0, note, made.look("soft"))


def _write_headings(made: _Book, sheet: Worksheet, output: Table | Listing, top: int) -> None:
    for at in iter_headings(output):
        look = made.look("head over" if at.columns > 1 else "head number" if at.is_number else "head")
        row = top + at.row
        if at.rows > 1 or at.columns > 1:
            sheet.merge_range(row, at.column, row + at.rows - 1, at.column + at.columns - 1, "", look)
        sheet.write_string(row, at.column, at.text, look)


def _prepare(made: _Book, cell: Cell, is_number: bool) -> tuple[Callable[..., object], object, Format]:
    """How a cell is written, what, and its look."""
    shown = [part for part in cell if part.spec != "pad"]
    if len(shown) == 1 and shown[0].status in ("ok", "note"):
        value, spec = shown[0].value, shown[0].spec
        if isinstance(value, date):
            day = datetime(value.year, value.month, value.day)  # noqa: DTZ001
            return Worksheet.write_datetime, day, made.look("text", "yyyy-mm-dd")
        found = _DECIMALS.fullmatch(spec)
        if found and isinstance(value, int | float) and value == value:
            digits = int(found[2] or 0)
            number = value * 100 if found[1] == "proportion" else value
            return Worksheet.write_number, number, made.look("number", f"0.{'0' * digits}" if digits else "0")
    return Worksheet.write_string, cell_text(cell), made.look("number" if is_number else "text")
