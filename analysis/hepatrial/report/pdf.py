"""report.pdf, set by Typst from a fixed template that reads the report as data: no text of the study is ever markup.

System fonts are ignored and the time of making is fixed, so the same report gives the same bytes.
"""

import json
from pathlib import Path
from typing import Any

import typst

from hepatrial import __version__
from hepatrial.errors import ReportError
from hepatrial.render import FONT_FAMILY, FONT_PATH, Cell, Figure, Listing, RenderedReport, Table, cell_text
from hepatrial.report.layout import (
    font_points,
    heading_rows,
    is_too_long,
    is_wide,
    iter_headings,
    iter_lines,
    number_columns,
    together,
)
from hepatrial.report.long_words import break_words, name_pictures
from hepatrial.report.sections import group_sections, kind_of

FIGURE_WIDTH, FIGURE_HEIGHT = 150.0, 205.0  # mm of a page that a figure may fill
MOST_CONTINUED = 6000  # lines of tables up to which later pages name theirs: beyond, it takes a GiB and twice the time
WHOLE, WHOLE_FLAT = 36, 24  # lines of a table that goes to the next page rather than being parted
TEMPLATE = Path(__file__).parent / "assets" / "report.typ"


def format_pdf(rendered: RenderedReport, folder: Path) -> bytes:
    """report.pdf as bytes; ``folder`` holds ``figures/``, whose SVG files it shows. Typst leaves Python free meanwhile.

    Raises
    ------
    ReportError
        When Typst refuses the document, with its message.
    """
    inputs = {"report": json.dumps(_describe(rendered), ensure_ascii=False)}
    try:
        page = typst.compile(  # type: ignore[misc]  # bytes in, folders of fonts: one type variable for both
            TEMPLATE.read_bytes(), root=folder, font_paths=[FONT_PATH.parent], ignore_system_fonts=True,
            sys_inputs=inputs, timestamp=0,
        )  # fmt: skip
    except typst.TypstError as error:
        raise ReportError(f"report.pdf: Typst could not set the document ({error})") from error
    assert isinstance(page, bytes)
    return page


def _describe(rendered: RenderedReport) -> dict[str, Any]:
    sections: list[tuple[str, list[dict[str, Any]]]] = [
        (heading, [_describe_output(item) for item in items]) for heading, items in group_sections(rendered.outputs)
    ]
    lines = sum(len(item.get("lines", ())) for _, items in sections for item in items)
    return {
        "names_continued": lines <= MOST_CONTINUED,
        "font": FONT_FAMILY,
        "version": __version__,
        "study_id": rendered.study_id,
        "title": rendered.title,
        "title_local": rendered.title_local,
        "is_simulated": rendered.is_simulated,
        "dates": rendered.dates,
        "marking": rendered.marking,
        "notices": rendered.notices,
        "facts": rendered.facts,
        "populations": [[label, cell_text(size)] for label, size in rendered.populations],
        "endpoints": rendered.endpoints,
        "post_hoc": [item.sentence for item in rendered.post_hoc],
        "decisions": rendered.decisions,
        "confirmations": [item.sentence for item in rendered.confirmations],
        "findings": [[name.capitalize(), str(count), str(done)] for name, count, done in rendered.findings_summary],
        "methods": {
            "parts": [
                {"title": part.title, "analysis_id": part.analysis_id, "sentences": " ".join(part.sentences)}
                for part in rendered.methods.parts
            ],
            "references": rendered.methods.references,
            "software": rendered.methods.software,
        },
        "minutes": _describe_output(rendered.minutes) if rendered.minutes else None,
        "sections": sections,
    }


def _describe_output(output: Table | Listing | Figure) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": kind_of(output),
        "number": output.number,
        "title": output.title,
        "population": output.population,
        "footnotes": [*output.footnotes, output.source],
    }
    if isinstance(output, Figure):
        width, height = output.inches
        across = min(FIGURE_WIDTH, FIGURE_HEIGHT * width / height)
        return found | {
            "image": f"/figures/figure-{output.number}.svg", "alt": output.alt, "wide": False, "across": across,
        }  # fmt: skip
    if is_too_long(output):
        return found | {"left_out": len(output.rows), "wide": False}
    headings = [
        [item.text, item.row, item.column, item.rows, item.columns, item.is_number] for item in iter_headings(output)
    ]
    body = list(iter_lines(output))
    lines = [
        [_text(line.label), line.indent, line.is_heading, [_runs(cell) for cell in line.cells], kept]
        for line, kept in zip(body, together(body), strict=True)
    ]
    return found | {
        "wide": is_wide(output),
        "size": font_points(output),
        "whole": len(body) <= (WHOLE_FLAT if is_wide(output) else WHOLE),
        "numbers": number_columns(output),
        "headings": headings,
        "heading_rows": heading_rows(output),
        "lines": lines,
    }


def _runs(cell: Cell) -> list[list[str]]:
    """Text and footnote mark of each part."""
    return [[str(_text(part.text)), part.mark] for part in cell]


def _text(text: str | None) -> str | None:
    """A text of the data as a column can hold it."""
    return None if text is None else break_words(name_pictures(text))
