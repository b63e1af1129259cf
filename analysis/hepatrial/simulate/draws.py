"""Random draws that stay the same from one numpy to the next.

Only ``standard_normal``, ``random`` and ``integers`` of a Generator are used; everything else is made from them
here, the Cholesky factor included, so that no library's algorithm can move a simulated record.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Matrix = Sequence[Sequence[float]]


class Draws:
    """One stream of draws; the same ``key`` (seed, then who or what it is for) gives the same stream."""

    def __init__(self, *key: int) -> None:
        self._rng = np.random.default_rng(list(key))

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        return mean + sd * float(self._rng.standard_normal())

    def uniform(self) -> float:
        return float(self._rng.random())

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return int(self._rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        return self.uniform() < probability

    def exponential(self) -> float:
        """Mean 1: the cumulative hazard at which an event happens."""
        return -math.log1p(-self.uniform())

    def pick(self, items: Sequence[Item], weights: Sequence[float] | None = None) -> Item:
        """One item, with chances proportional to ``weights`` (equal when absent)."""
        shares = weights or [1.0] * len(items)
        left = self.uniform() * sum(shares)
        for item, share in zip(items, shares, strict=True):
            left -= share
            if left < 0:
                return item
        return items[-1]

    def correlated(self, factor: Matrix) -> list[float]:
        """Standard normals with correlation ``factor`` times its transpose."""
        free = [self.normal() for _ in factor]
        return [sum(weight * free[column] for column, weight in enumerate(row)) for row in factor]


def compute_cholesky(matrix: Matrix) -> list[list[float]]:
    """Lower triangle L with L L' = matrix (Cholesky–Banachiewicz, row by row); rows are as long as their number."""
    factor: list[list[float]] = []
    for i, row in enumerate(matrix):
        new: list[float] = []
        for j in range(i):
            done = sum(new[k] * factor[j][k] for k in range(j))
            new.append((row[j] - done) / factor[j][j])
        new.append(math.sqrt(row[i] - sum(value * value for value in new)))
        factor.append(new)
    return factor
