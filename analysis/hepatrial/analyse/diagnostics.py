"""How a model of repeated measures fits: residuals of every value and the influence of every patient, as result rows.

Residuals and influence are those of the dense second path (``diagnose_mmrm``, ``diagnose_mixed``).
"""

import numpy as np
import pandas as pd

from hepatrial.analyse.model_means import LinearModel
from hepatrial.analyse.rows import Rows, make_row, make_rows
from hepatrial.estimate import MmrmDiagnostics

RESIDUALS = ("observed", "fitted", "standardised", "normalised")


def diagnostic_rows(model: LinearModel, check: MmrmDiagnostics) -> Rows:
    """Four numbers a value, and Cook's distance a patient, where the study file asks for them."""
    if not model.plan.analysis.diagnostics:
        return
    keys = {name: model.keys[name] for name in ("variable", "method")} | {"by_variable": "patient"}
    arm = {subject: group for group in model.groups for subject in group.subjects["USUBJID"]}
    rows = check.rows.reset_index(drop=True)
    again = rows.groupby(["subject", "visit"], sort=False).cumcount()
    is_day = pd.api.types.is_numeric_dtype(check.rows["visit"].dtype)
    for line, count in zip(rows.itertuples(index=False), again, strict=True):
        place = {"time_days": float(line.visit)} if is_day else {"visit": str(line.visit)}
        more = {"by_level": str(line.subject), "level": str(count + 1) if count else "", **place}
        stats = {name: float(getattr(line, name)) for name in RESIDUALS}
        yield from make_rows(model.plan, arm[line.subject], "residual", stats, **keys, **more)
    for line in check.subjects[["subject", "n_rows", "cook"]].itertuples(index=False):
        more = {"by_level": str(line.subject), "n_used": line.n_rows}
        cook = line.cook if np.isfinite(line.cook) else np.nan
        more["message"] = "" if np.isfinite(cook) else "without this patient the model cannot be estimated"
        yield make_row(model.plan, arm[line.subject], "influence", "estimate", cook, **keys, **more)
