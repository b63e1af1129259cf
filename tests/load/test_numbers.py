import math

import pytest

from hepatrial.errors import LoadError
from hepatrial.load.numbers import NumberRules, read_number, read_result
from hepatrial.study import ReadingRules

PLAIN = NumberRules()
GERMAN = NumberRules(decimal=",", thousands=".", is_thousands_declared=True)
ENGLISH = NumberRules(thousands=",", is_thousands_declared=True)
POINT = NumberRules(is_decimal_declared=True)
SWISS = NumberRules(thousands="'", is_thousands_declared=True)
COMMA = NumberRules(decimal=",")


@pytest.mark.parametrize(
    ("text", "rules", "value", "fault"),
    [
        ("12.50", PLAIN, 12.5, ""),
        ("-3", PLAIN, -3.0, ""),
        ("1.2E+03", PLAIN, 1200.0, ""),
        (".5", PLAIN, 0.5, ""),
        ("1,125.0", PLAIN, 1125.0, "number-thousands"),
        ("1.234,5", PLAIN, 1234.5, "number-comma"),
        ("12,50", PLAIN, 12.5, "number-comma"),
        ("0,125", PLAIN, 0.125, "number-comma"),
        ("1’234.5", SWISS, 1234.5, "number-thousands"),
        ("1,125", ENGLISH, 1125.0, "number-thousands"),
        ("1.234,5", GERMAN, 1234.5, "number-thousands"),
        ("12,50", COMMA, 12.5, ""),
    ],
)
def test_a_number_is_read(text, rules, value, fault):
    assert read_number(text, rules) == (value, fault)


@pytest.mark.parametrize(
    ("text", "rules", "fault"),
    [
        ("4..7", PLAIN, "number-unreadable"),
        ("1,125", PLAIN, "number-ambiguous"),
        ("12,5", ENGLISH, "number-unreadable"),
        ("12,5", POINT, "number-unreadable"),
        ("1.234,5", POINT, "number-unreadable"),
        ("1,2,3", PLAIN, "number-unreadable"),
        ("1.125,", PLAIN, "number-unreadable"),
        ("12.50", COMMA, "number-ambiguous"),
        ("1,12,5", ENGLISH, "number-unreadable"),
        ("1.23,4", GERMAN, "number-unreadable"),
        ("1_000", PLAIN, "number-unreadable"),
        ("inf", PLAIN, "number-unreadable"),
        ("1e999", PLAIN, "number-unreadable"),
        ("٣", PLAIN, "number-unreadable"),
        ("9" * 100, PLAIN, "number-unreadable"),
    ],
)
def test_what_cannot_be_read_for_sure_is_no_number(text, rules, fault):
    value, found = read_number(text, rules)
    assert math.isnan(value)
    assert found == fault


@pytest.mark.parametrize(
    ("text", "qualifier", "bound", "fault"),
    [
        ("<0.5", "<", 0.5, "result-left-censored"),
        ("< 0.2", "<", 0.2, "result-left-censored"),
        (">1000", ">", 1000.0, "result-right-censored"),
        ("≥1500", ">=", 1500.0, "result-right-censored"),
        ("=<3", "<=", 3.0, "result-left-censored"),
    ],
)
def test_a_result_beyond_a_limit_keeps_its_bound_and_has_no_value(text, qualifier, bound, fault):
    reading = read_result(text, PLAIN)
    assert math.isnan(reading.value)
    assert (reading.qualifier, reading.bound, reading.fault) == (qualifier, bound, fault)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("ND", "ND: not done or not detected"), ("未查", "not examined"), ("x", "withdrawn"), ("?", "?")],
)
def test_a_missing_result_says_why(text, reason):
    rules = NumberRules(missing=frozenset({"?"}), missing_reasons={"x": "withdrawn"})
    reading = read_result(text, rules)
    assert math.isnan(reading.value)
    assert (reading.missing_reason, reading.fault) == (reason, "result-missing")


def test_a_censored_text_that_is_no_number_is_unreadable():
    assert read_result("<LLOQ", PLAIN).fault == "number-unreadable"


def test_one_sign_cannot_be_decimal_and_thousands():
    with pytest.raises(LoadError, match="must differ"):
        NumberRules.from_reading(ReadingRules(decimal=",", thousands=","))
