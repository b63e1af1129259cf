"""What laboratories write as a unit, read as one canonical spelling.

A unit belongs to a dimension and has an exact scale in it, so every metric conversion follows from one table.
Counts written as 10^3/µL, K/µL, GI/L or 10*9/L are one unit, ``10^9/L``. Upper-case ``G/L`` and ``T/L`` mean
giga and tera only for a cell count: say which analyte it is, otherwise ``G/L`` is read as grams per litre.
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

CELL_COUNTS: Final = frozenset({"WBC", "NEUT", "LYMPH", "MONO", "EOS", "BASO", "PLAT", "RBC"})


@dataclass(frozen=True)
class Unit:
    """A canonical unit: its dimension, and how many of the dimension's base unit one of it is."""

    text: str
    dimension: str
    scale: Fraction


def _units(dimension: str, scales: dict[str, str]) -> dict[str, Unit]:
    return {text: Unit(text, dimension, Fraction(scale)) for text, scale in scales.items()}


_MASS = {
    "g/L": "1",
    "g/dL": "10",
    "mg/mL": "1",
    "mg/dL": "1/100",
    "mg/L": "1/1000",
    "ug/mL": "1/1000",
    "ug/dL": "1/100000",
    "ug/L": "1/1000000",
    "ng/mL": "1/1000000",
    "ng/dL": "1/100000000",
    "ng/L": "1/1000000000",
    "pg/mL": "1/1000000000",
}
_AMOUNT = {
    "mol/L": "1",
    "mmol/L": "1/1000",
    "umol/L": "1/1000000",
    "nmol/L": "1/1000000000",
    "pmol/L": "1/1000000000000",
}
_ACTIVITY = {
    "U/L": "1",
    "mU/L": "1/1000",
    "U/mL": "1000",
    "IU/mL": "1000",
    "kU/L": "1000",
    "ukat/L": "60",
    "nkat/L": "6/100",
}
UNITS: Final = MappingProxyType(
    _units("mass concentration", _MASS)
    | _units("amount concentration", _AMOUNT)
    | _units("activity concentration", _ACTIVITY)
    | _units("charge concentration", {"mEq/L": "1/1000"})
    | _units("count concentration", {"/L": "1", "/uL": "1e6", "10^6/L": "1e6", "10^9/L": "1e9"})
    | _units("count concentration", {"/mL": "1e3", "10^12/L": "1e12"})
    | _units("copy concentration", {"copies/mL": "1"})
    | _units("ratio", {"ratio": "1"})
    | _units("percent", {"%": "1"})  # apart from ratio, or PTA 35 % would become an INR of 0.35
    | _units("pressure", {"mmHg": "1", "kPa": "7.500616827"})
    | _units("time", {"s": "1", "min": "60"})
    | _units("time since", {"days": "1"})
    | _units("age", {"years": "1"})
    | _units("temperature", {"C": "1"})
    | _units("frequency", {"/min": "1"})
    | _units("dose rate", {"ug/kg/min": "1"})
    | _units("order", {"grade": "1"})
    | _units("pH", {"pH": "1"})
    | _units("points", {"points": "1"})
)
"""Every canonical unit by its spelling. kPa: 1 mmHg = 133.322387415 Pa exactly (NIST SP 811)."""

