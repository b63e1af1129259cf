"""Random-intercept models for outcomes beyond the limits of quantification, by the likelihood of what was
seen.

y_ij = x_ij b + u_i + e_ij, u_i ~ N(0, tau^2), e_ij ~ N(0, sigma^2). A measured value contributes its
density, a censored one the probability of its interval: below LLOQ (-inf, LLOQ), above ULOQ (ULOQ, inf), or
between two limits. The likelihood of a subject is the integral over u_i, done here by adaptive Gauss-Hermite
quadrature (Pinheiro and Bates 1995, doi:10.1080/10618600.1995.10474663; Hughes 1999,
doi:10.1111/j.0006-341X.1999.00625.x); maximum likelihood, not REML.

Measured values are Gaussian, so given them u_i is Gaussian: the quadrature is centred at that distribution
moved to the mode of the whole integrand. Without censored values it is exact, and the fit is
``fit_mixed(reml=False)``. Same numbers: SAS ``PROC NLMIXED`` with the likelihood written out
(``general(ll)``), R ``lmec``/``censReg(method = "BHHH")`` with a random intercept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_ndtr, roots_hermite

from ..errors import EstimateError
from .design import Design, Floats, build_design, design_notes
from .means import tabulate_coefficients
from .mmrm.inference import RESIDUAL, Basis

NODES = 25
MODE_STEPS = 30
NEWTON_STEPS = 5
BOUNDARY_LOG_RATIO = 6.0  # tau below sigma / 400
HALF_LOG_2PI = 0.5 * float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class CensoredFit:
    """A censored random-intercept model; fields as in ``MixedFit``, and usable in ``estimate_means``.

    ``share_censored``: censored rows by level of ``by`` (n, n_below, n_above, n_between, share). Tests use
    the normal distribution
    (df = inf): the number of informative rows is not defined under censoring.
    """

    formula: str
    coefficients: pd.DataFrame
    cov_params: pd.DataFrame
    random_variance: float
    residual_variance: float
    log_likelihood: float
    n_obs: int
    n_subjects: int
    n_censored: int
    n_missing: int
    share_censored: pd.DataFrame
    converged: bool
    method: str
    status: str
    notes: tuple[str, ...]
    design: Design
    basis: Basis | None

    @property
    def params(self) -> pd.Series:
        """Estimates by coefficient name."""
        return self.coefficients["estimate"]


@dataclass(frozen=True, eq=False)
class _Data:
    """The rows used; ``low`` = ``high`` where measured."""

    x: Floats
    low: Floats
    high: Floats
    measured: NDArray[np.bool_]
    subject: NDArray[np.intp]
    n_subjects: int


def fit_censored_mixed(
    formula: str,
    data: pd.DataFrame,
    *,
    upper: str,
    subject: str,
    by: str | None = None,
    conf_level: float = 0.95,
) -> CensoredFit:
    """Fit a random-intercept model to interval-censored outcomes by maximum likelihood.

    Parameters
    ----------
    formula : ``lower ~ terms``: the outcome names the lower end of each value's interval
    upper : column, its upper end. Equal ends: measured. Lower -inf: below the LLOQ given as upper; upper
        inf: above the ULOQ given as lower; both finite and different: between.
    subject : column
    by : column (e.g. the visit) by whose levels the share of censored rows is reported

    Returns
    -------
    CensoredFit
        Intervals and tests are Wald's from the observed information of all parameters. ``failed`` with a
        reason if the search does not converge; ``tau`` at 0 is named.
    """
    names = [formula.split("~")[0].strip(), upper]
    finite = data.assign(**{names[0]: _finite_part(data, names)})
    design = build_design(formula, finite, extra=[subject, upper, *([by] if by else [])])
    used = data.iloc[design.rows]
    low, high = (used[name].to_numpy(dtype=float) for name in names)
    if (low > high).any():
        raise EstimateError(f"row {int(np.flatnonzero(low > high)[0])}: {names[0]!r} is above {upper!r}")
    code = used.groupby(subject, observed=True).ngroup().to_numpy()
    problem = _Data(design.x, low, high, low == high, code, int(code.max()) + 1)
    notes = [*design_notes(design)]
    outcome = _maximise(problem, design)
    reason = _judge(problem, outcome)
    notes += [reason] if reason else []
    p = design.x.shape[1]
    ok = not reason
    cov = np.linalg.solve(outcome.hessian, np.eye(p + 2))[:p, :p] if ok else None
    basis = None if cov is None else _basis(outcome.x[:p], cov)
    columns = list(design.columns)
    return CensoredFit(
        formula=formula,
        coefficients=tabulate_coefficients(design.columns, basis, conf_level),
        cov_params=pd.DataFrame(np.nan if cov is None else cov, index=columns, columns=columns),
        random_variance=float(np.exp(2 * outcome.x[p])) if ok else np.nan,
        residual_variance=float(np.exp(2 * outcome.x[p + 1])) if ok else np.nan,
        log_likelihood=-float(outcome.fun) if ok else np.nan,
        n_obs=len(low),
        n_subjects=problem.n_subjects,
        n_censored=int((~problem.measured).sum()),
        n_missing=design.n_missing,
        share_censored=_shares(used[by] if by else pd.Series("all", index=used.index), low, high),
        converged=ok,
        method=f"random intercept, interval-censored ML, {NODES}-point adaptive quadrature, Wald",
        status="failed" if not ok else "note" if notes else "ok",
        notes=tuple(notes),
        design=design,
        basis=basis,
    )


def _finite_part(data: pd.DataFrame, names: list[str]) -> Floats:
    """A finite stand-in for the outcome: its midpoint or finite end; NaN where missing. Only starts use
    it.
    """
    for name in names:
        if name not in data.columns:
            raise EstimateError(f"column {name!r}: found 0 times in the data, must be there once")
    low, high = (data[name].to_numpy(dtype=float) for name in names)
    nowhere = np.isinf(low) & np.isinf(high)
    if nowhere.any():
        raise EstimateError(f"row {int(np.flatnonzero(nowhere)[0])}: an interval must have a finite end")
    with np.errstate(invalid="ignore"):
        middle = np.where(np.isinf(low), high, np.where(np.isinf(high), low, (low + high) / 2))
    return np.where(np.isnan(low) | np.isnan(high), np.nan, middle)


def _shares(by: pd.Series, low: Floats, high: Floats) -> pd.DataFrame:
    kind = pd.DataFrame({"n_below": np.isneginf(low), "n_above": np.isposinf(high)}, index=by.index)
    kind["n_between"] = (low < high) & ~kind["n_below"] & ~kind["n_above"]
    grouped = kind.groupby(by, observed=True, sort=True)
    out = grouped.sum().assign(n=grouped.size())
    out["share"] = out[["n_below", "n_above", "n_between"]].sum(axis=1) / out["n"]
    return out.rename_axis("level").reset_index()[["level", "n", "n_below", "n_above", "n_between", "share"]]


@dataclass(frozen=True, eq=False)
class _RowTerms:
    """Log of each row's contribution (n, k), its first and second derivative in eta, and the one in log
    sigma.
    """

    value: Floats
    first: Floats
    second: Floats
    in_log_sigma: Floats


def _row_terms(d: _Data, eta: Floats, sigma: float) -> _RowTerms:
    with np.errstate(invalid="ignore"):
        low, high = (d.low[:, None] - eta) / sigma, (d.high[:, None] - eta) / sigma
    z = np.where(d.measured[:, None], low, 0.0)
    value, first = -0.5 * z**2 - HALF_LOG_2PI - np.log(sigma), z / sigma
    second, in_log_sigma = np.full_like(z, -1 / sigma**2), z**2 - 1
    c = ~d.measured
    if c.any():
        # both ends above the mean: reflect, so that the difference of probabilities does not cancel
        flip = low[c] > 0
        a, b = np.where(flip, -high[c], low[c]), np.where(flip, -low[c], high[c])
        log_b = log_ndtr(b)
        value[c] = log_b + np.log1p(-np.exp(log_ndtr(a) - log_b))
        a_ratio, b_ratio = _density_ratio(a, value[c]), _density_ratio(b, value[c])
        first[c] = np.where(flip, -1.0, 1.0) * (a_ratio - b_ratio) / sigma
        in_log_sigma[c] = np.where(np.isfinite(a), a, 0.0) * a_ratio - np.where(np.isfinite(b), b, 0.0) * b_ratio
        second[c] = in_log_sigma[c] / sigma**2 - first[c] ** 2
    return _RowTerms(value, first, second, in_log_sigma)


def _density_ratio(t: Floats, log_probability: Floats) -> Floats:
    """phi(t) / P of the interval; 0 at an infinite end."""
    finite = np.isfinite(t)
    log_ratio = -0.5 * np.where(finite, t, 0.0) ** 2 - HALF_LOG_2PI - log_probability
    return np.where(finite, np.exp(log_ratio), 0.0)


def _by_subject(d: _Data, rows: Floats) -> Floats:
    out = np.zeros((d.n_subjects, rows.shape[1]))
    np.add.at(out, d.subject, rows)
    return out


def _find_modes(d: _Data, fixed: Floats, tau: float, sigma: float) -> tuple[Floats, Floats]:
    """Mode and curvature of each subject's integrand, which is log-concave in u, by Newton."""
    u, curve = np.zeros(d.n_subjects), np.full(d.n_subjects, 1 / tau**2)
    for _ in range(MODE_STEPS):
        terms = _row_terms(d, (fixed + u[d.subject])[:, None], sigma)
        curve = 1 / tau**2 - _by_subject(d, terms.second)[:, 0]
        step = (_by_subject(d, terms.first)[:, 0] - u / tau**2) / curve
        u = u + step
        if np.abs(step).max() < 1e-10 * (tau + sigma):
            break
    return u, curve


