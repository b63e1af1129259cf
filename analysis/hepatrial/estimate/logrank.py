"""Weighted and stratified log-rank tests for two or more groups, and the linear trend.

At event time t_j with n_j at risk, n_gj of them in group g, and d_j events:

    U_g = sum_j w_j (d_gj - d_j n_gj / n_j)
    V_gh = sum_j w_j^2 d_j (n_j - d_j)/(n_j - 1) (n_gj/n_j) (1{g = h} - n_hj/n_j)

summed over strata; U' V^- U is chi-square with (groups - 1) df (Mantel 1966; Fleming and Harrington 1991).
Weights: logrank 1; gehan n_j; tarone-ware sqrt(n_j); peto S~(t_j), S~ = prod (1 - d/(n + 1)); peto-modified
S~ n/(n + 1); fleming-harrington S(t_j-)^rho (1 - S(t_j-))^gamma with the pooled Kaplan-Meier of the stratum.

R: ``survdiff(Surv(time, event) ~ group + strata(s), rho =)``; SAS: ``PROC LIFETEST; STRATA s / GROUP=group
TEST=``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm
from statsmodels.duration.survfunc import survdiff

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import (
    FloatArray,
    IntArray,
    as_events,
    as_float_array,
    as_groups,
    as_times,
    check_choice,
    check_reference,
    normal_quantile,
)
from hepatrial.estimate.permutation import compute_linear_statistic, compute_permutation_test
from hepatrial.estimate.risk_table import RiskTable, compute_risk_table, merge_times

WEIGHTS = ("logrank", "gehan", "tarone-ware", "peto", "peto-modified", "fleming-harrington")
EQUAL_CENSORING = "the permutation test assumes that censoring is the same in every group"


@dataclass(frozen=True, eq=False)
class SurvivalTest:
    """``statistic`` is chi-square on ``df``; ``z`` its signed root for two groups, positive when the last
    sorted
    group has more events than expected. ``groups`` has group, n, observed, expected (weighted), ``variance``
    is V."""

    statistic: float
    df: int
    p_value: float
    z: float
    groups: pd.DataFrame
    variance: FloatArray
    method: str
    engine: str
    status: str
    notes: tuple[str, ...]


def compare_survival(
    time: Any,
    event: Any,
    group: Any,
    *,
    stratum: Any = None,
    weights: str = "logrank",
    rho: float = 0.0,
    gamma: float = 0.0,
    variance: str = "hypergeometric",
    exact: bool = False,
    n_permutations: int = 100_000,
    rng: np.random.Generator | None = None,
    engine: str = "kernel",
) -> SurvivalTest:
    """Test that the event rate is the same in every group at every time, within strata.

    Parameters
    ----------
    time, event
        As in :func:`estimate_survival`.
    group, stratum : array, shape (n,)
        Labels; strata are compared within.
    weights : str
        logrank, gehan, tarone-ware, peto, peto-modified, or fleming-harrington with ``rho`` and ``gamma``.
    variance : str
        ``hypergeometric``, or ``permutation`` (R: ``coin::logrank_test``) of the log-rank scores.
    exact : bool
        The p-value is the permutation test's: all allocations within strata, where their sums can be
        counted, else ``n_permutations`` drawn from ``rng``. It assumes equal censoring in the groups.
    engine : str
        ``kernel``, or ``statsmodels`` as the second path (the chi-square and p-value only).

    Returns
    -------
    SurvivalTest
        ``not_estimable`` with fewer than two groups or no event at which groups can be compared.
    """
    check_choice(weights, WEIGHTS, "weights")
    check_choice(variance, ("hypergeometric", "permutation"), "variance")
    check_choice(engine, ("kernel", "statsmodels"), "engine")
    times = as_times(time)
    events = as_events(event, times.size)
    levels, index = as_groups(group, times.size)
    strata = as_groups(np.zeros(times.size) if stratum is None else stratum, times.size, "stratum")[1]
    weighting = (weights, rho, gamma)
    observed, expected, covariance = _sum_strata(times, events, index, strata, levels.size, weighting)
    notes: tuple[str, ...] = ()
    if exact or variance == "permutation":
        scores = compute_scores(times, events, strata, *weighting)
        _, covariance = compute_linear_statistic(scores, index, strata, levels.size)
        notes = (EQUAL_CENSORING,)
    chi_square, df = compute_chi_square(observed - expected, covariance)
    p_value = float(chi2.sf(chi_square, df)) if df else float("nan")
    method = f"{weights} test" + (f" (rho = {rho:g}, gamma = {gamma:g})" if weights.startswith("f") else "")
    if engine == "statsmodels":
        chi_square, p_value = _fit_statsmodels(times, events, index, strata, *weighting)
    if exact and df:
        test = compute_permutation_test(scores, index, strata, n_permutations, rng)
        p_value, method = test.p_value, f"{method}, {test.method}"
    return SurvivalTest(
        statistic=chi_square,
        df=df,
        p_value=p_value,
        z=_signed_root(observed - expected, covariance),
        groups=pd.DataFrame(
            {
                "group": levels,
                "n": np.bincount(index, minlength=levels.size),
                "observed": observed,
                "expected": expected,
            }
        ),
        variance=covariance,
        method=method + (", stratified" if stratum is not None else ""),
        engine=engine,
        status="ok" if df else "not_estimable",
        notes=notes if df else ("no event time with two groups at risk",),
    )


def _signed_root(difference: FloatArray, covariance: FloatArray) -> float:
    if difference.size != 2 or not covariance[1, 1] > 0:
        return float("nan")
    return float(difference[1] / np.sqrt(covariance[1, 1]))


def compute_chi_square(score: FloatArray, variance: FloatArray) -> tuple[float, int]:
    """Quadratic form on the groups that can be compared; df is the rank of the variance."""
    values, vectors = np.linalg.eigh(variance)
    keep = values > 1e-10 * max(values.max(initial=0.0), 1e-300)
    along = vectors[:, keep].T @ score
    return (float(np.sum(along**2 / values[keep])) if keep.any() else float("nan")), int(keep.sum())


def _sum_strata(
    time: FloatArray,
    event: IntArray,
    group: IntArray,
    stratum: IntArray,
    n_groups: int,
    weighting: tuple[str, float, float],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    observed, expected = np.zeros(n_groups), np.zeros(n_groups)
    variance = np.zeros((n_groups, n_groups))
    for rows in iterate_strata(stratum):
        table = compute_risk_table(time[rows], event[rows], group[rows], n_groups=n_groups)
        o, e, v = compute_logrank(table, *weighting)
        observed, expected, variance = observed + o, expected + e, variance + v
    return observed, expected, variance


def iterate_strata(stratum: IntArray) -> Iterator[Any]:
    """Row selectors, one a stratum."""
    if not stratum.any():
        yield slice(None)
        return
    for level in range(int(stratum.max()) + 1):
        yield stratum == level


def compute_logrank(
    table: RiskTable, weights: str = "logrank", rho: float = 0.0, gamma: float = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted observed and expected events and their covariance, over the groups of a risk table."""
    by_group = table.n_events.sum(axis=0)
    use = by_group.sum(axis=0) > 0
    d, n = by_group[:, use], table.n_risk[:, use]
    total, at_risk = d.sum(axis=0), n.sum(axis=0)
    w = compute_weights(total, at_risk, weights, rho, gamma)
    share = n / at_risk
    spread = w**2 * total * (at_risk - total) / np.maximum(at_risk - 1, 1)
    variance = np.diag((spread * share).sum(axis=1)) - (share * spread) @ share.T
    return (w * d).sum(axis=1), (w * total * share).sum(axis=1), variance


