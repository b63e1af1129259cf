"""Tables without information: no estimate is made up where events or non-events are missing altogether."""

import math

import pytest

from hepatrial.estimate import compare_proportions


@pytest.mark.parametrize(("x", "what"), [(0, "no event"), (5, "nobody without an event")])
@pytest.mark.parametrize("method", ["miettinen-nurminen", "wald"])
def test_an_odds_ratio_of_nothing_is_not_estimable(x, what, method):
    """x(n - y) / y(n - x) is 0/0; every odds ratio is as likely."""
    found = compare_proportions({"a": x, "b": x}, {"a": 5, "b": 5}, reference="b", measure="odds-ratio", method=method)
    assert math.isnan(found.estimate)
    assert found.status == "not_estimable"
    assert what in found.notes[0]


def test_a_risk_ratio_of_certainties_is_one():
    found = compare_proportions({"a": 5, "b": 5}, {"a": 5, "b": 5}, reference="b", measure="ratio")
    assert (found.estimate, found.status) == (1.0, "ok")
    assert found.conf_low < 1 < found.conf_high