def _evaluate(d: _Data, theta: Floats) -> tuple[float, Floats]:
    """Minus the log-likelihood and its gradient: the mean, over each subject's u given the data, of that of
    the joint density (Fisher's identity), with the same quadrature.
    """
    p = d.x.shape[1]
    tau, sigma = (float(v) for v in np.exp(theta[p : p + 2]))
    fixed = d.x @ theta[:p]
    mode, curve = _find_modes(d, fixed, tau, sigma)
    nodes, weights = roots_hermite(NODES)
    spread = np.sqrt(2 / curve)
    u = mode[:, None] + spread[:, None] * nodes
    terms = _row_terms(d, fixed[:, None] + u[d.subject], sigma)
    log_term = _by_subject(d, terms.value) - 0.5 * (u / tau) ** 2 + nodes**2 + np.log(weights)
    top = log_term.max(axis=1)
    share = np.exp(log_term - top[:, None])
    total = share.sum(axis=1)
    value = float(np.sum(top + np.log(total) + np.log(spread))) - d.n_subjects * (np.log(tau) + HALF_LOG_2PI)
    share = share / total[:, None]
    of_row = share[d.subject]
    gradient = np.r_[
        d.x.T @ np.sum(of_row * terms.first, axis=1),
        np.sum(share * ((u / tau) ** 2 - 1)),
        np.sum(of_row * terms.in_log_sigma),
    ]
    return (-value, -gradient) if np.isfinite(value) else (1e300, np.zeros_like(theta))


