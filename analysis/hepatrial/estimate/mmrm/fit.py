"""``fit_mmrm``: mixed model for repeated measures, the linear model with a covariance structure over visits.

y_i = X_i b + e_i, e_i ~ N(0, V_i), V_i the rows and columns of Sigma(theta) at the subject's visits, so
visits may be missing in any pattern (ignorable under MAR). ``objective`` has the likelihood, ``structures``
Sigma, ``optimiser`` the ladder, ``inference`` and ``sandwich`` the tests. Same numbers: R ``mmrm(y ~ ... +
us(visit | subject))``, SAS ``PROC MIXED; REPEATED visit / SUBJECT=subject TYPE=UN``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimateError
from ..design import Design, Floats, build_design, design_notes
from ..means import tabulate_coefficients
from .blocks import Blocks, build_blocks
from .inference import (
    DF_METHODS,
    KENWARD_ROGER,
    KENWARD_ROGER_LINEAR,
    Basis,
    between_within_df,
    compute_kenward_roger,
)
from .layout import MIN_SUBJECTS, Layout, lay_out
from .objective import Covariance, evaluate, kenward_roger_sum
from .optimiser import Optimum, Problem, maximise
from .sandwich import POWERS, compute_sandwich
from .structures import (
    SPATIAL_STRUCTURES,
    STRUCTURES,
    VISIT_STRUCTURES,
    ExponentialCovariance,
    VisitCovariance,
    compute_sigma,
)

INDEPENDENT = 1e-4  # a correlation below this is 0 for a search over its logit


@dataclass(frozen=True, eq=False)
class MmrmFit:
    """A fitted MMRM.

    ``coefficients``: one row a coefficient (index), columns estimate, std_error, df, statistic, p_value,
    conf_low, conf_high; all NaN where the fit failed. ``covariances``: Sigma by group ("all" without
    groups); for sp_exp its values at distances 0 and 1. ``theta``, ``theta_cov``: covariance parameters as
    ``structures`` has them and the inverse of their observed information. ``attempts``: every structure
    tried (structure, status, reason). ``status``: ok, note (read ``notes``), not_estimable (refused) or
    failed (not converged).
    """

    formula: str
    structure: str
    coefficients: pd.DataFrame
    cov_params: pd.DataFrame
    covariances: Mapping[str, pd.DataFrame]
    theta: Floats
    theta_cov: Floats
    log_likelihood: float
    aic: float
    bic: float
    n_obs: int
    n_subjects: int
    n_missing: int
    converged: bool
    optimiser: str
    iterations: int
    max_gradient: float
    attempts: pd.DataFrame
    method: str
    status: str
    notes: tuple[str, ...]
    design: Design
    basis: Basis | None

    @property
    def params(self) -> pd.Series:
        """Estimates by coefficient name; aliased coefficients are absent and named in ``notes``."""
        return self.coefficients["estimate"]

    @property
    def std_errors(self) -> pd.Series:
        """Standard errors by coefficient name."""
        return self.coefficients["std_error"]

    @property
    def df(self) -> pd.Series:
        """Degrees of freedom of each t statistic."""
        return self.coefficients["df"]

    @property
    def statistics(self) -> pd.Series:
        """t statistics by coefficient name."""
        return self.coefficients["statistic"]

    @property
    def p_values(self) -> pd.Series:
        """Two-sided p-values by coefficient name."""
        return self.coefficients["p_value"]

    @property
    def covariance(self) -> pd.DataFrame:
        """Sigma of a fit without covariance groups."""
        if len(self.covariances) > 1:
            raise EstimateError(f"one matrix for each of {list(self.covariances)}: use .covariances")
        return next(iter(self.covariances.values()), pd.DataFrame())


@dataclass(frozen=True, eq=False)
class _Attempt:
    """One structure tried."""

    structure: str
    status: str
    reason: str
    optimum: Optimum | None
    blocks: Blocks | None


def fit_mmrm(
    formula: str,
    data: pd.DataFrame,
    *,
    subject: str,
    visit: str | None = None,
    covariance: str = "us",
    covariance_group: str | None = None,
    weights: str | None = None,
    coords: Sequence[str] | str = (),
    reml: bool = True,
    df: str = KENWARD_ROGER_LINEAR,
    sandwich: str | None = None,
    fallback: Sequence[str] = (),
    allow_sparse_visits: bool = False,
    conf_level: float = 0.95,
) -> MmrmFit:
    """Fit a mixed model for repeated measures.

    Parameters
    ----------
    formula : str
        ``outcome ~ terms`` over columns of ``data``; names and operators only.
    data : DataFrame, one row a subject and visit; rows with a missing value in a used column are left out
    and counted subject, visit : columns; visits are ordered as the categories of their column, else sorted
    covariance : us, toeph, toep, ar1h, ar1, csh, cs, adh, ad, or sp_exp over ``coords``
    covariance_group : column constant within subjects; one matrix for each of its levels
    weights : column, > 0; a weight divides its row's variance (SAS WEIGHT)
    reml : restricted maximum likelihood, else maximum likelihood (Kenward-Roger needs the former)
    df : residual, between-within, satterthwaite, kenward-roger (R mmrm's: it depends on the parameters of
        the structure) or kenward-roger-linear (SAS ``ddfm=kr(linear)``; for ``us`` SAS ``ddfm=kr`` is the
    same) sandwich : None, or CR0 (empirical), CR2 (bias-reduced), CR3 (jackknife) standard errors; not with
    Kenward-Roger fallback : structures tried in this order where ``covariance`` is refused or does not
    converge; each attempt is reported allow_sparse_visits : fit ``us`` even with fewer than 3 subjects at a
    visit

    Returns
    -------
    MmrmFit
        A fit that did not converge holds no numbers; ``notes`` says why.
    """
    ladder = (covariance, *fallback)
    _check_options(ladder, visit, coords, df, reml, sandwich)
    names = [coords] if isinstance(coords, str) else list(coords)
    named = [subject, visit, covariance_group, weights, *names]
    design = build_design(formula, data, extra=[name for name in named if name is not None])
    layout = lay_out(design, data, subject, visit, covariance_group, weights, names)
    attempts: list[_Attempt] = []
    for structure in ladder:
        attempts.append(_attempt(structure, design, layout, reml, allow_sparse_visits))
        if attempts[-1].status == "ok":
            break
    return _report(formula, design, layout, attempts, reml, df, sandwich, conf_level)


def _check_options(
    ladder: Sequence[str],
    visit: str | None,
    coords: Sequence[str] | str,
    df: str,
    reml: bool,
    sandwich: str | None,
) -> None:
    for structure in ladder:
        if structure not in STRUCTURES:
            raise EstimateError(f"covariance must be one of {', '.join(STRUCTURES)}, not {structure!r}")
        if structure in SPATIAL_STRUCTURES and not coords:
            raise EstimateError(f"covariance {structure!r} needs coords=, the columns of its coordinates")
        if structure in VISIT_STRUCTURES and visit is None:
            raise EstimateError(f"covariance {structure!r} needs visit=, the column of visits")
    if df not in DF_METHODS:
        raise EstimateError(f"df must be one of {', '.join(DF_METHODS)}, not {df!r}")
    is_kr = df in (KENWARD_ROGER, KENWARD_ROGER_LINEAR)
    if is_kr and not reml:
        raise EstimateError(f"df={df!r} needs REML; use satterthwaite with reml=False")
    if sandwich is not None and (sandwich not in POWERS or is_kr):
        raise EstimateError(f"sandwich must be one of {', '.join(POWERS)} and df not Kenward-Roger")


def _covariance(structure: str, layout: Layout) -> Covariance:
    if structure in SPATIAL_STRUCTURES:
        return ExponentialCovariance(len(layout.groups))
    return VisitCovariance(structure, len(layout.visits), len(layout.groups))


def _attempt(structure: str, design: Design, layout: Layout, reml: bool, allow_sparse: bool) -> _Attempt:
    sparse = layout.sparse_visits() if structure == "us" and not allow_sparse else ()
    if sparse:
        reason = f"refused: fewer than {MIN_SUBJECTS} subjects at {', '.join(sparse)}"
        return _Attempt(structure, "not_estimable", reason, None, None)
    layout.refuse_duplicates(structure in SPATIAL_STRUCTURES)
    blocks = _blocks(structure, design, layout, compress=True)
    problem = Problem(blocks, _covariance(structure, layout), reml)
    optimum = maximise(problem, layout.starts(structure, design))
    if optimum is None:
        return _Attempt(structure, "failed", "the likelihood does not exist at any start", None, blocks)
    if not optimum.converged:
        boundary = _at_independence(layout, optimum.point.theta) if structure in SPATIAL_STRUCTURES else ""
        return _Attempt(structure, "failed", f"not converged: {boundary or optimum.message}", None, blocks)
    return _Attempt(structure, "ok", "", optimum, blocks)


def _at_independence(layout: Layout, theta: Floats) -> str:
    """Why a spatial fit has no maximum inside: the correlation of a subject's two nearest rows has gone to 0."""
    order = np.lexsort((*layout.coords.T[::-1], layout.subject))
    steps = np.linalg.norm(np.diff(layout.coords[order], axis=0), axis=1)
    near = steps[(np.diff(layout.subject[order]) == 0) & (steps > 0)].min(initial=np.inf)
    rho = 1 / (1 + np.exp(-theta.reshape(len(layout.groups), -1)[:, 1]))
    if np.isfinite(near) and (rho**near < INDEPENDENT).any():
        return "the correlation is at its boundary 0, where rows of a subject are independent"
    return ""


