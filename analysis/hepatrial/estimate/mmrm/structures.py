"""Covariance structures of repeated measures: Sigma over visits, or over coordinates in time, one matrix per
group.

Over visits: Sigma_ab = exp(s_a + s_b) C_ab with C of ``correlations``; theta of a group is s (one for each
visit if the structure is heterogeneous, else one), then the parameters of C. For ``us`` exp(s_a) is the
diagonal of the Cholesky factor, elsewhere the standard deviation. A block's V is Sigma at its visits.

Over coordinates (``sp_exp``): V_ab = exp(theta_1) rho^d_ab with d the Euclidean distance and logit rho =
theta_2: an exponential decay for visits that are not equally spaced.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ..design import Floats
from .blocks import Stack
from .correlations import CORRELATIONS

# name: (correlation part, one standard deviation for each visit)
VISIT_STRUCTURES = {
    "us": ("us", True),
    "toeph": ("toep", True),
    "toep": ("toep", False),
    "ar1h": ("ar1", True),
    "ar1": ("ar1", False),
    "csh": ("cs", True),
    "cs": ("cs", False),
    "adh": ("ad", True),
    "ad": ("ad", False),
}
SPATIAL_STRUCTURES = ("sp_exp",)
STRUCTURES = (*VISIT_STRUCTURES, *SPATIAL_STRUCTURES)


@dataclass(frozen=True, eq=False)
class SigmaAt:
    """Sigma (T, T), Sigma_i (k, T, T) and Sigma_ij (k, k, T, T) of one group."""

    value: Floats
    first: Floats
    second: Floats


def compute_sigma(structure: str, theta: Floats, n_visits: int) -> SigmaAt:
    """Sigma of one group with both derivatives: products of the parts' derivatives, entry by entry."""
    name, is_heterogeneous = VISIT_STRUCTURES[structure]
    n_scale = n_visits if is_heterogeneous else 1
    if n_visits == 1:
        name = "us"  # nothing to correlate: every structure is one variance
    s, c = theta[:n_scale], CORRELATIONS[name].at(theta[n_scale:], n_visits)
    power = np.zeros((n_scale, n_visits, n_visits))  # d(s_a + s_b) / ds_c
    if is_heterogeneous:
        visit = np.arange(n_visits)
        power[visit, visit, :] += 1
        power[visit, :, visit] += 1
    else:
        power += 2
    with np.errstate(over="ignore", invalid="ignore"):  # a wild trial step: not positive definite, so refused
        scale = np.exp(s[:, None] + s)
        value = scale * c.value
        first = np.concatenate([power * value, scale * c.first])
        by_scale = power[:, None] * power * value
        mixed = power[:, None] * (scale * c.first)
        second = np.concatenate(
            [
                np.concatenate([by_scale, mixed], axis=1),
                np.concatenate([mixed.transpose(1, 0, 2, 3), scale * c.second], axis=1),
            ]
        )
    return SigmaAt(value, first, second)


def start_theta(structure: str, sigma: Floats) -> Floats:
    """Parameters of a structure near a positive definite matrix."""
    name, is_heterogeneous = VISIT_STRUCTURES[structure]
    sd = np.sqrt(np.diagonal(sigma))
    correlation = sigma / np.outer(sd, sd)
    if name == "us":
        sd = np.diagonal(np.linalg.cholesky(sigma))
    scale = np.log(sd) if is_heterogeneous else np.log([np.sqrt(np.mean(sd**2))])
    return np.concatenate([scale, CORRELATIONS[name].start(correlation)]) if len(sigma) > 1 else scale


