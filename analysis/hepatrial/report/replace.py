"""Put a finished folder in place of an older one, so that a reader sees the old or the new report, never a part.

The new report is written beside the old one, then the two names are exchanged in one step (Linux:
``renameat2`` with RENAME_EXCHANGE). Where the system or file system cannot, the old folder is renamed to
``<name>.previous`` first. A folder that holds no manifest of ours is never replaced.
"""

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hepatrial.errors import ReportError
from hepatrial.report.manifest import MANIFEST_NAME, read_manifest

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A folder beside ``out`` to write into; it takes the place of ``out`` when the block ends without an error.

    Raises
    ------
    ReportError
        When ``out`` is not a report of ours, or the disk does not let us write or rename.
    """
    check_replaceable(out)
    draft = out.parent / f".{out.name}.writing"
    try:
        _start_draft(draft)
        yield draft
        _put_in_place(draft, out)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReportError(
            f"{out}: the report could not be written ({reason}); an older report there is unchanged. "
            "Check the space and the permissions of the folder above it, or give another --out"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def check_replaceable(out: Path) -> None:
    """Raise ReportError when something other than a report of ours stands at ``out``."""
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_dir() or out.is_symlink():
        raise ReportError(f"{out}: is not a folder, so it is not replaced; give another --out")
    if not any(out.iterdir()):
        return
    try:
        read_manifest(out)
    except ReportError as error:
        raise ReportError(
            f"{out}: holds files but no {MANIFEST_NAME} of ours, so it is not replaced; empty it or give another --out"
        ) from error


def check_same_view(out: Path, view: str) -> None:
    """Raise ReportError when the report at ``out`` is of another kind: an open one never replaces a closed one."""
    check_replaceable(out)
    if not (out / MANIFEST_NAME).is_file():
        return
    before = read_manifest(out)["data"].get("view", "plain")
    if {before, view} & {"open", "closed", "shells"} and before != view:
        raise ReportError(f"{out}: holds a report of another kind ({before}, not {view}); give another --out")


def _start_draft(draft: Path) -> None:
    draft.parent.mkdir(parents=True, exist_ok=True)
    if draft.exists():
        shutil.rmtree(draft)  # what a killed run left
    draft.mkdir()


def _put_in_place(draft: Path, out: Path) -> None:
    if not out.exists():
        draft.rename(out)
    elif not _exchange(draft, out):
        _rename_twice(draft, out)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two names in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    done = renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    code = ctypes.get_errno()
    if done != 0 and code not in _NOT_SUPPORTED:
        raise OSError(code, os.strerror(code), str(second))
    return bool(done == 0)


def _rename_twice(draft: Path, out: Path) -> None:
    """The old report keeps a name throughout; should the second step fail, it gets its own back."""
    previous = out.parent / f"{out.name}.previous"
    shutil.rmtree(previous, ignore_errors=True)
    out.rename(previous)
    try:
        draft.rename(out)
    except OSError:
        previous.rename(out)
        raise
    shutil.rmtree(previous, ignore_errors=True)
