"""A trial of two arms whose patients lack a value for every reason there is."""

from pathlib import Path

import numpy as np
import pandas as pd

from analysis_factory import ORIGIN, make_data, study_with
from hepatrial.contracts import AnalysisData
from hepatrial.study import Study

ANALYSES = """
[[analyses]]
id = "who"
method = "missingness"
title = "Who"
population = "FAS"
by_arm = true
parameters = ["BILI"]
visits = ["D28", "D56"]
[[analyses]]
id = "model"
method = "mmrm"
title = "Model"
population = "FAS"
by_arm = true
parameters = ["BILI"]
visits = ["D28", "D56"]
death_strategy = "hypothetical"
response = "value"
fixed = [["TRT01P", "AVISIT"]]
covariance = "us"
df = "residual"
margins = "equal"
conf_level = 0.95
[[analyses]]
id = "imputed"
method = "imputation"
title = "Imputed"
population = "FAS"
by_arm = true
of = "model"
visit = "D56"
strategies = ["mar", "jump-to-reference"]
inference = "jackknife"
delta = [10.0, 40.0, 200.0]
conf_level = 0.95
"""
TEXTS = {
    'kind = "single arm"': 'kind = "parallel"\nreference_arm = "SOC"\n',
    'label = "MSC" }]': 'label = "MSC" }, { code = "SOC", label = "SOC" }]',
    "[[parameters]]": '[[visits]]\ncode = "D56"\nlabel = "Day 56"\nday = 56\nwindow = [40, 70]\n[[parameters]]',
    'variable = "OS"': 'variable = "BILI"',
    'scale = "log"': 'scale = "linear"',
}
N = 8
IDS = [f"P{k:02d}" for k in range(2 * N)]
ARM = ["MSC"] * N + ["SOC"] * N
D28 = np.array([80.0, 90, 70, 120, 150, 95, 120, 130, 118, 90, 150, 190, 95, 140, 130, 120])
D56 = np.array([60.0, 75, 66, 80, 120, 70, 100, 95, 110, 85, 155, 170, 90, 125, 120, 100])
GONE = {2: "died", 3: "transplanted", 4: "withdrawn", 5: "missing"}
"""Patients of the first arm without a value at day 56, and why."""


def on(reason, day):
    own = {k for k, why in GONE.items() if why == reason}
    return [ORIGIN + pd.Timedelta(days=day) if k in own else pd.NaT for k in range(2 * N)]


def make_missing(folder: Path) -> tuple[Study, AnalysisData]:
    """The study and its data: 8 patients an arm, four of the first without a value at day 56."""
    study = study_with(folder, ANALYSES, **TEXTS)
    records = [(k, "D28", D28[k]) for k in range(2 * N)] + [(k, "D56", D56[k]) for k in range(2 * N) if k not in GONE]
    subject, visit, aval = (list(column) for column in zip(*records, strict=True))
    n = len(records)
    adlb = {
        "USUBJID": [IDS[k] for k in subject], "PARAMCD": ["BILI"] * n, "AVAL": aval, "BASE": [100.0] * n,
        "AVISIT": visit, "ANL01FL": ["Y"] * n, "DTYPE": [""] * n, "SRCID": [f"r{k}" for k in range(n)],
    }  # fmt: skip
    adsl = {"USUBJID": IDS, "TRT01P": ARM, "DTHDT": on("died", 40), "LTDT": on("transplanted", 50),
            "WDRDT": on("withdrawn", 30)}  # fmt: skip
    return study, make_data(ADSL=adsl, ADLB=adlb)
