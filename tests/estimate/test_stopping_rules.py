"""Stopping rules of single-arm trials: integers exactly, probabilities to 1e-6, cases by hand, the n rule."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    design_two_stage,
    estimate_stopping_characteristics,
    review_stopping,
    stopping_boundary,
)

# rule and options; looks; p0, alpha; stop_at; (p, probability of stopping); all run in R's stoppingrule 0.5.2
CONTINUOUS = {n: range(1, n + 1) for n in (10, 30, 50)}
VECTORS = [
    ({"rule": "pocock"}, CONTINUOUS[10], 0.3, 0.1, "2 3 3 4 4 5 5 5 6 6", "0.3 .088916 0.5 .458984 0.7 .881371"),
    ({"rule": "pocock"}, CONTINUOUS[10], 0.2, 0.05, "2 3 3 3 4 4 5 5 5 6", "0.2 .042126 0.4 .332259 0.6 .772803"),
    ({"rule": "pocock"}, (3, 6, 10), 0.2, 0.05, "3 4 5", "0.2 .042440 0.4 .391382 0.6 .844201"),
    (
        {"rule": "pocock"},
        CONTINUOUS[30],
        0.2,
        0.05,
        "2 3 3 4 4 4 5 5 6 6 6 7 7 7 8 8 8 8 9 9 9 10 10 10 11 11 11 11 12 12",
        "0.2 .049501 0.3 .293023 0.4 .695392",
    ),
    (
        {"rule": "pocock"},
        CONTINUOUS[50],
        0.2,
        0.1,
        "2 3 3 3 4 4 5 5 5 6 6 6 7 7 7 7 8 8 8 9 9 9 9 10 10 10 11 11 11 11 12 12 12 12 13 13 13 13 14 14 14 15 15 15"
        " 15 16 16 16 16 17",
        "0.2 .099773 0.3 .539740 0.4 .926841",
    ),
    (
        {"rule": "obrien-fleming"},
        CONTINUOUS[50],
        0.2,
        0.1,
        "5 6 6 6 6 6 7 7 7 7 7 8 8 8 8 8 9 9 9 9 9 10 10 10 10 10 11 11 11 11 11 12 12 12 12 12 13 13 13 13 13 14 14 14"
        " 14 14 15 15 15 15",
        "0.2 .094859 0.3 .617196 0.4 .958564",
    ),
    (
        {"rule": "wang-tsiatis", "delta": 0.25},
        CONTINUOUS[50],
        0.2,
        0.1,
        "3 3 4 4 4 5 5 5 6 6 6 7 7 7 7 8 8 8 8 9 9 9 9 10 10 10 10 11 11 11 11 12 12 12 12 12 13 13 13 13 14 14 14 14"
        " 15 15 15 15 15 16",
        "0.2 .099936 0.3 .598221 0.4 .950695",
    ),
    (
        {"rule": "beta-binomial", "prior": (2, 8)},
        CONTINUOUS[50],
        0.2,
        0.1,
        "3 3 4 4 4 5 5 5 6 6 6 6 7 7 7 7 8 8 8 8 9 9 9 9 10 10 10 11 11 11 11 12 12 12 12 13 13 13 13 14 14 14 14 15"
        " 15 15 15 15 16 16",
        "0.2 .099513 0.3 .582411 0.4 .944907",
    ),
    (
        {"rule": "beta-binomial", "prior": (0.6, 2.4)},
        CONTINUOUS[30],
        0.2,
        0.1,
        "2 3 3 3 4 4 5 5 5 5 6 6 6 7 7 7 7 8 8 8 9 9 9 9 10 10 10 10 11 11",
        "0.2 .09957367 0.25 .23832301 0.3 .43615256 0.35 .64555222 0.4 .81491087",
    ),
    (
        {"rule": "sprt", "p1": 0.3},
        CONTINUOUS[30],
        0.1,
        0.05,
        "2 3 3 3 3 3 4 4 4 4 4 5 5 5 5 5 5 6 6 6 6 6 7 7 7 7 7 7 8 8",
        "0.1 .049075 0.2 .418700 0.3 .833785",
    ),
    (
        {"rule": "maxsprt"},
        CONTINUOUS[30],
        0.2,
        0.1,
        "2 2 3 3 4 4 5 5 5 6 6 6 7 7 7 8 8 8 8 9 9 9 10 10 10 10 11 11 11 12",
        "0.2 .095638 0.3 .380454 0.4 .760796",
    ),
]


@pytest.mark.reference
@pytest.mark.parametrize(("rule", "looks", "p0", "alpha", "stop_at", "stops"), VECTORS)
def test_boundaries_and_probabilities_of_stoppingrule(rule, looks, p0, alpha, stop_at, stops):
    boundary = stopping_boundary(looks, p0=p0, alpha=alpha, **rule)
    assert boundary.stop_at == tuple(int(b) for b in stop_at.split())
    truths, wanted = np.reshape([float(v) for v in stops.split()], (-1, 2)).T
    table = estimate_stopping_characteristics(boundary, truths).table
    np.testing.assert_allclose(table["stop_probability"], wanted, atol=1e-6)
    assert boundary.attained == pytest.approx(wanted[0], abs=1e-6)


@pytest.mark.reference
def test_expected_events_printed_by_stoppingrule():
    boundary = stopping_boundary(range(1, 31), p0=0.2, rule="beta-binomial", prior=(0.6, 2.4), alpha=0.1)
    table = estimate_stopping_characteristics(boundary, [0.2, 0.25, 0.3, 0.35, 0.4]).table
    wanted = [5.651197, 6.536293, 6.926712, 6.819377, 6.355803]
    np.testing.assert_allclose(table["expected_events"], wanted, atol=1e-6)


@pytest.mark.reference
def test_example_of_the_stoppingrule_readme():
    """Its E(events) was wrong then and is not compared: 9.4248 at p = 0.2 is not 0.2 x 46.724 (Wald)."""
    table = estimate_stopping_characteristics(
        stopping_boundary(range(1, 51), p0=0.2, rule="pocock", alpha=0.1), [0.2, 0.25, 0.3, 0.35, 0.4]
    ).table
    stops = [0.09977254, 0.27689051, 0.53974016, 0.78266569, 0.92684148]
    np.testing.assert_allclose(table["stop_probability"], stops, atol=6e-9)
    patients = [46.72419, 41.93172, 34.66321, 26.59365, 19.62976]
    np.testing.assert_allclose(table["expected_n"], patients, atol=6e-6)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("looks", "p0", "alpha", "interval"),
    [
        (CONTINUOUS[50], 0.2, 0.1, (0.028792106, 0.029758245)),
        (CONTINUOUS[30], 0.2, 0.05, (0.016960, 0.017331870)),
        (CONTINUOUS[10], 0.3, 0.1, (0.057967650, 0.070470)),
        (CONTINUOUS[10], 0.2, 0.05, (0.0272, 0.032793498)),
        ((3, 6, 10), 0.2, 0.05, (0.032793498, 0.098880)),
    ],
)
def test_pocock_levels_that_give_the_boundary(looks, p0, alpha, interval):
    """From the largest admissible exact level up to, not including, the next: no printed value is needed."""
    boundary = stopping_boundary(looks, p0=p0, alpha=alpha, rule="pocock")
    assert (boundary.critical_value, boundary.critical_value_above) == pytest.approx(interval, abs=5e-6)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("last", "prior", "interval"),
    [(30, (0.6, 2.4), (0.036808483, 0.036917308)), (50, (2, 8), (0.050837135, 0.051193392))],
)
def test_posterior_tails_that_give_the_boundary(last, prior, interval):
    boundary = stopping_boundary(CONTINUOUS[last], p0=0.2, alpha=0.1, rule="beta-binomial", prior=prior)
    assert (1 - boundary.critical_value, 1 - boundary.critical_value_above) == pytest.approx(interval, abs=1e-9)


@pytest.mark.reference
def test_two_looks_by_hand():
    """Stop at 3 of 3 or 4 of 5: P(stop) = p^3 + P(2 of the first 3) P(2 of 2 more)."""
    boundary = replace(stopping_boundary([3, 5], p0=0.2, rule="pocock", alpha=0.05), stop_at=(3, 4))
    p = 0.3
    table = estimate_stopping_characteristics(boundary, [p]).table
    by_hand = p**3 + 3 * p**2 * (1 - p) * p**2
    assert table["stop_probability"][0] == pytest.approx(by_hand, rel=1e-12)
    assert table["stop_early"][0] == pytest.approx(p**3, rel=1e-12)
    assert table["expected_n"][0] == pytest.approx(5 - 2 * p**3, rel=1e-12)


@pytest.mark.reference
@pytest.mark.parametrize(("p0", "p1", "wanted"), [(0.2, 0.35, (8, 13, 18, 22)), (0.2, 0.3, (8, 13, 17, 21))])
def test_clinfun_toxbdry_of_the_help_page(p0, p1, wanted):
    alpha = 0.1 if p1 > 0.3 else 0.15
    boundary = stopping_boundary((20, 40, 60, 75), p0=p0, rule="pocock", alpha=alpha)
    table = estimate_stopping_characteristics(boundary, [p0, p1]).table
    probabilities = [0.087506, 0.911411] if p1 > 0.3 else [0.11697, 0.75762]
    assert boundary.stop_at == wanted
    np.testing.assert_allclose(table["stop_probability"], probabilities, atol=5e-6)


TOXBDRY = [
    ((20, 40, 60, 75), 0.2, 0.35, 0.1, "7 12 17 21", ".087506 .911411", "7 12 17 20", ".10130 .93507"),
    ((20, 40, 60, 75), 0.2, 0.3, 0.15, "7 12 16 20", ".11697 .75762", "6 12 16 20", ".15214 .77706"),
    (
        tuple(range(2, 31)), 0.1, 0.3, 0.1,
        "1 1 2 2 2 2 2 3 3 3 3 3 4 4 4 4 4 4 5 5 5 5 5 5 5 6 6 6 6", ".097413 .898297",
        "1 1 2 2 2 2 2 3 3 3 3 3 4 4 4 4 4 4 4 5 5 5 5 5 5 6 6 6 6", ".10020 .90068",
    ),
]  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize(("looks", "p0", "p1", "alpha", "upper", "crosses", "lower", "crosses_lower"), TOXBDRY)
def test_both_boundaries_of_clinfun_toxbdry(looks, p0, p1, alpha, upper, crosses, lower, crosses_lower):
    """Its table holds the largest count that goes on; ``lower`` is the next more liberal boundary. Printed digits."""
    boundary = stopping_boundary(looks, p0=p0, rule="pocock", alpha=alpha)
    above = replace(boundary, stop_at=boundary.stop_at_above)
    for one, table, printed in ((boundary, upper, crosses), (above, lower, crosses_lower)):
        assert [stop - 1 for stop in one.stop_at] == [int(count) for count in table.split()]
        found = estimate_stopping_characteristics(one, [p0, p1]).table["stop_probability"]
        wanted = printed.split()
        assert [f"{value:.{len(text) - 1}f}"[1:] for value, text in zip(found, wanted, strict=True)] == wanted


@pytest.mark.reference
def test_posterior_cutoff_decides_as_the_beta_tail():
    """Facts file: P(p > 0.2) is .936328 at 2/2 and .982665 at 3/3 with Beta(0.6, 2.4)."""
    assert beta.sf(0.2, 0.6 + 2, 2.4) == pytest.approx(0.936328, abs=5e-7)
    assert beta.sf(0.2, 0.6 + 3, 2.4) == pytest.approx(0.982665, abs=5e-7)
    options = {"p0": 0.2, "rule": "beta-binomial", "prior": (0.6, 2.4)}
    assert stopping_boundary([2, 3], **options, cutoff=0.9364).stop_at == (3, 3)
    assert stopping_boundary([2, 3], **options, cutoff=0.9363).stop_at == (2, 3)


def test_equal_evidence_is_not_split_by_rounding():
    """Under p0 = 0.2, 2 of 5, 3 of 10 and 4 of 15 are the same O'Brien-Fleming evidence: all stop or none."""
    for alpha in np.linspace(0.01, 0.6, 60):
        boundary = stopping_boundary([5, 10, 15], p0=0.2, rule="obrien-fleming", alpha=alpha)
        assert len({b - n for b, n in zip(boundary.stop_at, (1, 2, 3), strict=True)}) == 1


