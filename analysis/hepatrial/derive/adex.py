"""ADEX: one row a session or dose."""

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS
from hepatrial.derive.days import combine_moment, derive_study_day
from hepatrial.derive.frames import conform, empty_dataset, source_of

HOUR = pd.Timedelta(hours=1)


def derive_adex(treatments: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """One row a record of ``treatments`` of a known subject.

    EXSEQ is the session number as recorded where a subject's are complete and differ, else 1, 2, … in the order of
    start. COMPLFL is Y only where recorded as given as planned. Dates: start the earliest, end the latest day
    possible.
    """
    known = treatments[treatments["subject_id"].isin(subjects["USUBJID"])]
    if known.empty:
        return empty_dataset(ADAM_DATASETS["ADEX"]).copy()
    rows = known.sort_values(["subject_id", "start_date_low", "start_time", "line"], kind="stable", ignore_index=True)
    of = subjects.set_index("USUBJID")
    start = combine_moment(rows["start_date"], rows["start_time"])
    end = combine_moment(rows["end_date"], rows["end_time"])
    frame = pd.DataFrame(
        {
            "STUDYID": rows["subject_id"].map(of["STUDYID"]), "USUBJID": rows["subject_id"], "EXSEQ": number(rows),
            "EXTRT": rows["treatment"], "ASTDT": rows["start_date_low"], "ASTTM": rows["start_time"],
            "AENDT": rows["end_date_high"], "AENTM": rows["end_time"], "ADURHR": (end - start) / HOUR,
            "ASTDY": derive_study_day(rows["start_date_low"], origin_of(rows, subjects)),
            "DOSE": rows["dose"], "DOSU": rows["dose_unit"], "COMPLFL": rows["completed"], "REASON": rows["reason"],
        }
    ).join(source_of(rows, "treatments", "start_date"))  # fmt: skip
    return conform(frame, ADAM_DATASETS["ADEX"])


def number(rows: pd.DataFrame) -> pd.Series:
    """Session numbers as recorded, or by order for a subject whose numbers are incomplete or doubled."""
    by = rows.groupby("subject_id", sort=False)
    is_whole = ~(rows["session"].isna() | rows.duplicated(["subject_id", "session"], keep=False))
    usable = is_whole.groupby(rows["subject_id"]).transform("all")
    return rows["session"].where(usable, by.cumcount() + 1.0).astype("float64")


def origin_of(rows: pd.DataFrame, subjects: pd.DataFrame) -> pd.Series:
    """ORIGDT of each row's subject."""
    return rows["subject_id"].map(subjects.set_index("USUBJID")["ORIGDT"]).astype("datetime64[ns]")
