"""Who came to which visit of a simulated trial, and what each one's analytes have beside severity, as arrays.

The same rules as for a patient of the exports (``patients``): in hospital on the day, later about the day, now and then
late or missed, never after death or withdrawal. Drawn apart from the trial's fates, which stay the same without visits.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hepatrial.simulate.draws import compute_cholesky
from hepatrial.simulate.patients import FIRST_OUTPATIENT_DAY, OUT_OF_WINDOW, Attended
from hepatrial.simulate.priors import ADDED, PRIORS, compute_correlation
from hepatrial.simulate.scenario import Scenario
from hepatrial.simulate.trial import BoolArray, FloatArray, IntArray, Trial, TrialPlan
from hepatrial.study import Study, Visit

STREAM: Final = 102
MALE: Final = 0.62
LAST_DAYS: Final = 10
"""Visits take place up to so many days after the end of the study."""
FACTOR: Final = np.array([row + [0.0] * (len(PRIORS) - len(row)) for row in compute_cholesky(compute_correlation())])


@dataclass(frozen=True, eq=False)
class Visits:
    """What the visits of a trial show: patients down, the study's visits from the baseline on across.

    ``day`` is NaN where nobody came; ``is_missed`` where a visit was due. ``noise``: standardised deviations of a
    visit, ``deviation``: of a patient, by analyte. Age in years, sex M or F.
    """

    visits: tuple[Visit, ...]
    day: FloatArray
    is_missed: BoolArray
    deviation: dict[str, FloatArray]
    noise: dict[str, FloatArray]
    age: FloatArray
    is_male: BoolArray

    def attended_by(self, place: int) -> tuple[Attended, ...]:
        """The visits of one patient, as the exports have them."""
        found = []
        for visit, day, is_missed in zip(self.visits, self.day[place], self.is_missed[place], strict=True):
            if is_missed or not np.isnan(day):
                found.append(Attended(visit, None if is_missed else int(day), bool(day > visit.window[1])))
        return tuple(found)


def list_visits(study: Study) -> tuple[Visit, ...]:
    """The visits that replicates have: all but those from before the onset."""
    return tuple(visit for visit in study.visits if visit.window[1] >= 0)


def draw_visits(plan: TrialPlan, trial: Trial, replicate: int) -> Visits:
    """Visits of a replicate; the same number gives the same visits."""
    rng = np.random.default_rng([plan.seed, STREAM, replicate])
    visits = list_visits(plan.study)
    end = np.fmin(np.fmin(trial.death, trial.withdrawal), float(plan.last_day + LAST_DAYS))
    missed = np.array([site.missed_visit for site in plan.scenario.sites])[trial.site]
    day, is_missed = _attend(visits, end, missed, rng)
    deviation, noise = draw_deviations(trial.n, len(visits), rng)
    age, is_male = _draw_people(plan.scenario, trial.n, rng)
    return Visits(visits, day, is_missed, deviation, noise, age, is_male)


def _attend(
    visits: tuple[Visit, ...], end: FloatArray, missed: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, BoolArray]:
    shape = (len(end), len(visits))
    jitter, left, late = rng.standard_normal(shape), rng.random(shape), rng.random(shape) < OUT_OF_WINDOW
    target = np.array([float(visit.day) for visit in visits])
    first, last = (np.array([float(visit.window[side]) for visit in visits]) for side in (0, 1))
    is_out = target >= FIRST_OUTPATIENT_DAY
    day = np.clip(target + np.where(is_out, np.rint(jitter * (last - first) / 6), 0.0), first, last)
    day = np.where(is_out & late, last + 2, day)
    day = np.where(target <= 0, 0.0, day)
    is_missed = (left < missed[:, None]) & (target >= 3) & (target <= end[:, None])
    is_twice = (day[:, :-1] == day[:, 1:]) & (target[:-1] > 0) & (day[:, 1:] <= end[:, None])
    is_missed[:, :-1] |= is_twice  # nobody comes twice on a day: the late visit is not made
    is_there = (target <= 0) | ((target <= end[:, None]) & (day <= end[:, None]) & ~is_missed)
    return np.where(is_there, day, np.nan), is_missed


def draw_deviations(
    n: int, n_visits: int, rng: np.random.Generator
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Standardised deviations of each analyte: of patients (n) and of their visits (n, visits)."""
    free = rng.standard_normal((n, n_visits + 1, len(PRIORS)))
    core = np.einsum("nvj,ij->nvi", free, FACTOR)
    added = rng.standard_normal((n, n_visits + 1, len(ADDED)))
    both = np.concatenate([core, added], axis=2)
    codes = [*PRIORS, *ADDED]
    return (
        {code: both[:, 0, place] for place, code in enumerate(codes)},
        {code: both[:, 1:, place] for place, code in enumerate(codes)},
    )


def _draw_people(scenario: Scenario, n: int, rng: np.random.Generator) -> tuple[FloatArray, BoolArray]:
    """Age in years, and whether male."""
    age: IntArray = rng.integers(scenario.ages[0], scenario.ages[1] + 1, n)
    return age.astype(float), rng.random(n) < MALE
