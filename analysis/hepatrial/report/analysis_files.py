"""data/: the analysis datasets as SAS transport files (XPT version 5) and Dataset-JSON 1.1, their codebook, the ledger.

What an XPT file cannot hold follows a rule that the codebook states at the variable:

* a text longer than 200 bytes goes on in further variables (NAME, NAME1, NAME2 …), cut between characters; joined
  they are the whole text, which Dataset-JSON has in one piece;
* a label longer than 40 bytes, or not in ASCII, is cut there and whole in Dataset-JSON and the codebook;
* text is UTF-8, which the format itself cannot declare: a SAS session reads it with ``encoding="utf-8"``;
* a missing text is blank, and blanks at the end of a text are not kept.

Columns that the data do not have (``AnalysisData.absent``: ADaM input, or a blinded report) are left out.

A text that looks like an identity number, a telephone number or an e-mail address is masked in both forms, and the
codebook says in which variable and how many. As a subject's identifier it is an error.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS, OPTIONAL_DATASETS, AnalysisData, find_personal_text, mask_text
from hepatrial.errors import ReportError
from hepatrial.report.codebook import CodebookEntry, write_codebook
from hepatrial.report.dataset_json import format_dataset_json, write_time
from hepatrial.report.variables import Variable, describe_variables
from hepatrial.report.xport import MAX_LABEL, MAX_NAME, MAX_TEXT, XportVariable, format_xport
from hepatrial.results import guard_formula
from hepatrial.study import Study

DATA_FORMATS = ("xpt", "dataset-json")
SAS_EPOCH = pd.Timestamp("1960-01-01")
IDENTIFIERS = ("USUBJID", "SUBJID")
OUR_OWN = ("SRCID",)
"""Hashes, whose digits can look like a number of a person and are none."""


def write_analysis_files(data: AnalysisData, study: Study, folder: Path, formats: Collection[str]) -> None:
    """Write each dataset into ``folder`` in the formats of DATA_FORMATS that are asked for, and the codebook.

    Raises
    ------
    ReportError
        A subject identifier that says who the subject is, or a value that no rule makes fit.
    """
    folder.mkdir()
    entries = []
    for name, whole in data.datasets.items():
        frame = whole.drop(columns=list(data.absent.get(name, ())), errors="ignore")
        label = (ADAM_DATASETS | OPTIONAL_DATASETS)[name].description
        label = f"SIMULATED: {label}" if data.simulated else label
        masked, variables = _mask(name, frame, describe_variables(name, frame, study))
        fitted, described, shown = _fit_texts(masked, variables)
        if "xpt" in formats:
            content = format_xport(fitted, described, name=name, label=_cut(label), created=data.as_of)
            (folder / f"{name.lower()}.xpt").write_bytes(content)
        if "dataset-json" in formats:
            text = format_dataset_json(masked, variables, study, name=name, label=label, created=data.as_of)
            (folder / f"{name.lower()}.json").write_text(text, encoding="utf-8", newline="\n")
        entries.append(CodebookEntry(name, label, len(frame), shown))
    _write_attrition(data.ledger.frame, folder / "attrition.csv")
    write_codebook(entries, study, folder, data.as_of, is_simulated=data.simulated)


def _write_attrition(ledger: pd.DataFrame, path: Path) -> None:
    """Who left which population at which step, and why."""
    told = {name: ledger[name].map(lambda text: mask_text(text) if find_personal_text(str(text)) else text)
            for name in ("reason", "detail")}  # fmt: skip
    ledger.assign(**told).map(guard_formula).to_csv(path, index=False, lineterminator="\n")


def _mask(
    dataset: str, frame: pd.DataFrame, variables: Sequence[Variable]
) -> tuple[pd.DataFrame, tuple[Variable, ...]]:
    """Frame and variables with personal texts masked, which is noted at the variable."""
    frame, found = frame.copy(), []
    for item in variables:
        kinds = {text: find_personal_text(text) for text in _unique_texts(frame, item)}
        personal = {text: mask_text(text) for text, kind in kinds.items() if kind}
        if personal and item.name in IDENTIFIERS:
            kind = next(kind for kind in kinds.values() if kind)
            raise ReportError(f"{dataset}.{item.name} holds {kind}; give the subjects study identifiers of their own")
        if personal:
            count = int(frame[item.name].isin(list(personal)).sum())
            frame[item.name] = frame[item.name].replace(personal)
            note = f"{count} texts that may say who a person is are masked"
            found.append(replace(item, notes=(*item.notes, note)))
        else:
            found.append(item)
    return frame, tuple(found)


def _unique_texts(frame: pd.DataFrame, item: Variable) -> list[str]:
    is_theirs = item.type == "text" and item.name not in OUR_OWN
    return [str(text) for text in frame[item.name].dropna().unique()] if is_theirs else []


def _fit_texts(
    frame: pd.DataFrame, variables: Sequence[Variable]
) -> tuple[pd.DataFrame, list[XportVariable], tuple[Variable, ...]]:
    """The frame as XPT holds it, its variables there, and the variables with what the codebook says about them."""
    taken = {item.name for item in variables}
    columns: dict[str, pd.Series] = {}
    described, shown = [], []
    for item in variables:
        notes = list(item.notes)
        label = _cut(item.label)
        if label != item.label:
            notes.append(f"XPT: label cut to {label!r}")
        if item.type != "text":
            columns[item.name] = _as_number(frame[item.name], item)
            form = {"date": "DATE9.", "time": "TIME8."}.get(item.type, "")
            described.append(XportVariable(item.name, label, True, 8, form))
        else:
            pieces = split_texts(frame[item.name].astype("object").where(frame[item.name].notna(), ""))
            names = [item.name, *_more_names(item.name, len(pieces) - 1, taken)]
            for name, piece in zip(names, pieces, strict=True):
                columns[name] = piece
                length = max((len(text.encode("utf-8")) for text in piece.unique()), default=1)
                described.append(XportVariable(name, label, False, max(length, 1)))
            if len(names) > 1:
                notes.append(f"XPT: texts over {MAX_TEXT} bytes go on in {', '.join(names[1:])}")
            if not all(str(text).isascii() for text in frame[item.name].dropna().unique()):
                notes.append("XPT: UTF-8")
        shown.append(replace(item, notes=tuple(notes)))
    return pd.DataFrame(columns, index=frame.index), described, tuple(shown)


def _as_number(values: pd.Series, item: Variable) -> pd.Series:
    if item.type == "date":
        return (pd.to_datetime(values) - SAS_EPOCH) / pd.Timedelta(days=1)
    if item.type == "time":
        texts = values.astype("object").map(lambda text: write_time(str(text)), na_action="ignore")
        return pd.to_timedelta(texts).dt.total_seconds().astype("float64")
    return values.astype("float64")


def split_texts(texts: pd.Series) -> list[pd.Series]:
    """Texts in pieces of at most 200 bytes of UTF-8: the first pieces, the second ones … "" where a text has no more.

    No character is cut in two, and no piece but the last ends in a blank, which XPT would lose.
    """
    pieces = {text: _split(str(text).rstrip(" ")) for text in texts.unique()}
    most = max((len(parts) for parts in pieces.values()), default=1)
    padded = {text: [*parts, *[""] * (most - len(parts))] for text, parts in pieces.items()}
    return [texts.map({text: parts[place] for text, parts in padded.items()}).astype("object") for place in range(most)]


def _split(text: str) -> list[str]:
    parts = []
    while len(text.encode("utf-8")) > MAX_TEXT:
        head = text.encode("utf-8")[:MAX_TEXT].decode("utf-8", "ignore").rstrip(" ")
        if not head:
            raise ReportError(f"a text begins with {MAX_TEXT} blanks; an XPT file cannot hold it")
        parts.append(head)
        text = text[len(head) :]
    return [*parts, text]


def _more_names(name: str, count: int, taken: set[str]) -> list[str]:
    """NAME1, NAME2 …, the name shortened to 8 in all, none of them taken."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        number += 1
        candidate = f"{name[: MAX_NAME - len(str(number))]}{number}"
        if candidate not in taken:
            taken.add(candidate)
            found.append(candidate)
    return found


def _cut(label: str) -> str:
    """A label as XPT holds it: ASCII, at most 40 bytes; what is not ASCII becomes '?'."""
    return label.encode("ascii", "replace").decode("ascii")[:MAX_LABEL].rstrip()
