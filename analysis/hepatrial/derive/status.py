"""ADSTAT: whether each subject is known to be alive on a fixed day.

A number such as "survival at day 28" hides who was never heard of again. Here each subject at risk is, on each
fixed day of the study's survival and cumulative incidence analyses:

``dead``       had the event on or before the day;
``competing``  had a competing outcome (or died, where death ends what is studied) on or before the day;
``alive``      known without the event on the day, or at most ``status_tolerance_days`` before it;
``unknown``    censored longer before it, or the day lies after the data cut.

Best case counts the unknown as alive, worst case as dead.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.adtte import CENSORED, COMPETING, EVENT
from hepatrial.derive.frames import conform, stack_rows
from hepatrial.study.analyses import CumulativeIncidenceAnalysis, SurvivalAnalysis
from hepatrial.study.models import Study

ALIVE, DEAD, OTHER, UNKNOWN = "alive", "dead", "competing", "unknown"


def derive_adstat(adtte: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """One row a row of ADTTE and fixed day that an analysis of its parameter names."""
    days: dict[str, set[int]] = {}
    for analysis in study.analyses:
        if isinstance(analysis, SurvivalAnalysis | CumulativeIncidenceAnalysis):
            days.setdefault(analysis.parameter, set()).update(analysis.days)
    frames = [
        derive_status(
            adtte[adtte["PARAMCD"] == code],
            sorted(at),
            tolerance_days=study.time.status_tolerance_days,
            as_of=as_of,
        )
        for code, at in sorted(days.items())
    ]
    spec = OPTIONAL_DATASETS["ADSTAT"]
    return conform(stack_rows(frames) if frames else pd.DataFrame(), spec)


def derive_status(adtte: pd.DataFrame, days: Sequence[int], *, tolerance_days: int, as_of: date) -> pd.DataFrame:
    """STATUS and REASON of each ADTTE row on each day: rows of ``adtte`` × ``days``, with DAY added.

    Parameters
    ----------
    adtte : DataFrame
        ADTTE rows, of one parameter or several.
    days : sequence of int
        Follow-up days (with a day 0).
    tolerance_days : int
        Known alive so many days before a fixed day still counts as alive on it.
    as_of : date
        Data cut or date of the export: a day after it cannot be known.
    """
    frame = adtte.merge(pd.DataFrame({"DAY": np.asarray(days, dtype="float64")}), how="cross")
    is_reached = frame["AVAL"] <= frame["DAY"]
    died_otherwise = (frame["CNSR"] == CENSORED) & (frame["CNSDTDSC"] == "death")
    is_pending = frame["STARTDT"] + pd.to_timedelta(frame["DAY"], unit="D") > pd.Timestamp(as_of)
    is_known = (frame["AVAL"] > frame["DAY"]) | (frame["DAY"] - frame["AVAL"] <= tolerance_days)
    cases = [
        is_reached & (frame["CNSR"] == EVENT),
        is_reached & ((frame["CNSR"] == COMPETING) | died_otherwise),
        is_known & ~is_pending,
    ]
    status = pd.Series(np.select(cases, [DEAD, OTHER, ALIVE], default=UNKNOWN), index=frame.index)
    last = "censored on day " + frame["AVAL"].map("{:g}".format).astype("object") + ": " + frame["CNSDTDSC"].fillna("")
    reason = last.mask(is_pending, "the day had not come at the data cut").where(status == UNKNOWN, None)
    return frame.assign(STATUS=status, REASON=reason)
