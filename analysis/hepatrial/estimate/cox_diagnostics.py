"""Proportional hazards tested, and survival predicted, from a Cox model.

The test is the score test for adding x g(t) to the model (R: ``cox.zph`` since survival 3.0; Grambsch and
Therneau 1994,
doi 10.1093/biomet/81.3.515), not the older approximation by correlating residuals with g(t).
Predicted survival is exp(-H0(t) exp(x'b)) with Efron's (or Breslow's) baseline hazard; its variance adds
that of the
coefficients (R: ``survfit(coxph)``; SAS: ``PROC PHREG BASELINE``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, rankdata

from hepatrial.errors import EstimateError
from hepatrial.estimate.cox import as_cox_data
from hepatrial.estimate.cox_kernel import CoxData, compute_terms, iterate_strata
from hepatrial.estimate.cox_maximise import make_objective, maximise
from hepatrial.estimate.inputs import FloatArray, as_float_array, check_choice, normal_quantile
from hepatrial.estimate.km import compute_curve_rows
from hepatrial.estimate.risk_table import compute_risk_table

TRANSFORMS = ("km", "rank", "identity", "log")


@dataclass(frozen=True, eq=False)
class HazardsOverTime:
    """``table`` has term (the last is GLOBAL), statistic (chi-square), df, p_value."""

    table: pd.DataFrame
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CoxSurvival:
    """``at`` has row (of the new covariates), time, survival, std_error, conf_low, conf_high,
    cumulative_hazard.
    """

    at: pd.DataFrame
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def compare_hazards_over_time(
    time: Any,
    event: Any,
    covariates: Any,
    *,
    transform: str = "km",
    ties: str = "efron",
    stratum: Any = None,
    entry: Any = None,
) -> HazardsOverTime:
    """Test that each hazard ratio is constant against a change along g(t).

    ``transform`` is g: ``km`` (1 - S just before t), ``rank`` of t among all times, ``identity`` or ``log``.
    """
    check_choice(transform, TRANSFORMS, "transform")
    check_choice(ties, ("efron", "breslow"), "ties")
    data, names = as_cox_data(time, event, covariates, stratum, entry, None)
    best = maximise(make_objective(data, ties, False), np.zeros(len(names)))
    score, information = _augmented(data, best.beta, ties, transform)
    p = len(names)
    rows = []
    for j in range(p):
        keep = np.r_[np.arange(p), p + j]
        u = np.r_[np.zeros(p), score[j]]
        rows.append((names[j], _quadratic(u, information[np.ix_(keep, keep)]), 1))
    rows.append(("GLOBAL", _quadratic(np.r_[np.zeros(p), score], information), p))
    table = pd.DataFrame(rows, columns=["term", "statistic", "df"])
    table["p_value"] = chi2.sf(table["statistic"], table["df"])
    failed = bool(best.reason)
    method = f"score test of proportional hazards, {transform} time"
    return HazardsOverTime(table, method, "failed" if failed else "ok", (best.reason,) if failed else ())


def _quadratic(u: FloatArray, information: FloatArray) -> float:
    return float(u @ np.linalg.lstsq(information, u, rcond=None)[0])


def _augmented(data: CoxData, beta: FloatArray, ties: str, transform: str) -> tuple[FloatArray, FloatArray]:
    """Score of the g(t) terms at 0, and the information of (x, x g(t)) together."""
    p = beta.size
    at, value = _transform_times(data, transform)
    score, information = np.zeros(p), np.zeros((2 * p, 2 * p))
    for rows in iterate_strata(data):
        if not data.event[rows].any():
            continue
        terms = compute_terms(data, rows, beta, ties)
        g = value[np.searchsorted(at, terms.time)]
        deaths = data.event[rows]
        own = value[np.searchsorted(at, data.time[rows][deaths])]
        score += own @ data.x[rows][deaths] - g @ terms.mean
        blocks = [np.tensordot(g**power, terms.spread, axes=1) for power in (0, 1, 2)]
        information += np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    return score, information


def _transform_times(data: CoxData, transform: str) -> tuple[FloatArray, FloatArray]:
    """g at each distinct event time, over all strata together."""
    at = np.unique(data.time[data.event])
    if transform == "identity":
        return at, at
    if transform == "log":
        if at[0] <= 0:
            raise EstimateError("transform log needs event times > 0")
        return at, np.log(at)
    if transform == "rank":
        ranks = rankdata(data.time)  # among all rows, censored ones too, as cox.zph does
        return at, ranks[data.event][np.unique(data.time[data.event], return_index=True)[1]]
    rows = compute_curve_rows(compute_risk_table(data.time, data.event.astype(np.int64), entry=data.entry))
    survival = rows.survival[rows.n_events > 0]
    return at, 1 - np.r_[1.0, survival[:-1]]


def estimate_cox_survival(
    time: Any,
    event: Any,
    covariates: Any,
    new_covariates: pd.DataFrame,
    *,
    at: Any,
    ties: str = "efron",
    conf_level: float = 0.95,
) -> CoxSurvival:
    """Survival at each time of ``at`` for each row of ``new_covariates``, limits on the log(-log) scale."""
    check_choice(ties, ("efron", "breslow"), "ties")
    data, names = as_cox_data(time, event, covariates, None, None, None)
    best = maximise(make_objective(data, ties, False), np.zeros(len(names)))
    days = as_float_array(np.atleast_1d(at), "at")
    centre = np.asarray(covariates, dtype=np.float64).mean(axis=0)
    terms = compute_terms(data, iterate_strata(data)[0], best.beta, ties)
    cov = np.linalg.inv(best.information)
    last = np.searchsorted(terms.time, days, side="right")
    jump = 1 / terms.s0
    frames = []
    for i, new in enumerate(new_covariates[names].to_numpy(dtype=np.float64) - centre):
        risk = float(np.exp(new @ best.beta))
        hazard = np.r_[0.0, np.cumsum(jump)][last] * risk
        drift = np.cumsum(jump[:, None] * (new - terms.mean), axis=0)
        drift = np.concatenate([np.zeros((1, new.size)), drift])[last] * risk
        variance = np.r_[0.0, np.cumsum(jump**2)][last] * risk**2 + np.sum((drift @ cov) * drift, axis=1)
        frames.append(_predict_frame(i, days, hazard, np.sqrt(variance), conf_level))
    method, failed = f"Cox, {ties} baseline hazard", bool(best.reason)
    notes = (best.reason,) if failed else ()
    table = pd.concat(frames, ignore_index=True)
    return CoxSurvival(table, conf_level, method, "failed" if failed else "ok", notes)


def _predict_frame(
    row: int, at: FloatArray, hazard: FloatArray, hazard_se: FloatArray, conf_level: float
) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.exp(normal_quantile(conf_level) * hazard_se / hazard)
    survival = np.exp(-hazard)
    return pd.DataFrame(
        {
            "row": row,
            "time": at,
            "survival": survival,
            "std_error": survival * hazard_se,
            "conf_low": np.exp(-hazard * factor),
            "conf_high": np.exp(-hazard / factor),
            "cumulative_hazard": hazard,
        }
    )
