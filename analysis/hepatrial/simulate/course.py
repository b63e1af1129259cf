"""The course of one patient: severity over time, and the death, transplantation or withdrawal that it leads to.

Severity z(t) = z0 + d (1 - exp(-t / tau)), t days from the first session. z0 is standard normal; the drift d is
better in the less sick, d ~ N(-2.6 + 1.1 z0, 0.9). Hazards a day are exponential in severity, so that the same
number drives what the laboratory measures and who dies. After transplantation severity goes to RECOVERED.
"""

import math
from dataclasses import dataclass

from hepatrial.simulate.draws import Draws
from hepatrial.simulate.priors import PRIORS, Prior

RECOVERED = -3.2
HAZARD_LAG_DAYS = 8.0
TRANSPLANT_LAG_DAYS = 6.0
DAILY_HAZARD = {"death": (0.009, 1.25), "transplant": (0.0035, 0.9), "withdrawal": (0.0012, 0.0)}
"""Per outcome: hazard a day at severity 0, and its log ratio a unit of severity."""
TRANSPLANT_DAYS = (4, 45)
AFTER_TRANSPLANT_HAZARD = 0.0008


@dataclass(frozen=True)
class Course:
    """One patient's latent severity and fate; days are follow-up days from the first session."""

    severity: float
    drift: float
    deviation: dict[str, float]
    death_day: int | None = None
    transplant_day: int | None = None
    withdrawal_day: int | None = None

    def severity_at(self, day: float, lag_days: float) -> float:
        """Severity as an analyte that follows it with this lag shows it; before the origin it is still rising."""
        if day < 0:
            return self.severity + 0.08 * day
        native_day = day if self.transplant_day is None else min(day, self.transplant_day)
        native = self.severity + self.drift * (1 - math.exp(-native_day / lag_days))
        if self.transplant_day is None or day <= self.transplant_day:
            return native
        after = 1 - math.exp(-(day - self.transplant_day) / min(lag_days, TRANSPLANT_LAG_DAYS))
        return native + (RECOVERED - native) * after

    def value(self, code: str, day: float, noise: float) -> float:
        """The analyte as it is in the blood; ``noise`` is its standardised deviation on that day."""
        prior = PRIORS[code]
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


def draw_course(draws: Draws, factor: list[list[float]], drift_shift: float = 0.0) -> Course:
    """Severity, drift and the analytes' deviations of one person; no fate yet."""
    severity = draws.normal()
    drift = draws.normal(-2.6 + 1.1 * severity, 0.9) + drift_shift
    return Course(severity, drift, dict(zip(PRIORS, draws.correlated(factor), strict=True)))


def draw_fate(course: Course, draws: Draws, last_day: int) -> Course:
    """The course with its death, transplantation and withdrawal, whichever of them come."""
    limits = {name: draws.exponential() for name in DAILY_HAZARD}
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
    return Course(course.severity, course.drift, course.deviation, death, transplant, withdrawal)


def _first_day(course: Course, outcome: str, limit: float, last_day: int) -> int | None:
    base, slope = DAILY_HAZARD[outcome]
    first, last = TRANSPLANT_DAYS if outcome == "transplant" else (1, last_day)
    total = 0.0
    for day in range(first, min(last, last_day) + 1):
        total += base * math.exp(slope * course.severity_at(day, HAZARD_LAG_DAYS))
        if total >= limit:
            return day
    return None


def _later_death(transplant: int, limit: float, last_day: int) -> int | None:
    day = transplant + 1 + int(limit / AFTER_TRANSPLANT_HAZARD)
    return day if day <= last_day else None
