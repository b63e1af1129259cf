"""Design matrix of a linear model: treatment coding, rows with missing values counted, aliased columns
removed as R does.

Coding is formulaic's (first level is the reference, as R's ``contr.treatment``); levels that no used row has
are dropped. Aliased columns are found by the rule of R's ``lm`` (LINPACK ``dqrdc2``, tolerance 1e-7): a
column whose part orthogonal to the columns before it is below 1e-7 of its length is left out, in column
order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import formulaic
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import EstimateError
from .formula import parse_formula, parse_terms

ALIAS_TOLERANCE = 1e-7

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Design:
    """What a fit keeps of its data: matrix, outcome, and what a row of least-squares means needs.

    ``x`` (n, p) and ``y`` (n,) are the rows used; ``full_columns`` are all coded columns, ``kept`` the
    positions of those in ``x``; ``alias_weights`` (p, aliased) writes each aliased column in the kept ones;
    ``terms`` maps a term to its full columns; ``factors`` holds the factor columns of the used rows,
    ``numeric_means`` the means of the others.
    """

    formula: str
    response: str
    rhs: str
    x: Floats
    y: Floats
    rows: NDArray[np.intp]
    full_columns: tuple[str, ...]
    kept: NDArray[np.intp]
    alias_weights: Floats
    terms: Mapping[str, tuple[str, ...]]
    factors: pd.DataFrame
    numeric_means: Mapping[str, float]
    n_missing: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the estimated coefficients."""
        return tuple(self.full_columns[k] for k in self.kept)

    @property
    def aliased(self) -> tuple[str, ...]:
        """Names of the coefficients that the data cannot tell apart from earlier ones."""
        kept = set(self.kept.tolist())
        return tuple(name for k, name in enumerate(self.full_columns) if k not in kept)

    def residuals(self) -> Floats:
        """Residuals of ordinary least squares, where searches start from."""
        p = self.x.shape[1]
        r = np.asarray(np.linalg.qr(np.column_stack([self.x, self.y]), mode="r"))
        return self.y - self.x @ np.linalg.solve(r[:p, :p], r[:p, p])


def require_columns(data: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a data frame that lacks a named column or holds it twice."""
    for name in names:
        found = int((data.columns == name).sum())
        if found != 1:
            raise EstimateError(f"column {name!r}: found {found} times in the data, must be there once")


def _as_model_column(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories()
    if pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("category")
    values = column.astype("float64")
    if not np.isfinite(values.to_numpy()).all():
        raise EstimateError(f"column {column.name!r}: infinite values cannot be modelled")
    return values


def complete_rows(data: pd.DataFrame, names: Sequence[str]) -> NDArray[np.intp]:
    """Positions of the rows with no missing value in the named columns."""
    return np.flatnonzero(data.loc[:, list(names)].notna().all(axis=1).to_numpy())


def code_matrix(rhs: str, frame: pd.DataFrame) -> formulaic.ModelMatrix:
    """Coded columns of a guarded right-hand side; ``frame`` holds only float and categorical columns."""
    parse_terms(rhs)
    try:
        return formulaic.Formula(rhs).get_model_matrix(frame, context={}, na_action="raise")
    except Exception as error:  # formulaic leaks many kinds
        raise EstimateError(f"formula {rhs!r}: {error}") from error


def find_aliased(x: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Positions of the columns kept, and the aliased ones written in them (kept, aliased)."""
    basis = np.empty_like(x, order="F")
    kept: list[int] = []
    lengths = np.linalg.norm(x, axis=0)
    for k in range(x.shape[1]):
        column = x[:, k].copy()
        for _ in range(2):  # twice is enough: re-orthogonalised Gram-Schmidt
            q = basis[:, : len(kept)]
            column -= q @ (q.T @ column)
        length = float(np.linalg.norm(column))
        if length > ALIAS_TOLERANCE * lengths[k]:
            basis[:, len(kept)] = column / length
            kept.append(k)
    aliased = [k for k in range(x.shape[1]) if k not in kept]
    weights = np.linalg.lstsq(x[:, kept], x[:, aliased], rcond=None)[0] if aliased else np.empty((len(kept), 0))
    return np.array(kept, dtype=np.intp), weights


def _find_aliased_fast(x: Floats) -> tuple[NDArray[np.intp], Floats]:
    """As ``find_aliased``, working on the triangular factor, whose columns have the same inner products."""
    return find_aliased(np.asarray(np.linalg.qr(x, mode="r")) if x.shape[0] > x.shape[1] else x)


def build_design(formula: str, data: pd.DataFrame, *, extra: Sequence[str] = ()) -> Design:
    """Design of the complete rows of ``data``; ``extra`` names further columns that must not be missing."""
    parsed = parse_formula(formula)
    names = list(dict.fromkeys([parsed.response, *parsed.columns, *extra]))
    require_columns(data, names)
    rows = complete_rows(data, names)
    if rows.size == 0:
        raise EstimateError(f"formula {formula!r}: no row has all of {', '.join(names)}")
    used = data.iloc[rows]
    y = used[parsed.response]
    if not pd.api.types.is_numeric_dtype(y.dtype) or not np.isfinite(y.to_numpy(dtype=float)).all():
        raise EstimateError(f"column {parsed.response!r}: the outcome must be finite numbers")
    frame = pd.DataFrame({name: _as_model_column(used[name]) for name in parsed.columns}, index=used.index)
    matrix = code_matrix(parsed.rhs, frame)
    x = np.asarray(matrix, dtype=float)
    kept, weights = _find_aliased_fast(x)
    columns = tuple(str(c) for c in matrix.columns)
    factors = frame.select_dtypes("category")
    numeric = frame.drop(columns=factors.columns)
    return Design(
        formula=formula,
        response=parsed.response,
        rhs=parsed.rhs,
        x=np.ascontiguousarray(x[:, kept]),
        y=y.to_numpy(dtype=float),
        rows=rows,
        full_columns=columns,
        kept=kept,
        alias_weights=weights,
        terms={str(t): columns[s] for t, s in matrix.model_spec.term_slices.items()},
        factors=factors.reset_index(drop=True),
        numeric_means={str(c): float(numeric[c].mean()) for c in numeric.columns},
        n_missing=len(data) - rows.size,
    )


def design_notes(design: Design) -> tuple[str, ...]:
    """What a reader must know of the rows and columns that the fit does not use."""
    notes = []
    if design.n_missing:
        notes.append(f"{design.n_missing} rows left out: a value of the model is missing")
    if design.aliased:
        notes.append(f"not estimable, left out as aliased: {', '.join(design.aliased)}")
    return tuple(notes)
