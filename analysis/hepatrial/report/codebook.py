"""codebook.csv and codebook.html in data/: every variable of every dataset, as define.xml would say it, for people.

Columns: dataset, variable, label, type, length (bytes), key (place in the key), codes, derivation, source, notes.
"""

import csv
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hepatrial import __version__
from hepatrial.report.variables import Variable
from hepatrial.results import guard_formula
from hepatrial.study import Study

COLUMNS = ("dataset", "variable", "label", "type", "length", "key", "codes", "derivation", "source", "notes")
_RULES = """<p>Each dataset is there as a SAS transport file (<code>.xpt</code>, version 5) and as CDISC Dataset-JSON
1.1 (<code>.json</code>). Both hold the same values. The transport file has limits, and these are the rules where
something does not fit; the last column says where they were needed:</p>
<ul><li>a text over 200 bytes goes on in further variables of the same label; joined they are the whole text;</li>
<li>a label over 40 bytes, or not in ASCII, is cut there; it is whole here and in Dataset-JSON;</li>
<li>texts are UTF-8, which a transport file cannot declare: read it with that encoding;</li>
<li>a missing text is blank, and blanks at the end of a text are not kept; a missing number is <code>.</code>;</li>
<li>dates are days since 1960-01-01 (DATE9.), times of day are seconds (TIME8.).</li></ul>
<p>Texts that look like an identity number, a telephone number or an e-mail address are masked. What was done to every
value is described in docs/derivations.md of hepatrial.</p>"""
_STYLE = """body{font:14px/1.4 sans-serif;margin:2em;color:#111}table{border-collapse:collapse;margin:0 0 2em}
th,td{border:1px solid #bbb;padding:2px 6px;text-align:left;vertical-align:top}th{background:#eee}
.simulated{color:#a00;font-weight:bold}"""


@dataclass(frozen=True)
class CodebookEntry:
    """One dataset: its name, label, number of records and variables."""

    name: str
    label: str
    n_records: int
    variables: tuple[Variable, ...]


def write_codebook(
    entries: Sequence[CodebookEntry], study: Study, folder: Path, as_of: date, *, is_simulated: bool
) -> None:
    """Write both forms of the codebook into ``folder``."""
    with (folder / "codebook.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry in entries:
            writer.writerows([[guard_formula(cell) for cell in row] for row in _rows(entry)])
    page = "\n".join(_page(entries, study, as_of, is_simulated))
    (folder / "codebook.html").write_text(page + "\n", encoding="utf-8", newline="\n")


def _rows(entry: CodebookEntry) -> Iterator[tuple[str, ...]]:
    for item in entry.variables:
        yield (
            entry.name, item.name, item.label, item.type, str(item.length), str(item.key or ""), " ".join(item.codes),
            item.derivation, item.source, "; ".join(item.notes),
        )  # fmt: skip


def _page(entries: Sequence[CodebookEntry], study: Study, as_of: date, is_simulated: bool) -> Iterator[str]:
    title = html.escape(f"Analysis datasets of {study.identity.study_id}")
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
    if is_simulated:
        yield '<p class="simulated">SIMULATED data</p>'
    about = f"{study.identity.title}. Data as of {as_of.isoformat()}; hepatrial {__version__}."
    yield f"<p>{html.escape(about)}</p>"
    yield _RULES
    yield "<ul>"
    for entry in entries:
        yield f'<li><a href="#{entry.name}">{entry.name}</a> {html.escape(entry.label)}, {entry.n_records} records</li>'
    yield "</ul>"
    for entry in entries:
        yield f'<h2 id="{entry.name}">{entry.name}: {html.escape(entry.label)}</h2><table><thead><tr>'
        yield "".join(f"<th>{name}</th>" for name in COLUMNS[1:]) + "</tr></thead><tbody>"
        for row in _rows(entry):
            yield "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        yield "</tbody></table>"
    yield "</body></html>"
