"""ADDTH: one row a death of a treated subject, with the days and the events around it."""

import numpy as np
import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.days import DAY, derive_study_day
from hepatrial.derive.frames import conform, flag

FATAL = 5


def derive_addth(adsl: pd.DataFrame, adae: pd.DataFrame, adex: pd.DataFrame) -> pd.DataFrame:
    """Deaths of ADSL; treatment, its last day and the fatal events (grade 5) beside them.

    Parameters
    ----------
    adsl, adae, adex : DataFrame
        Derived or adopted.
    """
    spec = OPTIONAL_DATASETS["ADDTH"]
    rows = adsl[(adsl["DTHFL"] == "Y") & adsl["TRTSDT"].notna()].reset_index(drop=True)
    if rows.empty:
        return conform(pd.DataFrame(columns=list(spec.names)), spec)
    fatal = adae[adae["AETOXGR"] == FATAL]
    name = fatal["AEDECOD"].fillna(fatal["AETERM"])
    terms = name.groupby(fatal["USUBJID"]).agg(lambda found: ", ".join(dict.fromkeys(map(str, found))))
    sessions = adex.groupby("USUBJID").size()
    since = ((rows["DTHDT"] - rows["TRTEDT"]) / DAY).astype("float64")
    frame = rows.assign(
        DTHDY=derive_study_day(rows["DTHDT"], rows["ORIGDT"]), DTHLSTD=since.where(since >= 0, np.nan),
        NSESS=rows["USUBJID"].map(sessions).astype("float64"), DTHTERM=rows["USUBJID"].map(terms),
        AFTLTFL=flag(rows["DTHDT"] >= rows["LTDT"]),
    )  # fmt: skip
    return conform(frame, spec)