@pytest.mark.reference
def test_recursion_equals_counting_every_path():
    boundary = stopping_boundary(range(1, 11), p0=0.3, rule="pocock", alpha=0.1)
    paths = np.array(list(product([0, 1], repeat=10)))
    crossed = paths.cumsum(axis=1) >= np.array(boundary.stop_at)
    end = np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, 10)
    chance = 0.4 ** paths.sum(axis=1) * 0.6 ** (10 - paths.sum(axis=1))
    row = estimate_stopping_characteristics(boundary, [0.4]).table.iloc[0]
    assert row["stop_probability"] == pytest.approx(chance[crossed.any(axis=1)].sum(), rel=1e-12)
    assert row["expected_n"] == pytest.approx(chance @ end, rel=1e-12)


@pytest.mark.property
@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    last=st.integers(8, 40),
    p0=st.floats(0.05, 0.5),
    alpha=st.floats(0.05, 0.3),
    rule=st.sampled_from(["pocock", "obrien-fleming", "maxsprt"]),
    p=st.floats(0, 1),
)
def test_level_is_kept_exhausted_and_wald_holds(last, p0, alpha, rule, p):
    boundary = stopping_boundary(range(1, last + 1), p0=p0, rule=rule, alpha=alpha)
    assert boundary.attained <= alpha
    if boundary.stop_at_above is not None:
        above = replace(boundary, stop_at=boundary.stop_at_above)
        assert estimate_stopping_characteristics(above, [p0]).table["stop_probability"][0] > alpha
    row = estimate_stopping_characteristics(boundary, [p]).table.iloc[0]
    assert row["expected_events"] == pytest.approx(p * row["expected_n"], abs=1e-9)
    assert (np.diff(boundary.stop_at) >= 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"looks": [3, 3]}, "increasing"),
        ({"p0": 1.0}, "p0"),
        ({"alpha": None}, "alpha"),
        ({"rule": "sprt"}, "needs p1"),
        ({"delta": 0.2}, "takes no delta"),
        ({"rule": "sprt", "p1": 0.1}, "above p0"),
        ({"cutoff": 0.9}, "beta-binomial"),
        ({"alpha": 0.001}, "no boundary"),
    ],
)
def test_impossible_rules_are_refused(change, message):
    options = {"looks": [2, 4], "p0": 0.2, "rule": "pocock", "alpha": 0.1} | change
    with pytest.raises(EstimateError, match=message):
        stopping_boundary(options.pop("looks"), **options)


