"""Inputs of a score: one array each, in the unit of the formula, with what is missing and what cannot be
used.

A value that is missing is NaN. A value that cannot enter the formula (a creatinine of 0, an encephalopathy
grade of 7) is NaN as well, and remembered as unusable: it must not be floored into a normal value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.errors import DeriveError
from hepatrial.units import convert

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.object_]

NEAR = 1e-9
"""Relative tolerance of a comparison with a limit: a converted 34.2 µmol/L is 2 mg/dL."""


@dataclass(frozen=True, eq=False)
class Column:
    """One input: numbers (NaN where missing or unusable) and where the value was there but unusable."""

    values: FloatArray
    is_unusable: BoolArray


@dataclass(frozen=True, eq=False)
class Rows:
    """Inputs of one score, broadcast to one length."""

    values: Mapping[str, FloatArray]
    is_unusable: Mapping[str, BoolArray]

    def __getitem__(self, name: str) -> FloatArray:
        return self.values[name]


def _numbers(values: object) -> FloatArray:
    if values is None:
        return np.array([np.nan])
    if isinstance(values, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        values = pd.Series(values).to_numpy(dtype=float, na_value=np.nan)
    try:
        numbers = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError) as error:
        raise DeriveError(f"a score needs numbers (missing as NaN): {error}") from error
    if numbers.ndim != 1:
        raise DeriveError(f"a score needs one-dimensional input, this one has shape {numbers.shape}")
    return numbers


def _column(numbers: FloatArray, is_usable: BoolArray) -> Column:
    is_unusable = ~np.isnan(numbers) & ~is_usable
    return Column(np.where(is_unusable, np.nan, numbers), is_unusable)


def lab(code: str, values: object, unit: str, to_unit: str) -> Column:
    """A laboratory value, positive and finite, converted to the unit of the formula."""
    numbers = _numbers(values)
    return _column(convert(numbers, code, unit, to_unit), np.isfinite(numbers) & (numbers > 0))


def number(values: object, *, low: float = -np.inf, high: float = np.inf) -> Column:
    """A plain number within closed bounds."""
    numbers = _numbers(values)
    return _column(numbers, np.isfinite(numbers) & (numbers >= low) & (numbers <= high))


def grade(values: object, highest: int) -> Column:
    """A whole grade from 0 to ``highest``."""
    numbers = _numbers(values)
    return _column(numbers, np.isin(numbers, np.arange(highest + 1)))


def flag(values: object) -> Column:
    """A yes (1, True) or no (0, False); a missing answer is NaN, not no."""
    numbers = _numbers(values)
    return _column(numbers, np.isin(numbers, (0.0, 1.0)))


def choice(values: object, options: Sequence[str]) -> Column:
    """A text as its position in ``options``; None, NaN and empty text are missing, other text unusable."""
    texts = np.atleast_1d(np.asarray(values, dtype=object))
    codes = pd.Categorical(texts, categories=list(options)).codes.astype(float)
    is_missing = pd.isna(texts) | (texts == "")
    return Column(np.where(codes < 0, np.nan, codes), (codes < 0) & ~is_missing)


def align(**columns: Column) -> Rows:
    """Inputs broadcast to one length; a length other than 1 or the common one is refused."""
    lengths = {name: column.values.size for name, column in columns.items()}
    size = max(lengths.values())
    wrong = {name: length for name, length in lengths.items() if length not in (1, size)}
    if wrong:
        raise DeriveError(f"inputs of a score differ in length: {lengths}")
    return Rows(
        {name: np.broadcast_to(column.values, size) for name, column in columns.items()},
        {name: np.broadcast_to(column.is_unusable, size) for name, column in columns.items()},
    )


def points(
    values: FloatArray,
    limits: Sequence[float],
    *,
    is_reached_above: Sequence[bool] | bool = False,
    start: int = 0,
) -> FloatArray:
    """Points of a rising scale: ``start`` plus the number of limits reached.

    A limit is reached at the value itself (>=), or only above it (>) where ``is_reached_above``. NaN stays
    NaN.
    """
    above = np.broadcast_to(is_reached_above, len(limits))
    cuts = [_cut(limit, bool(is_above)) for limit, is_above in zip(limits, above, strict=True)]
    reached = np.searchsorted(np.asarray(cuts), values, side="right").astype(float)
    return np.where(np.isnan(values), np.nan, start + reached)


def _cut(limit: float, is_above: bool) -> float:
    """The smallest number that reaches the limit."""
    slack = NEAR * abs(limit)
    return float(np.nextafter(limit + slack, np.inf)) if is_above else limit - slack


def falling_points(
    values: FloatArray,
    limits: Sequence[float],
    *,
    is_reached_below: Sequence[bool] | bool = False,
    start: int = 0,
) -> FloatArray:
    """Points of a falling scale (limits from high to low): reached at the value (<=) or only below it (<)."""
    return points(-values, [-limit for limit in limits], is_reached_above=is_reached_below, start=start)
