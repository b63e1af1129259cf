"""Cox regression: hazard ratios with tests, robust errors, Firth's penalty, and the test of proportional
hazards.

lifelines is the engine for Efron ties (stopped late: it stops early by default); the kernel (``cox_kernel``)
makes the
other ties, every test and residual, and is the second path. Cox (1972), doi
10.1111/j.2517-6161.1972.tb00899.x.
R: ``coxph``, ``coxphf::coxphf``; SAS: ``PROC PHREG / TIES= FIRTH RL=PL``.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.exceptions import ConvergenceError
from scipy.optimize import brentq
from scipy.stats import chi2, norm
from statsmodels.duration.hazard_regression import PHReg

from hepatrial.errors import EstimateError
from hepatrial.estimate.cox_kernel import (
    CoxData,
    build_cox_data,
    compute_concordance,
    compute_likelihood,
    compute_score_residuals,
)
from hepatrial.estimate.cox_maximise import MONOTONE, Maximum, Objective, make_objective, maximise
from hepatrial.estimate.inputs import (
    BoolArray,
    FloatArray,
    IntArray,
    as_entry,
    as_events,
    as_float_array,
    as_groups,
    as_times,
    check_choice,
    check_conf_level,
    normal_quantile,
)

TIES = ("efron", "breslow", "exact")
# it also stops when the Newton decrement is below precision: 1e-12 there leaves 1e-6 standard errors in the
# coefficient
LIFELINES_OPTIONS = {"precision": 1e-18, "r_precision": 1e-18}
MAX_CONCORDANCE = 20_000
NO_INFORMATION = "no information"


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted Cox model.

    ``table``: term, coef, std_error (robust when asked), model_std_error, statistic (signed z), p_value,
    hazard_ratio,
    conf_low, conf_high. ``tests``: test (likelihood_ratio, wald, score, robust_score), statistic
    (chi-square), df,
    p_value. ``log_likelihood_null`` and ``log_likelihood`` are penalised with ``firth``.
    """

    table: pd.DataFrame
    tests: pd.DataFrame
    cov_params: FloatArray
    log_likelihood_null: float
    log_likelihood: float
    concordance: float
    concordance_std_error: float
    n: int
    n_events: int
    iterations: int
    converged: bool
    conf_level: float
    method: str
    engine: str
    status: str
    notes: tuple[str, ...]


