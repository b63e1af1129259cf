import numpy as np
import pandas as pd
import pytest

from analysis_factory import ORIGIN, make_data, study_with, value
from hepatrial.analyse import analyse_study

ANALYSES = """
[[analyses]]
id = "visits"
method = "by visit"
title = "By visit"
population = "FAS"
parameters = ["BILI"]
visits = ["BL", "D28"]
death_strategy = "while-alive"
conf_level = 0.95
min_pairs = 5
[[analyses]]
id = "model"
method = "mixed model"
title = "Trajectory"
population = "FAS"
parameters = ["BILI"]
visits = ["BL", "D28"]
death_strategy = "hypothetical"
df = "kenward-roger"
conf_level = 0.95
"""
IDS = ["1", "2", "3", "4", "5", "6", "7"]
BASE = [100.0, 200, 300, 400, 500, 600, 700]
D28 = [50.0, 100, 150, 200, 500, 700]
"""Subject 7 died before day 28; subject 6 was transplanted before it, so 700 is not a native liver's value."""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    study = study_with(tmp_path_factory.mktemp("s"), ANALYSES, **{'variable = "OS"': 'variable = "BILI"'})
    adsl = {
        "USUBJID": IDS,
        "LSTALVDT": [ORIGIN + pd.Timedelta(days=84)] * 6 + [ORIGIN + pd.Timedelta(days=9)],
        "DTHDT": [pd.NaT] * 6 + [ORIGIN + pd.Timedelta(days=10)],
        "LTDT": [pd.NaT] * 5 + [ORIGIN + pd.Timedelta(days=20), pd.NaT],
    }
    n = len(D28)
    adlb = {
        "USUBJID": IDS + IDS[:n],
        "PARAMCD": ["BILI"] * (7 + n),
        "AVAL": BASE + D28,
        "BASE": BASE + BASE[:n],
        "AVISIT": ["BL"] * 7 + ["D28"] * n,
        "ABLFL": ["Y"] * 7 + ["N"] * n,
        "ANL01FL": ["Y"] * (7 + n),
        "AFTLTFL": ["N"] * (7 + n - 1) + ["Y"],
        "ACENS": ["L"] + [""] * (6 + n),
        "SRCID": [f"r{i}" for i in range(7 + n)],
    }
    return analyse_study(study, make_data(ADSL=adsl, ADLB=adlb)).frame


def test_values_after_transplant_and_death_are_not_there(results):
    keys = {"measure": "observed value", "visit": "D28"}
    assert value(results, "n", **keys) == 5
    assert value(results, "n_native", **keys) == 5
    assert value(results, "n_native", measure="observed value", visit="BL") == 7
    assert value(results, "median", **keys) == 150
    assert value(results, "n_below_limit", measure="observed value", visit="BL") == 1


def test_whoever_was_measured_for_a_visit_was_there(tmp_path):
    """Subject 7 was measured on day 26 and died on day 27: a value of day 28's window, so one of its patients."""
    study = study_with(tmp_path, ANALYSES, **{'variable = "OS"': 'variable = "BILI"'})
    adsl = {"USUBJID": IDS, "LSTALVDT": [ORIGIN + pd.Timedelta(days=84)] * 6 + [ORIGIN + pd.Timedelta(days=26)],
            "DTHDT": [pd.NaT] * 6 + [ORIGIN + pd.Timedelta(days=27)]}  # fmt: skip
    adlb = {"USUBJID": IDS, "PARAMCD": ["BILI"] * 7, "AVAL": BASE, "AVISIT": ["D28"] * 7, "ABLFL": ["N"] * 7,
            "ANL01FL": ["Y"] * 7, "AFTLTFL": ["N"] * 7, "SRCID": IDS}  # fmt: skip
    results = analyse_study(study, make_data(ADSL=adsl, ADLB=adlb)).frame
    keys = {"measure": "observed value", "visit": "D28"}
    assert (value(results, "n", **keys), value(results, "n_native", **keys)) == (7, 7)


def test_the_paired_ratio_by_hand(results):
    """Ratios 0.5 four times and 1: mean log -0.8 ln 2."""
    keys = {"measure": "change from baseline", "level": "ratio", "visit": "D28"}
    assert value(results, "estimate", **keys) == pytest.approx(np.exp(-0.8 * np.log(2)), rel=1e-12)
    assert value(results, "n_pairs", **keys) == 5


def test_the_model_leaves_out_the_same_values_and_says_what_it_supposes(results):
    assert value(results, "n_total", measure="model fit") == 12
    means = results[results["measure"] == "least squares mean"]
    assert set(means["status"]) == {"note"}
    assert means["message"].str.startswith("as if nobody had died").all()
    keys = {"measure": "least squares mean", "visit": "BL"}
    expected = np.exp(np.log(BASE).mean())
    assert value(results, "estimate", **keys) == pytest.approx(expected, rel=1e-6)
    assert "p_value" not in set(results["stat"])
