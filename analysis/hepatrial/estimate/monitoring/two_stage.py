"""Simon's two-stage designs for a response proportion in one arm.

Stop after n1 patients with r1 responses or fewer; else treat n in all and call the treatment promising with more than
r responses. Among the designs with P(promising | p0) <= alpha and P(promising | p1) >= 1 - beta, *minimax* has the
smallest n (then the smallest expected n under p0), *optimal* the smallest expected n. Simon (1989), doi
10.1016/0197-2456(89)90015-9. R: ``clinfun::ph2simon``.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray


@dataclass(frozen=True)
class TwoStageDesign:
    """``r1`` of ``n1`` and ``r`` of ``n``; expected n and early stopping at p0, type I error, power."""

    r1: int
    n1: int
    r: int
    n: int
    expected_n: float
    stop_early: float
    type_one: float
    power: float
    method: str
    status: str
    notes: tuple[str, ...]


def design_two_stage(
    p0: float, p1: float, *, alpha: float, beta: float, n_max: int = 100
) -> tuple[TwoStageDesign, TwoStageDesign]:
    """The minimax and the optimal design with at most ``n_max`` patients.

    Examples
    --------
    >>> minimax, optimal = design_two_stage(0.05, 0.25, alpha=0.05, beta=0.2, n_max=30)
    >>> (optimal.r1, optimal.n1, optimal.r, optimal.n)
    (0, 9, 2, 17)
    """
    if not 0 < p0 < p1 < 1 or not 0 < alpha < 1 or not 0 < beta < 1:
        raise EstimateError(f"need 0 < p0 < p1 < 1 and errors in (0, 1), got {p0}, {p1}, {alpha}, {beta}")
    null, alternative = _Tables.of(p0, n_max), _Tables.of(p1, n_max)
    best: list[TwoStageDesign] = []
    limit = np.inf  # n1 alone is already the expected size of a design, at least
    for n in range(2, n_max + 1):
        tried = (_best_stop(null, alternative, alpha, beta, n1, n) for n1 in range(1, n) if n1 < limit)
        found = [design for design in tried if design is not None]
        if found:
            best.append(min(found, key=lambda design: design.expected_n))
            limit = min(limit, best[-1].expected_n)
    if not best:
        raise EstimateError(f"no two-stage design with at most {n_max} patients meets alpha and beta; raise n_max")
    return best[0], min(best, key=lambda design: design.expected_n)


class _Tables(NamedTuple):
    """P(X = x) and P(X > x) for every number of patients (row) and x (column) up to n_max."""

    exactly: FloatArray
    more: FloatArray

    @classmethod
    def of(cls, p: float, n_max: int) -> "_Tables":
        size = np.arange(n_max + 1)
        return cls(binom.pmf(size[None, :], size[:, None], p), binom.sf(size[None, :], size[:, None], p))


def _best_stop(
    null: _Tables, alternative: _Tables, alpha: float, beta: float, n1: int, n: int
) -> TwoStageDesign | None:
    """The largest r1, hence smallest expected n, with enough power at the smallest r that keeps alpha."""
    under_null, under_alternative = _promising(null, n1, n), _promising(alternative, n1, n)
    r1 = np.arange(n1)
    r = np.argmax(under_null[:n1] <= alpha, axis=1)  # r = n always keeps it
    power = under_alternative[r1, r]
    meets = np.flatnonzero((power >= 1 - beta) & (r > r1))
    if not meets.size:
        return None
    k = int(meets[-1])
    early = float(null.exactly[n1, : k + 1].sum())
    return TwoStageDesign(
        k,
        n1,
        int(r[k]),
        n,
        n1 + (1 - early) * (n - n1),
        early,
        float(under_null[k, r[k]]),
        float(power[k]),
        "Simon two-stage",
        "ok",
        (),
    )


def _promising(tables: _Tables, n1: int, n: int) -> FloatArray:
    """P(more than r1 responses among n1, and more than r among n), shape (n1 + 1, n + 1) over r1 and r."""
    x, r = np.arange(n1 + 1), np.arange(n + 1)
    needed = np.concatenate([np.ones(n1), tables.more[n - n1, : n + 1]])  # responses still needed, from -n1 on
    joint = tables.exactly[n1, : n1 + 1, None] * needed[r[None, :] - x[:, None] + n1]
    above = np.cumsum(joint[::-1], axis=0)[::-1]  # sum over x >= row
    return np.vstack([above[1:], np.zeros((1, n + 1))])
