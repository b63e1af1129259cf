"""Maximise the likelihood: a documented ladder, and what "converged" means.

Rungs, each tried only if the one before did not converge:

1. Newton's method with the exact Hessian (eigenvalues of the wrong sign flipped, step halved until the
   likelihood rises), from the moment start;
2. the same from an uncorrelated start;
3. scipy's L-BFGS-B with the analytic gradient from the better of the two, then Newton.

Converged means: the Newton decrement g' H^-1 g (twice the log-likelihood still to be won) is below 1e-12
after scaling and every component of the gradient is small, minus the Hessian is positive definite, and every
parameter is finite. Anything else is said in the outcome's message.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ..design import Floats
from .blocks import Blocks
from .objective import Covariance, Derivatives, Evaluation, differentiate, evaluate

MAX_ITERATIONS = 100
DECREMENT_TOLERANCE = 1e-12
GRADIENT_TOLERANCE = 1e-4
STEP_LIMIT = 2.0
NEAR = 1.0  # decrement below which the exact Hessian is worth its cost
FLAT_RATIO = 1e-10


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the ladder ended: the point, its derivatives, whether that is a maximum, and how it got there."""

    point: Evaluation
    derivatives: Derivatives
    converged: bool
    message: str
    iterations: int
    optimiser: str


@dataclass(frozen=True, eq=False)
class Problem:
    """What is maximised."""

    blocks: Blocks
    covariance: Covariance
    reml: bool

    def value(self, theta: Floats) -> Evaluation | None:
        """Likelihood at theta."""
        return evaluate(self.blocks, self.covariance, theta, reml=self.reml)

    def slope(self, point: Evaluation, *, exact: bool = True) -> Derivatives:
        """Derivatives at a point."""
        return differentiate(self.blocks, point, self.covariance.n_params, reml=self.reml, exact=exact)


def _ascent_step(derivatives: Derivatives) -> tuple[Floats, float]:
    """Newton step with every curvature taken as negative, and the decrement g' |H|^-1 g."""
    values, vectors = np.linalg.eigh(-derivatives.hessian)
    size = np.maximum(np.abs(values), FLAT_RATIO * np.abs(values).max(initial=1.0))
    along = vectors.T @ derivatives.gradient
    return vectors @ (along / size), float(np.sum(along**2 / size))


def _line_search(problem: Problem, point: Evaluation, step: Floats, decrement: float) -> Evaluation | None:
    length = min(1.0, STEP_LIMIT / max(float(np.abs(step).max()), 1e-300))
    slack = 1e-12 * (1 + abs(point.log_likelihood))  # rounding in the likelihood itself
    for _ in range(40):
        trial = problem.value(point.theta + length * step)
        if trial is not None and trial.log_likelihood >= point.log_likelihood + 1e-4 * length * decrement - slack:
            return trial
        length /= 2
    return None


def climb(problem: Problem, start: Floats, optimiser: str) -> Optimum | None:
    """Newton's method from a start; None if the likelihood does not exist there."""
    point = problem.value(start)
    if point is None:
        return None
    decrement = np.inf
    for iteration in range(MAX_ITERATIONS + 1):
        is_exact = decrement < NEAR
        derivatives = problem.slope(point, exact=is_exact)
        step, decrement = _ascent_step(derivatives)
        trial = None
        if decrement >= DECREMENT_TOLERANCE and iteration < MAX_ITERATIONS:
            trial = _line_search(problem, point, step, decrement)
        if trial is None:
            break
        point = trial
    if not is_exact:
        derivatives = problem.slope(point)
        decrement = _ascent_step(derivatives)[1]
    message = judge(derivatives, decrement)
    return Optimum(point, derivatives, not message, message, iteration, optimiser)


def judge(derivatives: Derivatives, decrement: float) -> str:
    """Why this is not a maximum; empty if it is one."""
    largest = float(np.abs(derivatives.gradient).max(initial=0.0))
    values = np.linalg.eigvalsh(-derivatives.hessian)
    if not np.isfinite(values).all():
        return "the Hessian is not finite"
    if values.size and values[0] <= FLAT_RATIO * values[-1]:
        return f"minus the Hessian is not positive definite (eigenvalues {values[0]:.3g} to {values[-1]:.3g})"
    if decrement > 1e3 * DECREMENT_TOLERANCE or largest > GRADIENT_TOLERANCE:
        return f"the gradient is not small (largest component {largest:.3g}, decrement {decrement:.3g})"
    return ""


def _quasi_newton(problem: Problem, start: Floats) -> Floats:
    def objective(theta: Floats) -> tuple[float, Floats]:
        point = problem.value(theta)
        if point is None:
            return 1e300, np.zeros_like(theta)
        return -point.log_likelihood, -problem.slope(point, exact=False).gradient

    outcome = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-13})
    return np.asarray(outcome.x, dtype=float)


def maximise(problem: Problem, starts: list[Floats]) -> Optimum | None:
    """Go down the ladder; the best point if no rung converged, None if the likelihood exists at no start."""
    reached = []
    for rung, start in enumerate(starts):
        optimum = climb(problem, start, "Newton" if rung == 0 else f"Newton from start {rung + 1}")
        if optimum is not None:
            if optimum.converged:
                return optimum
            reached.append(optimum)
    if not reached:
        return None
    best = max(reached, key=lambda o: o.point.log_likelihood)
    last = climb(problem, _quasi_newton(problem, best.point.theta), "L-BFGS-B, then Newton")
    if last is not None and (last.converged or last.point.log_likelihood > best.point.log_likelihood):
        return last
    return best
