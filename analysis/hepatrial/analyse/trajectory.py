"""Trajectory of a parameter by a mixed model: the hypothetical "as if nobody had died".

Visits are a factor, patients a random intercept; on the log scale the means are geometric. The model borrows from
the living for the dead, so it never describes the patients themselves: by_visit does.
"""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.by_visit import pick_visit, visit_conditions
from hepatrial.analyse.rows import Group, Plan, Rows, make_row, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import estimate_means, fit_mixed

HYPOTHETICAL = "as if nobody had died or been transplanted; provisional inference"


def analyse_trajectory(plan: Plan, groups: list[Group]) -> Rows:
    """Model means by visit (and arm) for each parameter; a model that cannot be fitted says why."""
    for code in plan.analysis.parameters:
        rows = _rows(plan, groups, code)
        yield from _model_rows(plan, groups, code, rows)


def _rows(plan: Plan, groups: list[Group], code: str) -> pd.DataFrame:
    """One value a patient and visit, on the native liver, positive where the scale is logarithmic."""
    parts = []
    for group in groups:
        adlb = plan.dataset("ADLB", group)
        mine = adlb[(adlb["PARAMCD"] == code) & (adlb["AFTLTFL"] != "Y") & adlb["AVAL"].notna()]
        for visit in plan.analysis.visits:
            parts.append(pick_visit(mine, visit).assign(VISITCD=visit, ARM=group.code))
    rows = pd.concat(parts, ignore_index=True)[["USUBJID", "VISITCD", "ARM", "AVAL"]]
    parameter = plan.study.parameter(code)
    if parameter is not None and parameter.scale == "log":
        rows = rows[rows["AVAL"] > 0]
        rows = rows.assign(AVAL=np.log(rows["AVAL"]))
    seen = [visit for visit in plan.analysis.visits if (rows["VISITCD"] == visit).any()]
    return rows.assign(VISITCD=pd.Categorical(rows["VISITCD"], seen), ARM=rows["ARM"].astype("category"))


def _model_rows(plan: Plan, groups: list[Group], code: str, rows: pd.DataFrame) -> Rows:
    terms = ["VISITCD", "ARM"] if len(groups) > 1 else ["VISITCD"]
    keys: dict[str, Any] = {"variable": code, "n_used": len(rows)}
    try:
        fit = fit_mixed(f"AVAL ~ {' * '.join(terms)}", rows, subject="USUBJID", random="1", df=plan.analysis.df)
    except EstimateError as error:
        yield from _failed_rows(plan, groups, code, rows, keys | {"status": "failed", "message": str(error)})
        return
    notes = "; ".join([HYPOTHETICAL, *fit.notes])
    more = {"method": fit.method, "status": "failed" if fit.status == "failed" else "note", "message": notes}
    if fit.status == "failed":
        yield from _failed_rows(plan, groups, code, rows, keys | more)
        return
    stats = {"n": fit.n_subjects, "n_total": fit.n_obs, "converged": 1.0}
    yield from make_rows(plan, None, "model fit", stats, **keys, **more)
    checked = {"checked_by": "none" if np.isnan(fit.confirmed_log_likelihood) else "engine"}
    yield make_row(plan, None, "model fit", "log_likelihood", fit.log_likelihood, **keys, **more, **checked)
    between = float(fit.random_cov["USUBJID"].iloc[0, 0]) if "USUBJID" in fit.random_cov else 0.0
    variances = {"between patients": between, "within patients": fit.residual_variance}
    for name, variance in variances.items():
        yield make_row(plan, None, "variance component", "variance", variance, level=name, **keys, **more)
    means = estimate_means(fit, terms, conf_level=plan.analysis.conf_level)
    yield from _mean_rows(plan, groups, code, means.table, keys | more)


def _failed_rows(plan: Plan, groups: list[Group], code: str, rows: pd.DataFrame, keys: dict[str, Any]) -> Rows:
    """A model that gave nothing says so at every visit; the numbers of patients and values stay."""
    counts = {"n": rows["USUBJID"].nunique(), "n_total": len(rows), "converged": 0.0}
    yield from make_rows(plan, None, "model fit", counts, **keys)
    nothing = dict.fromkeys(("estimate", "std_error", "df", "conf_low", "conf_high"), float("nan"))
    keys |= _scale(plan, code)
    for group in groups:
        for visit in plan.analysis.visits:
            yield from make_rows(plan, group, "least squares mean", nothing, visit=visit, **keys)


def _scale(plan: Plan, code: str) -> dict[str, str]:
    parameter = plan.study.parameter(code)
    is_log = parameter is not None and parameter.scale == "log"
    return {"level": "geometric mean" if is_log else "mean", "unit": parameter.unit if parameter else ""}


def _mean_rows(plan: Plan, groups: list[Group], code: str, means: pd.DataFrame, keys: dict[str, Any]) -> Rows:
    keys |= _scale(plan, code)
    is_log = keys["level"] == "geometric mean"
    by_code = {group.code: group for group in groups}
    for line in means.to_dict("records"):
        group = by_code[line["ARM"]] if "ARM" in line else groups[0]
        limits = {name: line[name] for name in ("estimate", "conf_low", "conf_high")}
        if is_log:
            limits = {name: float(np.exp(value)) for name, value in limits.items()}
        stats = limits | {"std_error": line["std_error"], "df": line["df"]}
        visit = str(line["VISITCD"])
        source = ("ADLB", visit_conditions(code, visit))
        yield from make_rows(plan, group, "least squares mean", stats, visit=visit, source=source, **keys)
