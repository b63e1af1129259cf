"""One proportion: estimate and confidence limits, and a test against a fixed value.

Limits by name, and the R call that prints them (x events among n):

    clopper-pearson    binom.test(x, n)
    wilson, wilson-cc  prop.test(x, n, correct =)
    mid-p, blaker      exactci::binom.exact(midp = TRUE), (tsmethod = "blaker")
    jeffreys           Beta(x + 1/2, n - x + 1/2) quantiles, 0 at x = 0 and 1 at x = n (Brown, Cai and
                       DasGupta 2001, doi 10.1214/ss/1009213286); jeffreys-raw without that rule
    uniform            the same with a Beta(1, 1) prior
    wald, agresti-coull, logit, cloglog, likelihood-ratio   binom::binom.confint

SAS: ``PROC FREQ; TABLES / BINOMIAL(CL=)``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaincinv, xlogy
from scipy.stats import binom, binomtest, chi2

from hepatrial.errors import EstimateError
from hepatrial.estimate.clopper_pearson import compute_clopper_pearson
from hepatrial.estimate.inputs import FloatArray, check_choice, check_conf_level, normal_quantile

Interval = tuple[float, float]


@dataclass(frozen=True)
class ProportionEstimate:
    """A proportion with its limits."""

    estimate: float
    conf_low: float
    conf_high: float
    n_events: int
    n: int
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ProportionTest:
    """Exact binomial test; ``statistic`` is the number of events."""

    statistic: float
    df: int
    p_value: float
    method: str
    status: str
    notes: tuple[str, ...]


def check_counts(n_events: int, n: int) -> tuple[int, int]:
    """Whole numbers with 0 <= n_events <= n."""
    if n_events != int(n_events) or n != int(n) or not 0 <= n_events <= n:
        raise EstimateError(f"need whole numbers with 0 <= n_events <= n, got {n_events} of {n}")
    return int(n_events), int(n)


def estimate_proportion(
    n_events: int, n: int, *, method: str = "clopper-pearson", conf_level: float = 0.95
) -> ProportionEstimate:
    """Proportion ``n_events / n`` with two-sided limits by ``method`` (see the module); n = 0 is not
    estimable.

    At 0 (or n) events the Clopper-Pearson limit is the one-sided bound of confidence (1 + conf_level) / 2, and
    Wald's interval would have no width: it is not given.

    Examples
    --------
    >>> fit = estimate_proportion(7, 10)
    >>> round(fit.conf_low, 6), round(fit.conf_high, 6)
    (0.347547, 0.93326)
    """
    x, total = check_counts(n_events, n)
    check_choice(method, tuple(_METHODS), "method")
    check_conf_level(conf_level)
    if total == 0:
        nan = float("nan")
        return ProportionEstimate(nan, nan, nan, 0, 0, conf_level, method, "not_estimable", ("no subjects",))
    low, high = _METHODS[method](x, total, conf_level)
    if low == high:
        note = f"{x} of {total}: the standard error is 0, {method} limits do not exist"
        nan = float("nan")
        return ProportionEstimate(x / total, nan, nan, x, total, conf_level, method, "note", (note,))
    return ProportionEstimate(x / total, float(low), float(high), x, total, conf_level, method, "ok", ())


def compare_proportion_to(
    n_events: int, n: int, *, null: float, alternative: str = "two-sided", method: str = "exact"
) -> ProportionTest:
    """Test of one proportion against ``null``.

    ``method``: ``exact`` (two-sided by minimum likelihood, as R's ``binom.test``), ``mid-p`` (central) or
    ``blaker``.
    ``alternative``: ``two-sided``, ``less`` or ``greater``.
    """
    x, total = check_counts(n_events, n)
    check_choice(method, ("exact", "mid-p", "blaker"), "method")
    check_choice(alternative, ("two-sided", "less", "greater"), "alternative")
    if method != "exact" and alternative != "two-sided":
        raise EstimateError(f"method {method} is two-sided only")
    if method == "blaker":
        p_value = float(_blaker_p(x, total, np.array([null]))[0])
    elif method == "mid-p":
        half = 0.5 * float(binom.pmf(x, total, null))
        tails = binom.cdf(x, total, null) - half, binom.sf(x - 1, total, null) - half
        p_value = min(1.0, 2 * float(min(tails)))
    else:
        p_value = float(binomtest(x, total, null, alternative=alternative).pvalue)
    return ProportionTest(float(x), 1, p_value, f"{method} binomial test", "ok", ())


def _clopper_pearson(x: int, n: int, conf_level: float) -> Interval:
    low, high = compute_clopper_pearson(np.array([x]), np.array([n]), conf_level)
    return float(low[0]), float(high[0])


def _wilson(x: int, n: int, conf_level: float) -> Interval:
    z, p = normal_quantile(conf_level), x / n
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    return (low if x > 0 else 0.0), (high if x < n else 1.0)


def _wilson_cc(x: int, n: int, conf_level: float) -> Interval:
    """Newcombe (1998), doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, method 4."""
    z = normal_quantile(conf_level)

    def side(y: int, sign: float) -> float:
        p = y / n + sign * 0.5 / n
        centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return float((centre + sign * half) / (1 + z**2 / n))

    return (side(x, -1.0) if x > 0 else 0.0), (side(x, 1.0) if x < n else 1.0)


def _beta(x: int, n: int, conf_level: float, prior: float) -> Interval:
    tail = (1 - conf_level) / 2
    a, b = x + prior, n - x + prior
    return float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail))


def _jeffreys(x: int, n: int, conf_level: float) -> Interval:
    low, high = _beta(x, n, conf_level, 0.5)
    return (low if x > 0 else 0.0), (high if x < n else 1.0)


def _mid_p(x: int, n: int, conf_level: float) -> Interval:
    tail = (1 - conf_level) / 2

    def upper(p: float) -> float:
        return float(binom.cdf(x, n, p) - 0.5 * binom.pmf(x, n, p)) - tail

    def lower(p: float) -> float:
        return float(binom.sf(x, n, p) + 0.5 * binom.pmf(x, n, p)) - tail

    low = brentq(lower, 0, 1, xtol=1e-14) if x > 0 else 0.0
    return low, (brentq(upper, 0, 1, xtol=1e-14) if x < n else 1.0)


def _blaker_p(x: int, n: int, p: FloatArray) -> FloatArray:
    """Blaker (2000), doi 10.2307/3315916: own tail plus the largest other tail that is no larger; p is an
    array.
    """
    values, p = np.arange(n + 1), np.atleast_1d(p)[:, None]
    down, up = binom.cdf(values, n, p), binom.sf(values - 1, n, p)
    own = np.minimum(down[:, x], up[:, x])[:, None]
    other = np.where(up[:, [x]] < down[:, [x]], down, up)
    total = own[:, 0] + np.where(other <= own * (1 + 1e-9), other, 0.0).max(axis=1)
    return np.asarray(np.minimum(total, 1.0))


def _blaker(x: int, n: int, conf_level: float) -> Interval:
    """Outermost p whose Blaker p-value exceeds alpha, searched inward from Clopper-Pearson, then refined."""
    alpha = 1 - conf_level
    outer = _clopper_pearson(x, n, conf_level)

    def edge(start: float) -> float:
        out, inside = start, x / n
        for size in (401, 101, 101, 101, 101, 101):
            grid = np.linspace(out, inside, size)
            first = int(np.argmax(_blaker_p(x, n, grid) > alpha))
            if first == 0:
                return out
            out, inside = float(grid[first - 1]), float(grid[first])
        return inside

    return (edge(outer[0]) if x > 0 else 0.0), (edge(outer[1]) if x < n else 1.0)


def _wald(x: int, n: int, conf_level: float) -> Interval:
    p = x / n
    half = normal_quantile(conf_level) * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def _agresti_coull(x: int, n: int, conf_level: float) -> Interval:
    z2 = normal_quantile(conf_level) ** 2
    p = (x + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * p * (1 - p) / (n + z2))
    return p - half, p + half


def _transformed(x: int, n: int, conf_level: float, kind: str) -> Interval:
    """Logit or log(-log) scale; at 0 or n events the other limit is (1 - conf_level)/2 to the power 1/n."""
    edge = ((1 - conf_level) / 2) ** (1 / n)
    if x in (0, n):
        return (0.0, 1 - edge) if x == 0 else (edge, 1.0)
    z, p = normal_quantile(conf_level), x / n
    if kind == "logit":
        centre, half = np.log(p / (1 - p)), z / np.sqrt(n * p * (1 - p))
        return 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))
    centre, half = np.log(-np.log(p)), z * np.sqrt((1 - p) / (n * p)) / -np.log(p)
    return np.exp(-np.exp(centre + half)), np.exp(-np.exp(centre - half))


def _likelihood_ratio(x: int, n: int, conf_level: float) -> Interval:
    bound, best = float(chi2.isf(1 - conf_level, 1)), xlogy(x, x / n) + xlogy(n - x, 1 - x / n)

    def excess(p: float) -> float:
        return float(2 * (best - xlogy(x, p) - xlogy(n - x, 1 - p))) - bound

    tiny = 1e-300
    low = brentq(excess, tiny, x / n, xtol=1e-15) if x > 0 else 0.0
    return low, (brentq(excess, x / n, 1 - 1e-16, xtol=1e-15) if x < n else 1.0)


_METHODS: dict[str, Callable[[int, int, float], Interval]] = {
    "clopper-pearson": _clopper_pearson,
    "wilson": _wilson,
    "wilson-cc": _wilson_cc,
    "jeffreys": _jeffreys,
    "jeffreys-raw": lambda x, n, level: _beta(x, n, level, 0.5),
    "uniform": lambda x, n, level: _beta(x, n, level, 1.0),
    "mid-p": _mid_p,
    "blaker": _blaker,
    "wald": _wald,
    "agresti-coull": _agresti_coull,
    "logit": lambda x, n, level: _transformed(x, n, level, "logit"),
    "cloglog": lambda x, n, level: _transformed(x, n, level, "cloglog"),
    "likelihood-ratio": _likelihood_ratio,
}
