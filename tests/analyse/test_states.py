"""States at a visit, counted by hand: at every visit they sum to the population."""

import pandas as pd
import pytest

from analysis_factory import ORIGIN, make_data, study_with, value
from hepatrial.analyse import analyse_study
from hepatrial.errors import StudyError

PLAN = """
[[analyses]]
id = "states"
method = "states"
title = "Classes"
population = "FAS"
parameter = "BILI"
visits = ["BL", "D28"]
classes = [{ label = "low", to = 100.0 }, { label = "high" }]
"""


def day(n):
    return ORIGIN + pd.Timedelta(days=n)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """1 stays low, 2 rises, 3 dies on day 10, 4 is transplanted on day 20 (with a value on day 28), 5 has no value."""
    study = study_with(tmp_path_factory.mktemp("s"), PLAN, **{'variable = "OS"': 'variable = "BILI"'})
    adsl = {
        "USUBJID": ["1", "2", "3", "4", "5"],
        "DTHFL": ["N", "N", "Y", "N", "N"],
        "DTHDT": [pd.NaT, pd.NaT, day(10), pd.NaT, pd.NaT],
        "LTFL": ["N", "N", "N", "Y", "N"],
        "LTDT": [pd.NaT, pd.NaT, pd.NaT, day(20), pd.NaT],
        "LSTALVDT": [day(84)] * 5,
    }
    adlb = {
        "USUBJID": ["1", "2", "3", "4", "1", "2", "4"],
        "PARAMCD": ["BILI"] * 7,
        "AVAL": [50.0, 100, 400, 60, 80, 100.5, 40],
        "AVISIT": ["BL"] * 4 + ["D28"] * 3,
        "ABLFL": ["Y"] * 4 + ["N"] * 3,
        "ANL01FL": ["Y"] * 7,
        "AFTLTFL": ["N"] * 6 + ["Y"],
        "SRCID": [f"r{i}" for i in range(7)],
    }
    return analyse_study(study, make_data(ADSL=adsl, ADLB=adlb)).frame


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        ("BL", {"low": 3, "high": 1, "transplanted": 0, "died": 0, "missing": 1, "not yet due": 0}),
        ("D28", {"low": 1, "high": 1, "transplanted": 1, "died": 1, "missing": 1, "not yet due": 0}),
    ],
)
def test_every_patient_is_in_one_state(results, visit, expected):
    found = {
        level: value(results, measure="states", stat="n", visit=visit, variable="BILI", level=level)
        for level in expected
    }
    assert found == expected
    assert sum(found.values()) == 5
    percent = value(results, measure="states", stat="percent", visit=visit, variable="BILI", level="low")
    assert percent == pytest.approx(100 * expected["low"] / 5)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ('[{ label = "a", to = 2.0 }, { label = "b", to = 3.0 }]', "the last class has no 'to'"),
        ('[{ label = "a", to = 2.0 }, { label = "b", to = 1.0 }, { label = "c" }]', "classes go from low to high"),
    ],
)
def test_classes_cover_every_value_in_order(tmp_path, classes, message):
    plan = PLAN.replace('[{ label = "low", to = 100.0 }, { label = "high" }]', classes)
    with pytest.raises(StudyError, match=message):
        study_with(tmp_path, plan)
