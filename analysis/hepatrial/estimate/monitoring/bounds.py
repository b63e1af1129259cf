"""Critical values of a group-sequential test on the z scale, solved look by look or by one constant."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray
from hepatrial.estimate.monitoring.gaussian_chain import (
    START,
    Chain,
    Mass,
    advance,
    build_chain,
    compute_exits,
    tail_above,
    tail_below,
)
from hepatrial.estimate.monitoring.spending import SHAPES, SPENDING, compute_spent

Z_MAX = 38.0  # beyond this a normal tail underflows
HAYBITTLE_PETO_Z = 3.0


def solve_efficacy(
    fraction: FloatArray,
    *,
    alpha: float,
    sided: int,
    spending: str,
    parameter: float | None,
    spend_at: FloatArray,
    lower: FloatArray | None = None,
) -> FloatArray:
    """Upper critical values, shape (K,); two-sided tests mirror them with alpha/2 on each side.

    ``lower``: bounds that really stop the trial for futility (binding), one-sided tests only.
    """
    chain, tail = build_chain(fraction), alpha / sided
    if spending in SPENDING:
        spent = compute_spent(spend_at, total=tail, spending=spending, parameter=parameter)
        return _solve_spending(chain, spent, lower, sided)
    if spending == "haybittle-peto":
        fixed = np.full(fraction.size, HAYBITTLE_PETO_Z if parameter is None else parameter)
        return _solve_last(chain, fixed, tail, lower, sided)
    delta = SHAPES[spending] if parameter is None else parameter
    assert delta is not None
    return _solve_constant(chain, fraction ** (delta - 0.5), tail, lower, sided)


def solve_futility(chain: Chain, spent: FloatArray, upper: FloatArray) -> FloatArray:
    """Lower bounds that spend ``spent`` (cumulative beta) under ``chain`` while ``upper`` stops for efficacy."""
    mass, lower = START, np.empty(upper.size)
    for k, share in enumerate(np.diff(spent, prepend=0.0)):
        lower[k] = min(bound_below(chain, k, mass, share), upper[k])
        mass = advance(chain, k, mass, lower[k], upper[k])
    lower[-1] = upper[-1]
    return lower


def solve_binding(
    null: Chain, alternative: Chain, spent_alpha: FloatArray, spent_beta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Upper and lower bounds together: alpha is spent among the paths that futility has not stopped."""
    size = spent_alpha.size
    upper, lower, under_null, under_alternative = np.empty(size), np.empty(size), START, START
    alpha_share, beta_share = np.diff(spent_alpha, prepend=0.0), np.diff(spent_beta, prepend=0.0)
    for k in range(size):
        upper[k] = bound_above(null, k, under_null, alpha_share[k])
        lower[k] = min(bound_below(alternative, k, under_alternative, beta_share[k]), upper[k])
        under_null = advance(null, k, under_null, lower[k], upper[k])
        under_alternative = advance(alternative, k, under_alternative, lower[k], upper[k])
    lower[-1] = upper[-1]
    return upper, lower


def bound_above(chain: Chain, k: int, mass: Mass, target: float) -> float:
    """z that a path still going on exceeds with probability ``target``; infinite when nothing is to be spent."""
    if target <= tail_above(chain, k, mass, Z_MAX):
        return float("inf")
    if target >= tail_above(chain, k, mass, -Z_MAX):
        return float("-inf")
    return float(brentq(lambda z: tail_above(chain, k, mass, z) - target, -Z_MAX, Z_MAX, xtol=1e-13, rtol=1e-14))


def bound_below(chain: Chain, k: int, mass: Mass, target: float) -> float:
    """z that a path still going on falls below with probability ``target``."""
    if target <= tail_below(chain, k, mass, -Z_MAX):
        return float("-inf")
    if target >= tail_below(chain, k, mass, Z_MAX):
        return float("inf")
    return float(brentq(lambda z: tail_below(chain, k, mass, z) - target, -Z_MAX, Z_MAX, xtol=1e-13, rtol=1e-14))


def lower_of(upper: FloatArray, lower: FloatArray | None, sided: int) -> FloatArray:
    """Bounds that stop on the low side: mirrored, given, or none."""
    if sided == 2:
        return -upper
    return np.full(upper.size, -np.inf) if lower is None else lower


def _solve_spending(chain: Chain, spent: FloatArray, lower: FloatArray | None, sided: int) -> FloatArray:
    mass, upper = START, np.empty(spent.size)
    for k, share in enumerate(np.diff(spent, prepend=0.0)):
        upper[k] = bound_above(chain, k, mass, share)
        mass = advance(chain, k, mass, lower_of(upper, lower, sided)[k], upper[k])
    return upper


def _solve_constant(chain: Chain, shape: FloatArray, tail: float, lower: FloatArray | None, sided: int) -> FloatArray:
    def excess(constant: float) -> float:
        upper = constant * shape
        return float(compute_exits(chain, lower_of(upper, lower, sided), upper).upper.sum()) - tail

    top = Z_MAX / shape[-1]
    bottom = 0.0 if tail < 0.5 or sided == 2 else -top
    return np.asarray(brentq(excess, bottom, top, xtol=1e-13, rtol=1e-14) * shape)


def _solve_last(chain: Chain, upper: FloatArray, tail: float, lower: FloatArray | None, sided: int) -> FloatArray:
    mass, left = START, tail
    for k in range(upper.size - 1):
        left -= tail_above(chain, k, mass, upper[k])
        mass = advance(chain, k, mass, lower_of(upper, lower, sided)[k], upper[k])
    if left <= 0:
        raise EstimateError(
            f"the interim critical value {upper[0]} spends all of alpha before the last look; raise parameter="
            f" above {-ndtri(tail):.3f}"
        )
    last = upper.size - 1
    return np.append(upper[:-1], bound_above(chain, last, mass, left))
