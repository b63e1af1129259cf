"""Inference that respects the interim looks: repeated confidence intervals and p-values, and the final analysis.

Repeated intervals hold at every look whatever was decided (Jennison and Turnbull 1989, doi
10.1111/j.2517-6161.1989.tb01433.x): estimate +- upper_k / sqrt(I_k), together of level 1 - alpha (two-sided tests) or
1 - 2 alpha (one-sided). The repeated p-value is the smallest alpha at which the same design would have rejected at this
look. R: ``rpact::getRepeatedConfidenceIntervals``, ``getRepeatedPValues``.

After the trial has stopped, outcomes are ordered stage-wise (Tsiatis, Rosner and Mehta 1984, doi 10.2307/2531160):
an earlier upward crossing is stronger evidence, then a larger z. With

    p(effect) = sum_{j<k} P(first up-crossing at j) + P(still going on at k, Z_k >= z),

p(0) is the one-sided p-value, the effect with p = 1/2 the median-unbiased estimate, those with
p = (1 -+ conf_level)/2 the limits. Futility bounds count when they are binding.

R: ``rpact::getFinalPValue``, ``getFinalConfidenceInterval``;
SAS: ``PROC SEQTEST ORDER=STAGEWISE``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import as_float_array, check_conf_level
from hepatrial.estimate.monitoring.gaussian_chain import build_chain, compute_exits
from hepatrial.estimate.monitoring.group_sequential import (
    GroupSequentialDesign,
    efficacy_bounds,
    is_futility_binding,
    stopping_lower,
)


@dataclass(frozen=True)
class RepeatedIntervals:
    """``table``: one row per look done: information, z, estimate, conf_low, conf_high, p_value (NaN: not estimable)."""

    table: pd.DataFrame
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SequentialEstimate:
    """Final analysis of a stopped trial; the effect is per square root of one unit of information.

    ``p_value`` is two-sided for a two-sided design, else one-sided; ``naive_estimate`` is z / sqrt(information).
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    naive_estimate: float
    statistic: float
    p_value: float
    look: int
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_repeated_intervals(design: GroupSequentialDesign, z: Sequence[float]) -> RepeatedIntervals:
    """Repeated confidence intervals and p-values of the looks done so far.

    Parameters
    ----------
    z : statistics of the first looks of ``design``, whose ``information`` are those observed.
    """
    done = as_float_array(z, "z")
    if not 0 < done.size <= len(design.information):
        raise EstimateError(f"z has {done.size} looks, the design has {len(design.information)}")
    information, upper = np.array(design.information)[: done.size], np.array(design.upper)[: done.size]
    root = np.sqrt(information)
    p_values = [_repeated_p(design, k, value) for k, value in enumerate(done)]
    table = pd.DataFrame(
        {
            "information": information,
            "z": done,
            "estimate": done / root,
            "conf_low": (done - upper) / root,
            "conf_high": (done + upper) / root,
            "p_value": p_values,
        }
    )
    notes = ("an interim p-value of haybittle-peto does not depend on alpha: none",) if np.isnan(p_values).any() else ()
    level = 1 - design.alpha * (2 if design.sided == 1 else 1)
    return RepeatedIntervals(table, level, "repeated, " + design.method, "ok", notes)


def estimate_after_stopping(
    design: GroupSequentialDesign, *, look: int, z: float, conf_level: float = 0.95
) -> SequentialEstimate:
    """Stage-wise p-value, median-unbiased estimate and interval of a trial stopped at ``look`` (1 is the first).

    Not estimable while ``z`` lies between the bounds before the last look: the trial goes on, or its stop was not
    planned; use the repeated interval there.

    Examples
    --------
    >>> design = design_group_sequential([1], alpha=0.025, sided=1, spending="pocock")
    >>> round(estimate_after_stopping(design, look=1, z=2.0).conf_low, 4)
    0.04
    """
    if not 1 <= look <= len(design.information):
        raise EstimateError(f"look must be 1 to {len(design.information)}, got {look}")
    check_conf_level(conf_level)
    root, method = float(np.sqrt(design.information[look - 1])), "stage-wise ordering"
    if look < len(design.information) and design.lower[look - 1] < z < design.upper[look - 1]:
        nan = float("nan")
        note = f"z = {z:g} is between the bounds of look {look}: the trial has not stopped"
        return SequentialEstimate(nan, nan, nan, conf_level, z / root, z, nan, look, method, "not_estimable", (note,))
    evidence = _evidence(design, look - 1, z)
    low, median, high = (
        _solve_increasing(evidence, level, z / root, 1 / root)
        for level in ((1 - conf_level) / 2, 0.5, (1 + conf_level) / 2)
    )
    p_value = evidence(0.0)
    if design.sided == 2:  # the mirrored tail, not 1 - p: a small p-value keeps its digits
        p_value = 2 * min(p_value, _evidence(design, look - 1, -z)(0.0))
    p_value = min(p_value, 1.0)
    return SequentialEstimate(median, low, high, conf_level, z / root, z, p_value, look, method, "ok", ())


def _evidence(design: GroupSequentialDesign, k: int, z: float) -> Callable[[float], float]:
    """p(effect) of the module docstring."""
    information, upper = np.array(design.information)[: k + 1], np.array(design.upper)[: k + 1]
    lower = stopping_lower(design, is_futility_binding(design))[: k + 1]
    upper[k], lower[k] = z, -np.inf

    def p_upper(effect: float) -> float:
        return float(compute_exits(build_chain(information, effect=effect), lower, upper).upper.sum())

    return p_upper


def _solve_increasing(function: Callable[[float], float], target: float, start: float, step: float) -> float:
    """Root of an increasing function of the effect, searched outward from ``start``."""
    width = 4 * step
    while function(start - width) > target or function(start + width) < target:
        width *= 2
    return float(brentq(lambda x: function(x) - target, start - width, start + width, xtol=1e-12 * step))


def _repeated_p(design: GroupSequentialDesign, k: int, z: float) -> float:
    """Smallest alpha whose bound at look ``k`` is reached, on the logit scale of alpha."""
    if design.spending == "haybittle-peto" and k + 1 < len(design.information):
        return float("nan")
    seen = abs(z) if design.sided == 2 else z

    def excess(logit_alpha: float) -> float:
        return float(efficacy_bounds(design, float(expit(logit_alpha)))[k]) - seen

    low, high = float(logit(_smallest_alpha(design))), float(logit(1 - 1e-9))
    if excess(low) <= 0:
        return float(expit(low))
    if excess(high) >= 0:
        return 1.0
    return float(expit(brentq(excess, low, high, xtol=1e-10)))


def _smallest_alpha(design: GroupSequentialDesign) -> float:
    """Where the search starts: what haybittle-peto has already spent before its last look, else almost nothing."""
    if design.spending != "haybittle-peto" or len(design.information) == 1:
        return 1e-15
    return design.alpha_spent[-2] * (1 + 1e-9)
