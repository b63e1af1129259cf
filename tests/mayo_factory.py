"""The randomised patients of the Mayo PBC trial as analysis data, for comparisons with R."""

from pathlib import Path

import pandas as pd

from hepatrial.contracts import AnalysisData
from hepatrial.study import Study
from parallel_factory import make_parallel

REFERENCE = Path(__file__).parent / "reference"
EXPECTED = dict(
    pd.read_csv(REFERENCE / "two_arms" / "expected.csv").set_index("name")["value"]
)  # name: value that R prints


def read_trial() -> pd.DataFrame:
    """Patients with arm (MSC: D-penicillamine, PBO: placebo), age, sex, stratum, time and status."""
    rows = pd.read_csv(REFERENCE / "mayo_pbc" / "pbc.csv")
    rows = rows[rows["trt"].notna()].reset_index(drop=True)
    return rows.assign(
        USUBJID=rows["id"].map("S{:03d}".format), TRT01P=rows["trt"].map({1: "MSC", 2: "PBO"}),
        STRATUM=rows["stage"].map("stage {:g}".format), AGE=rows["age"], SEX=rows["sex"].str.upper(),
    )  # fmt: skip


def make_trial(folder: Path, method: str, more: str, *, event: int = 2, **datasets) -> tuple[Study, AnalysisData]:
    """One analysis of OS, whose event is this status; the other one competes."""
    trial = read_trial()
    subjects = trial[["USUBJID", "TRT01P", "STRATUM", "AGE", "SEX"]].to_dict("list")
    times = {
        "USUBJID": trial["USUBJID"].tolist(), "PARAMCD": ["OS"] * len(trial),
        "AVAL": trial["time"].astype(float).tolist(),
        "CNSR": [0.0 if status == event else 2.0 if status else 1.0 for status in trial["status"]],
        "SRCID": trial["USUBJID"].tolist(),
    }  # fmt: skip
    return make_parallel(folder, method, more, subjects=subjects, ADTTE=times, **datasets)
