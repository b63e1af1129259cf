"""Texts of a PDF that Typst wrote: pages through their fonts' ToUnicode maps, alternative texts, titles and properties.

Enough of PDF 1.7 (ISO 32000-1) to search our own pages: literal and hexadecimal strings (7.3.4), Flate streams, and
ToUnicode CMaps (9.10.3) with bfchar and bfrange. A page is decoded with each map in turn, so that which font a string
is set in need not be known. An encrypted file, or one with another filter for its pages, is refused.
"""

import re
import zlib
from collections.abc import Iterator

from hepatrial.errors import ReportError

_START = re.compile(rb"stream\r?\n")
_LITERAL = re.compile(rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]{4,})>")
_BLOCK = re.compile(rb"\bBT\b(.*?)\bET\b", re.DOTALL)
_SHOWN = re.compile(rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)|<[0-9A-Fa-f\s]+>", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r\n": b"", b"\r": b""}
Map = dict[int, str]


def read_pdf_texts(content: bytes) -> Iterator[tuple[str, str]]:
    """Place and text: each page stream, then everything outside of the pages."""
    if b"/Encrypt" in content:
        raise ReportError("the PDF is encrypted and cannot be searched")
    streams = list(_read_streams(content))
    maps = [_read_map(body) for body in streams if b"begincmap" in body]
    for body in streams:
        if _BLOCK.search(body):
            for glyphs in maps:
                yield "page", " ".join(_show(block, glyphs) for block in _BLOCK.findall(body))
        if b"BDC" in body or b"<?xpacket" in body or b"/Type" in body:
            yield "stream", _strings(body) + " " + body.decode("utf-8", "ignore")
    outside = _without_streams(content)
    yield "properties", _strings(outside) + " " + outside.decode("utf-8", "ignore")


def _read_streams(content: bytes) -> Iterator[bytes]:
    """Every stream, decompressed where it is compressed."""
    for match in _START.finditer(content):
        end = content.find(b"endstream", match.end())
        body = content[match.end() : end]
        try:
            yield zlib.decompressobj().decompress(body)
        except zlib.error:
            yield body


def _without_streams(content: bytes) -> bytes:
    return re.sub(rb"stream\r?\n.*?endstream", b" ", content, flags=re.DOTALL)


def _read_map(body: bytes) -> Map:
    """Letters by the code of their glyph."""
    found: Map = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", body, re.DOTALL):
        for code, letters in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = _utf16(letters)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", body, re.DOTALL):
        for low, high, first in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            start = int(first, 16)
            for step in range(min(int(high, 16) - int(low, 16) + 1, 65536)):
                found[int(low, 16) + step] = _utf16(f"{start + step:0{len(first)}x}".encode())
    return found


def _utf16(letters: bytes) -> str:
    return bytes.fromhex(letters.decode("ascii")).decode("utf-16-be", "replace")


def _show(block: bytes, glyphs: Map) -> str:
    """Letters of one text object, two bytes a glyph."""
    codes = b"".join(_unquote(text) for text in _SHOWN.findall(block))
    return "".join(glyphs.get(int.from_bytes(codes[at : at + 2], "big"), "") for at in range(0, len(codes) - 1, 2))


def _strings(body: bytes) -> str:
    """Strings of dictionaries: titles, alternative texts, properties."""
    found = [_unquote(text) for text in _LITERAL.findall(body)]
    found += [bytes.fromhex(re.sub(rb"\s", b"", text).decode()) for text in _HEX.findall(body) if _is_even(text)]
    return " ".join(map(_text, found))


def _is_even(text: bytes) -> bool:
    return len(re.sub(rb"\s", b"", text)) % 2 == 0


def _text(content: bytes) -> str:
    if content.startswith(b"\xfe\xff"):
        return content[2:].decode("utf-16-be", "replace")
    return content.decode("latin-1")


def _unquote(text: bytes) -> bytes:
    """Bytes of a literal or hexadecimal string."""
    if text.startswith(b"<"):
        digits = re.sub(rb"[\s<>]", b"", text).decode()
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    return _ESCAPE.sub(_unescape, text[1:-1])


def _unescape(match: re.Match[bytes]) -> bytes:
    sign = match[1]
    return bytes([int(sign, 8) % 256]) if sign[:1].isdigit() else _NAMED.get(sign, sign)
