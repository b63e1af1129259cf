"""The course of one patient: severity over time, and the death, transplantation or withdrawal that it leads to.

Severity z(t) = z0 + d (1 - exp(-t / tau)), t days from the origin. z0 is standard normal; the drift d is better in
the less sick, in acute failure d ~ N(-2.6 + 1.1 z0, 0.9). Hazards a day are exponential in severity, so that the
same number drives what the laboratory measures and who dies. After transplantation severity goes to RECOVERED.
"""

import math
from dataclasses import dataclass, replace

from hepatrial.simulate.draws import Draws
from hepatrial.simulate.priors import PRIORS, Prior
from hepatrial.simulate.scenario import Disease

RECOVERED = -3.2
HAZARD_LAG_DAYS = 8.0
TRANSPLANT_LAG_DAYS = 6.0
BEFORE_ONSET_DAYS = -30
"""Before the first session severity rises for at most this long; earlier the patient was as on that day."""
RISE_BEFORE_ONSET = 0.08
AFTER_TRANSPLANT_HAZARD = 0.0008


@dataclass(frozen=True)
class Course:
    """One patient's latent severity and fate; days are follow-up days from the first session."""

    severity: float
    drift: float
    deviation: dict[str, float]
    disease: Disease
    death_day: int | None = None
    transplant_day: int | None = None
    withdrawal_day: int | None = None

    def severity_at(self, day: float, lag_days: float) -> float:
        """Severity as an analyte that follows it with this lag shows it; before the origin it is still rising."""
        if day < 0:
            return self.severity + RISE_BEFORE_ONSET * max(day, BEFORE_ONSET_DAYS)
        lag_days *= self.disease.pace
        native_day = day if self.transplant_day is None else min(day, self.transplant_day)
        native = self.severity + self.drift * (1 - math.exp(-native_day / lag_days))
        if self.transplant_day is None or day <= self.transplant_day:
            return native
        after = 1 - math.exp(-(day - self.transplant_day) / min(lag_days, TRANSPLANT_LAG_DAYS))
        return native + (RECOVERED - native) * after

    def value(self, code: str, day: float, noise: float) -> float:
        """The analyte as it is in the blood; ``noise`` is its standardised deviation on that day."""
        prior = self.disease.priors[code]
        shift = prior.slope * self.severity_at(day, prior.lag_days) + self._regrowth(prior, day)
        shift += prior.between * self.deviation[code] + prior.within * noise
        if not prior.is_log:
            return min(max(prior.middle + shift, prior.low), prior.high)
        value = prior.middle * math.exp(shift)
        levelled = value / math.pow(1 + (value / prior.high) ** 4, 0.25)  # towards the highest that is seen
        return max(levelled, prior.low)

    def ends_at(self, last_day: int) -> int:
        """Last day on study: death, withdrawal or the end."""
        return min(day for day in (self.death_day, self.withdrawal_day, last_day) if day is not None)

    def _regrowth(self, prior: Prior, day: float) -> float:
        """A regenerating liver makes AFP: a wave about three weeks in, higher the better the recovery."""
        if not prior.regrowth or day <= 0:
            return 0.0
        wave = (day / 20) * math.exp(1 - day / 20)
        removed = 0.25 if self.transplant_day is not None and day > self.transplant_day else 1.0
        return prior.regrowth * max(0.0, -self.drift) * wave * removed


def draw_course(draws: Draws, factor: list[list[float]], disease: Disease, shift: float = 0.0) -> Course:
    """Severity (``shift`` added), drift and the analytes' deviations of one person; no fate yet."""
    severity = draws.normal(shift)
    mean, slope, sd = disease.drift
    drift = draws.normal(mean + slope * severity, sd)
    return Course(severity, drift, dict(zip(PRIORS, draws.correlated(factor), strict=True)), disease)


def draw_fate(course: Course, draws: Draws, last_day: int) -> Course:
    """The course with its death, transplantation and withdrawal, whichever of them come."""
    limits = {name: draws.exponential() for name in course.disease.hazards}
    after_transplant = draws.exponential()
    days = {name: _first_day(course, name, limit, last_day) for name, limit in limits.items()}
    transplant, death, withdrawal = days["transplant"], days["death"], days["withdrawal"]
    if death is not None and (transplant is None or death <= transplant):
        transplant = None
    elif transplant is not None:
        death = _later_death(transplant, after_transplant, last_day)
    if withdrawal is not None and (transplant is not None or (death is not None and death <= withdrawal)):
        withdrawal = None
    death = None if withdrawal is not None else death
    return replace(course, death_day=death, transplant_day=transplant, withdrawal_day=withdrawal)


def _first_day(course: Course, outcome: str, limit: float, last_day: int) -> int | None:
    base, slope = course.disease.hazards[outcome]
    first, last = course.disease.transplant_days if outcome == "transplant" else (1, last_day)
    total = 0.0
    for day in range(first, min(last, last_day) + 1):
        total += base * math.exp(slope * course.severity_at(day, HAZARD_LAG_DAYS))
        if total >= limit:
            return day
    return None


def _later_death(transplant: int, limit: float, last_day: int) -> int | None:
    day = transplant + 1 + int(limit / AFTER_TRANSPLANT_HAZARD)
    return day if day <= last_day else None
