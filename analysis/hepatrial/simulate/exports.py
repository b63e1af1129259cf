"""A study file to a whole simulated export: every standard table, as text, as a site would hand it over."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from hepatrial.contracts import STANDARD_TABLES
from hepatrial.simulate import enrolment_tables as people
from hepatrial.simulate import result_tables, safety_tables
from hepatrial.simulate.enrolment_tables import Row
from hepatrial.simulate.patients import Patient, Screened, draw_screened, make_plan
from hepatrial.simulate.planted import cut_patient, plant_disagreements
from hepatrial.simulate.scenario import SCENARIOS, Scenario
from hepatrial.study import Study


def simulate_exports(
    study: Study,
    *,
    n: int,
    seed: int,
    first_date: date,
    exported_on: date,
    accrual_days: int = 240,
    drift_shift: Mapping[str, float] | None = None,
    scenario: Scenario = SCENARIOS["acute"],
) -> dict[str, pd.DataFrame]:
    """Simulate the exports of a trial in liver failure.

    A latent severity drives the laboratory values, which are correlated with each other, and the hazards of death,
    transplantation and adverse events (``simulate.course``, ``simulate.priors``). Two disagreements between the
    investigator's ticks and the data are planted at entry, as such files have them.

    Parameters
    ----------
    study : Study
        Visits, parameters, arms, criteria and specimens are taken from it; arms are allocated in permuted blocks by the
        ratio of the design, doses given on the days of the arms.
    n : int
        Patients enrolled; people who fail screening come on top.
    seed : int
        The same study, arguments and seed give the same records.
    first_date, exported_on : date
        First screening, and the day of the export; nothing is dated after it.
    accrual_days : int
        About how long it takes to enrol ``n``.
    drift_shift : mapping of arm code to float, optional
        Added to the drift of severity: negative is a better course. Absent: arms do not differ.
    scenario : Scenario
        The disease, the sites and what goes wrong; one of ``SCENARIOS`` or your own.

    Returns
    -------
    dict of str to DataFrame
        Every standard table by name; columns of ``contracts.STANDARD_TABLES``, all text, empty when missing.

    Raises
    ------
    SimulateError
        A parameter has no clinical prior, or almost nobody meets the study's criteria.
    """
    plan = make_plan(study, scenario, n, seed, first_date, accrual_days, drift_shift or {})
    screened = draw_screened(plan)
    enrolled = [one.patient for one in screened if one.patient]
    patients, refused, planted = plant_disagreements(study, [cut_patient(one, exported_on) for one in enrolled])
    return make_tables(study, scenario, screened, patients, exported_on, seed, refused=refused, planted=planted)


def make_tables(
    study: Study,
    scenario: Scenario,
    screened: list[Screened],
    patients: list[Patient],
    exported_on: date,
    seed: int,
    *,
    refused: dict[str, str],
    planted: list[Row],
) -> dict[str, pd.DataFrame]:
    """Every standard table of these patients; ``refused`` and ``planted`` are those of ``plant_disagreements``."""
    last_day = study.time.study_end_day
    rows: dict[str, list[Row]] = {
        "subjects": people.make_subjects(study, patients),
        "screening": people.make_screening(screened),
        "eligibility": people.make_eligibility(study, patients, refused),
        "treatments": people.make_treatments(study, patients),
        "labs": result_tables.make_results(study, patients, "LABORATORY", seed, scenario.no_result),
        "clinical": result_tables.make_results(study, patients, "CLINICAL", seed, ()),
        "vital_status": people.make_vital_status(study, patients, exported_on, seed),
        "outcomes": people.make_outcomes(patients, last_day, exported_on),
        "adverse_events": safety_tables.make_adverse_events(patients, scenario.events, last_day, seed),
        "device_deficiencies": safety_tables.make_device_deficiencies(patients, seed) if _has_device(study) else [],
        "specimens": people.make_specimens(study, patients, seed),
        "deviations": people.make_deviations(study, patients, planted),
        "medications": safety_tables.make_medications(patients, scenario.transfused, seed),
    }
    return {name: _as_table(name, rows[name], exported_on) for name in STANDARD_TABLES}


def _has_device(study: Study) -> bool:
    return not any(arm.dose_days for arm in study.design.arms)


def _as_table(name: str, rows: list[Row], exported_on: date) -> pd.DataFrame:
    """Rows with the standard columns; what would be dated after the export is not there yet."""
    columns = STANDARD_TABLES[name].columns
    limit = exported_on.isoformat()
    first = next((column.name for column in columns if column.kind == "date"), "")
    dates = [column.name for column in columns if column.kind == "date"]
    known = [row for row in rows if row.get(first, "")[:10] <= limit]
    texts = [
        {column.name: "" if column.name in dates and row.get(column.name, "") > limit else row.get(column.name, "")
         for column in columns}
        for row in known
    ]  # fmt: skip
    return pd.DataFrame(texts, columns=[column.name for column in columns], dtype="object")