def _blocks(structure: str, design: Design, layout: Layout, *, compress: bool) -> Blocks:
    key = layout.coords if structure in SPATIAL_STRUCTURES else layout.visit[:, None].astype(float)
    return build_blocks(
        design.x,
        design.y,
        layout.subject,
        key,
        group=layout.group,
        weights=layout.weights,
        compress=compress,
    )


def _basis(design: Design, layout: Layout, attempt: _Attempt, reml: bool, df: str, sandwich: str | None) -> Basis:
    optimum, blocks = attempt.optimum, attempt.blocks
    assert optimum is not None
    assert blocks is not None
    point, p_matrices = optimum.point, optimum.derivatives.p_matrices
    theta_cov = np.linalg.solve(-optimum.derivatives.hessian, np.eye(len(point.theta)))
    cov, parts = point.phi, None
    if df in (KENWARD_ROGER, KENWARD_ROGER_LINEAR):
        q_sum = kenward_roger_sum(blocks, point, theta_cov, second=df == KENWARD_ROGER)
        cov = compute_kenward_roger(point.phi, p_matrices, theta_cov, q_sum)
    elif sandwich is not None:
        subjects = _blocks(attempt.structure, design, layout, compress=False)
        whole = evaluate(subjects, _covariance(attempt.structure, layout), point.theta, reml=reml)
        assert whole is not None
        robust = compute_sandwich(subjects, whole, sandwich)
        cov, parts = robust.cov, robust.parts
    intercept = np.array([name == "Intercept" for name in design.columns])
    return Basis(
        method=df,
        beta=point.beta,
        cov=cov,
        phi=point.phi,
        p_matrices=p_matrices,
        theta_cov=theta_cov,
        residual_df=float(len(design.y) - design.x.shape[1]),
        coefficient_df=between_within_df(design.x, layout.subject, intercept),
        sandwich=parts,
    )


