"""Broken files: whatever bytes come, a reader gives a table or one LoadError. ``make fuzz`` runs many more of them."""

import contextlib
import gzip
import io
import json
import os
import zipfile
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepatrial.errors import LoadError
from hepatrial.load.adam import read_adam
from hepatrial.load.archives import read_member, unpack_gzip
from hepatrial.load.datasets import as_sheet, read_dataset_json, read_parquet, read_sas7bdat, read_xport
from hepatrial.load.dates import DateRules, read_date, read_time
from hepatrial.load.decisions import read_decisions
from hepatrial.load.delimited import read_delimited
from hepatrial.load.numbers import NumberRules, read_result
from hepatrial.load.spreadsheet import read_spreadsheet
from hepatrial.load.workbook_scan import scan_workbook
from hepatrial.study import ReadingRules
from sas_factory import sas7bdat_shell
from workbook_factory import sheet_xml, workbook

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
FRAME = pd.DataFrame({"USUBJID": ["S1", "S2"], "AVAL": [1.5, None], "ADT": pd.to_datetime(["2014-01-02", None])})
CSV = b'id,day,result\r\nS1,2014-01-02,"1,5"\r\nS2,,<0.5\r\n'
JSON = json.dumps(
    {"datasetJSONVersion": "1.1.0", "records": 2, "columns": [{"name": "A"}, {"name": "B", "dataType": "integer"}],
     "rows": [["x", 1], ["y", None]]}
).encode()  # fmt: skip


def parquet() -> bytes:
    stream = io.BytesIO()
    FRAME.to_parquet(stream)
    return stream.getvalue()


def xport(folder: Path) -> bytes:
    pyreadstat.write_xport(FRAME.assign(ADT=FRAME["ADT"].dt.date), folder / "x.xpt", file_format_version=5)
    return (folder / "x.xpt").read_bytes()


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labs.csv", CSV * 20)
    return stream.getvalue()


BOOK = workbook({"A": sheet_xml([["id", "result"], ["S1", 1.5], ["S2", b'<c r="B3"><f>1</f><v>1</v></c>']])})
PLACES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6)


@st.composite
def broken(draw, seed: bytes) -> bytes:
    """The seed with some bytes changed, cut at either end, with something put in; or bytes of no format at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    content = bytearray(seed)
    for share, byte in draw(PLACES):
        content[min(int(share * len(content)), len(content) - 1)] = byte
    at = int(draw(st.floats(0, 1)) * len(content))
    content[at:at] = draw(st.binary(max_size=8))
    end = draw(st.one_of(st.just(1.0), st.floats(0, 1)))
    return bytes(content[: int(end * len(content))])


def fuzz(examples: int = EXAMPLES):
    return settings(
        max_examples=examples, deadline=None, database=None, derandomize="FUZZ_EXAMPLES" not in os.environ,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )  # fmt: skip


def read_or_refuse(read, *arguments):
    """Anything but a LoadError is a failure."""
    with contextlib.suppress(LoadError):
        read(*arguments)


pytestmark = pytest.mark.property


@fuzz()
@given(content=broken(CSV), encoding=st.sampled_from([None, "utf-8", "gb18030", "utf-16"]))
def test_delimited(content, encoding):
    read_or_refuse(lambda: read_delimited(content, "x.csv", encoding=encoding, delimiter=None))


@fuzz(max(EXAMPLES // 6, 5))
@given(content=broken(BOOK))
def test_spreadsheet(content):
    read_or_refuse(lambda: read_spreadsheet(content, "x.xlsx"))


@fuzz()
@given(content=broken(BOOK))
def test_workbook_scan(content):
    read_or_refuse(scan_workbook, content, "x.xlsx")


@fuzz()
@given(content=broken(JSON))
def test_dataset_json(content):
    read_or_refuse(lambda: as_sheet(read_dataset_json(content, "x.json")))


@fuzz()
@given(content=broken(parquet()))
def test_parquet(content):
    read_or_refuse(lambda: as_sheet(read_parquet(content, "x.parquet")))


@fuzz()
@given(data=st.data())
def test_xport(data, tmp_path):
    content = data.draw(broken(xport(tmp_path)))
    read_or_refuse(lambda: as_sheet(read_xport(content, "x.xpt")))


@fuzz()
@given(content=broken(sas7bdat_shell()))
def test_sas7bdat(content):
    read_or_refuse(lambda: as_sheet(read_sas7bdat(content, "x.sas7bdat")))


@fuzz()
@given(content=broken(JSON))
def test_adam(content):
    read_or_refuse(read_adam, content, "x.json")


@fuzz()
@given(content=broken(zipped()))
def test_zip(content):
    read_or_refuse(read_member, content, "x.zip", "labs.csv")


@fuzz()
@given(content=broken(gzip.compress(CSV * 20)))
def test_gzip(content):
    read_or_refuse(unpack_gzip, content, "x.gz")


@fuzz()
@given(content=broken(b"id,action,column,seen,value,reason,who,date\na,accept,,,,r,w,2024-01-01\n"))
def test_decisions(content, tmp_path):
    (tmp_path / "decisions.csv").write_bytes(content)
    read_or_refuse(read_decisions, tmp_path / "decisions.csv")


FORMATS = ReadingRules(
    date_formats=("YYYY/MM/DD", "YYYYMMDD", "DD/MM/YYYY", "DD-MON-YYYY", "DDMONYYYY", "YYYY年MM月DD日", "excel 1900")
)


@fuzz(EXAMPLES * 4)
@given(text=st.text(st.sampled_from("0123456789.,-+/:<>=≤ eEUNKJANT年月日"), max_size=14))
def test_cells(text):
    """Cells never raise; a value comes with no doubt about it, and a date has its earliest day first."""
    reading = read_result(text, NumberRules(thousands=","))
    assert (reading.value == reading.value) + (reading.bound == reading.bound) + (
        reading.missing_reason is not None
    ) == 1
    days = read_date(text, DateRules.from_reading(FORMATS)) if text else None
    if days is not None and days.low is not None:
        assert days.low <= days.high
        assert (days.low == days.high) == (days.fault == "")
    time, fault = read_time(text)
    assert (time is None) == (fault != "")
