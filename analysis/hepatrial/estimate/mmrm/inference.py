"""Degrees of freedom and tests of linear combinations L b of the coefficients.

With Phi = (X'V^-1X)^-1, P_i of ``objective`` equation (6), W the covariance of theta:

(1)  Satterthwaite (one row l): v = l Phi l', d_i = -l Phi P_i Phi l', df = 2 v^2 / (d' W d)
     (Giesbrecht and Burns 1985, doi:10.2307/2530857). Several rows: one df for each eigenvector of L Phi L',
     joined as df = 2E / (E - q), E = sum nu / (nu - 2) over nu > 2 (Fai and Cornelius 1996; as SAS, lmerTest
     and mmrm).
(2)  Kenward-Roger (1997, doi:10.2307/2533558): Phi_A = Phi + 2 Phi [sum_ij W_ij (Q_ij - P_i Phi P_j - R_ij /
     4)] Phi; df and the scale of F from their equations for A1, A2, B, g, c1 to c3, E*, V*, rho. The linear
     form leaves out R_ij; for one row both have the df of (1), and the scale is 1.
(3)  Between-within (Schluchter and Elashoff 1990, doi:10.1080/00949659008811268; with mmrm's rule for the
     intercept): a coefficient constant within every subject has n_subjects - (number of such) df, any other
     has n_obs - n_subjects - (number of such); the intercept counts among the first but is given the second;
     a combination takes the smallest of its parts.
(4)  Residual: n_obs - rank(X).
(5)  Sandwich with Satterthwaite: the sandwich variance of l b is a quadratic form y'QQ'y, and df =
     tr(Q'VQ)^2 / tr((Q'VQ)^2) at the fitted V (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018,
     doi:10.1080/07350015.2016.1247004).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..design import Floats

RESIDUAL = "residual"
BETWEEN_WITHIN = "between-within"
SATTERTHWAITE = "satterthwaite"
KENWARD_ROGER = "kenward-roger"
KENWARD_ROGER_LINEAR = "kenward-roger-linear"
DF_METHODS = (RESIDUAL, BETWEEN_WITHIN, SATTERTHWAITE, KENWARD_ROGER, KENWARD_ROGER_LINEAR)


@dataclass(frozen=True, eq=False)
class SandwichParts:
    """For equation (5), by subject: ``g`` (n, m, p) rows A'V^-1X (zero rows as padding), and L-factor
    products.

    ``half`` (n, m, p) is L'g and ``cross`` (n, p, p) is g'X, so that Q'VQ has the diagonal |half Phi l|^2.
    """

    half: Floats
    cross: Floats


@dataclass(frozen=True, eq=False)
class Basis:
    """Everything that a test of L b needs.

    ``cov`` is the covariance that standard errors come from (adjusted or sandwich), ``phi`` the model-based
    one. ``coefficient_df`` holds the between-within df by coefficient.
    """

    method: str
    beta: Floats
    cov: Floats
    phi: Floats
    p_matrices: Floats
    theta_cov: Floats
    residual_df: float
    coefficient_df: Floats
    sandwich: SandwichParts | None = None


@dataclass(frozen=True)
class JointTest:
    """F test of L b = 0."""

    statistic: float
    num_df: int
    denom_df: float
    p_value: float


def compute_kenward_roger(phi: Floats, p_matrices: Floats, theta_cov: Floats, q_sum: Floats) -> Floats:
    """Phi_A of equation (2); ``q_sum`` is sum_ij W_ij (Q_ij - R_ij / 4)."""
    weighted: Floats = np.tensordot(theta_cov, p_matrices, axes=1)
    between: Floats = (p_matrices @ phi @ weighted).sum(axis=0)
    adjusted = phi + 2 * phi @ (q_sum - between) @ phi
    return (adjusted + adjusted.T) / 2


def between_within_df(x: Floats, subject: NDArray[np.intp], is_intercept: NDArray[np.bool_]) -> Floats:
    """Equation (3) for each coefficient."""
    order = np.argsort(subject, kind="stable")
    same = np.diff(subject[order]) == 0
    constant = ~(np.diff(x[order], axis=0)[same] != 0).any(axis=0)
    n_subjects = int(subject.max()) + 1
    between = n_subjects - int(constant.sum())
    within = len(x) - n_subjects - int((~constant).sum())
    return np.where(constant & ~is_intercept, float(between), float(within))


def contrast_df(basis: Basis, row: Floats) -> float:
    """Degrees of freedom of one combination l b."""
    if basis.method == RESIDUAL:
        return basis.residual_df
    if basis.method == BETWEEN_WITHIN:
        return _smallest_df(basis, row)
    if basis.sandwich is not None:
        return _sandwich_df(basis, row)
    return _satterthwaite_df(basis, row)


def _smallest_df(basis: Basis, row: Floats) -> float:
    involved = np.abs(row) > 1e-12
    return float(basis.coefficient_df[involved].min(initial=np.inf)) if involved.any() else np.nan


def _satterthwaite_df(basis: Basis, row: Floats) -> float:
    u = basis.phi @ row
    variance = float(row @ u)
    slope = (basis.p_matrices @ u) @ u
    spread = float(slope @ basis.theta_cov @ slope)
    return 2 * variance**2 / spread if spread > 0 else np.inf


def _sandwich_df(basis: Basis, row: Floats) -> float:
    parts = basis.sandwich
    assert parts is not None
    u = basis.phi @ row
    diagonal = np.sum((parts.half @ u) ** 2, axis=1)
    b = u @ parts.cross  # (n, p): l Phi g_i' X_i
    overlap = basis.phi @ (b.T @ b)
    trace = diagonal.sum() - np.trace(overlap)
    square = np.sum(diagonal**2) - 2 * np.sum(diagonal * np.einsum("ij,jk,ik->i", b, basis.phi, b))
    return float(trace**2 / (square + np.trace(overlap @ overlap)))


def compute_joint_test(basis: Basis, rows: Floats) -> JointTest:
    """F test of rows b = 0; rows (q, p) must be linearly independent."""
    q = len(rows)
    estimate = rows @ basis.beta
    if basis.method in (KENWARD_ROGER, KENWARD_ROGER_LINEAR):
        denom_df, scale = _kenward_roger_df(basis, rows)
    else:
        denom_df, scale = _joint_df(basis, rows), 1.0
    f = scale / q * float(estimate @ np.linalg.solve(rows @ basis.cov @ rows.T, estimate))
    return JointTest(f, q, denom_df, float(stats.f.sf(f, q, denom_df)))


def _joint_df(basis: Basis, rows: Floats) -> float:
    if basis.method in (RESIDUAL, BETWEEN_WITHIN):
        return min(contrast_df(basis, row) for row in rows)
    if len(rows) == 1:
        return contrast_df(basis, rows[0])
    _, vectors = np.linalg.eigh(rows @ basis.cov @ rows.T)
    single = np.array([contrast_df(basis, row) for row in vectors.T @ rows])
    if np.ptp(single) < 1e-8:
        return float(single.mean())
    if (single <= 2).any():
        return 2.0
    e = float(np.sum(single / (single - 2)))
    return 2 * e / (e - len(rows))


def _kenward_roger_df(basis: Basis, rows: Floats) -> tuple[float, float]:
    q = len(rows)
    if q == 1:
        return _satterthwaite_df(basis, rows[0]), 1.0
    root = np.linalg.cholesky(rows @ basis.phi @ rows.T)
    half = np.linalg.solve(root, rows @ basis.phi)  # so that half' half = Phi Theta Phi
    t = half @ basis.p_matrices @ half.T
    traces = np.trace(t, axis1=1, axis2=2)
    a1 = float(traces @ basis.theta_cov @ traces)
    weighted = np.tensordot(basis.theta_cov, t, axes=1)
    a2 = float(np.sum(t * weighted.transpose(0, 2, 1)))
    return _kenward_roger_f(q, a1, a2)


def _kenward_roger_f(q: int, a1: float, a2: float) -> tuple[float, float]:
    if a2 <= 0:  # theta known, or V proportional to it in a balanced layout: an exact chi-square
        return np.inf, 1.0
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    d = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / d, (q - g) / d, (q + 2 - g) / d
    e_star = 1 / (1 - a2 / q)
    v_star = (2 / q) * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = v_star / (2 * e_star**2)
    m = 4 + (q + 2) / (q * rho - 1)
    return m, m / (e_star * (m - 2))
