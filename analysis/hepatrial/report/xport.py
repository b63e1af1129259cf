"""SAS transport file, version 5, as bytes: SAS Technical Support TS-140, "Record Layout of a SAS Transport Data Set".

Written here and not by a library, because the format has no way to say that something does not fit: names of 8,
labels of 40 and texts of 200 bytes are limits that writers pass over in silence. Here each is an error; who calls
fits the data first. Numbers are IBM/360 doubles: 56 bits of mantissa, so that every double from 1e-78 to 1e75 is kept
exactly. A missing number is SAS's ``.``; a missing text is blank. Dates in the header are given, so bytes repeat.

The same file by R: ``haven::write_xpt(version = 5)``, but for its date and its encoding.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.errors import ReportError

MAX_NAME, MAX_LABEL, MAX_TEXT = 8, 40, 200
BLOCK = 80
_HEADER = b"HEADER RECORD*******%-8bHEADER RECORD!!!!!!!%b  "
_ZEROS = b"0" * 30
_MISSING = np.uint64(0x2E << 56)


@dataclass(frozen=True)
class XportVariable:
    """One variable: ``length`` is 8 for a number, else the bytes of its longest text; ``form`` a SAS format or ''."""

    name: str
    label: str
    is_number: bool
    length: int
    form: str = ""


def format_xport(
    frame: pd.DataFrame, variables: Sequence[XportVariable], *, name: str, label: str, created: date
) -> bytes:
    """The whole file.

    Parameters
    ----------
    frame : DataFrame
        One column a variable, by name: numbers as float64, texts as str (missing is "").
    variables : sequence of XportVariable
        In the order of the file.
    name, label : str
        Of the data set, at most 8 and 40 bytes of ASCII.
    created : date
        Date in the header.

    Raises
    ------
    ReportError
        Something that the format cannot hold.
    """
    _refuse(name, label, "data set")
    stamp = f"{created:%d%b%y}:00:00:00".upper().encode("ascii")
    parts = [_header(b"LIBRARY", _ZEROS), _sas(b"SAS     SASLIB", stamp), stamp.ljust(BLOCK)]
    parts += [_header(b"MEMBER", b"000000000000000001600000000140"), _header(b"DSCRPTR", _ZEROS)]
    parts += [
        _sas(name.encode("ascii").ljust(8) + b"SASDATA", stamp),
        stamp.ljust(32) + label.encode("ascii").ljust(48),
    ]
    parts += [_header(b"NAMESTR", b"000000%04d00000000000000000000" % len(variables)), _describe(variables)]
    parts += [_header(b"OBS", _ZEROS), _observations(frame, variables)]
    return b"".join(parts)


def _header(kind: bytes, numbers: bytes) -> bytes:
    return _HEADER % (kind, numbers)


def _sas(rest: bytes, stamp: bytes) -> bytes:
    return b"SAS     " + rest.ljust(16) + b"6.06    " + b"bsd4.2  " + b" " * 24 + stamp


def _describe(variables: Sequence[XportVariable]) -> bytes:
    """The descriptors, 140 bytes each."""
    parts, position = [], 0
    for number, item in enumerate(variables, start=1):
        _refuse(item.name, item.label, "variable")
        if not 1 <= item.length <= MAX_TEXT:
            raise ReportError(f"variable {item.name}: {item.length} bytes; an XPT file holds 1 to {MAX_TEXT}")
        form, width = item.form.rstrip("0123456789."), item.form.strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ.")
        head = struct.pack(">hhhh", 1 if item.is_number else 2, 0, item.length, number)
        shown = struct.pack(">hhhh", int(width or 0), 0, 0, 0)
        texts = item.name.encode("ascii").ljust(8) + item.label.encode("ascii").ljust(40)
        more = b" " * 8 + struct.pack(">hh", 0, 0) + struct.pack(">i", position) + bytes(52)
        parts.append(head + texts + form.encode("ascii").ljust(8) + shown + more)
        position += item.length
    return _fill(b"".join(parts))


def _refuse(name: str, label: str, what: str) -> None:
    for text, limit in ((name, MAX_NAME), (label, MAX_LABEL)):
        if not text.isascii() or len(text) > limit:
            raise ReportError(f"{what} {name}: {text!r} is not ASCII of at most {limit} bytes, as XPT version 5 needs")


def _observations(frame: pd.DataFrame, variables: Sequence[XportVariable]) -> bytes:
    columns = [
        _number(frame[item.name], item) if item.is_number else _text(frame[item.name], item) for item in variables
    ]
    return _fill(np.hstack(columns).tobytes() if len(frame) and columns else b"")


def _fill(content: bytes) -> bytes:
    """Whole blocks, filled with blanks."""
    return content + b" " * (-len(content) % BLOCK)


def _text(values: pd.Series, item: XportVariable) -> npt.NDArray[np.uint8]:
    codes, uniques = pd.factorize(values)
    texts = [str(value).encode("utf-8") for value in uniques]
    longest = max(map(len, texts), default=0)
    if longest > item.length:
        raise ReportError(f"variable {item.name}: a text has {longest} bytes, its length is {item.length}")
    joined = b"".join(text.ljust(item.length) for text in texts)
    found: npt.NDArray[np.uint8] = np.frombuffer(joined, dtype=np.uint8).reshape(len(texts), item.length)[codes]
    return found


def _number(values: pd.Series, item: XportVariable) -> npt.NDArray[np.uint8]:
    """IBM/360: sign, exponent of 16 plus 64, mantissa of 56 bits below 1."""
    number = values.to_numpy(dtype="float64")
    mantissa, exponent = np.frexp(np.abs(number))
    sixteenths = -(-exponent // 4)
    outside = np.isinf(number) | ((number != 0) & ~np.isnan(number) & ((sixteenths < -64) | (sixteenths > 63)))
    if outside.any():
        raise ReportError(f"variable {item.name}: {number[outside][0]:g} is beyond the numbers of an XPT file")
    whole = np.ldexp(np.where(np.isfinite(number), mantissa, 0.0), 53).astype(np.uint64)
    bits = whole << (3 - (4 * sixteenths - exponent)).astype(np.uint64)
    word = (np.signbit(number).astype(np.uint64) << np.uint64(63)) | bits
    word |= (sixteenths + 64).astype(np.uint64) << np.uint64(56)
    word = np.where(number == 0, np.uint64(0), np.where(np.isnan(number), _MISSING, word))
    return word.astype(">u8").view(np.uint8).reshape(len(number), 8)
