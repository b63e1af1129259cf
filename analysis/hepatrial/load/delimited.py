"""Text files with a delimiter (CSV, TSV, semicolons) to a Sheet, with the physical line of every row."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from hepatrial.errors import LoadError
from hepatrial.load.cells import trim
from hepatrial.load.encoding import Decoded, decode
from hepatrial.load.plain_rows import PlainRows, read_plain
from hepatrial.load.sheet import Sheet, encode_rows, is_blank, unique_names

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 16_384
MAX_ODD_ROWS = 1_000


@dataclass
class _Sorted:
    """What is no record, collected while the records stream past."""

    lines: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    odd: list[tuple[int, str, str]] = field(default_factory=list)


def read_delimited(
    content: bytes,
    name: str,
    *,
    encoding: str | None,
    delimiter: str | None,
    header_row: int = 1,
    header_rows: int = 1,
) -> Sheet:
    """The table of a delimited text file.

    Raises
    ------
    LoadError
        No encoding fits, there is no header row, or the quotes cannot be followed.
    """
    decoded = decode(content, encoding, name)
    if decoded.text.lstrip()[:15].lower().startswith(("<!doctype html", "<html", "<table", "<?xml")):
        raise LoadError(f"{name}: is a web page (HTML or XML), not a table; export it as CSV or XLSX")
    mark = delimiter or detect_delimiter(_line(decoded.text, header_row))
    rows = _follow(decoded.text, mark, name)
    header, line = _read_header(rows, name, header_row, header_rows)
    names, doubled = unique_names([trim(cell) for cell in header])
    read = read_plain(decoded.text, len(names), line, mark) or _read_slowly(rows, len(names), mark)
    return Sheet(
        columns={key: column for key, column in zip(names, read.columns, strict=True) if key},
        lines=read.lines,
        encoding=decoded.encoding,
        delimiter=mark,
        detected=_describe_detection(decoded, encoding, mark, delimiter),
        doubled=doubled,
        blank_lines=tuple(read.blank),
        odd_rows=_mark_cut(read),
        is_unterminated=not decoded.text.endswith(("\n", "\r")),
    )


def _read_slowly(rows: Iterator[tuple[int, list[str], bool]], width: int, mark: str) -> PlainRows:
    """Rows of a text with quotes, one by one."""
    sorted_rows = _Sorted()
    columns = encode_rows(_records(rows, width, mark, sorted_rows), width)
    return PlainRows(columns, np.asarray(sorted_rows.lines, dtype=np.int64), sorted_rows.blank, sorted_rows.odd)


def detect_delimiter(header: str) -> str:
    """The delimiter that gives the header most fields; a tie goes to the first of comma, semicolon, tab, bar."""
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def _line(text: str, number: int) -> str:
    stream = io.StringIO(text, newline="")
    return next((line for count, line in enumerate(stream, 1) if count == number), "")[:200_000]


def _describe_detection(decoded: Decoded, encoding: str | None, mark: str, delimiter: str | None) -> str:
    parts = [] if encoding else [f"encoding {decoded.encoding}" + ("" if decoded.is_sure else " (not certain)")]
    parts += [] if delimiter else [f"delimiter {mark!r}"]
    return " and ".join(parts)


def _follow(text: str, mark: str, name: str) -> Iterator[tuple[int, list[str], bool]]:
    """First physical line of each row, its fields, and whether the file ended inside its quotes."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    start = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                yield start, _line(text, start).rstrip("\r\n").split(mark), True
                return
            raise LoadError(
                f"{name}, line {start}: {error}; a quote is open or the delimiter {mark!r} is wrong"
            ) from error
        yield start, fields, False
        start = reader.line_num + 1


def _read_header(
    rows: Iterator[tuple[int, list[str], bool]], name: str, header_row: int, header_rows: int
) -> tuple[list[str], int]:
    """Column names, and the last line that the header takes."""
    held: list[list[str]] = []
    line = 0
    for line, fields, is_open in rows:
        if header_row - header_rows < line <= header_row and not is_open:
            held.append(fields)
        if line >= header_row:
            break
    if not held or is_blank(held[-1]):
        raise LoadError(f"{name}: has no column names in line {header_row}; set header_row in data.toml")
    if len(held[-1]) > MAX_COLUMNS:
        raise LoadError(f"{name}: has {len(held[-1]):,} columns, at most {MAX_COLUMNS:,} are read")
    return join_headers(held), line


def join_headers(rows: list[list[str]]) -> list[str]:
    """Column names of one or more header rows; a name of an upper row reaches right until the next one."""
    width = len(rows[-1])
    filled = [_fill_right(row, width) for row in rows[:-1]] + [[*rows[-1]]]
    return [" / ".join(dict.fromkeys(trim(row[index]) for row in filled if trim(row[index]))) for index in range(width)]


def _fill_right(row: list[str], width: int) -> list[str]:
    result, last = [], ""
    for cell in [*row, *[""] * (width - len(row))][:width]:
        last = cell if cell.strip() else last
        result.append(last)
    return result


def _records(
    rows: Iterator[tuple[int, list[str], bool]], width: int, mark: str, sorted_rows: _Sorted
) -> Iterator[list[str]]:
    for line, fields, is_open in rows:
        if len(fields) == width and not is_open and (fields[0].strip() or not is_blank(fields)):
            sorted_rows.lines.append(line)
            yield fields
        elif is_blank(fields):
            sorted_rows.blank.append(line)
        elif is_open:
            sorted_rows.odd.append((line, mark.join(fields), "row-cut"))
        elif len(fields) > width and is_blank(fields[width:]):
            sorted_rows.lines.append(line)
            yield fields[:width]
        elif len(sorted_rows.odd) < MAX_ODD_ROWS:
            sorted_rows.odd.append((line, mark.join(fields), "row-short" if len(fields) < width else "row-long"))


def _mark_cut(read: PlainRows) -> tuple[tuple[int, str, str], ...]:
    """What is no record; a short row that ends the file is a file cut off, whether or not a newline follows it."""
    odd = read.odd[:MAX_ODD_ROWS]
    last = int(read.lines[-1]) if len(read.lines) else 0
    if odd and odd[-1][2] == "row-short" and odd[-1][0] > last:
        odd = [*odd[:-1], (odd[-1][0], odd[-1][1], "row-cut")]
    return tuple(odd)
