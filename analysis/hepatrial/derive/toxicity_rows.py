"""ADTOX: CTCAE grades of laboratory values, with the grade where each subject started.

Nearly every patient of these trials starts with abnormal bilirubin and INR. The published rule then counts multiples
of the baseline (ATOXGR); beside it stands the grade as from a normal baseline (ATOXGRN), whose value at baseline is
BTOXGR: a shift goes from BTOXGR to the worst ATOXGRN.
"""

import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.frames import conform, flag, stack_rows
from hepatrial.derive.toxicity import CtcaeResult, compute_ctcae_grade, list_ctcae_terms
from hepatrial.derive.toxicity.rules import Version
from hepatrial.derive.windows import AVERAGE
from hepatrial.study.models import Safety, Study
from hepatrial.units import ANALYTES

VERSIONS: dict[str, Version] = {"CTCAE v5.0": "5.0", "CTCAE v6.0": "6.0"}


def derive_adtox(adlb: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a laboratory record with a value and each term that grades its parameter; empty without a version.

    ``adlb`` with IS_BEFORE. Scores, means and parameters that CTCAE does not grade have no rows; a mean that is the
    baseline gives BTOXGR and the limits of the baseline.
    """
    spec = OPTIONAL_DATASETS["ADTOX"]
    if study.safety is None or study.safety.grading not in VERSIONS:
        return conform(pd.DataFrame(columns=list(spec.names)), spec)
    version = VERSIONS[study.safety.grading]
    is_asked = (adlb["DTYPE"] != AVERAGE) | (adlb["ABLFL"] == "Y")
    measured = adlb[(adlb["PARCAT1"] == "LABORATORY") & adlb["AVAL"].notna() & is_asked]
    frames = [
        _grade(measured[measured["PARAMCD"] == parameter.code], parameter.unit, term, version, study.safety)
        for parameter in study.parameters
        if parameter.code in ANALYTES and (measured["PARAMCD"] == parameter.code).any()
        for term in list_ctcae_terms(parameter.code, version=version)
    ]
    graded = stack_rows(frames) if frames else pd.DataFrame(columns=list(spec.names))
    return conform(_flag_worst(_flag_worst(graded, "ATOXGR", "WORSTFL"), "ATOXGRN", "WORSTNFL"), spec)


def _grade(rows: pd.DataFrame, unit: str, term: str, version: Version, safety: Safety) -> pd.DataFrame:
    base = rows[rows["ABLFL"] == "Y"].set_index("USUBJID")

    def run(use_baseline: bool) -> CtcaeResult:
        return compute_ctcae_grade(
            term, value=rows["AVAL"], unit=unit, version=version, lower_limit=rows["ANRLO"], upper_limit=rows["ANRHI"],
            baseline=rows["BASE"], baseline_lower=rows["USUBJID"].map(base["ANRLO"]).astype("float64"),
            baseline_upper=rows["USUBJID"].map(base["ANRHI"]).astype("float64"), anticoagulated=safety.anticoagulated,
            symptoms=safety.grading_symptoms, use_baseline=use_baseline,
        )  # fmt: skip

    published, normal = run(True), run(False)
    grades = pd.Series(normal.grade, index=rows.index)
    at_baseline = pd.Series(grades[rows.index[rows["ABLFL"] == "Y"]].to_numpy(), index=base.index)
    graded = rows.assign(
        ATOXTERM=term, ATOXVER=version, ATOXGR=published.grade, ATOXGRN=grades,
        BTOXGR=rows["USUBJID"].map(at_baseline).astype("float64"), AVALULN=published.times_upper,
        POSTFL=flag(~rows["IS_BEFORE"] & (rows["ADT"] >= rows["ORIGDT"])),
        REASND=pd.Series(published.reason, index=rows.index).replace("", None),
    )  # fmt: skip
    return graded[graded["DTYPE"] != AVERAGE]


def _flag_worst(frame: pd.DataFrame, grade: str, name: str) -> pd.DataFrame:
    """Y on the first record with the highest grade after the origin, per subject and term."""
    if frame.empty:
        return frame
    after = frame[(frame["POSTFL"] == "Y") & frame[grade].notna()]
    ordered = after.assign(DOWN=-after[grade]).sort_values(
        ["USUBJID", "PARAMCD", "ATOXTERM", "DOWN", "ADT", "ATM", "SRCID"], kind="stable", na_position="first"
    )
    worst = ordered.drop_duplicates(["USUBJID", "PARAMCD", "ATOXTERM"]).index
    return frame.assign(**{name: flag(pd.Series(frame.index.isin(worst), index=frame.index))})
