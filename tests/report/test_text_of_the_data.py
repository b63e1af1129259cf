"""Texts of the data stay texts: long words break, emoji are named in the PDF, a dollar sign begins no formula."""

import re

from hepatrial.render import Column, Listing, Part
from hepatrial.render.figures.style import figure_style, new_frame
from hepatrial.report.cells import listing_body_html
from hepatrial.report.docx_table import format_table
from hepatrial.report.leaks import _plain
from hepatrial.report.long_words import BREAK, break_words, name_pictures
from hepatrial.report.rtf import _size

WORD = "Pneumonoultramicroscopicsilicovolcanoconiosis"


def test_a_long_word_breaks_and_says_the_same():
    assert break_words("hypertriglyceridaemia 2024-05-30 消化道出血") == "hypertriglyceridaemia 2024-05-30 消化道出血"
    broken = break_words(f"a {WORD}")
    assert broken.replace(BREAK, "") == f"a {WORD}"
    assert max(map(len, broken.split(BREAK))) <= 10
    assert _plain(broken) == _plain(f"a {WORD}")


def test_an_emoji_is_named_and_its_joiners_go():
    assert name_pictures("🤢 nausea 👨\u200d👩") == "[nauseated face] nausea [man][woman]"


def test_a_page_breaks_a_long_word_and_escapes_the_rest():
    listing = Listing(
        number="1", title="t", population="p", template="x", footnotes=(), source="s",
        columns=(Column((Part("Term"),), align="text"),), rows=(((Part(f"<b>{WORD}"),),),), records=("r",),
    )  # fmt: skip
    body = str(listing_body_html(listing))
    assert "<b>" not in body
    assert f"&lt;b&gt;{WORD}" in body.replace("<wbr>", "")
    assert body.count("<wbr>") == (len(f"<b>{WORD}") - 1) // 8


def test_a_dollar_sign_in_a_figure_begins_no_formula():
    with figure_style():
        frame = new_frame(2.0, below=0.3)
        text = frame.axes.text(0.5, 0.5, r"$\broken{$ cost")
        assert text.get_parse_math() is False
        frame.drawing.canvas.draw()


def test_letters_from_right_to_left_have_the_size_of_the_others():
    assert re.search(r"\\afs16\\ltrch\\fs16", _size(16))
    listing = Listing(
        number="1", title="t", population="p", footnotes=(), source="s", template="x",
        columns=(Column((Part("Term"),), align="text"),), rows=(((Part("نزيف"),),),), records=("r",),
    )  # fmt: skip
    table = format_table(listing)
    assert re.findall(r'w:sz w:val="(\d+)"', table) == re.findall(r'w:szCs w:val="(\d+)"', table) != []
