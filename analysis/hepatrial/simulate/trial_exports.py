"""The export of a replicate: what its arrays say about each patient, in the tables that a site would hand over.

Everything that the arrays do not hold (laboratory values, visits, sessions, adverse events) is drawn for it. This is
how replicates, which skip the exports, are held to the whole pipeline.
"""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from hepatrial.simulate.course import Course
from hepatrial.simulate.draws import Draws, compute_cholesky
from hepatrial.simulate.exports import make_tables
from hepatrial.simulate.patients import Patient, Screened, draw_noise, follow_fate
from hepatrial.simulate.priors import ADDED, PRIORS, compute_correlation
from hepatrial.simulate.trial import FloatArray, Trial, TrialPlan

STREAMS = (201, 202)
ACCRUAL_DAYS = 200


def export_trial(plan: TrialPlan, trial: Trial, *, first_date: date, exported_on: date) -> dict[str, pd.DataFrame]:
    """Every standard table of a replicate, as text; ``exported_on`` must lie after everybody's follow-up.

    The patients are those of the arrays: arm, stratum, severity, and the days of death, transplantation and withdrawal.
    Nobody is screened out, lost from sight or discharged to die.
    """
    factor = compute_cholesky(compute_correlation())
    scenario = replace(plan.scenario, lost=0.0, against_advice=0.0, untreated=0.0)
    plan = replace(plan, scenario=scenario)
    patients = [_make_patient(plan, trial, place, factor, first_date) for place in range(trial.n)]
    screened = [Screened(f"SCR{one.number:03d}", one.consented, one, "") for one in patients]
    return make_tables(plan.study, scenario, screened, patients, exported_on, plan.seed, refused={}, planted=[])


def _make_patient(plan: TrialPlan, trial: Trial, place: int, factor: list[list[float]], first_date: date) -> Patient:
    draws, more = (Draws(plan.seed, stream, place) for stream in STREAMS)
    scenario = plan.scenario
    deviation = dict(zip(PRIORS, draws.correlated(factor), strict=True)) | {code: more.normal() for code in ADDED}
    course = Course(
        float(trial.severity[place]), float(trial.drift[place]), deviation, scenario.disease,
        *(_day(days, place) for days in (trial.death, trial.transplant, trial.withdrawal)),
    )  # fmt: skip
    consented = first_date + timedelta(days=ACCRUAL_DAYS * place // trial.n)
    patient = Patient(
        place + 1, f"S{place + 1:03d}", str(trial.arm[place]), draws.integer(*scenario.ages),
        draws.pick(("M", "F"), (0.62, 0.38)), scenario.aetiologies[0][0], "", consented, consented, course, (), (),
        draw_noise(plan.study, factor, draws, more), scenario.sites[0], consented - timedelta(days=10),
        stratum=str(trial.stratum[place]),
    )  # fmt: skip
    return follow_fate(plan.study, scenario, patient, draws, more)


def _day(days: FloatArray, place: int) -> int | None:
    return None if pd.isna(days[place]) else int(days[place])
