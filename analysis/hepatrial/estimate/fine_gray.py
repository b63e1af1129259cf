"""Fine-Gray regression of the subdistribution hazard of one cause.

Fine and Gray (1999), doi 10.1080/01621459.1999.10474144: subjects with another cause stay at risk with the
weight
G(t-) / G(T_i-), G the Kaplan-Meier curve of censoring; Breslow ties; sandwich variance with the part that
comes
from estimating G. R: ``cmprsk::crr`` (``ties = "efron"`` and the model variance: ``finegray`` with
``coxph``);
SAS: ``PROC PHREG; MODEL t*status(0) = x / EVENTCODE=``. Memory is subjects times event times.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from hepatrial.errors import EstimateError
from hepatrial.estimate.cox import NO_INFORMATION
from hepatrial.estimate.cox_maximise import MONOTONE, Maximum, maximise
from hepatrial.estimate.inputs import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    as_float_array,
    as_times,
    check_choice,
    normal_quantile,
)
from hepatrial.estimate.km import compute_curve_rows
from hepatrial.estimate.risk_table import compute_risk_table, merge_times


@dataclass(frozen=True, eq=False)
class FineGrayFit:
    """``table``: term, coef, std_error (sandwich), model_std_error, statistic (z), p_value, hazard_ratio,
    conf_low,
    conf_high. ``at`` has time and incidence for a subject with mean covariates."""

    table: pd.DataFrame
    at: pd.DataFrame
    cov_params: FloatArray
    log_likelihood_null: float
    log_likelihood: float
    cause: int
    n: int
    n_events: int
    conf_level: float
    converged: bool
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Data:
    x: FloatArray
    own: BoolArray  # has the event of the cause
    at: FloatArray  # (m,) its distinct times
    position: IntArray  # of each own event among them
    deaths: FloatArray  # (m,)
    weight: FloatArray  # (m, n), 0 when not at risk


def fit_fine_gray(
    time: Any,
    status: Any,
    covariates: Any,
    *,
    cause: int,
    at: Any = (),
    ties: str = "breslow",
    conf_level: float = 0.95,
) -> FineGrayFit:
    """Log subdistribution hazard ratios for ``cause``; arguments as :func:`fit_cox`, status 0 censored, 1..
    causes.

    ``not_estimable`` without an event of the cause; ``failed`` when the likelihood is monotone.
    """
    check_choice(ties, ("breslow", "efron"), "ties")
    times = merge_times(as_times(time))[0]
    codes = as_codes(status, times.size)
    frame = covariates if isinstance(covariates, pd.DataFrame) else pd.DataFrame(np.asarray(covariates))
    if len(frame) != times.size:
        raise EstimateError(f"covariates has {len(frame)} rows, time has {times.size}")
    names = [str(name) for name in frame.columns]
    x = np.column_stack([as_float_array(frame.iloc[:, j], f"covariate {n}") for j, n in enumerate(names)])
    days = as_float_array(np.atleast_1d(at), "at")
    own, p = codes == cause, len(names)
    if own.any():
        data = _build(times, codes, x - x.mean(axis=0), cause, ties)
        best = maximise(lambda b: _likelihood(data, b, ties), np.zeros(p))
        null = _likelihood(data, np.zeros(p), ties)[0]
        model_cov = np.linalg.pinv(best.information, hermitian=True)
        influence = _influence(data, times, codes, best.beta) @ model_cov
        cov = influence.T @ influence
        hazard = np.cumsum(data.deaths / (data.weight @ np.exp(data.x @ best.beta)))
        incidence = 1 - np.exp(-np.r_[0.0, hazard])[np.searchsorted(data.at, days, side="right")]
        reason = f"{MONOTONE}: no finite estimate" if best.reason == MONOTONE else best.reason
        if not reason and not (np.diag(cov) > 0).all():
            reason = f"{NO_INFORMATION}: a covariate is the same for everybody at risk at every event"
        status_text = "failed" if reason else "ok"
    else:
        model_cov = cov = np.full((p, p), np.nan)
        best, null = Maximum(np.full(p, np.nan), 0.0, cov, 0, "none"), 0.0
        incidence, status_text = np.zeros(days.size), "not_estimable"
        reason = f"no event of cause {cause}"
    return FineGrayFit(
        table=_table(names, best.beta, cov, model_cov, conf_level),
        at=pd.DataFrame({"time": days, "incidence": incidence}),
        cov_params=cov,
        log_likelihood_null=null,
        log_likelihood=best.value,
        cause=cause,
        n=times.size,
        n_events=int(own.sum()),
        conf_level=conf_level,
        converged=not best.reason,
        method=f"Fine-Gray, {ties} ties",
        status=status_text,
        notes=(reason,) if reason else (),
    )


def _build(time: FloatArray, status: IntArray, x: FloatArray, cause: int, ties: str) -> _Data:
    own = status == cause
    at, position, deaths = np.unique(time[own], return_inverse=True, return_counts=True)
    rows = compute_curve_rows(compute_risk_table(time, (status == 0).astype(np.int64)))
    # finegray (Efron) counts censorings after the events of their day, crr among all who reached it
    reached = rows.n_risk - (rows.n_censored if ties == "efron" else 0)
    curve = np.cumprod(np.r_[1.0, 1 - rows.n_events / np.maximum(reached, 1)])

    def censoring(t: FloatArray) -> FloatArray:
        return np.asarray(curve[np.searchsorted(rows.time, t, side="left")])

    still = time >= at[:, None]
    past = ~still & (status > 0) & ~own
    own_curve = censoring(time)
    ratio = censoring(at)[:, None] / np.where(own_curve > 0, own_curve, 1.0)
    return _Data(x, own, at, position, deaths.astype(np.float64), still + past * ratio)


def _likelihood(data: _Data, beta: FloatArray, ties: str) -> tuple[float, FloatArray, FloatArray]:
    risk = np.exp(data.x @ beta)
    outer = data.x[:, :, None] * data.x[:, None, :]
    moments = [risk, risk[:, None] * data.x, risk[:, None, None] * outer]
    sums = [np.tensordot(data.weight, m, axes=1) for m in moments]
    k = np.repeat(np.arange(data.at.size), data.deaths.astype(np.int64))
    f = np.zeros(k.size)
    if ties == "efron":
        f = (np.arange(k.size) - np.searchsorted(k, k)) / data.deaths[k]
    dead = [np.zeros((data.at.size, *m.shape[1:])) for m in moments]
    for total, m in zip(dead, moments, strict=True):
        np.add.at(total, data.position, m[data.own])
    s0 = sums[0][k] - f * dead[0][k]
    mean = (sums[1][k] - f[:, None] * dead[1][k]) / s0[:, None]
    second = (sums[2][k] - f[:, None, None] * dead[2][k]) / s0[:, None, None]
    own = data.x[data.own].sum(axis=0)
    information = (second - mean[:, :, None] * mean[:, None, :]).sum(axis=0)
    return float(own @ beta - np.log(s0).sum()), own - mean.sum(axis=0), information


def _influence(data: _Data, time: FloatArray, status: IntArray, beta: FloatArray) -> FloatArray:
    """eta_i + psi_i of Fine and Gray, shape (n, p)."""
    risk = np.exp(data.x @ beta)
    s0 = data.weight @ risk
    mean = (data.weight @ (risk[:, None] * data.x)) / s0[:, None]
    jump = data.deaths / s0
    hazard = data.weight * jump[:, None]
    eta = -risk[:, None] * (data.x * hazard.sum(axis=0)[:, None] - hazard.T @ mean)
    eta[data.own] += data.x[data.own] - mean[data.position]
    censored = np.unique(time[status == 0])
    if not censored.size:
        return np.asarray(eta)
    # q(u): what later event times (s >= u) add through subjects whose other event came before u
    other = (status > 0) & ~data.own
    later = np.zeros((censored.size, data.x.shape[1]))
    for i in np.flatnonzero(other):
        terms = risk[i] * hazard[:, i, None] * (data.x[i] - mean)
        tail = np.concatenate([np.cumsum(terms[::-1], axis=0)[::-1], np.zeros((1, later.shape[1]))])
        later += (censored > time[i])[:, None] * tail[np.searchsorted(data.at, censored, side="left")]
    at_risk = (time[:, None] >= censored).sum(axis=0)
    counts = np.array([np.sum((time == u) & (status == 0)) for u in censored])
    rate = later / at_risk[:, None]
    drift = np.concatenate([np.zeros((1, rate.shape[1])), np.cumsum(rate * (counts / at_risk)[:, None], axis=0)])
    psi = -drift[np.searchsorted(censored, time, side="right")]
    psi[status == 0] += rate[np.searchsorted(censored, time[status == 0])]
    return np.asarray(eta + psi)


def _table(
    names: list[str], beta: FloatArray, cov: FloatArray, model_cov: FloatArray, conf_level: float
) -> pd.DataFrame:
    std_error = np.sqrt(np.diag(cov))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z, half = beta / std_error, normal_quantile(conf_level) * std_error
        limits = np.exp(beta - half), np.exp(beta + half)
    return pd.DataFrame(
        {
            "term": names,
            "coef": beta,
            "std_error": std_error,
            "model_std_error": np.sqrt(np.diag(model_cov)),
            "statistic": z,
            "p_value": 2 * norm.sf(np.abs(z)),
            "hazard_ratio": np.exp(beta),
            "conf_low": limits[0],
            "conf_high": limits[1],
        }
    )
