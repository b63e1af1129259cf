"""Which record is the baseline and which one stands for each visit.

Rules
-----
1. A record is before the origin when its day is earlier, or on the day of the origin when its time is not later
   than the time of the origin. On the day of the origin a record counts as before it when either time is unknown,
   since assessments of that day are planned before treatment.
2. Baseline is the last record with a value before the origin, or the mean of them (``baseline`` of the study
   file); where the study file has a visit BL, only records in its window.
3. A record before the origin can stand for visits up to day 0, a record after it for visits from day 1 on; the
   window is in follow-up days (with a day 0). The baseline record is visit BL.
4. Of the records of one day one stands (``same_day``); of the days in a window the one nearest to the target, the
   earlier or later of two equally near (``tie``), or the last, or the worst (``choose``).
5. Records without a value or a complete date, and those dated after death, stand for nothing.
"""

import numpy as np
import pandas as pd

from hepatrial.derive.days import combine_moment
from hepatrial.derive.frames import NO, YES, join_ids, join_texts, stack_rows
from hepatrial.errors import DeriveError
from hepatrial.study.models import Study, Visit

BASELINE = "BL"
AVERAGE = "AVERAGE"
GROUP = ["USUBJID", "PARAMCD"]


def find_before_origin(frame: pd.DataFrame) -> pd.Series:
    """Rule 1, True or False; False without a date or an origin. Needs ADT, ATM, ORIGDT and ORIGTM."""
    is_same_day = frame["ADT"] == frame["ORIGDT"]
    moment = combine_moment(frame["ADT"], frame["ATM"])
    origin = combine_moment(frame["ORIGDT"], frame["ORIGTM"])
    return (frame["ADT"] < frame["ORIGDT"]) | (is_same_day & ~(moment > origin))


