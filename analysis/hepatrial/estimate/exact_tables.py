"""Exact and stratified tests of 2 x 2 tables: Fisher, Barnard, Boschloo, Cochran-Mantel-Haenszel, McNemar.

Given the margins of every stratum, the number of events in group 1 has probability c_s o^s / sum c o^s, c
the product
(over strata, a convolution) of C(n1, x) C(n2, m - x), o the odds ratio: Fisher's test is one stratum of it.
R: ``fisher.test``, ``exact2x2``, ``Exact::exact.test``, ``mantelhaen.test(exact =)``, ``mcnemar.test``,
``mcnemar.exact``; SAS: ``PROC FREQ; EXACT FISHER BARNARD; TABLES / CMH AGREE``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaincinv, gammaln, logsumexp
from scipy.stats import binom, chi2

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, check_choice, check_conf_level, normal_quantile
from hepatrial.estimate.mantel_haenszel import compute_cmh, compute_homogeneity, compute_mantel_haenszel
from hepatrial.estimate.score_intervals import Counts
from hepatrial.estimate.two_proportions import as_counts
from hepatrial.estimate.unconditional import compute_unconditional_p

CONDITIONAL = ("fisher", "fisher-central", "fisher-blaker", "mid-p")
UNCONDITIONAL = ("barnard", "barnard-unpooled", "boschloo")
FAR = 60.0


@dataclass(frozen=True)
class TableTest:
    """``estimate`` is an odds ratio, group 1 (the other group) over the reference, NaN where the method has
    none.
    ``statistic`` is a chi-square where ``df`` is above 0, else the number of events in group 1."""

    statistic: float
    df: int
    p_value: float
    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class HomogeneityTest:
    """Breslow-Day (``statistic``) and Tarone's corrected chi-square for equal odds ratios over strata."""

    statistic: float
    df: int
    p_value: float
    tarone_statistic: float
    tarone_p_value: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Conditional:
    """log c_s for every possible number s of events in group 1."""

    values: FloatArray
    log_weight: FloatArray
    observed: float

    def chances(self, log_odds: float) -> FloatArray:
        terms = self.log_weight + self.values * log_odds
        return np.asarray(np.exp(terms - logsumexp(terms)))

    def tails(self, log_odds: float, mid: bool = False) -> tuple[float, float]:
        """P(s <= observed) and P(s >= observed)."""
        p = self.chances(log_odds)
        cut = 0.5 * p[self.values == self.observed].sum() if mid else 0.0
        return float(p[self.values <= self.observed].sum() - cut), float(p[self.values >= self.observed].sum() - cut)


def _condition(c: Counts) -> _Conditional:
    low, weight = 0.0, np.zeros(1)
    for x1, n1, x2, n2 in zip(c.x1, c.n1, c.x2, c.n2, strict=True):
        m = x1 + x2
        s = np.arange(max(0.0, m - n2), min(n1, m) + 1)
        own = _log_choose(n1, s) + _log_choose(n2, m - s)
        spread = weight[:, None] + own[None, :]
        position = np.arange(weight.size)[:, None] + np.arange(own.size)
        weight = np.array([logsumexp(spread[position == k]) for k in range(weight.size + own.size - 1)])
        low += float(s[0])
    return _Conditional(low + np.arange(weight.size), weight, float(c.x1.sum()))


def _log_choose(n: float, k: FloatArray) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _conditional_p(d: _Conditional, method: str, alternative: str) -> float:
    less, greater = d.tails(0.0, mid=method == "mid-p")
    if alternative != "two-sided":
        return less if alternative == "less" else greater
    if method in ("fisher-central", "mid-p"):
        return min(1.0, 2 * min(less, greater))
    p = d.chances(0.0)
    if method == "fisher":
        return float(min(1.0, p[p <= p[d.values == d.observed][0] * (1 + 1e-7)].sum()))
    own = min(less, greater)
    other = np.cumsum(p[::-1])[::-1] if less <= greater else np.cumsum(p)
    return float(min(1.0, own + other[other <= own * (1 + 1e-7)].max(initial=0.0)))


def _conditional_estimate(d: _Conditional) -> float:
    if d.observed <= d.values[0]:
        return 0.0
    if d.observed >= d.values[-1]:
        return float("inf")
    return float(np.exp(brentq(lambda b: float(d.chances(b) @ d.values) - d.observed, -FAR, FAR, xtol=1e-12)))


