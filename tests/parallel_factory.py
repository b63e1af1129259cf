"""A study of two arms with four subjects each, small enough to be worked by hand."""

from dataclasses import replace
from pathlib import Path

from analysis_factory import make_data, study_with
from hepatrial.contracts import AnalysisData
from hepatrial.study import Study

PARALLEL = {
    'kind = "single arm"': 'kind = "parallel"\nreference_arm = "PBO"',
    'arms = [{ code = "MSC", label = "MSC" }]': (
        'arms = [{ code = "PBO", label = "Placebo" }, { code = "MSC", label = "Cells" }]'
    ),
}
PLAN = """
[[analyses]]
id = "first"
method = "{method}"
title = "T"
population = "FAS"
by_arm = true
{more}
"""
SUBJECTS = {
    "USUBJID": [f"P{i}" for i in range(4)] + [f"M{i}" for i in range(4)],
    "TRT01P": ["PBO"] * 4 + ["MSC"] * 4,
    "AGE": [40.0, 42, 44, 46, 50, 52, 54, 56],
    "SEX": ["F", "F", "F", "F", "F", "M", "M", "M"],
    "EOSSTT": ["COMPLETED"] * 6 + ["DISCONTINUED"] * 2,
    "DCSREAS": [None] * 6 + ["Death", "Adverse event"],
    "DTHFL": ["N"] * 8,
}
EVENTS = {
    "USUBJID": ["M0", "M1", "M2", "M2", "P0"],
    "AESEQ": [1.0, 1, 1, 2, 1],
    "AETERM": ["rash", "rash", "rash", "rash", "fever"],
    "AEDECOD": ["Rash", "Rash", "Rash", "Rash", None],
    "AEBODSYS": ["Skin", "Skin", "Skin", "Skin", "General"],
    "AESER": ["Y", "N", "N", "N", "N"],
    "TRTEMFL": ["Y", "Y", "Y", "Y", "Y"],
}


def make_parallel(
    folder: Path,
    method: str,
    more: str = "",
    absent: dict[str, tuple[str, ...]] | None = None,
    subjects: dict[str, list[object]] = SUBJECTS,
    **datasets,
) -> tuple[Study, AnalysisData]:
    """The study with one analysis of this method, and its data."""
    study = study_with(folder, PLAN.format(method=method, more=more), **PARALLEL)
    return study, replace(make_data(ADSL=subjects, **datasets), absent=absent or {})
