"""Mixed model for repeated measures of a parameter over visits: the hypothetical "as if nobody had died".

The model borrows from the living for the dead, so it never describes the patients themselves: by_visit does. Every
mean and difference, and the log-likelihood, are computed a second time subject by subject (``diagnose_mmrm``).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hepatrial.analyse.diagnostics import diagnostic_rows
from hepatrial.analyse.model_means import (
    BASELINE,
    LinearModel,
    difference_rows,
    failed_rows,
    mean_rows,
    model_formula,
    model_rows,
)
from hepatrial.analyse.rows import Group, Plan, Row, Rows, checked_rows, make_row, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import MmrmDiagnostics, MmrmFit, diagnose_mmrm, fit_mmrm
from hepatrial.study import MmrmAnalysis

HYPOTHETICAL = "as if nobody had died or been transplanted"


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A fit, its dense recomputation where it converged, and the linear model of both."""

    fit: MmrmFit
    check: MmrmDiagnostics | None
    model: LinearModel


def analyse_mmrm(plan: Plan, groups: list[Group]) -> Rows:
    """Means, differences, fit and covariance for each parameter; a model that cannot be fitted says why."""
    for code in plan.analysis.parameters:
        found = _fit(plan, groups, code)
        if isinstance(found, str):
            yield from failed_rows(plan, groups, code, {"status": "failed", "message": found})
            continue
        yield from _fit_rows(found)
        if found.check is None:
            why = {"status": found.fit.status, "message": "; ".join(found.fit.notes)}
            yield from failed_rows(plan, groups, code, why)
        else:
            yield from mean_rows(found.model)
            yield from difference_rows(found.model)
            yield from _covariance_rows(found)
            yield from diagnostic_rows(found.model, found.check)


def _fit(plan: Plan, groups: list[Group], code: str) -> _Fitted | str:
    """The model, or why there is none."""
    rows, group = prepare_rows(plan.analysis, model_rows(plan, groups, code))
    try:
        fit = fit_planned(plan.analysis, rows, group)
        check = None
        if fit.converged:
            check = diagnose_mmrm(fit, rows, subject="USUBJID", visit="AVISIT", covariance_group=group)
    except EstimateError as error:
        return str(error)
    notes = "; ".join([HYPOTHETICAL, *fit.notes])
    keys = {"variable": code, "n_used": fit.n_obs, "method": fit.method, "status": "note", "message": notes}
    beta = fit.params if check is None else check.beta
    return _Fitted(fit, check, LinearModel(plan, groups, code, rows, fit, beta, keys))


def prepare_rows(analysis: MmrmAnalysis, rows: pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """The rows with one baseline mean for all arms where the study file asks for it; the column of the covariances."""
    group = analysis.covariance_group or None
    if not analysis.constrained_baseline:
        return rows, group
    first = rows["TRT01P"].cat.categories[0]
    rows = rows.assign(OWNARM=rows["TRT01P"], TRT01P=rows["TRT01P"].mask(rows["AVISIT"] == BASELINE, first))
    return rows, "OWNARM" if group == "TRT01P" else group


def fit_planned(analysis: MmrmAnalysis, rows: pd.DataFrame, group: str | None) -> MmrmFit:
    """The planned model of prepared rows."""
    return fit_mmrm(
        model_formula(analysis), rows, subject="USUBJID", visit="AVISIT", covariance=analysis.covariance,
        covariance_group=group, reml=True, df=analysis.df, sandwich=analysis.sandwich, fallback=analysis.fallback,
        conf_level=analysis.conf_level,
    )  # fmt: skip


def _fit_rows(found: _Fitted) -> Rows:
    """Size and convergence; each structure tried with its reason; the log-likelihood by both paths."""
    plan, fit, keys = found.model.plan, found.fit, found.model.keys
    counts = {"n": fit.n_subjects, "n_total": fit.n_obs, "converged": float(fit.converged)}
    yield from make_rows(plan, None, "model fit", counts, **keys)
    for tried in fit.attempts.itertuples(index=False):
        own = keys | {"level": tried.structure}
        if tried.status == "ok" and found.check is not None:
            stats, second = {"log_likelihood": fit.log_likelihood}, found.check.log_likelihood
            yield from checked_rows(plan, None, "model fit", stats, "log_likelihood", second, **own)
        else:
            reason = {"status": tried.status, "message": f"covariance {tried.structure}: {tried.reason}"}
            yield make_row(plan, None, "model fit", "log_likelihood", np.nan, **own | reason)


def _covariance_rows(found: _Fitted) -> Rows:
    """Lower triangle of each covariance matrix, and the correlations below its diagonal."""
    for level, sigma in found.fit.covariances.items():
        deviations = np.sqrt(np.diag(sigma))
        for row, visit in enumerate(sigma.index):
            for column, other in enumerate(sigma.columns[: row + 1]):
                value = float(sigma.iloc[row, column])
                place = {"visit": visit, "by_variable": "visit", "by_level": other, "level": level}
                yield _cell_row(found.model, "covariance", value, place)
                if column < row:
                    correlation = value / float(deviations[row] * deviations[column])
                    yield _cell_row(found.model, "correlation", correlation, place)


def _cell_row(model: LinearModel, measure: str, value: float, place: dict[str, str]) -> Row:
    return make_row(model.plan, None, measure, "estimate", value, **model.keys, **place)
