"""ADEL: every eligibility criterion on the data, beside what the investigator ticked."""

from collections.abc import Sequence

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS
from hepatrial.derive.criteria import evaluate_criterion
from hepatrial.derive.frames import conform
from hepatrial.derive.patients import Patient
from hepatrial.derive.verdicts import Verdict
from hepatrial.study.models import Eligibility, Study

DECIDED = ("met", "not met")
TICK_ONLY = Verdict("not assessable", "on the investigator's answer only")


def derive_adel(eligibility: pd.DataFrame, patients: Sequence[Patient], study: Study) -> pd.DataFrame:
    """One row a subject and criterion of the study file.

    ``met`` of an exclusion criterion means that the reason to exclude is there. DIFFFL is Y where the data and the
    investigator both decide, and differently.
    """
    ticks = eligibility.drop_duplicates(["subject_id", "criterion"]).set_index(["subject_id", "criterion"])
    rows = [_row(patient, item, ticks, study) for patient in patients for item in study.eligibility]
    return conform(pd.DataFrame(rows, columns=list(ADAM_DATASETS["ADEL"].names)), ADAM_DATASETS["ADEL"])


def _row(patient: Patient, item: Eligibility, ticks: pd.DataFrame, study: Study) -> dict[str, object]:
    verdict = TICK_ONLY if item.criterion is None else evaluate_criterion(item.criterion, patient, study)
    tick = ticks.loc[(patient.usubjid, item.id)] if (patient.usubjid, item.id) in ticks.index else None
    answer = None if tick is None else tick["answer"]
    differs = verdict.answer in DECIDED and answer in DECIDED and verdict.answer != answer
    records = [*([] if tick is None else [tick["record_id"]]), *verdict.records] or [patient.record]
    return {
        "STUDYID": study.identity.study_id, "USUBJID": patient.usubjid, "CRITID": item.id, "CRITTYPE": item.kind,
        "CRIT": item.text, "DATARES": verdict.answer, "VALUES": verdict.values, "INVRES": answer,
        "DIFFFL": "Y" if differs else "N",
        "SRCDOM": "subjects" if tick is None else "eligibility", "SRCVAR": "subject_id" if tick is None else "answer",
        "SRCSEQ": None if tick is None else float(tick["line"]), "SRCID": ";".join(dict.fromkeys(records)),
    }  # fmt: skip
