"""Multiple imputation of a yes/no response: draws from a logistic model, pooled by Rubin's rules.

The model is fitted to the patients whose response was measured. Each imputation draws its coefficients from the normal
distribution of their estimate, beta* = beta + L z with L L' the estimate's covariance and z standard normal, then every
missing response from its probability under beta* (Rubin 1987, p. 169; R's ``mice`` method ``logreg``, SAS ``PROC MI;
FCS LOGISTIC``). With ``firth`` the estimate has Firth's penalty, so it exists when the responses are separated,
as they often are in a small trial (doi:10.1093/biomet/80.1.27); without, a separated model has failed.

A number Q with variance U in each of m imputations has the pooled variance T = mean(U) + (1 + 1/m) var(Q) and the
degrees of freedom of Barnard and Rubin (doi:10.1093/biomet/86.4.948). Limits:

- ``wald``: Q +- t sqrt(T), U = sum p(1 - p)/n over the arms;
- ``mantel-haenszel``: the common difference over strata, U Sato's variance;
- ``wilson`` (one arm) solves (p - Q)^2 = t^2 (1 + r) p(1 - p)/n, r = (1 + 1/m) var(Q) / mean(U) (Lott and Reiter 2020,
  doi:10.1080/00031305.2018.1473796): with nothing imputed Wilson's limits, but with t for z;
- ``newcombe``: those of both arms, squared and added (Sidi and Harel 2022, doi:10.1080/00031305.2021.1898468).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import t as student

from hepatrial.errors import EstimateError
from hepatrial.estimate.cox_maximise import MONOTONE, Maximum, maximise
from hepatrial.estimate.inputs import BoolArray, FloatArray, check_choice, check_conf_level
from hepatrial.estimate.logistic import compute_curvature, make_objective
from hepatrial.estimate.reference_based import pool_rubin
from hepatrial.estimate.two_proportions import compare_proportions

METHODS = ("wald", "newcombe", "mantel-haenszel")
NO_DONORS = "no response was measured, so none can be imputed"
NO_SPREAD = "every imputation has no or only responses: there is no standard error"
NO_VARIANCE = "every imputation has no or only responses in each arm: there is no variance to pool"


@dataclass(frozen=True, eq=False)
class ImputedResponses:
    """``draws``: one row an imputation, one column a missing response, in the order given; True is a response.

    ``coefficients``: term, coef, std_error of the imputation model; empty when nothing is missing.
    """

    draws: BoolArray
    coefficients: pd.DataFrame
    n_donors: int
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PooledProportion:
    """A proportion, or a difference of two, over the imputations; ``std_error`` and ``df`` by Rubin's rules."""

    estimate: float
    std_error: float
    df: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    n_imputations: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def impute_responses(
    response: Any, covariates: Any, *, n_imputations: int, rng: np.random.Generator, firth: bool = True
) -> ImputedResponses:
    """Draw each missing response ``n_imputations`` times.

    Parameters
    ----------
    response : array of float, shape (n,)
        1 response, 0 none, NaN to be imputed. Patients whose response is decided otherwise (death) do not belong here.
    covariates : DataFrame, n rows
        Numbers, or categories (a column for each level but the first); nothing missing. May have no columns.
    n_imputations : int
        2 or more.
    rng : numpy.random.Generator
        All coefficients are drawn first, then all responses, in the order of the rows.
    firth : bool
        Firth's penalty; without it separated responses give status ``failed``.

    Raises
    ------
    EstimateError
        Lengths differ, a covariate is missing, or fewer than 2 imputations.
    """
    y = np.asarray(response, dtype=float)
    frame = pd.DataFrame(covariates).reset_index(drop=True)
    if n_imputations < 2:
        raise EstimateError(f"n_imputations is 2 or more, not {n_imputations}")
    if len(frame) != y.size or frame.isna().any(axis=None):
        raise EstimateError(f"covariates needs {y.size} rows without missing values, got {len(frame)}")
    missing = np.isnan(y)
    if not np.isin(y[~missing], (0, 1)).all():
        raise EstimateError("response is 1, 0 or NaN")
    name = f"logistic imputation model{', Firth penalty' if firth else ''}"
    n_donors = int((~missing).sum())
    if not missing.any():
        nothing = np.zeros((n_imputations, 0), dtype=bool)
        return ImputedResponses(nothing, _coefficients([], np.zeros(0), np.zeros((0, 0))), n_donors, name, "ok", ())
    empty = np.zeros((0, int(missing.sum())), dtype=bool)
    if not n_donors:
        none = _coefficients([], np.zeros(0), np.zeros((0, 0)))
        return ImputedResponses(empty, none, 0, name, "not_estimable", (NO_DONORS,))
    names, x, notes = _make_design(frame, ~missing)
    best = maximise(make_objective(x[~missing], y[~missing], firth), np.zeros(x.shape[1]))
    if best.reason:
        reason = "the measured responses are separated: use Firth's penalty" if best.reason == MONOTONE else best.reason
        none = _coefficients([], np.zeros(0), np.zeros((0, 0)))
        return ImputedResponses(empty, none, n_donors, name, "failed", (reason, *notes))
    covariance = _covariance(x[~missing], best, firth)
    root = np.linalg.cholesky(covariance)
    beta = best.beta + rng.standard_normal((n_imputations, best.beta.size)) @ root.T
    draws = rng.random((n_imputations, int(missing.sum()))) < expit(beta @ x[missing].T)
    return ImputedResponses(draws, _coefficients(names, best.beta, covariance), n_donors, name, "ok", tuple(notes))


