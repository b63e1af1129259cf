"""Design of a group-sequential test: critical values, futility bounds, power, expected size.

Conventions. Z is positive in the favourable direction. A one-sided test of level ``alpha`` rejects when Z_k is at least
the upper bound; a two-sided test has symmetric bounds and spends alpha/2 on each side. Information is any amount that
the variance of the estimate falls with (fractions, patients, events, 1/SE^2): only its ratios matter to the bounds. An
effect is per square root of one unit of it: E Z_k = effect sqrt(information_k), and drift is E Z at the last look.

Non-binding futility bounds are left out when alpha is spent (the test keeps its level when they are overruled) and kept
in when power is computed; binding ones count in both.

R: ``rpact::getDesignGroupSequential`` and ``getDesignCharacteristics``, ``gsDesign::gsDesign``, ``ldbounds::ldBounds``;
SAS: ``PROC SEQDESIGN``. Jennison and Turnbull (2000), isbn 978-0-8493-0316-6; Pampallona, Tsiatis and Kim (2001), doi
10.1177/009286150103500408, for spending beta.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, as_float_array
from hepatrial.estimate.monitoring.bounds import lower_of, solve_binding, solve_efficacy, solve_futility
from hepatrial.estimate.monitoring.gaussian_chain import Exits, build_chain, compute_exits
from hepatrial.estimate.monitoring.spending import SHAPES, SPENDING, check_spending, compute_spent


@dataclass(frozen=True)
class Futility:
    """Stopping for lack of effect: fixed z ``bounds`` of every look but the last, or a beta ``spending`` function."""

    bounds: tuple[float, ...] | None = None
    spending: str | None = None
    parameter: float | None = None
    is_binding: bool = False


@dataclass(frozen=True)
class GroupSequentialDesign:
    """Bounds and operating characteristics; one entry per look in each tuple.

    ``nominal_levels`` are one-sided, ``alpha_spent`` cumulative and of both sides. From ``drift`` on, values are None
    without ``beta``: ``power`` is cumulative, ``expected_size`` is relative to the fixed test under no effect, half the
    planned effect and the planned effect.
    """

    information: tuple[float, ...]
    spend_at: tuple[float, ...]
    alpha: float
    sided: int
    beta: float | None
    spending: str
    parameter: float | None
    futility: Futility | None
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    nominal_levels: tuple[float, ...]
    alpha_spent: tuple[float, ...]
    drift: float | None
    fixed_drift: float | None
    inflation: float | None
    power: tuple[float, ...] | None
    beta_spent: tuple[float, ...] | None
    expected_size: tuple[float, float, float] | None
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Plan:
    """The checked request."""

    information: FloatArray
    fraction: FloatArray
    spend_at: FloatArray
    alpha: float
    sided: int
    spending: str
    parameter: float | None
    futility: Futility | None


def design_group_sequential(
    looks: Sequence[float],
    *,
    alpha: float,
    sided: int,
    spending: str,
    beta: float | None = None,
    parameter: float | None = None,
    spend_at: Sequence[float] | None = None,
    futility: Futility | None = None,
) -> GroupSequentialDesign:
    """Critical values of a group-sequential test, and with ``beta`` its drift, power and expected size.

    Parameters
    ----------
    looks : information at each look, increasing, > 0; the last is the planned end. At an unplanned look pass what was
        observed (and what is still planned): bounds of spending functions depend on the looks so far only.
    alpha, beta : type I error (of both sides when ``sided`` is 2) and type II error.
    sided : 1 or 2.
    spending : a name of ``spending``: a spending function, a shape, or ``haybittle-peto``.
    parameter : rho, gamma, delta, or the interim z of haybittle-peto (default 3).
    spend_at : fraction of the error to spend by, per look, where it is not the information over that of the last look,
        e.g. ``[0.4, 1]`` when the trial ended early at the second look; spending functions only.
    futility : for one-sided tests.

    Examples
    --------
    >>> design = design_group_sequential([0.5, 1], alpha=0.025, sided=1, spending="obrien-fleming")
    >>> [round(z, 4) for z in design.upper]
    [2.7965, 1.9774]
    """
    plan = _check_plan(looks, alpha, sided, spending, parameter, spend_at, futility, beta)
    upper = _efficacy(plan)
    if beta is None:
        return _describe(plan, upper, _stops_below(plan, upper), None, None)
    fixed = float(norm.isf(alpha / sided) + norm.isf(beta))

    def shortfall(factor: float) -> float:
        up, low = _bounds_at(plan, upper, factor * fixed, beta)
        return float(compute_exits(build_chain(plan.fraction, effect=factor * fixed), low, up).upper.sum()) - 1 + beta

    top = 1.5
    while shortfall(top) < 0:
        top *= 1.5
        if top > 30:
            raise EstimateError(f"no effect reaches power {1 - beta:g} with these futility bounds; lower them")
    drift = fixed * float(brentq(shortfall, 0.9, top, xtol=1e-12, rtol=1e-13))
    return _describe(plan, *_bounds_at(plan, upper, drift, beta), beta, drift)


def compute_exit_probabilities(
    design: GroupSequentialDesign, *, effect: float, with_futility: bool = True
) -> pd.DataFrame:
    """Probability of stopping at each look when the effect per root unit of information is ``effect``.

    Columns information, upper, lower. R: ``gsDesign::gsProbability``.
    """
    information = np.array(design.information)
    exits = compute_exits(
        build_chain(information, effect=effect), stopping_lower(design, with_futility), np.array(design.upper)
    )
    return pd.DataFrame({"information": information, "upper": exits.upper, "lower": exits.lower})


def stopping_lower(design: GroupSequentialDesign, with_futility: bool) -> FloatArray:
    """Lower bounds that stop the trial; futility bounds that may be overruled can be left out."""
    upper = np.array(design.upper)
    return np.array(design.lower) if with_futility or design.sided == 2 else np.full(upper.size, -np.inf)


def is_futility_binding(design: GroupSequentialDesign) -> bool:
    """Whether the lower bounds count in the level of the test."""
    return design.futility is not None and design.futility.is_binding


def efficacy_bounds(design: GroupSequentialDesign, alpha: float) -> FloatArray:
    """Upper bounds of the same design at another ``alpha``."""
    information = np.array(design.information)
    return solve_efficacy(
        information / information[-1],
        alpha=alpha,
        sided=design.sided,
        spending=design.spending,
        parameter=design.parameter,
        spend_at=np.array(design.spend_at),
        lower=np.array(design.lower) if is_futility_binding(design) else None,
    )


def _check_plan(
    looks: Sequence[float],
    alpha: float,
    sided: int,
    spending: str,
    parameter: float | None,
    spend_at: Sequence[float] | None,
    futility: Futility | None,
    beta: float | None,
) -> _Plan:
    information = as_float_array(looks, "looks")
    if information.size == 0 or (np.diff(information, prepend=0.0) <= 0).any():
        raise EstimateError(f"looks must be positive and increasing, got {list(looks)}")
    if sided not in (1, 2):
        raise EstimateError(f"sided must be 1 or 2, got {sided}")
    if not 0 < alpha < 0.5 or not 0 < (0.5 if beta is None else beta) < 1 - alpha:
        raise EstimateError(f"need 0 < alpha < 0.5 and 0 < beta < 1 - alpha, got alpha {alpha}, beta {beta}")
    check_spending(spending, parameter, allowed=(*SPENDING, *SHAPES, "haybittle-peto"))
    fraction = information / information[-1]
    spent = fraction if spend_at is None else as_float_array(spend_at, "spend_at")
    if spend_at is not None and spending not in SPENDING:
        raise EstimateError(f"spend_at needs a spending function, not the shape {spending}")
    if spent.size != fraction.size or (np.diff(spent, prepend=0.0) <= 0).any() or spent[-1] > 1:
        raise EstimateError(f"spend_at must be increasing in (0, 1], one per look, got {spend_at}")
    if futility is not None:
        _check_futility(futility, fraction.size, sided, spending, beta)
    return _Plan(information, fraction, spent, alpha, sided, spending, parameter, futility)


def _check_futility(futility: Futility, size: int, sided: int, spending: str, beta: float | None) -> None:
    if sided == 2:
        raise EstimateError("futility bounds are for one-sided tests (sided=1)")
    if (futility.bounds is None) == (futility.spending is None):
        raise EstimateError("futility takes either bounds or spending")
    if futility.bounds is not None and len(futility.bounds) != size - 1:
        raise EstimateError(f"futility bounds: one per look but the last ({size - 1}), got {len(futility.bounds)}")
    if futility.spending is not None:
        check_spending(futility.spending, futility.parameter, allowed=tuple(SPENDING))
        if beta is None:
            raise EstimateError("beta spending needs beta")
        if futility.is_binding and spending not in SPENDING:
            raise EstimateError(f"binding beta spending needs a spending function for alpha, not {spending}")


def _efficacy(plan: _Plan) -> FloatArray:
    lower = _fixed_lower(plan) if plan.futility is not None and plan.futility.is_binding else None
    return solve_efficacy(
        plan.fraction,
        alpha=plan.alpha,
        sided=plan.sided,
        spending=plan.spending,
        parameter=plan.parameter,
        spend_at=plan.spend_at,
        lower=lower,
    )


def _fixed_lower(plan: _Plan) -> FloatArray | None:
    """Declared futility bounds; the last look has none of its own yet."""
    if plan.futility is None or plan.futility.bounds is None:
        return None
    return np.append(np.array(plan.futility.bounds, dtype=float), -np.inf)


def _stops_below(plan: _Plan, upper: FloatArray) -> FloatArray:
    lower, fixed = lower_of(upper, None, plan.sided), _fixed_lower(plan)
    if fixed is None:
        return lower
    lower = np.minimum(fixed, upper)
    lower[-1] = upper[-1]
    return lower


def _bounds_at(plan: _Plan, upper: FloatArray, drift: float, beta: float) -> tuple[FloatArray, FloatArray]:
    """Upper and lower bounds when beta is spent under ``drift``; only binding beta spending moves ``upper``."""
    rule = plan.futility
    if rule is None or rule.spending is None:
        return upper, _stops_below(plan, upper)
    spent = compute_spent(plan.spend_at, total=beta, spending=rule.spending, parameter=rule.parameter)
    alternative = build_chain(plan.fraction, effect=drift)
    if not rule.is_binding:
        return upper, solve_futility(alternative, spent, upper)
    alpha = compute_spent(plan.spend_at, total=plan.alpha, spending=plan.spending, parameter=plan.parameter)
    return solve_binding(build_chain(plan.fraction), alternative, alpha, spent)


def _describe(
    plan: _Plan, upper: FloatArray, lower: FloatArray, beta: float | None, drift: float | None
) -> GroupSequentialDesign:
    is_binding = plan.futility is not None and plan.futility.is_binding
    level_lower = lower if is_binding or plan.sided == 2 else np.full(upper.size, -np.inf)
    null = compute_exits(build_chain(plan.fraction), level_lower, upper)
    power = missed = size = inflation = fixed = None
    if drift is not None and beta is not None:
        fixed = float(norm.isf(plan.alpha / plan.sided) + norm.isf(beta))
        inflation = (drift / fixed) ** 2
        size = _expected_size(plan, upper, lower, drift, inflation)
        exits = compute_exits(build_chain(plan.fraction, effect=drift), lower, upper)
        power, missed = _cumulate(exits.upper), _cumulate(exits.lower)
    return GroupSequentialDesign(
        tuple(plan.information.tolist()),
        tuple(plan.spend_at.tolist()),
        plan.alpha,
        plan.sided,
        beta,
        plan.spending,
        plan.parameter,
        plan.futility,
        tuple(upper.tolist()),
        tuple(lower.tolist()),
        tuple(norm.sf(upper).tolist()),
        _cumulate(plan.sided * null.upper),
        drift,
        fixed,
        inflation,
        power,
        missed,
        size,
        f"group-sequential, {plan.spending}, {plan.sided}-sided",
        "ok",
        (),
    )


def _expected_size(
    plan: _Plan, upper: FloatArray, lower: FloatArray, drift: float, inflation: float
) -> tuple[float, float, float]:
    """Expected information at the end, over that of the fixed test."""

    def size(effect: float) -> float:
        exits = compute_exits(build_chain(plan.fraction, effect=effect), lower, upper)
        return inflation * (1 - float(_stopped_before_last(exits) @ (1 - plan.fraction)))

    return size(0.0), size(drift / 2), size(drift)


def _stopped_before_last(exits: Exits) -> FloatArray:
    stopped: FloatArray = exits.upper + exits.lower
    return np.append(stopped[:-1], 0.0)


def _cumulate(values: FloatArray) -> tuple[float, ...]:
    return tuple(np.cumsum(values).tolist())
