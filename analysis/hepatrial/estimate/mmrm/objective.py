"""The (restricted) log-likelihood of a linear model with block covariance, its gradient and its Hessian, all
exact.

With V the covariance of all rows, a function of theta, Phi = (X'V^-1X)^-1, b = Phi X'V^-1y, e = y - Xb and
P = V^-1 - V^-1 X Phi X'V^-1 (Harville 1977, doi:10.1080/01621459.1977.10480998):

(1)  -2 REML = (N - p) log 2pi + log|V| + log|X'V^-1X| + e'V^-1e          (the X'X term of some texts is left
out, as in
     -2 ML   =  N      log 2pi + log|V| +                e'V^-1e           SAS, lme4 and mmrm)
(2)  d(-2 REML)/dt_i = tr(P V_i) - e'V^-1 V_i V^-1e
(3)  d2(-2 REML)/dt_i dt_j = -tr(P V_i P V_j) + 2 e'V^-1 V_i P V_j V^-1e + tr(P V_ij) - e'V^-1 V_ij V^-1e
     and for ML the same with V^-1 in place of P in the two traces.

Block by block, with V = LL', A_i = L^-1 V_i L^-T, x = L^-1X, r = L^-1e, H = sum of x Phi x', S = sum of r r'
over the block's n subjects, C = 2H + 2S - nI (REML) or 2S - nI (ML), M = L^-T (nI - H - S) L^-1 (no H for
ML):

(4)  gradient_i   = sum tr(M V_i)
(5)  hessian_ij   = sum tr(A_i A_j C) - tr(Phi P_i Phi P_j) - 2 g_i' Phi g_j + sum tr(M V_ij)     (second
term REML only)
(6)  P_i = d(X'V^-1X)/dt_i = -sum x' A_i x,    g_i = sum x' A_i r
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..design import Floats
from .blocks import Blocks, Stack

LOG_2PI = float(np.log(2 * np.pi))


class CovarianceState(Protocol):
    """A covariance model at one theta."""

    def blocks(self, stack: Stack) -> Floats:
        """V (B, m, m) of a stack."""
        ...

    def derivatives(self, stack: Stack) -> tuple[slice, Floats]:
        """The parameters that the stack depends on, and V_i (k, B, m, m)."""
        ...

    def curvature(self, stack: Stack, m: Floats) -> Floats:
        """(k, k): sum over blocks of tr(M V_ij) for M (B, m, m)."""
        ...

    def second(self, stack: Stack, weights: Floats) -> Floats:
        """(B, m, m): sum over i, j of weights_ij V_ij for weights (k, k)."""
        ...


class Covariance(Protocol):
    """A covariance model: its number of parameters, and its state at given ones."""

    @property
    def n_params(self) -> int:
        """Length of theta."""
        ...

    def at(self, theta: Floats) -> CovarianceState:
        """State at theta; the matrices need not be positive definite."""
        ...


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Value of the likelihood at theta, with the coefficients profiled out."""

    theta: Floats
    log_likelihood: float
    beta: Floats
    phi: Floats
    state: CovarianceState
    factors: tuple[Floats, ...]
    whitened: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Of the log-likelihood at an evaluation: gradient (k,), Hessian (k, k), and P_i (k, p, p) of equation
    (6).

    ``expected`` is the expected information of theta, tr(P V_i P V_j) / 2, where it was asked for.
    """

    gradient: Floats
    hessian: Floats
    p_matrices: Floats
    expected: Floats


def evaluate(blocks: Blocks, covariance: Covariance, theta: Floats, *, reml: bool) -> Evaluation | None:
    """Equation (1) at theta; None where some V is not positive definite."""
    with np.errstate(over="ignore", invalid="ignore"):  # a wild trial step overflows: refused below
        return _evaluate(blocks, covariance.at(theta), theta, reml)


def _evaluate(blocks: Blocks, state: CovarianceState, theta: Floats, reml: bool) -> Evaluation | None:
    p = blocks.n_columns
    moments, log_det = np.zeros((p + 1, p + 1)), -blocks.log_weights
    factors, whitened = [], []
    for stack in blocks.stacks:
        v = state.blocks(stack)
        try:
            lower = np.linalg.cholesky(v)
        except np.linalg.LinAlgError:
            return None
        b, m, r, q = stack.z.shape
        w = np.linalg.solve(lower, stack.z.reshape(b, m, r * q)).reshape(b, m, r, q)
        flat = w.reshape(-1, q)
        moments += flat.T @ flat
        log_det += 2 * float(stack.n @ np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1))
        factors.append(lower)
        whitened.append(w)
    return _profile(blocks, theta, state, moments, log_det, tuple(factors), tuple(whitened), reml)


def _profile(
    blocks: Blocks,
    theta: Floats,
    state: CovarianceState,
    moments: Floats,
    log_det: float,
    factors: tuple[Floats, ...],
    whitened: tuple[Floats, ...],
    reml: bool,
) -> Evaluation | None:
    p = blocks.n_columns
    # columns to unit length first: the Cholesky factor then does not suffer from units such as years and
    # platelets
    scale = np.sqrt(np.diagonal(moments)[:p])
    if not (np.isfinite(moments).all() and (scale > 0).all()):
        return None
    try:
        c = np.linalg.cholesky(moments[:p, :p] / np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return None
    inverse_c = np.linalg.solve(c, np.eye(p)) / scale
    phi = inverse_c.T @ inverse_c
    beta = phi @ moments[:p, p]
    residual = sum(float(np.sum((w[..., p] - w[..., :p] @ beta) ** 2)) for w in whitened)
    minus2 = (blocks.n_obs - (p if reml else 0)) * LOG_2PI + log_det + residual
    if reml:
        minus2 += 2 * float(np.log(np.diagonal(c)).sum() + np.log(scale).sum())
    if not np.isfinite(minus2):
        return None
    return Evaluation(theta, -0.5 * minus2, beta, phi, state, factors, whitened)


def differentiate(blocks: Blocks, point: Evaluation, n_params: int, *, reml: bool, exact: bool = True) -> Derivatives:
    """Gradient and Hessian of the log-likelihood, equations (4) to (6).

    Without ``exact`` the P_i stay 0, and with them the one term of the Hessian that is costly and small.
    """
    p = blocks.n_columns
    gradient, first = np.zeros(n_params), np.zeros((n_params, n_params))
    expected = np.zeros((n_params, n_params))
    p_matrices, g = np.zeros((n_params, p, p)), np.zeros((n_params, p))
    for stack, lower, w in zip(blocks.stacks, point.factors, point.whitened, strict=True):
        b, m, r, _ = w.shape
        at, dv = point.state.derivatives(stack)
        k = len(dv)
        inverse = np.linalg.solve(lower, np.broadcast_to(np.eye(m), lower.shape))
        a = inverse @ dv @ inverse.transpose(0, 2, 1)
        x, e = w[..., :p], w[..., p] - w[..., :p] @ point.beta
        x_flat = np.ascontiguousarray(x).reshape(b, m, r * p)
        h = (x @ point.phi).reshape(b, m, r * p) @ x_flat.transpose(0, 2, 1)
        s = e @ e.transpose(0, 2, 1)
        identity = stack.n[:, None, None] * np.eye(m)
        middle = identity - s - h if reml else identity - s
        outer = inverse.transpose(0, 2, 1) @ middle @ inverse
        gradient[at] += dv.reshape(k, -1) @ outer.ravel()
        flat = a.reshape(k, -1)
        c = (2 * h if reml else 0) + 2 * s - identity
        first[at, at] += (c @ a).reshape(k, -1) @ flat.T + point.state.curvature(stack, outer)
        expected[at, at] += ((identity - (2 * h if reml else 0)) @ a).reshape(k, -1) @ flat.T
        if exact:
            p_matrices[at] -= _cross_moments(a, x)
        g[at] += flat @ (np.swapaxes(x, 2, 3) @ e.transpose(0, 2, 1)[:, None]).transpose(0, 1, 3, 2).reshape(-1, p)
    phi_p = point.phi @ p_matrices
    trace = phi_p.reshape(n_params, -1) @ phi_p.transpose(0, 2, 1).reshape(n_params, -1).T
    hessian = first - 2 * g @ point.phi @ g.T - (trace if reml else 0)
    expected += trace if reml else 0
    return Derivatives(-0.5 * gradient, -0.25 * (hessian + hessian.T), p_matrices, 0.5 * expected)


def _cross_moments(a: Floats, x: Floats) -> Floats:
    """Sum of x' A_i x over blocks and pseudo-subjects: a (k, B, m, m), x (B, m, r, p) to (k, p, p)."""
    b, m, r, p = x.shape
    wide = x.transpose(0, 1, 3, 2).reshape(b, m * p, r)
    gram = (wide @ wide.transpose(0, 2, 1)).reshape(b, m, p, m, p).transpose(0, 1, 3, 2, 4)
    return (a.reshape(len(a), -1) @ gram.reshape(b * m * m, p * p)).reshape(-1, p, p)


