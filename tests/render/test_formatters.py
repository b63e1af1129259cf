"""Numbers to text: rounding, the formats, and what is shown when there is no number."""

from datetime import date

import pytest

from hepatrial.errors import RenderError
from hepatrial.render.formatters import format_value


@pytest.mark.reference
@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (2.675, "fixed2", "2.68"),  # SAS 9.4 put(2.675, 8.2); Python's round gives 2.67
        (0.285, "fixed2", "0.29"),
        (1.005, "fixed2", "1.01"),
        (0.125, "fixed2", "0.13"),
        (-0.125, "fixed2", "-0.13"),
        (-0.001, "fixed2", "0.00"),
        (1e-7, "fixed2", "0.00"),
        (123456.5, "count", "123457"),
        (70.0, "percent1", "70.0"),
        (0.2855, "proportion1", "28.6"),
        (1.0, "proportion1", "100.0"),
        (0.04999, "p", "0.0500"),
        (0.00009999, "p", "<0.0001"),
        (0.0001, "p", "0.0001"),
        (0.99995, "p", ">0.9999"),
        (0.012345, "significant3", "0.0123"),
        (12345.6, "significant3", "12346"),
        (0.0, "significant3", "0"),
    ],
)
def test_numbers_round_half_away_from_zero_on_their_decimal_text(value, spec, text):
    assert format_value(value, spec) == text


@pytest.mark.parametrize(
    ("value", "status", "text"),
    [
        (None, "ok", "–"),
        (float("nan"), "ok", "–"),
        (float("nan"), "not_estimable", "NE"),
        (float("nan"), "failed", "failed"),
        (date(2025, 6, 30), "ok", "2025-06-30"),
        ("<5", "ok", "<5"),
    ],
)
def test_what_is_not_a_number_says_so(value, status, text):
    assert format_value(value, "fixed1", status=status) == text


def test_an_unknown_format_is_an_error():
    with pytest.raises(RenderError, match="'bold' is not a format"):
        format_value(1.0, "bold")


def test_an_infinite_value_is_an_error():
    with pytest.raises(RenderError, match="needs a status"):
        format_value(float("inf"), "fixed1")
