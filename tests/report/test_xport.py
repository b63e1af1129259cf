"""Transport files: bytes worked by hand, numbers exact, limits refused; read by pyreadstat."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatrial.errors import ReportError
from hepatrial.report.xport import XportVariable, format_xport

DAY = date(2026, 1, 31)
NUMBER = XportVariable("A", "a number", True, 8)
TEXT = XportVariable("T", "a text", False, 6)


def write(frame, *variables, name="ADSL", label="Subject level"):
    return format_xport(frame, variables, name=name, label=label, created=DAY)


def read(path, content):
    path.write_bytes(content)
    return pyreadstat.read_xport(path)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-118.625, "c276a00000000000"),  # the usual example of IBM hexadecimal floating point
        (0.15625, "4028000000000000"),
        (1.5, "4118000000000000"),
        (0.0, "0000000000000000"),
        (float("nan"), "2e00000000000000"),  # SAS missing value
    ],
)
def test_numbers_are_ibm_doubles(value, code):
    assert bytes.fromhex(code) in write(pd.DataFrame({"A": [value]}), NUMBER)[-80:]


def test_the_header_has_the_records_and_dates_of_ts_140():
    content = write(pd.DataFrame({"A": [1.0]}), NUMBER)
    records = [content[start : start + 80] for start in range(0, len(content), 80)]
    assert len(content) % 80 == 0
    assert records[0] == b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 30 + b"  "
    assert records[1] == b"SAS     SAS     SASLIB  6.06    bsd4.2  " + b" " * 24 + b"31JAN26:00:00:00"
    assert records[3][:66] == b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001"
    assert records[5][:24] == b"SAS     ADSL    SASDATA "
    assert records[7][48:58] == b"0000000001"


def as_fraction(word):
    """The number of an IBM word, exactly."""
    sixteenths, mantissa = (word >> 56 & 0x7F) - 64, Fraction(word & (1 << 56) - 1, 1 << 56)
    return mantissa * Fraction(16) ** sixteenths * (-1 if word >> 63 else 1)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False, allow_subnormal=False, width=64)
                .filter(lambda x: x == 0 or x != x or 1e-78 < abs(x) < 1e75), min_size=1, max_size=30))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_double_of_the_range_is_kept_exactly(tmp_path_factory, values):
    content = write(pd.DataFrame({"A": values}), NUMBER)
    found, _ = read(tmp_path_factory.mktemp("xpt") / "a.xpt", content)
    assert np.array_equal(found["A"].to_numpy(), np.array(values), equal_nan=True)
    start = content.index(b"HEADER RECORD*******OBS") + 80
    words = [int.from_bytes(content[start + 8 * place : start + 8 * place + 8]) for place in range(len(values))]
    assert [as_fraction(word) for word, x in zip(words, values, strict=True) if x == x] == [
        Fraction(x) for x in values if x == x
    ]


def test_texts_labels_and_formats_come_back(tmp_path):
    frame = pd.DataFrame({"T": ["abc", "", "中文"], "A": [0.0, np.nan, 24137.0]})
    day = XportVariable("A", "Analysis Date", True, 8, "DATE9.")
    found, meta = read(tmp_path / "a.xpt", write(frame, TEXT, day))
    assert found["T"].tolist() == ["abc", "", "中文"]
    assert [str(value) for value in found["A"]] == ["1960-01-01", "nan", "2026-01-31"]
    assert meta.column_names_to_labels == {"T": "a text", "A": "Analysis Date"}
    assert (meta.table_name, meta.file_label) == ("ADSL", "Subject level")


def test_a_dataset_without_records_is_whole(tmp_path):
    frame = pd.DataFrame({"T": pd.Series(dtype="object"), "A": pd.Series(dtype="float64")})
    found, meta = read(tmp_path / "a.xpt", write(frame, TEXT, NUMBER))
    assert (len(found), meta.number_columns) == (0, 2)


@pytest.mark.parametrize(
    ("frame", "variable", "message"),
    [
        ({"A": [1e80]}, NUMBER, "variable A: 1e\\+80 is beyond"),
        ({"A": [float("inf")]}, NUMBER, "beyond the numbers"),
        ({"T": ["abcdefg"]}, TEXT, "a text has 7 bytes, its length is 6"),
        ({"T": ["a"]}, XportVariable("T", "a text", False, 201), "201 bytes; an XPT file holds 1 to 200"),
        ({"T": ["a"]}, XportVariable("T", "a text", False, 0), "0 bytes"),
        ({"TOOLONGNAME": ["a"]}, XportVariable("TOOLONGNAME", "a text", False, 1), "not ASCII of at most 8 bytes"),
        ({"T": ["a"]}, XportVariable("T", "x" * 41, False, 1), "not ASCII of at most 40 bytes"),
        ({"T": ["a"]}, XportVariable("T", "标签", False, 1), "not ASCII of at most 40 bytes"),
    ],
)
def test_what_does_not_fit_is_an_error_and_never_cut(frame, variable, message):
    with pytest.raises(ReportError, match=message):
        write(pd.DataFrame(frame), variable)
