"""Stopping rules of single-arm trials for toxicity or mortality: how many events among the first n stop the trial.

Each rule scores how extreme x events among n are against the acceptable proportion p0; the trial stops at the first
look where the score reaches one critical value c for the whole trial. N is the n of the last look, q0 = 1 - p0.

    pocock              P(X_n >= x | p0) <= c, a constant exact level (Ivanova, Qaqish and Schell 2005, doi
                        10.1111/j.1541-0420.2005.00311.x)
    wang-tsiatis-exact  P(X_n >= x | p0) <= Phi(c (n/N)^(-delta)); delta 0 is pocock, 1/2 O'Brien-Fleming
    obrien-fleming      (x - n p0) / sqrt(N p0 q0) >= c
    wang-tsiatis        (x - n p0) / (sqrt(n p0 q0) (n/N)^(delta - 1/2)) >= c; delta 0 is obrien-fleming
    beta-binomial       P(p > p0 | x, n) >= c, prior Beta(a, b) (Geller, Follmann, Leifer and Carter 2003, in
                        Advances in Clinical Trial Biostatistics)
    sprt                log likelihood ratio of p1 against p0 >= c (Wald 1945, doi 10.1214/aoms/1177731118)
    maxsprt             the same with p1 = x/n (Kulldorff et al. 2011, doi 10.1080/07474946.2011.539924)

With ``alpha`` the critical value is the most liberal one whose exact probability of ever stopping under p0 is at most
alpha. A look at which x = n would not stop has ``stop_at`` > n (any such number means the same). Integers are compared,
never a printed critical value: that is a point on a discrete scale, and software prints it rounded to the wrong side as
often as not.

R: ``stoppingrule::calc.rule.bin``; ``clinfun::toxbdry`` (pocock and wang-tsiatis-exact; its table is ``stop_at`` - 1,
``lo.bdry`` belongs to ``stop_at_above``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import betainc, xlogy
from scipy.stats import binom, norm

from hepatrial.errors import EstimateError
from hepatrial.estimate.inputs import FloatArray, IntArray, as_codes, check_choice
from hepatrial.estimate.monitoring.binomial_path import compute_stop_probability

Score = Callable[[FloatArray, int], FloatArray]
SCORE_DIGITS = 10  # scores equal in exact arithmetic (2 of 5 and 3 of 10 under p0 = 0.2) must not differ by rounding


@dataclass(frozen=True)
class StoppingBoundary:
    """Stop when events among the first ``looks[k]`` evaluable patients reach ``stop_at[k]``.

    ``critical_value`` is on the scale of the rule; ``attained`` the exact probability of ever stopping under p0;
    ``stop_at_above`` and ``critical_value_above`` belong to the next more liberal boundary, whose probability exceeds
    alpha (None for a declared cutoff, or when there is none).
    """

    looks: tuple[int, ...]
    stop_at: tuple[int, ...]
    stop_at_above: tuple[int, ...] | None
    p0: float
    alpha: float | None
    critical_value: float
    critical_value_above: float | None
    attained: float
    method: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Rule:
    """A score that rises with the events, its defined range of x, and how its critical value is printed."""

    score: Score
    show: Callable[[float], float]


def stopping_boundary(
    looks: Sequence[int],
    *,
    p0: float,
    rule: str,
    alpha: float | None = None,
    cutoff: float | None = None,
    delta: float | None = None,
    prior: tuple[float, float] | None = None,
    p1: float | None = None,
) -> StoppingBoundary:
    """Stopping boundary of a single-arm trial.

    Parameters
    ----------
    looks : numbers of evaluable patients at which to look, increasing; ``range(1, n + 1)`` for continuous monitoring.
    p0 : acceptable probability of the event.
    rule : see the module.
    alpha : bound on the probability of ever stopping under p0.
    cutoff : beta-binomial only, in place of alpha: stop when the posterior probability of p > p0 exceeds it.
    delta, prior, p1 : shape of the Wang-Tsiatis rules, (a, b) of beta-binomial, alternative of sprt.

    Examples
    --------
    >>> stopping_boundary([3, 6, 10], p0=0.2, rule="pocock", alpha=0.05).stop_at
    (3, 4, 5)
    """
    sizes = as_codes(looks, len(looks), "looks")
    if sizes.size == 0 or (np.diff(sizes, prepend=0) <= 0).any():
        raise EstimateError(f"looks must be increasing whole numbers >= 1, got {list(looks)[:10]}")
    if not 0 < p0 < 1:
        raise EstimateError(f"p0 must be between 0 and 1, got {p0}")
    made = _make_rule(rule, p0, int(sizes[-1]), delta, prior, p1)
    if cutoff is not None:
        return _declared(sizes, p0, rule, made, cutoff, alpha)
    if alpha is None or not 0 < alpha < 1:
        raise EstimateError(f"alpha must be between 0 and 1, got {alpha}")
    return _calibrated(sizes, p0, rule, made, alpha)


def _calibrated(sizes: IntArray, p0: float, rule: str, made: _Rule, alpha: float) -> StoppingBoundary:
    """Bisection over the finitely many critical values at which the boundary changes."""
    scores = [np.round(made.score(np.arange(sizes[-1] + 2.0), int(n)), SCORE_DIGITS) for n in sizes]
    within = np.concatenate([s[: n + 1] for s, n in zip(scores, sizes, strict=True)])
    steps = np.unique(within[np.isfinite(within)])

    def boundary(step: int) -> IntArray:
        return np.array([int(np.searchsorted(s, steps[step])) for s in scores], dtype=np.int64)

    low, high = -1, steps.size  # the answer is in (low, high]
    while high - low > 1:
        middle = (low + high) // 2
        if compute_stop_probability(sizes, boundary(middle), p0) <= alpha:
            high = middle
        else:
            low = middle
    if high == steps.size:
        raise EstimateError(f"no boundary keeps alpha {alpha:g}: even stopping only at {sizes[-1]} events exceeds it")
    chosen = boundary(high)
    has_above = low >= 0
    return StoppingBoundary(
        tuple(sizes.tolist()),
        tuple(chosen.tolist()),
        tuple(boundary(low).tolist()) if has_above else None,
        p0,
        alpha,
        made.show(float(steps[high])),
        made.show(float(steps[low])) if has_above else None,
        compute_stop_probability(sizes, chosen, p0),
        rule,
        "ok",
        (),
    )


def _declared(
    sizes: IntArray, p0: float, rule: str, made: _Rule, cutoff: float, alpha: float | None
) -> StoppingBoundary:
    if rule != "beta-binomial" or alpha is not None or not 0 < cutoff < 1:
        raise EstimateError("cutoff (between 0 and 1) is for beta-binomial, in place of alpha")
    counts = np.arange(sizes[-1] + 2.0)
    chosen = [int(np.searchsorted(made.score(counts, int(n)), -np.log1p(-cutoff), side="right")) for n in sizes]
    attained = compute_stop_probability(sizes, np.array(chosen), p0)
    return StoppingBoundary(
        tuple(sizes.tolist()), tuple(chosen), None, p0, None, cutoff, None, attained, rule, "ok", ()
    )


def _make_rule(
    rule: str, p0: float, last: int, delta: float | None, prior: tuple[float, float] | None, p1: float | None
) -> _Rule:
    check_choice(rule, tuple(_NEEDS), "rule")
    given = {"delta": delta, "prior": prior, "p1": p1}
    for name, value in given.items():
        if (value is not None) != (name == _NEEDS[rule]):
            raise EstimateError(f"rule {rule} {'needs' if value is None else 'takes no'} {name}=")
    if delta is not None and not 0 <= delta <= 0.5:
        raise EstimateError(f"delta must be 0 to 0.5, got {delta}")
    if prior is not None and min(prior) <= 0:
        raise EstimateError(f"prior must be (a, b), both > 0, got {prior}")
    if p1 is not None and not p0 < p1 < 1:
        raise EstimateError(f"p1 must be above p0 = {p0} and below 1, got {p1}")
    return _RULES[rule](p0, last, delta, prior, p1)


def _upper_tail(x: FloatArray, n: int, p0: float) -> FloatArray:
    return np.asarray(binom.sf(x - 1, n, p0))


def _pocock(x: FloatArray, n: int, *, p0: float) -> FloatArray:
    with np.errstate(divide="ignore"):  # x > n never happens: score infinite
        return np.asarray(-np.log(_upper_tail(x, n, p0)))


def _exact_shape(x: FloatArray, n: int, *, p0: float, last: int, delta: float) -> FloatArray:
    return np.asarray(norm.isf(_upper_tail(x, n, p0)) * (n / last) ** delta)


def _standardised(x: FloatArray, n: int, *, p0: float, last: int, delta: float) -> FloatArray:
    return np.asarray((x - n * p0) / (np.sqrt(n * p0 * (1 - p0)) * (n / last) ** (delta - 0.5)))


def _posterior(x: FloatArray, n: int, *, p0: float, prior: tuple[float, float]) -> FloatArray:
    """-log P(p <= p0 | x, n), carried on past x = n while the second parameter stays positive, as stoppingrule does."""
    score = np.full(x.size, np.inf)
    defined = prior[1] + n - x > 0
    score[defined] = -np.log(betainc(prior[0] + x[defined], prior[1] + n - x[defined], p0))
    return score


def _ratio(x: FloatArray, n: int, *, p0: float, p1: float) -> FloatArray:
    return np.asarray(x * np.log(p1 / p0) + (n - x) * np.log((1 - p1) / (1 - p0)))


def _maximised(x: FloatArray, n: int, *, p0: float) -> FloatArray:
    """Zero up to the expected number of events: fewer events than expected are no reason to stop."""
    rest = np.maximum(n - x, 0.0)
    ratio = xlogy(x, x / (n * p0)) + xlogy(rest, rest / (n * (1 - p0)))
    return np.where(x > n, np.inf, np.where(x > n * p0, ratio, 0.0))


def _same(value: float) -> float:
    return value


_NEEDS = {
    "pocock": None,
    "wang-tsiatis-exact": "delta",
    "obrien-fleming": None,
    "wang-tsiatis": "delta",
    "beta-binomial": "prior",
    "sprt": "p1",
    "maxsprt": None,
}
_RULES: dict[str, Callable[..., _Rule]] = {
    "pocock": lambda p0, last, delta, prior, p1: _Rule(partial(_pocock, p0=p0), lambda c: float(np.exp(-c))),
    "wang-tsiatis-exact": lambda p0, last, delta, prior, p1: _Rule(
        partial(_exact_shape, p0=p0, last=last, delta=delta), lambda c: float(norm.sf(c))
    ),
    "obrien-fleming": lambda p0, last, delta, prior, p1: _Rule(
        partial(_standardised, p0=p0, last=last, delta=0.0), _same
    ),
    "wang-tsiatis": lambda p0, last, delta, prior, p1: _Rule(
        partial(_standardised, p0=p0, last=last, delta=delta), _same
    ),
    "beta-binomial": lambda p0, last, delta, prior, p1: _Rule(
        partial(_posterior, p0=p0, prior=prior), lambda c: float(-np.expm1(-c))
    ),
    "sprt": lambda p0, last, delta, prior, p1: _Rule(partial(_ratio, p0=p0, p1=p1), _same),
    "maxsprt": lambda p0, last, delta, prior, p1: _Rule(partial(_maximised, p0=p0), _same),
}
