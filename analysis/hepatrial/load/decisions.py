"""decisions.csv and an earlier findings.csv: how a person gets through the gate, and what was found last time."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from hepatrial.contracts import DECISION_COLUMNS, FINDING_COLUMNS
from hepatrial.errors import LoadError

ACTIONS: Final = ("accept", "exclude", "correct", "adjudicate", "leave out")
_NEED_COLUMN: Final = ("correct", "adjudicate", "leave out")
_ALWAYS: Final = ("id", "action", "reason", "who", "date")
_TO_CORRECT: Final = ("column", "seen", "value")


def read_decisions(path: Path) -> pd.DataFrame:
    """The decisions, as text, with the line of each.

    Columns: ``id`` of a finding or of a record (of a subject to ``leave out``), ``action`` (accept, exclude, correct,
    adjudicate, leave out), ``column`` and ``seen`` (the
    standard column and what it said when the decision was taken), ``value`` (what it shall say), ``reason``, ``who``,
    ``date`` (ISO). ``correct`` and ``adjudicate`` need all of them; ``leave out`` names the population in ``column``;
    ``column`` and ``seen`` are optional for the others.

    Raises
    ------
    LoadError
        A row lacks what makes a decision; every fault is named with its line.
    """
    frame = _read_rows(path, DECISION_COLUMNS)
    faults = [f"line {line}: {fault}" for line, row in zip(frame["line"], frame.to_dict("records"), strict=True)
              for fault in _faults(row)]  # fmt: skip
    if faults:
        raise LoadError("\n  ".join([f"{path.name}: {len(faults)} faults", *faults]))
    return frame


def read_findings(path: Path) -> pd.DataFrame:
    """An earlier findings.csv, as text."""
    if not path.is_file():
        raise LoadError(f"{path.parent}: holds no findings.csv; give the folder of an earlier report of this study")
    return _read_rows(path, FINDING_COLUMNS)


def _read_rows(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        reader = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        rows = [{"line": reader.line_num} | {key: (text or "").strip() for key, text in row.items() if key}
                for row in reader]  # fmt: skip
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
    except (OSError, UnicodeDecodeError, csv.Error, AttributeError) as error:
        raise LoadError(f"{path.name}: cannot be read as CSV in UTF-8 ({error})") from error
    if missing:
        raise LoadError(f"{path.name}: the columns {', '.join(missing)} are missing")
    return pd.DataFrame(rows, columns=list(dict.fromkeys(["line", *columns])))


def _faults(row: dict[str, str]) -> list[str]:
    needed = (*_ALWAYS, *(_TO_CORRECT[:1] if row["action"] in _NEED_COLUMN else ()))
    faults = [f"{name} is empty; a decision needs it" for name in needed if not row[name]]
    if row["action"] and row["action"] not in ACTIONS:
        faults.append(f"action {row['action']!r} is not one of {', '.join(ACTIONS)}")
    return faults + _date_faults(row["date"])


def _date_faults(text: str) -> list[str]:
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError:
        return [f"date {text!r} is not a date as YYYY-MM-DD"]
    return []
