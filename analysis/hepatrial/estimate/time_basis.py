"""Columns of a curve in time for a model formula, which may hold only names: linear, piecewise linear,
natural cubic spline.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import EstimateError
from .design import Floats


def compute_time_basis(
    time: Floats, *, kind: str, knots: Sequence[float] = (), boundary: tuple[float, float] | None = None
) -> pd.DataFrame:
    """Basis columns ``T1, T2, ...`` at times in days; join them to the data and name them in the formula.

    Parameters
    ----------
    time : ndarray of float, shape (n,), days; missing stays missing
    kind : "linear" (T1 = time); "piecewise": T1 = time, then max(time - knot, 0) for each knot, so a
        coefficient is the change of slope at its knot; "spline": natural cubic spline in Harrell's restricted
        form (linear beyond ``boundary``), T1 = time, then one column for each inner knot (R ``rms::rcs`` with
    all knots given and norm 2) knots : inner knots, increasing
    boundary : outer knots of the spline
    """
    t, inner = np.asarray(time, dtype=float), np.asarray(knots, dtype=float)
    if (np.diff(inner) <= 0).any():
        raise EstimateError(f"knots must increase, not {list(knots)}")
    columns = [t]
    if kind == "piecewise":
        columns += [np.maximum(t - k, 0.0) for k in inner]
    elif kind == "spline":
        columns += _restricted_cubic(t, inner, boundary)
    elif kind != "linear":
        raise EstimateError(f"kind must be linear, piecewise or spline, not {kind!r}")
    return pd.DataFrame({f"T{k}": column for k, column in enumerate(columns, 1)})


def _restricted_cubic(t: Floats, inner: Floats, boundary: tuple[float, float] | None) -> list[Floats]:
    """(t - k)+^3 for each knot but the last two, with the two last ones' multiples that make it linear beyond
    them.
    """
    if boundary is None or not len(inner) or not boundary[0] < inner[0] <= inner[-1] < boundary[1]:
        raise EstimateError("a spline needs inner knots and boundary=(first, last) around them")
    knots = np.concatenate([[boundary[0]], inner, [boundary[1]]])
    before, last = knots[-2], knots[-1]
    scale = (knots[-1] - knots[0]) ** 2

    def cubed(knot: float) -> Floats:
        return np.asarray(np.maximum(t - knot, 0.0) ** 3)

    return [
        (cubed(k) - cubed(before) * (last - k) / (last - before) + cubed(last) * (before - k) / (last - before)) / scale
        for k in knots[:-2]
    ]
