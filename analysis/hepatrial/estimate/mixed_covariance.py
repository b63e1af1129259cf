"""Covariance of one subject under random effects: V = sum over levels of Z (K K') Z' + sigma^2 I.

The parameters are the entries of the lower-triangular K of each level (by row) and log sigma. V is then
positive definite everywhere, and a variance at its boundary is an entry of K that is held at 0 and leaves
the parameter list.
"""

from dataclasses import dataclass

import numpy as np

from .design import Floats
from .mmrm.blocks import Stack


@dataclass(frozen=True, eq=False)
class RandomLevel:
    """One grouping level: the columns of ``Stack.key`` with its design, and the cells of K that are free.

    ``inner`` is the key column that says which inner group a row is in; None for the level that is the block
    itself.
    """

    columns: tuple[int, ...]
    cells: tuple[tuple[int, int], ...]
    inner: int | None = None


@dataclass(frozen=True, eq=False)
class RandomEffects:
    """The covariance model: theta = cells of K level by level, then log sigma."""

    levels: tuple[RandomLevel, ...]

    @property
    def n_params(self) -> int:
        """Free cells, and log sigma."""
        return 1 + sum(len(level.cells) for level in self.levels)

    def at(self, theta: Floats) -> "RandomEffectsState":
        """State at theta."""
        return RandomEffectsState(self.levels, theta, self.roots(theta))

    def roots(self, theta: Floats) -> tuple[Floats, ...]:
        """K of each level."""
        out, position = [], 0
        for level in self.levels:
            k = np.zeros((len(level.columns),) * 2)
            for cell in level.cells:
                k[cell] = theta[position]
                position += 1
            out.append(k)
        return tuple(out)

    def covariances(self, theta: Floats) -> tuple[Floats, ...]:
        """K K' of each level."""
        return tuple(k @ k.T for k in self.roots(theta))


def _same_inner(level: RandomLevel, key: Floats) -> Floats | None:
    if level.inner is None:
        return None
    code = key[..., level.inner]
    return np.asarray(code[:, :, None] == code[:, None, :], dtype=float)


@dataclass(frozen=True, eq=False)
class RandomEffectsState:
    """V and its derivatives at theta."""

    levels: tuple[RandomLevel, ...]
    theta: Floats
    roots: tuple[Floats, ...]

    def blocks(self, stack: Stack) -> Floats:
        """V (B, m, m)."""
        m = stack.key.shape[1]
        v: Floats = np.exp(2 * self.theta[-1]) * np.broadcast_to(np.eye(m), (len(stack.key), m, m))
        for level, root in zip(self.levels, self.roots, strict=True):
            half = stack.key[..., level.columns] @ root
            v = v + _masked(half @ half.transpose(0, 2, 1), _same_inner(level, stack.key))
        return v

    def derivatives(self, stack: Stack) -> tuple[slice, Floats]:
        """V_i (k, B, m, m): z_a (K'Z')_c + its transpose for cell (a, c) of K; 2 sigma^2 I for log sigma."""
        out = []
        for level, root in zip(self.levels, self.roots, strict=True):
            z, mask = stack.key[..., level.columns], _same_inner(level, stack.key)
            half = z @ root
            for a, c in level.cells:
                one = z[..., a][:, :, None] * half[..., c][:, None, :]
                out.append(_masked(one + one.transpose(0, 2, 1), mask))
        m = stack.key.shape[1]
        out.append(np.tile(2 * np.exp(2 * self.theta[-1]) * np.eye(m), (len(stack.key), 1, 1)))
        return slice(None), np.stack(out)

    def curvature(self, stack: Stack, m: Floats) -> Floats:
        """V_ij: z_a z_b' + z_b z_a' for cells (a, c), (b, c) of K; 4 sigma^2 I for log sigma twice."""
        size, position = len(self.theta), 0
        out = np.zeros((size, size))
        for level in self.levels:
            z, mask = stack.key[..., level.columns], _same_inner(level, stack.key)
            moments = (z.transpose(0, 2, 1) @ _masked(m, mask) @ z).sum(axis=0)
            moments = moments + moments.T
            for i, (a, c) in enumerate(level.cells):
                for j, (b, d) in enumerate(level.cells):
                    out[position + i, position + j] = moments[a, b] if c == d else 0.0
            position += len(level.cells)
        out[-1, -1] = 4 * np.exp(2 * self.theta[-1]) * float(np.trace(m, axis1=1, axis2=2).sum())
        return out

    def second(self, stack: Stack, weights: Floats) -> Floats:
        """Not needed: Kenward and Roger's formula is for the variances, and V is linear in them."""
        raise NotImplementedError


def _masked(v: Floats, mask: Floats | None) -> Floats:
    return v if mask is None else v * mask
