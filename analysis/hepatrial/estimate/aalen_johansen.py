"""Aalen-Johansen cumulative incidence and its variances in numpy; ties are exact.

With d_j events of any cause and d_kj of cause k among n_j at risk, S the event-free curve:

    F_k(t) = sum_{t_j <= t} S(t_j-) d_kj / n_j                                                       (1)

Greenwood-type variance (Andersen et al. 1993, eq. 4.4.20; with nobody censored it is the binomial one; R:
survival,
etm, prodlim), with g_j = d_j / (n_j (n_j - d_j)):

    sum (F(t) - F(t_j))^2 g_j + sum S(t_j-)^2 (n_j - d_kj) d_kj / n_j^3
        - 2 sum (F(t) - F(t_j)) S(t_j-) d_kj / n_j^2                                                 (2)

``cmprsk`` variance: the one R's cmprsk and SAS print (Gray 1988), larger in small samples.
"""

import numpy as np

from hepatrial.estimate.inputs import FloatArray
from hepatrial.estimate.risk_table import RiskTable


def compute_event_free(table: RiskTable, group: int = 0) -> tuple[FloatArray, FloatArray]:
    """Event-free probability just before and just after each time."""
    d, n = table.n_events[:, group].sum(axis=0), table.n_risk[group]
    after = np.cumprod(np.where(n > 0, (n - d) / np.where(n > 0, n, 1), 1.0))
    return np.r_[1.0, after[:-1]], after


def compute_incidence(table: RiskTable, cause: int, group: int = 0) -> FloatArray:
    """Equation (1) at each time of the table; ``cause`` counts from 1."""
    before, _ = compute_event_free(table, group)
    n = np.where(table.n_risk[group] > 0, table.n_risk[group], 1)
    return np.cumsum(before * table.n_events[cause - 1, group] / n)


def compute_greenwood_variance(table: RiskTable, cause: int, group: int = 0) -> FloatArray:
    """Equation (2) at each time of the table."""
    before, after = compute_event_free(table, group)
    d, n = table.n_events[:, group].sum(axis=0), np.where(table.n_risk[group] > 0, table.n_risk[group], 1)
    own = table.n_events[cause - 1, group]
    incidence = compute_incidence(table, cause, group)
    g = np.where(n > d, d / (n * np.where(n > d, n - d, 1)), 0.0)
    jump = before * own / n**2
    # (F(t) - F(t_j)) is expanded so that each sum is a running one
    squares = incidence**2 * np.cumsum(g) - 2 * incidence * np.cumsum(g * incidence)
    squares += np.cumsum(g * incidence**2)
    crossed = incidence * np.cumsum(jump) - np.cumsum(jump * incidence)
    variance = squares + np.cumsum(before**2 * (n - own) * own / n**3) - 2 * crossed
    return np.where(variance > 1e-15, variance, 0.0)  # below: rounding of sums that cancel when all have failed


def compute_cmprsk_variance(table: RiskTable, cause: int, group: int = 0) -> FloatArray:
    """Variance of cmprsk's ``cuminc``: with a_j = (1{own} + F(t_j)/S(t_j)), b_j = 1/S(t_j)."""
    before, after = compute_event_free(table, group)
    n = np.where(table.n_risk[group] > 0, table.n_risk[group], 1)
    own = table.n_events[cause - 1, group]
    other = table.n_events[:, group].sum(axis=0) - own
    incidence = compute_incidence(table, cause, group)
    inverse = np.where(after > 0, 1 / np.where(after > 0, after, 1), 0.0)
    sums = np.zeros((3, n.size))
    for d, self_term in ((own, 1.0), (other, 0.0)):
        tie = 1 - np.maximum(d - 1, 0) / np.maximum(n - 1, 1)
        weight = before**2 * tie * d / n**2
        if not self_term:
            weight = np.where(after > 0, weight, 0.0)
        a = self_term + incidence * inverse
        sums += np.cumsum(np.stack([a * a, inverse * a, inverse**2]) * weight, axis=1)
    variance = sums[0] + incidence**2 * sums[2] - 2 * incidence * sums[1]
    return np.asarray(np.maximum(variance, 0.0))
