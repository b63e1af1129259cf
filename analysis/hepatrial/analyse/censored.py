"""A parameter with values beyond its limits of quantification: the likelihood of what was seen, beside substitution."""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.mmrm import HYPOTHETICAL
from hepatrial.analyse.model_means import LinearModel, difference_rows, failed_rows, mean_rows
from hepatrial.analyse.model_rows import collect_rows, is_log
from hepatrial.analyse.rows import Group, Plan, Rows, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import fit_censored_mixed, fit_mixed

SUBSTITUTED = "values beyond a limit substituted as the study file says"


def analyse_censored(plan: Plan, groups: list[Group]) -> Rows:
    """Share beyond the limits, means by the censored likelihood, and means with substituted values."""
    for code in plan.analysis.parameters:
        rows = _with_limits(collect_rows(plan, groups, code, ()), log=is_log(plan, code))
        yield from _share_rows(plan, groups, code, rows)
        terms = "AVISIT * TRT01P" if len(groups) > 1 else "AVISIT"
        yield from _likelihood_rows(plan, groups, code, rows, terms)
        yield from _substitution_rows(plan, groups, code, rows, terms)


def _with_limits(rows: pd.DataFrame, *, log: bool) -> pd.DataFrame:
    """LOWER and UPPER: equal where measured, the limit and infinity beyond it."""
    bound = np.log(rows["ABOUND"]) if log else rows["ABOUND"]
    below, above = rows["ACENS"] == "L", rows["ACENS"] == "R"
    lower = rows["AVAL"].mask(below, -np.inf).mask(above, bound)
    return rows.assign(LOWER=lower, UPPER=rows["AVAL"].mask(below, bound).mask(above, np.inf))


def _share_rows(plan: Plan, groups: list[Group], code: str, rows: pd.DataFrame) -> Rows:
    for group in groups:
        own = rows[rows["USUBJID"].isin(group.subjects["USUBJID"])]
        for visit in plan.analysis.visits:
            here = own[own["AVISIT"] == visit]
            counts: dict[str, float] = {"n": len(here), "n_below_limit": int((here["ACENS"] == "L").sum()),
                      "n_above_limit": int((here["ACENS"] == "R").sum())}  # fmt: skip
            if len(here):
                counts["percent"] = 100 * float(here["ACENS"].isin(["L", "R"]).mean())
            yield from make_rows(plan, group, "beyond a limit", counts, variable=code, visit=visit)


def _likelihood_rows(plan: Plan, groups: list[Group], code: str, rows: pd.DataFrame, terms: str) -> Rows:
    try:
        fit = fit_censored_mixed(
            f"LOWER ~ {terms}", rows, upper="UPPER", subject="USUBJID", by="AVISIT", conf_level=plan.analysis.conf_level
        )
    except EstimateError as error:
        yield from failed_rows(plan, groups, code, {"status": "failed", "message": str(error)})
        return
    keys: dict[str, Any] = {"variable": code, "n_used": fit.n_obs, "method": fit.method, "status": "note"}
    keys["message"] = "; ".join([HYPOTHETICAL, *fit.notes])
    if not fit.converged:
        yield from failed_rows(plan, groups, code, {"status": "failed", "message": keys["message"]})
        return
    stats = {"n": fit.n_subjects, "n_total": fit.n_obs, "log_likelihood": fit.log_likelihood, "converged": 1.0}
    yield from make_rows(plan, None, "model fit", stats, **keys)
    model = LinearModel(plan, groups, code, rows, fit, None, keys)
    yield from mean_rows(model)
    yield from difference_rows(model)


def _substitution_rows(plan: Plan, groups: list[Group], code: str, rows: pd.DataFrame, terms: str) -> Rows:
    """The same model by maximum likelihood of the substituted values."""
    try:
        fit = fit_mixed(
            f"AVAL ~ {terms}", rows, subject="USUBJID", random="1", random_covariance="unstructured", df="residual",
            reml=False, conf_level=plan.analysis.conf_level,
        )  # fmt: skip
    except EstimateError as error:
        yield from failed_rows(plan, groups, code, {"status": "failed", "message": str(error)}, "substituted mean")
        return
    keys: dict[str, Any] = {"variable": code, "n_used": fit.n_obs, "method": fit.method, "status": "note"}
    keys["message"] = "; ".join([SUBSTITUTED, *fit.notes])
    if not fit.converged:
        why = {"status": "failed", "message": keys["message"]}
        yield from failed_rows(plan, groups, code, why, "substituted mean")
        return
    yield from mean_rows(LinearModel(plan, groups, code, rows, fit, None, keys), "substituted mean")