def _conditional_limits(d: _Conditional, conf_level: float, mid: bool) -> tuple[float, float]:
    tail = (1 - conf_level) / 2
    low, high = 0.0, float("inf")
    if d.observed > d.values[0]:
        low = float(np.exp(brentq(lambda b: d.tails(b, mid)[1] - tail, -FAR, FAR, xtol=1e-12)))
    if d.observed < d.values[-1]:
        high = float(np.exp(brentq(lambda b: d.tails(b, mid)[0] - tail, -FAR, FAR, xtol=1e-12)))
    return low, high


def compare_proportions_exact(
    n_events: Any,
    n: Any,
    *,
    reference: Any,
    method: str = "fisher",
    alternative: str = "two-sided",
    conf_level: float = 0.95,
) -> TableTest:
    """Exact test that two proportions are equal.

    ``n_events``, ``n``, ``reference`` as in :func:`compare_proportions`. ``method``: ``fisher`` (two-sided
    by minimum
    likelihood), ``fisher-central``, ``fisher-blaker``, ``mid-p`` (central) with a conditional odds ratio and
    its
    central limits; ``barnard`` (z pooled), ``barnard-unpooled``, ``boschloo``, unconditional, without an
    estimate.
    ``alternative``: ``less`` means that the other group's proportion is below the reference's.
    """
    check_choice(method, CONDITIONAL + UNCONDITIONAL, "method")
    check_choice(alternative, ("two-sided", "less", "greater"), "alternative")
    check_conf_level(conf_level)
    c, nan = as_counts(n_events, n, reference, 1), float("nan")
    if not (c.n1[0] > 0 and c.n2[0] > 0):
        notes = ("a group has no subjects",)
        return TableTest(nan, 0, nan, nan, nan, nan, conf_level, method, "not_estimable", notes)
    x1 = float(c.x1[0])
    if method in UNCONDITIONAL:
        single = Counts(c.x1[0], c.n1[0], c.x2[0], c.n2[0])
        p_value = compute_unconditional_p(single, method, alternative)
        return TableTest(x1, 0, p_value, nan, nan, nan, conf_level, method, "ok", ())
    d = _condition(c)
    limits = _conditional_limits(d, conf_level, mid=method == "mid-p")
    p_value = _conditional_p(d, method, alternative)
    if d.values.size == 1:
        notes = ("no event, or only events: nothing can be compared",)
        return TableTest(x1, 0, 1.0, nan, *limits, conf_level, method, "note", notes)
    return TableTest(x1, 0, p_value, _conditional_estimate(d), *limits, conf_level, method, "ok", ())


def compare_proportions_stratified(
    n_events: Any,
    n: Any,
    *,
    reference: Any,
    continuity: bool = False,
    exact: bool = False,
    conf_level: float = 0.95,
) -> TableTest:
    """Cochran-Mantel-Haenszel test over strata, with the Mantel-Haenszel odds ratio.

    ``n_events`` and ``n`` map each group to its counts by stratum. ``exact``: the conditional test
    (two-sided by minimum
    likelihood), estimate and central limits instead; ``continuity`` corrects the chi-square by 1/2.
    """
    check_conf_level(conf_level)
    size = np.atleast_1d(next(iter(dict(n_events).values()))).size
    c, nan = as_counts(n_events, n, reference, size), float("nan")
    seen = c.n1 + c.n2 > 0
    c = Counts(c.x1[seen], c.n1[seen], c.x2[seen], c.n2[seen])
    if exact:
        d = _condition(c)
        limits = _conditional_limits(d, conf_level, mid=False)
        p_value = _conditional_p(d, "fisher", "two-sided")
        method = "exact conditional test over strata"
        return TableTest(d.observed, 0, p_value, _conditional_estimate(d), *limits, conf_level, method, "ok", ())
    statistic = compute_cmh(c, continuity)
    estimate, se = compute_mantel_haenszel(c, "odds-ratio", False)
    if np.isnan(statistic):
        notes = ("no stratum can be compared",)
        return TableTest(nan, 0, nan, nan, nan, nan, conf_level, "CMH", "not_estimable", notes)
    factor = np.exp(normal_quantile(conf_level) * se)
    method = "CMH" + (", continuity corrected" if continuity else "")
    p_value, limits = float(chi2.sf(statistic, 1)), (float(estimate / factor), float(estimate * factor))
    return TableTest(statistic, 1, p_value, estimate, *limits, conf_level, method, "ok", ())


