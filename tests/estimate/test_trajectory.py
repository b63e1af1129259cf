"""Trajectory summaries, paired changes, while-alive summaries: worked by hand and against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hepatrial.errors import EstimateError
from hepatrial.estimate import summarise_trajectories, summarise_visits

BILIRUBIN = pd.DataFrame(
    {
        "ID": ["a", "a", "a", "a", "b", "b", "c", "d", "d"],
        "DAY": [0, 7, 14, 28, 0, 7, 3, 0, 28],
        "Y": [10.0, 8, 4, 1, 6, 9, 5, 1, 2],
    }
)


def summaries(**options):
    table = summarise_trajectories(
        BILIRUBIN, subject="ID", time="DAY", value="Y", window=(0, 28), normal=(0, 2), **options
    ).table
    return table.set_index(["subject", "summary"])


@pytest.mark.reference
def test_summaries_of_a_complete_trajectory_by_hand():
    a = summaries().loc["a"]
    assert a.loc["auc", "value"] == pytest.approx(7 * 9 + 7 * 6 + 14 * 2.5)
    assert a.loc["mean_level", "value"] == pytest.approx(140 / 28)
    assert a.loc["slope", "value"] == pytest.approx(stats.linregress([0, 7, 14, 28], [10, 8, 4, 1]).slope)
    assert a.loc["max_change", "value"] == -9
    assert a.loc["time_to_normal", "value"] == 28
    assert a.loc["last_time", "value"] == 28


def test_a_trajectory_that_ends_early_has_no_area_over_the_window():
    got = summaries()
    assert got.loc[("b", "auc"), "reason"] == "no value on or after day 28"
    assert got.loc[("c", "auc"), "reason"] == "no value on or before day 0"
    assert got.loc[("b", "max_change"), "value"] == 3
    assert got.loc[("b", "time_to_normal"), "value"] == np.inf
    assert got.loc[("c", "slope"), "status"] == "not_estimable"
    assert got.loc[("d", "time_to_normal"), "reason"] == "normal at the first value"


def test_the_ends_of_the_window_are_interpolated():
    table = summarise_trajectories(BILIRUBIN, subject="ID", time="DAY", value="Y", window=(3.5, 10.5)).table
    auc = table.set_index(["subject", "summary"]).loc[("a", "auc"), "value"]
    assert auc == pytest.approx(3.5 * 8.5 + 3.5 * 7)


def test_two_values_on_a_day_and_an_empty_window_are_refused():
    twice = pd.concat([BILIRUBIN, BILIRUBIN.iloc[[1]]])
    with pytest.raises(EstimateError, match="subject 'a' has more than one value on day 7"):
        summarise_trajectories(twice, subject="ID", time="DAY", value="Y", window=(0, 28))
    with pytest.raises(EstimateError, match="window"):
        summarise_trajectories(BILIRUBIN, subject="ID", time="DAY", value="Y", window=(28, 0))


def test_visit_summaries_keep_death_apart_from_missing():
    data = pd.DataFrame(
        {
            "V": ["d7"] * 5,
            "ARM": ["x"] * 5,
            "Y": [1.0, 2, 4, np.nan, np.nan],
            "S": ["alive", "alive", "alive", "alive", "dead"],
        }
    )
    row = summarise_visits(data, visit="V", value="Y", state="S", group="ARM").table.iloc[0]
    assert (row["n"], row["n_alive"], row["n_observed"], row["n_missing"], row["n_dead"]) == (5, 4, 3, 1, 1)
    low, high = stats.t.interval(0.95, 2, 7 / 3, stats.sem([1, 2, 4]))
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high))
    assert (row["q1"], row["median"], row["q3"]) == (1, 2, 4)


def test_a_value_after_death_and_an_unknown_state_are_refused():
    data = pd.DataFrame({"V": ["d7", "d7"], "Y": [1.0, 2.0], "S": ["alive", "dead"]})
    with pytest.raises(EstimateError, match="has a value at 'd7'"):
        summarise_visits(data, visit="V", value="Y", state="S")
    with pytest.raises(EstimateError, match="missing in 1 rows"):
        summarise_visits(data.assign(S=["alive", None]), visit="V", value="Y", state="S")
