"""Adverse events with their three causalities, device deficiencies, medications and blood products."""

import math
from collections.abc import Sequence

from hepatrial.simulate.draws import Draws
from hepatrial.simulate.enrolment_tables import Row, cause_of_death
from hepatrial.simulate.events import ANTIVIRAL, CAUSALITY, FATAL, MEDICATIONS, EventPrior
from hepatrial.simulate.patients import Patient

PARTIAL_DATE = 0.12
EXPECTED_DAYS = 84


def make_adverse_events(patients: list[Patient], events: Sequence[EventPrior], last_day: int, seed: int) -> list[Row]:
    """One row an event, in the order of their starts within a patient."""
    rows = []
    for one in patients:
        draws = Draws(seed, 9, one.number)
        found = [row for prior in events for row in _events_of(one, prior, draws, last_day)]
        if one.course.death_day is not None:
            found.append(_fatal_event(one, one.course.death_day))
        for number, row in enumerate(sorted(found, key=lambda row: row["start_date"]), start=1):
            rows.append(row | {"event": str(number)})
    return rows


def make_device_deficiencies(patients: list[Patient], seed: int) -> list[Row]:
    """A pressure alarm or a leak in about one session of fifteen."""
    rows = []
    for one in patients:
        draws = Draws(seed, 10, one.number)
        for number, session in enumerate(one.sessions, start=1):
            is_deficient, is_leak = draws.chance(0.07), draws.chance(0.3)
            if is_deficient:
                text = "管路渗漏 leak at a connector" if is_leak else "压力报警 pressure alarm of the reactor"
                rows.append(
                    {
                        "subject_id": one.subject_id,
                        "date": one.date_of(session.day).isoformat(),
                        "session": str(number),
                        "description": text,
                        "led_to_event": "N",
                    }
                )
    return rows


def make_medications(patients: list[Patient], transfused: float, seed: int) -> list[Row]:
    """Medication and blood products of the first weeks; an antiviral from before admission has a partial start.

    ``transfused`` is the chance of albumin or plasma shortly before a later visit.
    """
    rows = []
    for one in patients:
        draws = Draws(seed, 11, one.number)
        if "hepatitis B" in one.aetiology:
            name, kind, dose, indication = ANTIVIRAL
            rows.append(_medication(one, name, kind, one.date_of(-40).isoformat()[:7], "", dose, indication))
        rows += _before_visits(one, transfused, Draws(seed, 15, one.number))
        for name, kind, dose, indication, share in MEDICATIONS:
            is_given, start, length = draws.chance(share), draws.integer(0, 6), draws.integer(0, 12)
            start = start if kind == "medication" else start + 1
            stop = one.course.ends_at(EXPECTED_DAYS)
            if is_given and start < stop:
                first, last = one.date_of(start).isoformat(), one.date_of(min(start + length, stop)).isoformat()
                rows.append(_medication(one, name, kind, first, last, dose, indication))
    return rows


def _before_visits(one: Patient, transfused: float, draws: Draws) -> list[Row]:
    rows = []
    for seen in one.visits:
        is_given, days, product = draws.chance(transfused), draws.integer(0, 2), draws.pick(MEDICATIONS[2:4], (3, 1))
        if is_given and seen.day is not None and seen.day > EXPECTED_DAYS / 4:
            name, kind, dose, indication, _ = product
            on = one.date_of(seen.day - days).isoformat()
            rows.append(_medication(one, name, kind, on, on, dose, indication))
    return rows


def _events_of(one: Patient, prior: EventPrior, draws: Draws, last_day: int) -> list[Row]:
    rows = [
        _event(one, prior, session.day, draws, last_day) for session in one.sessions if draws.chance(prior.per_session)
    ]
    if prior.daily:
        limit, total = draws.exponential(), 0.0
        for day in range(1, one.course.ends_at(last_day)):
            total += prior.daily * math.exp(0.6 * one.course.severity_at(day, 8.0))
            if total >= limit:
                return [*rows, _event(one, prior, day, draws, last_day)]
    return rows


def _event(one: Patient, prior: EventPrior, day: int, draws: Draws, last_day: int) -> Row:
    grade = draws.pick((1, 2, 3, 4), prior.grades)
    end, is_partial = day + draws.integer(0, 2 + 3 * grade), draws.chance(PARTIAL_DATE)
    stop = one.course.ends_at(last_day)
    text = one.date_of(min(end, stop)).isoformat()
    is_open = end > stop and one.course.death_day is None
    causes = tuple(draws.pick(CAUSALITY[level], (2, 2, 1)) for level in (prior.device, prior.procedure, prior.cells))
    return _names(one, prior.term, prior.preferred_term, prior.organ_class, day) | _causes(causes) | {
        "end_date": "" if is_open else text[:7] if is_partial else text,
        "ongoing": "Y" if is_open else "N",
        "grade": str(grade),
        "serious": "Y" if grade >= 4 or end - day > 10 else "N",
        "action": "none" if grade < 3 else "症状治疗 treated",
        "outcome": "not recovered" if end > stop else "recovered",
    }  # fmt: skip


def _fatal_event(one: Patient, day: int) -> Row:
    term = cause_of_death(one)
    causes = ("not related", "unlikely" if day < 10 else "not related", "not related")
    return _names(one, term, *FATAL[term], max(day - 2, 0)) | _causes(causes) | {
        "end_date": one.date_of(day).isoformat(),
        "ongoing": "N",
        "grade": "5",
        "serious": "Y",
        "action": "抢救 resuscitation",
        "outcome": "fatal",
    }  # fmt: skip


def _names(one: Patient, term: str, preferred_term: str, organ_class: str, day: int) -> Row:
    return {
        "subject_id": one.subject_id,
        "term": term,
        "preferred_term": preferred_term,
        "system_organ_class": organ_class,
        "start_date": one.date_of(day).isoformat(),
    }


def _causes(causes: tuple[str, ...]) -> Row:
    return dict(zip(("related_device", "related_procedure", "related_cells"), causes, strict=True))


def _medication(one: Patient, name: str, kind: str, first: str, last: str, dose: str, indication: str) -> Row:
    return {
        "subject_id": one.subject_id, "name": name, "kind": kind, "start_date": first, "end_date": last,
        "dose": dose, "indication": indication,
    }  # fmt: skip
