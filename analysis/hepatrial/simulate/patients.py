"""Patients: who they are, when they were enrolled and treated, which visits they came to, how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hepatrial.errors import SimulateError
from hepatrial.simulate.course import Course, draw_course, draw_fate
from hepatrial.simulate.draws import Draws, compute_cholesky
from hepatrial.simulate.priors import PRIORS, SUPPORT, compute_correlation
from hepatrial.simulate.screening import Entry, find_failure
from hepatrial.study import Study, Visit

AETIOLOGIES = (
    ("药物性 drug-induced", 0.35),
    ("乙型肝炎病毒 hepatitis B virus", 0.3),
    ("自身免疫性 autoimmune", 0.12),
    ("戊型肝炎病毒 hepatitis E virus", 0.08),
    ("不明原因 indeterminate", 0.15),
)
SCREENING_DAY, BASELINE_DAY = "screening", "baseline"
MISSED_VISIT = 0.06
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
    """One blood purification session; ``hours`` below the planned time when it was stopped."""

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

    def date_of(self, day: int) -> date:
        return self.origin + timedelta(days=day)

    def value(self, code: str, when: object, day: float) -> float:
        """The analyte at a visit (``when`` is its code, or SCREENING_DAY); organ support is 0 or 1."""
        if code in SUPPORT:
            base, sign, limit = SUPPORT[code]
            shown = self.value(base, when, day)
            return float(shown < limit if sign == "<" else shown > limit)
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
    n: int
    seed: int
    first_date: date
    accrual_days: int
    drift_shift: Mapping[str, float]
    factor: list[list[float]]
    arms: tuple[str, ...]


def make_plan(
    study: Study, n: int, seed: int, first_date: date, accrual_days: int, drift_shift: Mapping[str, float]
) -> Plan:
    """Check that every parameter has a prior, allocate the arms in permuted blocks."""
    unknown = sorted({item.code for item in study.parameters} - set(PRIORS) - set(SUPPORT))
    if unknown:
        known = ", ".join([*PRIORS, *SUPPORT])
        raise SimulateError(f"no clinical prior for the parameters {unknown}; priors exist for {known}")
    factor = compute_cholesky(compute_correlation())
    return Plan(study, n, seed, first_date, accrual_days, drift_shift, factor, _allocate(study, n, seed))


def draw_screened(plan: Plan) -> list[Screened]:
    """Everybody screened, in the order of their dates, until ``plan.n`` are enrolled."""
    found: list[Screened] = []
    enrolled, elapsed = 0, 0.0
    pace = Draws(plan.seed, 1)
    for index in range(CANDIDATES_PER_PATIENT * plan.n):
        if enrolled == plan.n:
            return found
        screened = plan.first_date + timedelta(days=int(elapsed))
        one = _draw_candidate(plan, index, enrolled, screened)
        if one.patient is not None:
            enrolled += 1
        found.append(one)
        elapsed += (0.4 + 1.2 * pace.uniform()) * plan.accrual_days / (1.4 * plan.n)
    if enrolled == plan.n:
        return found
    raise SimulateError(f"only {enrolled} of {len(found)} candidates meet the criteria; {plan.n} were asked for")


def _allocate(study: Study, n: int, seed: int) -> tuple[str, ...]:
    """Permuted blocks of twice the number of arms (a random order of each arm twice)."""
    codes = [arm.code for arm in study.design.arms]
    draws = Draws(seed, 2)
    allocated: list[str] = []
    while len(allocated) < n:
        block = 2 * codes
        while block:
            allocated.append(block.pop(draws.integer(0, len(block) - 1)))
    return tuple(allocated[:n])


def _draw_candidate(plan: Plan, index: int, enrolled: int, screened: date) -> Screened:
    draws = Draws(plan.seed, 3, index)
    arm = plan.arms[enrolled]
    course = draw_course(draws, plan.factor, plan.drift_shift.get(arm, 0.0))
    age, sex = draws.integer(19, 68), draws.pick(("M", "F"), (0.62, 0.38))
    stage = "early" if course.severity + draws.normal(0, 0.4) < 0.2 else "intermediate"
    aetiology = draws.pick([name for name, _ in AETIOLOGIES], [share for _, share in AETIOLOGIES])
    wait = draws.integer(1, 3)
    patient = Patient(
        enrolled + 1, f"S{enrolled + 1:03d}", arm, age, sex, aetiology, stage, screened,
        screened + timedelta(days=wait), course, (), (), _draw_noise(plan, draws),
    )  # fmt: skip
    reason = find_failure(plan.study.eligibility, _entry(patient, wait))
    screening_id = f"SCR{index + 1:03d}"
    if reason:
        return Screened(screening_id, screened, None, reason)
    return Screened(screening_id, screened, _follow(plan, patient, Draws(plan.seed, 4, index)), "")


def _draw_noise(plan: Plan, draws: Draws) -> dict[object, dict[str, float]]:
    when = [SCREENING_DAY, *(visit.code for visit in plan.study.visits)]
    return {name: dict(zip(PRIORS, draws.correlated(plan.factor), strict=True)) for name in when}


def _entry(patient: Patient, wait: int) -> Entry:
    baseline = next((when for when in patient.noise if when != SCREENING_DAY), SCREENING_DAY)
    values = {code: patient.value(code, baseline, 0) for code in PRIORS}
    values["HEGRADE"] = float(round(values["HEGRADE"]))
    rises = {code: (values[code] - patient.value(code, SCREENING_DAY, -wait)) / wait for code in PRIORS}
    columns = {"age": patient.age, "stage": patient.stage, "sex": patient.sex, "consent_date": patient.consented}
    return Entry(columns, values, rises)


def _follow(plan: Plan, patient: Patient, draws: Draws) -> Patient:
    """The patient with fate, sessions and visits."""
    course = draw_fate(patient.course, draws, plan.study.time.study_end_day)
    treated = replace(patient, course=course, sessions=tuple(_draw_sessions(course, draws)))
    end = course.ends_at(plan.study.time.study_end_day + 10)
    attended = [_attend(visit, draws, end) for visit in plan.study.visits]
    return replace(treated, visits=tuple(one for one in attended if one is not None))


def _draw_sessions(course: Course, draws: Draws) -> list[Session]:
    """Two to four sessions of six hours every second or third day, while on study with the native liver."""
    stop = min(day for day in (course.death_day, course.transplant_day, course.withdrawal_day, 99) if day is not None)
    day, sessions = 0, []
    for _ in range(2 + draws.integer(0, 2)):
        start = 13 * 60 + 5 * draws.integer(0, 30)
        is_complete = not draws.chance(0.08)
        minutes = 5 * draws.integer(68, 76) if is_complete else 5 * draws.integer(24, 45)
        if day == 0 or day < stop:
            sessions.append(Session(day, start, minutes, is_complete))
        day += 2 + draws.integer(0, 1)
    return sessions


def _attend(visit: Visit, draws: Draws, end: int) -> Attended | None:
    """When the patient came; None when the visit is not due any more. Days before 10 are spent in hospital."""
    spread = (visit.window[1] - visit.window[0]) / 6
    shift = round(draws.normal(0, spread)) if visit.day >= FIRST_OUTPATIENT_DAY else 0
    is_missed, is_late = draws.chance(MISSED_VISIT), draws.chance(OUT_OF_WINDOW)
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
