"""REDCap exports, raw or labelled, made one by the project's data dictionary.

With ``dictionary`` in data.toml a source names columns by their REDCap variable, whichever of the two exports is there:
label headers are renamed to variables, raw codes mean their labels, event and instrument labels mean their raw
names, and a checkbox field (``race___1``, ``race___2`` …) is one more column ``race`` with the labels that are checked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hepatrial.errors import LoadError
from hepatrial.load.cells import trim
from hepatrial.load.sheet import Sheet, TextColumn

_VARIABLE, _LABEL = "Variable / Field Name", "Field Label"
_TYPE, _CHOICES = "Field Type", "Choices, Calculations, OR Slider Labels"
STRUCTURE = {
    "Event Name": "redcap_event_name",
    "Repeat Instrument": "redcap_repeat_instrument",
    "Repeat Instance": "redcap_repeat_instance",
    "Data Access Group": "redcap_data_access_group",
}
_EVENT = re.compile(r"(.+) \(Arm (\d+): .*\)")
_CHECKED = frozenset({"1", "checked"})


@dataclass(frozen=True)
class Field:
    """One variable of the dictionary; ``choices`` from raw code to label."""

    name: str
    label: str
    kind: str
    choices: Mapping[str, str] = field(default_factory=dict)


def read_dictionary(sheet: Sheet, name: str) -> list[Field]:
    """The variables of a data dictionary as REDCap exports it."""
    missing = [column for column in (_VARIABLE, _TYPE, _LABEL, _CHOICES) if column not in sheet.columns]
    if missing:
        raise LoadError(f"{name}: is no REDCap data dictionary; it misses {', '.join(missing)}")
    texts = {column: sheet.columns[column].written(np.arange(sheet.n_rows)) for column in sheet.columns}
    rows = zip(texts[_VARIABLE], texts[_LABEL], texts[_TYPE], texts[_CHOICES], strict=True)
    return [Field(trim(name), trim(label), kind, _choices(kind, choices)) for name, label, kind, choices in rows]


def _choices(kind: str, text: str) -> dict[str, str]:
    if kind == "yesno":
        return {"1": "Yes", "0": "No"}
    if kind == "truefalse":
        return {"1": "True", "0": "False"}
    if kind not in ("radio", "dropdown", "checkbox"):
        return {}
    pairs = (choice.split(",", 1) for choice in text.split("|") if "," in choice)
    return {trim(code): trim(label) for code, label in pairs}


def apply_dictionary(sheet: Sheet, fields: list[Field]) -> Sheet:
    """The sheet under REDCap variable names, with what its texts mean and one column per checkbox field."""
    names = _variable_names(fields)
    columns = {names.get(name, name): column for name, column in sheet.columns.items()}
    decode = {one.name: one.choices for one in fields if one.choices and one.kind != "checkbox"}
    for name, slug in (("redcap_event_name", _event_slug), ("redcap_repeat_instrument", _slug)):
        if name in columns:
            decode[name] = {trim(text): slug(trim(text)) for text in columns[name].texts}
    for one in fields:
        if one.kind == "checkbox":
            columns[one.name] = _checked(one, columns, sheet.n_rows)
    return replace(sheet, columns=columns, decode=decode)


def _variable_names(fields: list[Field]) -> dict[str, str]:
    """Header of the label export = variable."""
    names = dict(STRUCTURE)
    for one in fields:
        names.setdefault(one.label, one.name)
        for code, label in one.choices.items():
            names[f"{one.label} (choice={label})"] = f"{one.name}___{code.lower()}"
    return names


def _event_slug(text: str) -> str:
    """``Week 4 (Arm 1: Main)`` as ``week_4_arm_1``; a raw name stays."""
    label = _EVENT.fullmatch(text)
    return f"{_slug(label[1])[:18]}_arm_{label[2]}" if label else text


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _checked(one: Field, columns: Mapping[str, TextColumn], rows: int) -> TextColumn:
    """The labels of the boxes that are checked, joined by a semicolon; empty where none is."""
    labels = np.full(rows, "", dtype=object)
    for code, label in one.choices.items():
        box = columns.get(f"{one.name}___{code.lower()}")
        if box is not None:
            at = box.rows_of([trim(text).casefold() in _CHECKED for text in box.texts])
            labels[at] = [f"{before}; {label}" if before else label for before in labels[at]]
    return TextColumn.from_values(labels)
