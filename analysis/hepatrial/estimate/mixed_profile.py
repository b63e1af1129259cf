"""Profile-likelihood intervals of the standard deviations of a random-effects model.

The limits of a standard deviation s are where twice the drop of the profiled log-likelihood, 2 (l_max -
l(s)), reaches the chi-square quantile on 1 df; 0 is the lower limit where the drop at 0 does not reach it.
The effect of interest is put first, so that its standard deviation is the first entry of the Cholesky root K
and can be held. Same numbers: R ``confint(lmer(..., REML = FALSE), method = "profile")``, which always
profiles the ML criterion.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

from ..errors import EstimateError
from .design import Floats, build_design
from .formula import parse_terms
from .means import check_conf_level
from .mixed_covariance import RandomEffects, RandomLevel
from .mixed_layout import fit_within, lay_out
from .mmrm.blocks import Blocks, Stack, build_blocks
from .mmrm.objective import Covariance, CovarianceState
from .mmrm.optimiser import Problem, maximise

WIDEST = 12.0  # of the search on the log scale: a limit beyond exp(12) times the estimate is infinite


@dataclass(frozen=True, eq=False)
class VarianceIntervals:
    """``table``: one row a standard deviation (group, effect, estimate, conf_low, conf_high, status);
    "Residual" is sigma.
    """

    table: pd.DataFrame
    conf_level: float
    method: str
    status: str


@dataclass(frozen=True, eq=False)
class _Held:
    """A covariance model with one of its parameters held."""

    whole: Covariance
    index: int
    value: float

    @property
    def n_params(self) -> int:
        """The free parameters."""
        return self.whole.n_params - 1

    def at(self, theta: Floats) -> "_HeldState":
        """State with the held parameter put in."""
        free = np.delete(np.arange(self.whole.n_params), self.index)
        return _HeldState(self.whole.at(np.insert(theta, self.index, self.value)), free)


@dataclass(frozen=True, eq=False)
class _HeldState:
    """The whole model's state without the rows of the held parameter."""

    whole: CovarianceState
    free: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]"

    def blocks(self, stack: Stack) -> Floats:
        """V."""
        return self.whole.blocks(stack)

    def derivatives(self, stack: Stack) -> tuple[slice, Floats]:
        """V_i of the free parameters."""
        return slice(None), self.whole.derivatives(stack)[1][self.free]

    def curvature(self, stack: Stack, m: Floats) -> Floats:
        """Sum of tr(M V_ij) of the free parameters."""
        return self.whole.curvature(stack, m)[np.ix_(self.free, self.free)]

    def second(self, stack: Stack, weights: Floats) -> Floats:
        """Not needed here."""
        raise NotImplementedError


def estimate_random_sd(
    formula: str,
    data: pd.DataFrame,
    *,
    subject: str,
    random: str = "1",
    random_covariance: str = "unstructured",
    reml: bool = False,
    conf_level: float = 0.95,
) -> VarianceIntervals:
    """Standard deviations of the random effects and the residual, with profile intervals; arguments as in
    ``fit_mixed``.
    """
    check_conf_level(conf_level)
    design = build_design(formula, data, extra=[subject, *parse_terms(random)])
    layout = lay_out(design, data, (subject,), random, random_covariance)
    blocks = build_blocks(design.x, design.y, layout.block, layout.key)
    optimum, _, boundary = fit_within(blocks, design, layout, reml)
    if optimum is None or not optimum.converged or boundary:
        raise EstimateError(f"no interval for a fit that is singular or did not converge: {'; '.join(boundary)}")
    names = layout.names[0][1]
    level, (d,) = layout.covariance.levels[0], layout.covariance.covariances(optimum.point.theta)
    log_sigma, best = float(optimum.point.theta[-1]), optimum.point.log_likelihood
    critical = float(stats.chi2.isf(1 - conf_level, 1)) / 2
    rows = []
    for k, name in enumerate(names):
        first, theta = _with_first(level, d, log_sigma, k, random_covariance)
        limits = _limits(_profile(blocks, first, theta, 0, reml), theta[0], best - critical, at_zero=True)
        rows.append((subject, name, theta[0], *limits))
    theta, last = optimum.point.theta, len(optimum.point.theta) - 1
    by_log = _profile(blocks, layout.covariance, theta, last, reml)
    sigma = float(np.exp(log_sigma))
    limits = _limits(lambda s: by_log(np.log(s)), sigma, best - critical, at_zero=False)
    rows.append(("Residual", "Residual", sigma, *limits))
    table = pd.DataFrame(rows, columns=["group", "effect", "estimate", "conf_low", "conf_high"])
    table["status"] = np.where(table[["conf_low", "conf_high"]].notna().all(axis=1), "ok", "failed")
    status = "ok" if (table["status"] == "ok").all() else "failed"
    return VarianceIntervals(table, conf_level, f"profile likelihood, {'REML' if reml else 'ML'}", status)


def _with_first(
    level: RandomLevel, d: Floats, log_sigma: float, k: int, random_covariance: str
) -> tuple[RandomEffects, Floats]:
    """The same model with effect k first, and its parameters."""
    order = [k, *(j for j in range(len(d)) if j != k)]
    moved = RandomLevel(tuple(level.columns[j] for j in order), level.cells, level.inner)
    root = np.linalg.cholesky(d[np.ix_(order, order)])
    return RandomEffects((moved,)), np.array([*(root[cell] for cell in level.cells), log_sigma])


def _profile(blocks: Blocks, covariance: Covariance, theta: Floats, index: int, reml: bool) -> Callable[[float], float]:
    """Log-likelihood with one parameter held, maximised over the others; NaN where that does not converge."""
    rest = np.delete(theta, index)

    def value(held: float) -> float:
        optimum = maximise(Problem(blocks, _Held(covariance, index, held), reml), [rest])
        # at 0 a correlation with the effect is not identified: the value is right though the Hessian is flat
        reached = optimum is not None and (optimum.converged or held == 0)
        return optimum.point.log_likelihood if optimum is not None and reached else np.nan

    return value


def _limits(profile: Callable[[float], float], estimate: float, target: float, *, at_zero: bool) -> tuple[float, float]:
    def drop(log_ratio: float) -> float:
        return profile(estimate * float(np.exp(log_ratio))) - target

    def search(direction: float) -> float:
        inside, outside = 0.0, 0.25 * direction
        while abs(outside) < WIDEST:
            value = drop(outside)
            if not np.isfinite(value):
                return np.nan
            if value < 0:
                return float(estimate * np.exp(brentq(drop, inside, outside, xtol=1e-9)))
            inside, outside = outside, outside * 1.6
        return np.inf if direction > 0 else 0.0

    low = 0.0 if at_zero and profile(0.0) >= target else search(-1.0)
    return low, search(1.0)
