"""Two proportions compared: difference, ratio or odds ratio, with limits by name.

    difference  miettinen-nurminen, mee, gart-nam (score); newcombe, newcombe-cc, mover-jeffreys (from the two
                single limits: Newcombe 1998, method 10 and 11); wald, wald-cc; chan-zhang, agresti-min
                (exact)
    ratio       miettinen-nurminen, koopman (score); katz (log Wald)
    odds-ratio  miettinen-nurminen (score); wald (log, Woolf)
    stratified  mantel-haenszel (difference: Sato 1989 or Greenland variance; ratio: Greenland and Robins
    1985;
                odds ratio: Robins, Breslow and Greenland 1986), miettinen-nurminen (Mantel-Haenszel or
                inverse-
                variance weights)

R: ``ratesci::scoreci``, ``ratesci::moverci``, ``prop.test``, ``metafor::rma.mh``, ``mantelhaen.test``,
``exact2x2::uncondExact2x2``; SAS: ``PROC FREQ; TABLES / RISKDIFF(CL=) RELRISK OR CMH``.
statsmodels' score interval fails on many small tables, so these are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, check_choice, check_conf_level, normal_quantile
from hepatrial.estimate.mantel_haenszel import compute_mantel_haenszel
from hepatrial.estimate.proportions import estimate_proportion
from hepatrial.estimate.score_intervals import (
    Counts,
    correct_skewness,
    find_limits,
    find_positive_limits,
    make_z,
    score_difference,
    standardise,
)
from hepatrial.estimate.unconditional import compute_exact_difference

METHODS = {
    "difference": (
        "miettinen-nurminen",
        "mee",
        "gart-nam",
        "newcombe",
        "newcombe-cc",
        "mover-jeffreys",
        "wald",
        "wald-cc",
        "chan-zhang",
        "agresti-min",
    ),
    "ratio": ("miettinen-nurminen", "koopman", "katz"),
    "odds-ratio": ("miettinen-nurminen", "wald"),
}
STRATIFIED = ("mantel-haenszel", "mantel-haenszel-greenland", "miettinen-nurminen", "miettinen-nurminen-ivs")


@dataclass(frozen=True)
class ProportionComparison:
    """Other group against reference; ``std_error`` is on the log scale for ratios, NaN where the method has
    none.
    ``statistic`` is signed z and belongs to ``p_value``; both are NaN for methods without a test."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    statistic: float
    p_value: float
    measure: str
    conf_level: float
    method: str
    status: str
    notes: tuple[str, ...]


def compare_proportions(
    n_events: Any,
    n: Any,
    *,
    reference: Any,
    measure: str = "difference",
    method: str = "miettinen-nurminen",
    conf_level: float = 0.95,
    stratum: Any = None,
) -> ProportionComparison:
    """Difference, ratio or odds ratio of two proportions.

    Parameters
    ----------
    n_events, n : mapping from group to counts, or a sequence of two (groups 0 and 1)
        Events and subjects; with ``stratum`` each group has one count a stratum.
    reference : label
        The group compared against.
    measure : str
        ``difference``, ``ratio`` or ``odds-ratio``.
    method : str
        See the module.
    stratum : sequence, optional
        Labels of the strata; the comparison is then within strata.

    Examples
    --------
    >>> fit = compare_proportions({"new": 7, "old": 1}, {"new": 34, "old": 34}, reference="old")
    >>> round(fit.conf_low, 4), round(fit.conf_high, 4)
    (0.027, 0.3453)
    """
    check_choice(measure, tuple(METHODS), "measure")
    check_choice(method, METHODS[measure] if stratum is None else STRATIFIED, "method")
    check_conf_level(conf_level)
    counts = as_counts(n_events, n, reference, 1 if stratum is None else len(stratum))
    if (np.minimum(counts.n1, counts.n2) <= 0).all():
        nothing, reason = (float("nan"),) * 6, ("a group has no subjects",)
        return ProportionComparison(*nothing, measure, conf_level, method, "not_estimable", reason)
    if stratum is not None:
        numbers = _compare_stratified(counts, measure, method, conf_level)
    else:
        numbers = _compare_single(counts, measure, method, conf_level)
    status = "ok"
    notes: tuple[str, ...] = ()
    if np.isnan(numbers[0]):
        status, notes = "not_estimable", (f"the {measure} is 0/0: {_why_undefined(counts)} in either group",)
    elif np.isnan(numbers[2]):
        why = "the standard error is 0" if numbers[1] == 0 else "a count is 0"
        status, notes = "note", (f"{why}: {method} limits do not exist",)
    elif numbers[1] == 0:
        status, notes = "note", (f"the standard error is 0: {method} has no test",)
    return ProportionComparison(
        *numbers, measure=measure, conf_level=conf_level, method=method, status=status, notes=notes
    )


