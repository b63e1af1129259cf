"""Logistic regression, plain or with Firth's penalty for separated data.

Firth (1993), doi 10.1093/biomet/80.1.27; Heinze and Schemper (2002), doi 10.1002/sim.1047: profile penalised
likelihood
limits and penalised likelihood-ratio tests. R: ``glm(family = binomial)``, ``logistf::logistf``; SAS: ``PROC
LOGISTIC / FIRTH CLPARM=PL``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from hepatrial.errors import EstimateError
from hepatrial.estimate.cox import make_profile_table, make_wald_table
from hepatrial.estimate.cox_maximise import MONOTONE, Objective, maximise
from hepatrial.estimate.inputs import FloatArray, as_events, as_float_array, check_conf_level


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """``table``: term (``Intercept`` first), coef, std_error, statistic, p_value, odds_ratio, conf_low,
    conf_high (of
    the odds ratio). ``log_likelihood_null`` has the intercept only; both are penalised with ``firth``."""

    table: pd.DataFrame
    log_likelihood_null: float
    log_likelihood: float
    n: int
    n_events: int
    conf_level: float
    converged: bool
    method: str
    status: str
    notes: tuple[str, ...]


def fit_logistic(event: Any, covariates: Any, *, firth: bool = False, conf_level: float = 0.95) -> LogisticFit:
    """Log odds ratios per unit of each covariate; ``failed`` when the data are separated and ``firth`` is
    off.
    """
    check_conf_level(conf_level)
    y = as_events(event, np.size(event)).astype(np.float64)
    frame = covariates if isinstance(covariates, pd.DataFrame) else pd.DataFrame(np.asarray(covariates))
    if len(frame) != y.size:
        raise EstimateError(f"covariates has {len(frame)} rows, event has {y.size}")
    names = ["Intercept", *(str(name) for name in frame.columns)]
    columns = [as_float_array(frame.iloc[:, j], f"covariate {n}") for j, n in enumerate(names[1:])]
    x = np.column_stack([np.ones(y.size), *columns])
    objective = make_objective(x, y, firth)
    start = np.zeros(len(names))
    best = maximise(objective, start)
    null = maximise(objective, start, np.arange(start.size) == 0)
    cov = np.linalg.pinv(compute_curvature(x, best.beta) if firth else best.information, hermitian=True)
    table = make_wald_table(names, best.beta, cov, cov, conf_level)
    if firth and not best.reason:
        table = make_profile_table(table, objective, best, conf_level)
    table = table.drop(columns="model_std_error").rename(columns={"hazard_ratio": "odds_ratio"})
    reason = f"{MONOTONE}: the data are separated; use Firth's penalty" if best.reason == MONOTONE else best.reason
    return LogisticFit(
        table=table,
        log_likelihood_null=null.value,
        log_likelihood=best.value,
        n=y.size,
        n_events=int(y.sum()),
        conf_level=conf_level,
        converged=not best.reason,
        method="logistic" + (", Firth penalty, profile limits" if firth else ""),
        status="failed" if reason else "ok",
        notes=(reason,) if reason else (),
    )


def compute_curvature(x: FloatArray, beta: FloatArray) -> FloatArray:
    """Information of the penalised fit as logistf has it: each row counted 1 + its leverage times."""
    p = expit(x @ beta)
    w = p * (1 - p)
    leverage = w * np.sum(x * np.linalg.solve((x * w[:, None]).T @ x, x.T).T, axis=1)
    return np.asarray((x * (w * (1 + leverage))[:, None]).T @ x)


def make_objective(x: FloatArray, y: FloatArray, firth: bool) -> Objective:
    """Value, gradient and information at beta; the penalty's gradient is x' (h (1/2 - p)), h the
    leverages.
    """

    def evaluate(beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        eta = x @ beta
        p = expit(eta)
        value = float(np.sum(y * log_expit(eta) + (1 - y) * log_expit(-eta)))
        w = p * (1 - p)
        information = (x * w[:, None]).T @ x
        score = x.T @ (y - p)
        if not firth:
            return value, score, information
        sign, log_det = np.linalg.slogdet(information)
        if sign <= 0:
            return -np.inf, score, information
        leverage = w * np.sum(x * np.linalg.solve(information, x.T).T, axis=1)
        return value + 0.5 * float(log_det), score + x.T @ (leverage * (0.5 - p)), information

    return evaluate
