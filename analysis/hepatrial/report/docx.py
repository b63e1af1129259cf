"""report.docx: every table, listing and figure in order, in landscape where they are wide.

python-docx makes everything but the tables, which are written as XML when the zip is rewritten in name order with a
fixed date: as elements in memory they would be a GiB for 500 patients. The same report gives the same bytes.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from hepatrial.render import Figure, Listing, RenderedReport, Table
from hepatrial.report.docx_table import format_table, is_flat, legal
from hepatrial.report.layout import is_too_long
from hepatrial.report.sections import group_sections, kind_of

FIXED = datetime(1980, 1, 1, tzinfo=UTC)
CHINESE_FONT = "SimSun"
SOFT, WARN = RGBColor(0x54, 0x5C, 0x66), RGBColor(0x8A, 0x3B, 0x00)
_PLACE = re.compile(rb'<w:tbl w:number="([^"]+)"/>')
SHORT, LONG, MARGIN = Mm(210), Mm(297), Mm(16)


def write_docx(rendered: RenderedReport, folder: Path) -> None:
    """Write report.docx beside ``figures/``, whose PNG files it holds."""
    document = docx.Document()
    _prepare(document, rendered)
    _write_title(document, rendered)
    _write_methods(document, rendered)
    for heading, items in group_sections(rendered.outputs):
        _turn_page(document, _is_flat(items[0]))
        document.add_heading(heading, level=1)
        for item in items:
            _turn_page(document, _is_flat(item))
            _write_output(document, item, folder)
    content = io.BytesIO()
    document.save(content)
    tables = {item.number: item for item in (rendered.minutes, *rendered.outputs) if isinstance(item, Table | Listing)}
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(folder / "report.docx", "w") as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            with new.open(entry, "w") as stream:
                stream.writelines(_fill(old.read(name), tables))


def _fill(part: bytes, tables: Mapping[str, Table | Listing]) -> Iterator[bytes]:
    """A part of the document with the tables in their places."""
    for place, text in enumerate(_PLACE.split(part)):
        yield text if place % 2 == 0 else format_table(tables[text.decode()]).encode()


def _prepare(document: Any, rendered: RenderedReport) -> None:
    properties = document.core_properties
    properties.title = legal(f"{rendered.study_id}: {rendered.title}")[:255]
    properties.author = "hepatrial"
    properties.created = properties.modified = FIXED.replace(tzinfo=None)
    properties.last_modified_by, properties.comments = "hepatrial", ""
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(9)
    _name_chinese_font(style)
    style.paragraph_format.space_after = Pt(2)
    for level, size in ((1, 13), (2, 10)):
        heading = document.styles[f"Heading {level}"]
        heading.font.name, heading.font.size, heading.font.color.rgb = "Arial", Pt(size), RGBColor(0, 0, 0)
    section = document.sections[0]
    section.page_width, section.page_height = SHORT, LONG
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    banner = f"   {rendered.marking}" if rendered.marking else ""
    banner += "   SIMULATED DATA" if rendered.is_simulated else ""
    section.header.paragraphs[0].text = f"{rendered.study_id}. {rendered.dates}{banner}"


def _name_chinese_font(style: Any) -> None:
    """SimSun, which Windows has; LibreOffice takes the machine's own Chinese font where it lacks it."""
    properties = style.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), CHINESE_FONT)
    properties.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN"/>'))


def _write_title(document: Any, rendered: RenderedReport) -> None:
    if rendered.is_simulated:
        run = document.add_paragraph().add_run(
            "SIMULATED DATA: no patient was observed. For testing and training only."
        )
        run.bold, run.font.color.rgb = True, WARN
    if rendered.minutes:
        document.add_paragraph(legal(f"{rendered.study_id}: {rendered.title}"))
        _write_output(document, rendered.minutes, Path())
        document.add_page_break()
    document.add_paragraph().add_run(legal(rendered.title)).font.size = Pt(18)
    if rendered.title_local:
        document.add_paragraph(legal(rendered.title_local))
    for name, text in rendered.facts:
        document.add_paragraph(legal(f"{name}: {text}"))
    for notice in rendered.notices:
        document.add_paragraph(legal(notice), style="List Bullet")
    for item in rendered.post_hoc:
        document.add_paragraph(legal(f"Post hoc, not as the plan was signed: {item.sentence}"))
    for sentence in rendered.decisions:
        document.add_paragraph(legal(f"Decision: {sentence}"))
    if rendered.confirmations:
        paragraph = document.add_paragraph()
        paragraph.add_run("To be confirmed. ").bold = True
        paragraph.add_run("The source of the study does not state these; they were proposed in the study file.")
        paragraph.paragraph_format.space_before = Pt(8)
    for place in rendered.confirmations:
        _add_soft(document, place.sentence).style = document.styles["List Bullet"]


def _write_methods(document: Any, rendered: RenderedReport) -> None:
    document.add_heading("Statistical methods", level=1)
    for part in rendered.methods.parts:
        document.add_heading(legal(part.title), level=2)
        paragraph = document.add_paragraph(legal(" ".join(part.sentences)))
        if part.analysis_id:
            paragraph.add_run(legal(f" Analysis {part.analysis_id}.")).font.color.rgb = SOFT
    for heading, items in (("Literature", rendered.methods.references), ("Software", rendered.methods.software)):
        document.add_heading(heading, level=2)
        for place, item in enumerate(items, start=1):
            _add_soft(document, f"{place}. {item}" if heading == "Literature" else item)


def _is_flat(item: Table | Listing | Figure) -> bool:
    return not isinstance(item, Figure) and is_flat(item)


def _turn_page(document: Any, wide: bool) -> None:
    section = document.sections[-1]
    if (section.orientation == WD_ORIENT.LANDSCAPE) == wide:
        return
    section = document.add_section()
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (LONG, SHORT) if wide else (SHORT, LONG)


def _write_output(document: Any, output: Table | Listing | Figure, folder: Path) -> None:
    document.add_heading(legal(f"{kind_of(output)} {output.number}  {output.title}"), level=2)
    if output.population:
        _add_soft(document, output.population).paragraph_format.keep_with_next = True
    if isinstance(output, Figure):
        document.add_picture(str(folder / "figures" / f"figure-{output.number}.png"), width=Mm(165))
    elif is_too_long(output):
        document.add_paragraph(f"Not printed: {len(output.rows)} rows. See report.html or tables.xlsx.")
    else:
        table = OxmlElement("w:tbl", {qn("w:number"): output.number})
        document.element.body.insert_element_before(table, "w:sectPr")
    for place, note in enumerate((*output.footnotes, output.source)):
        _add_soft(document, note).paragraph_format.space_before = Pt(0 if place else 4)


def _add_soft(document: Any, text: str) -> Any:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(legal(text))
    run.font.size, run.font.color.rgb = Pt(7.5), SOFT
    return paragraph
