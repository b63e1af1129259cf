"""A sheet as written: each distinct text of a column once, a code per row, and the line that each row came from.

Hospital columns repeat themselves, so everything that reads text works on the distinct texts and is then spread
over the rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from hepatrial.load.workbook_scan import FormulaCell

IntArray = npt.NDArray[np.signedinteger[Any]]
ObjectArray = npt.NDArray[np.object_]
CHUNK = 50_000


def as_objects(values: Sequence[Any]) -> ObjectArray:
    """An object array of the values, whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@dataclass(frozen=True, eq=False)
class TextColumn:
    """``texts[codes]`` is the column as written; an empty cell is the empty text."""

    texts: tuple[str, ...]
    codes: IntArray

    @classmethod
    def constant(cls, text: str, rows: int) -> "TextColumn":
        return cls((text,), np.zeros(rows, dtype=np.int64))

    @classmethod
    def from_values(cls, values: Iterable[str]) -> "TextColumn":
        seen = _Codes()
        codes = np.fromiter(map(seen.__getitem__, values), dtype=np.int32)
        return cls(tuple(seen), codes)

    def spread(self, values: Sequence[Any]) -> ObjectArray:
        """One object per row from one per distinct text."""
        return as_objects(values)[self.codes]

    def spread_numbers(self, values: Sequence[float]) -> npt.NDArray[np.float64]:
        return np.asarray(values, dtype=float)[self.codes]

    def rows_of(self, is_wanted: Sequence[bool]) -> IntArray:
        """Rows whose distinct text is wanted."""
        return np.flatnonzero(np.asarray(is_wanted, dtype=bool)[self.codes])

    def written(self, rows: IntArray) -> list[str]:
        return [self.texts[code] for code in self.codes[rows]]

    def take(self, rows: IntArray) -> "TextColumn":
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True, eq=False)
class Sheet:
    """One table of one file: columns by trimmed header name; ``lines`` are physical lines, the header is line 1.

    ``is_cut`` says that the file ends in the middle of a row.
    """

    columns: dict[str, TextColumn]
    lines: IntArray
    encoding: str = ""
    delimiter: str = ""
    detected: str = ""
    doubled: tuple[str, ...] = ()
    blank_lines: tuple[int, ...] = ()
    odd_rows: tuple[tuple[int, str, str], ...] = field(default=())
    """Rows that are no records: line, the row as written, and the rule that it breaks."""
    letters: dict[str, str] = field(default_factory=dict)
    """Spreadsheets: what the sheet calls each column (A, B, …)."""
    text_numbers: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    """Spreadsheets: per column of numbers, the rows that hold them as text."""
    formulas: tuple[FormulaCell, ...] = ()
    decode: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """REDCap: per column, what its texts mean."""
    is_unterminated: bool = False

    @property
    def n_rows(self) -> int:
        return len(self.lines)

    def select(self, names: Sequence[str]) -> "Sheet":
        return replace(self, columns={name: self.columns[name] for name in names})

    def take(self, rows: IntArray) -> "Sheet":
        return replace(
            self,
            columns={name: column.take(rows) for name, column in self.columns.items()},
            lines=self.lines[rows],
            text_numbers={name: is_text[rows] for name, is_text in self.text_numbers.items()},
        )


def unique_names(names: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Header names made different (``Complete?``, ``Complete? (2)``), and those that were doubled."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result, tuple(name for name, count in seen.items() if count > 1 and name)


class _Codes(dict[str, int]):
    """A code for each text, in the order in which the texts are first seen."""

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self)
        return code


def encode_rows(rows: Iterable[Sequence[str]], width: int) -> list[TextColumn]:
    """Rows of ``width`` texts as columns, read in chunks so that a text is held once however often it is written."""
    seen = [_Codes() for _ in range(width)]
    codes: list[list[IntArray]] = [[] for _ in range(width)]
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        for index, values in enumerate(zip(*chunk, strict=True)):
            codes[index].append(np.fromiter(map(seen[index].__getitem__, values), np.int32, len(chunk)))
    empty = np.zeros(0, dtype=np.int32)
    return [
        TextColumn(tuple(known), np.concatenate(parts) if parts else empty)
        for known, parts in zip(seen, codes, strict=True)
    ]


def is_blank(fields: Iterable[str]) -> bool:
    return not any(field.strip() for field in fields)