# Spellings that the rules of _clean do not reach; keys are as _clean leaves them.
UNIT_SYNONYMS: Final = MappingProxyType(
    {
        "mg%": "mg/dL",
        "g%": "g/dL",
        "gm%": "g/dL",
        "ug%": "ug/dL",
        "mg/100ml": "mg/dL",
        "g/100ml": "g/dL",
        "gm/dl": "g/dL",
        "gm/l": "g/L",
        "gr/dl": "g/dL",
        "iu/l": "U/L",
        "units/l": "U/L",
        "unit/l": "U/L",
        "miu/l": "mU/L",
        "miu/ml": "U/L",
        "mu/ml": "U/L",
        "kiu/l": "IU/mL",
        "u/ml": "U/mL",
        "ku/l": "kU/L",
        "meq/l": "mEq/L",
        "mval/l": "mEq/L",
        "gi/l": "10^9/L",
        "gpt/l": "10^9/L",
        "ti/l": "10^12/L",
        "tpt/l": "10^12/L",
        "k/ul": "10^9/L",
        "k/mm3": "10^9/L",
        "thou/ul": "10^9/L",
        "thousand/ul": "10^9/L",
        "m/ul": "10^12/L",
        "mill/ul": "10^12/L",
        "million/ul": "10^12/L",
        "/mm3": "/uL",
        "/cumm": "/uL",
        "cells/ul": "/uL",
        "cells/mm3": "/uL",
        "cells/l": "/L",
        "copy/ml": "copies/mL",
        "cp/ml": "copies/mL",
        "拷贝/ml": "copies/mL",
        "percent": "%",
        "pct": "%",
        "1": "ratio",
        "inr": "ratio",
        "l/l": "ratio",
        "fraction": "ratio",
        "比值": "ratio",
        "sec": "s",
        "secs": "s",
        "second": "s",
        "seconds": "s",
        "秒": "s",
        "sek": "s",
        "torr": "mmHg",
        "d": "days",
        "day": "days",
        "天": "days",
        "y": "years",
        "yr": "years",
        "year": "years",
        "岁": "years",
        "°c": "C",
        "degc": "C",
        "℃": "C",
        "bpm": "/min",
        "beats/min": "/min",
        "次/分": "/min",
        "mcg/kg/min": "ug/kg/min",
        "级": "grade",
        "级别": "grade",
        "score": "points",
        "克/升": "g/L",
        "毫克/分升": "mg/dL",
        "毫克/升": "mg/L",
        "微摩尔/升": "umol/L",
        "毫摩尔/升": "mmol/L",
        "单位/升": "U/L",
    }
)

_CANONICAL: Final = MappingProxyType({text.casefold(): text for text in UNITS})
_SUPERSCRIPT: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER: Final = re.compile(
    r"^[x×*·.]?(?:10(?:\^|\*{1,2}|e\+?)?|1(?:\.0)?e\+?|e\+?)0?(3|6|9|12)(?:cells)?/(l|ul|ml|mm3)$"
)
_POWER_TO_UNIT: Final = MappingProxyType(
    {
        ("3", "ul"): "10^9/L",
        ("6", "l"): "10^6/L",
        ("6", "ul"): "10^12/L",
        ("6", "ml"): "10^9/L",
        ("9", "l"): "10^9/L",
        ("12", "l"): "10^12/L",
    }
)


def _clean(text: str) -> str:
    """One case, one micro sign, one slash: full-width, superscripts, ``L-1`` and blanks undone."""
    plain = unicodedata.normalize("NFKC", text.translate(_SUPERSCRIPT)).casefold()
    plain = re.sub(r"[\s\[\](){}]", "", plain).replace("μ", "u").replace("∕", "/").replace("÷", "/")
    plain = plain.replace("mcg", "ug").replace("mcmol", "umol").replace("mcl", "ul").replace("litre", "l")
    plain = re.sub(r"[.·*]?(d|m|u)?l\^?-1$", r"/\1l", plain)
    return plain.replace("mm^3", "mm3").rstrip(".")


def normalise_unit(text: str | None, *, analyte_code: str | None = None) -> str | None:
    """Canonical spelling of a unit, or ``None`` when the text is not a known unit.

    Parameters
    ----------
    text : str or None
        As written in the export: ``µmol/l``, ``ＵＭＯＬ／Ｌ``, ``mg%``, ``×10⁹/L``, ``10*9/L``, ``IU/L``.
    analyte_code : str, optional
        Decides what upper-case ``G/L`` and ``T/L`` mean: giga and tera for a cell count, grams otherwise.

    Returns
    -------
    str or None
        A key of ``UNITS``. Empty text is ``None``: a missing unit is for a person to state, not for us.

    Examples
    --------
    >>> normalise_unit("µmol/l"), normalise_unit("×10⁹/L"), normalise_unit("mg%")
    ('umol/L', '10^9/L', 'mg/dL')
    """
    if text is None or not text.strip():
        return None
    key = _clean(text)
    is_upper = unicodedata.normalize("NFKC", text).strip()[:1].isupper()
    if analyte_code in CELL_COUNTS and is_upper and key in ("g/l", "t/l"):
        return "10^9/L" if key == "g/l" else "10^12/L"
    power = _POWER.match(key)
    if power:
        return _POWER_TO_UNIT.get((power[1], power[2].replace("mm3", "ul")))
    return UNIT_SYNONYMS.get(key) or _CANONICAL.get(key)
