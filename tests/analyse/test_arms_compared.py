"""Arms beside each other: zeros where an arm has nothing, a total, and the planned tests, on a case worked by hand."""

import pandas as pd
import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from parallel_factory import EVENTS, make_parallel


def run(folder, method, more="", absent=None, **datasets):
    return analyse_study(*make_parallel(folder, method, more, absent, **datasets)).frame


@pytest.fixture
def events(tmp_path):
    return run(tmp_path, "adverse events", 'conf_level = 0.95\ncomparison = "fisher"', ADAE=EVENTS)


def test_fisher_by_hand(events):
    # rash: 3 of 4 against 0 of 4. Of C(8, 3) = 56 ways, C(4, 3) = 4 have all three in one arm: p = 8 / 56
    keys = {"measure": "fisher test", "group": "MSC", "comparator": "PBO"}
    assert value(events, "p_value", variable="class", by_level="Rash", **keys) == pytest.approx(8 / 56, rel=1e-9)
    # any event: 3 of 4 against 1 of 4: of C(8, 4) = 70 ways 1 + 16 + 16 + 1 are no more likely
    assert value(events, "p_value", variable="any", **keys) == pytest.approx(34 / 70, rel=1e-9)
    assert set(events.loc[events["measure"] == "fisher test", "group"]) == {"MSC"}


def test_an_arm_without_a_term_has_its_zero(events):
    keys = {"measure": "adverse events", "variable": "class", "level": "Skin", "by_level": "Rash"}
    assert [value(events, stat, group="PBO", **keys) for stat in ("n", "percent", "n_events")] == [0, 0, 0]
    assert [value(events, stat, group="MSC", **keys) for stat in ("n", "percent", "n_events")] == [3, 75, 4]
    assert value(events, "n", measure="adverse events", level="General", by_level="fever", group="PBO") == 1


def test_serious_events_alone(tmp_path):
    found = run(tmp_path, "adverse events", 'conf_level = 0.95\nevents = "serious"', ADAE=EVENTS)
    keys = {"measure": "adverse events", "group": "MSC"}
    assert [value(found, stat, variable="any", **keys) for stat in ("n", "n_events")] == [1, 1]
    assert set(found.loc[found["variable"] == "class", "by_level"]) == {"", "Rash"}


def test_what_adam_data_do_not_have_gives_no_rows(tmp_path):
    absent = {"ADAE": ("AETOXGR", "AERELDEV"), "ADEX": ("EXSEQ",), "ADSL": ("LTFL", "DTHDT")}
    found = run(tmp_path, "adverse events", "conf_level = 0.95", absent, ADAE=EVENTS)
    assert not {"fatal", "grade 3 or more", "related to device", "worst grade", "grade"} & set(found["variable"])
    assert "rate" not in set(found["measure"])
    shown = set(run(tmp_path, "disposition", "", absent)["variable"])
    assert {"completed", "died"} <= shown
    assert not {"transplanted", "died before origin", "treated"} & shown  # nobody has a treatment date here


def test_baseline_tests_by_hand_and_a_total(tmp_path):
    more = 'columns = ["AGE", "SEX"]\ntotal = true\ncomparison = { numbers = "anova", categories = "chi-square" }'
    found = run(tmp_path, "baseline", more)
    # means 43 and 53, overall 48: between 8 * 25 = 200 on 1 df; within 20 + 20 on 6 df: F = 200 / (40 / 6) = 30
    assert value(found, "statistic", measure="analysis of variance", variable="AGE", group="") == pytest.approx(30)
    # women 4 of 4 and 1 of 4: expected 2.5 and 1.5: 2 * 1.5^2 / 2.5 + 2 * 1.5^2 / 1.5 = 4.8
    assert value(found, "statistic", measure="chi-square test", variable="SEX", group="") == pytest.approx(4.8)
    assert [value(found, "n", variable="SEX", level="M", group=g) for g in ("PBO", "MSC", "all")] == [0, 3, 3]
    assert value(found, "mean", variable="AGE", group="all") == 48


def test_reasons_of_discontinuation(tmp_path):
    found = run(tmp_path, "disposition", "total = true")
    keys = {"variable": "discontinued", "level": "Death"}
    assert [value(found, "n", group=g, **keys) for g in ("PBO", "MSC", "all")] == [0, 1, 1]
    assert value(found, "percent", group="all", variable="discontinued", level="") == 25
    assert not pd.isna(value(found, "percent", group="PBO", **keys))
