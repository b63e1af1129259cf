"""Adjusted p-values of a family of hypotheses; a hypothesis is rejected when its adjusted p-value is at most alpha.

    bonferroni      m p
    holm            step down, (m - i + 1) p_(i)                          Holm (1979), jstor 4615733
    hochberg        step up, the same factors; tests independent or positively dependent
                                                                          Hochberg (1988), doi 10.1093/biomet/75.4.800
    hommel          closed test of Simes tests, same condition            Hommel (1988), doi 10.1093/biomet/75.2.383
    fixed-sequence  in the declared order, each tested while all before it were rejected
                                                                          Maurer, Hothorn and Lehmacher (1995)
    graphical       weights passed along a graph when a hypothesis is rejected
                                                                          Bretz et al. (2009), doi 10.1002/sim.3495

All keep the probability of any false rejection at alpha. The order, weights and graph are declared before the data are
seen. R: ``p.adjust``, ``gMCP::gMCP``; SAS: ``PROC MULTTEST`` with HOLM, HOC, HOMMEL.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, as_float_array, check_choice


@dataclass(frozen=True)
class AdjustedPValues:
    """``adjusted`` in the order of ``p_values``."""

    p_values: tuple[float, ...]
    adjusted: tuple[float, ...]
    method: str
    status: str
    notes: tuple[str, ...]


def adjust_p_values(
    p_values: Sequence[float],
    *,
    method: str,
    weights: Sequence[float] | None = None,
    transitions: npt.ArrayLike | None = None,
) -> AdjustedPValues:
    """Adjusted p-values of one family.

    Parameters
    ----------
    p_values : every hypothesis of the family, none left out; one that could not be tested has p = 1. For
        ``fixed-sequence`` in the declared order.
    method : see the module.
    weights : graphical only, the share of alpha that each hypothesis starts with; sum at most 1.
    transitions : graphical only, shape (m, m): the share of its weight that row i passes to column j when rejected;
        zero diagonal, rows sum to at most 1.

    Examples
    --------
    >>> [round(p, 6) for p in adjust_p_values([0.02, 0.055, 0.012], method="holm").adjusted]
    [0.04, 0.055, 0.036]
    """
    check_choice(method, (*_METHODS, "graphical"), "method")
    p = as_float_array(p_values, "p_values")
    if p.size == 0 or p.min() < 0 or p.max() > 1:
        raise EstimateError(f"p_values must hold probabilities, got {list(p_values)}")
    if (weights is not None, transitions is not None) != (method == "graphical",) * 2:
        raise EstimateError("weights and transitions go with method graphical, which needs both")
    if weights is not None and transitions is not None:
        adjusted = _graphical(p, *_check_graph(weights, transitions, p.size))
    else:
        adjusted = _METHODS[method](p)
    return AdjustedPValues(tuple(p.tolist()), tuple(np.minimum(adjusted, 1.0).tolist()), method, "ok", ())


def _bonferroni(p: FloatArray) -> FloatArray:
    return p * p.size


def _holm(p: FloatArray) -> FloatArray:
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    return adjusted


def _hochberg(p: FloatArray) -> FloatArray:
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate((p[order] * np.arange(p.size, 0, -1))[::-1])[::-1]
    return adjusted


def _hommel(p: FloatArray) -> FloatArray:
    """Largest Simes p-value of the intersections with each hypothesis; of each size the one with the largest p's."""
    ordered, adjusted = np.sort(p), np.zeros_like(p)
    for size in range(1, p.size + 1):
        largest = ordered[p.size - size :]
        rest = (size * largest[1:] / np.arange(2, size + 1)).min(initial=np.inf)
        adjusted = np.maximum(adjusted, np.minimum(size * np.minimum(p, largest[0]), rest))
    return adjusted


def _fixed_sequence(p: FloatArray) -> FloatArray:
    return np.maximum.accumulate(p)


def _check_graph(weights: Sequence[float], transitions: npt.ArrayLike, size: int) -> tuple[FloatArray, FloatArray]:
    share = as_float_array(weights, "weights")
    graph: FloatArray = np.array(transitions, dtype=np.float64)
    if share.size != size or graph.shape != (size, size):
        raise EstimateError(f"{size} hypotheses need {size} weights and a {size} x {size} matrix of transitions")
    slack = 1 + 1e-9  # thirds do not add up to 1 exactly
    if share.min() < 0 or share.sum() > slack:
        raise EstimateError(f"weights must be >= 0 with sum at most 1, got {share.tolist()}")
    # written so that a missing value fails
    if not ((graph >= 0).all() and (graph.sum(axis=1) <= slack).all() and (np.diag(graph) <= 0).all()):
        raise EstimateError("transitions must be >= 0 with zero diagonal and row sums at most 1")
    return share.copy(), graph


def _graphical(p: FloatArray, weights: FloatArray, graph: FloatArray) -> FloatArray:
    """Bretz et al. (2009), algorithm 2: reject the smallest p/weight, pass its weight on, repeat."""
    adjusted, left, reached = np.ones_like(p), np.ones(p.size, dtype=bool), 0.0
    while (left & (weights > 0)).any():
        open_ = np.flatnonzero(left & (weights > 0))
        ratio = p[open_] / weights[open_]
        chosen = int(open_[np.argmin(ratio)])
        reached = max(reached, float(ratio.min()))
        adjusted[chosen] = reached
        left[chosen] = False
        weights, graph = _pass_on(weights, graph, chosen)
    return adjusted


def _pass_on(weights: FloatArray, graph: FloatArray, out: int) -> tuple[FloatArray, FloatArray]:
    """Weights and transitions after ``out`` is rejected: equations of algorithm 1, step 3."""
    passed = weights + weights[out] * graph[out]
    passed[out] = 0.0
    loop = graph[:, out] * graph[out]
    detour = graph + np.outer(graph[:, out], graph[out])
    new = np.divide(detour, (1 - loop)[:, None], out=np.zeros_like(graph), where=(loop < 1 - 1e-12)[:, None])
    np.fill_diagonal(new, 0.0)
    new[out, :], new[:, out] = 0.0, 0.0
    return passed, new


_METHODS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "hochberg": _hochberg,
    "hommel": _hommel,
    "fixed-sequence": _fixed_sequence,
}
