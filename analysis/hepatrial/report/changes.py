"""A comparison of two reports as CSV files, one a table, and one page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from hepatrial.contracts import RESULT_KEYS
from hepatrial.errors import ReportError
from hepatrial.report.html import format_page
from hepatrial.results import guard_formula

ON_PAGE = ("study file", "decisions", "software", "late changes", "results")
"""Tables of the page; the others are files alone."""


def write_changes(tables: Mapping[str, pd.DataFrame], folder: Path, banners: Sequence[str] = ()) -> Path:
    """Write NAME.csv of each table and changes.html to a new folder; gives the page. ``banners`` stand above it.

    Raises
    ------
    ReportError
        When something is already at ``folder``.
    """
    if folder.exists():
        raise ReportError(f"{folder} exists already; give a new folder, so that nothing of yours is overwritten")
    folder.mkdir(parents=True)
    for name, frame in tables.items():
        path = folder / f"{name.replace(' ', '-')}.csv"
        frame.map(guard_formula).to_csv(path, index=False, lineterminator="\n")
    page = folder / "changes.html"
    shown = [(name, *_as_rows(tables[name])) for name in ON_PAGE]
    page.write_text(format_page("changes.html.j2", tables=shown, banners=banners), encoding="utf-8", newline="\n")
    return page


def _as_rows(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headings and cells; the keys of a result are one cell."""
    if "because" in frame:
        keys = [", ".join(_text(value) for value in row if _text(value)) for row in frame[list(RESULT_KEYS)].to_numpy()]
        frame = frame[["change", "old_value", "new_value", "because"]].assign(result=keys)
        frame = frame[["result", "change", "old_value", "new_value", "because"]]
    return [str(name).replace("_", " ") for name in frame], [
        [_text(value) for value in row] for row in frame.to_numpy()
    ]


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return str(value)
