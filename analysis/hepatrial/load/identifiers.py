"""Columns that may say who a patient is: by their name, or by what stands in them. Their texts are never shown.

Chinese identity numbers are told by their check digit (GB 11643-1999: weights 2^(18-i) mod 11), so that an ordinary
number of 18 digits is not taken for one.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import numpy as np

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
_IDENTITY: Final = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dXx])")
_MOBILE: Final = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d{9}(?![\d.])")
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}")
_SHORTEST: Final = 6


def find_identifiers(sheet: Sheet, harmless: Collection[str] = ()) -> Iterator[tuple[str, int, str, str]]:
    """Column, first line, masked text and what it may be, of each column that may identify a patient.

    The name alone of a ``harmless`` column says nothing: ``name`` is that of a medication there.
    """
    for name, column in sheet.columns.items():
        texts = [trim(text) for text in column.texts]
        kind = "" if name in harmless else _kind_of_name(name)
        hits = [bool(text) for text in texts] if kind else [bool(_kind_of_text(text)) for text in texts]
        rows = column.rows_of(hits) if texts else np.zeros(0, dtype=np.int64)
        if rows.size:
            first = column.written(rows[:1])[0]
            yield name, int(sheet.lines[rows[0]]), mask(first), kind or _kind_of_text(trim(first))


def mask(text: str) -> str:
    """The length of a text and nothing else of it."""
    return "*" * min(len(text), 40)


def _kind_of_name(name: str) -> str:
    folded = name.casefold()
    parts = {trim(part) for part in re.split(r"[/()（）]", folded)} | {folded, folded.replace("_", " ")}
    is_telling = not _NAMES.isdisjoint(parts) or any(word in folded for word in _IN_NAMES)
    return "a name, an address or a number of a person" if is_telling else ""


def _kind_of_text(text: str) -> str:
    if len(text) < _SHORTEST:
        return ""
    if any(_has_check_digit(number) for number in _IDENTITY.findall(text)):
        return "a Chinese identity number"
    if _MOBILE.search(text):
        return "a telephone number"
    return "an e-mail address" if "@" in text and _MAIL.search(text) else ""


def _has_check_digit(number: str) -> bool:
    total = sum(int(digit) * (1 << (17 - place)) for place, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17].upper()


def mask_findings(findings: Sequence[dict[str, object]], columns: set[tuple[object, object]]) -> None:
    """Take the text out of every finding about these columns, given as pairs of file and column."""
    for row in findings:
        if (row["file"], row["column"]) in columns:
            row["raw"] = mask(str(row["raw"]))