def _why_undefined(counts: Counts) -> str:
    return "no event" if not (counts.x1.any() or counts.x2.any()) else "nobody without an event"


def as_counts(n_events: Any, n: Any, reference: Any, size: int) -> Counts:
    """Counts with the reference second, one a stratum."""
    if not isinstance(n_events, Mapping):
        n_events, n = dict(enumerate(n_events)), dict(enumerate(n))
    if len(n_events) != 2 or set(n_events) != set(n) or reference not in n_events:
        raise EstimateError(f"need two groups, one of them the reference {reference!r}; got {list(n_events)}")
    other = next(key for key in n_events if key != reference)
    arrays = [np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in
              (n_events[other], n[other], n_events[reference], n[reference])]  # fmt: skip
    if any(a.size != size for a in arrays):
        raise EstimateError(f"need {size} counts a group, got {[a.size for a in arrays]}")
    for x, total in (arrays[:2], arrays[2:]):
        if (x != np.floor(x)).any() or (total != np.floor(total)).any() or (x < 0).any() or (x > total).any():
            raise EstimateError(f"need whole numbers with 0 <= n_events <= n, got {x} of {total}")
    return Counts(*arrays)


Numbers = tuple[float, float, float, float, float, float]


def _compare_single(counts: Counts, measure: str, method: str, conf_level: float) -> Numbers:
    c = Counts(counts.x1[0], counts.n1[0], counts.x2[0], counts.n2[0])
    if measure == "difference":
        return _difference(c, method, conf_level)
    if method in ("katz", "wald"):
        return _log_wald(c, measure, conf_level)
    bound, z = normal_quantile(conf_level), make_z(measure, c, method == "miettinen-nurminen")
    if c.x1 + c.x2 == 0 or (measure == "odds-ratio" and c.x1 + c.x2 == c.n1 + c.n2):
        return float("nan"), float("nan"), 0.0, float("inf"), 0.0, 1.0
    low, estimate, high = find_positive_limits(z, bound)
    at_one = z(1.0)
    return estimate, float("nan"), low, high, at_one, 2 * float(norm.sf(abs(at_one)))


def _log_wald(c: Counts, measure: str, conf_level: float) -> Numbers:
    if measure == "ratio":
        top, bottom = c.x1 / c.n1, c.x2 / c.n2
        cells = np.array([c.x1, c.n1, c.x2, c.n2])
        signs = np.array([1.0, -1.0, 1.0, -1.0])
    else:
        top, bottom = c.x1 * (c.n2 - c.x2), c.x2 * (c.n1 - c.x1)
        cells, signs = np.array([c.x1, c.n1 - c.x1, c.x2, c.n2 - c.x2]), np.ones(4)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = float(np.divide(top, bottom))
        if not (c.x1 and c.x2) or (measure == "odds-ratio" and not cells.all()):
            return (estimate, *(float("nan"),) * 5)
        se = float(np.sqrt(np.sum(signs / cells)))
        if not se:
            return (estimate, se, *(float("nan"),) * 4)
        log, half = np.log(estimate), normal_quantile(conf_level) * se
        z = float(log / se)
        low, high = float(np.exp(log - half)), float(np.exp(log + half))
    return estimate, se, low, high, z, 2 * float(norm.sf(abs(z)))


def _difference(c: Counts, method: str, conf_level: float) -> Numbers:
    p1, p2 = c.x1 / c.n1, c.x2 / c.n2
    nan, bound = float("nan"), normal_quantile(conf_level)
    if method in ("miettinen-nurminen", "mee", "gart-nam"):
        return _score_difference(c, method, bound)
    if method in ("newcombe", "newcombe-cc", "mover-jeffreys"):
        return _mover(c, method, conf_level)
    if method in ("chan-zhang", "agresti-min"):
        low, high, p_value = compute_exact_difference(c, method, conf_level)
        return float(p1 - p2), nan, low, high, nan, p_value
    se = float(np.sqrt(p1 * (1 - p1) / c.n1 + p2 * (1 - p2) / c.n2))
    inverse = 1 / c.n1 + 1 / c.n2
    widen = min(0.5, abs(p1 - p2) / inverse) * inverse if method == "wald-cc" else 0.0
    half = bound * se + widen
    if not half:  # everybody alike in each group: an interval without width is none
        return (float(p1 - p2), se, *(nan,) * 4)
    z = float(standardise(np.asarray(p1 - p2), np.asarray(se**2))) if se else nan
    limits = max(float(p1 - p2 - half), -1.0), min(float(p1 - p2 + half), 1.0)
    return float(p1 - p2), se, *limits, z, 2 * float(norm.sf(abs(z)))


