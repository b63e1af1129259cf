"""Subgroups: hazard ratios and interaction as R on the Mayo trial, differences of proportions counted by hand."""

import math

import numpy as np
import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.errors import StudyError
from hepatrial.estimate import compare_hazard_ratios, compare_odds_ratios, compare_proportions
from mayo_factory import EXPECTED, make_trial
from response_factory import make_response

PAIR = {"group": "MSC", "comparator": "PBO"}
PLAN = """parameter = "OS"
days = [1826]
conf_type = "log-log"
conf_level = 0.95
comparison = {{ test = "log-rank", hazard_ratio = true, ties = "efron", {} }}
"""
BOTH = 'subgroups = [{ variable = "SEX" }, { variable = "AGE", cut_points = [50.0] }]'


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return analyse_study(*make_trial(tmp_path_factory.mktemp("s"), "survival", PLAN.format(BOTH))).frame


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "subgroup", "level"),
    [("sex f", "SEX", "F"), ("sex m", "SEX", "M"), ("age over 50", "AGE", "> 50")],
)
def test_hazard_ratios_of_the_levels_as_r(results, name, subgroup, level):
    keys = {"measure": "hazard ratio", "subgroup": subgroup, "subgroup_level": level} | PAIR
    for stat in ("estimate", "conf_low", "conf_high"):
        assert value(results, stat, **keys) == pytest.approx(EXPECTED[f"{name} {stat}"], rel=1e-7)
    assert results.loc[results["subgroup"] != "", "stat"].eq("p_value").sum() == 2  # the two interactions only


@pytest.mark.reference
@pytest.mark.parametrize(("subgroup", "name"), [("SEX", "interaction sex"), ("AGE", "interaction age")])
def test_interaction_as_r(results, subgroup, name):
    keys = {"measure": "interaction test", "subgroup": subgroup} | PAIR
    assert value(results, "statistic", **keys) == pytest.approx(EXPECTED[f"{name} statistic"], rel=1e-7)
    assert value(results, "df", **keys) == 1
    p = math.erfc(math.sqrt(EXPECTED[f"{name} statistic"] / 2))
    assert value(results, "p_value", **keys) == pytest.approx(p, rel=1e-7)


def test_levels_add_up_to_everybody(results):
    for subgroup in ("SEX", "AGE"):
        rows = results[(results["measure"] == "subgroup") & (results["subgroup"] == subgroup)]
        totals = rows.groupby(["group", "stat"])["value"].sum()
        for group in ("MSC", "PBO"):
            keys = {"measure": "follow-up", "group": group}
            assert totals[group, "n"] == value(results, "n_total", **keys)
            assert totals[group, "n_events"] == value(results, "n_events", **keys)


def test_a_level_without_events_is_not_estimable_and_does_not_fail(tmp_path):
    study, data = make_trial(tmp_path, "survival", PLAN.format('subgroups = [{ variable = "SEX" }]'))
    women = data.datasets["ADSL"].loc[data.datasets["ADSL"]["SEX"] == "F", "USUBJID"]
    adtte = data.datasets["ADTTE"]
    treated = set(data.datasets["ADSL"].loc[data.datasets["ADSL"]["TRT01P"] == "MSC", "USUBJID"])
    adtte.loc[adtte["USUBJID"].isin(women) & adtte["USUBJID"].isin(treated), "CNSR"] = 1.0
    found = analyse_study(study, data).frame
    own = found[(found["measure"] == "hazard ratio") & (found["subgroup_level"] == "F")]
    assert set(own["status"]) == {"not_estimable"}
    assert own["message"].str.contains("no finite estimate|monotone|separat", regex=True).all()
    assert np.isfinite(value(found, "estimate", measure="hazard ratio", subgroup_level="M", **PAIR))
    assert set(found.loc[found["measure"] == "interaction test", "status"]) == {"not_estimable"}


def test_a_subgroup_that_is_the_stratum_has_no_term_of_its_own():
    rng = np.random.default_rng(5)
    time, arm, level = rng.exponential(10, 80), np.arange(80) % 2, np.arange(80) // 40
    plain = compare_hazard_ratios(time, np.ones(80), arm, level, reference=0)
    strat = compare_hazard_ratios(time, np.ones(80), arm, level, reference=0, stratum=level)
    assert (plain.df, strat.df, strat.status) == (1, 1, "ok")
    assert strat.p_value != plain.p_value


def test_proportions_in_subgroups_by_hand(tmp_path):
    more = """comparison = { measure = "difference", conf_type = "miettinen-nurminen", test = "none",
      subgroups = [{ variable = "STRATUM" }, { variable = "BILI", cut_points = [8.0] }] }""".replace("\n", " ")
    found = analyse_study(*make_response(tmp_path, more)).frame
    # stratum a: 1 of 3 and 3 of 3; b: 0 of 3 and 1 of 4
    counts = {
        (arm, level): tuple(
            value(found, s, measure="subgroup", group=arm, subgroup_level=level) for s in ("n_events", "n")
        )
        for arm in ("PBO", "MSC")
        for level in ("a", "b")
    }
    assert counts == {("PBO", "a"): (1, 3), ("PBO", "b"): (0, 3), ("MSC", "a"): (3, 3), ("MSC", "b"): (1, 4)}
    keys = {"measure": "proportion difference", "subgroup": "STRATUM", "subgroup_level": "a"} | PAIR
    expected = compare_proportions({"m": 3, "p": 1}, {"m": 3, "p": 3}, reference="p")
    assert value(found, "estimate", **keys) == pytest.approx(2 / 3)
    assert value(found, "conf_low", **keys) == expected.conf_low
    # baseline up to 8: 1 of 2 and 3 of 3; above: 0 of 3 and 1 of 4; one patient has no baseline
    alike = compare_odds_ratios({"m": [3, 1], "p": [1, 0]}, {"m": [3, 4], "p": [2, 3]}, reference="p")
    row = found[(found["measure"] == "interaction test") & (found["subgroup"] == "BILI") & (found["stat"] == "df")]
    assert (alike.status, row["status"].item()) == ("not_estimable", "not_estimable")
    assert np.isnan(row["value"].item())  # no statistic, so no degrees of freedom of one
    assert value(found, "n", measure="subgroup", group="PBO", subgroup_level="≤ 8") == 2


@pytest.mark.parametrize(
    ("subgroups", "fault"),
    [
        ('{ variable = "HEIGHT" }', "'HEIGHT' is not a column of ADSL or parameter"),
        ('{ variable = "AGE" }', "'AGE' is a number; give the values that divide it"),
        ('{ variable = "SEX", cut_points = [1.0] }', "'SEX' is a category"),
        ('{ variable = "AGE", cut_points = [60.0, 50.0] }', "from low to high"),
    ],
)
def test_subgroups_are_checked(tmp_path, subgroups, fault):
    with pytest.raises(StudyError) as raised:
        make_trial(tmp_path, "survival", PLAN.format(f"subgroups = [{subgroups}]"))
    assert any(fault in line for line in raised.value.faults), raised.value.faults