def compute_weights(n_events: FloatArray, n_risk: FloatArray, weights: str, rho: float, gamma: float) -> FloatArray:
    """Weight at each pooled event time."""
    if weights == "gehan":
        return n_risk
    if weights == "tarone-ware":
        return np.sqrt(n_risk)
    if weights.startswith("peto"):
        smooth = np.cumprod(1 - n_events / (n_risk + 1))
        return smooth * n_risk / (n_risk + 1) if weights == "peto-modified" else smooth
    if weights == "fleming-harrington":
        before = np.r_[1.0, np.cumprod(1 - n_events / n_risk)[:-1]]
        return np.asarray(before**rho * (1 - before) ** gamma)
    return np.ones_like(n_risk)


def compute_scores(
    time: FloatArray,
    event: IntArray,
    stratum: IntArray,
    weights: str = "logrank",
    rho: float = 0.0,
    gamma: float = 0.0,
) -> FloatArray:
    """Log-rank scores: own event minus hazard so far, weighted; they sum to 0 in each stratum."""
    scores = np.zeros(time.size)
    for rows in iterate_strata(stratum):
        table = compute_risk_table(time[rows], event[rows])
        d, n = table.n_events[0, 0], table.n_risk[0]
        w = np.where(d > 0, compute_weights(d, n, weights, rho, gamma), 0.0)
        index = np.searchsorted(table.time, merge_times(time[rows])[0])
        scores[rows] = event[rows] * w[index] - np.cumsum(w * d / n)[index]
    return scores


