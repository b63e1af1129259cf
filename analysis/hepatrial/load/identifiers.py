"""Columns that may say who a patient is: by their name, or by what stands in them. Their texts are never shown."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import numpy as np

from hepatrial.contracts import find_personal_text, mask_text
from hepatrial.load.cells import trim
from hepatrial.load.sheet import Sheet

_NAMES: Final = frozenset(
    {"name", "patient name", "subject name", "full name", "first name", "last name", "surname", "forename",
     "given name", "family name", "initials", "address", "home address", "street", "ssn"}
)  # fmt: skip
_IN_NAMES: Final = (
    "姓名", "身份证", "电话", "手机", "住址", "地址", "邮箱", "护照", "phone", "e-mail", "email", "passport", "id card",
    "national id", "identity number", "social security",
)  # fmt: skip


def find_identifiers(sheet: Sheet, harmless: Collection[str] = ()) -> Iterator[tuple[str, int, str, str]]:
    """Column, first line, masked text and what it may be, of each column that may identify a patient.

    The name alone of a ``harmless`` column says nothing: ``name`` is that of a medication there.
    """
    for name, column in sheet.columns.items():
        texts = [trim(text) for text in column.texts]
        kind = "" if name in harmless else _kind_of_name(name)
        hits = [bool(text) for text in texts] if kind else [bool(find_personal_text(text)) for text in texts]
        rows = column.rows_of(hits) if texts else np.zeros(0, dtype=np.int64)
        if rows.size:
            first = column.written(rows[:1])[0]
            yield name, int(sheet.lines[rows[0]]), mask_text(first), kind or find_personal_text(trim(first))


def _kind_of_name(name: str) -> str:
    folded = name.casefold()
    parts = {trim(part) for part in re.split(r"[/()（）]", folded)} | {folded, folded.replace("_", " ")}
    is_telling = not _NAMES.isdisjoint(parts) or any(word in folded for word in _IN_NAMES)
    return "a name, an address or a number of a person" if is_telling else ""


def mask_findings(findings: Sequence[dict[str, object]], columns: set[tuple[object, object]]) -> None:
    """Take the text out of every finding about these columns, given as pairs of file and column."""
    for row in findings:
        if (row["file"], row["column"]) in columns:
            row["raw"] = mask_text(str(row["raw"]))
