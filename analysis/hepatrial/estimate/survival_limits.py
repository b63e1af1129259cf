"""Pointwise confidence limits of a survival curve, as R's ``survfit(conf.type=)`` and ``km.ci`` print them.

With s = standard error of log S and z the normal quantile:

    plain    S -+ z S s                                log-log  exp(-exp(log(-log S) +- z s / log S))
    log      exp(log S -+ z s)                         logit    expit(logit S -+ z s / (1 - S))
    arcsin   sin^2(asin(sqrt S) -+ z/2 s sqrt(S/(1-S)))
    peto     log, lower limit with s^2 = (1 - S) / n_risk
    modified log, lower limit with s widened by the loss of subjects since the last event (Dorey and Korn
    1987)
    rothman  Wilson's limits with the effective number n' = (1 - S) / (S s^2) (Rothman 1978)
    thomas-grunkemeier   likelihood ratio (Thomas and Grunkemeier 1975, doi 10.1080/01621459.1975.10480315)

At S = 0 none of them exists (NaN); at S = 1 those on a log(-log), logit or arcsin scale do not.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2

from hepatrial.estimate.inputs import FloatArray, normal_quantile
from hepatrial.estimate.km import CurveRows

Limits = tuple[FloatArray, FloatArray]


def _plain(s: FloatArray, se: FloatArray, low: FloatArray, z: float) -> Limits:
    return np.maximum(s - z * s * low, 0), np.minimum(s + z * s * se, 1)


def _log(s: FloatArray, se: FloatArray, low: FloatArray, z: float) -> Limits:
    return np.exp(np.log(s) - z * low), np.minimum(np.exp(np.log(s) + z * se), 1)


def _log_log(s: FloatArray, se: FloatArray, low: FloatArray, z: float) -> Limits:
    centre, half = np.log(-np.log(s)), z * se / np.log(s)
    return np.exp(-np.exp(centre - half)), np.exp(-np.exp(centre + half))


def _logit(s: FloatArray, se: FloatArray, low: FloatArray, z: float) -> Limits:
    centre, half = np.log(s / (1 - s)), z * se / (1 - s)
    return 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))


def _arcsin(s: FloatArray, se: FloatArray, low: FloatArray, z: float) -> Limits:
    centre, half = np.arcsin(np.sqrt(s)), 0.5 * z * se * np.sqrt(s / (1 - s))
    return np.sin(np.maximum(0, centre - half)) ** 2, np.sin(np.minimum(np.pi / 2, centre + half)) ** 2


def _rothman(s: FloatArray, se: FloatArray, low: FloatArray, z: float) -> Limits:
    n = (1 - s) / (s * se**2)
    centre = s + z**2 / (2 * n)
    half = z * np.sqrt(s * (1 - s) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


_FORMULAS: dict[str, Callable[[FloatArray, FloatArray, FloatArray, float], Limits]] = {
    "plain": _plain,
    "log": _log,
    "log-log": _log_log,
    "logit": _logit,
    "arcsin": _arcsin,
    "peto": _log,
    "modified": _log,
    "rothman": _rothman,
}
ASYMPTOTIC = (*_FORMULAS, "thomas-grunkemeier")


def compute_limits(rows: CurveRows, conf_type: str, conf_level: float) -> Limits:
    """Lower and upper limits at every curve row; NaN where the formula does not exist."""
    if conf_type == "thomas-grunkemeier":
        return _compute_likelihood_ratio(rows, conf_level)
    low = _lower_std_error(rows, conf_type)
    s = np.where(rows.survival > 0, rows.survival, np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _FORMULAS[conf_type](s, rows.log_std_error, low, normal_quantile(conf_level))


def _lower_std_error(rows: CurveRows, conf_type: str) -> FloatArray:
    """Standard error of log S that the lower limit uses."""
    if conf_type == "peto":
        return np.sqrt((1 - rows.survival) / rows.n_risk)
    if conf_type == "modified":
        is_event = rows.n_events > 0
        is_event[:1] = True
        lagged = rows.n_risk[is_event][np.cumsum(is_event) - 1]
        return np.where(rows.log_std_error > 0, rows.log_std_error * np.sqrt(lagged / rows.n_risk), 0.0)
    return rows.log_std_error


def _compute_likelihood_ratio(rows: CurveRows, conf_level: float) -> Limits:
    low, high = np.full(rows.time.size, np.nan), np.full(rows.time.size, np.nan)
    for i in np.flatnonzero((rows.survival > 0) & (rows.survival < 1)):
        use = rows.n_events[: i + 1] > 0
        n, d = rows.n_risk[: i + 1][use], rows.n_events[: i + 1][use]
        low[i], high[i] = _likelihood_ratio_limits(n, d, float(chi2.isf(1 - conf_level, 1)))
    return low, high


def _likelihood_ratio_limits(n: FloatArray, d: FloatArray, bound: float) -> tuple[float, float]:
    """Survival probabilities whose likelihood ratio equals ``bound``; x is the Lagrange multiplier."""

    def excess(x: float) -> float:
        return float(-2 * np.sum((n - d) * np.log1p(x / (n - d)) - n * np.log1p(x / n)) - bound)

    floor = -float((n - d).min())
    top = float(n.max())
    while excess(top) < 0:
        top *= 2
    nearly = floor * (1 - 1e-15)
    roots = [brentq(excess, nearly, 0.0, xtol=1e-13), brentq(excess, 0.0, top, xtol=1e-13)]
    low, high = (float(np.prod(1 - d / (n + x))) for x in roots)
    return low, high