def _fit_statsmodels(
    time: FloatArray,
    event: IntArray,
    group: IntArray,
    stratum: IntArray,
    weights: str,
    rho: float,
    gamma: float,
) -> tuple[float, float]:
    kinds: dict[str, dict[str, Any]] = {
        "logrank": {},
        "gehan": {"weight_type": "gb"},
        "tarone-ware": {"weight_type": "tw"},
        "fleming-harrington": {"weight_type": "fh", "fh_p": rho},
    }
    if weights not in kinds or gamma:
        raise EstimateError(f"statsmodels has no {weights} test with gamma = {gamma:g}: use engine='kernel'")
    strata = stratum if stratum.any() else None
    with np.errstate(divide="ignore"):  # its Fleming-Harrington weights take log 0 past the last event
        chi_square, p_value = survdiff(merge_times(time)[0], event, group, strata=strata, **kinds[weights])
    return float(chi_square), float(p_value)


def compare_survival_trend(
    time: Any, event: Any, group: Any, *, scores: Any = None, stratum: Any = None
) -> SurvivalTest:
    """Test for a linear trend over ordered groups (df 1); ``scores`` defaults to 1, 2, ... in sorted order.

    Tarone (1975), doi 10.1093/biomet/62.3.679. ``z`` is positive when events rise with the score.
    """
    test = compare_survival(time, event, group, stratum=stratum)
    k = len(test.groups)
    values = as_float_array(np.arange(1.0, k + 1) if scores is None else scores, "scores")
    if values.size != k:
        raise EstimateError(f"scores has {values.size} values, there are {k} groups")
    difference = float(values @ (test.groups["observed"] - test.groups["expected"]).to_numpy())
    variance = float(values @ test.variance @ values)
    z = difference / np.sqrt(variance) if variance > 0 else float("nan")
    return SurvivalTest(
        statistic=float(z**2),
        df=1,
        p_value=float(chi2.sf(z**2, 1)),
        z=float(z),
        groups=test.groups,
        variance=test.variance,
        method="log-rank test for trend",
        engine="kernel",
        status="ok" if variance > 0 else "not_estimable",
        notes=test.notes,
    )


@dataclass(frozen=True)
class LogrankHazardRatio:
    """``hazard_ratio`` is Peto's one-step exp(U/V); ``pike`` is (O/E) over (O/E) of the reference."""

    hazard_ratio: float
    log_hazard_ratio: float
    std_error: float
    conf_low: float
    conf_high: float
    pike: float
    p_value: float
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_logrank_hazard_ratio(
    time: Any, event: Any, group: Any, *, reference: Any, stratum: Any = None, conf_level: float = 0.95
) -> LogrankHazardRatio:
    """Peto's one-step hazard ratio of the other group to ``reference``; finite also when an arm has no event.

    Yusuf et al. (1985), doi 10.1016/s0033-0620(85)80003-7: log HR = U/V with standard error 1/sqrt(V).
    """
    levels, _ = as_groups(group, np.size(time))
    ref, other = check_reference(reference, levels)
    test = compare_survival(time, event, group, stratum=stratum)
    ratio = (test.groups["observed"] / test.groups["expected"]).to_numpy()
    variance = test.variance[other, other]
    if not variance > 0:
        nan = float("nan")
        method = "Peto one-step"
        return LogrankHazardRatio(nan, nan, nan, nan, nan, nan, nan, conf_level, method, test.status, test.notes)
    log_hr = float((test.groups["observed"] - test.groups["expected"])[other] / variance)
    std_error = float(1 / np.sqrt(variance))
    half = normal_quantile(conf_level) * std_error
    return LogrankHazardRatio(
        hazard_ratio=float(np.exp(log_hr)),
        log_hazard_ratio=log_hr,
        std_error=std_error,
        conf_low=float(np.exp(log_hr - half)),
        conf_high=float(np.exp(log_hr + half)),
        pike=float(ratio[other] / ratio[ref]) if ratio[ref] > 0 else float("inf"),
        p_value=2 * float(norm.sf(abs(log_hr / std_error))),
        conf_level=conf_level,
        method="Peto one-step",
        status=test.status,
        notes=test.notes,
    )
