"""Cells of tables and listings as HTML. Everything shown is escaped; each number names its result or its records."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from hepatrial.render import Cell, Column, Listing, Part, Table, cell_text
from hepatrial.report.long_words import BREAK, break_words

LONG = 22  # letters from which the text of a listing is broken into lines
INDENTS = ("i0", "i1", "i2", "i3")


def part_html(part: Part) -> str:
    """One part: a literal text, or a span that names its result row and its format."""
    text = _text(part.text).replace("\n", "<br>")
    if part.result_id:
        text = f'<span data-result="{part.result_id}" data-format="{part.spec}">{text}</span>'
    return f"{text}<sup>{escape(part.mark)}</sup>" if part.mark else text


def cell_html(cell: Cell) -> Markup:
    """The parts of a cell, one after the other."""
    return Markup("".join(map(part_html, cell)))


def _text(text: str) -> str:
    """A text of the data, its longest words breakable."""
    return str(escape(break_words(text))).replace(BREAK, "<wbr>")


def head_html(columns: Sequence[Column], stub: str | None) -> Markup:
    """Heading rows; ``stub`` is the heading of the labels, None where there are none."""
    depth = max(column.depth for column in columns)
    lines = []
    for level in range(depth):
        cells = [] if stub is None or level else [f'<th scope="col" rowspan="{depth}" class="stub">{escape(stub)}</th>']
        cells += [_heading_html(column, level, depth) for column in _at_level(columns, level)]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return Markup(f"<thead>{''.join(lines)}</thead>")


def table_body_html(table: Table) -> Markup:
    """Rows of a table; a heading row spans it."""
    width = len(table.leaves)
    lines = []
    for row in table.rows:
        label = f"{_text(row.label)}{cell_html(row.size)}"
        if row.is_heading:
            lines.append(f'<tr class="heading"><th scope="rowgroup" colspan="{width + 1}">{label}</th></tr>')
            continue
        cells = [_cell(cell, column.align) for cell, column in zip(row.cells, table.leaves, strict=True)]
        lines.append(f'<tr><th scope="row" class="{INDENTS[min(row.indent, 3)]}">{label}</th>{"".join(cells)}</tr>')
    return Markup(f"<tbody>{''.join(lines)}</tbody>")


def listing_body_html(listing: Listing) -> Markup:
    """Rows of a listing; each names the records that it came from. Equal cells are written once."""
    columns = [_listed_cells(column, listing.rows, place) for place, column in enumerate(listing.columns)]
    bodies = ("".join(made[id(cell)] for made, cell in zip(columns, row, strict=True)) for row in listing.rows)
    lines = (
        f'<tr data-record="{escape(record)}">{body}</tr>' for body, record in zip(bodies, listing.records, strict=True)
    )
    return Markup(f"<tbody>{''.join(lines)}</tbody>")


def _listed_cells(column: Column, rows: Sequence[Sequence[Cell]], place: int) -> dict[int, str]:
    """The different cells of a column of a listing as HTML, by their identity."""
    different = {id(row[place]): row[place] for row in rows}
    return {key: _listed_cell(cell, column.align) for key, cell in different.items()}


def _listed_cell(cell: Cell, align: str) -> str:
    kind = ' class="n"' if align == "number" else ' class="w"' if len(cell_text(cell)) > LONG else ""
    return f"<td{kind}>{''.join(map(part_html, cell))}</td>"


def _cell(cell: Cell, align: str) -> str:
    pad = ' data-pad=" (00.0)"' if any(part.spec == "pad" for part in cell) else ""
    return f'<td class="{"n" if align == "number" else "t"}"{pad}>{cell_html(cell)}</td>'


def _at_level(columns: Sequence[Column], level: int) -> Iterator[Column]:
    """Columns whose heading begins in this heading row."""
    for column in columns:
        if level == 0:
            yield column
        else:
            yield from _at_level(column.children, level - 1)


def _heading_html(column: Column, level: int, depth: int) -> str:
    text = cell_html(column.heading)
    if column.children:
        return f'<th scope="colgroup" colspan="{column.width}">{text}</th>'
    kind = "n" if column.align == "number" else "t"
    return f'<th scope="col" rowspan="{depth - level}" class="{kind}">{text}</th>'
