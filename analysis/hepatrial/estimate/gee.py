"""Linear models for the mean among those alive: independence estimating equations with a sandwich by subject.

``fit_gee`` answers "how do the patients alive at each time differ" (Kurland and Heagerty 2005,
doi:10.1093/biostatistics/kxi006): with independence weighting only rows while alive enter, and no value
after death is implied, as a likelihood with correlation would imply it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import EstimateError
from .design import Design, build_design, design_notes
from .means import tabulate_coefficients
from .mixed_covariance import RandomEffects
from .mmrm.blocks import build_blocks
from .mmrm.inference import RESIDUAL, SATTERTHWAITE, Basis
from .mmrm.objective import evaluate
from .mmrm.sandwich import POWERS, compute_sandwich

NO_VARIATION = 1e-24


@dataclass(frozen=True, eq=False)
class GeeFit:
    """A linear model by independence estimating equations; fields as in ``MmrmFit``, and usable in
    ``estimate_means``.
    """

    formula: str
    coefficients: pd.DataFrame
    cov_params: pd.DataFrame
    n_obs: int
    n_subjects: int
    n_missing: int
    method: str
    status: str
    notes: tuple[str, ...]
    design: Design
    basis: Basis | None

    @property
    def params(self) -> pd.Series:
        """Estimates by coefficient name."""
        return self.coefficients["estimate"]


def fit_gee(
    formula: str,
    data: pd.DataFrame,
    *,
    subject: str,
    sandwich: str = "CR2",
    df: str = SATTERTHWAITE,
    conf_level: float = 0.95,
) -> GeeFit:
    """Linear model for the mean among those alive, independence working covariance, sandwich standard errors
    by subject.

    Give it only rows while alive (on native liver). Coefficients are those of least squares. R:
    ``geepack::geeglm(corstr = "independence")`` for CR0; ``clubSandwich::vcovCR(lm, type = "CR2")`` with
    ``coef_test`` for the default.

    Parameters
    ----------
    sandwich : CR0, CR2 (small-sample corrected) or CR3
    df : "satterthwaite" (Bell-McCaffrey) or "residual"
    """
    if sandwich not in POWERS:
        raise EstimateError(f"sandwich must be one of {', '.join(POWERS)}, not {sandwich!r}")
    if df not in (SATTERTHWAITE, RESIDUAL):
        raise EstimateError(f"df must be satterthwaite or residual, not {df!r}")
    design = build_design(formula, data, extra=[subject])
    code = data.iloc[design.rows].groupby(subject, observed=True).ngroup().to_numpy()
    residual = design.residuals()
    spare = len(design.y) - design.x.shape[1]
    variance = float(residual @ residual) / max(spare, 1)
    notes = list(design_notes(design))
    basis = None
    if spare > 0 and variance > NO_VARIATION * float(np.mean(design.y**2)):
        basis = _gee_basis(design, code, variance, sandwich, df, spare)
    else:
        notes.append("not estimable: no residual variation")
    names = list(design.columns)
    return GeeFit(
        formula=formula,
        coefficients=tabulate_coefficients(design.columns, basis, conf_level),
        cov_params=pd.DataFrame(np.nan if basis is None else basis.cov, index=names, columns=names),
        n_obs=len(design.y),
        n_subjects=int(code.max()) + 1,
        n_missing=design.n_missing,
        method=f"GEE, independence, {sandwich} standard errors, {df} df",
        status="not_estimable" if basis is None else "note" if notes else "ok",
        notes=tuple(notes),
        design=design,
        basis=basis,
    )


def _gee_basis(design: Design, code: NDArray[np.intp], variance: float, sandwich: str, df: str, spare: int) -> Basis:
    # no random effect leaves V = variance * I: the engine's whitening is then least squares
    blocks = build_blocks(design.x, design.y, code, np.zeros((len(code), 1)), compress=False)
    point = evaluate(blocks, RandomEffects(()), np.array([np.log(variance) / 2]), reml=True)
    assert point is not None
    robust = compute_sandwich(blocks, point, sandwich)
    p = len(point.beta)
    return Basis(
        method=df,
        beta=point.beta,
        cov=robust.cov,
        phi=point.phi,
        p_matrices=np.zeros((1, p, p)),
        theta_cov=np.zeros((1, 1)),
        residual_df=float(spare),
        coefficient_df=np.full(p, np.nan),
        sandwich=robust.parts,
    )
