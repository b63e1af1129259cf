"""Dates and times as written, partial ones included: the earliest and the latest day that a text can be.

ISO dates are always read; every other format only when data.toml allows it. A text that two allowed formats read
differently is ambiguous and stays without a date.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from hepatrial.errors import LoadError
from hepatrial.study import ReadingRules

_UNKNOWN: Final = r"UNK?|UU|UK|XX|NK|\?\?|--"
_Y: Final = r"(?P<y>\d{4})"
_M: Final = rf"(?P<m>\d{{1,2}}|{_UNKNOWN})"
_D: Final = rf"(?P<d>\d{{1,2}}|{_UNKNOWN})"
_MON: Final = rf"(?P<m>[A-Z]{{3,9}}|{_UNKNOWN})"
_MONTHS: Final = MappingProxyType(
    {name[:length].upper(): number for number, name in enumerate(calendar.month_name) if number
     for length in (3, len(name))}
    | {"SEPT": 9}
)  # fmt: skip
_PATTERNS: Final = MappingProxyType(
    {
        "YYYY-MM-DD": rf"{_Y}(?:-{_M}(?:-{_D})?)?",
        "YYYY/MM/DD": rf"{_Y}(?:/{_M}(?:/{_D})?)?",
        "YYYY.MM.DD": rf"{_Y}(?:\.{_M}(?:\.{_D})?)?",
        "YYYYMMDD": rf"{_Y}(?:(?P<m>\d{{2}})(?P<d>\d{{2}})?)?",
        "DD.MM.YYYY": rf"(?:(?:{_D}\.)?{_M}\.)?{_Y}",
        "DD/MM/YYYY": rf"(?:(?:{_D}/)?{_M}/)?{_Y}",
        "DD-MM-YYYY": rf"(?:(?:{_D}-)?{_M}-)?{_Y}",
        "MM/DD/YYYY": rf"(?:{_M}/(?:{_D}/)?)?{_Y}",
        "DD-MON-YYYY": rf"(?:(?:{_D}[- ])?{_MON}[- ])?{_Y}",
        "DDMONYYYY": rf"(?:{_D}?{_MON})?{_Y}",
        "YYYY年MM月DD日": rf"{_Y}年?(?:{_M}月(?:{_D}日?)?)?",
    }
)
_COMPILED: Final = MappingProxyType({name: re.compile(text, re.IGNORECASE) for name, text in _PATTERNS.items()})
_EPOCHS: Final = MappingProxyType({"excel 1900": date(1899, 12, 30), "excel 1904": date(1904, 1, 1)})
_CLOCK: Final = re.compile(r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2}|[AP]M)?)$", re.I)
_SERIAL: Final = re.compile(r"(\d{5})(?:\.\d+)?")
_DAY_COUNT: Final = re.compile(r"[+-]?\d{1,6}(?:\.0+)?")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*([AP]M)?", re.IGNORECASE)
_BARE_TIME: Final = re.compile(r"(\d{2})(\d{2})()")
FIRST_YEAR, LAST_YEAR = 1800, 2200


@dataclass(frozen=True)
class Days:
    """The earliest and latest day of a date; both None when it is missing or cannot be read."""

    low: date | None = None
    high: date | None = None
    fault: str = ""


@dataclass(frozen=True)
class DateRules:
    formats: tuple[str, ...] = ("YYYY-MM-DD",)
    day_zero: date | None = None

    @classmethod
    def from_reading(cls, reading: ReadingRules) -> "DateRules":
        formats = tuple(reading.date_formats or ())
        if "days" in formats:
            if len(formats) > 1:
                raise LoadError("data.toml: date format 'days' stands alone; give such columns a source of their own")
            if reading.day_zero is None:
                raise LoadError("data.toml: date format 'days' needs day_zero, the date that day 0 stands for")
            return cls(formats, reading.day_zero)
        return cls(tuple(dict.fromkeys(("YYYY-MM-DD", *formats))), None)


def read_date(text: str, rules: DateRules) -> Days:
    """The days that a trimmed, non-empty text can be, by every format allowed."""
    if rules.day_zero is not None:
        return _read_count(text, rules.day_zero)
    plain = _CLOCK.sub("", text).strip()
    readings = {found for name in rules.formats if (found := _read_as(plain, name)) is not None}
    possible = {found for found in readings if found.low is not None}
    if len(possible) == 1:
        return possible.pop()
    if possible:
        return Days(fault="date-ambiguous")
    return Days(fault="date-impossible" if readings else "date-unreadable")


def formats_that_fit(text: str) -> str:
    """The formats that data.toml could allow for a text that none of its own reads, as a hint."""
    plain = _CLOCK.sub("", text).strip()
    fits = [name for name in _PATTERNS if (found := _read_as(plain, name)) is not None and found.low is not None]
    return ", ".join(fits) or "none that is known"


def _read_count(text: str, day_zero: date) -> Days:
    if not _DAY_COUNT.fullmatch(text):
        return Days(fault="date-unreadable")
    try:
        day = day_zero + timedelta(days=int(float(text)))
    except OverflowError:
        return Days(fault="date-impossible")
    return Days(day, day) if FIRST_YEAR <= day.year <= LAST_YEAR else Days(fault="date-impossible")


def _read_as(text: str, name: str) -> Days | None:
    """The days by one format, None when the text does not have its form."""
    if name in _EPOCHS:
        serial = _SERIAL.fullmatch(text)
        day = _EPOCHS[name] + timedelta(days=int(serial[1])) if serial else None
        return Days(day, day) if day else None
    match = _COMPILED[name].fullmatch(text)
    if match is None:
        return None
    month = _month(match["m"])
    return None if month is None else _span(int(match["y"]), month, _day(match["d"]))


def _month(text: str | None) -> int | None:
    """Month number; 0 when not known; None when the letters name no month."""
    if text is None or re.fullmatch(_UNKNOWN, text, re.IGNORECASE):
        return 0
    return int(text) if text.isdigit() else _MONTHS.get(text.upper())


def _day(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else 0


def _span(year: int, month: int, day: int) -> Days:
    """First and last day of what is known; a zero is not known, and a day without a month is not used."""
    if not FIRST_YEAR <= year <= LAST_YEAR or month > 12:
        return Days(fault="date-impossible")
    if month == 0:
        return Days(date(year, 1, 1), date(year, 12, 31), "date-partial")
    last = calendar.monthrange(year, month)[1]
    if day == 0:
        return Days(date(year, month, 1), date(year, month, last), "date-partial")
    return Days(date(year, month, day), date(year, month, day)) if day <= last else Days(fault="date-impossible")


def read_time(text: str) -> tuple[str | None, str]:
    """A time of day as HH:MM and the rule it breaks; a date before it is left aside."""
    found = (
        _TIME.fullmatch(text) or _BARE_TIME.fullmatch(text) or _TIME.fullmatch(re.split(r"[T ]+", text, maxsplit=1)[-1])
    )
    if found is None:
        return None, "time-unreadable"
    hour, minute = int(found[1]), int(found[2])
    if found[3]:
        hour = hour % 12 + (12 if found[3].upper() == "PM" else 0)
    return (f"{hour:02d}:{minute:02d}", "") if hour < 24 and minute < 60 else (None, "time-unreadable")
