"""The quick way through a delimited text gives what the slow way gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatrial.load.delimited import _follow, _read_slowly
from hepatrial.load.plain_rows import read_plain

CELLS = st.text(st.sampled_from("a1 \t.é胆\u00a0'"), max_size=3)
ROWS = st.lists(st.lists(CELLS, min_size=0, max_size=4), max_size=8)
ENDS = st.sampled_from(["\n", "\r\n"])


@pytest.mark.property
@given(rows=ROWS, width=st.integers(1, 4), end=ENDS, is_ended=st.booleans())
def test_both_ways_read_the_same_rows(rows, width, end, is_ended):
    header = ",".join(f"c{index}" for index in range(width))
    text = end.join([header, *(",".join(row) for row in rows)]) + (end if is_ended else "")
    quick = read_plain(text, width, 1, ",")
    slow_rows = _follow(text, ",", "x.csv")
    next(slow_rows)
    slow = _read_slowly(slow_rows, width, ",")
    if quick is None:
        return
    np.testing.assert_array_equal(quick.lines, slow.lines)
    assert quick.blank == slow.blank
    assert quick.odd == slow.odd
    for one, other in zip(quick.columns, slow.columns, strict=True):
        assert one.written(np.arange(len(quick.lines))) == other.written(np.arange(len(quick.lines)))


def test_the_quick_way_is_taken_for_plain_text_only():
    assert read_plain("a,b\n1,2\n", 2, 1, ",") is not None
    for text in ('a,b\n"1",2\n', "a,b\r1,2\r", "a,b\n1,2, \n"):
        assert read_plain(text, 2, 1, ",") is None
