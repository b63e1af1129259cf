"""Every text in a file of a report, by kind of file, properties and hidden parts included: what the scanner searches.

A piece is a text with its place; ``kind`` says how it is judged: ``name`` (of a file), ``column`` (a heading of a data
file), ``cell`` (a cell or text node), ``group`` (of a result), ``squeezed`` (a page whose lines break words), ``text``.
"""

import base64
import csv
import html
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.parquet as pq

from hepatrial.report.pdf_texts import read_pdf_texts

_NAMING = ("name", "itemoid")
_BLOCK_END = re.compile(r"</(?:w:p|w:tc|si|c|t|a:p|row|dc:\w+|cp:\w+|vt:\w+|text|title|desc)>|<w:(?:tab|br)[^>]*/>")
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)')""")
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_DATA_ADDRESS = re.compile(r"data:([\w/+.\-]+)(;base64)?,([^\"'\s)]+)")
_RTF = re.compile(
    r"\\'([0-9a-fA-F]{2})|\\u(-?\d+)\??|\\(cell|row|par|line|tab)\b ?|\\[a-zA-Z]+-?\d* ?|\\(.)|([{}\r\n])"
)
_DESCRIPTORS = re.compile(rb"HEADER RECORD\*{7}(?:NAMESTR|NAMSTV8) HEADER RECORD!{7}(\d{10})")
_DESCRIPTOR = 140
_GROUPS = ("group", "comparator", "group1_level")


@dataclass(frozen=True)
class Piece:
    """A text and its place in the file."""

    place: str
    kind: str
    text: str


Pieces = Iterator[Piece]


def read_pieces(name: str, content: bytes) -> Pieces:
    """Every text of a file, by the ending of its name (KINDS)."""
    yield from KINDS[PurePosixPath(name).suffix.lower()](content)


def _csv(content: bytes) -> Pieces:
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    header = next(rows, [])
    yield from (Piece("column name", "column", name) for name in header)
    seen = set()
    for row in rows:
        seen |= {(header[place] if place < len(header) else "", text) for place, text in enumerate(row)}
    yield from (_cell(name, text) for name, text in sorted(seen))


def _cell(column: str, text: str) -> Piece:
    return Piece(f"column {column}", "group" if column in _GROUPS else "cell", text)


def _parquet(content: bytes) -> Pieces:
    table = pq.read_table(pa.BufferReader(content))
    for key, value in (table.schema.metadata or {}).items():
        yield Piece("metadata", "text", f"{_decode(key)} {_decode(value)}")
    for field in table.schema:
        yield Piece("column name", "column", field.name)
        for key, value in (field.metadata or {}).items():
            yield Piece(f"metadata of {field.name}", "text", f"{_decode(key)} {_decode(value)}")
        texts = {
            str(value) for value in table.column(field.name).unique().to_pylist() if isinstance(value, str | bytes)
        }
        yield from (_cell(field.name, text) for text in sorted(texts))


def _json(content: bytes) -> Pieces:
    yield from _walk(json.loads(content.decode("utf-8-sig")), "")


def _walk(value: object, key: str) -> Pieces:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield Piece("key", "column", str(name))
            yield from _walk(item, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, key)
    elif isinstance(value, str):
        yield Piece(f"key {key}", "column" if key.casefold() in _NAMING else "cell", value)
        if key in _GROUPS:
            yield Piece(f"key {key}", "group", value)


