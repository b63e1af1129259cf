"""Adjusted p-values against R, statsmodels, closed tests over every intersection, and cases by hand."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from hepatrial.errors import EstimateError
from hepatrial.estimate import adjust_p_values
from hepatrial.validation.pack import SHIPPED

EXPECTED = pd.read_csv(SHIPPED / "multiplicity" / "expected.csv")
CASES = [(case, method) for case, method in EXPECTED.groupby(["case", "method"]).groups]
GATEKEEPER = ([0.5, 0.5, 0, 0], [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]])


@pytest.mark.reference
@pytest.mark.parametrize(("case", "method"), CASES)
def test_agrees_with_p_adjust(case, method):
    rows = EXPECTED[(EXPECTED["case"] == case) & (EXPECTED["method"] == method)]
    got = adjust_p_values(rows["p"].to_numpy(), method=method).adjusted
    np.testing.assert_allclose(got, rows["adjusted"], rtol=1e-14)


@pytest.mark.property
@settings(max_examples=10, deadline=None, derandomize=True)  # multipletests is slow
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_agrees_with_statsmodels(p):
    for method, name in [("holm", "holm"), ("hochberg", "simes-hochberg"), ("hommel", "hommel")]:
        wanted = multipletests(p, method=name)[1]
        np.testing.assert_allclose(adjust_p_values(p, method=method).adjusted, wanted, rtol=1e-10, atol=1e-300)


@pytest.mark.property
@settings(max_examples=50, deadline=None, derandomize=True)
@given(p=st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_power_ranks_as_theory_says(p):
    bonferroni, holm, hochberg, hommel = (
        np.array(adjust_p_values(p, method=method).adjusted) for method in ("bonferroni", "holm", "hochberg", "hommel")
    )
    slack = 1e-12
    assert (bonferroni >= holm - slack).all()
    assert (holm >= hochberg - slack).all()
    assert (hochberg >= hommel - slack).all()
    assert (hommel >= np.array(p) - slack).all()


@pytest.mark.property
@settings(max_examples=50, deadline=None, derandomize=True)
@given(p=st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_holm_and_fixed_sequence_are_graphs(p):
    size = len(p)
    complete = (np.ones((size, size)) - np.eye(size)) / (size - 1)
    holm = adjust_p_values(p, method="graphical", weights=np.full(size, 1 / size), transitions=complete)
    np.testing.assert_allclose(holm.adjusted, adjust_p_values(p, method="holm").adjusted, rtol=1e-9, atol=1e-300)
    chain = adjust_p_values(p, method="graphical", weights=np.eye(size)[0], transitions=np.eye(size, k=1))
    assert chain.adjusted == adjust_p_values(p, method="fixed-sequence").adjusted


def closed_bonferroni(p, weights, transitions):
    """Every intersection tested with the weights left when all other hypotheses were removed, one at a time."""
    worst = np.zeros(len(p))
    for size in range(1, len(p) + 1):
        for kept in combinations(range(len(p)), size):
            share, graph = remove(set(range(len(p))) - set(kept), weights, transitions)
            level = min([p[i] / share[i] for i in kept if share[i] > 0], default=1.0)
            for i in kept:
                worst[i] = max(worst[i], min(level, 1.0))
    return worst


def remove(out, weights, transitions):
    share, graph = list(weights), [list(row) for row in transitions]
    nodes = set(range(len(share)))
    for j in out:
        nodes -= {j}
        new = [[0.0] * len(share) for _ in share]
        for a in nodes:
            share[a] += share[j] * graph[j][a]
            for b in nodes - {a}:
                loop = graph[a][j] * graph[j][a]
                new[a][b] = (graph[a][b] + graph[a][j] * graph[j][b]) / (1 - loop) if loop < 1 else 0.0
        graph = new
    return share, graph


@pytest.mark.reference
@settings(max_examples=60, deadline=None, derandomize=True)
@given(p=st.lists(st.floats(1e-6, 1), min_size=4, max_size=4))
def test_the_graph_is_a_short_cut_of_the_closed_test(p):
    weights, transitions = GATEKEEPER
    got = adjust_p_values(p, method="graphical", weights=weights, transitions=transitions).adjusted
    np.testing.assert_allclose(got, closed_bonferroni(p, weights, transitions), rtol=1e-9)


@pytest.mark.reference
def test_gatekeeping_by_hand():
    """Primary 1 and 2 with half of alpha each, each passes half to the other and half to its secondary.

    p1/.5 = .02 first; then weights .75, .25 for 2 and 3: p3/.25 = .04 against p2/.75 = .08: hypothesis 3 next, which
    passes .25 to hypothesis 2 (weight 1): p2 = .06. Hypothesis 4 then holds weight 1: p4 = .03, not below .06.
    """
    weights, transitions = GATEKEEPER
    got = adjust_p_values([0.01, 0.06, 0.01, 0.03], method="graphical", weights=weights, transitions=transitions)
    assert got.adjusted == pytest.approx((0.02, 0.06, 0.04, 0.06), rel=1e-12)


@pytest.mark.reference
def test_fixed_sequence_by_hand():
    assert adjust_p_values([0.01, 0.2, 0.001], method="fixed-sequence").adjusted == (0.01, 0.2, 0.2)


def test_weight_that_nobody_receives_is_lost():
    """Two hypotheses that pass nothing on: plain Bonferroni; one without weight is never rejected."""
    got = adjust_p_values([0.01, 0.02, 0.0], method="graphical", weights=[0.5, 0.5, 0], transitions=np.zeros((3, 3)))
    assert got.adjusted == (0.02, 0.04, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"p_values": [0.1, 1.2], "method": "holm"}, "probabilities"),
        ({"p_values": [0.1, np.nan], "method": "holm"}, "missing"),
        ({"p_values": [], "method": "holm"}, "probabilities"),
        ({"p_values": [0.1], "method": "sidak"}, "method"),
        ({"p_values": [0.1], "method": "graphical"}, "needs both"),
        ({"p_values": [0.1], "method": "graphical", "weights": [1]}, "needs both"),
        ({"p_values": [0.1, 0.2], "method": "holm", "weights": np.array([0.5, 0.5])}, "graphical"),
        ({"p_values": [0.1], "method": "graphical", "weights": [1.1], "transitions": [[0]]}, "at most 1"),
        ({"p_values": [0.1], "method": "graphical", "weights": [1], "transitions": [[0.5]]}, "diagonal"),
        ({"p_values": [0.1], "method": "graphical", "weights": [1], "transitions": [[0, 1]]}, "matrix"),
        ({"p_values": [0.1], "method": "graphical", "weights": [1], "transitions": [[np.nan]]}, "transitions"),
    ],
)
def test_impossible_families_are_refused(options, message):
    with pytest.raises(EstimateError, match=message):
        adjust_p_values(options.pop("p_values"), **options)
