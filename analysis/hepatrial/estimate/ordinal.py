"""Ordered outcomes of two groups: the Mann-Whitney probability and the common odds ratio of a shift.

Probability that a subject of the other group has the larger value, ties half, with Brunner and Munzel's
(2000) variance
and t limits, doi 10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U (R: ``brunnermunzel``).
Proportional odds: logit P(Y > k) = x'b - a_k (McCullagh 1980; R: ``MASS::polr``; SAS: ``PROC LOGISTIC
DESCENDING``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from scipy.stats import t as student

from hepatrial.errors import EstimateError
from hepatrial.estimate.cox import make_wald_table
from hepatrial.estimate.cox_maximise import MONOTONE, maximise
from hepatrial.estimate.inputs import (
    FloatArray,
    IntArray,
    as_float_array,
    as_groups,
    check_conf_level,
    check_reference,
)

STEP = 1e-30


@dataclass(frozen=True)
class MannWhitney:
    """``estimate`` is P(other > reference) + P(equal)/2; ``statistic`` is t on ``df``."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    statistic: float
    df: float
    p_value: float
    n: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ProportionalOdds:
    """``table``: term, coef, std_error, statistic, p_value, odds_ratio (of a higher level), conf_low,
    conf_high;
    ``thresholds`` are the a_k."""

    table: pd.DataFrame
    thresholds: FloatArray
    log_likelihood: float
    n: int
    conf_level: float
    converged: bool
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_mann_whitney(values: Any, group: Any, *, reference: Any, conf_level: float = 0.95) -> MannWhitney:
    """Probability that the other group has the larger value, without assuming equal spread."""
    y = as_float_array(values, "values")
    levels, index = as_groups(group, y.size)
    ref, other = check_reference(reference, levels)
    check_conf_level(conf_level)
    a, b = y[index == other], y[index == ref]
    ranks = rankdata(np.r_[a, b])
    estimate = float((ranks[: a.size].mean() - (a.size + 1) / 2) / b.size)
    spreads = np.array(
        [
            _placement_variance(ranks[: a.size] - rankdata(a)) / (b.size**2 * a.size),
            _placement_variance(ranks[a.size :] - rankdata(b)) / (a.size**2 * b.size),
        ]
    )
    variance = float(spreads.sum())
    nan, method = float("nan"), "Brunner-Munzel"
    if not variance > 0:
        notes = ("the groups do not overlap, or a group has one subject: no variance",)
        return MannWhitney(estimate, nan, nan, nan, nan, nan, nan, y.size, conf_level, method, "note", notes)
    df = variance**2 / float(np.sum(spreads**2 / (np.array([a.size, b.size]) - 1)))
    se = float(np.sqrt(variance))
    half, t = float(student.isf((1 - conf_level) / 2, df)) * se, (estimate - 0.5) / se
    low, high = max(estimate - half, 0.0), min(estimate + half, 1.0)
    p_value = 2 * float(student.sf(abs(t), df))
    return MannWhitney(estimate, se, low, high, t, df, p_value, y.size, conf_level, method, "ok", ())


def _placement_variance(placements: FloatArray) -> float:
    return float(np.var(placements, ddof=1)) if placements.size > 1 else float("nan")


def fit_proportional_odds(level: Any, covariates: Any, *, conf_level: float = 0.95) -> ProportionalOdds:
    """Common log odds ratio of a higher level, per unit of each covariate."""
    check_conf_level(conf_level)
    values = as_float_array(level, "level")
    levels, index = as_groups(values, values.size, "level")
    frame = covariates if isinstance(covariates, pd.DataFrame) else pd.DataFrame(np.asarray(covariates))
    if len(frame) != values.size:
        raise EstimateError(f"covariates has {len(frame)} rows, level has {values.size}")
    if levels.size < 2:
        raise EstimateError("level has fewer than two distinct values: there is no shift to estimate")
    names = [str(name) for name in frame.columns]
    x = np.column_stack([as_float_array(frame.iloc[:, j], f"covariate {n}") for j, n in enumerate(names)])
    k = levels.size - 1
    share = np.cumsum(np.bincount(index))[:-1] / values.size
    start = np.r_[np.log(share / (1 - share)), np.zeros(len(names))]
    best = maximise(lambda b: _likelihood(b, x, index, k), start)
    cov = np.linalg.pinv(best.information, hermitian=True)[k:, k:]
    table = make_wald_table(names, best.beta[k:], cov, cov, conf_level)
    table = table.drop(columns="model_std_error").rename(columns={"hazard_ratio": "odds_ratio"})
    reason = f"{MONOTONE}: the levels are separated" if best.reason == MONOTONE else best.reason
    alike = [name for name, column in zip(names, x.T, strict=True) if np.ptp(column) == 0]
    reason = f"everybody has the same {', '.join(alike)}" if alike else reason
    return ProportionalOdds(
        table=table,
        thresholds=best.beta[:k],
        log_likelihood=best.value,
        n=values.size,
        conf_level=conf_level,
        converged=not best.reason,
        method="proportional odds",
        status="failed" if reason else "ok",
        notes=(reason,) if reason else (),
    )


def _likelihood(beta: FloatArray, x: FloatArray, index: IntArray, k: int) -> tuple[float, FloatArray, FloatArray]:
    """Value, gradient and information; the latter by complex step on the gradient."""
    if (np.diff(beta[:k]) <= 0).any():
        return -np.inf, np.zeros(beta.size), np.eye(beta.size)
    value, gradient = _gradient(beta, x, index, k)
    information = np.empty((beta.size, beta.size))
    for j in range(beta.size):
        moved = beta.astype(complex)
        moved[j] += 1j * STEP
        information[j] = -_gradient(moved, x, index, k)[1].imag / STEP
    return float(value), gradient, information


def _gradient(beta: FloatArray, x: FloatArray, index: IntArray, k: int) -> tuple[Any, FloatArray]:
    n, eta = index.size, x @ beta[k:]
    below = np.full(n, 0.0, dtype=beta.dtype)  # P(Y < level), from the threshold under it
    up_to = np.full(n, 1.0, dtype=beta.dtype)
    has_low, has_high = index > 0, index < k
    below[has_low] = 1 / (1 + np.exp(eta[has_low] - beta[index[has_low] - 1]))
    up_to[has_high] = 1 / (1 + np.exp(eta[has_high] - beta[index[has_high]]))
    chance = up_to - below
    slope_low, slope_high = below * (1 - below) / chance, up_to * (1 - up_to) / chance
    gradient = np.zeros(beta.size, dtype=beta.dtype)
    np.add.at(gradient, index[has_high], slope_high[has_high])
    np.add.at(gradient, index[has_low] - 1, -slope_low[has_low])
    gradient[k:] = -(slope_high - slope_low) @ x
    return np.sum(np.log(chance)), gradient
