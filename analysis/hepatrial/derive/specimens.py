"""ADSP: specimens due by protocol and what became of them."""

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS
from hepatrial.derive.adtte import find_at_risk
from hepatrial.derive.frames import YES, conform, flag
from hepatrial.derive.windows import BASELINE
from hepatrial.study.models import Study


def derive_adsp(specimens: pd.DataFrame, subjects: pd.DataFrame, study: Study, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row a subject who reached the origin, visit and kind that the study file plans.

    A record belongs to the visit whose code or label the site wrote, else to the visit in whose window its date
    lies. EXPFL is Y when the specimen was collected, or when the subject was alive and on study on the visit's day
    and its window has closed. REASON says why nothing was collected, as recorded or as derived.
    """
    spec = ADAM_DATASETS["ADSP"]
    planned = _plan(find_at_risk(subjects), study)
    if planned.empty:
        return conform(pd.DataFrame(columns=list(spec.names)), spec)
    records = _match_visits(specimens, subjects, study)
    frame = planned.merge(records, on=["USUBJID", "AVISIT", "SPEC"], how="left", sort=False)
    collected = frame["collected"] == YES
    not_due = _why_not_due(frame, as_of)
    frame = frame.assign(
        COLLFL=flag(collected),
        EXPFL=flag(collected | not_due.isna()),
        REASON=frame["reason"].fillna(not_due).fillna("not recorded").mask(collected, None),
        SRCDOM=frame["SRCID"].map(lambda _: "specimens", na_action="ignore").fillna("subjects"),
        SRCVAR=frame["SRCID"].map(lambda _: "collected", na_action="ignore").fillna("subject_id"),
        SRCID=frame["SRCID"].fillna(frame["OWNID"].str.split(";").str[0]),
    )
    return conform(frame, spec)


def _plan(at_risk: pd.DataFrame, study: Study) -> pd.DataFrame:
    if study.specimens is None or at_risk.empty:
        return pd.DataFrame()
    days = {BASELINE: (0.0, 0)} | {visit.code: (float(visit.day), visit.window[1]) for visit in study.visits}
    rows = [
        {"AVISIT": code, "AVISITN": days[code][0], "CLOSES": days[code][1], "SPEC": kind}
        for code in study.specimens.visits
        for kind in study.specimens.kinds
    ]
    columns = ["STUDYID", "USUBJID", "ORIGDT", "DTHDT", "EOSDT", "SRCID"]
    return at_risk[columns].rename(columns={"SRCID": "OWNID"}).merge(pd.DataFrame(rows), how="cross")


def _match_visits(specimens: pd.DataFrame, subjects: pd.DataFrame, study: Study) -> pd.DataFrame:
    labels = {name: visit.code for visit in study.visits for name in (visit.code, visit.label, *visit.labels)}
    labels.setdefault(BASELINE, BASELINE)
    origin = specimens["subject_id"].map(subjects.set_index("USUBJID")["ORIGDT"]).astype("datetime64[ns]")
    day = (specimens["date_low"] - origin).dt.days
    visit = specimens["visit"].map(labels).astype("object")
    for item in study.visits:
        visit = visit.mask(visit.isna() & day.between(*item.window), item.code)
    frame = pd.DataFrame(
        {
            "USUBJID": specimens["subject_id"], "AVISIT": visit, "SPEC": specimens["kind"],
            "collected": specimens["collected"], "reason": specimens["reason"],
            "SRCSEQ": specimens["line"].astype("float64"), "SRCID": specimens["record_id"],
        }
    ).dropna(subset=["AVISIT"])  # fmt: skip
    # a specimen that was collected at the second attempt was collected
    best = frame.assign(RANK=(frame["collected"] != YES).astype(int))
    ordered = best.sort_values(["USUBJID", "AVISIT", "SPEC", "RANK", "SRCSEQ"], kind="stable")
    return ordered.drop_duplicates(["USUBJID", "AVISIT", "SPEC"]).drop(columns="RANK")


def _why_not_due(frame: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Text where the specimen was not due, else missing."""
    target = frame["ORIGDT"] + pd.to_timedelta(frame["AVISITN"], unit="D")
    closes = frame["ORIGDT"] + pd.to_timedelta(frame["CLOSES"], unit="D")
    reason = pd.Series(None, index=frame.index, dtype="object")
    reason = reason.mask(closes > as_of, "visit not yet due")
    reason = reason.mask(frame["EOSDT"] < target, "left the study before the visit")
    return reason.mask(frame["DTHDT"] < target, "died before the visit")
