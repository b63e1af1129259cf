"""Data sets with types of their own: SAS XPORT and SAS7BDAT, Parquet, CDISC Dataset-JSON 1.1 (json and ndjson).

``line`` of a record is its number in the data set, counted from 1. A file that ends too early is cut, even where its
reader would not say so: an XPORT file is read to its last whole record in silence.
"""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet
import pyreadstat

from hepatrial.errors import LoadError
from hepatrial.load.files import MAX_BYTES
from hepatrial.load.sas_sizes import find_sas7bdat_cut, find_xport_cut
from hepatrial.load.sheet import Sheet, TextColumn, unique_names


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set as read: a frame, labels by column, and why it must be cut ('' when it is whole)."""

    frame: pd.DataFrame
    labels: dict[str, str] = field(default_factory=dict)
    cut: str = ""
    dates: tuple[str, ...] = ()
    """Dataset-JSON: columns that are dates, whatever their texts."""
    numbers: tuple[str, ...] = ()
    """Dataset-JSON: columns that are numbers, whatever their texts."""
    missing_texts: dict[str, int] = field(default_factory=dict)
    """How many texts such as NA stand for a missing number, by column."""


def read_xport(content: bytes, name: str) -> Dataset:
    """SAS transport file, version 5 or 8."""
    frame, meta = _by_pyreadstat(pyreadstat.read_xport, content, name)
    return Dataset(frame, dict(meta.column_names_to_labels), find_xport_cut(content, len(frame)))


def read_sas7bdat(content: bytes, name: str) -> Dataset:
    """SAS data file."""
    cut = find_sas7bdat_cut(content)
    if cut:
        raise LoadError(f"{name}: {cut}; export it again")
    frame, meta = _by_pyreadstat(pyreadstat.read_sas7bdat, content, name)
    return Dataset(frame, dict(meta.column_names_to_labels))


def _by_pyreadstat(read: Callable[..., Any], content: bytes, name: str) -> tuple[pd.DataFrame, Any]:
    try:
        frame, meta = read(io.BytesIO(content))
    except Exception as error:  # the parser leaks many kinds for a damaged file
        raise LoadError(f"{name}: is damaged or no SAS file ({error}); export it again") from error
    return frame, meta


def read_parquet(content: bytes, name: str) -> Dataset:
    """Apache Parquet."""
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        if size > MAX_BYTES:
            raise LoadError(f"{name}: unpacks to {size:,} bytes, at most {MAX_BYTES:,} are read; split the export")
        plain = file.read().replace_schema_metadata(None)  # what pandas wrote there about itself is not data
        return Dataset(plain.to_pandas(date_as_object=True))
    except LoadError:
        raise
    except Exception as error:  # the parser leaks many kinds for a damaged file
        raise LoadError(f"{name}: is damaged or no Parquet file ({error}); export it again") from error


def read_dataset_json(content: bytes, name: str) -> Dataset:
    """CDISC Dataset-JSON 1.1, as one object or as one JSON text a line."""
    try:
        text = content.decode("utf-8-sig")
        head, rows = _json_parts(text)
        columns = [str(column["name"]) for column in head["columns"]]
        frame = pd.DataFrame([_json_row(row, len(columns)) for row in rows], columns=columns, dtype=object)
        labels = {str(column["name"]): str(column.get("label", "")) for column in head["columns"]}
        expected = int(head.get("records", len(rows)))
        dates, numbers = _json_types(head["columns"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"misses {error}" if isinstance(error, KeyError) else str(error)
        raise LoadError(f"{name}: is cut or no Dataset-JSON 1.1 ({reason}); export it again") from error
    cut = f"{expected:,} records are announced, {len(rows):,} are there" if expected != len(rows) else ""
    return Dataset(frame, labels, cut, dates, numbers)


def _json_parts(text: str) -> tuple[dict[str, Any], Sequence[Any]]:
    first = text.lstrip().split("\n", 1)[0].rstrip()
    if first.endswith("}") and text.strip() != first:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        return lines[0], lines[1:]
    whole = json.loads(text)
    return whole, whole["rows"]


def _json_types(columns: Sequence[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that SAS would hold as dates, and as numbers."""
    kinds = {str(column["name"]): (column.get("dataType"), column.get("targetDataType")) for column in columns}
    dates = [name for name, (kind, target) in kinds.items() if kind in ("date", "datetime") and target == "integer"]
    numbers = [name for name, (kind, _) in kinds.items() if kind in ("integer", "float", "double", "decimal")]
    return tuple(dates), tuple(numbers)


def _json_row(row: Any, width: int) -> list[Any]:
    if not isinstance(row, list) or len(row) != width:
        raise ValueError(f"a row has not {width} values")
    return row


def as_sheet(dataset: Dataset) -> Sheet:
    """A data set as texts, so that it is read by the same rules as any export."""
    names, doubled = unique_names([str(name) for name in dataset.frame.columns])
    columns = [_column(dataset.frame.iloc[:, index]) for index in range(len(names))]
    rows = len(dataset.frame)
    return Sheet(
        columns=dict(zip(names, columns, strict=True)),
        lines=np.arange(1, rows + 1),
        doubled=doubled,
        odd_rows=((rows, dataset.cut, "row-cut"),) if dataset.cut else (),
    )


def _column(values: "pd.Series[Any]") -> TextColumn:
    codes, uniques = pd.factorize(values, use_na_sentinel=True)
    texts = ("", *(_text(value) for value in uniques))
    return TextColumn(texts, codes + 1)


def _text(value: Any) -> str:
    if isinstance(value, pd.Timestamp | datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value)


def _is_json(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str], Dataset]], ...] = (
    (lambda head: head.startswith(b"HEADER RECORD*******LIB"), read_xport),
    (lambda head: head[12:32] == bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"), read_sas7bdat),
    (lambda head: head.startswith(b"PAR1"), read_parquet),
    (_is_json, read_dataset_json),
)
"""Which bytes a data set starts with, and who reads it."""
