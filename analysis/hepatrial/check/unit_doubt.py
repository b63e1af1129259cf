"""A value that looks as if it were in another unit: an order of magnitude away from its subject's neighbouring values.

Only for analytes that laboratories report in units of different size (bilirubin in mg/dL or µmol/L), and only for a
single value between others: a level that stays (after transplantation) or falls step by step is a course, not a slip.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from hepatrial.check.problem import Data, Problem
from hepatrial.study import Parameter
from hepatrial.units import ANALYTES, UNITS

FAR: Final = 10.0
"""How many times a value is away from the median of its subject's other values."""
APART: Final = 5.0
"""How many times it is away from each neighbour, in the same direction."""


def check_unit_doubt(data: Data) -> Iterator[Problem]:
    """Single values that are far from their neighbours, as a slip of the unit would make them."""
    frame = data.table("labs")
    codes = [parameter.code for parameter in data.study.parameters if _has_other_unit(parameter)]
    values = frame["std_value"].to_numpy()
    chosen = np.flatnonzero(frame["parameter"].isin(codes).to_numpy() & (values > 0) & frame["date_low"].notna())
    if not chosen.size:
        return
    places = chosen[_is_far(frame.iloc[chosen])]
    by_code = {parameter.code: parameter for parameter in data.study.parameters}
    if places.size:
        yield Problem("labs", [_message(frame.iloc[place], by_code) for place in places], places, "result")


def _has_other_unit(parameter: Parameter) -> bool:
    """Whether the analyte has units of another dimension (mass and amount), so that a slip changes it tenfold."""
    analyte = ANALYTES.get(parameter.code)
    return analyte is not None and any(
        UNITS[factor.from_unit].dimension != UNITS[factor.to_unit].dimension for factor in analyte.factors
    )


def _is_far(rows: pd.DataFrame) -> Any:
    """Rows whose value is FAR from its subject's median and APART from both neighbours in the same direction."""
    order = np.lexsort((rows["date_low"].to_numpy(), _codes(rows["parameter"]), _codes(rows["subject_id"])))
    groups = [_codes(rows["subject_id"])[order], _codes(rows["parameter"])[order]]
    logs = pd.Series(np.log(rows["std_value"].to_numpy()[order]))
    grouped = logs.groupby(groups)
    near = [logs - grouped.shift(step) for step in (1, -1, 2, -2)]
    before = near[0].fillna(near[3])
    after = near[1].fillna(near[2])
    from_median = logs - grouped.transform("median")
    same_side = (np.sign(before) == np.sign(from_median)) & (np.sign(after) == np.sign(from_median))
    closest = np.minimum(before.abs(), after.abs())
    is_far = same_side & (from_median.abs() > np.log(FAR)) & (closest > np.log(APART))
    is_far &= grouped.transform("size") >= 3
    result = np.zeros(len(rows), dtype=bool)
    result[order] = is_far.to_numpy()
    return result


def _codes(values: "pd.Series[Any]") -> Any:
    return pd.factorize(values)[0]


def _message(row: "pd.Series[Any]", parameters: dict[str, Parameter]) -> str:
    parameter = parameters[row["parameter"]]
    return (
        f"{parameter.label} {row['std_value']:.4g} {parameter.unit} is far from the subject's values around it: "
        f"is {row['unit'] or parameter.unit} its unit?"
    )
