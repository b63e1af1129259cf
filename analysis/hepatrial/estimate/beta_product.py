"""Beta-product limits of a survival curve: exact in small samples, also with nobody dead.

Fay, Brittain and Proschan (2013), Biostatistics 14:723, doi 10.1093/biostatistics/kxt016; R: ``bpcp::bpcp``
(``nmc = 0``, its method-of-moments default).

With d_i events among n_i at risk at event time t_i, the upper and lower confidence variables at t are

    W+(t) = prod_{t_i <= t} Beta(n_i - d_i + 1, d_i)                                          (1)
    W-(t) = W+(t) * Beta(Y(t), 1),   Y(t) subjects still at risk just after t                 (2)

each replaced by the beta distribution with the same mean and variance. Without censoring (1) and (2) are
exactly Clopper-Pearson. With ``midp`` the limits are quantiles of the even mixture of (1) and (2).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, betaincinv

from hepatrial.estimate.inputs import FloatArray


@dataclass(frozen=True, eq=False)
class BetaProduct:
    """Beta parameters of W+ and W-; a parameter of NaN marks a point mass (see ``point``)."""

    upper_a: FloatArray
    upper_b: FloatArray
    lower_a: FloatArray
    lower_b: FloatArray


def match_beta(mean: FloatArray, square: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Parameters of the beta distribution with this mean and mean square; NaN for a point mass at 0 or 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = (mean - square) / (square - mean**2)
        scale = np.where((mean > 0) & (mean < 1), scale, np.nan)
    return mean * scale, (1 - mean) * scale


def compute_beta_product(n_risk: FloatArray, n_events: FloatArray, n_after: FloatArray) -> BetaProduct:
    """Confidence variables after each row; ``n_after`` is Y(t) of equation (2)."""
    a, n = n_risk - n_events + 1, n_risk + 1
    mean = np.cumprod(a / n)
    square = np.cumprod(a * (a + 1) / (n * (n + 1)))
    mean_low = mean * n_after / (n_after + 1)
    square_low = square * n_after / (n_after + 2)
    return BetaProduct(*match_beta(mean, square), *match_beta(mean_low, square_low))


def _quantile(p: float, a: FloatArray, b: FloatArray, point: float) -> FloatArray:
    is_point = np.isnan(a)
    return np.where(is_point, point, betaincinv(np.where(is_point, 1, a), np.where(is_point, 1, b), p))


def _cdf(x: float, a: float, b: float, point: float) -> float:
    return float(x >= point) if np.isnan(a) else float(betainc(a, b, x))


def _mixture_quantile(p: float, w: BetaProduct, i: int) -> float:
    def excess(x: float) -> float:
        low = _cdf(x, w.lower_a[i], w.lower_b[i], 0.0)
        return 0.5 * low + 0.5 * _cdf(x, w.upper_a[i], w.upper_b[i], 1.0) - p

    if excess(0.0) >= 0:
        return 0.0
    return 1.0 if excess(np.nextafter(1.0, 0.0)) < 0 else float(brentq(excess, 0.0, 1.0, xtol=1e-14))


def compute_beta_product_limits(w: BetaProduct, conf_level: float, midp: bool = False) -> tuple[FloatArray, FloatArray]:
    """Central limits of survival: alpha/2 quantile of W- and 1 - alpha/2 quantile of W+."""
    tail = (1 - conf_level) / 2
    if midp:
        rows = range(w.upper_a.size)
        low = np.array([_mixture_quantile(tail, w, i) for i in rows])
        return low, np.array([_mixture_quantile(1 - tail, w, i) for i in rows])
    return _quantile(tail, w.lower_a, w.lower_b, 0.0), _quantile(1 - tail, w.upper_a, w.upper_b, 1.0)
