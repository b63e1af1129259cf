"""Bytes to text: a declared encoding wins, otherwise strict trial in a fixed order.

Order: UTF-8 (with or without byte order mark), UTF-16 by its mark, GB18030, Windows-1252. Almost any text of
Windows-1252 is also valid GB18030 ("µm" is one Chinese character there), so GB18030 is taken only when its
characters lie where everyday Chinese does: GB 2312 punctuation, full-width forms and its first level of characters.
"""

import codecs
import re
from dataclasses import dataclass

from hepatrial.errors import LoadError

_HIGH = re.compile(rb"[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]|[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x80-\xff]")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Decoded:
    text: str
    encoding: str
    is_sure: bool = True


def decode(content: bytes, declared: str | None, name: str) -> Decoded:
    """Text of the bytes.

    Raises
    ------
    LoadError
        The declared encoding is unknown or does not fit, or no encoding fits.
    """
    if declared is not None:
        return Decoded(_decode_declared(content, declared, name), declared)
    if content.startswith(_UTF16_MARKS):
        return Decoded(_try(content, "utf-16", name), "utf-16")
    if b"\0" in content:
        raise LoadError(f"{name}: holds NUL bytes, so it is no text file; is it a spreadsheet under another name?")
    for encoding in ("utf-8-sig", *_by_evidence(content)):
        try:
            return Decoded(content.decode(encoding), encoding.removesuffix("-sig"), _is_sure(content, encoding))
        except UnicodeDecodeError:
            continue
    raise LoadError(f"{name}: is none of UTF-8, UTF-16, GB18030, Windows-1252; declare encoding in data.toml")


def _decode_declared(content: bytes, declared: str, name: str) -> str:
    try:
        canonical = codecs.lookup(declared).name
        canonical = "utf-8-sig" if canonical == "utf-8" else canonical
        "".encode(canonical)
    except (LookupError, TypeError) as error:
        raise LoadError(f"{name}: encoding {declared!r} of data.toml is not known; use utf-8, gb18030 …") from error
    return _try(content, canonical, name)


def _try(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        right = "utf-16" if content.startswith(_UTF16_MARKS) else next(iter(_by_evidence(content)))
        wrong = encoding.removesuffix("-sig")
        todo = f"write encoding = {right!r} for it in data.toml" if right != wrong else "it is damaged; export it again"
        raise LoadError(f"{name}, line {line}: byte {error.start} is not {wrong}; {todo}") from error


def _share_chinese(content: bytes) -> float:
    """Share of the characters beyond ASCII that lie where GB18030 keeps everyday Chinese."""
    found = _HIGH.findall(content[:1_000_000])
    chinese = sum(len(pair) == 2 and _is_everyday(pair) for pair in found)
    return chinese / len(found) if found else 0.0


def _is_everyday(pair: bytes) -> bool:
    """Rows 1 to 9 and 16 to 55 of GB 2312; accented small letters of Windows-1252 start no such pair."""
    return pair[1] >= 0xA1 and (0xA1 <= pair[0] <= 0xA9 or 0xB0 <= pair[0] <= 0xD7)


def _by_evidence(content: bytes) -> tuple[str, str]:
    return ("gb18030", "cp1252") if _share_chinese(content) >= 0.5 else ("cp1252", "gb18030")


def _is_sure(content: bytes, encoding: str) -> bool:
    if encoding == "utf-8-sig":
        return True
    share = _share_chinese(content)
    return share > 0.9 if encoding == "gb18030" else share < 0.1
