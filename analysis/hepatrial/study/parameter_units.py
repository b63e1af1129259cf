"""Results in the unit that the study gives a parameter."""

from typing import Any, Final

from hepatrial.errors import UnitError
from hepatrial.study.models import Parameter
from hepatrial.units import ANALYTES, convert, normalise_unit

NO_UNIT_NEEDED: Final = frozenset({"", "ratio", "grade", "points", "pH", "score", "1"})
"""Units of the study that a laboratory writes as nothing, because there is nothing to confuse them with."""


def convert_to_study_unit(numbers: Any, parameter: Parameter, unit: str) -> Any:
    """Numbers written in ``unit`` in the parameter's unit, by the laboratory's own factor where the study states one.

    Parameters
    ----------
    numbers : array_like of float
        Any shape; NaN stays NaN.
    unit : str
        As written in the export; may be empty where the study's unit needs none.

    Raises
    ------
    UnitError
        The unit is missing or unknown, or there is no factor.
    """
    if not unit:
        if parameter.unit in NO_UNIT_NEEDED:
            return numbers
        raise UnitError(f"{parameter.code} has no unit")
    here, target = (_canonical(text, parameter) for text in (unit, parameter.unit))
    if here == target:
        return numbers
    if parameter.factor is not None and here == _canonical(parameter.factor_unit, parameter):
        return numbers * parameter.factor
    if parameter.code not in ANALYTES:
        known = f"no factor for {parameter.code} from {unit!r} to {parameter.unit!r}"
        raise UnitError(f"{known}; state factor and factor_unit in study.toml")
    return convert(numbers, parameter.code, unit, parameter.unit)


def _canonical(text: str, parameter: Parameter) -> str:
    return normalise_unit(text, analyte_code=parameter.code) or text.strip()
