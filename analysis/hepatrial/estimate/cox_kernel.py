"""Cox partial likelihood in numpy: log-likelihood, score, information, residuals; Efron, Breslow and exact
ties.

At event time t_k with deaths D_k (d_k of them, mean weight w_k), risk sums S0, S1, S2 of r = w exp(x'b), r
x, r x x'
over the risk set and D0, D1, D2 over the deaths, every death l = 0..d_k - 1 adds one term with f = l / d_k
(Efron 1977, doi 10.1080/01621459.1977.10480613) or f = 0 (Breslow):

    s0 = S0 - f D0,  mean = (S1 - f D1) / s0                                                             (1)
    log-likelihood  sum w x'b - sum w_k log s0
    score           sum w x - sum w_k mean
    information     sum w_k [(S2 - f D2) / s0 - mean mean']

``exact`` is the partial likelihood of tied times as a discrete logistic model (Gail, Lubin and Rubinstein
1981), by
recursion over the risk set. b may be complex: derivatives by complex step are then exact (``firth``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hepatrial.estimate.inputs import BoolArray, FloatArray, IntArray
from hepatrial.estimate.risk_table import merge_times


@dataclass(frozen=True, eq=False)
class CoxData:
    """Times merged when nearly equal; covariates centred; stratum positions."""

    time: FloatArray
    event: BoolArray
    entry: FloatArray | None
    x: FloatArray
    stratum: IntArray
    weight: FloatArray


@dataclass(frozen=True, eq=False)
class Terms:
    """One row per death of equation (1), in one stratum."""

    time: FloatArray
    fraction: FloatArray
    weight: FloatArray  # w_k
    s0: FloatArray
    mean: FloatArray  # (terms, p)
    spread: FloatArray  # (terms, p, p): information each term adds, over w_k


def build_cox_data(time: FloatArray, event: IntArray, x: FloatArray, stratum: IntArray, **more: Any) -> CoxData:
    """Merge near-equal times and centre the covariates, which changes no coefficient."""
    merged, entry = merge_times(time, more.get("entry"))
    weight = more.get("weight")
    weight = np.ones(time.size) if weight is None else weight
    return CoxData(merged, event == 1, entry, x - x.mean(axis=0) if len(x) else x, stratum, weight)


def iterate_strata(data: CoxData) -> Any:
    """The row positions of each stratum."""
    order = np.argsort(data.stratum, kind="stable")
    ends = np.cumsum(np.bincount(data.stratum))
    return [rows for rows in np.split(order, ends[:-1]) if rows.size]


def _sum_from(key: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    """Sums of the values whose key is at least each of ``at``."""
    order = np.argsort(key, kind="stable")
    total = np.cumsum(values[order][::-1], axis=0)[::-1]
    total = np.concatenate([total, np.zeros((1, *values.shape[1:]), dtype=values.dtype)])
    return np.asarray(total[np.searchsorted(key[order], at, side="left")])


def compute_terms(data: CoxData, rows: IntArray, beta: FloatArray, ties: str) -> Terms:
    """Equation (1) for every death of one stratum."""
    time, x, event = data.time[rows], data.x[rows], data.event[rows]
    risk = data.weight[rows] * np.exp(x @ beta)
    outer = x[:, :, None] * x[:, None, :]
    moments = [risk, risk[:, None] * x, risk[:, None, None] * outer]
    at, which, count = np.unique(time[event], return_inverse=True, return_counts=True)
    sums = [_sum_from(time, m, at) for m in moments]
    if data.entry is not None:
        sums = [s - _sum_from(data.entry[rows], m, at) for s, m in zip(sums, moments, strict=True)]
    dead = [np.zeros((at.size, *m.shape[1:]), dtype=m.dtype) for m in moments]
    for total, m in zip(dead, moments, strict=True):
        np.add.at(total, which, m[event])
    mean_weight = np.bincount(which, weights=data.weight[rows][event], minlength=at.size) / count
    k = np.repeat(np.arange(at.size), count)
    rank = np.arange(k.size) - np.repeat(np.cumsum(count) - count, count)
    f = rank / count[k] if ties == "efron" else np.zeros(k.size)
    s0 = sums[0][k] - f * dead[0][k]
    mean = (sums[1][k] - f[:, None] * dead[1][k]) / s0[:, None]
    second = (sums[2][k] - f[:, None, None] * dead[2][k]) / s0[:, None, None]
    spread = second - mean[:, :, None] * mean[:, None, :]
    return Terms(at[k], f, mean_weight[k], s0, mean, spread)


def compute_likelihood(data: CoxData, beta: FloatArray, ties: str) -> tuple[Any, FloatArray, FloatArray]:
    """Log-likelihood, score and information; complex when ``beta`` is."""
    p = data.x.shape[1]
    log_likelihood: Any = 0.0
    score, information = np.zeros(p, dtype=beta.dtype), np.zeros((p, p), dtype=beta.dtype)
    for rows in iterate_strata(data):
        event = data.event[rows]
        if not event.any():
            continue
        own = data.weight[rows][event, None] * data.x[rows][event]
        score = score + own.sum(axis=0)
        log_likelihood = log_likelihood + own.sum(axis=0) @ beta
        if ties == "exact":
            value, first, second = _sum_exact(data, rows, beta)
            log_likelihood, score, information = log_likelihood - value, score - first, information + second
            continue
        terms = compute_terms(data, rows, beta, ties)
        log_likelihood = log_likelihood - np.sum(terms.weight * np.log(terms.s0))
        score = score - terms.weight @ terms.mean
        information = information + np.tensordot(terms.weight, terms.spread, axes=1)
    return log_likelihood, score, information


def _sum_exact(data: CoxData, rows: IntArray, beta: FloatArray) -> tuple[Any, FloatArray, FloatArray]:
    """Log of the sum over all risk-set subsets of each size d_k, with its two derivatives, added over
    times.
    """
    time, x, event = data.time[rows], data.x[rows], data.event[rows]
    p = x.shape[1]
    value, first, second = 0.0, np.zeros(p, dtype=beta.dtype), np.zeros((p, p), dtype=beta.dtype)
    for t, d in zip(*np.unique(time[event], return_counts=True), strict=True):
        at_risk = time >= t
        if data.entry is not None:
            at_risk &= data.entry[rows] < t
        v, g, h = _log_subsets(x[at_risk], x[at_risk] @ beta, int(d))
        value, first, second = value + v, first + g, second + h
    return value, first, second


def _log_subsets(x: FloatArray, eta: FloatArray, size: int) -> tuple[Any, FloatArray, FloatArray]:
    """log B(size), its gradient and Hessian; B(m) = sum over subsets of m rows of exp(sum eta)."""
    p, shift = x.shape[1], float(np.max(eta.real))
    if size == 1:
        r = np.exp(eta - shift)
        mean = r @ x / r.sum()
        second = (x * (r / r.sum())[:, None]).T @ x
        return np.log(r.sum()) + shift, mean, second - np.outer(mean, mean)
    b = np.zeros(size + 1, dtype=eta.dtype)
    g = np.zeros((size + 1, p), dtype=eta.dtype)
    h = np.zeros((size + 1, p, p), dtype=eta.dtype)
    b[0] = 1.0
    for row, r in zip(x, np.exp(eta - shift), strict=True):
        cross = row[:, None] * g[:-1, None, :]
        h[1:] += r * (h[:-1] + cross + np.swapaxes(cross, 1, 2) + b[:-1, None, None] * np.outer(row, row))
        g[1:] += r * (g[:-1] + b[:-1, None] * row)
        b[1:] += r * b[:-1]
    mean = g[size] / b[size]
    return np.log(b[size]) + size * shift, mean, h[size] / b[size] - np.outer(mean, mean)


def compute_score_residuals(data: CoxData, beta: FloatArray, ties: str) -> FloatArray:
    """Weighted score residuals, shape (n, p): their sum is the score (Therneau and Grambsch 2000, section
    4.6).
    """
    residuals = np.zeros_like(data.x)
    for rows in iterate_strata(data):
        if not data.event[rows].any():
            continue
        terms = compute_terms(data, rows, beta, ties)
        time, x, event = data.time[rows], data.x[rows], data.event[rows]
        risk = np.exp(x @ beta)
        jump = terms.weight / terms.s0
        hazard = np.r_[0.0, np.cumsum(jump)]
        moved = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(jump[:, None] * terms.mean, axis=0)])
        stop = np.searchsorted(terms.time, time, side="right")
        start = np.zeros_like(stop)
        if data.entry is not None:
            start = np.searchsorted(terms.time, data.entry[rows], side="right")
        own = -risk[:, None] * (x * (hazard[stop] - hazard[start])[:, None] - (moved[stop] - moved[start]))
        own[event] += _death_residuals(terms, time[event], x[event], risk[event], jump)
        residuals[rows] = own * data.weight[rows][:, None]
    return residuals


def _death_residuals(terms: Terms, time: FloatArray, x: FloatArray, risk: FloatArray, jump: FloatArray) -> FloatArray:
    """x less its mean, plus what Efron's fractions give back to those who die at the time."""
    first = np.searchsorted(terms.time, time, side="left")
    last = np.searchsorted(terms.time, time, side="right")

    def total(values: FloatArray) -> FloatArray:
        running = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
        return np.asarray(running[last] - running[first])

    back = jump * terms.fraction
    mean = total(terms.mean) / (last - first)[:, None]
    given = x * total(back)[:, None] - total(back[:, None] * terms.mean)
    return np.asarray(x - mean + risk[:, None] * given)


def compute_concordance(data: CoxData, score: FloatArray) -> tuple[float, float]:
    """Share of comparable pairs ranked alike (ties half), and its infinitesimal-jackknife standard error.

    A pair is comparable when one dies while the other is at risk and does not die then (Harrell; R:
    survival).
    """
    alike, pairs = np.zeros(data.time.size), np.zeros(data.time.size)
    for rows in iterate_strata(data):
        time, event, risk = data.time[rows], data.event[rows], score[rows]
        for i in np.flatnonzero(event):
            at_risk = (time > time[i]) | ((time == time[i]) & ~event)
            if data.entry is not None:
                at_risk &= data.entry[rows] < time[i]
            others = np.flatnonzero(at_risk)
            value = np.sign(risk[i] - risk[others]) / 2 + 0.5
            alike[rows[others]] += value
            pairs[rows[others]] += 1
            alike[rows[i]] += value.sum()
            pairs[rows[i]] += others.size
    total = pairs.sum() / 2
    if total == 0:
        return float("nan"), float("nan")
    c = alike.sum() / 2 / total
    return float(c), float(np.sqrt(np.sum(((alike - c * pairs) / total) ** 2)))
