"""What is put into simulated data on purpose: the data cut of the export, and two disagreements at entry."""

import math
from dataclasses import replace
from datetime import date

from hepatrial.simulate.enrolment_tables import Row, deviation
from hepatrial.simulate.patients import SCREENING_DAY, Patient, find_baseline
from hepatrial.simulate.priors import convert_value
from hepatrial.study import Eligibility, ParameterTest, PredicateTest, Study, leaves

BELOW, ABOVE = 0.965, 1.04
"""Bilirubin as a share of its limit: on the day of the first session, and at screening."""


def cut_patient(one: Patient, exported_on: date) -> Patient:
    """The patient as known on the day of the export: later visits, sessions and outcomes have not happened."""
    last = (exported_on - one.origin).days
    course = replace(
        one.course,
        death_day=_before(one.course.death_day, last),
        transplant_day=_before(one.course.transplant_day, last),
        withdrawal_day=_before(one.course.withdrawal_day, last),
    )
    visits = tuple(seen for seen in one.visits if (seen.visit.day if seen.day is None else seen.day) <= last)
    sessions = tuple(session for session in one.sessions if session.day <= last)
    return replace(one, course=course, visits=visits, sessions=sessions)


def plant_disagreements(study: Study, patients: list[Patient]) -> tuple[list[Patient], dict[str, str], list[Row]]:
    """Two places where the investigator's tick and the data differ.

    The patient with the lowest bilirubin is below the limit on the day of the first session, though above it at
    screening, and ticked as met. Another has a raised marker on the data, and the tick says not met.

    Returns
    -------
    tuple
        The patients; subject to criterion ticked the other way; the deviations that go with them.
    """
    refused: dict[str, str] = {}
    rows: list[Row] = []
    found, baseline = _limit_of(study, "BILI"), find_baseline(study)
    if found is not None and patients:
        index = min(range(len(patients)), key=lambda i: patients[i].value("BILI", baseline, 0))
        patients = [_lower(one, found, baseline) if i == index else one for i, one in enumerate(patients)]
        text = "入组标准以筛选值判断 bilirubin below its limit on the day of the first session, above it at screening"
        rows.append(deviation(patients[index], 0, "eligibility", text, is_major=False))
        others = [one for i, one in enumerate(patients) if i != index]
        raised = next((item for item in study.eligibility if _uses_raised(item)), None)
        if raised is not None and others:
            other = others[len(others) // 3]
            refused[other.subject_id] = raised.id
            text = "检验结果未回 marker of inflammation not back from the laboratory at enrolment"
            rows.append(deviation(other, 0, "eligibility", text, is_major=False))
    return patients, refused, rows


def _before(day: int | None, last: int) -> int | None:
    return day if day is not None and day <= last else None


def _limit_of(study: Study, code: str) -> float | None:
    """The lower limit that an inclusion criterion sets for a parameter at baseline."""
    for item in study.eligibility:
        for leaf in leaves(item.criterion) if item.criterion is not None else ():
            if isinstance(leaf, ParameterTest) and leaf.parameter == code and leaf.op == ">=":
                return float(str(leaf.value)) / convert_value(code, 1.0, leaf.unit)
    return None


def _uses_raised(item: Eligibility) -> bool:
    if item.criterion is None:
        return False
    return any(isinstance(leaf, PredicateTest) and leaf.predicate == "raised" for leaf in leaves(item.criterion))


def _lower(one: Patient, limit: float, when: object) -> Patient:
    """The whole course of bilirubin moved so that it is just below the limit on day 0 and just above at screening."""
    prior = one.course.disease.priors["BILI"]
    excess = math.log(one.value("BILI", when, 0) / (BELOW * limit)) / prior.between
    course = replace(one.course, deviation={**one.course.deviation, "BILI": one.course.deviation["BILI"] - excess})
    day = (one.consented - one.origin).days
    lack = math.log(ABOVE * limit / replace(one, course=course).value("BILI", SCREENING_DAY, day)) / prior.within
    screening = {**one.noise[SCREENING_DAY], "BILI": one.noise[SCREENING_DAY]["BILI"] + lack}
    return replace(one, course=course, noise={**one.noise, SCREENING_DAY: screening})
