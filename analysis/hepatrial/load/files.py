"""Files inside the data folder: found safely, read whole, hashed, and refused where they cannot be trusted."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hepatrial.errors import LoadError

MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class FileBytes:
    """The bytes of one file and their SHA-256."""

    name: str
    content: bytes
    sha256: str


def resolve_inside(folder: Path, name: str) -> Path:
    """The path of ``name`` in the data folder; a path that leaves it, or a symbolic link, is refused."""
    if not folder.is_dir():
        raise LoadError(f"{folder}: there is no such data folder; give the folder that holds the exports")
    path = folder / name
    if Path(name).is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        raise LoadError(f"{name}: leads out of the data folder; put the file into the folder of data.toml")
    steps = [folder.joinpath(*Path(name).parts[: count + 1]) for count in range(len(Path(name).parts))]
    if any(step.is_symlink() for step in steps):
        raise LoadError(f"{name}: is a symbolic link; put the file itself into the data folder")
    return path


def read_file(path: Path, name: str) -> FileBytes:
    """Bytes of a regular file of at most MAX_BYTES that does not change while it is read."""
    try:
        before = path.stat()
        if not path.is_file():
            raise LoadError(f"{name}: is not a file; name a file of the data folder")
        if before.st_size > MAX_BYTES:
            raise LoadError(f"{name}: has {before.st_size:,} bytes, at most {MAX_BYTES:,} are read; split the export")
        content = path.read_bytes()
        after = path.stat()
    except OSError as error:
        raise LoadError(f"{name}: cannot be read ({error.strerror}); check that it exists and may be read") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        raise LoadError(f"{name}: changed while it was read; wait until the export is finished and run again")
    if not content.strip(b"\0 \t\r\n"):
        raise LoadError(f"{name}: is empty; export it again")
    return FileBytes(name, content, hashlib.sha256(content).hexdigest())
