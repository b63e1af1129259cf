r"""tables/*.rtf: one file a table or listing, for pasting into a clinical study report.

Our own small writer (RTF 1.9): landscape A4, heading rows repeated, a rule above and below. Control signs of the text
are escaped and every letter outside ASCII is written as a number, so that no text of the data is a control word.
Chinese text names SimSun, which Windows has; LibreOffice takes the machine's own Chinese font where it lacks it.
"""

from collections.abc import Iterator
from pathlib import Path

from hepatrial.render import Cell, Listing, RenderedReport, Table
from hepatrial.report.layout import (
    Heading,
    Line,
    fit_columns,
    heading_rows,
    headings_across,
    is_too_long,
    iter_lines,
    number_columns,
)
from hepatrial.report.sections import kind_of

PAGE, HEIGHT, MARGIN = 16838, 11906, 1134  # twips: A4 landscape, 20 mm
WIDTH = PAGE - 2 * MARGIN
LETTER = 105  # twips of one letter at 8 points
RULE_ABOVE, RULE_BELOW = r"\clbrdrt\brdrs\brdrw15", r"\clbrdrb\brdrs\brdrw15"
HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0\stshfdbch1\deflang1033\deflangfe2052\uc1"
    r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset134 SimSun;}}"
    rf"\paperw{PAGE}\paperh{HEIGHT}\margl{MARGIN}\margr{MARGIN}\margt{MARGIN}\margb{MARGIN}\landscape"
    r"{\footer\pard\qr\f0\fs14 Page {\field{\*\fldinst PAGE}{\fldrslt\f0\fs14 1}}"
    r" of {\field{\*\fldinst NUMPAGES}{\fldrslt\f0\fs14 1}}\par}"
)


def write_rtf(rendered: RenderedReport, folder: Path) -> None:
    """Write tables/table-NUMBER.rtf and tables/listing-NUMBER.rtf."""
    target = folder / "tables"
    target.mkdir()
    for item in rendered.everything:
        if isinstance(item, Table | Listing) and not is_too_long(item):
            path = target / f"{kind_of(item).lower()}-{item.number}.rtf"
            path.write_text(format_rtf(item, rendered), encoding="ascii", newline="\n")


def format_rtf(output: Table | Listing, rendered: RenderedReport) -> str:
    """One table as a whole RTF document, ASCII only."""
    banner = f"   {rendered.marking}" if rendered.marking else ""
    banner += "   SIMULATED DATA" if rendered.is_simulated else ""
    parts = [
        HEAD,
        rf"{{\header\pard\f0\fs14 {escape(f'{rendered.study_id}. {rendered.dates}{banner}')}\par}}",
        rf"\pard\keepn\fs20\b {escape(f'{kind_of(output)} {output.number}  {output.title}')}\b0\par",
        rf"\pard\keepn\fs16 {escape(output.population)}\par",
        *_table(output),
        *(rf"\pard\fs14 {escape(note)}\par" for note in (*output.footnotes, output.source)),
        "}",
    ]
    return "\n".join(parts)


def escape(text: str) -> str:
    r"""Text as RTF text: control signs escaped, other letters as ``\uN?``, a line break as ``\line``."""
    return "".join(_escape_letter(letter) for letter in text)


def _escape_letter(letter: str) -> str:
    if letter in "\\{}":
        return f"\\{letter}"
    if letter == "\n":
        return "\\line "
    if letter == "\t":
        return "\\tab "
    if 0x20 <= ord(letter) < 0x7F:
        return letter
    units = letter.encode("utf-16-le")
    codes = (int.from_bytes(units[place : place + 2], "little", signed=True) for place in range(0, len(units), 2))
    return "".join(f"\\u{code}?" for code in codes)


def _edges(output: Table | Listing) -> list[int]:
    """Right edge of each column, shared out by the letters in it."""
    letter = LETTER * (0.75 if isinstance(output, Listing) else 1.0)  # 6 points, not 8
    letters = fit_columns(output, WIDTH / letter)
    scale = min(letter, WIDTH / sum(letters))
    edges, at = [], 0.0
    for count in letters:
        at += count * scale
        edges.append(round(at))
    return edges


def _table(output: Table | Listing) -> Iterator[str]:
    edges = _edges(output)
    size = 12 if isinstance(output, Listing) else 16
    yield from _heading_rows(output, edges, size)
    lines = list(iter_lines(output))
    for place, line in enumerate(lines):
        rule = RULE_BELOW if place == len(lines) - 1 else ""
        yield _row(line, edges, number_columns(output), rule, size)


def _row(line: Line, edges: list[int], numbers: tuple[bool, ...], rule: str, size: int) -> str:
    if line.is_heading:
        start = rf"\trowd\trgaph60{rule}\cellx{edges[-1]}\pard\intbl\keepn{_size(size)}"
        words = escape(line.label or "")
        text = rf"\li{line.indent * 200} {words}\li0" if line.indent else rf"\b {words}\b0"
        return rf"{start}{text}\cell\row"
    ends = "".join(rf"{rule}\cellx{edge}" for edge in edges)
    label = [] if line.label is None else [rf"\ql\li{line.indent * 200} {escape(line.label)}\li0"]
    cells = [*label, *map(_cell, line.cells)]
    aligned = [rf"\q{'r' if number else 'l'} {text}\cell" for number, text in zip(numbers, cells, strict=True)]
    return rf"\trowd\trgaph60{ends}\pard\intbl{_size(size)} {' '.join(aligned)}\row"


def _size(size: int) -> str:
    """Half points of the letters, for those written from right to left too."""
    return rf"\rtlch\afs{size}\ltrch\fs{size}"


def _cell(cell: Cell) -> str:
    return "".join(
        escape(part.text) + (rf"{{\super {escape(part.mark)}}}" if part.mark else "") for part in cell
    )  # fmt: skip


def _heading_rows(output: Table | Listing, edges: list[int], size: int) -> Iterator[str]:
    """Heading rows; a heading over several rows is merged downwards."""
    depth = heading_rows(output)
    for row in range(depth):
        covering = headings_across(output, row)
        rules = (RULE_ABOVE if row == 0 else "") + (RULE_BELOW if row == depth - 1 else "")
        ends = [rf"{_merge(at, row)}{rules}\clvertalb\cellx{edges[at.column + at.columns - 1]}" for at in covering]
        cells = [rf"\q{_side(at)} {escape(at.text) if at.row == row else ''}\cell" for at in covering]
        yield rf"\trowd\trhdr\trgaph60{''.join(ends)}\pard\intbl\fs{size}\b {''.join(cells)}\b0\row"


def _side(at: Heading) -> str:
    return "c" if at.columns > 1 else "r" if at.is_number else "l"


def _merge(at: Heading, row: int) -> str:
    if at.rows == 1:
        return ""
    return r"\clvmgf" if at.row == row else r"\clvmrg"
