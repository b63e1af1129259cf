"""Numbers from one unit to another.

The factor is an exact fraction, applied as one multiplication and one division, so that 171 µmol/L of
bilirubin is 10 mg/dL and not 9.999999999999998.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hepatrial.errors import UnitError
from hepatrial.units.analytes import Analyte, Factor, Limits
from hepatrial.units.table import get_analyte
from hepatrial.units.text import UNITS, Unit, normalise_unit

FloatArray = npt.NDArray[np.float64]

_PTA_RULE = "prothrombin activity (PTA) and INR have no factor between them: report each as measured"
_AFP_RULE = "pass the laboratory's own ng per IU of AFP as laboratory_factor: assays differ"


def convert(
    values: npt.ArrayLike,
    analyte_code: str,
    from_unit: str,
    to_unit: str,
    *,
    laboratory_factor: float | None = None,
) -> FloatArray:
    """Values of one analyte in another unit.

    Parameters
    ----------
    values : array_like of float
        Any shape; NaN stays NaN.
    analyte_code : str
        A key of ``ANALYTES``: the same units convert differently for different substances.
    from_unit, to_unit : str
        Any spelling that :func:`normalise_unit` knows.
    laboratory_factor : float, optional
        ng per IU of the laboratory's AFP assay. Only for AFP.

    Returns
    -------
    ndarray of float
        Shape of ``values``.

    Raises
    ------
    UnitError
        Unknown analyte or unit, or no factor between the two units for this analyte.

    Examples
    --------
    >>> convert([171.0], "BILI", "umol/L", "mg/dL")
    array([10.])
    """
    analyte = get_analyte(analyte_code)
    ratio = _ratio(analyte, _unit(from_unit, analyte), _unit(to_unit, analyte), laboratory_factor)
    numbers = np.asarray(values, dtype=float)
    if ratio == 1:
        return numbers.copy()
    return np.asarray(numbers * ratio.numerator / ratio.denominator, dtype=float)


def convert_limits(limits: Limits, analyte_code: str, to_unit: str) -> Limits:
    """The same range in another unit, with its source."""
    low, high = convert([_or_nan(limits.low), _or_nan(limits.high)], analyte_code, limits.unit, to_unit)
    return Limits(_or_none(low), _or_none(high), to_unit, limits.source)


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _unit(text: str, analyte: Analyte) -> Unit:
    canonical = normalise_unit(text, analyte_code=analyte.code)
    if canonical is None:
        raise UnitError(f"unknown unit {text!r} for {analyte.code}; known: {', '.join(analyte.units)}")
    return UNITS[canonical]


def _ratio(analyte: Analyte, start: Unit, end: Unit, laboratory_factor: float | None) -> Fraction:
    if laboratory_factor is not None and not analyte.needs_laboratory_factor:
        raise UnitError(f"{analyte.code} converts with a fixed factor; laboratory_factor is only for AFP")
    known = {UNITS[unit].dimension for unit in analyte.units} | ({start.dimension} & _of_laboratory(analyte))
    if start.dimension == end.dimension and start.dimension in known:
        return start.scale / end.scale
    for factor in (*analyte.factors, *_laboratory_factors(laboratory_factor)):
        for link in _links(factor):
            if (link[0].dimension, link[1].dimension) == (start.dimension, end.dimension):
                return start.scale / link[0].scale * link[2] * link[1].scale / end.scale
    raise UnitError(f"no factor for {analyte.code} from {start.text!r} to {end.text!r}{_why(analyte)}")


def _links(factor: Factor) -> tuple[tuple[Unit, Unit, Fraction], ...]:
    start, end, multiply = UNITS[factor.from_unit], UNITS[factor.to_unit], Fraction(factor.multiply)
    return (start, end, multiply), (end, start, 1 / multiply)


def _of_laboratory(analyte: Analyte) -> set[str]:
    return {UNITS["IU/mL"].dimension} if analyte.needs_laboratory_factor else set()


def _laboratory_factors(laboratory_factor: float | None) -> tuple[Factor, ...]:
    if laboratory_factor is None:
        return ()
    if not (np.isfinite(laboratory_factor) and laboratory_factor > 0):
        raise UnitError(f"laboratory_factor={laboratory_factor} is not a positive number of ng per IU")
    return (Factor("IU/mL", "ng/mL", str(laboratory_factor), "stated by the laboratory"),)


def _why(analyte: Analyte) -> str:
    if analyte.code in ("PTA", "INR"):
        return f": {_PTA_RULE}"
    if analyte.needs_laboratory_factor:
        return f": {_AFP_RULE}"
    return f"; {analyte.code} takes {', '.join(analyte.units)}"
