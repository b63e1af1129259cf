"""A historical rate of the study file: rows, table and faults; without one a single arm shows no p-value."""

import pytest

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study
from hepatrial.errors import StudyError

PLAN = """
[[analyses]]
id = "os_km"
method = "survival"
title = "Survival"
population = "FAS"
parameter = "OS"
days = [28]
conf_type = "beta-product"
conf_level = 0.95
"""
DECLARED = 'historical = { day = 28, rate = 0.5, source = "a registry of 1990" }\n'
DATA = {
    "ADSL": {"USUBJID": [f"S{i}" for i in range(10)]},
    "ADTTE": {
        "USUBJID": [f"S{i}" for i in range(10)], "PARAMCD": ["OS"] * 10,
        "AVAL": [3.0, 20.0] + [84.0] * 8, "CNSR": [0.0, 0.0] + [1.0] * 8,
    },
}  # fmt: skip


def test_eight_of_ten_alive_against_one_half(tmp_path):
    rows = analyse_study(study_with(tmp_path, PLAN + DECLARED), make_data(**DATA)).frame
    keys = {"measure": "historical difference", "time_days": 28}
    assert value(rows, "estimate", **keys) == pytest.approx(0.3)
    assert value(rows, "p_value", **keys) == pytest.approx(2 * 56 / 1024)


def test_without_a_declared_rate_there_is_no_p_value(tmp_path):
    rows = analyse_study(study_with(tmp_path, PLAN), make_data(**DATA)).frame
    assert not (rows["stat"] == "p_value").any()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("day = 28, rate", "day = 84, rate", "historical.day: 84 is not among days"),
        ('conf_type = "beta-product"', 'conf_type = "log-log"', "write 'beta-product'"),
        ('source = "a registry of 1990"', 'source = ""', "historical.source"),
        ("rate = 0.5", "rate = 50.0", "historical.rate"),
    ],
)
def test_what_does_not_fit_is_a_fault(tmp_path, old, new, fault):
    with pytest.raises(StudyError, match=fault):
        study_with(tmp_path, (PLAN + DECLARED).replace(old, new))