class _Page(HTMLParser):
    """Text nodes, attributes, comments and embedded files of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            text = value or ""
            embedded = list(_embedded(text))
            self.pieces += embedded or [Piece(f"attribute {name}", "text", text)]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.pieces.append(Piece("text", "cell", data))

    def handle_comment(self, data: str) -> None:
        self.pieces.append(Piece("comment", "text", data))

    def handle_decl(self, decl: str) -> None:
        self.pieces.append(Piece("declaration", "text", decl))


def _html(content: bytes) -> Pieces:
    page = _Page()
    page.feed(content.decode("utf-8"))
    page.close()
    yield from page.pieces
    yield Piece("page", "squeezed", " ".join(piece.text for piece in page.pieces if piece.place == "text"))


def _embedded(text: str) -> Pieces:
    """The file in a data address."""
    for kind, is_base64, body in _DATA_ADDRESS.findall(text):
        content = base64.b64decode(body) if is_base64 else unquote_to_bytes(body)
        suffix = {"image/svg+xml": ".svg", "image/png": ".png"}.get(kind)
        yield from KINDS[suffix](content) if suffix else _raw(content)


def _xml(content: bytes) -> Pieces:
    """Text of an XML part: by paragraph, comments and attributes too. Split runs of a word are one word again."""
    source = content.decode("utf-8-sig")
    yield from (Piece("comment", "text", text) for text in _COMMENT.findall(source))
    source = _COMMENT.sub("", source)
    values = {html.unescape(first or second) for first, second in _ATTRIBUTE.findall(source)}
    for value in sorted(values):
        yield from list(_embedded(value)) or [Piece("attribute", "text", value)]
    text = html.unescape(_TAG.sub("", _BLOCK_END.sub("\n", source)))
    yield from (Piece("text", "cell", line) for line in dict.fromkeys(text.splitlines()) if line.strip())
    yield Piece("text", "squeezed", text)


def _zip(content: bytes) -> Pieces:
    """Parts of an office document: sheets, properties, comments, pictures."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield Piece("comment of the archive", "text", _decode(archive.comment))
        for entry in archive.infolist():
            yield Piece("part name", "text", f"{entry.filename} {_decode(entry.comment)} {_decode(entry.extra)}")
            suffix = PurePosixPath(entry.filename).suffix.lower()
            read = _xml if suffix in (".xml", ".rels", ".vml") else KINDS.get(suffix, _raw)
            yield from (Piece(f"{entry.filename}, {p.place}", p.kind, p.text) for p in read(archive.read(entry)))


def _rtf(content: bytes) -> Pieces:
    source = content.decode("latin-1")
    text = _RTF.sub(_rtf_letter, source)
    yield Piece("text", "text", _RTF.sub(_rtf_letter, source.replace("{", " {").replace("}", "} ")))
    yield from (Piece("text", "cell", line) for line in dict.fromkeys(text.splitlines()) if line.strip())
    yield Piece("text", "squeezed", text)


def _rtf_letter(match: re.Match[str]) -> str:
    code, number, end, sign, _ = match.groups()
    if code:
        return bytes([int(code, 16)]).decode("cp1252", "replace")
    if number:
        return chr(int(number) % 65536)
    return "\n" if end else sign if sign and sign in "\\{}" else ""


def _png(content: bytes) -> Pieces:
    """Texts of the chunks that are not pixels."""
    place = 8
    while place + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + size]
        place += 12 + size
        if kind not in (b"IHDR", b"IDAT", b"PLTE", b"IEND"):
            yield Piece(f"chunk {kind.decode('latin-1')}", "text", " ".join(map(_decode, [body, *_inflate(body)])))
    yield from _raw(content[place:])


def _inflate(content: bytes) -> Iterator[bytes]:
    """Whatever is compressed in a chunk, wherever it starts (a Zlib stream begins with 0x78)."""
    for place in (place for place, sign in enumerate(content) if sign == 0x78):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(content[place:])


def _xpt(content: bytes) -> Pieces:
    """SAS transport: names, labels and values are plain text in it; names over 8 bytes (version 8) come later."""
    yield from _raw(content)
    for header in _DESCRIPTORS.finditer(content):
        first = header.start() + 80
        for start in range(first, first + _DESCRIPTOR * int(header[1]), _DESCRIPTOR):
            short, label, long = (content[start + a : start + b] for a, b in ((8, 16), (16, 56), (88, 120)))
            for name in {_decode(part).strip(" \0") for part in (short, long)} - {""}:
                yield Piece("variable", "column", name)
            yield Piece("label", "cell", _decode(label).strip())


def _pdf(content: bytes) -> Pieces:
    for place, text in read_pdf_texts(content):
        yield Piece(place, "squeezed", text)


def _text(content: bytes) -> Pieces:
    yield Piece("text", "squeezed", content.decode("utf-8"))


def _raw(content: bytes) -> Pieces:
    """A part of a kind that holds no text on purpose: its bytes as letters."""
    yield Piece("bytes", "text", content.decode("latin-1"))
    yield Piece("bytes", "text", content.decode("utf-16-le", "ignore"))
    yield Piece("bytes", "text", content.decode("utf-8", "ignore"))


def _decode(content: bytes) -> str:
    return content.decode("utf-8", "replace")


KINDS: Mapping[str, Callable[[bytes], Pieces]] = {
    ".csv": _csv, ".parquet": _parquet, ".json": _json, ".html": _html, ".svg": _xml, ".xml": _xml, ".docx": _zip,
    ".xlsx": _zip, ".rtf": _rtf, ".png": _png, ".pdf": _pdf, ".xpt": _xpt, ".txt": _text, ".md": _text, ".toml": _text,
}  # fmt: skip
"""How each kind of file is read, by the ending of its name."""