BOUNDARY = stopping_boundary([3, 6], p0=0.1, rule="pocock", alpha=0.05)  # stops at 2 of 3 or 3 of 6
ENTRY = np.array(["2025-01-01", "2025-01-08", "2025-01-15", "2025-01-22"], dtype="datetime64[D]")


def review(time, event, cut="2025-02-15", window=28, entry=ENTRY):
    return review_stopping(BOUNDARY, entry, time, event, cut=cut, window=window)


def test_the_boundary_of_the_examples_below():
    assert BOUNDARY.stop_at == (2, 3)


def test_a_recent_death_does_not_count_before_its_peers_are_evaluable():
    """The fourth patient died at once, 24 days before the cut: listed apart, the first three decide."""
    done = review([45, 5, 31, 2], [0, 1, 0, 1])
    assert (done.n_entered, done.n_evaluable, done.n_events, done.n_events_others) == (4, 3, 1, 1)
    assert done.verdict == "continue"
    assert done.reason == "1 event among the first 3 patients; the rule stops at 2"


def test_potential_follow_up_reaches_the_window_on_its_last_day():
    assert review([42, 35, 28, 21], [0] * 4, cut="2025-02-12").n_evaluable == 3
    assert review([41, 34, 27, 20], [0] * 4, cut="2025-02-11").n_evaluable == 2


