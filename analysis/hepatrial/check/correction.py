"""One cell of a typed table corrected by a decision. The value is written in one plain form, whatever the site's:
dates as YYYY-MM-DD, numbers with a point, codes and flags as the table has them, results as ``12.5`` or ``<0.5``."""

import re
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from hepatrial.contracts import STANDARD_TABLES, Column
from hepatrial.errors import ContractError, UnitError
from hepatrial.study import Study, convert_to_study_unit, find_codes

_RESULT: Final = re.compile(r"(<=|>=|<|>)?([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")
_OF_UNIT: Final = ("result", "unit", "parameter")


def correct_cell(frame: pd.DataFrame, table: str, label: Any, column: str, value: str, study: Study) -> pd.DataFrame:
    """A copy of the table in which one column of one record says ``value``.

    Raises
    ------
    ContractError
        The table has no such column, or the value is not what the column holds.
    """
    spec = STANDARD_TABLES[table]
    if column not in spec.names:
        raise ContractError(f"{table} has no column {column!r}; it has {', '.join(spec.names)}")
    changed = frame.copy()
    for name, cell in _typed(spec.column(column), value, study).items():
        changed.at[label, name] = cell
    if column in _OF_UNIT and "std_value" in changed:
        _standardise(changed, label, study)
    return changed


def _typed(column: Column, value: str, study: Study) -> dict[str, Any]:
    """The typed cells of one column."""
    if column.kind == "date":
        return _date(column.name, value)
    if column.kind == "number":
        return {column.name: _number(value)}
    if column.kind == "result":
        return _result(column.name, value)
    allowed = _allowed(column, study)
    if allowed and value and value not in allowed:
        raise ContractError(f"{value!r} is not one of {', '.join(allowed)}")
    return {column.name: value or None}


def _allowed(column: Column, study: Study) -> tuple[str, ...]:
    return ("Y", "N") if column.kind == "flag" else find_codes(column, study)


def _date(name: str, value: str) -> dict[str, Any]:
    try:
        day = pd.Timestamp(date.fromisoformat(value)) if value else pd.NaT
    except ValueError as error:
        raise ContractError(f"{value!r} is not a date as YYYY-MM-DD") from error
    return {name: day, f"{name}_low": day, f"{name}_high": day, f"{name}_text": value or None}


def _number(value: str) -> float:
    try:
        return float(value) if value else np.nan
    except ValueError as error:
        raise ContractError(f"{value!r} is not a number with a point as decimal sign") from error


def _result(name: str, value: str) -> dict[str, Any]:
    match = _RESULT.fullmatch(value)
    if value and match is None:
        raise ContractError(f"{value!r} is not a result such as 12.5 or <0.5")
    qualifier = (match[1] or "") if match else ""
    number = float(match[2]) if match else np.nan
    return {
        name: value or None,
        "value": np.nan if qualifier else number,
        "qualifier": qualifier,
        "bound": number if qualifier else np.nan,
        "missing_reason": None if match else "set to missing by a decision",
    }


def _standardise(frame: pd.DataFrame, label: Any, study: Study) -> None:
    """Value and bound in the study's unit again, after the result, its unit or its parameter changed."""
    row = frame.loc[label]
    parameter = next((one for one in study.parameters if one.code == row["parameter"]), None)
    frame.at[label, "std_value"] = frame.at[label, "std_bound"] = np.nan
    frame.at[label, "std_unit"] = None
    if parameter is None or np.isnan(row["value"]) and np.isnan(row["bound"]):
        return
    numbers = np.asarray([row["value"], row["bound"]], dtype=float)
    try:
        value, bound = convert_to_study_unit(numbers, parameter, row["unit"] or "")
    except UnitError as error:
        raise ContractError(str(error)) from error
    frame.at[label, "std_value"], frame.at[label, "std_bound"] = float(value), float(bound)
    frame.at[label, "std_unit"] = parameter.unit
