"""Members of ZIP archives and gzip files, unpacked in memory up to a limit, so that a bomb stays small."""

import io
import zipfile
import zlib
from pathlib import Path

from hepatrial.errors import LoadError
from hepatrial.load.files import MAX_BYTES

GZIP = b"\x1f\x8b"
_STEP = 1 << 20


def unpack_gzip(content: bytes, name: str, limit: int = MAX_BYTES) -> bytes:
    """What a gzip file holds."""
    unpacked, rest = io.BytesIO(), content
    try:
        while rest:
            engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
            _inflate(engine, rest, unpacked, name, limit)
            rest = engine.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise LoadError(f"{name}: is cut or damaged ({error}); export it again") from error
    return unpacked.getvalue()


def _inflate(engine: "zlib._Decompress", packed: bytes, unpacked: io.BytesIO, name: str, limit: int) -> None:
    while packed and not engine.eof:
        unpacked.write(engine.decompress(packed, _STEP))
        packed = engine.unconsumed_tail
        if unpacked.tell() > limit:
            raise LoadError(f"{name}: unpacks to more than {limit:,} bytes; split the export")
    if not engine.eof:
        raise LoadError(f"{name}: is cut; export it again")


def read_member(content: bytes, name: str, member: str, limit: int = MAX_BYTES) -> bytes:
    """One file of a ZIP archive, found by its exact name; Chinese names of Windows archives are understood."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [entry for entry in archive.infolist() if member in _names(entry)]
            if len(found) != 1:
                held = ", ".join(sorted(_names(entry)[0] for entry in archive.infolist())[:20])
                raise LoadError(f"{name}: has {len(found)} files named {member!r}; it has {held}")
            if found[0].file_size > limit:
                raise LoadError(f"{name}/{member}: unpacks to more than {limit:,} bytes; split the export")
            return archive.read(found[0])
    except LoadError:
        raise
    except Exception as error:  # zipfile leaks many kinds for a damaged archive (zlib.error, BadZipFile, EOFError …)
        raise LoadError(f"{name}/{member}: is cut, damaged or encrypted ({error}); export it again") from error


def _names(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    """The name as stored, and as a Chinese Windows meant it."""
    try:
        return entry.filename, entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return (entry.filename,)


def split_member(folder: Path, name: str) -> tuple[str, str]:
    """``export.zip/labs.csv`` as the file on disk and the member in it; no member for a plain file."""
    parts = Path(name).parts
    for count in range(1, len(parts)):
        outer = Path(*parts[:count])
        if (folder / outer).is_file():
            return outer.as_posix(), "/".join(parts[count:])
    return name, ""
