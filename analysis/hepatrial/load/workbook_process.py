"""The other end of ``calamine_child``: a damaged workbook ends that process and not this one."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from hepatrial.errors import LoadError

SECONDS = 30
_CHILD = Path(__file__).with_name("calamine_child.py")


class Workbook(NamedTuple):
    """Sheet names, which one was read, its cells from A1 on, and its merged ranges (first and last cell)."""

    names: list[str]
    chosen: int
    cells: list[list[Any]]
    merges: list[tuple[tuple[int, int], tuple[int, int]]]


def read_workbook(content: bytes, name: str, sheet: str) -> Workbook:
    """Cells of one sheet, the first one without a name.

    Raises
    ------
    LoadError
        The file is damaged, needs too much memory or time, or has no such sheet.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_CHILD), sheet], input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{name}: takes more than {SECONDS} s to open; export it as CSV") from error
    if done.returncode != 0:
        raise LoadError(f"{name}: is damaged, or too large to open; save it as XLSX again, or export it as CSV")
    kind, payload = pickle.loads(done.stdout)  # written by our own child a moment ago
    if kind == "error":
        raise LoadError(f"{name}: {payload}")
    return Workbook(*payload)
