"""Hours between the end of the last blood purification session and a sample.

A session removes bilirubin and changes INR, so a sample soon after one says little about the liver.
"""

import pandas as pd

from hepatrial.derive.days import DAY, LAST_MINUTE, combine_moment


def derive_hours_since_session(frame: pd.DataFrame, treatments: pd.DataFrame) -> pd.Series:
    """Hours from the end of the last session that started at or before the sample; 0 within a session.

    Missing where the sample's or the session's end time of day is unknown, or no session had started. A session
    without a start time counts from the start of its day.
    """
    samples = pd.DataFrame({"USUBJID": frame["USUBJID"], "AT": combine_moment(frame["ADT"], frame["ATM"])})
    started = treatments[treatments["start_date"].notna() & treatments["subject_id"].notna()]
    start = combine_moment(started["start_date"], started["start_time"]).fillna(started["start_date"])
    sessions = pd.DataFrame(
        {
            "USUBJID": started["subject_id"],
            "START": start,
            "END": combine_moment(started["end_date"], started["end_time"]),
        }
    ).sort_values(["START", "USUBJID"], kind="stable")
    known = samples.dropna(subset=["AT"]).reset_index().sort_values("AT", kind="stable")
    if known.empty or sessions.empty:
        return pd.Series(float("nan"), index=frame.index)
    known["USUBJID"], sessions["USUBJID"] = known["USUBJID"].astype("object"), sessions["USUBJID"].astype("object")
    matched = pd.merge_asof(known, sessions, left_on="AT", right_on="START", by="USUBJID")
    hours = (matched["AT"] - matched["END"]) / pd.Timedelta(hours=1)
    return pd.Series(hours.clip(lower=0).to_numpy(), index=matched["index"].to_numpy()).reindex(frame.index)


def find_soon_after_session(frame: pd.DataFrame, treatments: pd.DataFrame, hours: float) -> pd.Series:
    """Whether a sample can have been taken within a session or less than ``hours`` after it, by the index of ``frame``.

    Known times decide to the minute. A sample without a time can be of any minute of its day, a session without one
    lasts from the first to the last minute that its dates allow: what they do not rule out is soon after.
    """
    moment = combine_moment(frame["ADT"], frame["ATM"])
    samples = pd.DataFrame(
        {
            "USUBJID": frame["USUBJID"].astype("object"),
            "EARLIEST": moment.fillna(frame["ADT"]), "LATEST": moment.fillna(frame["ADT"] + LAST_MINUTE),
        }
    )  # fmt: skip
    held = treatments[treatments["start_date_low"].notna() & treatments["subject_id"].notna()]
    last_day = held["end_date_high"].fillna(held["start_date_high"])
    sessions = pd.DataFrame(
        {
            "USUBJID": held["subject_id"].astype("object"),
            "START": combine_moment(held["start_date"], held["start_time"]).fillna(held["start_date_low"]),
            "END": combine_moment(held["end_date"], held["end_time"]).fillna(last_day + DAY),
        }
    )
    pairs = samples.reset_index(names="ROW").merge(sessions, on="USUBJID")
    is_soon = (pairs["LATEST"] >= pairs["START"]) & (pairs["EARLIEST"] - pairs["END"] < pd.Timedelta(hours=hours))
    return pd.Series(frame.index.isin(pairs.loc[is_soon, "ROW"]), index=frame.index)
