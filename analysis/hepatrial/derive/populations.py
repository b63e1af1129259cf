"""Populations by the study's ordered steps, each decision written to the ledger.

The ledger has three parts: ``SCREENED`` (one row a person screened), ``ORIGIN`` (one row a subject: reached the
time origin, or died or stopped before it), and one part per population code, where a subject has a row for each
step up to the one that fails. A step keeps those who meet its criterion: what cannot be assessed is not met, and
the reason says so.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from hepatrial.contracts import LEDGER_COLUMNS, Ledger
from hepatrial.derive.adtte import find_at_risk
from hepatrial.derive.criteria import evaluate_criterion
from hepatrial.derive.outcomes import Tables
from hepatrial.derive.patients import Patient
from hepatrial.errors import DeriveError
from hepatrial.study.models import Population, Study

SCREENED, ORIGIN = "SCREENED", "ORIGIN"
OUTCOME_FLAGS = ("DTHFL", "LTFL")
"""Flags of ADSL that say what happened to a subject."""
DECISION = "decision"
BY_DECISION = "by decision"


def derive_populations(
    tables: Tables,
    subjects: pd.DataFrame,
    patients: Sequence[Patient],
    study: Study,
    *,
    exclusions: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, Ledger]:
    """``subjects`` with its population flags, and the ledger.

    ENRLFL is Y for subjects with a date of enrolment and SAFFL for the treated where the study file defines no
    population with that flag. The ledger's ``kept`` is True or False; ``reason`` is empty where kept, ``detail`` has
    the values that a step rests on. ``exclusions`` (EXCLUSION_COLUMNS) are one more step, called "decision".
    """
    _check_populations(study)
    frame = subjects.assign(ENRLFL=_has(subjects["ENRLDT"]), SAFFL=_has(subjects["TRTSDT"]), FASFL="N", PPROTFL="N")
    rows = [*_screening_rows(tables["screening"]), *_origin_rows(subjects, study)]
    for population in study.populations:
        left_out = _reasons_of(exclusions, population.code)
        decided = [_walk_steps(population, patient, study, left_out) for patient in patients]
        rows.extend(row for steps in decided for row in steps)
        kept = {steps[-1]["subject_id"] for steps in decided if steps[-1]["kept"]}
        frame[population.flag] = frame["USUBJID"].isin(kept).map({True: "Y", False: "N"})
    return frame, Ledger(pd.DataFrame(rows, columns=list(LEDGER_COLUMNS)))


def _check_populations(study: Study) -> None:
    for item in study.populations:
        if not item.steps:
            raise DeriveError(f"populations ({item.code}): has no steps; only ADaM data bring their flags along")
        if item.flag in OUTCOME_FLAGS:
            raise DeriveError(f"populations ({item.code}): {item.flag} is no population flag; use EVAL28FL, say")


def _has(dates: pd.Series) -> pd.Series:
    return dates.notna().map({True: "Y", False: "N"})


def _reasons_of(exclusions: pd.DataFrame | None, population: str) -> dict[str, str]:
    """Why subjects are left out of a population by decision; the reasons of several decisions joined."""
    if exclusions is None:
        return {}
    mine = exclusions[exclusions["population"] == population]
    return {str(subject): "; ".join(dict.fromkeys(rows["reason"])) for subject, rows in mine.groupby("subject_id")}


def _row(
    population: str, step: str, subject: object, reason: str, record: object, detail: str = ""
) -> dict[str, object]:
    values = (population, step, subject, not reason, reason, record, detail)
    return dict(zip(LEDGER_COLUMNS, values, strict=True))


def _screening_rows(screening: pd.DataFrame) -> list[dict[str, object]]:
    """A screening failure is named by its screening number, an enrolled person by the subject identifier."""
    ordered = screening.sort_values("screening_id", kind="stable")
    return [
        _row(
            SCREENED, "screened", row.subject_id if isinstance(row.subject_id, str) else row.screening_id,
            "" if row.outcome == "enrolled" else (row.reason or "reason not recorded"), row.record_id,
        )
        for row in ordered.itertuples(index=False)
    ]  # fmt: skip


def _origin_rows(subjects: pd.DataFrame, study: Study) -> list[dict[str, object]]:
    reached = set(find_at_risk(subjects)["USUBJID"])
    rows = []
    for row in subjects.itertuples(index=False):
        stopped = f"no {study.time.origin}" if row.DTHFL == "N" else f"died before {study.time.origin}"
        reason = "" if row.USUBJID in reached else stopped
        rows.append(_row(ORIGIN, f"reached {study.time.origin}", row.USUBJID, reason, row.SRCID))
    return rows


def _walk_steps(
    population: Population, patient: Patient, study: Study, left_out: Mapping[str, str]
) -> list[dict[str, object]]:
    rows = []
    for number, step in enumerate(population.steps, start=1):
        verdict = evaluate_criterion(step.keep, patient, study)
        reasons = {"met": "", "not met": step.reason, "not assessable": f"{step.reason} (not assessable)"}
        cited = ";".join(verdict.records) or patient.record
        rows.append(_row(population.code, f"{number}", patient.usubjid, reasons[verdict.answer], cited, verdict.values))
        if verdict.answer != "met":
            return rows
    if patient.usubjid in left_out:
        why = f"{BY_DECISION}: {left_out[patient.usubjid]}"
        rows.append(_row(population.code, DECISION, patient.usubjid, why, patient.record))
    return rows