def test_reached_boundary():
    done = review([28, 5, 20, 24], [0, 1, 1, 0])
    assert done.verdict == "boundary reached"
    assert done.path["n_events"].tolist() == [0, 1, 2]


def test_a_death_after_the_window_is_no_event():
    assert review([28 + 5, 29, 31, 24], [1, 1, 0, 0]).n_events == 0


def test_too_few_patients_is_not_evaluable():
    done = review([40, 33, 26, 19], [0, 0, 1, 1], cut="2025-02-10")
    assert (done.verdict, done.status) == ("not evaluable", "not_estimable")
    assert "the first look needs 3" in done.reason


def test_an_unknown_outcome_matters_only_where_it_decides():
    decides = review([10, 5, 31, 24], [0, 1, 0, 0])
    assert (decides.verdict, decides.n_unknown) == ("not evaluable", 1)
    assert review([10, 30, 31, 24], [0, 0, 0, 0]).verdict == "continue"
    assert review([10, 5, 6, 24], [0, 1, 1, 0]).verdict == "boundary reached"


def test_order_of_rows_does_not_matter():
    time, event = np.array([28, 5, 20, 24]), np.array([0, 1, 1, 0])
    mixed = [2, 0, 3, 1]
    assert review(time[mixed], event[mixed], entry=ENTRY[mixed]).path.equals(review(time, event).path)


def test_data_after_the_cut_are_refused():
    with pytest.raises(EstimateError, match="row 3 has follow-up 1 days after the cut"):
        review([28, 5, 20, 25], [0, 1, 1, 0])


def test_patients_past_the_last_look_are_noted():
    done = review_stopping(BOUNDARY, np.zeros(8), np.full(8, 30.0), np.zeros(8), cut=30.0, window=28)
    assert done.verdict == "continue"
    assert done.notes == ("2 evaluable patients beyond the last look are not used",)


@pytest.mark.reference
def test_simon_two_stage_of_the_paper():
    """Simon (1989), table 1: p0 0.05, p1 0.25, alpha = beta = 0.1: optimal 0/9 2/24, minimax 0/13 2/20."""
    minimax, optimal = design_two_stage(0.05, 0.25, alpha=0.1, beta=0.1, n_max=40)
    assert (optimal.r1, optimal.n1, optimal.r, optimal.n) == (0, 9, 2, 24)
    assert (minimax.r1, minimax.n1, minimax.r, minimax.n) == (0, 13, 2, 20)
    assert (round(optimal.expected_n, 1), round(minimax.expected_n, 1)) == (14.5, 16.4)
