"""A second path to a random-effects model's numbers, residuals and influence: subject by subject, dense.

V_i = Z_i D Z_i' + sigma^2 I is formed from the fit's estimates and solved by itself; what follows is as in
``mmrm.diagnostics``.
"""

import numpy as np
import pandas as pd

from ..errors import EstimateError
from .design import code_matrix
from .formula import parse_terms
from .mixed import MixedFit
from .mmrm.diagnostics import MmrmDiagnostics, SubjectBlock, describe_subjects


def diagnose_mixed(fit: MixedFit, data: pd.DataFrame, *, visit: str, reml: bool = True) -> MmrmDiagnostics:
    """Recompute a converged fit densely and describe how it fits.

    Parameters
    ----------
    data : DataFrame, as it was given to ``fit_mixed``
    visit : column that names the rows (a visit, a day)
    reml : as it was given to ``fit_mixed``

    Returns
    -------
    MmrmDiagnostics
        ``fitted`` is X b, without the random effects. One level of grouping only.
    """
    if not fit.converged:
        raise EstimateError(f"diagnostics need a converged fit; this one says: {'; '.join(fit.notes)}")
    if len(fit.subject) > 1:
        raise EstimateError(f"diagnostics need one level of grouping, not {' / '.join(fit.subject)}")
    used = data.iloc[fit.design.rows].reset_index(drop=True)
    terms = pd.DataFrame({name: used[name].astype("float64") for name in parse_terms(fit.random)}, index=used.index)
    z = np.asarray(code_matrix(fit.random, terms), dtype=float)
    d = fit.random_cov[fit.subject[0]].to_numpy(dtype=float)
    blocks = []
    for name, part in used.groupby(fit.subject[0], observed=True, sort=True):
        at = part.index.to_numpy()
        v = z[at] @ d @ z[at].T + fit.residual_variance * np.eye(len(at))
        blocks.append(SubjectBlock(name, at, fit.design.x[at], fit.design.y[at], v, np.linalg.cholesky(v)))
    return describe_subjects(fit, blocks, used[visit].to_numpy(), reml)
