"""Rules about values: ranges of analytes in the study's unit, grades, age."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hepatrial.check.problem import Data, Positions, Problem
from hepatrial.errors import UnitError
from hepatrial.study import Parameter
from hepatrial.units import ANALYTES, convert_limits

RESULT_TABLES = ("labs", "clinical")


def check_impossible(data: Data) -> Iterator[Problem]:
    """Values that no living person has."""
    yield from _outside(data, "impossible", "is not possible: outside")


def check_implausible(data: Data) -> Iterator[Problem]:
    """Values that are rare even in liver failure: possible, but to be looked at."""
    yield from _outside(data, "plausible", "is unusual: outside")


def _outside(data: Data, kind: str, words: str) -> Iterator[Problem]:
    for name in RESULT_TABLES:
        frame = data.table(name)
        groups = frame.groupby("parameter", sort=True).indices if len(frame) else {}
        for parameter in data.study.parameters:
            limits = _limits(parameter, kind)
            if limits is None or parameter.code not in groups:
                continue
            rows = groups[parameter.code]
            values = frame["std_value"].to_numpy()[rows]
            places = rows[(values < limits[0]) | (values > limits[1])]
            if kind == "plausible":
                places = _still_possible(frame["std_value"].to_numpy(), places, parameter)
            if places.size:
                text = f"{parameter.label} {words} {limits[0]:g} to {limits[1]:g} {parameter.unit}"
                yield Problem(name, text, places, "result")


def _limits(parameter: Parameter, kind: str) -> tuple[float, float] | None:
    """Range of an analyte in the study's unit, open ends as infinity; None where we know none."""
    known = ANALYTES.get(parameter.code)
    limits = getattr(known, kind) if known else None
    if limits is None:
        return None
    try:
        own = convert_limits(limits, parameter.code, parameter.unit)
    except UnitError:
        return None
    return (-np.inf if own.low is None else own.low, np.inf if own.high is None else own.high)


def _still_possible(values: Any, places: Positions, parameter: Parameter) -> Positions:
    """Without the values that are impossible, which are reported as that."""
    limits = _limits(parameter, "impossible")
    if limits is None:
        return places
    kept: Positions = places[(values[places] >= limits[0]) & (values[places] <= limits[1])]
    return kept


def check_grades(data: Data) -> Iterator[Problem]:
    """A graded parameter has one of its grades."""
    for name in RESULT_TABLES:
        frame = data.table(name)
        for parameter in data.study.parameters:
            if not parameter.codes:
                continue
            written = frame["result"].astype("string").str.casefold()
            known = {code.casefold() for code in parameter.codes}
            places = np.flatnonzero(
                (frame["parameter"] == parameter.code) & frame["value"].notna() & ~written.isin(known).to_numpy(bool)
            )
            if places.size:
                message = f"{parameter.label} is not one of {', '.join(parameter.codes)}"
                yield Problem(name, message, places, "result")


def check_age(data: Data) -> Iterator[Problem]:
    """Age lies in 0 to 120 years and agrees with birth and consent."""
    frame = data.table("subjects")
    places = np.flatnonzero((frame["age"] < 0) | (frame["age"] > 120))
    if places.size:
        yield Problem("subjects", "age is outside 0 to 120 years", places, "age")
    youngest = (frame["consent_date_low"] - frame["birth_date_high"]).dt.days / 365.25
    oldest = (frame["consent_date_high"] - frame["birth_date_low"]).dt.days / 365.25
    places = np.flatnonzero((frame["age"] < np.floor(youngest) - 1) | (frame["age"] > oldest + 1))
    if places.size:
        text = "age does not agree with birth and consent"
        yield Problem("subjects", text, places, "age", severity="warning")


def check_arms(data: Data) -> Iterator[Problem]:
    """In a study with several arms everyone who was randomised has one, and only one.

    Where the export has randomisation dates, who has none was not randomised and needs no arm.
    """
    frame = data.table("subjects")
    if len(data.study.design.arms) == 1:
        return
    is_dated = frame["randomisation_date_text"].notna() & (frame["randomisation_date_text"] != "")
    places = np.flatnonzero(frame["arm"].isna() & (is_dated | (not is_dated.any())))
    if places.size:
        yield Problem("subjects", "the subject has no arm", places, "arm")
    arms = frame.groupby("subject_id")["arm"].transform("nunique")
    places = np.flatnonzero((arms > 1) & frame["subject_id"].duplicated())
    if places.size:
        yield Problem("subjects", "the subject has another arm in another row", places, "arm")
