"""While-alive and composite comparisons of arms from the study file, by hand on ten patients."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis_factory import ORIGIN, make_data, study_with, value
from hepatrial.analyse import analyse_study

ANALYSES = """
[[analyses]]
id = "alive"
method = "gee"
title = "Alive"
population = "FAS"
by_arm = true
parameters = ["BILI"]
visits = ["D28"]
death_strategy = "while-alive"
response = "value"
fixed = ["TRT01P"]
sandwich = "CR2"
df = "satterthwaite"
margins = "equal"
comparison = "reference"
conf_level = 0.95
[[analyses]]
id = "ranks"
method = "composite"
title = "Ranks"
population = "FAS"
by_arm = true
parameters = ["BILI"]
visits = ["D28"]
death_strategy = "composite"
worst = ["death", "transplant"]
response = "value"
better = "low"
missing = "exclude"
conf_level = 0.95
"""
PARALLEL = {
    'kind = "single arm"': 'kind = "parallel"\nreference_arm = "SOC"\n',
    'label = "MSC" }]': 'label = "MSC" }, { code = "SOC", label = "SOC" }]',
    'variable = "OS"': 'variable = "BILI"',
    'scale = "log"': 'scale = "linear"',
}
IDS = [f"P{k}" for k in range(10)]
ARM = ["MSC"] * 5 + ["SOC"] * 5
DEATH = [None, None, None, 10, None, None, 3, None, 40, None]
TRANSPLANT = [None, None, None, None, None, None, None, 20, None, None]
D28 = [50.0, 80.0, 90.0, 200.0, None, 80.0, 300.0, 400.0, 100.0, 120.0]
"""P3 died on day 10, P6 on day 3, P8 after the visit; P7 was transplanted on day 20; P4 was not measured."""

MSC_RANKS, SOC_RANKS = [9, 7.5, 6, 2], [7.5, 5, 4, 3, 1]
"""Worst first: SOC died day 3, MSC died day 10, SOC transplanted day 20, then 120, 100, 90, two of 80, and 50."""


def on(day):
    return pd.NaT if day is None else ORIGIN + pd.Timedelta(days=day)


@pytest.fixture(scope="module")
def study_and_data(tmp_path_factory):
    study = study_with(tmp_path_factory.mktemp("s"), ANALYSES, **PARALLEL)
    adsl = {"USUBJID": IDS, "TRT01P": ARM, "DTHDT": [on(d) for d in DEATH], "LTDT": [on(d) for d in TRANSPLANT]}
    seen = [k for k, v in enumerate(D28) if v is not None and k not in (3, 6)]
    adlb = {
        "USUBJID": [IDS[k] for k in seen],
        "PARAMCD": ["BILI"] * len(seen),
        "AVAL": [D28[k] for k in seen],
        "BASE": [100.0] * len(seen),
        "AVISIT": ["D28"] * len(seen),
        "ANL01FL": ["Y"] * len(seen),
        "AFTLTFL": ["Y" if k == 7 else "N" for k in seen],
        "DTYPE": [""] * len(seen),
        "SRCID": [f"r{k}" for k in seen],
    }
    return study, make_data(ADSL=adsl, ADLB=adlb)


@pytest.fixture(scope="module")
def results(study_and_data):
    return analyse_study(*study_and_data).frame


def count(results):
    """n, n_events and n_missing of each arm."""
    return {
        arm: [value(results, stat, measure="composite outcome", group=arm) for stat in ("n", "n_events", "n_missing")]
        for arm in ("MSC", "SOC")
    }


def test_in_an_interim_report_the_dead_wait_for_their_visit_as_the_living_do(study_and_data):
    study, data = study_and_data
    adsl = data.datasets["ADSL"].copy()
    for name in ("ORIGDT", "DTHDT", "LTDT"):  # P0 and P3, who died, enter 60 days later
        adsl[name] = adsl[name].mask(adsl["USUBJID"].isin(["P0", "P3"]), adsl[name] + pd.Timedelta(days=60))
    later = replace(data, datasets={**data.datasets, "ADSL": adsl})
    cut = (ORIGIN + pd.Timedelta(days=75)).date()
    interim = analyse_study(study, replace(later, as_of=cut, cutoff=cut)).frame
    assert count(interim) == {"MSC": [2, 0, 1], "SOC": [3, 2, 0]}
    (note,) = set(interim.loc[interim["measure"] == "win probability", "message"])
    assert "1 patients left out: no value" in note
    assert "2 patients left out: the visit was not yet due at the data cut" in note
    assert count(analyse_study(study, replace(later, as_of=cut)).frame) == {"MSC": [3, 1, 1], "SOC": [3, 2, 0]}


def test_gee_compares_those_alive_on_the_native_liver(results):
    keys = {"measure": "least squares mean difference", "group": "MSC", "comparator": "SOC"}
    living, other = [50.0, 80.0, 90.0], [80.0, 100.0, 120.0]
    assert value(results, "estimate", **keys) == pytest.approx(np.mean(living) - np.mean(other))
    error = np.sqrt(np.var(living, ddof=1) / 3 + np.var(other, ddof=1) / 3)  # CR2 of two groups is Welch's
    assert value(results, "std_error", **keys) == pytest.approx(error)
    assert value(results, "df", **keys) == pytest.approx(4.0)
    own = results[(results["analysis_id"] == "alive") & (results["measure"] == "least squares mean")]
    assert own["message"].str.startswith("among those alive on the native liver").all()


def test_the_dead_and_transplanted_rank_last_and_the_unmeasured_are_counted(results):
    assert count(results) == {"MSC": [3, 1, 1], "SOC": [3, 2, 0]}


def test_the_win_probability_is_the_count_of_pairs(results):
    keys = {"group": "MSC", "comparator": "SOC"}
    wins = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a in MSC_RANKS for b in SOC_RANKS)
    assert wins == 14.5
    assert value(results, "estimate", measure="win probability", **keys) == pytest.approx(wins / 20)
    assert value(results, "second_path", by_level="win probability", **keys) == pytest.approx(wins / 20)
    assert value(results, "estimate", measure="win odds", **keys) == pytest.approx(wins / (20 - wins))


def test_the_rank_test_is_wilcoxon_s(results):
    reference = stats.mannwhitneyu(MSC_RANKS, SOC_RANKS, method="asymptotic", use_continuity=False)
    found = value(results, "p_value", measure="rank test", group="MSC", comparator="SOC")
    assert found == pytest.approx(reference.pvalue)


def test_both_say_what_they_left_out_or_suppose(results):
    notes = results[(results["measure"] == "win probability")]["message"]
    assert notes.str.contains("1 patients left out").all()
