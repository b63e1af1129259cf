"""Death as part of the outcome: worst-rank scores and their comparison.

Death is not missing data. ``rank_composite`` ranks every patient, the dead below all values and earlier
deaths below later ones; ``compare_composite`` compares two groups on any such score (Lachin 1999,
doi:10.1016/S0197-2456(99)00022-7).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..errors import EstimateError
from .design import Floats
from .means import check_conf_level


@dataclass(frozen=True, eq=False)
class RankComparison:
    """Mann-Whitney comparison of composite scores, ``level`` against ``reference``.

    ``win_probability``: P(level better) + P(equal) / 2, with a DeLong interval (logit scale); ``win_odds`` =
    p / (1 - p); ``statistic``: z of the Wilcoxon test with ties, no continuity correction.
    """

    win_probability: float
    std_error: float
    conf_low: float
    conf_high: float
    win_odds: float
    win_odds_low: float
    win_odds_high: float
    statistic: float
    p_value: float
    n: int
    n_reference: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def rank_composite(
    value: Floats, death_time: Floats, *, higher_is_better: bool
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Worst-rank scores, higher = better (Lachin 1999, doi:10.1016/S0197-2456(99)00022-7).

    Parameters
    ----------
    value : ndarray of float, shape (n,), the outcome of those alive; NaN for the dead
    death_time : ndarray of float, shape (n,), days to death, NaN for those alive; an earlier death is worse
    higher_is_better : bool

    Returns
    -------
    ndarray of float: midranks 1 .. n; any death below any value. Missing among the living is an error:
    decide it first.
    """
    value, death_time = np.asarray(value, dtype=float), np.asarray(death_time, dtype=float)
    is_dead = np.isfinite(death_time)
    lost = ~is_dead & ~np.isfinite(value)
    if lost.any():
        raise EstimateError(f"row {int(np.flatnonzero(lost)[0])}: alive without a value; a rank needs one or the other")
    signed = value if higher_is_better else -value
    ranks = np.empty(len(value))
    ranks[is_dead] = stats.rankdata(death_time[is_dead])
    ranks[~is_dead] = is_dead.sum() + stats.rankdata(signed[~is_dead])
    return ranks


def compare_composite(
    score: Floats, group: NDArray[np.object_], *, reference: str, conf_level: float = 0.95
) -> RankComparison:
    """Compare composite scores (higher = better) of two groups; R ``wilcox.test(exact = FALSE, correct =
    FALSE)``.
    """
    check_conf_level(conf_level)
    score, group = np.asarray(score, dtype=float), np.asarray(group, dtype=object)
    levels = sorted({str(g) for g in group})
    if len(levels) != 2 or reference not in levels:
        raise EstimateError(f"group must have two levels, one of them {reference!r}; it has {levels}")
    is_reference = np.array([str(g) == reference for g in group])
    x, y = score[~is_reference], score[is_reference]
    over, under = _placements(x, y)
    p = float(over.mean())
    z = _wilcoxon_z(score, is_reference, p)
    spread = _delong(over, under)
    low, high = _logit_interval(p, spread, conf_level)
    ok = np.isfinite(spread) and spread > 0 and 0 < p < 1
    return RankComparison(
        win_probability=p,
        std_error=spread,
        conf_low=low,
        conf_high=high,
        win_odds=p / (1 - p) if p < 1 else np.inf,
        win_odds_low=low / (1 - low) if ok else np.nan,
        win_odds_high=high / (1 - high) if ok else np.nan,
        statistic=z,
        p_value=float(2 * stats.norm.sf(abs(z))),
        n=len(x),
        n_reference=len(y),
        conf_level=conf_level,
        method="composite ranks, Wilcoxon rank sum with ties; win probability with DeLong variance",
        status="ok" if ok else "not_estimable",
        notes=() if ok else ("no interval: every pair is won by the same group, or fewer than 2 in a group",),
    )


def _wilcoxon_z(score: Floats, is_reference: NDArray[np.bool_], p: float) -> float:
    n, m = int((~is_reference).sum()), int(is_reference.sum())
    ties = np.unique(score, return_counts=True)[1].astype(float)
    total = n + m
    tied = float(np.sum(ties**3 - ties))
    variance = n * m / 12 * (total + 1 - tied / (total * (total - 1)))
    return float((p - 0.5) * n * m / np.sqrt(variance)) if variance > 0 else np.nan


def _placements(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """For each x the share of y below it, for each y the share of x above it; ties count one half. From
    midranks.
    """
    pooled = stats.rankdata(np.concatenate([x, y]))
    over = (pooled[: len(x)] - stats.rankdata(x)) / len(y)
    under = 1 - (pooled[len(x) :] - stats.rankdata(y)) / len(x)
    return over, under


def _delong(over: Floats, under: Floats) -> float:
    """Standard error of the win probability (DeLong 1988, doi:10.2307/2531595)."""
    if min(len(over), len(under)) < 2:
        return np.nan
    return float(np.sqrt(over.var(ddof=1) / len(over) + under.var(ddof=1) / len(under)))


def _logit_interval(p: float, std_error: float, conf_level: float) -> tuple[float, float]:
    if not (0 < p < 1 and std_error > 0):
        return np.nan, np.nan
    centre, half = np.log(p / (1 - p)), stats.norm.isf((1 - conf_level) / 2) * std_error / (p * (1 - p))
    return float(1 / (1 + np.exp(-(centre - half)))), float(1 / (1 + np.exp(-(centre + half))))