@dataclass(frozen=True, eq=False)
class VisitCovariance:
    """A structure over T visits, a matrix for each group; ``Stack.key[..., 0]`` is the visit's position."""

    structure: str
    n_visits: int
    n_groups: int = 1

    @property
    def per_group(self) -> int:
        """Parameters of one group."""
        name, is_heterogeneous = VISIT_STRUCTURES[self.structure]
        return (self.n_visits if is_heterogeneous else 1) + (
            CORRELATIONS[name].count(self.n_visits) if self.n_visits > 1 else 0
        )

    @property
    def n_params(self) -> int:
        """Length of theta."""
        return self.per_group * self.n_groups

    def at(self, theta: Floats) -> "VisitState":
        """State at theta."""
        parts = np.split(theta, self.n_groups)
        return VisitState(tuple(compute_sigma(self.structure, part, self.n_visits) for part in parts))


@dataclass(frozen=True, eq=False)
class VisitState:
    """Sigma of every group at theta."""

    groups: tuple[SigmaAt, ...]

    def _cells(self, stack: Stack) -> tuple[SigmaAt, "np.ndarray[tuple[int, ...], np.dtype[np.intp]]"]:
        return self.groups[stack.group], stack.key[..., 0].astype(np.intp)

    def blocks(self, stack: Stack) -> Floats:
        """Sigma at each block's visits."""
        sigma, at = self._cells(stack)
        return sigma.value[at[:, :, None], at[:, None, :]]

    def derivatives(self, stack: Stack) -> tuple[slice, Floats]:
        """The group's parameters and Sigma_i at each block's visits."""
        sigma, at = self._cells(stack)
        k = len(sigma.first)
        return slice(stack.group * k, (stack.group + 1) * k), sigma.first[:, at[:, :, None], at[:, None, :]]

    def curvature(self, stack: Stack, m: Floats) -> Floats:
        """M is gathered over all blocks into one (T, T) matrix first."""
        sigma, at = self._cells(stack)
        total = np.zeros(sigma.value.shape)
        np.add.at(total, (at[:, :, None], at[:, None, :]), m)
        return np.tensordot(sigma.second, total, axes=2)

    def second(self, stack: Stack, weights: Floats) -> Floats:
        """The weighted sum of Sigma_ij, at each block's visits."""
        sigma, at = self._cells(stack)
        total = np.tensordot(weights, sigma.second, axes=2)
        return np.asarray(total[at[:, :, None], at[:, None, :]])


@dataclass(frozen=True, eq=False)
class ExponentialCovariance:
    """sp_exp for each of the groups; ``Stack.key`` holds the coordinates."""

    n_groups: int = 1

    @property
    def n_params(self) -> int:
        """Length of theta."""
        return 2 * self.n_groups

    def at(self, theta: Floats) -> "ExponentialState":
        """State at theta."""
        return ExponentialState(theta)


@dataclass(frozen=True, eq=False)
class ExponentialState:
    """V = exp(t1) rho^d and derivatives: d/dt1 = V, d/dt2 = V d (1 - rho)."""

    theta: Floats

    def _parts(self, stack: Stack) -> tuple[Floats, Floats, float]:
        variance, rho = np.exp(self.theta[2 * stack.group]), float(expit(self.theta[2 * stack.group + 1]))
        d = np.linalg.norm(stack.key[:, :, None, :] - stack.key[:, None, :, :], axis=-1)
        return variance * rho**d, d * (1 - rho), rho

    def blocks(self, stack: Stack) -> Floats:
        """V of each block."""
        return self._parts(stack)[0]

    def derivatives(self, stack: Stack) -> tuple[slice, Floats]:
        """V_1 and V_2."""
        v, slope, _ = self._parts(stack)
        return slice(2 * stack.group, 2 * stack.group + 2), np.stack([v, v * slope])

    def _second(self, stack: Stack) -> Floats:
        v, slope, rho = self._parts(stack)
        mixed = v * slope
        return np.stack([np.stack([v, mixed]), np.stack([mixed, mixed * (slope - rho)])])

    def curvature(self, stack: Stack, m: Floats) -> Floats:
        """Sum of tr(M V_ij)."""
        return np.tensordot(self._second(stack), m, axes=3)

    def second(self, stack: Stack, weights: Floats) -> Floats:
        """Weighted sum of V_ij."""
        return np.tensordot(weights, self._second(stack), axes=2)