def assign_visits(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """AVISIT, AVISITN, AWTARGET, AWTDIFF, ABLFL and ANL01FL.

    Needs USUBJID, PARAMCD, AVAL, ADT, ATM, AFUDY, DTHDT, IS_BEFORE and the SRC columns. Rows are kept as they
    are; where the study asks for a mean, rows with DTYPE "AVERAGE" are added.
    """
    frame = frame.reset_index(drop=True)
    is_usable = frame["AVAL"].notna() & frame["ADT"].notna() & ~(frame["ADT"] > frame["DTHDT"])
    frame["ABLFL"], frame["ANL01FL"] = NO, NO
    frame = _add_windows(frame, is_usable, study.visits)
    frame = _flag_baseline(frame, is_usable, study)
    return _flag_analysed(frame, study)


def _add_windows(frame: pd.DataFrame, is_usable: pd.Series, visits: tuple[Visit, ...]) -> pd.DataFrame:
    frame = frame.assign(AVISIT=pd.Series(None, index=frame.index, dtype="object"), AWTARGET=np.nan)
    for visit in visits:
        first, last = visit.window
        side = frame["IS_BEFORE"] if visit.day <= 0 else ~frame["IS_BEFORE"]
        is_in = is_usable & side & frame["AFUDY"].between(first, last)
        frame.loc[is_in, "AVISIT"] = visit.code
        frame.loc[is_in, "AWTARGET"] = float(visit.day)
    return frame.assign(AVISITN=frame["AWTARGET"], AWTDIFF=(frame["AFUDY"] - frame["AWTARGET"]).abs())


def _flag_baseline(frame: pd.DataFrame, is_usable: pd.Series, study: Study) -> pd.DataFrame:
    visit = next((item for item in study.visits if item.code == BASELINE), None)
    is_in_window = True if visit is None else frame["AFUDY"].between(*visit.window)
    before = frame[is_usable & frame["IS_BEFORE"] & is_in_window]
    if study.visit_rule.baseline == "mean before origin":
        frame, chosen = _take_means(frame, before, GROUP)
    else:
        chosen = _order_in_time(before).drop_duplicates(GROUP, keep="last").index
    target = 0.0 if visit is None else float(visit.day)
    values: dict[str, object] = {
        "ABLFL": YES, "ANL01FL": YES, "AVISIT": BASELINE, "AVISITN": target, "AWTARGET": target,
    }  # fmt: skip
    for name, value in values.items():
        frame.loc[chosen, name] = value
    frame.loc[chosen, "AWTDIFF"] = (frame.loc[chosen, "AFUDY"] - target).abs()
    return frame


def _flag_analysed(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Rule 4: one record per subject, parameter and visit."""
    group = [*GROUP, "AVISIT"]
    windowed = frame[frame["AVISIT"].notna() & (frame["ABLFL"] == NO) & (frame["AVISIT"] != BASELINE)]
    rule = study.visit_rule
    days = _order_in_time(windowed).drop_duplicates(
        [*group, "ADT"], keep="first" if rule.same_day == "first" else "last"
    )
    if rule.choose == "worst":
        chosen = _worst_first(windowed, study).drop_duplicates(group)
    elif rule.choose == "last":
        chosen = days.drop_duplicates(group, keep="last")
    else:
        sign = 1.0 if rule.tie == "earlier" else -1.0
        ordered = days.assign(SIDE=sign * (days["AFUDY"] - days["AWTARGET"]))
        chosen = ordered.sort_values([*group, "AWTDIFF", "SIDE"], kind="stable").drop_duplicates(group)
    if rule.same_day == "mean" and rule.choose != "worst":
        return _flag_means(frame, windowed, chosen)
    frame.loc[chosen.index, "ANL01FL"] = YES
    return frame


def _flag_means(frame: pd.DataFrame, windowed: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    day = [*GROUP, "AVISIT", "ADT"]
    is_on_day = pd.MultiIndex.from_frame(windowed[day]).isin(pd.MultiIndex.from_frame(chosen[day]))
    frame, index = _take_means(frame, windowed[is_on_day], day)
    frame.loc[index, "ANL01FL"] = YES
    return frame


def _take_means(frame: pd.DataFrame, members: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, pd.Index]:
    """The frame with a row added for each group of several members, and the index of the row that stands for each.

    The added row has the mean, the latest member's other columns, and cites every member.
    """
    ordered = _order_in_time(members)
    size = ordered.groupby(by)["AVAL"].transform("size")
    single, several = ordered.index[size == 1], ordered[size > 1]
    if several.empty:
        return frame, single
    groups = several.groupby(by, sort=False)
    latest = several.drop_duplicates(by, keep="last").set_index(by, drop=False)
    rows = latest.assign(
        AVAL=groups["AVAL"].mean(), AVALC=None, SRCID=groups["SRCID"].agg(join_ids), SRCSEQ=np.nan, DTYPE=AVERAGE,
        BPFL=groups["BPFL"].max(), BPDESC=groups["BPDESC"].agg(join_texts),
        ACENS=groups["ACENS"].agg(lambda codes: codes.iloc[0] if codes.nunique() == 1 else ""), ABOUND=np.nan,
    ).set_axis(range(len(frame), len(frame) + len(latest)))  # fmt: skip
    return stack_rows([frame, rows]), single.append(rows.index)


def _order_in_time(frame: pd.DataFrame) -> pd.DataFrame:
    """By time; a record without a time is the first of its day."""
    by = [*GROUP, "ADT", "ATM", "SRCSEQ", "SRCID"]
    return frame.sort_values(by, kind="stable", na_position="first")


def _worst_first(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    worse = {code: worse_sign(study, code) for code in frame["PARAMCD"].unique()}
    sign = frame["PARAMCD"].map(worse).astype("float64")
    by = [*GROUP, "AVISIT", "BADNESS", "ADT", "ATM", "SRCID"]
    return frame.assign(BADNESS=sign * frame["AVAL"]).sort_values(by, kind="stable", na_position="first")


def worse_sign(study: Study, code: str) -> float:
    """-1 where high values are worse (every score), 1 where low ones are."""
    worse = (
        "high" if any(score.code == code for score in study.scores) else getattr(study.parameter(code), "worse", None)
    )
    if worse is None:
        raise DeriveError(f"parameters[{code}].worse is missing: 'worst' needs to know whether high or low is worse")
    return -1.0 if worse == "high" else 1.0
