"""Two arms whose responses at day 28 (bilirubin at most 6) are typed patient by patient, to be counted by hand."""

from pathlib import Path

import pandas as pd

from analysis_factory import ORIGIN
from hepatrial.contracts import AnalysisData
from hepatrial.study import Study
from parallel_factory import make_parallel

PLAN = """
parameter = "BILI"
visit = "D28"
response = { op = "<=", value = 6.0 }
death = "not response"
transplant = "not response"
missing = "not response"
conf_type = "clopper-pearson"
conf_level = 0.95
baseline_classes = [{ label = "low", to = 8.0 }, { label = "high" }]
"""
COMPARED = """comparison = { measure = "difference", conf_type = "miettinen-nurminen", test = "fisher" }"""
NAN = float("nan")
# arm, baseline, day 28, day of death, day of transplant, stratum
PATIENTS = [
    ("PBO", 7, 6, NAN, NAN, "a"),      # response, exactly at the limit
    ("PBO", 9, 9, NAN, NAN, "a"),      # no response
    ("PBO", 9, NAN, 12, NAN, "a"),     # died
    ("PBO", 7, 5, 28, NAN, "b"),       # measured on day 26, died on the target day: died
    ("PBO", 9, 8, NAN, NAN, "b"),      # no response
    ("PBO", NAN, NAN, NAN, NAN, "b"),  # missing, without a baseline
    ("MSC", 7, 5, NAN, NAN, "a"),      # response
    ("MSC", 8, 4, NAN, NAN, "a"),      # response
    ("MSC", 9, 5, 40, NAN, "a"),       # response: died later
    ("MSC", 9, NAN, 31, NAN, "b"),     # no value and died in the window: died
    ("MSC", 9, NAN, 30, 20, "b"),      # transplanted, then died: transplanted
    ("MSC", 7, 6, NAN, 30, "b"),       # response: transplanted after the target day
    ("MSC", 9, NAN, NAN, NAN, "b"),    # missing
]  # fmt: skip


def subjects_and_values() -> tuple[dict[str, list[object]], dict[str, list[object]]]:
    """Columns of ADSL and of ADLB."""
    rows = pd.DataFrame(PATIENTS, columns=["TRT01P", "BL", "D28", "DIED", "LT", "STRATUM"])
    rows["USUBJID"] = [f"S{place:02d}" for place in range(len(rows))]
    dates = {
        name: ORIGIN + pd.to_timedelta(rows[source], unit="D") for name, source in (("DTHDT", "DIED"), ("LTDT", "LT"))
    }
    flags = {
        name: rows[source].notna().map({True: "Y", False: "N"}) for name, source in (("DTHFL", "DIED"), ("LTFL", "LT"))
    }
    subjects = rows[["USUBJID", "TRT01P", "STRATUM"]].assign(**dates, **flags)
    long = pd.concat([
        rows.assign(AVAL=rows["BL"].astype(float), AVISIT="BL", ABLFL="Y"),
        rows.assign(AVAL=rows["D28"].astype(float), AVISIT="D28", ABLFL="N"),
    ]).dropna(subset="AVAL")  # fmt: skip
    base = long["USUBJID"].map(rows.set_index("USUBJID")["BL"])
    values = long[["USUBJID", "AVAL", "AVISIT", "ABLFL"]].assign(
        PARAMCD="BILI", ANL01FL="Y", AFTLTFL="N", BASE=base, CHG=long["AVAL"] - base, SRCID=long["USUBJID"],
    )  # fmt: skip
    return subjects.to_dict("list"), values.to_dict("list")


def survival_times() -> dict[str, list[object]]:
    """Columns of ADTTE: days to death, everybody else followed to day 84."""
    days = [died for *_, died, _, _ in PATIENTS]
    return {
        "USUBJID": [f"S{place:02d}" for place in range(len(PATIENTS))], "PARAMCD": ["OS"] * len(PATIENTS),
        "AVAL": [84.0 if day != day else float(day) for day in days],
        "CNSR": [1.0 if day != day else 0.0 for day in days],
    }  # fmt: skip


def make_response(
    folder: Path, more: str = COMPARED, plan: str = PLAN, method: str = "proportion"
) -> tuple[Study, AnalysisData]:
    """The study with one analysis of this method on the typed patients, and its data."""
    subjects, values = subjects_and_values()
    return make_parallel(folder, method, plan + more, subjects=subjects, ADLB=values, ADTTE=survival_times())
