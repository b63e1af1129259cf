"""Results in the study's unit: one conversion per parameter and unit text, and no result without its unit.

The value of a graded parameter (``codes`` in study.toml) that is written as a text is the place of the text in
that list, counted from 0.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.errors import UnitError
from hepatrial.load.cells import trim
from hepatrial.load.complaints import MAX_LISTED, Complaint
from hepatrial.load.sheet import IntArray, as_objects
from hepatrial.study import Parameter, Study, convert_to_study_unit
from hepatrial.units import normalise_unit


def add_standard_values(
    values: dict[str, Any], complaints: list[Complaint], study: Study, declared: Mapping[str, str], unit_column: str
) -> list[Complaint]:
    """Fill std_value, std_bound and std_unit of typed results; the complaints, with those about units added."""
    parameters = {parameter.code: parameter for parameter in study.parameters}
    complaints = _read_grades(values, complaints, parameters)
    pairs = pd.DataFrame({"parameter": values["parameter"], "unit": _units_of(values, declared)})
    places = np.flatnonzero(~(np.isnan(values["value"]) & np.isnan(values["bound"])))
    groups = pairs.iloc[places].groupby(["parameter", "unit"], sort=False).indices
    for (code, unit), rows in groups.items():
        if code in parameters:
            complaints += _convert_group(values, places[rows], parameters[code], unit, unit_column)
    return complaints


def _units_of(values: Mapping[str, Any], declared: Mapping[str, str]) -> Any:
    """The unit as written, or where the row has none, the one that data.toml declares for its parameter."""
    written = pd.Series(values["unit"], dtype=object).fillna("")
    stated = pd.Series(values["parameter"], dtype=object).map(dict(declared)).fillna("")
    return written.where(written != "", stated).to_numpy(dtype=object)


def _convert_group(
    values: dict[str, Any], rows: IntArray, parameter: Parameter, unit: str, unit_column: str
) -> list[Complaint]:
    try:
        value = convert_to_study_unit(values["value"][rows], parameter, unit)
        bound = convert_to_study_unit(values["bound"][rows], parameter, unit)
    except UnitError as error:
        return [_complain_unit(values, rows, parameter, unit, unit_column, str(error))]
    values["std_value"][rows], values["std_bound"][rows] = value, bound
    values["std_unit"][rows] = parameter.unit
    return []


def _complain_unit(
    values: Mapping[str, Any], rows: IntArray, parameter: Parameter, unit: str, unit_column: str, reason: str
) -> Complaint:
    raws = as_objects([unit] * min(len(rows), MAX_LISTED)).tolist()
    if not unit:
        return Complaint("unit-missing", unit_column, rows, raws)
    if normalise_unit(unit, analyte_code=parameter.code) is None:
        return Complaint("unit-unknown", unit_column, rows, raws, f"{parameter.code} ({parameter.label})")
    return Complaint("unit-no-factor", unit_column, rows, raws, reason)


def _read_grades(
    values: dict[str, Any], complaints: list[Complaint], parameters: Mapping[str, Parameter]
) -> list[Complaint]:
    """Texts of graded parameters become the place in their list, and are no longer complained about."""
    for code, parameter in parameters.items():
        grades = {trim(text).casefold(): float(place) for place, text in enumerate(parameter.codes)}
        if grades:
            rows = np.flatnonzero((values["parameter"] == code) & (values["missing_reason"] == "unreadable"))
            found = np.asarray([grades.get(str(text).casefold(), np.nan) for text in values["result"][rows]])
            known = rows[~np.isnan(found)] if rows.size else rows
            values["value"][known] = found[~np.isnan(found)] if rows.size else found
            values["missing_reason"][known] = None
    unread = values["missing_reason"] == "unreadable"
    kept = (_only(one, unread) if one.rule == "number-unreadable" else one for one in complaints)
    return [complaint for complaint in kept if complaint.rows.size]


def _only(complaint: Complaint, is_wanted: Any) -> Complaint:
    """The complaint about the wanted rows alone."""
    kept = is_wanted[complaint.rows]
    raws = [raw for raw, keep in zip(complaint.raws, kept, strict=False) if keep]
    return replace(complaint, rows=complaint.rows[kept], raws=raws)
