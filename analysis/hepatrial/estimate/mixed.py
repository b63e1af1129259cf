"""Random-effects models: random intercepts and slopes by subject, nested levels; statsmodels' ``MixedLM``
confirms the fit.

y_i = X_i b + Z_i u_i + e_i, u_i ~ N(0, D), e_i ~ N(0, sigma^2 I), so V_i = Z_i D Z_i' + sigma^2 I (Laird and
Ware 1982, doi:10.2307/2529876). The (restricted) likelihood is maximised by the ladder of ``mmrm.optimiser``
from two starts, on V_i as a function of the Cholesky root of D; ``statsmodels.MixedLM`` then evaluates its
own likelihood at the estimates, and a difference fails the fit. Its standard errors are not used: they
invert the joint Hessian of b and D, where SAS, lme4 and Stata print the square roots of (X'V^-1X)^-1, as is
done here.

Same numbers in R: ``lmer(y ~ x + (1 + day | subject))`` with lmerTest (Satterthwaite: observed information)
and pbkrtest
(Kenward-Roger: expected information); log-likelihood, AIC and BIC count as lme4 does.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

from ..errors import EstimateError
from .design import Design, Floats, build_design, design_notes
from .formula import parse_terms
from .means import tabulate_coefficients
from .mixed_layout import Layout, fit_within, lay_out
from .mmrm.blocks import Blocks, build_blocks
from .mmrm.inference import (
    KENWARD_ROGER,
    KENWARD_ROGER_LINEAR,
    RESIDUAL,
    SATTERTHWAITE,
    Basis,
    compute_kenward_roger,
)
from .mmrm.objective import kenward_roger_sum
from .mmrm.optimiser import Optimum

CONFIRM_TOLERANCE = 1e-6
MIXED_DF = (RESIDUAL, SATTERTHWAITE, KENWARD_ROGER, KENWARD_ROGER_LINEAR)


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted random-effects model.

    ``coefficients``: one row a coefficient (index), columns estimate, std_error, df, statistic, p_value,
    conf_low, conf_high; all NaN where the fit failed. ``random_cov`` holds D by grouping column,
    ``residual_variance`` sigma^2. ``confirmed_log_likelihood`` is statsmodels' (NaN for nested levels).
    ``status``: ok, note (read ``notes``) or failed.
    """

    formula: str
    random: str
    subject: tuple[str, ...]
    coefficients: pd.DataFrame
    cov_params: pd.DataFrame
    random_cov: Mapping[str, pd.DataFrame]
    residual_variance: float
    log_likelihood: float
    confirmed_log_likelihood: float
    aic: float
    bic: float
    n_obs: int
    n_subjects: int
    n_missing: int
    converged: bool
    is_singular: bool
    optimiser: str
    iterations: int
    method: str
    status: str
    notes: tuple[str, ...]
    design: Design
    basis: Basis | None

    @property
    def params(self) -> pd.Series:
        """Estimates by coefficient name."""
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


def fit_mixed(
    formula: str,
    data: pd.DataFrame,
    *,
    subject: str | Sequence[str],
    random: str = "1",
    random_covariance: str = "unstructured",
    df: str = KENWARD_ROGER,
    reml: bool = True,
    conf_level: float = 0.95,
) -> MixedFit:
    """Fit a linear model with random effects by subject.

    Parameters
    ----------
    formula : str
        ``outcome ~ terms`` over columns of ``data``; names and operators only.
    data : DataFrame, one row an observation; rows with a missing value in a used column are left out and
    counted subject : column of the grouping, or columns from the outermost to the innermost of nested ones;
        all but the innermost have a random intercept
    random : terms of the innermost level over numeric columns: "1", "1 + DAY", "0 + DAY"
    random_covariance : "unstructured" (lme4's ``|``) or "diagonal" (``||``)
    df : "kenward-roger" (also named -linear: V is linear in the variances), "satterthwaite" or "residual"
    reml : restricted maximum likelihood, else maximum likelihood (Kenward-Roger needs the former)
    conf_level : of the intervals in ``coefficients``

    Returns
    -------
    MixedFit
        ``status`` is "failed" with the reason in ``notes`` where the fit did not converge; never a number
        then. A variance at its boundary is named, held at 0 and the model fitted again.
    """
    _check_options(random_covariance, df, reml)
    groups = (subject,) if isinstance(subject, str) else tuple(subject)
    design = build_design(formula, data, extra=[*groups, *parse_terms(random)])
    layout = lay_out(design, data, groups, random, random_covariance)
    if layout.n_groups[-1] < 2:
        raise EstimateError("one subject only: a variance between subjects needs at least two")
    blocks = build_blocks(design.x, design.y, layout.block, layout.key)
    optimum, layout, boundary = fit_within(blocks, design, layout, reml)
    notes = [*design_notes(design), *boundary]
    confirmed = np.nan
    if optimum is None:
        notes.append("not converged: the likelihood does not exist at any start")
    elif not optimum.converged:
        notes.append(f"not converged: {optimum.message}")
    else:
        confirmed, warned = _confirm(design, layout, optimum, reml)
        notes += warned
        if abs(confirmed - optimum.point.log_likelihood) > CONFIRM_TOLERANCE * (1 + abs(confirmed)):
            notes.append(f"not confirmed: statsmodels' log-likelihood there is {confirmed!r}")
            optimum = None
    ok = optimum if optimum is not None and optimum.converged else None
    basis = None if ok is None else _basis(design, blocks, ok, df)
    point = None if ok is None else ok.point
    log_likelihood = np.nan if point is None else point.log_likelihood
    n_params = len(design.columns) + layout.covariance.n_params
    return MixedFit(
        formula=formula,
        random=random,
        subject=groups,
        coefficients=tabulate_coefficients(design.columns, basis, conf_level),
        cov_params=_cov_frame(design, basis),
        random_cov={} if point is None else _random_cov(layout, point.theta),
        residual_variance=np.nan if point is None else float(np.exp(2 * point.theta[-1])),
        log_likelihood=log_likelihood,
        confirmed_log_likelihood=confirmed,
        aic=-2 * log_likelihood + 2 * n_params,
        bic=-2 * log_likelihood + np.log(blocks.n_obs) * n_params,
        n_obs=blocks.n_obs,
        n_subjects=layout.n_groups[-1],
        n_missing=design.n_missing,
        converged=ok is not None,
        is_singular=bool(boundary),
        optimiser="none" if ok is None else ok.optimiser,
        iterations=0 if ok is None else ok.iterations,
        method=f"mixed model, random ({random}) by {' / '.join(groups)}, {'REML' if reml else 'ML'}, {df} df",
        status="failed" if ok is None else "note" if notes else "ok",
        notes=tuple(notes),
        design=design,
        basis=basis,
    )


