"""Trajectory of a parameter by a mixed model with random effects: the hypothetical "as if nobody had died".

Visits are a factor with one value a patient and visit, or time is a number and every measurement enters at its day. On
the log scale means are geometric and slopes ratios. The model borrows from the living for the dead, so it never
describes the patients themselves: by_visit does.
"""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.diagnostics import diagnostic_rows
from hepatrial.analyse.mmrm import HYPOTHETICAL
from hepatrial.analyse.model_means import (
    NUMBERS,
    LinearModel,
    difference_rows,
    estimate_rows,
    failed_rows,
    mean_rows,
    named_columns,
    terms_of,
)
from hepatrial.analyse.model_rows import Conditions, collect_all_rows, collect_rows, is_log, time_unit
from hepatrial.analyse.rows import Group, Plan, Rows, checked_rows, make_row, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    LinearEstimates,
    MixedFit,
    MmrmDiagnostics,
    diagnose_mixed,
    estimate_contrasts,
    estimate_means,
    estimate_slopes,
    fit_mixed,
)

VARIANCES = {"Intercept": "between patients", "TIME": "slope between patients"}


def analyse_trajectory(plan: Plan, groups: list[Group]) -> Rows:
    """Model means by visit (and arm), or slopes, for each parameter; a model that cannot be fitted says why."""
    for code in plan.analysis.parameters:
        rows = _rows(plan, groups, code)
        try:
            fit = _fit(plan, groups, rows)
        except EstimateError as error:
            yield from _nothing_rows(plan, groups, code, rows, str(error))
            continue
        if fit.status == "failed":
            yield from _nothing_rows(plan, groups, code, rows, "; ".join([HYPOTHETICAL, *fit.notes]))
            continue
        check = diagnose_mixed(fit, rows, visit="AVISIT" if plan.analysis.time == "visits" else "DAY")
        keys = {"variable": code, "n_used": fit.n_obs, "method": fit.method, "status": "note"}
        keys["message"] = "; ".join([HYPOTHETICAL, *fit.notes])
        model = LinearModel(plan, groups, code, rows, fit, check.beta, keys)
        yield from _fit_rows(model, fit, check)
        yield from diagnostic_rows(model, check)
        yield from _visit_rows(model) if plan.analysis.time == "visits" else _time_rows(model)


def _rows(plan: Plan, groups: list[Group], code: str) -> pd.DataFrame:
    collect = collect_rows if plan.analysis.time == "visits" else collect_all_rows
    return collect(plan, groups, code, named_columns(plan.analysis, ("TRT01P", "TIME")))


def _fit(plan: Plan, groups: list[Group], rows: pd.DataFrame) -> MixedFit:
    analysis = plan.analysis
    factors = ["AVISIT", "TRT01P"] if len(groups) > 1 else ["AVISIT"]
    terms = " * ".join(factors) if analysis.time == "visits" else terms_of(analysis)
    random = "1" if analysis.random == "intercept" else "1 + TIME"
    return fit_mixed(
        f"AVAL ~ {terms}", rows, subject="USUBJID", random=random, random_covariance="unstructured", df=analysis.df,
        reml=True, conf_level=analysis.conf_level,
    )  # fmt: skip


def _fit_rows(model: LinearModel, fit: MixedFit, check: MmrmDiagnostics) -> Rows:
    """Size, log-likelihood by three paths, variances of the random effects and of what is left."""
    plan, keys = model.plan, model.keys
    yield from make_rows(plan, None, "model fit", {"n": fit.n_subjects, "n_total": fit.n_obs, "converged": 1.0}, **keys)
    stats = {"log_likelihood": fit.log_likelihood}
    yield from checked_rows(plan, None, "model fit", stats, "log_likelihood", check.log_likelihood, **keys)
    between = fit.random_cov["USUBJID"]
    for name in between:
        variance = float(between.loc[name, name])
        yield make_row(plan, None, "variance component", "variance", variance, level=VARIANCES[name], **keys)
    yield make_row(plan, None, "variance component", "variance", fit.residual_variance, level="within patients", **keys)
    if len(between) > 1:
        scale = float(np.sqrt(between.iloc[0, 0] * between.iloc[1, 1]))
        value = float(between.iloc[0, 1]) / scale if scale > 0 else np.nan
        yield make_row(plan, None, "correlation", "estimate", value, level="intercept and slope", **keys)


