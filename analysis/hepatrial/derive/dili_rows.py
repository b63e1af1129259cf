"""ADDILI: the rules of :mod:`hepatrial.derive.dili` on ADLB, one row a subject and basis of the multiples.

Measured values after the origin and before transplantation: a new liver says nothing about the injury of the old.
"""

import numpy as np
import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.dili import BASES, QUADRANTS, derive_edish
from hepatrial.derive.frames import conform, flag, join_ids, stack_rows
from hepatrial.study.models import Study

ANALYTES = ("ALT", "AST", "BILI", "ALP")
ABNORMAL = 2.0
"""Baseline bilirubin, as a multiple of the upper limit, from which the published quadrants cannot call anything."""


def derive_addili(adlb: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a subject with such a value, and basis; empty where transaminases or bilirubin are not measured.

    ``adlb`` with IS_BEFORE. SRCID names every record that was looked at.
    """
    spec = OPTIONAL_DATASETS["ADDILI"]
    measured = adlb[adlb["PARAMCD"].isin(ANALYTES) & (adlb["DTYPE"] != "AVERAGE") & adlb["AVAL"].notna()]
    after = measured[~measured["IS_BEFORE"] & measured["ADY"].notna() & (measured["AFTLTFL"] != "Y")]
    codes = {parameter.code for parameter in study.parameters}
    if after.empty or "BILI" not in codes or not codes & {"ALT", "AST"}:
        return conform(pd.DataFrame(columns=list(spec.names)), spec)
    frames = [derive_edish(after, basis=basis).assign(BASIS=basis) for basis in BASES]
    frame = stack_rows(frames)
    base = adlb[(adlb["ABLFL"] == "Y") & (adlb["PARAMCD"] == "BILI")].set_index("USUBJID")
    times = frame["USUBJID"].map(base["AVAL"] / base["ANRHI"].where(base["ANRHI"] > 0)).astype("float64")
    frame = frame.assign(
        STUDYID=study.identity.study_id, QUADTXT=frame["QUADRANT"].map(QUADRANTS).where(frame["QUADRANT"] != "", None),
        BILIBULN=times, ABNBLFL=flag(times >= ABNORMAL), SRCDOM="labs", SRCVAR="result", SRCSEQ=np.nan,
        SRCID=frame["USUBJID"].map(after.groupby("USUBJID")["SRCID"].agg(join_ids)),
    )  # fmt: skip
    return conform(frame, spec)
