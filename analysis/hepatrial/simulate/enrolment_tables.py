"""Tables about people: subjects, screening, eligibility, treatments, outcomes, vital status, specimens, deviations."""

from datetime import date, timedelta

from hepatrial.simulate.draws import Draws
from hepatrial.simulate.patients import Patient, Screened, Session
from hepatrial.study import Study

Row = dict[str, str]
MASKED_TREATMENT = "研究输注 study infusion"
CALL_SOURCES = ("电话 telephone", "门诊 outpatient clinic")
LAST_CALL_DELAY = 8
MISSING_SPECIMEN = {"blood": 0.02, "urine": 0.08, "faeces": 0.18}
NO_SPECIMEN = {
    "blood": "标本不足 sample too small",
    "urine": "少尿 too little urine",
    "faeces": "未留取 none passed",
}


def make_subjects(study: Study, patients: list[Patient]) -> list[Row]:
    """One row a patient; of the birth only the year, as exports without identifiers have it."""
    return [
        {
            "subject_id": one.subject_id,
            "site": one.site.name,
            "arm": one.arm,
            "consent_date": one.consented.isoformat(),
            "enrolment_date": _enrolled_on(one).isoformat(),
            "randomisation_date": _randomised_on(study, one),
            "birth_date": str(one.consented.year - one.age),
            "age": str(one.age),
            "sex": one.sex,
            "aetiology": one.aetiology,
            "stage": one.stage,
            "stratum": one.stratum,
            "onset_date": one.onset.isoformat(),
            "second_randomisation_date": _second_date(study, one),
            "second_arm": one.second_arm,
        }
        for one in patients
    ]


def make_screening(screened: list[Screened]) -> list[Row]:
    """One row a person screened."""
    return [
        {
            "screening_id": one.screening_id,
            "subject_id": one.patient.subject_id if one.patient else "",
            "date": one.screened.isoformat(),
            "outcome": "enrolled" if one.patient else "failed",
            "reason": f"不符合 not met: {one.reason}" if one.reason else "",
        }
        for one in screened
    ]


def make_eligibility(study: Study, patients: list[Patient], refused: dict[str, str]) -> list[Row]:
    """The investigator's ticks: as entry needs them, but ``refused`` (subject to criterion) answered the other way."""
    return [
        {
            "subject_id": one.subject_id,
            "criterion": item.id,
            "answer": "met" if (item.kind == "inclusion") != (refused.get(one.subject_id) == item.id) else "not met",
        }
        for one in patients
        for item in study.eligibility
    ]


def make_treatments(study: Study, patients: list[Patient]) -> list[Row]:
    """One row a session or dose; in a masked study the same words for every arm."""
    return [
        {
            "subject_id": one.subject_id,
            "session": str(number),
            **_describe_dose(study, one, session),
            "start_date": one.date_of(session.day).isoformat(),
            "start_time": clock(session.start_minute),
            "end_date": one.date_of(session.day).isoformat(),
            "end_time": clock(session.start_minute + session.minutes),
            "completed": "Y" if session.is_complete else "N",
            "reason": "" if session.is_complete else _why_stopped(study, session),
        }
        for one in patients
        for number, session in enumerate(one.sessions, start=1)
    ]


def _describe_dose(study: Study, one: Patient, session: Session) -> Row:
    arm = next(arm for arm in study.design.arms if arm.code == one.arm)
    if not arm.dose_days:
        return {"treatment": f"{arm.label} blood purification"}
    if study.design.masking in ("double", "observer"):
        return {"treatment": MASKED_TREATMENT}
    share = 1.0 if session.is_complete else 0.4
    return {
        "treatment": arm.label,
        "dose": "" if arm.dose is None else f"{share * arm.dose:g}",
        "dose_unit": "" if arm.dose is None else arm.dose_unit,
    }


def make_outcomes(patients: list[Patient], last_day: int, exported_on: date) -> list[Row]:
    """Death, transplantation, withdrawal, or completion at the last visit; none of them for those still followed."""
    rows = []
    for one in patients:
        course = one.course
        if course.transplant_day is not None:
            rows.append(_outcome(one, "transplant", course.transplant_day, "肝移植 liver transplantation"))
        if one.leaves_against_advice and course.death_day is not None:
            rows.append(
                _outcome(one, "discharge against advice", course.death_day - 1, "家属要求 at the family's wish")
            )
        if course.death_day is not None:
            rows.append(_outcome(one, "death", course.death_day, cause_of_death(one)))
        elif course.withdrawal_day is not None:
            rows.append(_left(one, course.withdrawal_day))
        elif one.date_of(last_day) <= exported_on:
            rows.append(_outcome(one, "completed", max(last_day, _last_visit(one)), ""))
    return rows


