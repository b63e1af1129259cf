"""The export of a replicate: what its arrays say about each patient, in the tables that a site would hand over.

Everything that the arrays do not hold (records of the screening, sessions, adverse events) is drawn for it. This is how
replicates, which skip the exports, are held to the whole pipeline.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from hepatrial.simulate.course import Course
from hepatrial.simulate.draws import Draws, compute_cholesky
from hepatrial.simulate.exports import make_tables
from hepatrial.simulate.patients import SCREENING_DAY, Patient, Screened, follow_fate
from hepatrial.simulate.priors import ADDED, PRIORS, compute_correlation
from hepatrial.simulate.trial import FloatArray, Trial, TrialPlan
from hepatrial.simulate.visits import Visits

STREAMS = (201, 202)
ACCRUAL_DAYS = 200
SCREENED_BEFORE = timedelta(days=2)


def export_trial(
    plan: TrialPlan, trial: Trial, seen: Visits, *, first_date: date, exported_on: date
) -> dict[str, pd.DataFrame]:
    """Every standard table of a replicate, as text; ``exported_on`` must lie after everybody's follow-up.

    The patients are those of the arrays: arm, stratum, severity, the days of death, transplantation and withdrawal, the
    visits and what was measured there. Nobody is screened out, lost from sight or discharged to die.
    """
    factor = compute_cholesky(compute_correlation())
    scenario = replace(plan.scenario, lost=0.0, against_advice=0.0, untreated=0.0, no_result=())
    plan = replace(plan, scenario=scenario)
    patients = [_make_patient(plan, trial, seen, place, factor, first_date) for place in range(trial.n)]
    screened = [Screened(f"SCR{one.number:03d}", one.consented, one, "") for one in patients]
    return make_tables(plan.study, scenario, screened, patients, exported_on, plan.seed, refused={}, planted=[])


def _make_patient(
    plan: TrialPlan, trial: Trial, seen: Visits, place: int, factor: list[list[float]], first_date: date
) -> Patient:
    draws, more = (Draws(plan.seed, stream, place) for stream in STREAMS)
    scenario = plan.scenario
    course = Course(
        float(trial.severity[place]), float(trial.drift[place]), _pick(seen.deviation, place), scenario.disease,
        *(_day(days, place) for days in (trial.death, trial.transplant, trial.withdrawal)),
    )  # fmt: skip
    screening = dict(zip(PRIORS, draws.correlated(factor), strict=True)) | {code: more.normal() for code in ADDED}
    noise: dict[object, dict[str, float]] = {SCREENING_DAY: screening}
    noise |= {visit.code: _pick(seen.noise, (place, column)) for column, visit in enumerate(seen.visits)}
    origin = first_date + timedelta(days=ACCRUAL_DAYS * place // trial.n)
    patient = Patient(
        place + 1, str(trial.names[place]), str(trial.arm[place]), int(seen.age[place]),
        "M" if seen.is_male[place] else "F", scenario.aetiologies[0][0], "", origin - SCREENED_BEFORE, origin, course,
        (), (), noise, scenario.sites[trial.site[place]], origin - timedelta(days=10),
        stratum=str(trial.stratum[place]),
    )  # fmt: skip
    followed = follow_fate(plan.study, scenario, patient, draws, more)
    return replace(followed, visits=seen.attended_by(place))


def _pick(values: Mapping[str, FloatArray], place: int | tuple[int, int]) -> dict[str, float]:
    return {code: float(value[place]) for code, value in values.items()}


def _day(days: FloatArray, place: int) -> int | None:
    return None if pd.isna(days[place]) else int(days[place])
