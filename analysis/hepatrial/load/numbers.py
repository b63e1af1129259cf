"""Numbers and results as written: separators, qualifiers of quantification limits, missing markers with reasons.

Each function reads one text; the caller reads each distinct text of a column once. Texts arrive trimmed and in
NFKC form (full-width digits and signs are plain there).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hepatrial.errors import LoadError
from hepatrial.study import ReadingRules

NAN: Final = float("nan")
MISSING_REASONS: Final = MappingProxyType(
    {
        "na": "not available", "n/a": "not available", "null": "not available",
        "nan": "not available", ".": "missing, no reason given", "-": "missing, no reason given",
        "--": "missing, no reason given", "/": "missing, no reason given", "nd": "ND: not done or not detected",
        "not done": "not done", "unk": "unknown", "unknown": "unknown", "missing": "missing, no reason given",
        "未查": "not examined", "未检": "not examined", "未做": "not done", "未测": "not measured",
        "缺失": "missing, no reason given", "不详": "unknown", "标本不足": "insufficient specimen",
        "标本量不足": "insufficient specimen", "溶血": "haemolysed", "标本溶血": "haemolysed", "脂血": "lipaemic",
        "凝血": "clotted", "haemolysed": "haemolysed", "hemolyzed": "haemolysed", "hemolysed": "haemolysed",
        "qns": "insufficient specimen", "insufficient": "insufficient specimen",
    }
)  # fmt: skip
"""Markers that are read as missing without being declared, by their case-folded text; each use is a note.
``none`` and ``无`` are not here: for ascites they are a grade."""

_QUALIFIERS: Final = MappingProxyType(
    {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">=", "≦": "<=", "≧": ">=",
     "⩽": "<=", "⩾": ">="}
)  # fmt: skip
_QUALIFIED: Final = re.compile(r"(<=|>=|=<|=>|[<>≤≥≦≧⩽⩾])\s*(.+)", re.DOTALL)
_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_BOTH_SEPARATORS: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")
_BOTH_SWAPPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_COMMA_DECIMAL: Final = re.compile(r"[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|[+-]?[0-9]{4,},[0-9]{3}|[+-]?0,[0-9]{3}")
_ONE_COMMA: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+")
_MAX_LENGTH: Final = 60


@dataclass(frozen=True)
class NumberRules:
    """How a site writes numbers and missing values, with nothing left to guess."""

    decimal: str = "."
    thousands: str = ""
    is_thousands_declared: bool = False
    is_decimal_declared: bool = False
    missing: frozenset[str] = frozenset()
    missing_reasons: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_reading(cls, reading: ReadingRules) -> "NumberRules":
        decimal, thousands = reading.decimal or ".", reading.thousands or ""
        if decimal == thousands:
            raise LoadError(f"data.toml: decimal and thousands are both {decimal!r}; they must differ")
        return cls(
            decimal,
            thousands,
            reading.thousands is not None,
            reading.decimal is not None,
            frozenset(reading.missing or ()),
            dict(reading.missing_reasons or {}),
        )

    def reason_missing(self, text: str) -> str | None:
        """Why a text means missing, or None when it does not; the empty text is ``empty``."""
        if not text:
            return "empty"
        if text in self.missing_reasons:
            return self.missing_reasons[text]
        return text if text in self.missing else MISSING_REASONS.get(text.casefold())


@dataclass(frozen=True)
class Reading:
    """One result: a value, or a bound with its qualifier, or why it is missing; and what to report of it."""

    value: float = NAN
    qualifier: str = ""
    bound: float = NAN
    missing_reason: str | None = None
    fault: str = ""
    detail: str = ""


def read_number(text: str, rules: NumberRules) -> tuple[float, str]:
    """A number and the rule it breaks ('' when none); the number is NaN when it cannot be read.

    Where nothing is declared, a comma is read only where it can be one thing: ``1,234.5``, ``1.234,5``, ``12,50``.
    """
    plain = text.replace("−", "-").replace("’", "'")
    if len(plain) > _MAX_LENGTH:
        return NAN, "number-unreadable"
    fault = ""
    if rules.thousands and rules.thousands in plain:
        mark = re.escape(rules.thousands)
        if not re.fullmatch(rf"[+-]?\d{{1,3}}(?:{mark}\d{{3}})+(?:{re.escape(rules.decimal)}\d+)?", plain):
            return NAN, "number-unreadable"
        plain, fault = plain.replace(rules.thousands, ""), "number-thousands"
    if rules.decimal == ",":
        if "." in plain:
            return NAN, "number-ambiguous"
        plain = plain.replace(",", ".")
    elif not rules.is_thousands_declared and "," in plain:
        plain, fault = _infer(plain, rules)
    elif _ONE_COMMA.fullmatch(plain):
        return NAN, "number-ambiguous"
    if not _PLAIN.fullmatch(plain):
        return NAN, "number-ambiguous" if fault == "number-ambiguous" else "number-unreadable"
    return _finite(float(plain), fault)


def _infer(plain: str, rules: NumberRules) -> tuple[str, str]:
    """A text with a comma as a plain number, where its signs can mean one thing only."""
    if _BOTH_SEPARATORS.fullmatch(plain):
        return plain.replace(",", ""), "number-thousands"
    if not rules.is_decimal_declared and _BOTH_SWAPPED.fullmatch(plain):
        return plain.replace(".", "").replace(",", "."), "number-comma"
    if not rules.is_decimal_declared and _COMMA_DECIMAL.fullmatch(plain):
        return plain.replace(",", "."), "number-comma"
    return plain, "number-ambiguous" if _ONE_COMMA.fullmatch(plain) else ""


def _finite(number: float, fault: str) -> tuple[float, str]:
    return (number, fault) if abs(number) < 1e300 else (NAN, "number-unreadable")


def read_result(text: str, rules: NumberRules) -> Reading:
    """A result as written. A text that is no result keeps ``missing_reason`` 'unreadable' and a fault."""
    reason = rules.reason_missing(text)
    if reason is not None:
        return Reading(missing_reason=reason, fault="result-missing", detail=reason)
    qualified = _QUALIFIED.fullmatch(text)
    number, fault = read_number(qualified[2] if qualified else text, rules)
    if number != number:
        return Reading(missing_reason="unreadable", fault=fault)
    if qualified is None:
        return Reading(value=number, fault=fault)
    qualifier = _QUALIFIERS[qualified[1]]
    side = "left" if qualifier.startswith("<") else "right"
    return Reading(qualifier=qualifier, bound=number, fault=f"result-{side}-censored")
