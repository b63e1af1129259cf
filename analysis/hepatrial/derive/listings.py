"""ADDV, ADDD and ADCM: records that are listed and counted, with study days."""

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS
from hepatrial.derive.adex import origin_of
from hepatrial.derive.days import derive_study_day
from hepatrial.derive.frames import conform, source_of


def derive_addv(deviations: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """One row a protocol deviation of a known subject; the date is the earliest day possible."""
    rows = _known(deviations, subjects)
    columns = {"ADT": "date_low", "DVCAT": "category", "DVTERM": "description", "MAJORFL": "major"}
    return _list(rows, subjects, "deviations", "description", "ADDV", columns)


def derive_addd(deficiencies: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """One row a device deficiency of a known subject."""
    rows = _known(deficiencies, subjects)
    columns = {"ADT": "date_low", "EXSEQ": "session", "DDTERM": "description", "AEFL": "led_to_event"}
    return _list(rows, subjects, "device_deficiencies", "description", "ADDD", columns)


def derive_adcm(medications: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """One row a medication or blood product of a known subject; start the earliest, end the latest day possible."""
    rows = _known(medications, subjects)
    rows = rows.assign(ASTDY=derive_study_day(rows["start_date_low"], origin_of(rows, subjects)))
    columns = {"CMTRT": "name", "CMCAT": "kind", "CMINDC": "indication", "CMDOSE": "dose", "ASTDT": "start_date_low",
               "AENDT": "end_date_high", "ASTDY": "ASTDY"}  # fmt: skip
    return _list(rows, subjects, "medications", "name", "ADCM", columns)


def _known(table: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    return table[table["subject_id"].isin(subjects["USUBJID"])]


def _list(
    rows: pd.DataFrame, subjects: pd.DataFrame, table: str, column: str, dataset: str, columns: dict[str, str]
) -> pd.DataFrame:
    study_id = rows["subject_id"].map(subjects.set_index("USUBJID")["STUDYID"])
    frame = pd.DataFrame({"STUDYID": study_id, "USUBJID": rows["subject_id"]}, index=rows.index)
    frame = frame.assign(**{name: rows[source] for name, source in columns.items()})
    return conform(frame.join(source_of(rows, table, column)), ADAM_DATASETS[dataset])
