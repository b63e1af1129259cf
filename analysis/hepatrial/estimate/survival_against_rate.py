"""Survival at a fixed day against a rate known from elsewhere: one sample, exact.

With the beta-product confidence variables W- <= W+ of S(t) (``estimate.beta_product``; Fay, Brittain and Proschan 2013,
doi 10.1093/biostatistics/kxt016) and the rate s,

    p(S <= s) = P(W- <= s),   p(S >= s) = P(W+ >= s),   p = min(1, 2 min of both)                      (1)

which is below alpha exactly where s is outside the central 1 - alpha limits. With nobody censored before t it is the
central exact binomial test: Clopper–Pearson, R ``binom.exact(x, n, p, tsmethod = "central")`` of exactci.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betainc

from hepatrial.errors import EstimateError
from hepatrial.estimate.survival import estimate_survival
from hepatrial.estimate.survival_at import _beta_product_at


@dataclass(frozen=True)
class HistoricalComparison:
    """``estimate`` is survival minus ``rate``, with limits; ``p_value`` two-sided (central)."""

    survival: float
    rate: float
    estimate: float
    conf_low: float
    conf_high: float
    p_value: float
    at: float
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def compare_survival_to_rate(
    time: Any, event: Any, *, at: float, rate: float, conf_level: float = 0.95
) -> HistoricalComparison:
    """Difference of survival at day ``at`` from a fixed rate, with exact limits and test.

    The rate is taken as known without error: a historical rate is itself an estimate, of other patients.

    Parameters
    ----------
    time : array_like of float, shape (n,)
        Days from the origin.
    event : array_like of bool or 0/1, shape (n,)
    at : float
        The day.
    rate : float
        Survival to compare with, above 0 and below 1.
    conf_level : float

    Returns
    -------
    HistoricalComparison
        ``not_estimable`` where survival at the day is not: past the last follow-up of somebody alive.

    Raises
    ------
    EstimateError
        The rate is not between 0 and 1.

    Examples
    --------
    >>> found = compare_survival_to_rate([4, 9, 30, 30, 30], [1, 1, 0, 0, 0], at=28, rate=0.2)
    >>> round(found.p_value, 5)
    0.11584
    """
    if not 0 < rate < 1:
        raise EstimateError(f"rate={rate!r} must be above 0 and below 1")
    row = estimate_survival(time, event, at=[at], conf_type="beta-product", conf_level=conf_level).at.iloc[0]
    numbers = [float(row[name]) for name in ("survival", "conf_low", "conf_high")]
    p_value = _p_value(np.asarray(time, dtype=float), np.asarray(event, dtype=int), at, rate)
    return HistoricalComparison(
        survival=numbers[0],
        rate=rate,
        estimate=numbers[0] - rate,
        conf_low=numbers[1] - rate,
        conf_high=numbers[2] - rate,
        p_value=float("nan") if row["status"] == "not_estimable" else p_value,
        at=at,
        conf_level=conf_level,
        method="exact one-sample comparison (beta product)",
        status=str(row["status"]),
        notes=(str(row["message"]),) if row["message"] else (),
    )


def _p_value(time: np.ndarray, event: np.ndarray, at: float, rate: float) -> float:
    """Equation (1); a point mass of W- lies at 0, one of W+ at 1."""
    w = _beta_product_at(time, event, at, "fixed-day")
    below = 1.0 if np.isnan(w.lower_a[0]) else float(betainc(w.lower_a[0], w.lower_b[0], rate))
    above = 1.0 if np.isnan(w.upper_a[0]) else float(1 - betainc(w.upper_a[0], w.upper_b[0], rate))
    return min(1.0, 2 * min(below, above))
