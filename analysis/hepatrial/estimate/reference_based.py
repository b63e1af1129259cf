"""Imputation of a two-arm longitudinal outcome under MAR or from the reference arm, with delta adjustment.

An MMRM gives each patient's mean and covariance over the visits. What is missing after a patient's last value
is imputed from the normal distribution given the values before, at the mean of the strategy (Carpenter, Roger
and Kenward 2013, doi:10.1080/10543406.2013.834911); what is missing in between always under MAR:

- ``mar``: the patient's own arm;
- ``jump-to-reference``: own arm up to the last value, the reference arm after it;
- ``copy-reference``: the reference arm throughout;
- ``copy-increments``: the reference arm's change from the last value on, started at the own arm's mean there.

The completed data are analysed by ANCOVA at one visit. Inference, both as in R's rbmi:

- ``jackknife``: impute conditional means once, refit everything without each subject in turn; normal
  interval. Valid without the overstated variance of Rubin's rules under reference-based imputation (Wolbers
  et al. 2022, doi:10.1002/pst.2234);
- ``rubin``: bootstrap within arms, fit, impute at random, pool by Rubin's rules with Barnard-Rubin df
  (doi:10.1093/biomet/86.4.948).

Death is not missing data: values after death must not be in the rows that this module is given as missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ..errors import EstimateError
from .design import Design, Floats, build_design, code_matrix, require_columns
from .formula import parse_formula
from .means import check_conf_level
from .mmrm.blocks import build_blocks
from .mmrm.fit import MmrmFit, fit_mmrm
from .mmrm.optimiser import Problem, maximise
from .mmrm.structures import VisitCovariance, compute_sigma

STRATEGIES = ("mar", "jump-to-reference", "copy-reference", "copy-increments")
INFERENCES = ("jackknife", "rubin")


@dataclass(frozen=True, eq=False)
class ReferenceBasedEstimates:
    """``table``: one row a delta (delta, estimate, std_error, df, statistic, p_value, conf_low, conf_high,
    status); ``tipping_delta``: the first delta of the list at which p exceeds 1 - conf_level though it does
    not at 0; NaN if none.
    """

    table: pd.DataFrame
    tipping_delta: float
    n_subjects: int
    n_imputed: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Trial:
    """The data as arrays over subjects and visits: y (n, T) with NaN; the imputation model's rows under own
    arm and under reference (n, T, p); the ANCOVA's rows (n, q), arm first; ``theta`` of the fit to everybody,
    where refits start.
    """

    y: Floats
    own: Floats
    other: Floats
    ancova: Floats
    is_active: NDArray[np.bool_]
    at_visit: int
    structure: str
    theta: Floats


@dataclass(frozen=True, eq=False)
class _Model:
    """Coefficients and covariance over visits of one fit."""

    beta: Floats
    sigma: Floats


def estimate_reference_based(
    formula: str,
    data: pd.DataFrame,
    *,
    subject: str,
    visit: str,
    group: str,
    reference: str,
    at_visit: str,
    strategy: str,
    inference: str = "jackknife",
    adjust: str = "",
    delta: Sequence[float] = (0.0,),
    covariance: str = "us",
    n_imputations: int = 100,
    conf_level: float = 0.95,
    rng: np.random.Generator | None = None,
) -> ReferenceBasedEstimates:
    """Difference to the reference arm at a visit, missing values imputed by a strategy.

    Parameters
    ----------
    formula : the imputation model, e.g. ``Y ~ BASE + ARM * VISIT``; it must hold ``group`` and ``visit``
    data : DataFrame with a row for every subject and visit; the outcome missing where it was not seen,
    nothing else missing adjust : further terms of the ANCOVA over columns constant within subjects, e.g.
    ``"BASE"`` delta : added to every imputed value of the active arm at ``at_visit``, one analysis for each;
    the tipping-point analysis inference : "jackknife" or "rubin" (needs ``rng``; ``n_imputations`` bootstrap
    fits)
    """
    _check_options(strategy, inference, conf_level, rng)
    frame, wide = _arrange(formula, data, subject, visit, group, reference, at_visit)
    method = f"{strategy} imputation, ANCOVA at {at_visit}, {inference}"
    n_subjects, n_imputed = len(wide), int(np.isnan(wide).sum())
    fit = fit_mmrm(formula, frame, subject=subject, visit=visit, covariance=covariance, df="residual")
    if not fit.converged:
        rows = [_row(np.nan, np.nan, np.nan, conf_level) for _ in delta]
        table = _table(rows, delta)
        return ReferenceBasedEstimates(table, np.nan, n_subjects, n_imputed, conf_level, method, "failed", fit.notes)
    trial = _prepare(fit, frame, wide, visit, group, reference, at_visit, adjust)
    notes: list[str] = []
    if inference == "jackknife":
        rows = _jackknife(trial, strategy, delta, conf_level, notes)
    else:
        assert rng is not None
        rows = _rubin(trial, strategy, delta, n_imputations, conf_level, rng, notes)
    table = _table(rows, delta)
    status = "failed" if (table["status"] == "failed").any() else "note" if notes else "ok"
    tip = _tipping(table, 1 - conf_level)
    return ReferenceBasedEstimates(table, tip, n_subjects, n_imputed, conf_level, method, status, tuple(notes))


def _table(rows: list[dict[str, float]], delta: Sequence[float]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table.insert(0, "delta", [float(d) for d in delta])
    table["status"] = np.where(np.isfinite(table["std_error"]), "ok", "failed")
    return table


def _check_options(strategy: str, inference: str, conf_level: float, rng: np.random.Generator | None) -> None:
    check_conf_level(conf_level)
    if strategy not in STRATEGIES:
        raise EstimateError(f"strategy must be one of {', '.join(STRATEGIES)}, not {strategy!r}")
    if inference not in INFERENCES:
        raise EstimateError(f"inference must be one of {', '.join(INFERENCES)}, not {inference!r}")
    if inference == "rubin" and rng is None:
        raise EstimateError("inference='rubin' needs rng=, a numpy.random.Generator")


def _arrange(
    formula: str, data: pd.DataFrame, subject: str, visit: str, group: str, reference: str, at_visit: str
) -> tuple[pd.DataFrame, Floats]:
    """The data sorted by subject and visit, and the outcome (n, T); refuses an incomplete grid and missing
    covariates.
    """
    parsed = parse_formula(formula)
    for name in (group, visit):
        if name not in parsed.columns:
            raise EstimateError(f"formula {formula!r} must hold {name!r}")
    names = list(dict.fromkeys([subject, visit, group, parsed.response, *parsed.columns]))
    require_columns(data, names)
    if data[[n for n in names if n != parsed.response]].isna().any(axis=None):
        raise EstimateError("only the outcome may be missing: a covariate, visit or group is")
    frame = data.astype({visit: "category", group: "category"})
    for name in (visit, group):
        frame[name] = frame[name].cat.remove_unused_categories()
    frame = frame.sort_values([subject, visit], ignore_index=True)
    visits, arms = (list(frame[name].cat.categories) for name in (visit, group))
    if reference not in arms or len(arms) != 2:
        raise EstimateError(f"{group!r} must have two levels, one of them {reference!r}; it has {arms}")
    if at_visit not in visits:
        raise EstimateError(f"at_visit: {visit} has no level {at_visit!r}; it has {visits}")
    codes = frame[visit].cat.codes.to_numpy()
    if len(codes) % len(visits) or (codes.reshape(-1, len(visits)) != np.arange(len(visits))).any():
        raise EstimateError(f"every subject must have one row for each of the visits {visits}")
    return frame, frame[parsed.response].to_numpy(dtype=float).reshape(-1, len(visits))


def _prepare(
    fit: MmrmFit,
    frame: pd.DataFrame,
    y: Floats,
    visit: str,
    group: str,
    reference: str,
    at_visit: str,
    adjust: str,
) -> _Trial:
    visits, arms = (list(frame[name].cat.categories) for name in (visit, group))
    as_reference = frame.assign(**{group: pd.Categorical([reference] * len(frame), categories=arms)})
    first = frame.iloc[:: len(visits)].assign(_ONE=1.0)
    ancova = build_design(f"_ONE ~ {group}" + (f" + {adjust}" if adjust else ""), first)
    is_active = (first[group] != reference).to_numpy()
    rest = [k for k, name in enumerate(ancova.columns) if name not in ancova.terms[group]]
    return _Trial(
        y=y,
        own=_code(fit.design, frame).reshape(*y.shape, -1),
        other=_code(fit.design, as_reference).reshape(*y.shape, -1),
        ancova=np.column_stack([is_active.astype(float), ancova.x[:, rest]]),
        is_active=is_active,
        at_visit=visits.index(at_visit),
        structure=fit.structure,
        theta=fit.theta,
    )


def _code(design: Design, frame: pd.DataFrame) -> Floats:
    """Rows of the fit's design for all rows of a frame, seen or not."""
    columns = {
        name: pd.Categorical(frame[name], categories=design.factors[name].cat.categories)
        if name in design.factors
        else frame[name].astype(float)
        for name in [*design.factors.columns, *design.numeric_means]
    }
    coded = code_matrix(design.rhs, pd.DataFrame(columns, index=frame.index))
    return np.asarray(coded, dtype=float)[:, design.kept]


