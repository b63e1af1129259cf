"""Gray's test that the cumulative incidence of one cause is the same in every group.

Gray (1988), doi 10.1214/aos/1176350951; R: ``cmprsk::cuminc``; SAS: ``PROC LIFETEST; TIME t*status /
FAILCODE=``.
With Y_k at risk, S_k the event-free curve and F_k the incidence of group k, R_k = Y_k (1 - F_k(t-)) /
S_k(t-):

    score_k = sum w (d_k - R_k d / sum R),   w = (1 - F0(t-))^rho,  F0 = sum d / sum_k (Y_k / S_k(t-))
    (1)

The covariance adds, over times and groups, the variance of each group's incidence process with the weight it
has on
every score: directly (a), and through the later pooled estimate (c).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from hepatrial.errors import EstimateError
from hepatrial.estimate.aalen_johansen import compute_event_free, compute_incidence
from hepatrial.estimate.inputs import FloatArray, as_codes, as_groups, as_times
from hepatrial.estimate.logrank import compute_chi_square, iterate_strata
from hepatrial.estimate.risk_table import RiskTable, compute_risk_table


@dataclass(frozen=True, eq=False)
class IncidenceTest:
    """``statistic`` is chi-square on ``df``; ``groups`` has group, n, n_events, score (observed less
    expected).
    """

    statistic: float
    df: int
    p_value: float
    groups: pd.DataFrame
    cause: int
    method: str
    status: str
    notes: tuple[str, ...]


def compare_cumulative_incidence(
    time: Any, status: Any, group: Any, *, cause: int, stratum: Any = None, rho: float = 0.0
) -> IncidenceTest:
    """Gray's K-sample test for ``cause``, within strata; not estimable without an event of the cause.

    ``time`` and ``status`` as in :func:`estimate_cumulative_incidence`; ``rho`` weighs by (1 - F0)^rho.
    """
    times = as_times(time)
    codes = as_codes(status, times.size)
    levels, index = as_groups(group, times.size)
    strata = as_groups(np.zeros(times.size) if stratum is None else stratum, times.size, "stratum")[1]
    if cause < 1:
        raise EstimateError(f"cause must be 1 or more (0 is censored), got {cause}")
    k, n_causes = levels.size, max(int(codes.max(initial=1)), cause)
    score, variance = np.zeros(k), np.zeros((k, k))
    for rows in iterate_strata(strata):
        table = compute_risk_table(times[rows], codes[rows], index[rows], n_causes=n_causes, n_groups=k)
        own_score, own_variance = compute_gray(table, cause, rho)
        score, variance = score + own_score, variance + own_variance
    chi_square, df = compute_chi_square(score[:-1], variance[:-1, :-1])
    table = pd.DataFrame(
        {
            "group": levels,
            "n": np.bincount(index, minlength=k),
            "n_events": np.bincount(index[codes == cause], minlength=k),
            "score": score,
        }
    )
    method = "Gray's test" + (f" (rho = {rho:g})" if rho else "") + (", stratified" if stratum is not None else "")
    known = df > 0 and bool((codes == cause).any())
    return IncidenceTest(
        statistic=chi_square if known else float("nan"),
        df=df if known else 0,
        p_value=float(chi2.sf(chi_square, df)) if known else float("nan"),
        groups=table,
        cause=cause,
        method=method,
        status="ok" if known else "not_estimable",
        notes=() if known else (f"no event of cause {cause} with two groups at risk",),
    )


def compute_gray(table: RiskTable, cause: int, rho: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Score and covariance of equation (1), groups in the order of the table."""
    k = table.n_risk.shape[0]
    free = [compute_event_free(table, g) for g in range(k)]
    before, after = np.stack([f[0] for f in free]), np.stack([f[1] for f in free])
    own = table.n_events[cause - 1]
    other = table.n_events.sum(axis=0) - own
    after_f = np.stack([compute_incidence(table, cause, g) for g in range(k)])
    before_f = after_f - before * own / np.maximum(table.n_risk, 1)
    use = (table.n_risk > 0) & (before > 0)
    y = np.where(use, table.n_risk / np.where(use, before, 1), 0.0)
    total, d = y.sum(axis=0), own.sum(axis=0)
    pooled = np.cumsum(d / np.where(total > 0, total, 1))
    pooled_before = np.r_[0.0, pooled[:-1]]
    w = np.maximum(1 - pooled_before, 0) ** rho
    share = y * (1 - before_f)
    score = np.sum(w * (own - share * d / np.where(share.sum(axis=0) > 0, share.sum(axis=0), 1)), axis=1)
    a = w * (np.eye(k)[:, :, None] * y - y[:, None] * y[None] / np.where(total > 0, total, 1))
    c = np.cumsum(a * d / (np.where(total > 0, total, 1) * np.maximum(1 - pooled_before, 1e-300)), axis=2)
    later = c[:, :, -1:] - c
    safe_after = np.where(after > 0, after, 1)
    left = (1 - pooled) / safe_after
    # variance of each group's own process at each time, from events of the cause and from the others
    at_ties = np.where(use, np.maximum(total * before - 1, 1e-300), 1.0)
    tie = np.where(d > 1, 1 - (d - 1) / at_ties, 1.0)
    jump = np.where(use, tie * before * d / np.where(use, total * table.n_risk, 1.0), 0.0)
    other_tie = 1 - np.maximum(other - 1, 0) / np.maximum(table.n_risk - 1, 1)
    other_jump = other_tie * before**2 * other / np.maximum(table.n_risk, 1) ** 2
    direct = a + np.where(after > 0, 1 - left, 1.0) * later
    through = np.where(after > 0, left, 0.0) * later
    variance = np.einsum("ikt,jkt,kt->ij", direct, direct, jump)
    variance += np.einsum("ikt,jkt,kt->ij", through, through, other_jump)
    return score, variance
