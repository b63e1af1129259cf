"""Correlation part C of a covariance structure over ordered visits, with first and second derivatives.

Every structure is Sigma_ab = exp(s_a + s_b) C_ab(t) (``structures``). The parameters t are unbounded and are
those of R's mmrm, because its Kenward-Roger adjustment depends on them. With r(t) = t / sqrt(1 + t^2) in
(-1, 1):

=======  =====================================================  ==========================
us       C = LL', L unit lower triangular, t its entries by row  T (T - 1) / 2 parameters
toep     C_ab = r(t_|a-b|)                                       T - 1
ad       C_ab = product of r(t_k) over the steps k from a to b   T - 1
ar1      C_ab = r(t)^|a-b|                                       1
cs       C_ab = a + (1 - a) / (1 + exp(-t)), a = -1 / (T - 1)    1
=======  =====================================================  ==========================

C of toep need not be positive definite; the likelihood does not exist there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from ..design import Floats

START_LIMIT = 0.9


@dataclass(frozen=True, eq=False)
class Correlation:
    """C (T, T), C_i (k, T, T), C_ij (k, k, T, T)."""

    value: Floats
    first: Floats
    second: Floats


def _bounded(t: Floats) -> tuple[Floats, Floats, Floats]:
    """r(t) and its two derivatives."""
    size = 1 + t**2
    return t / np.sqrt(size), size**-1.5, -3 * t * size**-2.5


def _unbounded(r: Floats) -> Floats:
    inside = np.clip(r, -START_LIMIT, START_LIMIT)
    return np.asarray(inside / np.sqrt(1 - inside**2))


def _lags(n: int) -> Floats:
    visits = np.arange(n)
    return np.asarray(np.abs(visits[:, None] - visits), dtype=float)


def _unstructured(t: Floats, n: int) -> Correlation:
    rows, columns = np.tril_indices(n, -1)
    lower = np.eye(n)
    lower[rows, columns] = t
    step = np.zeros((len(t), n, n))
    step[np.arange(len(t)), rows, columns] = 1
    half = step @ lower.T
    # E_i E_j' has its one entry at (row i, row j) where the columns are equal
    second = np.zeros((len(t), len(t), n, n))
    i, j = np.nonzero(columns[:, None] == columns)
    second[i, j, rows[i], rows[j]] += 1
    second[i, j, rows[j], rows[i]] += 1
    return Correlation(lower @ lower.T, half + half.transpose(0, 2, 1), second)


def _toeplitz(t: Floats, n: int) -> Correlation:
    r, dr, d2r = _bounded(t)
    at_lag = (_lags(n) == np.arange(1, n)[:, None, None]).astype(float)
    second = np.zeros((n - 1, n - 1, n, n))
    lag = np.arange(n - 1)
    second[lag, lag] = d2r[:, None, None] * at_lag
    return Correlation(np.eye(n) + np.tensordot(r, at_lag, axes=1), dr[:, None, None] * at_lag, second)


def _ante_dependence(t: Floats, n: int) -> Correlation:
    r, dr, d2r = _bounded(t)
    k, visits = np.arange(n - 1), np.arange(n)
    low = np.minimum(visits[:, None], visits)[..., None]
    high = np.maximum(visits[:, None], visits)[..., None]
    on_path = (low <= k) & (k < high)  # (T, T, k): step k lies between the visits
    factor = np.where(on_path, r, 1.0)
    one_out = np.where(np.eye(n - 1, dtype=bool)[:, None, None, :], 1.0, factor)  # (k, T, T, k)
    two_out = np.where(np.eye(n - 1, dtype=bool)[:, None, None, None, :], 1.0, one_out)  # (k, k, T, T, k)
    path = on_path.transpose(2, 0, 1).astype(float)
    without_one = one_out.prod(axis=-1) * path
    second = two_out.prod(axis=-1) * path[:, None] * path * (dr[:, None] * dr)[..., None, None]
    second[k, k] = d2r[:, None, None] * without_one
    return Correlation(factor.prod(axis=-1), dr[:, None, None] * without_one, second)


def _autoregressive(t: Floats, n: int) -> Correlation:
    r, dr, d2r = _bounded(t)
    lag = _lags(n)
    slope = np.where(lag > 0, lag * r ** np.maximum(lag - 1, 0), 0.0)
    bend = np.where(lag > 1, lag * (lag - 1) * r ** np.maximum(lag - 2, 0), 0.0)
    return Correlation(r**lag, (slope * dr)[None], (bend * dr**2 + slope * d2r)[None, None])


def _compound_symmetry(t: Floats, n: int) -> Correlation:
    lowest, off = -1 / (n - 1), 1 - np.eye(n)
    share = expit(t[0])
    slope = (1 - lowest) * share * (1 - share)
    value = np.eye(n) + off * (lowest + (1 - lowest) * share)
    return Correlation(value, (off * slope)[None], (off * slope * (1 - 2 * share))[None, None])


def _mean_at_lag(c: Floats, lag: int) -> float:
    return float(np.mean(np.diagonal(c, lag)))


def _start_unstructured(c: Floats) -> Floats:
    lower = np.linalg.cholesky(c)
    scaled = lower / np.diagonal(lower)[:, None]
    return np.asarray(scaled[np.tril_indices(len(c), -1)])


def _start_toeplitz(c: Floats) -> Floats:
    return _unbounded(np.array([_mean_at_lag(c, lag) for lag in range(1, len(c))]))


def _start_compound_symmetry(c: Floats) -> Floats:
    n = len(c)
    lowest = -1 / (n - 1)
    mean = np.clip((c.sum() - np.trace(c)) / (n * (n - 1)), lowest + 0.05 * (1 - lowest), START_LIMIT)
    return np.array([logit((mean - lowest) / (1 - lowest))])


@dataclass(frozen=True)
class CorrelationModel:
    """How many parameters, C at them, and parameters near a given positive definite correlation matrix."""

    count: Callable[[int], int]
    at: Callable[[Floats, int], Correlation]
    start: Callable[[Floats], Floats]


CORRELATIONS = {
    "us": CorrelationModel(lambda n: n * (n - 1) // 2, _unstructured, _start_unstructured),
    "toep": CorrelationModel(lambda n: n - 1, _toeplitz, _start_toeplitz),
    "ad": CorrelationModel(lambda n: n - 1, _ante_dependence, lambda c: _unbounded(np.diagonal(c, 1))),
    "ar1": CorrelationModel(lambda n: 1, _autoregressive, lambda c: _unbounded(np.array([_mean_at_lag(c, 1)]))),
    "cs": CorrelationModel(lambda n: 1, _compound_symmetry, _start_compound_symmetry),
}
