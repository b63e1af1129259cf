"""Stratified 2 x 2 tables: Mantel-Haenszel estimates and their variances, the CMH test, homogeneity of odds
ratios.

Mantel and Haenszel (1959); Sato (1989), doi 10.2307/2531698; Greenland and Robins (1985), doi
10.2307/2530643; Robins,
Breslow and Greenland (1986), doi 10.2307/2531052; Tarone (1985), doi 10.1093/biomet/72.1.91.
"""

import numpy as np

from hepatrial.estimate.inputs import FloatArray
from hepatrial.estimate.score_intervals import Counts, restrict_odds


def compute_mantel_haenszel(c: Counts, measure: str, greenland: bool) -> tuple[float, float]:
    """Pooled estimate and its standard error (of the log, for ratios)."""
    return {"difference": _difference, "ratio": _ratio, "odds-ratio": _odds_ratio}[measure](c, greenland)


def _difference(c: Counts, greenland: bool) -> tuple[float, float]:
    total = c.n1 + c.n2
    w = c.n1 * c.n2 / total
    estimate = float(np.sum(w * (c.x1 / c.n1 - c.x2 / c.n2)) / w.sum())
    if greenland:
        spread = c.x1 * (c.n1 - c.x1) / c.n1**3 + c.x2 * (c.n2 - c.x2) / c.n2**3
        return estimate, float(np.sqrt(np.sum(w**2 * spread)) / w.sum())
    p = (c.n1**2 * c.x2 - c.n2**2 * c.x1 + c.n1 * c.n2 * (c.n2 - c.n1) / 2) / total**2
    q = (c.x1 * (c.n2 - c.x2) + c.x2 * (c.n1 - c.x1)) / (2 * total)
    return estimate, float(np.sqrt(max(estimate * p.sum() + q.sum(), 0.0)) / w.sum())


def _ratio(c: Counts, greenland: bool) -> tuple[float, float]:
    total = c.n1 + c.n2
    r, s = np.sum(c.x1 * c.n2 / total), np.sum(c.x2 * c.n1 / total)
    p = np.sum((c.n1 * c.n2 * (c.x1 + c.x2) - c.x1 * c.x2 * total) / total**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(r / s), float(np.sqrt(p / (r * s)))


def _odds_ratio(c: Counts, greenland: bool) -> tuple[float, float]:
    total = c.n1 + c.n2
    y1, y2 = c.n1 - c.x1, c.n2 - c.x2
    r, s = c.x1 * y2 / total, c.x2 * y1 / total
    p, q = (c.x1 + y2) / total, (c.x2 + y1) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.sum(p * r) / (2 * r.sum() ** 2) + np.sum(q * s) / (2 * s.sum() ** 2)
        variance += np.sum(p * s + q * r) / (2 * r.sum() * s.sum())
        return float(r.sum() / s.sum()), float(np.sqrt(variance))


def compute_cmh(c: Counts, continuity: bool) -> float:
    """Cochran-Mantel-Haenszel chi-square on 1 df."""
    total, events = c.n1 + c.n2, c.x1 + c.x2
    distance = abs(float(np.sum(c.x1 - c.n1 * events / total)))
    variance = float(np.sum(c.n1 * c.n2 * events * (total - events) / (total**2 * np.maximum(total - 1, 1))))
    distance -= min(0.5, distance) if continuity else 0.0
    return distance**2 / variance if variance > 0 else float("nan")


def compute_homogeneity(c: Counts) -> tuple[float, float, int]:
    """Breslow-Day chi-square, Tarone's correction of it, and df (informative strata less 1).

    Both are NaN where the common odds ratio is 0, infinite or unknown.
    """
    events, total = c.x1 + c.x2, c.n1 + c.n2
    use = (events > 0) & (events < total)
    c = Counts(c.x1[use], c.n1[use], c.x2[use], c.n2[use])
    odds, _ = _odds_ratio(c, False)
    if not 0 < odds < np.inf:
        return float("nan"), float("nan"), int(use.sum()) - 1
    expected: FloatArray = c.n1 * restrict_odds(c, odds)[0]
    other = c.x1 + c.x2 - expected
    variance = 1 / (1 / expected + 1 / (c.n1 - expected) + 1 / other + 1 / (c.n2 - other))
    breslow_day = float(np.sum((c.x1 - expected) ** 2 / variance))
    tarone = breslow_day - float(np.sum(c.x1 - expected) ** 2 / variance.sum())
    return breslow_day, tarone, int(use.sum()) - 1
