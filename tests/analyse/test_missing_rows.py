"""Missingness by reason and imputation by strategy from the study file, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study
from missing_factory import ANALYSES, ARM, D28, D56, GONE, IDS, TEXTS, N, make_missing


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return analyse_study(*make_missing(tmp_path_factory.mktemp("s"))).frame


@pytest.mark.parametrize("reason", ["died", "transplanted", "withdrawn", "missing"])
def test_each_reason_is_counted_at_its_visit_only(results, reason):
    keys = {"measure": "missingness", "group": "MSC", "level": reason}
    assert value(results, "n", visit="D56", **keys) == 1
    assert value(results, "percent", visit="D56", **keys) == 12.5
    assert value(results, "n", visit="D28", **keys) == 0


def test_the_reasons_add_up(results):
    found = results[(results["measure"] == "missingness") & (results["stat"] == "n")]
    assert set(found.groupby(["group", "visit"])["value"].sum()) == {N}


def test_a_visit_after_the_data_cut_is_not_yet_due(tmp_path):
    study = study_with(tmp_path, ANALYSES, **TEXTS)
    data = make_data(ADSL={"USUBJID": IDS, "TRT01P": ARM, "ORIGDT": [pd.Timestamp("2025-11-25")] * 2 * N})
    frame = analyse_study(study.model_copy(update={"analyses": study.analyses[:1]}), data).frame
    assert value(frame, "n", group="MSC", visit="D28", level="not yet due") == 0
    assert value(frame, "n", group="MSC", visit="D56", level="not yet due") == N


def test_the_dead_and_transplanted_are_left_out_and_the_others_imputed(results):
    keys = {"measure": "imputed values", "group": "MSC"}
    counts = [value(results, stat, **keys) for stat in ("n_total", "n", "n_missing")]
    assert counts == [8, 6, 2]


def difference(results, strategy, delta, stat="estimate"):
    return value(results, stat, measure="imputed difference", level=strategy, by_level=delta)


def test_a_missing_value_is_at_its_conditional_mean_under_mar(results):
    """Day 56 regressed on day 28 with one slope, arms apart, on the patients who have both (monotone pattern)."""
    kept = [k for k in range(2 * N) if k not in GONE]
    own = {arm: [k for k in kept if ARM[k] == arm] for arm in ("MSC", "SOC")}
    x = np.concatenate([D28[own[arm]] - D28[own[arm]].mean() for arm in own])
    y = np.concatenate([D56[own[arm]] - D56[own[arm]].mean() for arm in own])
    slope = x @ y / (x @ x)
    imputed = [D56[own["MSC"]].mean() + slope * (D28[k] - D28[own["MSC"]].mean()) for k in (4, 5)]
    mean = np.mean([*D56[own["MSC"]], *imputed])
    assert difference(results, "mar", "0") == pytest.approx(mean - D56[own["SOC"]].mean(), rel=1e-6)


def test_a_delta_moves_the_mean_of_the_active_arm_by_its_share(results):
    moved = difference(results, "mar", "40") - difference(results, "mar", "0")
    assert moved == pytest.approx(40 * 2 / 6, rel=1e-9)


def test_the_tipping_delta_is_the_first_that_is_not_significant(results):
    p_values = [difference(results, "mar", delta, "p_value") for delta in ("0", "10", "40", "200")]
    assert p_values[0] < 0.05
    first = next(delta for delta, p in zip((0, 10, 40, 200), p_values, strict=True) if p > 0.05)
    assert value(results, "estimate", measure="tipping delta", level="mar") == first


def test_jump_to_reference_is_between_the_reference_and_mar(results):
    assert difference(results, "mar", "0") < difference(results, "jump-to-reference", "0") < 0


def test_the_normal_interval_is_that_of_the_standard_error(results):
    low, error = (difference(results, "mar", "0", stat) for stat in ("conf_low", "std_error"))
    assert low == pytest.approx(difference(results, "mar", "0") - stats.norm.isf(0.025) * error)