def make_vital_status(study: Study, patients: list[Patient], exported_on: date, seed: int) -> list[Row]:
    """Calls at the later visits' days and after the last one, apart from visits; the dead are reported once."""
    last = study.time.study_end_day
    days = [visit.day for visit in study.visits if visit.day >= 28 and visit.day < last] + [last]
    rows = []
    for one in patients:
        draws = Draws(seed, 5, one.number)
        end = one.course.ends_at(10**6)
        for day in days:
            on = day + draws.integer(0, LAST_CALL_DELAY if day == last else 3)
            if on < end and one.date_of(on) <= exported_on:
                rows.append(_status(one, on, "alive", draws.pick(CALL_SOURCES)))
        if one.course.death_day is not None:
            rows.append(_status(one, one.course.death_day, "dead", "住院病历 hospital record"))
    return rows


def make_specimens(study: Study, patients: list[Patient], seed: int) -> list[Row]:
    """One row a specimen due: at the visits of the study file, for everybody on study then."""
    if study.specimens is None:
        return []
    rows = []
    for one in patients:
        draws = Draws(seed, 6, one.number)
        for attended in one.visits:
            for kind in study.specimens.kinds:
                is_lost = draws.chance(MISSING_SPECIMEN[kind])
                if attended.visit.code in study.specimens.visits:
                    reason = "访视缺失 visit missed" if attended.day is None else NO_SPECIMEN[kind] if is_lost else ""
                    rows.append(_specimen(one, attended.visit.code, attended.day, kind, reason))
    return rows


def make_deviations(study: Study, patients: list[Patient], planted: list[Row]) -> list[Row]:
    """Late and missed visits and stopped sessions, and what was planted at entry."""
    rows = list(planted)
    word, category = ("dose", "dosing") if study.design.arms[0].dose_days else ("session", "treatment")
    for one in patients:
        for session in one.sessions:
            if not session.is_complete:
                text = f"{word} on day {session.day} stopped after {session.minutes} minutes"
                rows.append(deviation(one, session.day, category, text, is_major=False))
        for attended in one.visits:
            if attended.day is None:
                text = f"{attended.visit.label} missed 访视缺失"
                rows.append(deviation(one, attended.visit.day, "visit", text, is_major=False))
            elif attended.is_out_of_window:
                text = f"{attended.visit.label} on day {attended.day}, after its window"
                rows.append(deviation(one, attended.day, "visit", text, is_major=False))
    return rows


def deviation(one: Patient, day: int, category: str, text: str, *, is_major: bool) -> Row:
    """One row of the deviations table."""
    return {
        "subject_id": one.subject_id,
        "date": one.date_of(day).isoformat(),
        "category": category,
        "description": text,
        "major": "Y" if is_major else "N",
    }


def cause_of_death(one: Patient) -> str:
    """Liver failure in the sickest, else infection or bleeding, told by the patient's own severity."""
    if one.course.severity > 0.8:
        return "肝衰竭 hepatic failure"
    return "感染性休克 septic shock" if one.number % 2 else "消化道出血 gastrointestinal haemorrhage"


def clock(minute: int) -> str:
    """Minutes after midnight as HH:MM."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _left(one: Patient, day: int) -> Row:
    if one.is_lost:
        return _outcome(one, "lost to follow-up", day, "失访 could not be reached")
    return _outcome(one, "withdrawal", day, "撤回知情同意 consent withdrawn")


def _randomised_on(study: Study, one: Patient) -> str:
    if study.design.kind != "parallel":
        return ""
    return (one.origin if study.time.origin == "randomisation" else _enrolled_on(one)).isoformat()


def _second_date(study: Study, one: Patient) -> str:
    second = study.design.second
    return one.date_of(second.day).isoformat() if second and one.second_arm else ""


def _why_stopped(study: Study, session: Session) -> str:
    if study.design.arms[0].dose_days:
        return "发热 fever" if session.minutes % 2 else "输液反应 infusion reaction"
    return "滤器凝血 filter clotted" if session.minutes % 2 else "低血压 hypotension"


def _enrolled_on(one: Patient) -> date:
    return min(one.consented + timedelta(days=1), one.origin)


def _last_visit(one: Patient) -> int:
    return max(attended.day for attended in one.visits if attended.day is not None)


def _outcome(one: Patient, outcome: str, day: int, cause: str) -> Row:
    return {"subject_id": one.subject_id, "outcome": outcome, "date": one.date_of(day).isoformat(), "cause": cause}


def _status(one: Patient, day: int, status: str, source: str) -> Row:
    return {"subject_id": one.subject_id, "date": one.date_of(day).isoformat(), "status": status, "source": source}


def _specimen(one: Patient, visit: str, day: int | None, kind: str, reason: str) -> Row:
    return {
        "subject_id": one.subject_id,
        "visit": visit,
        "date": "" if day is None or reason else one.date_of(day).isoformat(),
        "kind": kind,
        "collected": "N" if reason else "Y",
        "reason": reason,
    }