def _sigma_frames(structure: str, layout: Layout, theta: Floats) -> dict[str, pd.DataFrame]:
    out = {}
    for group, part in zip(layout.groups, np.split(theta, len(layout.groups)), strict=True):
        if structure in SPATIAL_STRUCTURES:
            near = np.exp(part[0]) / (1 + np.exp(-part[1]))
            values, names = np.array([[np.exp(part[0]), near], [near, np.exp(part[0])]]), ["0", "1"]
        else:
            values, names = compute_sigma(structure, part, len(layout.visits)).value, list(layout.visits)
        out[group] = pd.DataFrame(values, index=names, columns=names)
    return out


def _report(
    formula: str,
    design: Design,
    layout: Layout,
    attempts: list[_Attempt],
    reml: bool,
    df: str,
    sandwich: str | None,
    conf_level: float,
) -> MmrmFit:
    last = attempts[-1]
    optimum = last.optimum
    notes = [*design_notes(design), *(f"{a.structure}: {a.reason}" for a in attempts if a.reason)]
    if optimum is not None and len(attempts) > 1:
        notes.append(f"covariance {last.structure} used in place of {attempts[0].structure}")
    basis = None if optimum is None else _basis(design, layout, last, reml, df, sandwich)
    log_likelihood = np.nan if optimum is None else optimum.point.log_likelihood
    theta = np.array([]) if optimum is None else optimum.point.theta
    names = list(design.columns)
    return MmrmFit(
        formula=formula,
        structure=last.structure,
        coefficients=tabulate_coefficients(design.columns, basis, conf_level),
        cov_params=pd.DataFrame(np.nan if basis is None else basis.cov, index=names, columns=names),
        covariances={} if optimum is None else _sigma_frames(last.structure, layout, theta),
        theta=theta,
        theta_cov=np.empty((0, 0)) if basis is None else basis.theta_cov,
        log_likelihood=log_likelihood,
        aic=-2 * log_likelihood + 2 * len(theta),
        bic=-2 * log_likelihood + np.log(layout.n_subjects) * len(theta),
        n_obs=len(design.y),
        n_subjects=layout.n_subjects,
        n_missing=design.n_missing,
        converged=optimum is not None,
        optimiser="none" if optimum is None else optimum.optimiser,
        iterations=0 if optimum is None else optimum.iterations,
        max_gradient=np.nan if optimum is None else float(np.abs(optimum.derivatives.gradient).max()),
        attempts=pd.DataFrame(
            [(a.structure, a.status, a.reason) for a in attempts], columns=["structure", "status", "reason"]
        ),
        method=_method(last.structure, reml, df, sandwich, len(layout.groups)),
        status=last.status if optimum is None else "note" if notes else "ok",
        notes=tuple(notes),
        design=design,
        basis=basis,
    )


def _method(structure: str, reml: bool, df: str, sandwich: str | None, n_groups: int) -> str:
    groups = f", {n_groups} covariance groups" if n_groups > 1 else ""
    robust = f", {sandwich} standard errors" if sandwich else ""
    return f"MMRM, covariance {structure}{groups}, {'REML' if reml else 'ML'}, {df} df{robust}"