def _fit(trial: _Trial, subjects: NDArray[np.intp]) -> _Model | None:
    """The imputation model of some subjects (with repeats); None where it does not converge."""
    y, x = trial.y[subjects], trial.own[subjects]
    seen = ~np.isnan(y)
    subject, at = np.nonzero(seen)
    n_visits = y.shape[1]
    blocks = build_blocks(x[seen], y[seen], subject, at[:, None].astype(float))
    problem = Problem(blocks, VisitCovariance(trial.structure, n_visits), reml=True)
    optimum = maximise(problem, [trial.theta])
    if optimum is None or not optimum.converged:
        return None
    sigma = compute_sigma(trial.structure, optimum.point.theta, n_visits).value
    return _Model(optimum.point.beta, sigma)


def _strategy_means(own: Floats, other: Floats, y: Floats, is_active: NDArray[np.bool_], strategy: str) -> Floats:
    """Means (n, T) that the imputation starts from; the reference arm always keeps its own."""
    n_visits = y.shape[1]
    seen = ~np.isnan(y)
    last = np.where(seen.any(axis=1), n_visits - 1 - np.argmax(seen[:, ::-1], axis=1), -1)
    if strategy == "mar":
        return own
    after = np.arange(n_visits) > last[:, None]
    if strategy == "jump-to-reference":
        mean = np.where(after, other, own)
    elif strategy == "copy-reference":
        mean = np.where((last < n_visits - 1)[:, None], other, own)
    else:
        at_last = np.arange(len(y)), np.maximum(last, 0)
        # nobody can start from a value never seen: then the reference arm's own mean
        shift = np.where(last >= 0, own[at_last] - other[at_last], 0.0)
        mean = np.where(after, other + shift[:, None], own)
    return np.where(is_active[:, None], mean, own)


