"""Differences between arms among the patients alive on the native liver at each visit (while-alive).

Independence estimating equations: only rows measured while alive enter, and no value after death is implied, as a
likelihood with correlation would imply it. The second path is least squares by ``numpy.linalg.lstsq``.
"""

import numpy as np
import pandas as pd

from hepatrial.analyse.model_means import (
    LinearModel,
    difference_rows,
    failed_rows,
    mean_rows,
    model_formula,
    model_rows,
)
from hepatrial.analyse.rows import Group, Plan, Rows, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import fit_gee

WHILE_ALIVE = "among those alive on the native liver at the visit"


def analyse_gee(plan: Plan, groups: list[Group]) -> Rows:
    """Means and differences for each parameter; a model that cannot be fitted says why."""
    analysis = plan.analysis
    for code in analysis.parameters:
        rows = model_rows(plan, groups, code)
        try:
            fit = fit_gee(
                model_formula(analysis), rows, subject="USUBJID", sandwich=analysis.sandwich, df=analysis.df,
                conf_level=analysis.conf_level,
            )  # fmt: skip
        except EstimateError as error:
            yield from failed_rows(plan, groups, code, {"status": "failed", "message": str(error)})
            continue
        notes = "; ".join([WHILE_ALIVE, *fit.notes])
        keys = {"variable": code, "n_used": fit.n_obs, "method": fit.method, "status": "note", "message": notes}
        yield from make_rows(plan, None, "model fit", {"n": fit.n_subjects, "n_total": fit.n_obs}, **keys)
        beta = pd.Series(np.linalg.lstsq(fit.design.x, fit.design.y, rcond=None)[0], index=fit.params.index)
        model = LinearModel(plan, groups, code, rows, fit, beta, keys)
        yield from mean_rows(model)
        yield from difference_rows(model)
