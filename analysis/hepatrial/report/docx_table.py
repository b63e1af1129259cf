"""A table or listing as WordprocessingML, heading rows repeated on every page."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from hepatrial.render import Cell, Listing, Table
from hepatrial.report.layout import (
    Heading,
    Line,
    column_letters,
    fit_columns,
    font_points,
    heading_rows,
    headings_across,
    is_too_long,
    is_wide,
    iter_lines,
    number_columns,
)

INDENT = 170  # twentieths of a point a step
UPRIGHT, FLAT = 10000, 14900  # width of the text of a page
MOST_OVER = 1.2  # a line this much too long may be wrapped; a longer one turns the page
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Text without the letters that XML cannot hold, each replaced by U+FFFD."""
    return _ILLEGAL.sub("\ufffd", text)


def is_flat(output: Table | Listing) -> bool:
    """Whether the page is turned: Word's letters are wider than those of the PDF, and words must not be parted."""
    room = UPRIGHT / (_half_points(output) * 6.5)
    return not is_too_long(output) and (is_wide(output) or sum(column_letters(output)) > MOST_OVER * room)


def _half_points(output: Table | Listing) -> int:
    return 13 if isinstance(output, Listing) else 2 * font_points(output)


def format_table(output: Table | Listing) -> str:
    """The ``w:tbl`` element, without its namespace: it stands inside the document."""
    half_points = _half_points(output)
    room = FLAT if is_flat(output) else UPRIGHT
    letters = fit_columns(output, room / (half_points * 6.5))
    scale = min(half_points * 6.5, room / sum(letters))
    widths = [round(count * scale) for count in letters]
    numbers = number_columns(output)
    heads = (_heading_row(output, row, widths, half_points) for row in range(heading_rows(output)))
    body = (_body_row(line, widths, numbers, half_points) for line in iter_lines(output))
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{_borders()}'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(heads)}{''.join(body)}</w:tbl>"
    )


def _borders() -> str:
    sides = (("top", 8, "000000"), ("bottom", 8, "000000"), ("insideH", 2, "D8DCE2"))
    lines = (f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"/>' for side, size, colour in sides)
    return f"<w:tblBorders>{''.join(lines)}</w:tblBorders>"


def _heading_row(output: Table | Listing, row: int, widths: list[int], size: int) -> str:
    cells = "".join(_heading_cell(at, row, widths, size) for at in headings_across(output, row))
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"


def _heading_cell(at: Heading, row: int, widths: list[int], size: int) -> str:
    span = f'<w:gridSpan w:val="{at.columns}"/>' if at.columns > 1 else ""
    merge = "" if at.rows == 1 else '<w:vMerge w:val="restart"/>' if at.row == row else "<w:vMerge/>"
    align = "center" if at.columns > 1 else "right" if at.is_number else "left"
    width = sum(widths[at.column : at.column + at.columns])
    text = _run(at.text, size, bold=True) if at.row == row else ""
    return _cell(text, width, align, more=f'{span}{merge}<w:vAlign w:val="bottom"/>')


def _body_row(line: Line, widths: list[int], numbers: tuple[bool, ...], size: int) -> str:
    if line.is_heading:
        span = f'<w:gridSpan w:val="{len(widths)}"/>'
        run = _run(line.label or "", size, bold=line.indent == 0)
        cells = _cell(run, sum(widths), "left", indent=line.indent * INDENT, more=span, keep=True)
    else:
        cells = "".join(_line_cells(line, widths, numbers, size))
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"


def _line_cells(line: Line, widths: list[int], numbers: tuple[bool, ...], size: int) -> Iterator[str]:
    start = 0
    if line.label is not None:
        yield _cell(_run(line.label, size), widths[0], "left", indent=line.indent * INDENT)
        start = 1
    for place, cell in enumerate(line.cells, start=start):
        yield _cell(_runs(cell, size), widths[place], "right" if numbers[place] else "left")


def _cell(runs: str, width: int, align: str, *, indent: int = 0, more: str = "", keep: bool = False) -> str:
    """A cell; ``keep`` keeps it on the page of the next line."""
    inset = f'<w:ind w:left="{indent}"/>' if indent else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{more}</w:tcPr><w:p><w:pPr>'
        f'{"<w:keepNext/>" if keep else ""}<w:spacing w:after="0"/>{inset}<w:jc w:val="{align}"/></w:pPr>'
        f"{runs}</w:p></w:tc>"
    )


def _runs(cell: Cell, size: int) -> str:
    return "".join(_run(part.text, size) + (_run(part.mark, size, raised=True) if part.mark else "") for part in cell)


def _run(text: str, size: int, *, bold: bool = False, raised: bool = False) -> str:
    raise_ = '<w:vertAlign w:val="superscript"/>' if raised else ""
    look = f'{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>{raise_}'
    lines = (f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in legal(text).split("\n"))
    return f"<w:r><w:rPr>{look}</w:rPr>{'<w:br/>'.join(lines)}</w:r>"