def _complete(y: Floats, mean: Floats, sigma: Floats, rng: np.random.Generator | None) -> Floats:
    """Missing values at their conditional mean given the seen ones, plus a conditional draw where ``rng`` is
    given.
    """
    out = y.copy()
    for pattern in np.unique(np.isnan(y), axis=0):
        if not pattern.any():
            continue
        at = np.flatnonzero((np.isnan(y) == pattern).all(axis=1))
        seen = ~pattern
        slope = np.linalg.solve(sigma[np.ix_(seen, seen)], sigma[np.ix_(seen, pattern)]).T
        values = mean[at][:, pattern] + (y[at][:, seen] - mean[at][:, seen]) @ slope.T
        if rng is not None:
            rest = sigma[np.ix_(pattern, pattern)] - slope @ sigma[np.ix_(seen, pattern)]
            values = values + rng.normal(size=values.shape) @ np.linalg.cholesky(rest).T
        out[np.ix_(at, np.flatnonzero(pattern))] = values
    return out


def _imputed(
    trial: _Trial,
    model: _Model,
    subjects: NDArray[np.intp],
    strategy: str,
    rng: np.random.Generator | None,
) -> Floats:
    """Completed outcome at the visit of the analysis."""
    y = trial.y[subjects]
    own, other = trial.own[subjects] @ model.beta, trial.other[subjects] @ model.beta
    mean = _strategy_means(own, other, y, trial.is_active[subjects], strategy)
    return _complete(y, mean, model.sigma, rng)[:, trial.at_visit]


def _ancova(trial: _Trial, subjects: NDArray[np.intp], outcome: Floats) -> tuple[Floats, Floats]:
    """Arm effect and its variance for each column of outcome (n, k)."""
    x = trial.ancova[subjects]
    information = x.T @ x
    beta = np.linalg.solve(information, x.T @ outcome)
    residual = outcome - x @ beta
    scale = np.sum(residual**2, axis=0) / (len(x) - x.shape[1])
    return beta[0], scale * np.linalg.solve(information, np.eye(x.shape[1]))[0, 0]