def _visit_rows(model: LinearModel) -> Rows:
    yield from mean_rows(model)
    yield from difference_rows(model)


def _time_rows(model: LinearModel) -> Rows:
    """Coefficients, slopes of the arms, and means at the target days of the visits."""
    yield from _coefficient_rows(model)
    arms = ["TRT01P"] if "TRT01P" in model.by else []
    level = model.plan.analysis.conf_level
    kind = "ratio" if is_log(model.plan, model.code) else "change"
    slopes = estimate_slopes(model.fit, "TIME", arms, conf_level=level)
    yield from _arm_rows(model, "slope", slopes, {"level": f"{kind} a {model.plan.analysis.time[:-1]}"})
    days = {visit.code: max(visit.day, 0) for visit in model.plan.study.visits}
    for visit in model.plan.analysis.visits:
        at = {"TIME": days.get(visit, 0) / time_unit(model.plan)}
        means = estimate_means(model.fit, arms, at=at, conf_level=level)
        name = "geometric mean" if is_log(model.plan, model.code) else "mean"
        yield from _arm_rows(model, "least squares mean", means, {"level": name, "visit": visit})


def _arm_rows(model: LinearModel, measure: str, found: LinearEstimates, keys: dict[str, str]) -> Rows:
    """An estimate of every arm, and of its difference to the reference arm where that is asked for."""
    arms = list(found.table["TRT01P"]) if "TRT01P" in found.table else [model.groups[0].code]
    by_code = {group.code: group for group in model.groups}
    more = model.keys | keys | {"source": ("ADLB", _conditions(model.code))}
    for place, arm in enumerate(arms):
        yield from estimate_rows(model, by_code[arm], measure, found, place, NUMBERS, more)
    if model.plan.analysis.comparison is None:
        return
    differences = estimate_contrasts(
        model.fit, found.rows[1:] - found.rows[:1], pd.DataFrame({"TRT01P": arms[1:]}), conf_level=found.conf_level
    )
    level = keys["level"].replace("change", "difference") if measure == "slope" else "difference"
    more |= {"level": "ratio" if is_log(model.plan, model.code) else level, "comparator": arms[0]}
    for place, arm in enumerate(arms[1:]):
        names = (*NUMBERS, "p_value")
        yield from estimate_rows(model, by_code[arm], f"{measure} difference", differences, place, names, more)


def _coefficient_rows(model: LinearModel) -> Rows:
    """Coefficients on the scale of the model; tests only where arms are compared."""
    names = (*NUMBERS, "p_value") if model.plan.analysis.comparison else NUMBERS
    assert model.beta is not None  # a mixed model has a second path
    for name, line in model.fit.coefficients.iterrows():
        stats = {stat: float(line[stat]) for stat in names}
        keys = model.keys | {"level": str(name)}
        yield from checked_rows(model.plan, None, "coefficient", stats, "estimate", float(model.beta[name]), **keys)


def _conditions(code: str) -> Conditions:
    return [("PARAMCD", "in", [code]), ("AVAL", "not missing", []), ("AFTLTFL", "in", ["N"]), ("AFUDY", ">=", [0])]


def _nothing_rows(plan: Plan, groups: list[Group], code: str, rows: pd.DataFrame, message: str) -> Rows:
    """A model that gave nothing says so at every visit; the numbers of patients and values did not fail, and stay."""
    counts = {"n": rows["USUBJID"].nunique(), "n_total": len(rows), "converged": 0.0}
    keys: dict[str, Any] = {"variable": code, "n_used": len(rows), "status": "note", "message": message}
    yield from make_rows(plan, None, "model fit", counts, **keys)
    yield from failed_rows(plan, groups, code, {"status": "failed", "message": message})