@dataclass(frozen=True, eq=False)
class _Outcome:
    """Where the search ended: parameters, minus the log-likelihood, its gradient and Hessian."""

    x: Floats
    fun: float
    gradient: Floats
    hessian: Floats


def _maximise(d: _Data, design: Design) -> _Outcome:
    """BFGS from least squares on the finite ends, then Newton."""
    beta = np.linalg.lstsq(design.x, design.y, rcond=None)[0]
    spread = np.log(max(float(np.std(design.residuals())), 1e-8) / np.sqrt(2))
    found = minimize(lambda t: _evaluate(d, t), np.r_[beta, spread, spread], jac=True, method="BFGS")
    theta = np.asarray(found.x, dtype=float)
    for _ in range(NEWTON_STEPS):
        value, gradient = _evaluate(d, theta)
        step = np.linalg.lstsq(_hessian(d, theta), gradient, rcond=None)[0]
        if not np.isfinite(step).all() or _evaluate(d, theta - step)[0] > value + 1e-9:
            break
        theta = theta - step
        if np.abs(step).max() < 1e-9:
            break
    return _Outcome(theta, *_evaluate(d, theta), _hessian(d, theta))


def _hessian(d: _Data, at: Floats) -> Floats:
    """Central differences of the analytic gradient."""
    size = 1e-5 * np.maximum(1.0, np.abs(at))
    rows = [(_evaluate(d, at + s)[1] - _evaluate(d, at - s)[1]) / (2 * s.sum()) for s in np.diag(size)]
    return np.asarray(np.array(rows) + np.array(rows).T) / 2


def _judge(d: _Data, outcome: _Outcome) -> str:
    p, hessian = d.x.shape[1], outcome.hessian
    if outcome.x[p] < outcome.x[p + 1] - BOUNDARY_LOG_RATIO:
        return "not converged: the variance between subjects is at its boundary 0"
    values = np.linalg.eigvalsh(hessian) if np.isfinite(hessian).all() else np.array([-1.0])
    if values[0] <= 1e-8 * values[-1]:
        return "not converged: minus the Hessian is not positive definite (a level without a measured value?)"
    if float(outcome.gradient @ np.linalg.solve(hessian, outcome.gradient)) > 1e-8:
        return f"not converged: the gradient is not small ({np.abs(outcome.gradient).max():.3g})"
    return ""


def _basis(beta: Floats, cov: Floats) -> Basis:
    p = len(beta)
    return Basis(
        method=RESIDUAL,
        beta=beta,
        cov=cov,
        phi=cov,
        p_matrices=np.zeros((0, p, p)),
        theta_cov=np.zeros((0, 0)),
        residual_df=np.inf,
        coefficient_df=np.full(p, np.nan),
    )


def substitute_censored(low: Floats, high: Floats, *, rule: Mapping[str, float] | None = None) -> Floats:
    """Simple substitution, for the sensitivity analysis only: LLOQ x ``below``, ULOQ x ``above``, the middle
    of an interval.

    ``rule`` defaults to ``{"below": 0.5, "above": 1.0}`` on the scale of the limits.
    """
    factor = {"below": 0.5, "above": 1.0, **(rule or {})}
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    middle = np.where(np.isfinite(low + high), (low + high) / 2, np.nan)
    above = np.where(np.isposinf(high), factor["above"] * low, middle)
    return np.where(np.isneginf(low), factor["below"] * high, above)
