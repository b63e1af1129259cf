"""Summaries of courses, and values beyond the limits of quantification, from the study file, by hand."""

import numpy as np
import pytest

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study
from hepatrial.render.tables import build_censored_model, build_trajectory_summary
from table_texts import context_of, headings, texts

ANALYSES = """
[[analyses]]
id = "courses"
method = "trajectory summary"
title = "Courses"
population = "FAS"
parameters = ["BILI"]
visits = ["BL", "D28", "D56"]
death_strategy = "while-alive"
window = [0, 56]
summaries = ["area", "mean level", "slope", "maximum change", "day of normal"]
normal = { BILI = [0.0, 20.0] }
[[analyses]]
id = "limits"
method = "censored model"
title = "Limits"
population = "FAS"
parameters = ["BILI"]
visits = ["BL", "D28", "D56"]
death_strategy = "hypothetical"
conf_level = 0.95
"""
TEXTS = {
    "[[parameters]]": '[[visits]]\ncode = "D56"\nlabel = "Day 56"\nday = 56\nwindow = [40, 70]\n[[parameters]]',
    'variable = "OS"': 'variable = "BILI"',
}
VALUES = {
    "P0": (40.0, 20.0, 10.0),
    "P1": (80.0, 40.0, 40.0),
    "P2": (160.0, 80.0, None),
    "P3": (10.0, 10.0, 10.0),
    "P4": (60.0, 30.0, 5.0),
    "P5": (90.0, 45.0, 30.0),
}
DAYS = {"BL": 0.0, "D28": 28.0, "D56": 56.0}


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    study = study_with(tmp_path_factory.mktemp("s"), ANALYSES, **TEXTS)
    records = [
        (subject, visit, aval)
        for subject, course in VALUES.items()
        for visit, aval in zip(DAYS, course, strict=True)
        if aval is not None
    ]
    subject, visit, aval = (list(column) for column in zip(*records, strict=True))
    n = len(records)
    adlb = {
        "USUBJID": subject, "PARAMCD": ["BILI"] * n, "AVAL": aval, "AVISIT": visit, "AFUDY": [DAYS[v] for v in visit],
        "ABLFL": ["Y" if v == "BL" else "N" for v in visit], "ANL01FL": ["Y"] * n, "DTYPE": [""] * n,
        "ACENS": ["L" if a == 5.0 else "" for a in aval], "ABOUND": [10.0 if a == 5.0 else np.nan for a in aval],
        "SRCID": [f"r{k}" for k in range(n)],
    }  # fmt: skip
    return study, make_data(ADSL={"USUBJID": list(VALUES)}, ADLB=adlb)


@pytest.fixture(scope="module")
def results(trial):
    return analyse_study(*trial).frame


def summary(results, level, stat):
    return value(results, stat, measure="trajectory summary", level=level)


def test_the_area_is_by_trapezoids_and_needs_a_value_at_the_end(results):
    areas = [28 * (a / 2 + b + c / 2) for a, b, c in VALUES.values() if c is not None]
    assert summary(results, "area", "mean") == pytest.approx(np.mean(areas))
    assert (summary(results, "area", "n"), summary(results, "area", "n_missing")) == (5, 1)
    assert summary(results, "mean level", "max") == pytest.approx(max(areas) / 56)


def test_the_slope_on_the_log_scale_is_a_ratio_a_day(results):
    assert summary(results, "slope", "n") == 6
    # P0 halves every 28 days, as P2 does
    assert summary(results, "slope", "max") == pytest.approx(1.0)  # P3 does not change
    assert summary(results, "slope", "min") == pytest.approx((5 / 60) ** (1 / 56))


def test_the_largest_change_is_a_ratio_to_the_first_value(results):
    assert summary(results, "maximum change", "min") == pytest.approx(5 / 60)


def test_who_never_became_normal_is_counted_apart(results):
    counts = [summary(results, "day of normal", stat) for stat in ("n", "n_missing", "n_events", "n_censored")]
    assert counts == [5, 1, 2, 3]  # P3 began normal; P0 on day 28 and P4 on day 56
    assert summary(results, "day of normal", "mean") == 42


def test_values_beyond_a_limit_are_counted_and_both_means_given(results):
    assert value(results, "n_below_limit", measure="beyond a limit", visit="D56") == 1
    assert value(results, "percent", measure="beyond a limit", visit="D56") == 20
    likelihood = value(results, "estimate", measure="least squares mean", visit="D56")
    substituted = value(results, "estimate", measure="substituted mean", visit="D56")
    assert likelihood != pytest.approx(substituted, rel=1e-3)
    assert likelihood == pytest.approx(substituted, rel=0.3)
    assert "df" not in set(results[results["measure"] == "least squares mean"]["stat"])


def test_the_likelihood_of_measured_values_is_that_of_the_substituted_model(trial):
    study, data = trial
    adlb = data.datasets["ADLB"]
    adlb = adlb.assign(ACENS="", ABOUND=np.nan)
    frame = analyse_study(study, type(data)(**{**data.__dict__, "datasets": {**data.datasets, "ADLB": adlb}})).frame
    means = [value(frame, "estimate", measure=m, visit="D28") for m in ("least squares mean", "substituted mean")]
    assert means[0] == pytest.approx(means[1], rel=1e-5)


def test_the_tables(trial):
    table = build_trajectory_summary(context_of(*trial, "table", "trajectory_summary", "courses"))
    assert headings(table)[:3] == ["n", "Not estimable", "Never normal"]
    assert texts(table)["Day of the first normal value"][:3] == ["5", "1", "3"]
    limits = texts(build_censored_model(context_of(*trial, "table", "censored_model", "limits")))
    assert limits["Day 56"][:2] == ["5", "1 / 0"]
