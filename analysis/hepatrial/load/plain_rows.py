"""The quick way through a delimited text without a single quote: pyarrow splits it, texts once and a code per row.

It gives what the slow way of ``delimited`` gives (a property test compares the two), or None where it cannot.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv

from hepatrial.load.sheet import IntArray, TextColumn, is_blank

_BLOCK = 1 << 24
MAX_FIELD = 131_072
"""Longest field, as in Python's csv module: a longer one is an open quote or no table."""


@dataclass
class PlainRows:
    """Columns of the rows that have the width of the header, the lines of those rows, and what is no record."""

    columns: list[TextColumn]
    lines: IntArray
    blank: list[int]
    odd: list[tuple[int, str, str]] = field(default_factory=list)


def read_plain(text: str, width: int, header_row: int, mark: str) -> PlainRows | None:
    """Rows after the header, or None when the text needs the slow way."""
    if '"' in text or "\0" in text or text.count("\r") != text.count("\r\n") or not mark.isascii():
        return None
    odd: list[tuple[int, str, str]] = []
    try:
        table = _split(text, [str(index) for index in range(width)], header_row, mark, odd)
    except pa.ArrowInvalid:
        return None
    if any(rule == "row-padded" for _, _, rule in odd):
        return None
    columns = [_column(table, index) for index in range(width)]
    if any(len(text) > MAX_FIELD for column in columns for text in column.texts):
        return None
    lines = np.arange(header_row + 1, header_row + 1 + table.num_rows + len(odd))
    lines = lines[~np.isin(lines, [line for line, _, _ in odd])] if odd else lines
    empty = np.ones(len(lines), dtype=bool)
    for column in columns:
        empty &= np.asarray([not text.strip() for text in column.texts], dtype=bool)[column.codes]
    kept = np.flatnonzero(~empty)
    blank = [*lines[empty].tolist(), *(line for line, _, rule in odd if rule == "row-blank")]
    if empty.any():
        columns, lines = [column.take(kept) for column in columns], lines[kept]
    return PlainRows(columns, lines, sorted(blank), [row for row in odd if row[2] != "row-blank"])


def _split(text: str, names: list[str], header_row: int, mark: str, odd: list[tuple[int, str, str]]) -> pa.Table:
    def keep_odd(row: pyarrow.csv.InvalidRow) -> str:
        fields = row.text.split(mark)
        too_long = row.actual_columns > row.expected_columns
        rule = "row-long" if too_long else "row-short"
        if is_blank(fields):
            rule = "row-blank"
        elif too_long and is_blank(fields[row.expected_columns :]):
            rule = "row-padded"
        odd.append((row.number, row.text, rule))
        return "skip"

    return pyarrow.csv.read_csv(
        pa.BufferReader(text.encode()),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, column_names=names, skip_rows=header_row, block_size=_BLOCK
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=mark,
            quote_char=False,
            double_quote=False,
            escape_char=False,
            newlines_in_values=False,
            ignore_empty_lines=False,
            invalid_row_handler=keep_odd,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types={name: pa.dictionary(pa.int32(), pa.string()) for name in names},
            strings_can_be_null=False,
            null_values=[],
        ),
    ).unify_dictionaries()


def _column(table: pa.Table, index: int) -> TextColumn:
    chunks = table.column(index).chunks
    if not chunks:
        return TextColumn((), np.zeros(0, dtype=np.int32))
    codes = np.concatenate([chunk.indices.to_numpy(zero_copy_only=False) for chunk in chunks])
    return TextColumn(tuple(chunks[-1].dictionary.to_pylist()), codes)