def _covariance(x: FloatArray, best: Maximum, firth: bool) -> FloatArray:
    information = compute_curvature(x, best.beta) if firth else best.information
    return np.asarray(np.linalg.inv((information + information.T) / 2))


def _coefficients(names: list[str], beta: FloatArray, covariance: FloatArray) -> pd.DataFrame:
    return pd.DataFrame({"term": names, "coef": beta, "std_error": np.sqrt(np.diag(covariance))})


def _make_design(frame: pd.DataFrame, is_donor: BoolArray) -> tuple[list[str], FloatArray, list[str]]:
    """Intercept and coded columns; one that the donors cannot tell from those before it is left out and named."""
    names, columns, notes = ["Intercept"], [np.ones(len(frame))], []
    for name, values in _code(frame):
        tried = np.column_stack([*columns, values])[is_donor]
        if np.linalg.matrix_rank(tried) > len(columns):
            names, columns = [*names, name], [*columns, values]
        else:
            notes.append(f"{name} is left out of the imputation model: the measured responses do not tell its effect")
    return names, np.column_stack(columns), notes


def _code(frame: pd.DataFrame) -> list[tuple[str, FloatArray]]:
    coded: list[tuple[str, FloatArray]] = []
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values):
            coded.append((str(name), values.to_numpy(dtype=float) - float(values.mean())))
            continue
        levels = sorted(values.astype(str).unique())
        coded += [(f"{name}[{level}]", (values.astype(str) == level).to_numpy(dtype=float)) for level in levels[1:]]
    return coded


def pool_proportion(n_events: Any, n: int, *, conf_level: float = 0.95) -> PooledProportion:
    """One arm's proportion over the imputations, with limits of the kind of Wilson.

    ``n_events`` is an array with the responders of each imputation. With no one in the arm it is not estimable.
    """
    check_conf_level(conf_level)
    x = np.asarray(n_events, dtype=float)
    method = "multiple imputation, Wilson limits by Rubin's rules"
    if n == 0:
        return _nothing(x.size, conf_level, method, "no patients")
    p = x / n
    estimate, std_error, df = _pool(p, p * (1 - p) / n, n - 1)
    low, high = _wilson(p, n, conf_level)
    notes = (NO_SPREAD,) if np.isnan(std_error) else ()
    status = "note" if notes else "ok"
    return PooledProportion(
        estimate, std_error, df, np.nan, np.nan, low, high, x.size, conf_level, method, status, notes
    )  # fmt: skip


def _pool(estimates: FloatArray, variances: FloatArray, complete_df: float) -> tuple[float, float, float]:
    """pool_rubin; without a variance within any imputation there is nothing to pool."""
    if not variances.any():
        return float(estimates.mean()), np.nan, np.nan
    return pool_rubin(estimates, variances, complete_df=complete_df)


