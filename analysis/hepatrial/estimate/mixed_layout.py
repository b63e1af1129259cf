"""Random design of a mixed model: block keys, starts, and what happens to a variance at its boundary."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import EstimateError
from .design import Design, Floats, code_matrix
from .formula import parse_terms
from .mixed_covariance import RandomEffects, RandomLevel
from .mmrm.blocks import Blocks
from .mmrm.optimiser import Optimum, Problem, maximise

BOUNDARY_RATIO = 1e-5


@dataclass(frozen=True, eq=False)
class Layout:
    """Random design: key columns of the blocks, the covariance model over them, and the subject codes."""

    key: Floats
    covariance: RandomEffects
    block: NDArray[np.intp]
    names: tuple[tuple[str, tuple[str, ...]], ...]
    n_groups: tuple[int, ...]


def lay_out(design: Design, data: pd.DataFrame, groups: tuple[str, ...], random: str, random_covariance: str) -> Layout:
    used = data.iloc[design.rows]
    for name in parse_terms(random):
        if not pd.api.types.is_numeric_dtype(used[name].dtype):
            raise EstimateError(f"random: {name!r} must be a number, it is {used[name].dtype}")
    frame = pd.DataFrame({name: used[name].astype("float64") for name in parse_terms(random)}, index=used.index)
    matrix = code_matrix(random, frame)
    z = np.asarray(matrix, dtype=float)
    names = tuple(str(c) for c in matrix.columns)
    codes = [
        used.groupby(list(groups[: k + 1]), sort=True, observed=True).ngroup().to_numpy() for k in range(len(groups))
    ]
    keys: list[Floats] = []
    levels: list[RandomLevel] = []
    for depth in range(len(groups)):
        innermost = depth == len(groups) - 1
        inner = None
        if depth > 0:
            # inner groups are counted from 0 in every block, so that blocks of one shape share a matrix
            inner = len(keys)
            first = pd.Series(codes[depth]).groupby(codes[0]).transform("min").to_numpy()
            keys.append((codes[depth] - first).astype(float))
        part = z if innermost else np.ones((len(used), 1))
        columns = tuple(range(len(keys), len(keys) + part.shape[1]))
        keys += list(part.T)
        levels.append(RandomLevel(columns, _cells(len(columns), random_covariance), inner))
    named = tuple((g, names if g == groups[-1] else ("Intercept",)) for g in groups)
    return Layout(
        np.column_stack(keys),
        RandomEffects(tuple(levels)),
        codes[0],
        named,
        tuple(int(c.max()) + 1 for c in codes),
    )


def _cells(size: int, random_covariance: str) -> tuple[tuple[int, int], ...]:
    if random_covariance == "diagonal":
        return tuple((a, a) for a in range(size))
    return tuple((a, c) for a in range(size) for c in range(a + 1))


def _starts(design: Design, layout: Layout) -> list[Floats]:
    """Random effects and residuals share the variance evenly, then one part in ten."""
    residual = design.residuals()
    scale = max(float(np.sqrt(np.mean(residual**2))), np.sqrt(np.finfo(float).tiny))
    sizes = np.sqrt(np.mean(layout.key**2, axis=0))
    covariance, starts = layout.covariance, []
    for share in (0.5, 0.1):
        theta = []
        for level in covariance.levels:
            n_effects = len({c for c, _ in level.cells}) * len(covariance.levels)
            for a, c in level.cells:
                theta.append(scale * np.sqrt(share / n_effects) / sizes[level.columns[a]] if a == c else 0.0)
        starts.append(np.array([*theta, np.log(scale * np.sqrt(1 - share))]))
    return starts


def fit_within(
    blocks: Blocks, design: Design, layout: Layout, reml: bool
) -> tuple[Optimum | None, Layout, tuple[str, ...]]:
    """Fit; where a variance is at its boundary hold it at 0, say so and fit again.

    Returns the optimum (None where the likelihood exists at no start), the layout that was fitted last and
    the notes.
    """
    notes: list[str] = []
    starts = _starts(design, layout)
    while True:
        optimum = maximise(Problem(blocks, layout.covariance, reml), starts)
        found = None if optimum is None else _at_boundary(layout, optimum.point.theta)
        if optimum is None or found is None:
            return optimum, layout, tuple(notes)
        notes.append(_boundary_note(layout, optimum.point.theta, *found))
        covariance, keep = _without_column(layout.covariance, *found)
        layout, starts = replace(layout, covariance=covariance), [optimum.point.theta[keep]]


def _at_boundary(layout: Layout, theta: Floats) -> tuple[int, int] | None:
    covariance = layout.covariance
    sigma = np.exp(theta[-1])
    for depth, (level, root) in enumerate(zip(covariance.levels, covariance.roots(theta), strict=True)):
        for a, c in level.cells:
            size = float(np.sqrt(np.mean(layout.key[:, level.columns[a]] ** 2)))
            if a == c and abs(root[a, a]) * size < BOUNDARY_RATIO * sigma:
                return depth, a
    return None


def _without_column(covariance: RandomEffects, depth: int, column: int) -> tuple[RandomEffects, NDArray[np.intp]]:
    """The model with a column of K at 0, and the positions of the parameters that stay."""
    levels, keep, position = list(covariance.levels), [], 0
    for d, level in enumerate(covariance.levels):
        stay = [not (d == depth and c == column) for _, c in level.cells]
        keep += [position + k for k, ok in enumerate(stay) if ok]
        position += len(level.cells)
        cells = tuple(cell for cell, ok in zip(level.cells, stay, strict=True) if ok)
        levels[d] = RandomLevel(level.columns, cells, level.inner)
    return RandomEffects(tuple(levels)), np.array([*keep, position], dtype=np.intp)


def _boundary_note(layout: Layout, theta: Floats, depth: int, column: int) -> str:
    covariance = layout.covariance
    group, names = layout.names[depth]
    d = covariance.covariances(theta)[depth]
    size = float(np.mean(layout.key[:, covariance.levels[depth].columns[column]] ** 2))
    if d[column, column] * size < 1e-4 * np.exp(2 * theta[-1]):
        return f"singular fit: the variance of {names[column]} by {group} is at its boundary; refitted at 0"
    return f"singular fit: the random effects by {group} are perfectly correlated; refitted so"
