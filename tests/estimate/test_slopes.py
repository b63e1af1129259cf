"""Slopes of a mixed model, and its dense second path, by hand and as lme4."""

import numpy as np
import pandas as pd
import pytest

from hepatrial.errors import EstimateError
from hepatrial.estimate import diagnose_mixed, estimate_slopes, fit_mixed

SLOPES = {"A": [1.0, 2.0, 4.0, 3.5], "B": [0.5, -1.0, 2.5, 1.0]}
DAYS = np.arange(5.0)


def straight(noise=0.1):
    """Four patients an arm, each on a line of their own with a little noise."""
    rng = np.random.default_rng(3)
    parts = [
        pd.DataFrame({"ID": f"{arm}{k}", "ARM": arm, "DAY": DAYS, "Y": k + b * DAYS + noise * rng.normal(size=5)})
        for arm, slopes in SLOPES.items()
        for k, b in enumerate(slopes)
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def fit():
    return fit_mixed("Y ~ ARM * DAY", straight(), subject="ID", random="1 + DAY")


def test_the_slope_of_a_balanced_arm_is_the_mean_of_its_patients_slopes(fit):
    data = straight()
    own = data.groupby("ID")[["DAY", "Y"]].apply(lambda part: np.polyfit(part["DAY"], part["Y"], 1)[0])
    table = estimate_slopes(fit, "DAY", "ARM").table.set_index("ARM")
    for arm in SLOPES:
        assert table.loc[arm, "estimate"] == pytest.approx(own[own.index.str.startswith(arm)].mean(), rel=1e-8)
    spread = np.sqrt(np.mean([np.var(own[own.index.str.startswith(arm)], ddof=1) for arm in SLOPES]) / 4)
    assert table.loc["A", "std_error"] == pytest.approx(spread, rel=1e-6)
    assert table.loc["A", "df"] == pytest.approx(6, rel=1e-6)


def test_a_factor_has_no_slope(fit):
    with pytest.raises(EstimateError, match="'ARM' is not a number of the model"):
        estimate_slopes(fit, "ARM")


def test_the_dense_second_path_agrees_and_sees_an_error(fit):
    data = straight()
    check = diagnose_mixed(fit, data, visit="DAY")
    assert check.is_confirmed
    assert check.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-8)
    assert len(check.rows) == len(data)
    wrong = data.assign(DAY=data["DAY"] * 1.01)  # other random effects than were fitted
    assert not diagnose_mixed(fit, wrong, visit="DAY").is_confirmed


def test_a_patient_far_from_the_others_is_the_most_influential(fit):
    data = straight()
    data.loc[data["ID"] == "B2", "Y"] += 20
    moved = fit_mixed("Y ~ ARM * DAY", data, subject="ID", random="1 + DAY")
    subjects = diagnose_mixed(moved, data, visit="DAY").subjects.set_index("subject")
    assert subjects["cook"].idxmax() == "B2"


def test_nested_levels_have_no_dense_path():
    data = straight().assign(SITE=lambda frame: frame["ID"].str[1])
    fit = fit_mixed("Y ~ DAY", data, subject=["SITE", "ID"])
    with pytest.raises(EstimateError, match="one level of grouping"):
        diagnose_mixed(fit, data, visit="DAY")
