"""Error spending functions and boundary shapes, by name.

Spending functions: cumulative error spent at information fraction t, spent(1) = total.

    lan-demets-obrien-fleming   2 (1 - Phi(z(1 - total/2) / sqrt(t)))
    lan-demets-pocock           total log(1 + (e - 1) t)
    kim-demets                  total t^rho
    hwang-shih-decani           total (1 - exp(-gamma t)) / (1 - exp(-gamma)), total t at gamma = 0

Lan and DeMets (1983), doi 10.1093/biomet/70.3.659; Kim and DeMets (1987), doi 10.1093/biomet/74.1.149; Hwang, Shih and
DeCani (1990), doi 10.1002/sim.4780091207.

Shapes: critical values c t^(delta - 1/2), with one constant c for the whole trial; Wang and Tsiatis (1987), doi
10.2307/2531959. ``obrien-fleming`` is delta = 0 (doi 10.2307/2530245), ``pocock`` delta = 1/2 (doi
10.1093/biomet/64.2.191). ``haybittle-peto`` has one fixed value (3 unless said) at every look but the last (doi
10.1259/0007-1285-44-526-793).
"""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, check_choice

SHAPES = {"obrien-fleming": 0.0, "pocock": 0.5, "wang-tsiatis": None}
NEEDS_PARAMETER = {"wang-tsiatis", "kim-demets", "hwang-shih-decani"}
TAKES_PARAMETER = NEEDS_PARAMETER | {"haybittle-peto"}


def compute_spent(fraction: FloatArray, *, total: float, spending: str, parameter: float | None = None) -> FloatArray:
    """Cumulative error spent at information ``fraction``, an array in (0, 1]; past 1 nothing more is spent.

    R: ``gsDesign::sfLDOF``, ``sfLDPocock``, ``sfPower``, ``sfHSD``.
    """
    check_spending(spending, parameter, allowed=tuple(SPENDING))
    return SPENDING[spending](np.minimum(fraction, 1.0), total, 0.0 if parameter is None else parameter)


def check_spending(spending: str, parameter: float | None, *, allowed: tuple[str, ...]) -> None:
    """A known name, with a parameter where it takes one."""
    check_choice(spending, allowed, "spending")
    if spending in NEEDS_PARAMETER and parameter is None:
        raise EstimateError(f"spending {spending} needs parameter= (delta, rho or gamma)")
    if spending not in TAKES_PARAMETER and parameter is not None:
        raise EstimateError(f"spending {spending} takes no parameter, got {parameter}")
    if spending == "kim-demets" and parameter is not None and parameter <= 0:
        raise EstimateError(f"kim-demets needs rho > 0, got {parameter}")


def _obrien_fleming(t: FloatArray, total: float, _: float) -> FloatArray:
    return np.asarray(2 * ndtr(ndtri(total / 2) / np.sqrt(t)))


def _pocock(t: FloatArray, total: float, _: float) -> FloatArray:
    return np.asarray(total * np.log1p((np.e - 1) * t))


def _power(t: FloatArray, total: float, rho: float) -> FloatArray:
    return np.asarray(total * t**rho)


def _exponential(t: FloatArray, total: float, gamma: float) -> FloatArray:
    flat = abs(gamma) < 1e-12  # the limit of the formula
    return np.asarray(total * (t if flat else np.expm1(-gamma * t) / np.expm1(-gamma)))


SPENDING: dict[str, Callable[[FloatArray, float, float], FloatArray]] = {
    "lan-demets-obrien-fleming": _obrien_fleming,
    "lan-demets-pocock": _pocock,
    "kim-demets": _power,
    "hwang-shih-decani": _exponential,
}
