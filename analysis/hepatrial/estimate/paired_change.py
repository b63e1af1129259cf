"""Change from baseline in pairs of one visit: the t interval, and Hodges and Lehmann's estimate beside it.

The t interval is R ``t.test(value, baseline, paired = TRUE)``; the other ``wilcox.test(value - baseline, conf.int =
TRUE)``: the median of the Walsh averages, its limits their order statistics at the exact signed-rank quantile. With
ties the nominal level is kept as an upper bound of what the distribution allows. On the log scale both are of log
ratios and transformed back.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from hepatrial.errors import EstimateError
from hepatrial.estimate.summaries import complete_values, estimate_mean

EXACT_PAIRS = 400
"""Above this many pairs the signed-rank quantile is that of its normal approximation (R: above 49)."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairedChange:
    """Mean change (log scale: geometric mean ratio) with its t interval, and the Hodges-Lehmann estimate with its exact
    one, whose attained level is ``hl_conf_level``: below ``conf_level`` where so few pairs allow no wider interval.
    """

    estimate: float
    conf_low: float
    conf_high: float
    hl_estimate: float
    hl_conf_low: float
    hl_conf_high: float
    hl_conf_level: float
    conf_level: float
    n: int
    df: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_paired_change(
    baseline: npt.ArrayLike,
    value: npt.ArrayLike,
    *,
    scale: str = "linear",
    min_pairs: int = 5,
    conf_level: float = 0.95,
) -> PairedChange:
    """Mean change from baseline (linear), or geometric mean ratio to baseline (log), and the Hodges-Lehmann estimate.

    Parameters
    ----------
    baseline, value : array of float, shape (n,)
        In the order of the same patients; positive on the log scale.
    scale : {"linear", "log"}
    min_pairs : int
        Fewer are not estimable: the interval would say more about luck than about the patients.
    """
    before, after = complete_values(baseline), complete_values(value)
    if before.shape != after.shape:
        raise EstimateError(f"baseline has {len(before)} values and value has {len(after)}; they must be pairs")
    if scale == "log" and len(before) and min(before.min(), after.min()) <= 0:
        raise EstimateError("a value of zero or less has no logarithm; use the linear scale")
    change = after / before if scale == "log" else after - before
    mean = estimate_mean(change, scale=scale, min_n=min_pairs, conf_level=conf_level)
    centre, low, high, level = (float("nan"),) * 4
    if mean.status != "not_estimable":
        centre, low, high, level = _hodges_lehmann(np.log(change) if scale == "log" else change, conf_level)
        centre, low, high = (float(np.exp(x)) if scale == "log" else x for x in (centre, low, high))
    method = "paired t interval" + (" on the log scale, ratio to baseline" if scale == "log" else "")
    return PairedChange(
        estimate=mean.estimate, conf_low=mean.conf_low, conf_high=mean.conf_high, hl_estimate=centre, hl_conf_low=low,
        hl_conf_high=high, hl_conf_level=level, conf_level=conf_level, n=mean.n, df=mean.df, method=method,
        status=mean.status, notes=mean.notes,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _cumulative(n: int) -> Floats:
    return np.cumsum(signed_rank_distribution(n))


def signed_rank_distribution(n: int) -> Floats:
    """P(W = w), w = 0 .. n (n + 1) / 2, of the Wilcoxon signed-rank statistic without ties."""
    shares = np.zeros(n * (n + 1) // 2 + 1)
    shares[0] = 1.0
    for rank in range(1, n + 1):
        halves = shares / 2
        shares = halves.copy()
        shares[rank:] += halves[:-rank]
    return shares


def _hodges_lehmann(change: Floats, conf_level: float) -> tuple[float, float, float, float]:
    n = len(change)
    i, j = np.triu_indices(n)
    walsh = np.sort((change[i] + change[j]) / 2)
    tail = (1 - conf_level) / 2
    if n > EXACT_PAIRS:
        spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        k, attained = int(np.floor(n * (n + 1) / 4 - float(norm.isf(tail)) * spread)), conf_level
    else:
        below = _cumulative(n)
        # R's qsignrank(alpha / 2, n), at least 1: the smallest w with P(W <= w) >= alpha / 2
        k = max(int(np.searchsorted(below, tail * (1 - 1e-12))), 1)
        attained = 1 - 2 * float(below[k - 1])
    low, high = float(walsh[k - 1]), float(walsh[len(walsh) - k])
    if low == high:  # so many changes are equal that the interval has no width: it is none
        low, high = float("nan"), float("nan")
    return float(np.median(walsh)), low, high, attained
