"""Stopping rules for time-to-event safety data: events against the total follow-up of all patients.

Patients contribute follow-up from entry to the event, the last contact or the end of the window: nobody waits to become
evaluable. Under a constant hazard the events come as a Poisson process in total follow-up u, with
rate0 = -log(1 - p0) / window when a patient has the event within the window with probability p0. With m0 = rate0 u and
U the largest total follow-up, the trial stops with d events when

    wang-tsiatis    d - m0 >= c sqrt(rate0) U^(1/2 - delta) u^delta; delta 0 is obrien-fleming, 1/2 pocock
    gamma-poisson   P(rate > rate0 | d, u) >= c, prior Gamma(shape, rate)
    sprt            d log(rate1 / rate0) - (rate1 - rate0) u >= c
    maxsprt         d log(d / m0) - (d - m0) >= c, and d > m0

so that d events stop the trial when they have come by the deadline u_d. Not to stop means N(u_d) <= d - 1 for every d,
which gives the probability of stopping by an exact recursion over Poisson increments; c is solved for it to be alpha.
Martens et al. (2025), Clinical Trials 22, 267. R: ``stoppingrule::calc.rule.surv``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import gammainccinv, lambertw
from scipy.stats import poisson

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, as_float_array, check_choice


@dataclass(frozen=True)
class ExposureBoundary:
    """Stop when the ``events[k]``-th event comes at or before total follow-up ``deadlines[k]``, to ``max_exposure``."""

    events: tuple[int, ...]
    deadlines: tuple[float, ...]
    max_exposure: float
    p0: float
    window: float
    alpha: float
    critical_value: float
    attained: float
    method: str
    status: str
    notes: tuple[str, ...]


Deadline = Callable[[FloatArray, float], FloatArray]


def stopping_boundary_exposure(
    max_exposure: float,
    *,
    p0: float,
    window: float,
    rule: str,
    alpha: float,
    delta: float | None = None,
    prior: tuple[float, float] | None = None,
    p1: float | None = None,
) -> ExposureBoundary:
    """Stopping boundary in events and total follow-up.

    Parameters
    ----------
    max_exposure : largest total follow-up, in the unit of ``window``: patients times window, or, as expected under p0,
        patients times p0 / rate0.
    p0, p1 : acceptable probability of the event within ``window``, and the one of sprt.
    rule : pocock, obrien-fleming, wang-tsiatis (with ``delta``), gamma-poisson (``prior``), sprt (``p1``), maxsprt.
    alpha : probability of ever stopping under p0.
    """
    if not 0 < p0 < 1 or not 0 < alpha < 1 or not window > 0 or not max_exposure > 0:
        raise EstimateError(f"need p0 and alpha in (0, 1), window and max_exposure > 0; got {p0}, {alpha}, {window}")
    rate0 = -np.log1p(-p0) / window
    deadline = _make_deadline(rule, rate0, max_exposure, window, delta, prior, p1)
    counts = np.arange(1.0, poisson.isf(1e-12, rate0 * max_exposure) + 2)

    def excess(critical: float) -> float:
        return _stop_probability(*_steps(deadline(counts, critical), max_exposure), rate0) - alpha

    low, high = (1e-9, 1 - 1e-12) if rule == "gamma-poisson" else (1e-9, 40.0)
    if excess(low) < 0 or excess(high) > 0:
        raise EstimateError(f"rule {rule} cannot stop with probability {alpha:g} under p0")
    critical = float(brentq(excess, low, high, xtol=1e-13, rtol=1e-13))
    events, deadlines = _steps(deadline(counts, critical), max_exposure)
    attained = _stop_probability(events, deadlines, rate0)
    return ExposureBoundary(
        tuple(events.tolist()),
        tuple(deadlines.tolist()),
        max_exposure,
        p0,
        window,
        alpha,
        critical,
        attained,
        rule,
        "ok",
        (),
    )


def estimate_exposure_characteristics(boundary: ExposureBoundary, p: list[float]) -> pd.DataFrame:
    """Exact probability of stopping and expected numbers if a patient has the event by the window with probability p.

    Columns p, stop_probability, expected_events, expected_exposure (expected events over the rate, Wald's identity).
    R: ``stoppingrule::OC.rule.surv``, whose follow-up counts every stop at its deadline and so is longer.
    """
    truths = as_float_array(p, "p")
    if not ((truths > 0) & (truths < 1)).all():
        raise EstimateError(f"p must be in (0, 1), got {p}")
    events, deadlines = np.array(boundary.events), np.array(boundary.deadlines)
    rows = []
    for truth in truths.tolist():
        rate = -np.log1p(-truth) / boundary.window
        stops, going = _iterate(events, deadlines, rate)
        expected = float(stops @ events + going @ np.arange(going.size))
        rows.append((truth, float(stops.sum()), expected, expected / rate))
    return pd.DataFrame(rows, columns=["p", "stop_probability", "expected_events", "expected_exposure"])


def _steps(deadlines: FloatArray, max_exposure: float) -> tuple[FloatArray, FloatArray]:
    """Events that can stop the trial with their deadlines; the last one may come until the end."""
    can = np.flatnonzero(deadlines > 0)
    used = can[: int(np.searchsorted(deadlines[can], max_exposure)) + 1]
    return used + 1, np.minimum(deadlines[used], max_exposure)


def _stop_probability(events: FloatArray, deadlines: FloatArray, rate: float) -> float:
    return float(_iterate(events, deadlines, rate)[0].sum())


def _iterate(events: FloatArray, deadlines: FloatArray, rate: float) -> tuple[FloatArray, FloatArray]:
    """Probability of stopping at each number of events, and of ending with 0, 1, .. events without a stop."""
    going, stops = np.ones(1), np.empty(events.size)
    for k, gain in enumerate(np.diff(deadlines, prepend=0.0)):
        kept = int(events[k])
        going = np.convolve(going, poisson.pmf(np.arange(kept), rate * gain))[:kept]
        stops[k] = 1 - going.sum() - stops[:k].sum()
    return stops, going


def _make_deadline(
    rule: str,
    rate0: float,
    largest: float,
    window: float,
    delta: float | None,
    prior: tuple[float, float] | None,
    p1: float | None,
) -> Deadline:
    check_choice(rule, tuple(_NEEDS), "rule")
    for name, value in {"delta": delta, "prior": prior, "p1": p1}.items():
        if (value is not None) != (name == _NEEDS[rule]):
            raise EstimateError(f"rule {rule} {'needs' if value is None else 'takes no'} {name}=")
    if rule == "gamma-poisson" and prior is not None:
        shape, start = prior
        return lambda d, c: np.asarray(gammainccinv(shape + d, c) / rate0 - start)
    if rule == "sprt" and p1 is not None:
        rate1 = -np.log1p(-p1) / window
        return lambda d, c: (d * np.log(rate1 / rate0) - c) / (rate1 - rate0)
    if rule == "maxsprt":
        return lambda d, c: -d / rate0 * np.real(lambertw(-np.exp(-c / d - 1)))
    shape_of = {"obrien-fleming": 0.0, "pocock": 0.5}
    power = shape_of[rule] if delta is None else delta
    return lambda d, c: np.array([_shape_deadline(float(x), c, power, rate0, largest) for x in d])


def _shape_deadline(d: float, critical: float, delta: float, rate0: float, largest: float) -> float:
    """Root in u of rate0 u + c sqrt(rate0) U^(1/2 - delta) u^delta = d, which rises in u."""

    def excess(u: float) -> float:
        return float(rate0 * u + critical * np.sqrt(rate0) * largest ** (0.5 - delta) * u**delta - d)

    return 0.0 if excess(0.0) >= 0 else float(brentq(excess, 0.0, d / rate0, xtol=1e-12, rtol=1e-14))


_NEEDS = {
    "pocock": None,
    "obrien-fleming": None,
    "wang-tsiatis": "delta",
    "gamma-poisson": "prior",
    "sprt": "p1",
    "maxsprt": None,
}
