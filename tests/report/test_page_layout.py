"""Pages: a table stands upright where it fits, its blocks stay whole, and its notes stay with its last lines."""

from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn

from hepatrial.render import Column, Listing, RenderedReport, Row, Table
from hepatrial.render.objects import literal
from hepatrial.report import pdf
from hepatrial.report.docx import write_docx
from hepatrial.report.layout import Line, column_letters, fit_columns, font_points, is_wide, together
from hepatrial.report.pdf import format_pdf
from hepatrial.report.pdf_texts import read_pdf_texts


def make_table(rows, columns=3, letters=9, number="14.1.1"):
    heads = tuple(Column(literal("x" * letters)) for _ in range(columns))
    return Table(
        number=number, title="Counts", population="Safety set", template="x", footnotes=("Note of the table.",),
        source="Source: ADSL.", stub="Line", columns=heads, rows=rows,
    )  # fmt: skip


def lines_of(*sizes):
    """Blocks of a heading and so many lines."""
    return [line for size in sizes for line in (Line("h", 0, True, ()), *[Line("l", 1, False, ())] * size)]


def make_report(*outputs):
    return RenderedReport("S1", "Study", "", True, "Data as of 2025-01-31", (), (), (), (), (), outputs=outputs)


def make_pages(tmp_path, *outputs):
    found = read_pdf_texts(format_pdf(make_report(*outputs), tmp_path))
    return [text for place, text in found if place == "page"]


def test_a_table_is_turned_only_when_it_does_not_fit_upright():
    row = (Row("a", (literal("1"),) * 3),)
    assert not is_wide(make_table(row, letters=26))
    assert font_points(make_table(row, letters=26)) == 8
    small = make_table((Row("a", (literal("1"),) * 7),), columns=7, letters=16)
    assert (is_wide(small), font_points(small)) == (False, 7)
    wide = make_table((Row("a", (literal("1"),) * 9),), columns=9, letters=20)
    assert (is_wide(wide), font_points(wide)) == (True, 7)
    listing = Listing("16.2.1", "L", "", "x", (), "", wide.columns[:7], ((literal("1"),) * 7,), ("",))
    assert (is_wide(listing), font_points(listing)) == (False, 6)


def test_short_blocks_stay_whole_and_long_ones_keep_their_ends():
    assert together(lines_of(4, 2)) == [5, 0, 0, 0, 0, 3, 0, 0]
    kept = together(lines_of(20, 15))
    assert kept[:6] == [4, 0, 0, 0, 1, 1]
    assert kept[21:] == [4, 0, 0, 0, *[1] * 9, 3, 0, 0]
    assert together([Line(None, 0, False, ())] * 20) == [3, 0, 0, *[1] * 14, 3, 0, 0]
    assert together([]) == []


def test_two_headings_in_a_row_open_one_block():
    lines = [Line("a", 0, True, ()), Line("b", 0, True, ()), Line("c", 1, False, ())]
    assert together(lines) == [3, 0, 0]


@pytest.mark.parametrize("size", [66, 68, 70, 72, 74])
def test_notes_never_stand_alone_on_a_page(tmp_path, size):
    rows = tuple(Row(f"line{place}", (literal("1"),) * 3) for place in range(size))
    pages = make_pages(tmp_path, make_table(rows))
    (page,) = [text for text in pages if "Source: ADSL." in text]
    assert f"line{size - 1}" in page
    assert f"line{size - 3}" in page
    assert "Note of the table." in page


def test_a_page_that_goes_on_with_a_table_says_which(tmp_path):
    rows = tuple(Row(f"line{place}", (literal("1"),) * 3) for place in range(150))
    pages = make_pages(tmp_path, make_table(rows))
    held = ["line0" in text or "line149" in text or "line75" in text for text in pages]
    going_on = [text for text, holds in zip(pages, held, strict=True) if holds]
    assert ["(continued)" in text for text in going_on] == [False, True, True]
    short = make_pages(tmp_path, make_table(rows[:5]), make_table(rows[:5], number="14.1.2"))
    assert not [text for text in short if "(continued)" in text]


def test_a_report_of_very_many_lines_repeats_headings_only(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "MOST_CONTINUED", 149)
    rows = tuple(Row(f"line{place}", (literal("1"),) * 3) for place in range(150))
    pages = make_pages(tmp_path, make_table(rows))
    assert not [text for text in pages if "(continued)" in text]
    assert len([text for text in pages if "line0" in text or "line149" in text or "line75" in text]) == 3


def test_a_section_of_a_docx_begins_on_the_page_of_its_first_output(tmp_path):
    upright = make_table((Row("alpha", (literal("1"),) * 3),))
    wide = replace(make_table((Row("omega", (literal("1"),) * 9),), columns=9, letters=20), number="14.3.1")
    write_docx(make_report(upright, wide), tmp_path)
    body = list(docx.Document(str(tmp_path / "report.docx")).element.body)
    place = next(at for at, item in enumerate(body) if "".join(node.text for node in item.iter(qn("w:t"))) == "Safety")
    breaks = [bool(item.findall(f".//{qn('w:sectPr')}")) for item in body[place - 1 : place + 2]]
    assert breaks == [True, False, False]


def test_wide_tables_in_a_row_share_a_page_and_a_table_without_lines_has_its_notes(tmp_path):
    wide = make_table((Row("alpha", (literal("1"),) * 9),), columns=9, letters=20)
    other = replace(wide, number="14.1.2", rows=(Row("omega", (literal("1"),) * 9),))
    empty = make_table((), number="14.1.3")
    pages = make_pages(tmp_path, wide, other, empty)
    assert any("alpha" in text and "omega" in text for text in pages)
    assert any("14.1.3" in text and "Source: ADSL." in text for text in pages)


def test_columns_of_words_give_way_before_dates_are_broken():
    row = tuple(literal(text) for text in ("2024-03-07", "a long text of many short words here", "2024-04-05"))
    heads = tuple(Column(literal(name)) for name in ("Start", "What", "End"))
    listing = Listing("16.2.1", "L", "", "x", (), "", heads, (row,), ("",))
    assert column_letters(listing) == [12, 28, 12]
    assert fit_columns(listing, 100) == [12, 28, 12]
    fitted = fit_columns(listing, 40)
    assert fitted[0] == fitted[2] == 12
    assert sum(fitted) == pytest.approx(40)
    assert fit_columns(listing, 10) == [12, 7, 12]
