"""Exact operating characteristics of a stopping boundary by recursion over the number of events.

Among the trials still going on, the events at look k+1 are those at look k plus Binomial(n_{k+1} - n_k, p), independent
of the past; a trial with at least b_k events leaves. Schultz et al. (1973), Biometrics 29, 293.
R: ``stoppingrule::OC.rule.bin``, ``clinfun::bdrycross.prob``.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import binom

from hepatrial.estimate.inputs import FloatArray, IntArray


def iterate_looks(looks: IntArray, stop_at: IntArray, p: float) -> Iterator[tuple[FloatArray, FloatArray]]:
    """For each look the probability of stopping there with x = 0, 1, .. events, and of going on with x events."""
    going, seen = np.ones(1), 0
    for n, bound in zip(looks.tolist(), stop_at.tolist(), strict=True):
        step = n - seen
        going = np.convolve(going, binom.pmf(np.arange(step + 1), step, p))
        stopping = np.where(np.arange(going.size) >= bound, going, 0.0)
        going, seen = going - stopping, n
        yield stopping, going


def compute_stop_probability(looks: IntArray, stop_at: IntArray, p: float) -> float:
    """Probability of ever stopping."""
    return float(sum(stopping.sum() for stopping, _ in iterate_looks(looks, stop_at, p)))


def compute_moments(looks: Sequence[int], stop_at: Sequence[int], p: float) -> tuple[FloatArray, float, float]:
    """Probability of stopping at each look, expected patients and expected events when the trial ends."""
    at_look, events, left = [], 0.0, np.ones(1)
    for stopping, going in iterate_looks(np.array(looks), np.array(stop_at), p):
        at_look.append(float(stopping.sum()))
        events += float(stopping @ np.arange(stopping.size))
        left = going
    events += float(left @ np.arange(left.size))
    stops = np.array(at_look)
    patients = float(stops @ np.array(looks, dtype=float) + looks[-1] * (1 - stops.sum()))
    return stops, patients, events
