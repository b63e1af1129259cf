"""One simulated trial as arrays, fast enough for thousands: who is in which arm, how sick, and how it ended.

The same disease as in ``course``, a patient an array element instead of an object; everybody planned is enrolled, so
that nobody is screened out. Only ``standard_normal``, ``random`` and ``integers`` are drawn, so that a replicate does
not depend on the library's version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hepatrial.errors import SimulateError
from hepatrial.simulate.allocation import make_block
from hepatrial.simulate.course import AFTER_TRANSPLANT_HAZARD, HAZARD_LAG_DAYS
from hepatrial.simulate.scenario import Disease, Scenario
from hepatrial.study import Study

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.str_]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ACCRUAL_DAYS: Final = 240
STREAM: Final = 101
"""Keeps replicates apart from the draws of exports with the same seed."""
STRATA: Final = ("A", "B")
"""Less sick and sicker than the middle, where the study is stratified."""


@dataclass(frozen=True)
class TrialPlan:
    """What every replicate is drawn from.

    ``drift_shift``: added to the drift of severity by arm; negative is a better course, none makes the arms alike.
    ``accrual_days``: how long it takes to enrol everybody, which matters to monitoring alone.
    """

    study: Study
    scenario: Scenario
    n: int
    seed: int
    drift_shift: Mapping[str, float]
    accrual_days: int = ACCRUAL_DAYS

    @property
    def last_day(self) -> int:
        return self.study.time.study_end_day

    def shift_of(self, arms: TextArray) -> FloatArray:
        """The shift of each patient's arm."""
        return np.array([self.drift_shift.get(str(arm), 0.0) for arm in arms], dtype=float)


@dataclass(frozen=True, eq=False)
class Trial:
    """Arrays with an element a patient; a day is NaN where it did not come. ``site``: place in the scenario's."""

    arm: TextArray
    site: IntArray
    stratum: TextArray
    severity: FloatArray
    drift: FloatArray
    death: FloatArray
    transplant: FloatArray
    withdrawal: FloatArray

    @property
    def n(self) -> int:
        return len(self.arm)

    @property
    def names(self) -> TextArray:
        """S001, S002 and so on."""
        return np.array([f"S{place:03d}" for place in range(1, self.n + 1)])


def check_shifts(study: Study, drift_shift: Mapping[str, float]) -> None:
    """Raise SimulateError for a shift of an arm that the study does not have."""
    arms = [arm.code for arm in study.design.arms]
    unknown = sorted(set(drift_shift) - set(arms))
    if unknown:
        raise SimulateError(f"no arm {', '.join(unknown)}; the study's arms are {', '.join(arms)}")


def draw_trial(plan: TrialPlan, replicate: int) -> Trial:
    """Replicate number ``replicate``; the same number gives the same trial whatever else was drawn."""
    rng = np.random.default_rng([plan.seed, STREAM, replicate])
    disease = plan.scenario.disease
    severity, site = draw_severity(plan.scenario, rng, plan.n)
    mean, slope, sd = disease.drift
    drift = mean + slope * severity + sd * rng.standard_normal(plan.n)
    stratum = find_strata(plan.scenario, severity)
    arm = _allocate(plan.study, stratum, rng)
    drift = drift + plan.shift_of(arm)
    limits = -np.log1p(-rng.random((4, plan.n)))
    death, transplant, withdrawal = find_fates(disease, severity, drift, limits, plan.last_day)
    return Trial(arm, site, stratum, severity, drift, death, transplant, withdrawal)


def draw_severity(scenario: Scenario, rng: np.random.Generator, n: int) -> tuple[FloatArray, IntArray]:
    """Severity of each patient, who is sicker at some sites, and the site."""
    own = rng.standard_normal(n)
    shares = np.cumsum([site.share for site in scenario.sites])
    place = np.searchsorted(shares, rng.random(n) * shares[-1], side="right")
    place = np.minimum(place, len(shares) - 1)
    return own + np.array([site.severity for site in scenario.sites])[place], place


def find_strata(scenario: Scenario, severity: FloatArray) -> TextArray:
    """Less or more sick than the middle, where the scenario is stratified."""
    return np.where(severity > 0, STRATA[1], STRATA[0]) if scenario.stratum else np.full(len(severity), "")


def _allocate(study: Study, stratum: TextArray, rng: np.random.Generator) -> TextArray:
    """Permuted blocks within each stratum, in the order of the patients."""
    block = np.array(make_block(study.design.arms, study.design.allocation))
    arm = np.empty(len(stratum), dtype=block.dtype)
    for level in sorted(set(stratum.tolist())):
        rows = np.flatnonzero(stratum == level)
        count = -(-len(rows) // len(block))
        order = rng.random((count, len(block))).argsort(axis=1, kind="stable")
        arm[rows] = block[order].ravel()[: len(rows)]
    return arm


def cumulate_hazards(disease: Disease, severity: FloatArray, drift: FloatArray, last_day: int) -> dict[str, FloatArray]:
    """Cumulative hazard of each outcome at days 1 to ``last_day``: patients down, days across."""
    days = np.arange(1, last_day + 1)
    share = 1 - np.exp(-days / (HAZARD_LAG_DAYS * disease.pace))
    course = severity[:, None] + drift[:, None] * share
    found = {}
    for outcome, (base, slope) in disease.hazards.items():
        hazard = base * np.exp(slope * course)
        if outcome == "transplant":
            first, last = disease.transplant_days
            hazard = np.where((days >= first) & (days <= last), hazard, 0.0)
        found[outcome] = hazard.cumsum(axis=1)
    return found


def find_fates(
    disease: Disease, severity: FloatArray, drift: FloatArray, limits: FloatArray, last_day: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Days of death, transplantation and withdrawal.

    An outcome comes on the first day on which its cumulative hazard reaches the patient's limit. Death before or on
    the day of a transplantation leaves none; after a transplantation another hazard of death holds; whoever withdraws
    is seen no more. ``limits``: standard exponentials for death, transplant, withdrawal and death after transplant.
    """
    hazards = cumulate_hazards(disease, severity, drift, last_day)
    first = [_first_day(hazards.get(name), limit, last_day)
             for name, limit in zip(("death", "transplant", "withdrawal"), limits, strict=False)]  # fmt: skip
    death, transplant, withdrawal = first
    transplant = np.where(death <= transplant, np.nan, transplant)
    later = transplant + 1 + np.floor(limits[3] / AFTER_TRANSPLANT_HAZARD)
    later = np.where(later <= last_day, later, np.nan)
    death = np.where(np.isnan(transplant), death, later)
    is_gone = ~np.isnan(transplant) | (death <= withdrawal)
    withdrawal = np.where(is_gone, np.nan, withdrawal)
    return np.where(np.isnan(withdrawal), death, np.nan), transplant, withdrawal


def _first_day(hazard: FloatArray | None, limit: FloatArray, last_day: int) -> FloatArray:
    if hazard is None:
        return np.full(len(limit), np.nan)
    day = (hazard < limit[:, None]).sum(axis=1) + 1.0
    return np.where(day <= last_day, day, np.nan)
