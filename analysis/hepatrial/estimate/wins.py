"""Hierarchical endpoints by pairs: win ratio, win odds and net benefit (e.g. death > transplant > score).

Every subject of the other group is compared with every subject of the reference on the first endpoint; a
pair that
is tied there goes on to the next (Pocock et al. 2012, doi 10.1093/eurheartj/ehr352). With w and l the shares
of pairs
won and lost: win ratio w/l, win odds (w + t/2)/(l + t/2), net benefit w - l. Variances are those of
U-statistics (Bebu
and Lachin 2016, doi 10.1093/biostatistics/kxv032); limits of the ratios are on the log scale. The test is
Finkelstein and
Schoenfeld's (1999), by permutation of the subjects' scores. R: ``WINS::win.stat``, ``BuyseTest``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import (
    FloatArray,
    as_events,
    as_float_array,
    as_groups,
    as_times,
    check_reference,
    normal_quantile,
)
from hepatrial.estimate.permutation import compute_linear_statistic, compute_permutation_test


@dataclass(frozen=True, eq=False)
class TimedEndpoint:
    """Later is better: a pair is won when the loser's event comes while the winner is known to be
    event-free.
    """

    time: Any
    event: Any


@dataclass(frozen=True, eq=False)
class ValuedEndpoint:
    """A value of every subject; a pair is won by more than ``margin``. NaN is no value: its pairs are tied."""

    value: Any
    higher_is_better: bool = True
    margin: float = 0.0


ONE_SIDED = "no pair is won, or none is lost: limits that rest on the spread do not exist"


@dataclass(frozen=True, eq=False)
class WinComparison:
    """``table``: measure (win_ratio, win_odds, net_benefit), estimate, std_error (log scale for the first
    two), limits,
    status. ``endpoints``: endpoint (1..), pairs compared there, wins, losses, ties. ``statistic`` is the
    score test's
    signed z (positive: the other group wins)."""

    table: pd.DataFrame
    endpoints: pd.DataFrame
    statistic: float
    df: int
    p_value: float
    n: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def compare_wins(
    group: Any,
    endpoints: Sequence[TimedEndpoint | ValuedEndpoint],
    *,
    reference: Any,
    exact: bool = False,
    rng: np.random.Generator | None = None,
    conf_level: float = 0.95,
) -> WinComparison:
    """Pairs won by the other group over ``reference``, endpoints in order of importance.

    Parameters
    ----------
    group : array, shape (n,)
        Two labels.
    endpoints : sequence of TimedEndpoint or ValuedEndpoint
        Each with one value a subject. Censoring before the other's event leaves a pair tied.
    exact : bool
        Exact permutation p-value of the score test, else its normal approximation.
    """
    n = np.size(group)
    levels, index = as_groups(group, n)
    ref, other = check_reference(reference, levels)
    if not endpoints:
        raise EstimateError("endpoints is empty: give at least one")
    result, rows = _compare_all_pairs(endpoints, n, index, other)
    pairs = result[np.ix_(index == other, index == ref)]
    scores = result.sum(axis=1)
    sign = 1.0 if other == 0 else -1.0
    strata = np.zeros(n, dtype=np.int64)
    centred, variance = compute_linear_statistic(scores, index, strata, 2)
    known = variance[0, 0] > 0
    z = sign * float(centred[0] / np.sqrt(variance[0, 0])) if known else float("nan")
    p_value = 2 * float(norm.sf(abs(z)))
    if exact and known:
        p_value = compute_permutation_test(scores, index, strata, rng=rng).p_value
    table = _measures(pairs, conf_level)
    return WinComparison(
        table=table,
        endpoints=rows,
        statistic=z,
        df=1,
        p_value=p_value,
        n=int(n),
        conf_level=conf_level,
        method="pairwise wins, U-statistic variance" + (", exact permutation" if exact else ""),
        status="ok" if (table["status"] == "ok").all() else ("note" if known else "not_estimable"),
        notes=_explain(table, known),
    )


def _explain(table: pd.DataFrame, known: bool) -> tuple[str, ...]:
    if not known:
        return ("every pair is tied",)
    return () if (table["status"] == "ok").all() else (ONE_SIDED,)


def _compare_all_pairs(
    endpoints: Sequence[TimedEndpoint | ValuedEndpoint], n: int, index: Any, other: int
) -> tuple[FloatArray, pd.DataFrame]:
    """1 where the row beats the column, -1 where it loses, by the first endpoint that decides."""
    result = np.zeros((n, n))
    between = (index[:, None] == other) & (index[None, :] != other)
    rows = []
    for number, endpoint in enumerate(endpoints, start=1):
        is_open = result == 0
        won = _beats(endpoint, n) & is_open
        result += won.astype(np.float64) - won.T
        compared, wins, losses = (int((m & between).sum()) for m in (is_open, won, won.T))
        rows.append((number, compared, wins, losses, compared - wins - losses))
    return result, pd.DataFrame(rows, columns=["endpoint", "pairs", "wins", "losses", "ties"])


def _beats(endpoint: TimedEndpoint | ValuedEndpoint, n: int) -> Any:
    if isinstance(endpoint, TimedEndpoint):
        time = as_times(endpoint.time)
        event = as_events(endpoint.event, time.size) == 1
        _check_size(time.size, n)
        later = (time[:, None] > time) | ((time[:, None] == time) & ~event[:, None])
        return later & event[None, :]
    given = np.asarray(endpoint.value, dtype=np.float64)
    value = as_float_array(np.nan_to_num(given, nan=0.0), "value") * (1 if endpoint.higher_is_better else -1)
    _check_size(value.size, n)
    known = ~np.isnan(given)
    return (value[:, None] - value > endpoint.margin) & known[:, None] & known


def _check_size(size: int, n: int) -> None:
    if size != n:
        raise EstimateError(f"an endpoint has {size} values, group has {n}")


def _measures(pairs: FloatArray, conf_level: float) -> pd.DataFrame:
    won, lost = (pairs > 0).astype(np.float64), (pairs < 0).astype(np.float64)
    w, lo = won.mean(), lost.mean()
    covariance = _u_covariance(won, lost)
    net = w - lo
    net_se = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        gradient = np.array([1 / w, -1 / lo])
        ratio_se = float(np.sqrt(gradient @ covariance @ gradient)) if w > 0 and lo > 0 else float("nan")
        odds, odds_se = (1 + net) / (1 - net), 2 * net_se / (1 - net**2)
        ratio = w / lo
    z = normal_quantile(conf_level)
    rows = [
        _log_row("win_ratio", ratio, ratio_se, z),
        _log_row("win_odds", odds, odds_se, z),
        _net_row(net, net_se, z),
    ]
    return pd.DataFrame(rows, columns=["measure", "estimate", "std_error", "conf_low", "conf_high", "status"])


def _net_row(net: float, se: float, z: float) -> tuple[Any, ...]:
    if not se > 0:  # every pair ends alike: an interval without width is none
        return "net_benefit", net, se, float("nan"), float("nan"), "note"
    return "net_benefit", net, se, max(net - z * se, -1.0), min(net + z * se, 1.0), "ok"


def _log_row(measure: str, estimate: float, se: float, z: float) -> tuple[Any, ...]:
    if not (np.isfinite(estimate) and estimate > 0 and se > 0):
        nan = float("nan")
        return measure, estimate, nan, nan, nan, "note" if np.isfinite(estimate) else "not_estimable"
    return measure, estimate, se, estimate * np.exp(-z * se), estimate * np.exp(z * se), "ok"


def _u_covariance(won: FloatArray, lost: FloatArray) -> FloatArray:
    """Covariance of the shares won and lost: variance of each subject's share, over its group's size."""
    total = np.zeros((2, 2))
    for axis in (0, 1):
        shares = np.stack([won.mean(axis=axis), lost.mean(axis=axis)])
        if shares.shape[1] > 1:
            total += np.cov(shares) / shares.shape[1]
    return total
