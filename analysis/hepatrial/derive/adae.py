"""ADAE: one row an adverse event.

Dates that are incomplete count by their bounds: an event is treatment-emergent, or on therapy, unless its dates
rule that out. A missing causality never makes an event unrelated: with all three missing it counts as related.
"""

import numpy as np
import pandas as pd

from hepatrial.contracts import ADAM_DATASETS
from hepatrial.derive.adex import origin_of
from hepatrial.derive.days import derive_study_day
from hepatrial.derive.device_effects import derive_device_effects
from hepatrial.derive.frames import conform, empty_dataset, flag, source_of
from hepatrial.study.models import Safety, Study

RELATED = ("possible", "probable", "related")
CAUSALITIES = {"AERELDEV": "related_device", "AERELPRC": "related_procedure", "AERELCEL": "related_cells"}
FIRST, LAST = pd.Timestamp("1700-01-01"), pd.Timestamp("2200-12-31")


def derive_adae(events: pd.DataFrame, subjects: pd.DataFrame, adex: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a record of ``adverse_events`` of a known subject; AESEQ 1, 2, … in the order of start.

    Parameters
    ----------
    events : DataFrame
        Standard table ``adverse_events``.
    subjects : DataFrame
        Output of ``derive_subjects``.
    adex : DataFrame
        ADEX, for the session at or before each event.
    """
    known = events[events["subject_id"].isin(subjects["USUBJID"])]
    if known.empty:
        return empty_dataset(ADAM_DATASETS["ADAE"]).copy()
    order = ["subject_id", "start_date_low", "start_date_high", "line"]
    rows = known.sort_values(order, kind="stable", na_position="last", ignore_index=True)
    origin, end = origin_of(rows, subjects), _end(rows, subjects)
    frame = pd.DataFrame(
        {
            "STUDYID": study.identity.study_id, "USUBJID": rows["subject_id"],
            "AESEQ": rows.groupby("subject_id", sort=False).cumcount() + 1,
            "AETERM": rows["term"], "AEDECOD": rows["preferred_term"], "AEBODSYS": rows["system_organ_class"],
            "ASTDT": rows["start_date_low"], "ASTDTF": _imputed(rows["start_date_low"], rows["start_date_high"]),
            "AENDT": end, "ASTDTC": rows["start_date_text"], "AENDTC": rows["end_date_text"],
            "ASTDY": derive_study_day(rows["start_date_low"], origin),
            "AENDY": derive_study_day(end, origin),
            "AETOXGR": pd.to_numeric(rows["grade"], errors="coerce"), "AESER": rows["serious"],
            **{name: rows[column] for name, column in CAUSALITIES.items()}, "AEREL": _related(rows),
            "AEACN": rows["action"], "AEOUT": rows["outcome"],
        },
        index=rows.index,
    )  # fmt: skip
    frame = frame.join(_flag_periods(rows, subjects, study.safety)).join(derive_device_effects(rows, study.safety))
    frame = frame.join(source_of(rows, "adverse_events", "start_date"))
    frame["EXSEQ"] = _last_session(frame, adex)
    return conform(frame, ADAM_DATASETS["ADAE"])


def _end(rows: pd.DataFrame, subjects: pd.DataFrame) -> pd.Series:
    """The end; where only part of it is recorded, the latest day that it can be, which is not after death."""
    earliest, latest = rows["end_date_low"], rows["end_date_high"]
    death = rows["subject_id"].map(subjects.set_index("USUBJID")["DTHDT"])
    return latest.mask((earliest <= death) & (death < latest), death)


def _imputed(low: pd.Series, high: pd.Series) -> pd.Series:
    """ "" complete; D the day, M the month and day were imputed; Y nothing is known (CDISC date imputation flag)."""
    same_year = low.dt.year == high.dt.year
    same_month = same_year & (low.dt.month == high.dt.month)
    level = np.select([low.isna(), low == high, same_month, same_year], ["Y", "", "D", "M"], default="Y")
    return pd.Series(level, index=low.index, dtype="object")


def _related(rows: pd.DataFrame) -> pd.Series:
    answers = rows[list(CAUSALITIES.values())]
    return flag(answers.isin(RELATED).any(axis=1) | answers.isna().all(axis=1))


def _flag_periods(rows: pd.DataFrame, subjects: pd.DataFrame, safety: Safety | None) -> pd.DataFrame:
    """TRTEMFL and ONTRTFL.

    Treatment-emergent: can have started on or after the day of the first treatment (and, where the study says so,
    not later than so many days after the last). On therapy: from the day the first session started to the day the
    last one ended plus the declared lag.
    """
    of = subjects.set_index("USUBJID")
    start, end = (rows["subject_id"].map(of[name]).astype("datetime64[ns]") for name in ("TRTSDT", "TRTEDT"))
    earliest = rows["start_date_low"].fillna(FIRST)
    latest = rows["start_date_high"].fillna(LAST)
    ended = rows["end_date_high"].fillna(LAST)
    latest = latest.where(latest <= ended, ended)  # an event that ended before treatment cannot have started in it
    days = None if safety is None else safety.treatment_emergent_days
    in_time = True if days is None else earliest <= end + pd.Timedelta(days=days)
    lag = pd.Timedelta(days=0 if safety is None else safety.on_therapy_lag_days)
    emergent = latest >= start
    return pd.DataFrame({"TRTEMFL": flag(emergent & in_time), "ONTRTFL": flag(emergent & (earliest <= end + lag))})


def _last_session(frame: pd.DataFrame, adex: pd.DataFrame) -> pd.Series:
    """EXSEQ of the last session that started on or before the day of the event."""
    events = frame.reset_index()[["index", "USUBJID", "ASTDT"]].dropna(subset=["ASTDT"])
    sessions = adex[["USUBJID", "ASTDT", "EXSEQ"]].dropna(subset=["ASTDT"])
    if events.empty or sessions.empty:
        return pd.Series(np.nan, index=frame.index)
    matched = pd.merge_asof(
        events.sort_values("ASTDT", kind="stable"),
        sessions.sort_values(["ASTDT", "EXSEQ"], kind="stable"),
        on="ASTDT",
        by="USUBJID",
    )
    return matched.set_index("index")["EXSEQ"].reindex(frame.index)
