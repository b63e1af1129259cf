"""A look into an XLSX before it is opened: too large to be true, and cells whose value nobody computed.

A reader holds a sheet as one rectangle, so a single cell in the last corner would cost gigabytes; and it gives an
error cell, or a formula that was never computed, as an empty or a zero cell.
"""

import io
import re
import zipfile
from itertools import islice
from typing import Final, NamedTuple

from hepatrial.errors import LoadError

MAX_UNPACKED: Final = 256 * 1024 * 1024
MAX_CELLS: Final = 20_000_000
MAX_FORMULAS: Final = 10_000
_PLACE: Final = re.compile(rb'<c\b[^>]{0,300}?\br="([A-Z]{1,3})([0-9]{1,7})"')
_SUSPECT: Final = re.compile(rb'<c\b[^>]{0,300}?t="e"|<f\b')
_LONGEST_CELL: Final = 40_000
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
_TARGET: Final = re.compile(rb"<Relationship\b[^>]*>")
_BOOK_SHEET: Final = re.compile(rb'<sheet\b[^>]*?\br:id="([^"]+)"')


class FormulaCell(NamedTuple):
    """A cell with a formula or an error: ``column`` in letters, its text, and whether it has a computed value."""

    line: int
    column: str
    text: str
    is_computed: bool


def scan_workbook(content: bytes, name: str) -> dict[int, list[FormulaCell]]:
    """Formula and error cells by place of the sheet in the workbook; empty for anything but an XLSX.

    Raises
    ------
    LoadError
        The workbook is damaged, or unpacks to more than can be held.
    """
    if not content.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bomb(archive, name)
            return {place: _scan_sheet(archive.read(part), name) for place, part in _parts(archive).items()}
    except LoadError:
        raise
    except Exception as error:  # zipfile leaks many kinds for a damaged archive (zlib.error, BadZipFile, EOFError …)
        raise LoadError(f"{name}: is cut or damaged ({error}); save it as XLSX again") from error


def _refuse_bomb(archive: zipfile.ZipFile, name: str) -> None:
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_UNPACKED:
        raise LoadError(f"{name}: unpacks to {unpacked:,} bytes, at most {MAX_UNPACKED:,} are read; split the export")


def _parts(archive: zipfile.ZipFile) -> dict[int, str]:
    """File of each sheet, in the order of the workbook."""
    files = [entry.filename for entry in archive.infolist() if _SHEET.fullmatch(entry.filename)]
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(archive.namelist()):
        return dict(enumerate(files))
    targets = {}
    for relation in _TARGET.findall(archive.read("xl/_rels/workbook.xml.rels")):
        pairs = dict(re.findall(rb'(\w+)="([^"]*)"', relation))
        target = pairs.get(b"Target", b"").decode("utf-8", "replace")
        targets[pairs.get(b"Id", b"")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    order = [targets.get(one, "") for one in _BOOK_SHEET.findall(archive.read("xl/workbook.xml"))]
    return {place: part for place, part in enumerate(order) if part in files}


def _scan_sheet(xml: bytes, name: str) -> list[FormulaCell]:
    """Formula and error cells; a sheet whose cells span too large a rectangle is refused."""
    places = set(_PLACE.findall(xml))
    last_row = max((int(row) for row in {row for _, row in places}), default=0)
    widest = max((_number(letters) for letters in {letters for letters, _ in places}), default=0)
    if last_row * widest > MAX_CELLS:
        raise LoadError(f"{name}: a sheet spans {last_row:,} rows and {widest:,} columns; delete the stray cells in it")
    starts = dict.fromkeys(
        max(xml.rfind(b"<c ", max(found.end() - 2_000, 0), found.end()), 0) for found in _SUSPECT.finditer(xml)
    )
    cells = (_formula(xml[start : start + _LONGEST_CELL]) for start in islice(starts, MAX_FORMULAS))
    return [cell for cell in cells if cell is not None]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _formula(xml: bytes) -> FormulaCell | None:
    """The cell that the text starts with, None for an element that is no cell with a place."""
    cell = xml[: xml.find(b"</c>")]
    place = _PLACE.match(cell)
    if place is None:
        return None
    formula = re.search(rb"<f\b[^>]*>([^<]*)</f>", cell)
    value = re.search(rb"<v>([^<]*)</v>", cell)
    is_error = b't="e"' in cell[: cell.find(b">")]
    shown = b"=" + formula[1] if formula else (value[1] if value else b"=")
    is_computed = value is not None and value[1] != b"" and not is_error
    return FormulaCell(int(place[2]), place[1].decode(), shown.decode("utf-8", "replace")[:200], is_computed)