def _shifted(trial: _Trial, subjects: NDArray[np.intp], outcome: Floats, delta: Sequence[float]) -> Floats:
    """Outcome (n, k) with each delta added to the imputed values of the active arm."""
    moved = np.isnan(trial.y[subjects, trial.at_visit]) & trial.is_active[subjects]
    return np.asarray(outcome[:, None] + moved[:, None] * np.asarray(delta, dtype=float))


def _analyse_means(trial: _Trial, subjects: NDArray[np.intp], strategy: str, delta: Sequence[float]) -> Floats | None:
    """Arm effect for each delta after imputing conditional means; None where the model does not converge."""
    model = _fit(trial, subjects)
    if model is None:
        return None
    outcome = _imputed(trial, model, subjects, strategy, None)
    return _ancova(trial, subjects, _shifted(trial, subjects, outcome, delta))[0]


def _row(estimate: float, std_error: float, df: float, conf_level: float) -> dict[str, float]:
    t = estimate / std_error
    half = float(stats.t.isf((1 - conf_level) / 2, df)) * std_error
    return {
        "estimate": estimate,
        "std_error": std_error,
        "df": df,
        "statistic": t,
        "p_value": float(2 * stats.t.sf(abs(t), df)),
        "conf_low": estimate - half,
        "conf_high": estimate + half,
    }


def _jackknife(
    trial: _Trial, strategy: str, delta: Sequence[float], conf_level: float, notes: list[str]
) -> list[dict[str, float]]:
    everyone = np.arange(len(trial.y))
    points = _analyse_means(trial, everyone, strategy, delta)
    left_out = [_analyse_means(trial, np.delete(everyone, k), strategy, delta) for k in everyone]
    kept = [one for one in left_out if one is not None]
    if points is None or len(kept) < len(everyone):
        notes.append(f"jackknife failed: {len(everyone) - len(kept)} of {len(everyone)} refits did not converge")
        return [_row(np.nan, np.nan, np.inf, conf_level) for _ in delta]
    n, each = len(everyone), np.array(kept)
    variance = (n - 1) / n * np.sum((each - each.mean(axis=0)) ** 2, axis=0)
    return [_row(float(p), float(np.sqrt(v)), np.inf, conf_level) for p, v in zip(points, variance, strict=True)]


def _rubin(
    trial: _Trial,
    strategy: str,
    delta: Sequence[float],
    n_imputations: int,
    conf_level: float,
    rng: np.random.Generator,
    notes: list[str],
) -> list[dict[str, float]]:
    everyone, failures = np.arange(len(trial.y)), 0
    results: list[tuple[Floats, Floats]] = []
    arms = [np.flatnonzero(trial.is_active == a) for a in (False, True)]
    while len(results) < n_imputations and failures <= n_imputations:
        sample = np.concatenate([rng.choice(arm, size=len(arm)) for arm in arms])
        model = _fit(trial, sample)
        if model is None:
            failures += 1
            continue
        outcome = _imputed(trial, model, everyone, strategy, rng)
        results.append(_ancova(trial, everyone, _shifted(trial, everyone, outcome, delta)))
    if failures:
        notes.append(f"{failures} bootstrap samples did not converge and were drawn again")
    if len(results) < n_imputations:
        return [_row(np.nan, np.nan, np.nan, conf_level) for _ in delta]
    estimates, variances = (np.array([r[k] for r in results]) for k in (0, 1))
    complete_df = float(len(everyone) - trial.ancova.shape[1])
    return [
        _row(*pool_rubin(estimates[:, k], variances[:, k], complete_df=complete_df), conf_level)
        for k in range(len(delta))
    ]


def pool_rubin(estimates: Floats, variances: Floats, *, complete_df: float = np.inf) -> tuple[float, float, float]:
    """Rubin's rules: estimate, standard error and Barnard-Rubin df (R ``mice::pool``, SAS ``PROC MIANALYZE
    EDF=``).
    """
    m = len(estimates)
    if m < 2:
        raise EstimateError(f"pooling needs 2 imputations or more, not {m}")
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    old = (m - 1) / share**2 if share > 0 else np.inf
    if np.isinf(complete_df):
        df = old
    else:
        observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        df = 1 / (1 / old + 1 / observed)
    return float(np.mean(estimates)), float(np.sqrt(total)), float(df)


def _tipping(table: pd.DataFrame, alpha: float) -> float:
    at_zero = table.loc[table["delta"] == 0, "p_value"]
    if at_zero.empty or not at_zero.iloc[0] <= alpha:
        return np.nan
    tipped = table.loc[table["p_value"] > alpha, "delta"]
    return float(tipped.iloc[0]) if len(tipped) else np.nan