def kenward_roger_sum(blocks: Blocks, point: Evaluation, theta_cov: Floats, *, second: bool) -> Floats:
    """Sum over i, j of W_ij (Q_ij - R_ij / 4), with Q_ij = X'V^-1 V_i V^-1 V_j V^-1X and R_ij = X'V^-1 V_ij
    V^-1X.

    Summing over i, j inside each block first makes this one (m, m) matrix a block. ``second`` False leaves
    R_ij out.
    """
    p = blocks.n_columns
    total = np.zeros((p, p))
    for stack, lower, w in zip(blocks.stacks, point.factors, point.whitened, strict=True):
        b, m, r, _ = w.shape
        at, dv = point.state.derivatives(stack)
        local = theta_cov[at, at]
        inverse = np.linalg.solve(lower, np.broadcast_to(np.eye(m), lower.shape))
        a = inverse @ dv @ inverse.transpose(0, 2, 1)
        middle = (a @ np.tensordot(local, a, axes=1)).sum(axis=0)
        if second:
            middle = middle - 0.25 * inverse @ point.state.second(stack, local) @ inverse.transpose(0, 2, 1)
        x = np.ascontiguousarray(w[..., :p])
        through = (middle @ x.reshape(b, m, r * p)).reshape(-1, p)
        total += x.reshape(-1, p).T @ through
    return (total + total.T) / 2