def _score_difference(c: Counts, method: str, bound: float) -> Numbers:
    def z(d: float) -> float:
        distance, variance, third = score_difference(c, d, method != "mee")
        plain = float(standardise(distance, variance))
        return correct_skewness(plain, float(variance), float(third)) if method == "gart-nam" else plain

    edge = 1 - 1e-12
    low, estimate, high = find_limits(z, -edge, edge, bound)
    snap = [float(np.sign(v)) if abs(v) >= edge else v for v in (low, high)]
    at_edge = c.x1 in (0, c.n1) and c.x2 in (0, c.n2)  # no information on skewness there
    estimate = float(c.x1 / c.n1 - c.x2 / c.n2) if method != "gart-nam" or at_edge else estimate
    at_zero = z(0.0)
    return estimate, float("nan"), snap[0], snap[1], at_zero, 2 * float(norm.sf(abs(at_zero)))


def _mover(c: Counts, method: str, conf_level: float) -> Numbers:
    """Each limit is as far from the difference as the single limits are, in root of squares."""
    single = {"newcombe": "wilson", "newcombe-cc": "wilson-cc", "mover-jeffreys": "jeffreys-raw"}[method]
    one, two = (
        estimate_proportion(int(x), int(n), method=single, conf_level=conf_level)
        for x, n in ((c.x1, c.n1), (c.x2, c.n2))
    )
    p1, p2 = one.estimate, two.estimate
    if method == "mover-jeffreys":
        p1, p2 = (
            estimate_proportion(int(x), int(n), method="jeffreys-raw", conf_level=1e-12).conf_low
            for x, n in ((c.x1, c.n1), (c.x2, c.n2))
        )
    low = p1 - p2 - float(np.hypot(p1 - one.conf_low, two.conf_high - p2))
    high = p1 - p2 + float(np.hypot(one.conf_high - p1, p2 - two.conf_low))
    nan = float("nan")
    return p1 - p2, nan, low, high, nan, nan


def _compare_stratified(c: Counts, measure: str, method: str, conf_level: float) -> Numbers:
    use = (c.n1 > 0) & (c.n2 > 0)
    c = Counts(c.x1[use], c.n1[use], c.x2[use], c.n2[use])
    bound = normal_quantile(conf_level)
    if method.startswith("mantel-haenszel"):
        estimate, se = compute_mantel_haenszel(c, measure, method.endswith("greenland"))
        return _from_standard_error(estimate, se, bound, is_log=measure != "difference")
    if measure != "difference":
        raise EstimateError(f"stratified {method} compares differences only")
    if method.endswith("ivs"):
        events = c.x1 + c.x2
        if ((events == 0) | (events == c.n1 + c.n2)).any():
            raise EstimateError("inverse-variance weights need events and non-events in every stratum")
    fixed = c.n1 * c.n2 / (c.n1 + c.n2)

    def z(d: float) -> float:
        distance, variance, _ = score_difference(c, d)
        w = _inverse_variance(variance) if method.endswith("ivs") else fixed
        return float(standardise(np.sum(w * distance), np.sum(w**2 * variance)))

    low, estimate, high = find_limits(z, -1 + 1e-12, 1 - 1e-12, bound)
    at_zero = z(0.0)
    return estimate, float("nan"), low, high, at_zero, 2 * float(norm.sf(abs(at_zero)))


def _inverse_variance(variance: FloatArray) -> FloatArray:
    return np.where(variance > 0, 1 / np.where(variance > 0, variance, 1), 0.0)


def _from_standard_error(estimate: float, se: float, bound: float, is_log: bool) -> Numbers:
    if se == 0:
        return (estimate, se, *(float("nan"),) * 4)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = float(np.log(estimate)) if is_log else estimate
        z = centre / se
        low, high = centre - bound * se, centre + bound * se
    if is_log:
        low, high = float(np.exp(low)), float(np.exp(high))
    return estimate, se, low, high, z, 2 * float(norm.sf(abs(z)))
