"""Numbers to text: the only place where a value becomes what a reader sees.

Rounding is half away from zero on the shortest decimal text of the float (``repr``), as SAS prints and as a
reader with the printed digits would do by hand: 2.675 becomes 2.68, 0.285 becomes 0.29.

A format is a short text:

=============  ==========================================================================================
count          whole number
fixedN         N decimals
percentN       a value already in per cent, N decimals, without the sign
proportionN    a proportion, shown in per cent with N decimals, without the sign
p              four decimals; below 0.0001 ``<0.0001``, above 0.9999 ``>0.9999``
significantN   N significant digits
decision       1 rejected, 0 not rejected
text           as it is
pad            nothing, as wide as `` (00.0)``: writers may leave that room
=============  ==========================================================================================
"""

import math
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hepatrial.errors import RenderError

MISSING = "–"
NOT_ESTIMABLE = "NE"
FAILED = "failed"
_FORMAT = re.compile(r"(count|fixed|percent|proportion|significant|p|decision|text)(\d*)")


def format_value(value: object, spec: str, *, status: str = "ok") -> str:
    """Text of one value.

    Parameters
    ----------
    value : float, int, str, date or None
        The value as computed; missing gives an en dash.
    spec : str
        One of the formats of this module.
    status : str
        Status of the result row: ``not_estimable`` gives ``NE``, ``failed`` gives ``failed``.

    Raises
    ------
    RenderError
        When the format is not known, or the value is a number that is not finite.
    """
    if spec == "pad":
        return ""
    if status == "not_estimable":
        return NOT_ESTIMABLE
    if status == "failed":
        return FAILED
    if is_missing(value):
        return MISSING
    if isinstance(value, date):
        return value.isoformat()[:10]
    if spec == "text" or isinstance(value, str):
        return str(value)
    return _format_number(float(value), spec)  # type: ignore[arg-type]


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NaT or an empty text."""
    return value is None or value == "" or value != value


def round_half_up(value: float | Decimal, decimals: int) -> Decimal:
    """Round half away from zero on the decimal text of the number; never minus zero."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def _format_number(value: float, spec: str) -> str:
    found = _FORMAT.fullmatch(spec)
    if found is None:
        raise RenderError(
            f"{spec!r} is not a format; allowed are count, fixedN, percentN, proportionN, p, significantN"
        )
    if not math.isfinite(value):
        raise RenderError(f"a value of format {spec!r} is {value}; an infinite result needs a status of its own")
    kind, decimals = found[1], int(found[2] or 0)
    if kind == "p":
        return _format_p(value)
    if kind == "decision":
        return "rejected" if value else "not rejected"
    if kind == "significant":
        return _format_significant(value, decimals)
    if kind == "proportion":
        return f"{round_half_up(Decimal(repr(value)) * 100, decimals):f}"
    return f"{round_half_up(value, decimals):f}"


def _format_p(value: float) -> str:
    if value < 0.0001:
        return "<0.0001"
    return ">0.9999" if value > 0.9999 else f"{round_half_up(value, 4):f}"


def _format_significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    places = digits - 1 - Decimal(repr(value)).adjusted()
    return f"{round_half_up(value, places):f}" if places >= 0 else f"{round_half_up(value, 0):f}"