def _wilson(p: FloatArray, n: int, conf_level: float) -> tuple[float, float]:
    within, between = float((p * (1 - p) / n).mean()), float(p.var(ddof=1))
    rise = (1 + 1 / p.size) * between / within if within > 0 else 0.0
    complete = max(n - 1, 1)
    df = pool_rubin(p, p * (1 - p) / n, complete_df=complete)[2] if within > 0 else complete
    t2 = float(student.ppf((1 + conf_level) / 2, df)) ** 2 * (1 + rise) / n
    middle, half = 2 * p.mean() + t2, np.sqrt(t2**2 + 4 * t2 * p.mean() * (1 - p.mean()))
    low, high = (middle - half) / (2 + 2 * t2), (middle + half) / (2 + 2 * t2)
    return max(0.0, float(low)), min(1.0, float(high))


def pool_proportion_difference(
    n_events: Mapping[Any, Any],
    n: Mapping[Any, Any],
    *,
    reference: Any,
    method: str = "wald",
    conf_level: float = 0.95,
) -> PooledProportion:
    """Difference of two proportions over the imputations, with Rubin's test that it is 0.

    Parameters
    ----------
    n_events : mapping of group to array, shape (m, strata)
        Responders of each imputation in each stratum; one stratum without strata.
    n : mapping of group to array, shape (strata,)
        Patients.
    reference : group that is subtracted.
    method : "wald", "newcombe" (one stratum), "mantel-haenszel"
    """
    check_conf_level(conf_level)
    check_choice(method, METHODS, "method")
    other = next(group for group in n if group != reference)
    x = {group: np.atleast_2d(np.asarray(values, dtype=int)) for group, values in n_events.items()}
    sizes = {group: np.atleast_1d(np.asarray(values, dtype=int)) for group, values in n.items()}
    m, strata = x[other].shape
    name = f"multiple imputation ({m}), difference by Rubin's rules, {method} limits"
    if not all(sizes[group].sum() for group in (other, reference)):
        return _nothing(m, conf_level, name, "an arm has no patients")
    if method == "mantel-haenszel":
        found = [_stratified(x, sizes, reference, place) for place in range(m)]
        estimates, variances = np.array(found).T
    elif strata > 1:
        raise EstimateError(f"{method} has no strata; use mantel-haenszel")
    else:
        p = {group: x[group][:, 0] / sizes[group][0] for group in (other, reference)}
        estimates = p[other] - p[reference]
        variances = sum(p[group] * (1 - p[group]) / sizes[group][0] for group in p)
    estimate, std_error, df = _pool(estimates, variances, float(sum(size.sum() for size in sizes.values()) - 2))
    has_test = std_error > 0 and df > 0
    statistic = estimate / std_error if has_test else np.nan
    p_value = float(2 * student.sf(abs(statistic), df)) if has_test else np.nan
    if method == "newcombe":
        limits = _newcombe(p[other], p[reference], (sizes[other][0], sizes[reference][0]), conf_level)
    else:
        half = float(student.ppf((1 + conf_level) / 2, df)) * std_error if has_test else np.nan
        limits = (max(-1.0, estimate - half), min(1.0, estimate + half)) if has_test else (np.nan, np.nan)
    status, notes = ("ok", ()) if has_test else ("note" if method == "newcombe" else "not_estimable", (NO_VARIANCE,))
    return PooledProportion(
        estimate, std_error, df, statistic, p_value, *limits, m, conf_level, name, status, notes
    )  # fmt: skip


def _stratified(
    x: Mapping[Any, FloatArray], n: Mapping[Any, FloatArray], reference: Any, place: int
) -> tuple[float, float]:
    counts = {group: values[place].tolist() for group, values in x.items()}
    sizes = {group: values.tolist() for group, values in n.items()}
    found = compare_proportions(
        counts, sizes, reference=reference, method="mantel-haenszel", stratum=range(len(next(iter(sizes.values()))))
    )  # fmt: skip
    return found.estimate, found.std_error**2


def _newcombe(p: FloatArray, q: FloatArray, sizes: tuple[int, int], conf_level: float) -> tuple[float, float]:
    (low, high), (other_low, other_high) = _wilson(p, sizes[0], conf_level), _wilson(q, sizes[1], conf_level)
    difference, a, b = float(p.mean() - q.mean()), float(p.mean()), float(q.mean())
    down, up = np.hypot(a - low, other_high - b), np.hypot(high - a, b - other_low)
    return difference - float(down), difference + float(up)


def _nothing(m: int, conf_level: float, method: str, why: str) -> PooledProportion:
    nan = float("nan")
    return PooledProportion(nan, nan, nan, nan, nan, nan, nan, m, conf_level, method, "not_estimable", (why,))
