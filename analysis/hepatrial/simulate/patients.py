"""Patients: who they are, when they were enrolled and treated, which visits they came to, how it ended."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hepatrial.derive.score_rows import find_score
from hepatrial.derive.scores import compute_score
from hepatrial.errors import SimulateError
from hepatrial.simulate.allocation import Allocation
from hepatrial.simulate.course import Course, draw_course, draw_fate
from hepatrial.simulate.draws import Draws, compute_cholesky
from hepatrial.simulate.priors import ADDED, GRADED, KNOWN, PRIORS, PROPORTIONAL, SUPPORT, compute_correlation
from hepatrial.simulate.scenario import Scenario, Shares, Site
from hepatrial.simulate.screening import Entry, find_failure, find_stratum
from hepatrial.study import Arm, Study, Visit

SCREENING_DAY, BASELINE_DAY = "screening", "baseline"
KNOWN_BEFORE = 0.7
"""Share of the patients with records of a visit before the onset, where the study file has one."""
OUT_OF_WINDOW = 0.03
FIRST_OUTPATIENT_DAY = 10
CANDIDATES_PER_PATIENT = 40


@dataclass(frozen=True)
class Attended:
    """A protocol visit of one patient; ``day`` is None when it was missed."""

    visit: Visit
    day: int | None
    is_out_of_window: bool = False


@dataclass(frozen=True)
class Session:
    """One blood purification session or infusion; shorter than planned when it was stopped."""

    day: int
    start_minute: int
    minutes: int
    is_complete: bool


@dataclass(frozen=True)
class Patient:
    """Everything about one enrolled person that the tables are written from."""

    number: int
    subject_id: str
    arm: str
    age: int
    sex: str
    aetiology: str
    stage: str
    consented: date
    origin: date
    course: Course
    sessions: tuple[Session, ...]
    visits: tuple[Attended, ...]
    noise: Mapping[object, Mapping[str, float]]
    site: Site
    onset: date
    stratum: str = ""
    second_arm: str = ""
    is_lost: bool = False
    leaves_against_advice: bool = False

    def date_of(self, day: int) -> date:
        return self.origin + timedelta(days=day)

    def value(self, code: str, when: object, day: float) -> float:
        """The analyte at a visit (``when`` is its code, or SCREENING_DAY); organ support is 0 or 1."""
        if code in SUPPORT:
            base, sign, limit = SUPPORT[code]
            shown = self.value(base, when, day)
            return float(shown < limit if sign == "<" else shown > limit)
        if code in PROPORTIONAL:
            base, factor = PROPORTIONAL[code]
            return factor * self.value(base, when, day)
        return self.course.value(code, day, self.noise[when][code])


@dataclass(frozen=True)
class Screened:
    """One person screened; ``patient`` is None and ``reason`` given when not enrolled."""

    screening_id: str
    screened: date
    patient: Patient | None
    reason: str


@dataclass(frozen=True)
class Plan:
    """What the draws of every candidate need, worked out once."""

    study: Study
    scenario: Scenario
    n: int
    seed: int
    first_date: date
    accrual_days: int
    drift_shift: Mapping[str, float]
    factor: list[list[float]]


def make_plan(
    study: Study,
    scenario: Scenario,
    n: int,
    seed: int,
    first_date: date,
    accrual_days: int,
    drift_shift: Mapping[str, float],
) -> Plan:
    """Check that every parameter has a prior."""
    unknown = sorted({item.code for item in study.parameters} - set(KNOWN) - set(SUPPORT))
    if unknown:
        known = ", ".join([*KNOWN, *SUPPORT])
        raise SimulateError(f"no clinical prior for the parameters {unknown}; priors exist for {known}")
    factor = compute_cholesky(compute_correlation())
    return Plan(study, scenario, n, seed, first_date, accrual_days, drift_shift, factor)


def draw_screened(plan: Plan) -> list[Screened]:
    """Everybody screened, in the order of their dates, until ``plan.n`` are enrolled."""
    found: list[Screened] = []
    enrolled, elapsed = 0, 0.0
    pace = Draws(plan.seed, 1)
    allocation = Allocation(plan.study, plan.seed)
    for index in range(CANDIDATES_PER_PATIENT * plan.n):
        if enrolled == plan.n:
            return found
        screened = plan.first_date + timedelta(days=int(elapsed))
        one = _draw_candidate(plan, allocation, index, enrolled, screened)
        if one.patient is not None:
            enrolled += 1
        found.append(one)
        elapsed += (0.4 + 1.2 * pace.uniform()) * plan.accrual_days / (1.4 * plan.n)
    if enrolled == plan.n:
        return found
    raise SimulateError(f"only {enrolled} of {len(found)} candidates meet the criteria; {plan.n} were asked for")


def _draw_candidate(plan: Plan, allocation: Allocation, index: int, enrolled: int, screened: date) -> Screened:
    draws, more = Draws(plan.seed, 3, index), Draws(plan.seed, 12, index)
    scenario = plan.scenario
    site = more.pick(scenario.sites, [site.share for site in scenario.sites])
    course = draw_course(draws, plan.factor, scenario.disease, site.severity)
    course = replace(course, deviation={**course.deviation, **{code: more.normal() for code in ADDED}})
    age, sex = draws.integer(*scenario.ages), draws.pick(("M", "F"), (0.62, 0.38))
    stage = "early" if course.severity + draws.normal(0, 0.4) < 0.2 else "intermediate"
    stage = _pick(more, scenario.stages) or stage
    aetiology = _pick(draws, scenario.aetiologies)
    wait = draws.integer(1, 3)
    noise = draw_noise(plan.study, plan.factor, draws, more)
    patient = Patient(
        enrolled + 1, f"S{enrolled + 1:03d}", "", age, sex, aetiology, stage, screened,
        screened + timedelta(days=wait), course, (), (), noise, site, screened - timedelta(days=more.integer(4, 20)),
    )  # fmt: skip
    entry = _entry(plan.study, patient, wait)
    reason = find_failure(plan.study.eligibility, entry) or _find_exclusion(plan, more)
    screening_id = f"SCR{index + 1:03d}"
    if reason:
        return Screened(screening_id, screened, None, _shorten(reason) if scenario.excluded else reason)
    stratum = find_stratum(scenario.stratum, entry)
    arm = allocation.next_arm(stratum)
    course = replace(course, drift=course.drift + plan.drift_shift.get(arm, 0.0))
    patient = replace(patient, arm=arm, stratum=stratum, course=course)
    followed = _follow(plan, patient, Draws(plan.seed, 4, index), more)
    return Screened(screening_id, screened, _randomise_again(plan, allocation, followed, more), "")


def _shorten(wording: str) -> str:
    """A criterion as a screening log writes it: up to its first comma, colon or bracket."""
    return re.split(r"[,:;(]", wording)[0].strip()


def _find_exclusion(plan: Plan, draws: Draws) -> str:
    """One of the exclusion criteria that the data do not tell, now and then."""
    if not draws.chance(plan.scenario.excluded):
        return ""
    judged = [item.text for item in plan.study.eligibility if item.kind == "exclusion" and item.criterion is None]
    return draws.pick(judged) if judged else ""


def _pick(draws: Draws, shares: Shares) -> str:
    return draws.pick([name for name, _ in shares], [share for _, share in shares]) if shares else ""


def draw_noise(study: Study, factor: list[list[float]], draws: Draws, more: Draws) -> dict[object, dict[str, float]]:
    """Standardised deviations of every analyte at the screening and each visit."""
    when = [SCREENING_DAY, *(visit.code for visit in study.visits)]
    noise = {name: dict(zip(PRIORS, draws.correlated(factor), strict=True)) for name in when}
    return {name: {**core, **{code: more.normal() for code in ADDED}} for name, core in noise.items()}


def _entry(study: Study, patient: Patient, wait: int) -> Entry:
    """What is known when the patient is judged: values of the day, their rise since screening, and the scores."""
    baseline = find_baseline(study)
    values = {code: patient.value(code, baseline, 0) for code in KNOWN}
    rises = {code: (values[code] - patient.value(code, SCREENING_DAY, -wait)) / wait for code in KNOWN}
    values |= {code: float(round(values[code])) for code in GRADED}
    inputs = {**values, "AGE": patient.age, "SEX": patient.sex}
    scores = {score.code: compute_score(find_score(score), inputs, variant=score.variant) for score in study.scores}
    values |= {code: float(score.value[0]) for code, score in scores.items()}
    columns = {"age": patient.age, "stage": patient.stage, "sex": patient.sex, "consent_date": patient.consented}
    return Entry(columns, values, rises)


def find_baseline(study: Study) -> object:
    """Code of the visit at the origin; the screening where the study has none."""
    return next((visit.code for visit in study.visits if visit.window[0] <= 0 <= visit.window[1]), SCREENING_DAY)


def _follow(plan: Plan, patient: Patient, draws: Draws, more: Draws) -> Patient:
    """The patient with fate, sessions and visits."""
    course = draw_fate(patient.course, draws, plan.study.time.study_end_day)
    return follow_fate(plan.study, plan.scenario, replace(patient, course=course), draws, more)


def follow_fate(study: Study, scenario: Scenario, patient: Patient, draws: Draws, more: Draws) -> Patient:
    """A patient whose fate is known, with sessions and visits."""
    course, days = patient.course, _arm(study, patient.arm).dose_days
    is_lost, leaves, is_untreated = (
        more.chance(share) for share in (scenario.lost, scenario.against_advice, scenario.untreated)
    )
    treated = replace(
        patient,
        is_lost=is_lost and course.withdrawal_day is not None,
        leaves_against_advice=leaves and course.death_day is not None and course.death_day > FIRST_OUTPATIENT_DAY,
        sessions=()
        if is_untreated
        else tuple(_draw_doses(course, days, more) if days else _draw_sessions(course, draws)),
    )
    end = course.ends_at(study.time.study_end_day + 10)
    attended = [_attend(visit, draws, end, patient.site.missed_visit) for visit in study.visits]
    return replace(treated, visits=tuple(one for one in attended if one is not None))


def _arm(study: Study, code: str) -> Arm:
    second = study.design.second
    return next(arm for arm in (*study.design.arms, *(second.arms if second else ())) if arm.code == code)


def _randomise_again(plan: Plan, allocation: Allocation, patient: Patient, more: Draws) -> Patient:
    """Arm and doses of the second randomisation, for whoever is on study with the native liver on its day."""
    second = plan.study.design.second
    if second is None or patient.arm not in second.of_arms or not patient.sessions:
        return patient
    if _stops(patient.course) <= second.day:
        return patient
    arm = allocation.next_second_arm()
    doses = _draw_doses(patient.course, _arm(plan.study, arm).dose_days, more)
    return replace(patient, second_arm=arm, sessions=(*patient.sessions, *doses))


def _stops(course: Course) -> int:
    """Day on which treatment ends whatever was planned."""
    return min(day for day in (course.death_day, course.transplant_day, course.withdrawal_day, 999) if day is not None)


def _draw_doses(course: Course, days: Sequence[int], draws: Draws) -> list[Session]:
    """Infusions of about an hour on the planned days, now and then missed, late or stopped early."""
    doses = []
    for planned in days:
        day = planned + (draws.integer(0, 1) if planned else 0)
        start, is_missed, is_complete = 9 * 60 + 5 * draws.integer(0, 36), draws.chance(0.04), not draws.chance(0.03)
        minutes = 5 * draws.integer(10, 16) if is_complete else 5 * draws.integer(2, 6)
        if day < _stops(course) and (planned == 0 or not is_missed):
            doses.append(Session(day, start, minutes, is_complete))
    return doses


def _draw_sessions(course: Course, draws: Draws) -> list[Session]:
    """Two to four sessions of six hours every second or third day, while on study with the native liver."""
    stop = _stops(course)
    day, sessions = 0, []
    for _ in range(2 + draws.integer(0, 2)):
        start = 13 * 60 + 5 * draws.integer(0, 30)
        is_complete = not draws.chance(0.08)
        minutes = 5 * draws.integer(68, 76) if is_complete else 5 * draws.integer(24, 45)
        if day == 0 or day < stop:
            sessions.append(Session(day, start, minutes, is_complete))
        day += 2 + draws.integer(0, 1)
    return sessions


def _attend(visit: Visit, draws: Draws, end: int, missed_visit: float) -> Attended | None:
    """When the patient came; None when the visit is not due any more. Days before 10 are spent in hospital."""
    if visit.window[1] < 0:
        return Attended(visit, visit.day + draws.integer(-20, 20)) if draws.chance(KNOWN_BEFORE) else None
    spread = (visit.window[1] - visit.window[0]) / 6
    shift = round(draws.normal(0, spread)) if visit.day >= FIRST_OUTPATIENT_DAY else 0
    is_missed, is_late = draws.chance(missed_visit), draws.chance(OUT_OF_WINDOW)
    if visit.day <= 0:
        return Attended(visit, 0)
    day = min(max(visit.day + shift, visit.window[0]), visit.window[1])
    if visit.day >= FIRST_OUTPATIENT_DAY and is_late:
        day = visit.window[1] + 2
    if visit.day > end or (day > end and not is_missed):
        return None
    if is_missed and visit.day >= 3:
        return Attended(visit, None)
    return Attended(visit, day, day > visit.window[1])
