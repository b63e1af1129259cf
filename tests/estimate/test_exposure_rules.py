"""Stopping rules in events and total follow-up: R's own arithmetic, cases by hand, simulated Poisson processes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    estimate_exposure_characteristics,
    review_stopping_exposure,
    stopping_boundary_exposure,
)

# critical value, first and last-but-one deadline, (p, stop, events): own script in R 4.2.2, uniroot(tol = 1e-12) on the
# boundary function and a dpois recursion, after the definitions of stoppingrule::calc.rule.surv
FIFTY = {"max_exposure": 3000, "p0": 0.2, "window": 60, "alpha": 0.1}
VECTORS = [
    ({"rule": "pocock"}, FIFTY, 3.513938897, 18.832493, 2843.101983, [(0.3, 0.346118127, 13.30782397)]),
    ({"rule": "obrien-fleming"}, FIFTY, 1.673197789, 110.545230, 2799.397300, [(0.4, 0.978013924, 10.49589680)]),
    (
        {"rule": "wang-tsiatis", "delta": 0.25},
        FIFTY,
        1.963253337,
        1.584314,
        2832.861687,
        [(0.2, 0.1, 10.51891220), (0.3, 0.632020163, 11.86495251)],
    ),
    (
        {"rule": "gamma-poisson", "prior": (1, 1000)},
        FIFTY,
        0.767712338,
        105.115013,
        2972.506343,
        [(0.3, 0.665459010, 12.24767015)],
    ),
    (
        {"rule": "sprt", "p1": 0.3},
        {"max_exposure": 840, "p0": 0.1, "window": 28, "alpha": 0.05},
        2.442960696,
        135.407266,
        814.720294,
        [(0.2, 0.446639656, 5.01389342), (0.3, 0.866922124, 4.80460707)],
    ),
]


@pytest.mark.reference
@pytest.mark.parametrize(("rule", "trial", "critical", "first", "late", "characteristics"), VECTORS)
def test_agrees_with_r(rule, trial, critical, first, late, characteristics):
    boundary = stopping_boundary_exposure(**trial, **rule)
    assert boundary.critical_value == pytest.approx(critical, abs=2e-9)
    assert (boundary.deadlines[0], boundary.deadlines[-2]) == pytest.approx((first, late), abs=2e-6)
    truths, stops, events = zip(*characteristics, strict=True)
    table = estimate_exposure_characteristics(boundary, list(truths))
    np.testing.assert_allclose(table["stop_probability"], stops, atol=2e-9)
    np.testing.assert_allclose(table["expected_events"], events, atol=2e-8)


@pytest.mark.reference
def test_two_deadlines_by_hand():
    """Stop at event 1 by u1 or event 2 by u2: P(go on) = P(none by u1) P(at most one in u2 - u1)."""
    boundary = stopping_boundary_exposure(100, p0=0.1, window=28, rule="sprt", p1=0.5, alpha=0.1)
    (u1, u2), rate = boundary.deadlines, -np.log(0.7) / 28
    assert boundary.events == (1, 2)
    gain = rate * (u2 - u1)
    go_on = np.exp(-rate * u1) * np.exp(-gain) * (1 + gain)
    stop = estimate_exposure_characteristics(boundary, [0.3])["stop_probability"][0]
    assert stop == pytest.approx(1 - go_on, rel=1e-12)


def test_simulated_processes_stop_as_often():
    boundary = stopping_boundary_exposure(**FIFTY, rule="maxsprt")
    rate = -np.log(0.7) / 60
    arrivals = np.random.default_rng(61).exponential(1 / rate, (20000, boundary.events[-1])).cumsum(axis=1)
    crossed = (arrivals[:, np.array(boundary.events) - 1] <= np.array(boundary.deadlines)).any(axis=1)
    exact = estimate_exposure_characteristics(boundary, [0.3])["stop_probability"][0]
    assert abs(crossed.mean() - exact) < 4 * np.sqrt(exact * (1 - exact) / 20000)


@pytest.mark.property
@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    n=st.integers(10, 60),
    p0=st.floats(0.05, 0.5),
    alpha=st.floats(0.02, 0.2),
    rule=st.sampled_from(["pocock", "obrien-fleming", "maxsprt"]),
)
def test_level_is_exact_and_more_events_have_later_deadlines(n, p0, alpha, rule):
    boundary = stopping_boundary_exposure(n * 28, p0=p0, window=28, rule=rule, alpha=alpha)
    assert boundary.attained == pytest.approx(alpha, abs=1e-9)
    assert (np.diff(boundary.deadlines) > 0).all()
    stops = estimate_exposure_characteristics(boundary, [p0, min(p0 + 0.1, 0.9)])["stop_probability"]
    assert stops[1] > stops[0]


BOUNDARY = stopping_boundary_exposure(280, p0=0.2, window=28, rule="obrien-fleming", alpha=0.1)


def test_exposure_at_each_event_by_hand():
    """Entries on days 0, 10, 20; deaths on days 15 and 24, the third patient alive at the cut on day 40.

    By day 15: 15 + 5 = 20. By day 24: 15 + 14 + 4 = 33. At the cut: 15 + 14 + 20 = 49.
    """
    done = review_stopping_exposure(BOUNDARY, [0, 10, 20], [15, 14, 20], [1, 1, 0], cut=40)
    assert done.path["exposure"].tolist() == [20, 33]
    assert (done.exposure, done.n_events, done.verdict) == (49, 2, "continue")


def test_a_death_counts_at_once_in_events_and_follow_up():
    first = BOUNDARY.events[0]
    entry = np.zeros(first)
    quick = review_stopping_exposure(BOUNDARY, entry, np.ones(first), np.ones(first), cut=10)
    assert quick.verdict == "boundary reached"
    assert f"event {first} came at {first} of follow-up" in quick.reason
    slow = review_stopping_exposure(BOUNDARY, np.zeros(20), [28] * (20 - first) + [27] * first, [0] * 20, cut=30)
    assert slow.verdict == "continue"
    assert slow.notes


def test_events_after_the_window_do_not_count():
    done = review_stopping_exposure(BOUNDARY, ["2025-01-01"], [30], [1], cut="2025-03-01")
    assert (done.n_events, done.exposure) == (0, 28)


def test_no_follow_up_is_not_evaluable():
    assert review_stopping_exposure(BOUNDARY, [0.0], [0.0], [0], cut=0).verdict == "not evaluable"


@pytest.mark.parametrize(
    ("change", "message"),
    [({"p0": 0}, "p0"), ({"rule": "sprt"}, "needs p1"), ({"delta": 0.1}, "no delta"), ({"window": 0}, "window")],
)
def test_impossible_rules_are_refused(change, message):
    with pytest.raises(EstimateError, match=message):
        stopping_boundary_exposure(**(FIFTY | {"rule": "pocock"} | change))
