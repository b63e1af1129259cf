"""The variables of an analysis dataset as data files describe them: label, type, length, codes, derivation, source.

Types: a text; a number (float64); a date and a time of day, which SAS holds as days since 1960-01-01 and seconds.
"""

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS, OPTIONAL_DATASETS, Column, find_label
from hepatrial.study import Study

Type = Literal["text", "number", "date", "time"]
TYPES: dict[str, Type] = {"number": "number", "date": "date", "time": "time"}
"""Type by the kind of a column; every other kind is text."""


@dataclass(frozen=True)
class Variable:
    """One variable. ``length`` is the bytes of its longest text (8 otherwise); ``key`` its place in the key, or 0."""

    name: str
    label: str
    type: Type
    length: int
    codes: tuple[str, ...]
    derivation: str
    source: str
    key: int = 0
    notes: tuple[str, ...] = field(default=())


def describe_variables(name: str, frame: pd.DataFrame, study: Study) -> tuple[Variable, ...]:
    """The variables of dataset ``name`` in the order of ``frame``, the study's own columns of ADSL among them."""
    spec = (ADAM_DATASETS | OPTIONAL_DATASETS)[name]
    contract = {column.name: column for column in spec.columns}
    places = {key: place for place, key in enumerate(spec.key, start=1)}
    return tuple(
        _describe(name, contract.get(str(column)) or _own(str(column), study), frame[column], places, study)
        for column in frame
    )


def _own(name: str, study: Study) -> Column:
    """A column that the study file adds to ADSL: a flag of a population, or a subject variable."""
    population = next((item for item in study.populations if item.flag == name), None)
    if population is not None:
        return Column(name, "flag", f"in the population {population.code}")
    variable = study.subject_variable(name)
    kind = "number" if variable is not None and variable.kind == "number" else "text"
    return Column(name, "number" if kind == "number" else "text", "as study file: subject_variables")


def _describe(dataset: str, column: Column, values: pd.Series, places: dict[str, int], study: Study) -> Variable:
    label, source = find_label(dataset, column.name) or _own_label(column, study)
    kind = TYPES.get(column.kind, "text")
    codes = ("Y", "N") if column.kind == "flag" else column.codes
    length = (
        8 if kind != "text" else max((len(str(text).encode("utf-8")) for text in values.dropna().unique()), default=1)
    )
    place = places.get(column.name, 0)
    return Variable(column.name, label, kind, max(length, 1), codes, column.description, source, place)


def _own_label(column: Column, study: Study) -> tuple[str, str]:
    """Of a column that the table of labels does not have: by the study file, else its description."""
    name = column.name
    population = next((item for item in study.populations if item.flag == name), None)
    if population is not None:
        return population.label, "study file: populations"
    variable = study.subject_variable(name)
    return (variable.label, "study file: subject_variables") if variable else (column.description, "derived")
