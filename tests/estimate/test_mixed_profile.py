"""Profile intervals of random-effects standard deviations."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hepatrial.errors import EstimateError
from hepatrial.estimate import estimate_random_sd, fit_mixed

HERE = Path(__file__).parents[1] / "reference" / "mixed"


@pytest.mark.reference
def test_sleepstudy_intervals_are_those_published_for_lme4():
    # Bates, Maechler, Bolker and Walker 2015 (doi:10.18637/jss.v067.i01), section 5.1: confint(fm1), ML
    # profile
    data = pd.read_csv(HERE / "sleepstudy.csv")
    table = estimate_random_sd("Reaction ~ Days", data, subject="Subject", random="1 + Days").table
    expected = [(14.381, 37.716), (3.801, 8.753), (22.898, 28.858)]
    assert table[["conf_low", "conf_high"]].to_numpy() == pytest.approx(np.array(expected), abs=2e-3)


def test_estimates_are_those_of_the_fit_and_inside_their_limits():
    data = pd.read_csv(HERE / "sleepstudy.csv")
    fit = fit_mixed("Reaction ~ Days", data, subject="Subject", random="1 + Days")
    table = estimate_random_sd("Reaction ~ Days", data, subject="Subject", random="1 + Days", reml=True).table
    d = fit.random_cov["Subject"].to_numpy()
    assert table["estimate"].to_numpy() == pytest.approx(np.sqrt([d[0, 0], d[1, 1], fit.residual_variance]))
    assert (table["conf_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["conf_high"]).all()


def test_a_weak_variance_has_a_lower_limit_of_zero():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"ID": np.repeat(range(12), 3), "Y": rng.normal(size=36) + 0.4 * rng.normal(size=12).repeat(3)})
    row = estimate_random_sd("Y ~ 1", data, subject="ID").table.iloc[0]
    assert row["conf_low"] == 0
    assert row["conf_high"] > row["estimate"] > 0


def test_a_singular_fit_has_no_interval():
    data = pd.DataFrame({"ID": list("aabbccdd"), "Y": [1.0, 9, 2, 8, 3, 7, 4, 6]})
    with pytest.raises(EstimateError, match="singular"):
        estimate_random_sd("Y ~ 1", data, subject="ID")
