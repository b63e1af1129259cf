"""Conditional and predictive power at an interim look.

Given z at information I, the remaining statistics are a Gaussian chain (``gaussian_chain``, equations 1 and 2), so the
probability of crossing a later bound is one more recursive integration. With one look left at I_max and bound c:

    conditional power = Phi((z sqrt(t) + drift (1 - t) - c) / sqrt(1 - t)),   t = I / I_max, drift = effect sqrt(I_max)
    predictive power  = Phi((z - c sqrt(t)) / sqrt(1 - t))                    with a flat prior

Lan and Wittes (1988), doi 10.2307/2531870; Spiegelhalter, Freedman and Blackburn (1986), doi
10.1016/0197-2456(86)90003-6. R: ``gsDesign::gsCP``, ``gsPP``, ``rpact::getConditionalPower``; SAS: ``PROC SEQTEST
CONDPOWER``. Binding futility bounds stop the trial; others are taken to be overruled.
"""

from dataclasses import dataclass

import numpy as np

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray
from hepatrial.estimate.monitoring.gaussian_chain import build_chain, compute_exits
from hepatrial.estimate.monitoring.group_sequential import (
    GroupSequentialDesign,
    is_futility_binding,
    stopping_lower,
)


@dataclass(frozen=True)
class ConditionalPower:
    """``probability`` of rejecting upward at a look still to come; ``by_look`` its parts, first crossing at each look.

    ``conditional_bounds`` are the bounds of those looks for the data still to come alone, on the z scale;
    ``effect`` and ``effect_sd`` (0 for conditional power) what was assumed.
    """

    probability: float
    by_look: tuple[float, ...]
    information: tuple[float, ...]
    conditional_bounds: tuple[float, ...]
    effect: float
    effect_sd: float
    method: str
    status: str
    notes: tuple[str, ...]


def conditional_power(
    design: GroupSequentialDesign, *, information: float, z: float, effect: float | str
) -> ConditionalPower:
    """Probability of rejecting at a later look of ``design`` if the effect is ``effect``.

    Parameters
    ----------
    information, z : of the data so far; the look need not be one of the design's.
    effect : per square root of one unit of information, or ``null`` (0), ``trend`` (the present estimate) or
        ``planned`` (the design's).

    Examples
    --------
    >>> one_look = design_group_sequential([1], alpha=0.025, sided=1, spending="pocock")
    >>> round(conditional_power(one_look, information=0.3, z=1.2, effect=2.8).probability, 6)
    0.783957
    """
    value = _effect(design, information, z, effect)
    return _power(design, information, z, value, 0.0, "conditional power")


def predictive_power(
    design: GroupSequentialDesign,
    *,
    information: float,
    z: float,
    prior_mean: float = 0.0,
    prior_sd: float = float("inf"),
) -> ConditionalPower:
    """Conditional power averaged over the posterior of the effect; a flat prior unless a normal one is given.

    Parameters
    ----------
    prior_mean, prior_sd : of the effect per square root of one unit of information, before any data.
    """
    if not prior_sd > 0:
        raise EstimateError(f"prior_sd must be > 0, got {prior_sd}")
    mean = prior_mean if np.isfinite(prior_sd) else 0.0
    return _power(design, information, z, mean, prior_sd**2, "predictive power")


def _effect(design: GroupSequentialDesign, information: float, z: float, effect: float | str) -> float:
    if not isinstance(effect, str):
        return float(effect)
    if effect == "null":
        return 0.0
    if effect == "trend":
        return float(z / np.sqrt(information))
    if effect == "planned" and design.drift is not None:
        return float(design.drift / np.sqrt(design.information[-1]))
    raise EstimateError(f"effect must be a number, null, trend, or planned (of a design with beta); got {effect!r}")


def _power(
    design: GroupSequentialDesign, information: float, z: float, effect: float, variance: float, method: str
) -> ConditionalPower:
    every = np.array(design.information)
    later = every > information * (1 + 1e-12)
    if information <= 0 or not later.any():
        raise EstimateError(f"information must be above 0 and below the last look {every[-1]:g}, got {information}")
    upper = np.array(design.upper)[later]
    lower = stopping_lower(design, is_futility_binding(design))[later]
    chain = build_chain(every[later], effect=effect, effect_variance=variance, after=information, z=z)
    by_look = compute_exits(chain, lower, upper).upper
    return ConditionalPower(
        float(by_look.sum()),
        tuple(by_look.tolist()),
        tuple(every[later].tolist()),
        tuple(_conditional_bounds(every[later], upper, information, z).tolist()),
        effect,
        float(np.sqrt(variance)),
        method,
        "ok",
        (),
    )


def _conditional_bounds(later: FloatArray, upper: FloatArray, information: float, z: float) -> FloatArray:
    return np.asarray((upper * np.sqrt(later) - z * np.sqrt(information)) / np.sqrt(later - information))
