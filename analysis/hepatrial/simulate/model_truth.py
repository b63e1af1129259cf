"""What analyses of values at visits estimate, by a large simulated sample: its Monte Carlo error is stated.

Every patient of the sample takes every arm in turn, with the same severity, deviations and limits, and is seen on the
target day of each visit; nobody withdraws and no visit is missed.

- mmrm (hypothetical): the difference of mean change, or of means, had nobody died or been transplanted. The model
  borrows from the living, whose severity differs: it need not estimate this, and the bias shows how far it is off.
- composite: the probability that a patient of one arm fares better than one of the other, ties one half.
- proportion: the share of patients in response when nobody's value is missing.

Where the arms are alike, differences are 0, ratios 1 and win probabilities one half, without an error.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from hepatrial.analyse.composite import compare_ranks
from hepatrial.analyse.proportion import MEASURES
from hepatrial.analyse.response import RESPONSE
from hepatrial.simulate.allocation import find_ratio
from hepatrial.simulate.outcomes import make_ranked, make_statuses
from hepatrial.simulate.trial import FloatArray, Trial, TrialPlan, draw_severity, find_fates, find_strata
from hepatrial.simulate.values import BASELINE, Values
from hepatrial.simulate.visits import Visits, draw_deviations, list_visits
from hepatrial.study import Study

STREAM: Final = 103
BATCHES, BATCH = 25, 4000
NULLS: Final = {
    "least squares mean difference": 0.0, "proportion difference": 0.0, "risk ratio": 1.0,
    "odds ratio": 1.0, "win probability": 0.5,
}  # fmt: skip
"""What compares two arms, and its value where they are alike."""
Key = tuple[str, str, str, str, str]
"""Analysis, measure, parameter, visit, arm."""
Truths = dict[Key, tuple[float, float]]


def estimate_truths(plan: TrialPlan, analyses: list[Any]) -> Truths:
    """True value and its Monte Carlo standard error of every number of the analyses that has one."""
    planned = [item for item in analyses if item.method != "survival"]
    is_known = are_alike(plan)
    found: dict[Key, list[float]] = {}
    for batch in range(BATCHES):
        # of alike arms the first batch says which numbers there are
        todo = [item for item in planned if item.method == "proportion" or not is_known or not batch]
        for key, value in _measure_batch(plan, todo, batch) if todo else ():
            found.setdefault(key, []).append(value)
    return {
        key: (_null(plan.study, key), 0.0) if is_known and key[1] in NULLS else _summarise(values)
        for key, values in found.items()
    }


def are_alike(plan: TrialPlan) -> bool:
    """Whether no arm differs from another."""
    return len({plan.drift_shift.get(arm.code, 0.0) for arm in plan.study.design.arms}) == 1


def _null(study: Study, key: Key) -> float:
    """A difference on the log scale is a ratio."""
    is_ratio = key[1] == "least squares mean difference" and getattr(study.parameter(key[2]), "scale", "") == "log"
    return 1.0 if is_ratio else NULLS[key[1]]


def _summarise(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _measure_batch(plan: TrialPlan, analyses: list[Any], batch: int) -> Iterator[tuple[Key, float]]:
    worlds = _draw_worlds(plan, batch)
    for analysis in analyses:
        measure = {"mmrm": _means, "composite": _wins, "proportion": _shares}[analysis.method]
        yield from measure(plan, analysis, worlds)


def _draw_worlds(plan: TrialPlan, batch: int) -> dict[str, tuple[Trial, Values, Values]]:
    """By arm: the sample with its fates and values, and its values had nobody died or been transplanted."""
    rng, disease = np.random.default_rng([plan.seed, STREAM, batch]), plan.scenario.disease
    severity, site = draw_severity(plan.scenario, rng, BATCH)
    mean, slope, sd = disease.drift
    drift = mean + slope * severity + sd * rng.standard_normal(BATCH)
    limits = -np.log1p(-rng.random((4, BATCH)))
    staying = replace(disease, hazards={name: disease.hazards[name] for name in ("death", "transplant")})
    visits = list_visits(plan.study)
    deviation, noise = draw_deviations(BATCH, len(visits), rng)
    day = np.tile([float(max(visit.day, 0)) for visit in visits], (BATCH, 1))
    low, high = plan.scenario.ages
    age, is_male = rng.integers(low, high + 1, BATCH).astype(float), rng.random(BATCH) < 0.5
    seen = Visits(visits, day, np.zeros(day.shape, dtype=bool), deviation, noise, age, is_male)
    found, never = {}, np.full(BATCH, np.nan)
    for arm in plan.study.design.arms:
        own = drift + plan.drift_shift.get(arm.code, 0.0)
        fates = find_fates(staying, severity, own, limits, plan.last_day)
        stratum = find_strata(plan.scenario, severity)
        trial = Trial(np.full(BATCH, arm.code), site, stratum, severity, own, *fates)
        native = replace(trial, death=never, transplant=never, withdrawal=never)
        here = replace(seen, day=_until(day, trial.death))
        found[arm.code] = trial, Values(plan, trial, here), Values(plan, native, seen)
    return found


def _until(day: FloatArray, death: FloatArray) -> FloatArray:
    """Days of visits up to death."""
    return np.where(day > death[:, None], np.nan, day)


def _others(study: Study) -> list[str]:
    return [arm.code for arm in study.design.arms if arm.code != study.design.reference_arm]


def _means(plan: TrialPlan, analysis: Any, worlds: dict[str, Any]) -> Iterator[tuple[Key, float]]:
    reference = plan.study.design.reference_arm
    for code in analysis.parameters:
        is_log = getattr(plan.study.parameter(code), "scale", "") == "log"
        for visit in (name for name in analysis.visits if name != BASELINE):
            means = {
                arm: _mean(values, code, visit, analysis.response, is_log) for arm, (_, _, values) in worlds.items()
            }
            for arm in _others(plan.study):
                value = means[arm] - means[reference]
                key = (analysis.id, "least squares mean difference", code, visit, arm)
                yield key, float(np.exp(value)) if is_log else value


def _mean(values: Values, code: str, visit: str, response: str, is_log: bool) -> float:
    value, base = values.at(code, visit), values.at(code, BASELINE)
    if is_log:
        value, base = np.log(value), np.log(base)
    return float(np.mean(value - base if response == "change" else value))


def _wins(plan: TrialPlan, analysis: Any, worlds: dict[str, Any]) -> Iterator[tuple[Key, float]]:
    """One half of the sample in one arm against the other half in the other: no patient meets himself."""
    reference = plan.study.design.reference_arm
    half = BATCH // 2
    for code in analysis.parameters:
        for visit in analysis.visits:
            ranked = {arm: make_ranked(plan.study, analysis, trial, values, code, visit)
                      for arm, (trial, values, _) in worlds.items()}  # fmt: skip
            for arm in _others(plan.study):
                sides = [(rows["AVAL"].to_numpy(float), rows["DAY"].to_numpy(float))
                         for rows in (ranked[arm][:half], ranked[reference][half:])]  # fmt: skip
                key = (analysis.id, "win probability", code, visit, arm)
                yield key, compare_ranks(analysis, *sides).win_probability


def _shares(plan: TrialPlan, analysis: Any, worlds: dict[str, Any]) -> Iterator[tuple[Key, float]]:
    reference, design = plan.study.design.reference_arm, plan.study.design
    share = {}
    for arm, (trial, values, _) in worlds.items():
        share[arm] = float((make_statuses(plan.study, analysis, trial, values)["STATUS"] == RESPONSE).mean())
    place = (analysis.parameter, analysis.visit)
    if not analysis.by_arm:
        average = float(np.average([share[arm.code] for arm in design.arms], weights=find_ratio(plan.study)))
        yield (analysis.id, "proportion", *place, "all"), average
        return
    for arm, value in share.items():
        yield (analysis.id, "proportion", *place, arm), value
    for arm in _others(plan.study) if analysis.comparison else ():
        measure = MEASURES[analysis.comparison.measure]
        yield (analysis.id, measure, *place, arm), _contrast(measure, share[arm], share[reference])


def _contrast(measure: str, one: float, other: float) -> float:
    """A difference or ratio of two shares; NaN where it is infinite."""
    if measure == "proportion difference":
        return one - other
    if other in (0.0, 1.0) or one == 1.0:
        return float("nan")
    return one / other if measure == "risk ratio" else one / (1 - one) * (1 - other) / other