def compare_odds_ratios(n_events: Any, n: Any, *, reference: Any) -> HomogeneityTest:
    """Test that the odds ratio is the same in every stratum (Breslow-Day, and Tarone's correction)."""
    size = np.atleast_1d(next(iter(dict(n_events).values()))).size
    breslow_day, tarone, df = compute_homogeneity(as_counts(n_events, n, reference, size))
    known = df > 0 and not np.isnan(breslow_day)
    reason = "fewer than two informative strata" if df <= 0 else "the common odds ratio is 0 or infinite"
    return HomogeneityTest(
        statistic=breslow_day,
        df=df,
        p_value=float(chi2.sf(breslow_day, df)) if known else float("nan"),
        tarone_statistic=tarone,
        tarone_p_value=float(chi2.sf(tarone, df)) if known else float("nan"),
        method="Breslow-Day",
        status="ok" if known else "not_estimable",
        notes=() if known else (reason,),
    )


def compare_paired_proportions(
    both: int,
    first_only: int,
    second_only: int,
    neither: int,
    *,
    method: str = "exact",
    conf_level: float = 0.95,
) -> TableTest:
    """McNemar's test of a change within subjects, from the four counts of pairs.

    ``method``: ``exact`` (binomial on the discordant pairs), ``mid-p``, ``chi-square`` or ``continuity``.
    ``estimate``
    is the odds ratio first_only / second_only with exact limits (McNemar 1947; R:
    ``exact2x2::mcnemar.exact``).
    The difference of the proportions is :func:`estimate_paired_difference`.
    """
    check_choice(method, ("exact", "mid-p", "chi-square", "continuity"), "method")
    b, c = _check_pairs(both, first_only, second_only, neither)
    tail = (1 - check_conf_level(conf_level)) / 2
    n, nan = b + c, float("nan")
    if n == 0:
        return TableTest(0.0, 0, 1.0, nan, 0.0, float("inf"), conf_level, method, "note", ("no discordant pair",))
    low = float(betaincinv(b, c + 1, tail)) if b else 0.0
    high = float(betaincinv(b + 1, c, 1 - tail)) if c else 1.0
    limits = low / (1 - low), high / (1 - high) if high < 1 else float("inf")
    estimate = b / c if c else float("inf")
    if method in ("chi-square", "continuity"):
        distance = abs(b - c) - (min(1.0, abs(b - c)) if method == "continuity" else 0.0)
        statistic = distance**2 / n
        p_value = float(chi2.sf(statistic, 1))
        return TableTest(statistic, 1, p_value, estimate, *limits, conf_level, f"McNemar {method}", "ok", ())
    p_value = 2 * float(binom.cdf(min(b, c), n, 0.5))
    p_value -= float(binom.pmf(min(b, c), n, 0.5)) if method == "mid-p" else 0.0
    return TableTest(b, 0, min(1.0, p_value), estimate, *limits, conf_level, f"McNemar {method}", "ok", ())


@dataclass(frozen=True)
class PairedDifference:
    """First proportion less second, with score limits."""

    estimate: float
    conf_low: float
    conf_high: float
    n: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def estimate_paired_difference(
    both: int, first_only: int, second_only: int, neither: int, *, conf_level: float = 0.95
) -> PairedDifference:
    """Difference of two proportions in the same subjects, with Tango's score limits.

    Tango (1998), doi 10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B; R:
    ``ratesci::pairbinci``.
    """
    b, c = _check_pairs(both, first_only, second_only, neither)
    n, bound = both + first_only + second_only + neither, normal_quantile(conf_level)
    if n == 0:
        nan = float("nan")
        return PairedDifference(nan, nan, nan, 0, conf_level, "Tango score", "not_estimable", ("no pairs",))

    def z(d: float) -> float:
        a1, a0 = -b - c + (2 * n - b + c) * d, -c * d * (1 - d)
        q = (np.sqrt(max(a1**2 - 8 * n * a0, 0.0)) - a1) / (4 * n)
        variance = n * (2 * q + d * (1 - d))
        return float((b - c - n * d) / np.sqrt(variance)) if variance > 1e-14 else np.sign(b - c - n * d) * 1e9

    estimate = (b - c) / n
    low = brentq(lambda d: z(d) - bound, -1 + 1e-12, estimate, xtol=1e-12) if z(-1 + 1e-12) > bound else -1.0
    high = brentq(lambda d: z(d) + bound, estimate, 1 - 1e-12, xtol=1e-12) if z(1 - 1e-12) < -bound else 1.0
    return PairedDifference(estimate, float(low), float(high), n, conf_level, "Tango score", "ok", ())


def _check_pairs(*counts: int) -> tuple[float, float]:
    if any(v != int(v) or v < 0 for v in counts):
        raise EstimateError(f"the four counts of pairs must be whole numbers >= 0, got {counts}")
    return float(counts[1]), float(counts[2])
