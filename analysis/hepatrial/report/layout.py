"""Tables and listings as plain grids, for the writers of pages and sheets: headings with their spans, rows of runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from hepatrial.render import Cell, Column, Listing, Table, cell_text

PAGE_ROWS = 2000
"""Listings with more rows than this go to HTML, XLSX and CSV only."""

UPRIGHT, UPRIGHT_SMALL, UPRIGHT_LISTING = 120, 138, 155
"""Letters of a line that fit on an upright page: of a table at 8 and at 7 points, of a listing at 6."""
TOGETHER, AT_LEAST = 12, 3
"""Lines of a block that no page parts; of a longer one, how many stay with its heading and with the notes."""


@dataclass(frozen=True)
class Heading:
    """A heading cell: where it stands (from 0, the label's column included) and how far it reaches."""

    text: str
    row: int
    column: int
    rows: int
    columns: int
    is_number: bool


@dataclass(frozen=True)
class Line:
    """One line of the body; ``label`` is None in a listing, and a heading line has no cells."""

    label: str | None
    indent: int
    is_heading: bool
    cells: tuple[Cell, ...]


def has_stub(output: Table | Listing) -> bool:
    """Whether the first column holds labels."""
    return isinstance(output, Table)


def count_columns(output: Table | Listing) -> int:
    """Number of columns, the labels included."""
    return sum(column.width for column in output.columns) + has_stub(output)


def number_columns(output: Table | Listing) -> tuple[bool, ...]:
    """Which columns hold numbers, the labels included."""
    leaves = tuple(leaf for column in output.columns for leaf in column.leaves)
    return (*((False,) if has_stub(output) else ()), *(leaf.align == "number" for leaf in leaves))


def heading_rows(output: Table | Listing) -> int:
    """Number of heading rows."""
    return max(column.depth for column in output.columns)


def iter_headings(output: Table | Listing) -> Iterator[Heading]:
    """Heading cells, row by row, left to right."""
    depth = heading_rows(output)
    if isinstance(output, Table):
        yield Heading(output.stub, 0, 0, depth, 1, False)
    for row in range(depth):
        yield from _headings_of(output.columns, row, depth, int(has_stub(output)))


def headings_across(output: Table | Listing, row: int) -> list[Heading]:
    """The heading cells that reach into a heading row, left to right."""
    reaching = (at for at in iter_headings(output) if at.row <= row < at.row + at.rows)
    return sorted(reaching, key=lambda at: at.column)


def iter_lines(output: Table | Listing) -> Iterator[Line]:
    """Lines of the body."""
    if isinstance(output, Listing):
        yield from (Line(None, 0, False, cells) for cells in output.rows)
    else:
        for row in output.rows:
            yield Line(f"{row.label}{cell_text(row.size)}", row.indent, row.is_heading, row.cells)


def is_wide(output: Table | Listing) -> bool:
    """Whether a line is too long for an upright page."""
    most = UPRIGHT_LISTING if isinstance(output, Listing) else UPRIGHT_SMALL
    return not is_too_long(output) and sum(column_letters(output)) > most


def font_points(output: Table | Listing) -> int:
    """Size of the letters on a page: 8 points in a table, 7 in one that fits only so, 6 in a listing."""
    if isinstance(output, Listing):
        return 6
    return 8 if sum(column_letters(output)) <= UPRIGHT else 7


def together(lines: Sequence[Line]) -> list[int]:
    """For each line, how many lines from it on are kept on one page; 0 for one that an earlier line keeps.

    A block is a run of headings and the lines under it. One of up to TOGETHER lines stays whole; of a longer one, and
    of a listing, the first lines stay with what is above them. The last lines of all stay together, and the notes with
    them.
    """
    starts = [at for at, line in enumerate(lines) if at == 0 or (line.is_heading and not lines[at - 1].is_heading)]
    kept: list[int] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        size = end - start
        if size <= TOGETHER:
            kept += [size, *[0] * (size - 1)]
            continue
        headings = next((at for at in range(size) if not lines[start + at].is_heading), size)
        first = headings + AT_LEAST if headings or start == 0 else 1
        last = AT_LEAST if end == len(lines) else 1
        kept += [first, *[0] * (first - 1), *[1] * (size - first - last), last, *[0] * (last - 1)]
    return kept


def column_letters(output: Table | Listing, most: int = 28) -> list[int]:
    """Letters of the longest text of each column in its first PAGE_ROWS lines, at most ``most``.

    A Chinese letter counts twice.
    """
    widest = [4] * count_columns(output)
    for heading in iter_headings(output):
        if heading.columns == 1:
            longest = max(_letters(line) for line in heading.text.split("\n"))
            widest[heading.column] = max(widest[heading.column], longest)
    for line in islice(iter_lines(output), PAGE_ROWS):
        texts = [*([] if line.label is None else [line.label]), *map(cell_text, line.cells)]
        for place, text in enumerate(texts if not line.is_heading else []):
            widest[place] = max(widest[place], _letters(text) + 2 * (line.indent if place == 0 else 0))
    return [min(letters + 2, most if place else max(most, 34)) for place, letters in enumerate(widest)]


def fit_columns(output: Table | Listing, capacity: float) -> list[float]:
    """Letters of each column so that a line holds ``capacity``: what can wrap at a space gives way, then everything.

    A date or a code is one word: it is broken only where the words alone are longer than the line.
    """
    letters, words = column_letters(output), column_words(output)
    over = sum(letters) - capacity
    slack = [max(wide - word, 0) for wide, word in zip(letters, words, strict=True)]
    if over <= 0 or not sum(slack):
        return [float(wide) for wide in letters]
    share = min(over / sum(slack), 1.0)
    return [wide - share * give for wide, give in zip(letters, slack, strict=True)]


def column_words(output: Table | Listing) -> list[int]:
    """Letters of the longest word of each column, as ``column_letters``; the label's column may give half."""
    longest = [4] * count_columns(output)
    for heading in iter_headings(output):
        if heading.columns == 1:
            longest[heading.column] = max(longest[heading.column], *map(_letters, heading.text.split()), 1)
    for line in islice(iter_lines(output), PAGE_ROWS):
        texts = [*([] if line.label is None else [line.label]), *map(cell_text, line.cells)]
        for place, text in enumerate(texts if not line.is_heading else []):
            longest[place] = max(longest[place], max(map(_letters, text.split()), default=0))
    return [min(letters + 2, 28) for letters in longest]


def is_too_long(output: Table | Listing) -> bool:
    """Whether a listing is left out of pages."""
    return isinstance(output, Listing) and len(output.rows) > PAGE_ROWS


def _letters(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _headings_of(columns: Sequence[Column], level: int, depth: int, start: int, row: int = 0) -> Iterator[Heading]:
    for column in columns:
        if row == level:
            rows = 1 if column.children else depth - row
            number = column.align == "number"
            yield Heading(cell_text(column.heading), row, start, rows, column.width, number)
        elif column.children:
            yield from _headings_of(column.children, level, depth, start, row + 1)
        start += column.width