def fit_cox(
    time: Any,
    event: Any,
    covariates: Any,
    *,
    ties: str = "efron",
    stratum: Any = None,
    cluster: Any = None,
    robust: bool = False,
    weights: Any = None,
    entry: Any = None,
    firth: bool = False,
    limits: str = "profile",
    engine: str = "lifelines",
    conf_level: float = 0.95,
) -> CoxFit:
    """Log hazard ratios per unit of each covariate, the baseline hazard free in every stratum.

    Parameters
    ----------
    time, event, entry
        As in :func:`estimate_survival`.
    covariates : DataFrame or array, shape (n, p)
        Numeric columns, no missing values; the columns' names are the terms.
    ties : str
        ``efron`` (R's default), ``breslow`` (SAS's default) or ``exact`` (R: ``ties = "exact"``; SAS:
        ``DISCRETE``).
    stratum, cluster : array, optional
        Baseline strata; subjects for a grouped robust variance (``robust`` alone: one subject a row).
    weights : array, optional
        Case weights > 0; the robust variance is then used.
    firth : bool
        Firth's penalty, for an arm without events; p-values are penalised likelihood-ratio tests and
        ``limits`` are
        ``profile`` or ``wald`` (with Wald p-values).
    engine : str
        ``lifelines`` (Efron ties without penalty; else our kernel), ``kernel``, or ``statsmodels`` (Efron and Breslow
        ties without penalty, weights or robust variance; else refused).

    Returns
    -------
    CoxFit
        ``failed`` with the reason when the likelihood is monotone (no finite estimate; use ``firth``),
        ``not_estimable`` without events.
    """
    check_choice(ties, TIES, "ties")
    check_choice(limits, ("profile", "wald"), "limits")
    check_choice(engine, ("lifelines", "kernel", "statsmodels"), "engine")
    check_conf_level(conf_level)
    data, names = as_cox_data(time, event, covariates, stratum, entry, weights)
    is_robust = robust or cluster is not None or weights is not None
    if ties == "exact" and is_robust:
        raise EstimateError("exact ties have no robust variance: use efron or breslow")
    if engine == "statsmodels" and (ties == "exact" or firth or is_robust):
        raise EstimateError("statsmodels has no exact ties, penalty, weights or robust variance: use engine='kernel'")
    if not data.event.any():
        return _empty_fit(data, names, conf_level, ties)
    subject = _find_subjects(cluster, data.time.size) if is_robust else None
    objective = make_objective(data, ties, firth)
    start = np.zeros(len(names))
    null = objective(start)
    constant = _find_constant(data, null[2])
    best = Maximum(start, null[0], null[2], 0, NO_INFORMATION) if constant.any() else maximise(objective, start)
    used = "kernel" if best.reason or (engine == "lifelines" and (ties != "efron" or firth)) else engine
    if used == "lifelines":
        best = _fit_lifelines(data, names, best)
    elif used == "statsmodels":
        best = _fit_statsmodels(data, ties, best)
    model_cov = np.linalg.pinv(best.information, hermitian=True)
    cov = model_cov if subject is None else _robust_covariance(data, best.beta, ties, subject, model_cov)
    table = make_wald_table(names, best.beta, cov, model_cov, conf_level)
    if firth and limits == "profile" and not best.reason:
        table = make_profile_table(table, objective, best, conf_level)
    failed = _explain(best, table, firth, [n for n, c in zip(names, constant, strict=True) if c])
    c, c_se = _estimate_concordance(data, best.beta)
    return CoxFit(
        table=table,
        tests=_tests(data, best, null, cov, ties, subject),
        cov_params=cov,
        log_likelihood_null=null[0],
        log_likelihood=best.value,
        concordance=c,
        concordance_std_error=c_se,
        n=data.time.size,
        n_events=int(data.event.sum()),
        iterations=best.iterations,
        converged=not best.reason,
        conf_level=conf_level,
        method=f"Cox, {ties} ties" + (f", Firth penalty, {limits} limits" if firth else ""),
        engine=used,
        status="failed" if failed else "ok",
        notes=(failed,) if failed else (),
    )


def _find_subjects(cluster: Any, n: int) -> IntArray:
    return np.arange(n) if cluster is None else as_groups(cluster, n, "cluster")[1]


def _estimate_concordance(data: CoxData, beta: FloatArray) -> tuple[float, float]:
    """Concordance of the linear predictor; left out for samples whose pairs are too many to count."""
    if data.time.size > MAX_CONCORDANCE:
        return float("nan"), float("nan")
    return compute_concordance(data, data.x @ beta)


def as_cox_data(
    time: Any, event: Any, covariates: Any, stratum: Any, entry: Any, weights: Any
) -> tuple[CoxData, list[str]]:
    """Typed columns for the kernel, and the names of the terms."""
    times = as_times(time)
    events = as_events(event, times.size)
    frame = covariates if isinstance(covariates, pd.DataFrame) else pd.DataFrame(np.asarray(covariates))
    if len(frame) != times.size:
        raise EstimateError(f"covariates has {len(frame)} rows, time has {times.size}")
    names = [str(name) for name in frame.columns]
    columns = [as_float_array(frame.iloc[:, j], f"covariate {name}") for j, name in enumerate(names)]
    x = np.column_stack(columns) if columns else np.zeros((times.size, 0))
    strata = np.zeros(times.size, dtype=np.int64)
    if stratum is not None:
        strata = as_groups(stratum, times.size, "stratum")[1]
    weight = None if weights is None else as_float_array(weights, "weights")
    if weight is not None and (weight.size != times.size or (weight <= 0).any()):
        raise EstimateError("weights must be > 0, one a row")
    more = {"entry": as_entry(entry, times), "weight": weight}
    return build_cox_data(times, events, x, strata, **more), names