def _check_options(random_covariance: str, df: str, reml: bool) -> None:
    if random_covariance not in ("unstructured", "diagonal"):
        raise EstimateError(f"random_covariance must be unstructured or diagonal, not {random_covariance!r}")
    if df not in MIXED_DF:
        raise EstimateError(f"df must be one of {', '.join(MIXED_DF)}, not {df!r}")
    if not reml and df in (KENWARD_ROGER, KENWARD_ROGER_LINEAR):
        raise EstimateError(f"df={df!r} needs REML; use satterthwaite with reml=False")


def _confirm(design: Design, layout: Layout, optimum: Optimum, reml: bool) -> tuple[float, tuple[str, ...]]:
    """statsmodels' log-likelihood at the estimates; NaN for nested levels, or with no random effect left.

    It is given Z K / sigma with an identity covariance, the same V, because it cannot take a singular D.
    """
    theta, covariance = optimum.point.theta, layout.covariance
    level, root = covariance.levels[0], covariance.roots(theta)[0]
    root = root[:, np.diagonal(root) != 0]
    if len(covariance.levels) > 1 or not root.shape[1]:
        return np.nan, ()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scaled = layout.key[:, level.columns] @ root / np.exp(theta[-1])
        model = MixedLM(design.y, design.x, groups=layout.block, exog_re=scaled)
        model.reml, model.cov_pen, model.fe_pen = reml, None, None
        params = MixedLMParams.from_components(fe_params=optimum.point.beta, cov_re=np.eye(root.shape[1]))
        value = float(model.loglike(params, profile_fe=True))
    return value, tuple(f"statsmodels warns: {w.message}" for w in caught)


def _basis(design: Design, blocks: Blocks, optimum: Optimum, df: str) -> Basis:
    point, d = optimum.point, optimum.derivatives
    is_kr = df in (KENWARD_ROGER, KENWARD_ROGER_LINEAR)
    information = d.expected if is_kr else -d.hessian
    theta_cov = np.linalg.solve(information, np.eye(len(information)))
    cov = point.phi
    if is_kr:
        q_sum = kenward_roger_sum(blocks, point, theta_cov, second=False)
        cov = compute_kenward_roger(point.phi, d.p_matrices, theta_cov, q_sum)
    return Basis(
        method=df,
        beta=point.beta,
        cov=cov,
        phi=point.phi,
        p_matrices=d.p_matrices,
        theta_cov=theta_cov,
        residual_df=float(len(design.y) - design.x.shape[1]),
        coefficient_df=np.full(len(point.beta), np.nan),
    )


def _cov_frame(design: Design, basis: Basis | None) -> pd.DataFrame:
    names = list(design.columns)
    return pd.DataFrame(np.nan if basis is None else basis.cov, index=names, columns=names)


def _random_cov(layout: Layout, theta: Floats) -> dict[str, pd.DataFrame]:
    return {
        group: pd.DataFrame(d, index=list(names), columns=list(names))
        for (group, names), d in zip(layout.names, layout.covariance.covariances(theta), strict=True)
    }
