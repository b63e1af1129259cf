"""Newton's method for the Cox likelihood, plain or with Firth's penalty, with step halving.

A likelihood that goes on rising while a coefficient runs away (an arm without events) is found as one whose
value no longer moves while the Newton step does: it is reported as monotone, never as converged.

Firth's penalty is half the log determinant of the information (Heinze and Schemper 2001,
doi 10.1111/j.0006-341X.2001.00114.x); its gradient is taken by complex step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hepatrial.estimate.cox_kernel import CoxData, compute_likelihood
from hepatrial.estimate.inputs import BoolArray, FloatArray

MAX_ITERATIONS = 100
STEP = 1e-30
MONOTONE = "monotone likelihood"

Objective = Callable[[FloatArray], tuple[float, FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where Newton's method stopped; ``reason`` is empty when it converged."""

    beta: FloatArray
    value: float
    information: FloatArray
    iterations: int
    reason: str


def make_objective(data: CoxData, ties: str, firth: bool) -> Objective:
    """Value, gradient and information of the (penalised) log-likelihood at beta."""

    def plain(beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        value, score, information = compute_likelihood(data, beta, ties)
        return float(value), score, information

    def penalised(beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        value, score, information = plain(beta)
        sign, log_det = np.linalg.slogdet(information)
        if sign <= 0:
            return -np.inf, score, information
        slope = np.empty(beta.size)
        for j in range(beta.size):
            moved = beta.astype(complex)
            moved[j] += 1j * STEP
            change = compute_likelihood(data, moved, ties)[2].imag / STEP
            slope[j] = np.trace(np.linalg.solve(information, change))
        return value + 0.5 * float(log_det), score + 0.5 * slope, information

    return penalised if firth else plain


def maximise(objective: Objective, start: FloatArray, free: BoolArray | None = None) -> Maximum:
    """Climb from ``start`` along the ``free`` coefficients; the others stay where they are."""
    free = np.ones(start.size, dtype=bool) if free is None else free
    beta = start.astype(np.float64).copy()
    value, score, information = objective(beta)
    unit = np.sqrt(np.abs(np.diag(information)))
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = np.zeros(beta.size)
        if free.any():
            step[free] = _solve(information[np.ix_(free, free)], score[free])
        gain = float(np.abs(score[free] * step[free]).sum()) / (1 + abs(value))
        if gain < 1e-9 and float((np.abs(step) * unit).max(initial=0.0)) > 1e-2:
            return Maximum(beta, value, information, iteration, MONOTONE)
        if gain < 1e-18:
            return Maximum(beta, value, information, iteration, "")
        beta, value, score, information = _climb(objective, beta, value, step)
    return Maximum(beta, value, information, MAX_ITERATIONS, "no convergence")


def _solve(information: FloatArray, score: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.solve(information, score))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(information, score, rcond=None)[0])


def _climb(
    objective: Objective, beta: FloatArray, value: float, step: FloatArray
) -> tuple[FloatArray, float, FloatArray, FloatArray]:
    """The longest of the step's halves that does not go down; steps beyond 5 are shortened first."""
    step = step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
    for _ in range(40):
        new_value, score, information = objective(beta + step)
        if np.isfinite(new_value) and new_value >= value - 1e-12 * (1 + abs(value)):
            break
        step = step / 2
    return beta + step, new_value, score, information