def _fit_lifelines(data: CoxData, names: list[str], ours: Maximum) -> Maximum:
    """Coefficients and information from lifelines; the likelihood at them from the kernel."""
    columns = [f"x{j}" for j in range(len(names))]
    frame = pd.DataFrame(data.x, columns=columns)
    frame = frame.assign(time=data.time, event=data.event, weight=data.weight, stratum=data.stratum)
    options: dict[str, Any] = {"strata": ["stratum"]} if data.stratum.any() else {}
    if data.entry is not None:
        frame["entry"], options["entry_col"] = data.entry, "entry"
    if (data.weight != 1).any():
        options["weights_col"] = "weight"
    used = [
        *columns,
        "time",
        "event",
        *options.get("strata", []),
        *(v for k, v in options.items() if k != "strata"),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its warnings of weights and near-separation: ours decides those
        try:
            fit = CoxPHFitter().fit(frame[used], "time", "event", fit_options=LIFELINES_OPTIONS, **options)
        except ConvergenceError as error:
            return Maximum(ours.beta, ours.value, ours.information, ours.iterations, f"lifelines: {error}")
    beta = fit.params_.loc[columns].to_numpy()
    value, _, _ = compute_likelihood(data, beta, "efron")
    variance = fit.variance_matrix_.loc[columns, columns].to_numpy()
    return Maximum(beta, float(value), np.linalg.pinv(variance, hermitian=True), ours.iterations, "")


def _fit_statsmodels(data: CoxData, ties: str, ours: Maximum) -> Maximum:
    """Coefficients and information from statsmodels; the likelihood at them from the kernel."""
    model = PHReg(data.time, data.x, data.event, entry=data.entry, strata=data.stratum, ties=ties)
    fit = model.fit(disp=False, tol=1e-14, maxiter=100)
    value, _, _ = compute_likelihood(data, fit.params, ties)
    information = np.linalg.pinv(fit.cov_params(), hermitian=True)
    return Maximum(fit.params, float(value), information, ours.iterations, "")


def _robust_covariance(
    data: CoxData, beta: FloatArray, ties: str, subject: IntArray, model_cov: FloatArray
) -> FloatArray:
    changes = _group(compute_score_residuals(data, beta, ties), subject) @ model_cov
    return np.asarray(changes.T @ changes)


def _group(residuals: FloatArray, subject: IntArray) -> FloatArray:
    grouped = np.zeros((int(subject.max()) + 1, residuals.shape[1]))
    np.add.at(grouped, subject, residuals)
    return grouped


def make_wald_table(
    names: list[str], beta: FloatArray, cov: FloatArray, model_cov: FloatArray, conf_level: float
) -> pd.DataFrame:
    """Coefficients with Wald tests and limits of their exponentials."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        std_error = np.sqrt(np.where(np.diag(cov) > 0, np.diag(cov), np.nan))  # without information there is none
        z = beta / std_error
        half = normal_quantile(conf_level) * std_error
        return pd.DataFrame(
            {
                "term": names,
                "coef": beta,
                "std_error": std_error,
                "model_std_error": np.sqrt(np.diag(model_cov)),
                "statistic": z,
                "p_value": 2 * norm.sf(np.abs(z)),
                "hazard_ratio": np.exp(beta),
                "conf_low": np.exp(beta - half),
                "conf_high": np.exp(beta + half),
            }
        )


def make_profile_table(table: pd.DataFrame, objective: Objective, best: Maximum, conf_level: float) -> pd.DataFrame:
    """Penalised likelihood-ratio p-values, and limits where the profile falls by half a chi-square
    quantile.
    """
    table, drop = table.copy(), float(chi2.isf(1 - conf_level, 1))
    for j in range(best.beta.size):
        free = np.arange(best.beta.size) != j

        def deviance(b: float, j: int = j, free: Any = free) -> float:
            start = best.beta.copy()
            start[j] = b
            return 2 * (best.value - maximise(objective, start, free).value)

        se = float(table["model_std_error"].iloc[j])
        low, high = (_walk(deviance, float(best.beta[j]), side * se, drop) for side in (-1, 1))
        statistic = max(deviance(0.0), 0.0)
        table.loc[table.index[j], ["statistic", "p_value", "conf_low", "conf_high"]] = [
            float(np.sign(best.beta[j]) * np.sqrt(statistic)),
            float(chi2.sf(statistic, 1)),
            float(np.exp(low)),
            float(np.exp(high)),
        ]
    return table


def _walk(deviance: Any, centre: float, step: float, drop: float) -> float:
    """The coefficient on one side at which the deviance reaches ``drop``; infinite when it never does."""
    inside = centre
    for _ in range(60):
        outside = inside + step
        if deviance(outside) >= drop:
            return float(brentq(lambda b: deviance(b) - drop, inside, outside, xtol=1e-10))
        inside, step = outside, step * 1.5
    return float(np.copysign(np.inf, step))


def _tests(
    data: CoxData,
    best: Maximum,
    null: tuple[float, FloatArray, FloatArray],
    cov: FloatArray,
    ties: str,
    subject: IntArray | None,
) -> pd.DataFrame:
    df = int(np.linalg.matrix_rank(null[2], hermitian=True))
    rows = {
        "likelihood_ratio": 2 * (best.value - null[0]),
        "wald": float(best.beta @ np.linalg.pinv(cov, hermitian=True) @ best.beta),
        "score": float(null[1] @ np.linalg.pinv(null[2], hermitian=True) @ null[1]),
    }
    if subject is not None:
        at_null = _group(compute_score_residuals(data, np.zeros(best.beta.size), ties), subject)
        rows["robust_score"] = float(null[1] @ np.linalg.pinv(at_null.T @ at_null, hermitian=True) @ null[1])
    values = np.array(list(rows.values()))
    return pd.DataFrame({"test": list(rows), "statistic": values, "df": df, "p_value": chi2.sf(values, df)})


def _find_constant(data: CoxData, information: FloatArray) -> BoolArray:
    """Covariates that are the same for everybody at risk, at every event: rounding is all their
    information.
    """
    possible = data.event.sum() * np.mean(data.x**2, axis=0)
    return np.asarray(np.diag(information) <= 1e-10 * np.maximum(possible, 1e-300))


def _explain(best: Maximum, table: pd.DataFrame, firth: bool, constant: list[str]) -> str:
    if constant:
        return f"{NO_INFORMATION}: {', '.join(constant)} is the same for everybody at risk at every event"
    if best.reason == MONOTONE:
        far = table["term"][table["model_std_error"] > 1e3 * max(1e-3, table["model_std_error"].min())]
        names = ", ".join(far if len(far) else table["term"])
        reason = f"monotone likelihood: no finite estimate of {names} (an arm without events?)"
        return reason if firth else f"{reason}; use Firth's penalty"
    singular = np.linalg.matrix_rank(best.information, hermitian=True) < best.beta.size
    return best.reason or ("covariates are collinear" if singular else "")


def _empty_fit(data: CoxData, names: list[str], conf_level: float, ties: str) -> CoxFit:
    nan, p = float("nan"), len(names)
    empty = np.full((p, p), np.nan)
    table = make_wald_table(names, np.full(p, np.nan), empty, empty, conf_level)
    tests = pd.DataFrame({"test": ["likelihood_ratio", "wald", "score"]}).assign(statistic=nan, df=0, p_value=nan)
    return CoxFit(
        table=table,
        tests=tests,
        cov_params=empty,
        log_likelihood_null=0.0,
        log_likelihood=0.0,
        concordance=nan,
        concordance_std_error=nan,
        n=data.time.size,
        n_events=0,
        iterations=0,
        converged=False,
        conf_level=conf_level,
        method=f"Cox, {ties} ties",
        engine="kernel",
        status="not_estimable",
        notes=("no events",),
    )
