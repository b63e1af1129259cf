"""What render makes and writers walk: frozen tables, listings, figures and the report that holds them.

A cell is a row of parts; a part is one number with its format and its result_id, or a literal text.
So ``7 (70.0)`` is four parts, two of which name their own result.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure as MatplotlibFigure

from hepatrial.render.formatters import format_value
from hepatrial.study import PostHoc


@dataclass(frozen=True)
class Part:
    """One piece of a cell: a value and how it is written, or a literal text.

    ``mark`` is the letter of a footnote, shown raised after the text.
    """

    value: object
    spec: str = "text"
    result_id: str = ""
    status: str = "ok"
    mark: str = ""

    @cached_property
    def text(self) -> str:
        """What the reader sees."""
        return format_value(self.value, self.spec, status=self.status)


Cell = tuple[Part, ...]


def literal(text: str) -> Cell:
    """A cell of plain text; empty text is an empty cell."""
    return (Part(text),) if text else ()


def cell_text(cell: Cell) -> str:
    """Plain text of a cell, footnote marks left out."""
    return "".join(part.text for part in cell)


@dataclass(frozen=True)
class Column:
    """A column heading, or a heading over several columns."""

    heading: Cell
    children: tuple["Column", ...] = ()
    align: str = "number"

    @property
    def width(self) -> int:
        """Number of columns below this heading."""
        return sum(child.width for child in self.children) or 1

    @property
    def depth(self) -> int:
        """Number of heading rows, this one included."""
        return 1 + max((child.depth for child in self.children), default=0)

    @property
    def leaves(self) -> tuple["Column", ...]:
        """The columns at the bottom, left to right."""
        return tuple(leaf for child in self.children for leaf in child.leaves) or (self,)


@dataclass(frozen=True)
class Row:
    """One line of a table: its label, indented, and one cell a column; a heading row has no cells.

    ``size`` is what stands behind the label of a group: ``(N=10)``.
    """

    label: str
    cells: tuple[Cell, ...] = ()
    indent: int = 0
    is_heading: bool = False
    size: Cell = ()


@dataclass(frozen=True)
class Output:
    """What every numbered output has."""

    number: str
    title: str
    population: str
    template: str
    footnotes: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Table(Output):
    """A table: a stub of labels, columns under headings, rows."""

    stub: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def leaves(self) -> tuple[Column, ...]:
        return tuple(leaf for column in self.columns for leaf in column.leaves)


@dataclass(frozen=True)
class Listing(Output):
    """Rows of an analysis dataset; ``records`` names the export records that each came from, joined by ";"."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    records: tuple[str, ...]


class Image(NamedTuple):
    """One figure as the bytes of an SVG file, and its width and height in inches."""

    svg: bytes
    inches: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Figure(Output):
    """A drawing, the result rows that drew it, and what it shows in words.

    ``drawing`` is the image alone where a second process drew it. ``part`` tells the figures of one planned output
    apart, such as the parameter.
    """

    drawing: MatplotlibFigure | Image
    rows: pd.DataFrame
    alt: str
    part: str = ""

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height."""
        if isinstance(self.drawing, Image):
            return self.drawing.inches
        width, height = self.drawing.get_size_inches()
        return float(width), float(height)


@dataclass(frozen=True)
class ToConfirm:
    """Something that the source of the study does not state: what it is, where it stands in the study file, and why."""

    what: str
    paths: tuple[str, ...]
    note: str

    @property
    def sentence(self) -> str:
        return f"{self.what}: {self.note}" if self.note else self.what


@dataclass(frozen=True)
class MethodsPart:
    """Sentences on one planned analysis, or on what all share; numbers in brackets are places in the literature."""

    title: str
    analysis_id: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Methods:
    """The statistical methods section, the literature that it cites, and the software."""

    parts: tuple[MethodsPart, ...] = ()
    references: tuple[str, ...] = ()
    software: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RenderedReport:
    """The whole report before any writer: title page facts and the outputs in order.

    ``findings_summary`` has one row a severity: severity, open, settled. ``decisions`` says in a sentence each what a
    person decided about the data, ``post_hoc`` what is not as the plan was signed. ``marking`` stands on every page
    (OPEN REPORT, CLOSED REPORT), and ``notices`` say on the title page what a blinded report does not show.
    ``minutes`` is the first page of an interim report. ``dates`` says of which day the data are, and in an interim
    report of which day the extract is.
    """

    study_id: str
    title: str
    title_local: str
    is_simulated: bool
    dates: str
    facts: tuple[tuple[str, str], ...]
    populations: tuple[tuple[str, Cell], ...]
    endpoints: tuple[tuple[str, ...], ...]
    confirmations: tuple[ToConfirm, ...]
    findings_summary: tuple[tuple[str, int, int], ...]
    decisions: tuple[str, ...] = ()
    marking: str = ""
    notices: tuple[str, ...] = ()
    minutes: Table | None = None
    outputs: tuple[Table | Listing | Figure, ...] = field(default=())
    methods: Methods = Methods()
    post_hoc: tuple[PostHoc, ...] = ()

    @property
    def everything(self) -> tuple[Table | Listing | Figure, ...]:
        """The outputs, behind the first page of an interim report."""
        return (*([self.minutes] if self.minutes else []), *self.outputs)


def iter_parts(output: Table | Listing | Figure) -> Iterator[Part]:
    """Every part of an output's cells, headings included."""
    if isinstance(output, Figure):
        return
    yield from (part for column in output.columns for part in _heading_parts(column))
    rows: Sequence[Sequence[Cell]] = (
        [(row.size, *row.cells) for row in output.rows] if isinstance(output, Table) else output.rows
    )
    yield from (part for cells in rows for cell in cells for part in cell)


def _heading_parts(column: Column) -> Iterator[Part]:
    yield from column.heading
    for child in column.children:
        yield from _heading_parts(child)
