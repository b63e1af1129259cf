"""Reference-based imputation: closed forms by hand, the MMRM under MAR, Rubin's rules, tipping point."""

import numpy as np
import pandas as pd
import pytest

from hepatrial.errors import EstimateError
from hepatrial.estimate import compare_means, estimate_reference_based, fit_mmrm
from hepatrial.estimate.reference_based import pool_rubin

OPTIONS = {
    "subject": "ID",
    "visit": "VISIT",
    "group": "ARM",
    "reference": "control",
    "at_visit": "D28",
}


def simulate(n=24, visits=("D07", "D28"), seed=3, effect=2.0):
    rng = np.random.default_rng(seed)
    t = len(visits)
    arm = np.arange(n) % 2
    y = rng.normal(size=(n, 1)) + rng.normal(size=(n, t)) + effect * arm[:, None] * np.arange(1, t + 1) / t
    y[rng.random(n) < 0.25, -1] = np.nan
    return pd.DataFrame(
        {
            "ID": np.repeat(np.arange(n), t),
            "VISIT": np.tile(visits, n),
            "ARM": np.repeat(np.array(["control", "cells"])[arm], t),
            "BASE": np.repeat(rng.normal(size=n), t),
            "Y": y.ravel(),
        }
    )


def estimate(data, strategy, formula="Y ~ ARM * VISIT", **options):
    return estimate_reference_based(formula, data, strategy=strategy, **{**OPTIONS, **options})


@pytest.mark.reference
def test_one_visit_jump_to_reference_shrinks_by_the_share_seen():
    # imputed cells patients sit at the control mean: (n seen / n) (mean cells - mean control)
    data = pd.DataFrame(
        {
            "ID": range(9),
            "VISIT": "D28",
            "ARM": ["control"] * 4 + ["cells"] * 5,
            "Y": [1.0, 2, 3, np.nan, 7, 5, 9, np.nan, np.nan],
        }
    )
    got = estimate(data, "jump-to-reference", "Y ~ ARM + VISIT").table.iloc[0]
    assert got["estimate"] == pytest.approx(3 / 5 * (7 - 2))


@pytest.mark.reference
def test_mar_is_the_mmrm_and_without_missing_every_strategy_is_the_difference_of_means():
    data = simulate()
    mmrm = fit_mmrm("Y ~ ARM * VISIT", data, subject="ID", visit="VISIT")
    difference = compare_means(mmrm, ["VISIT"], contrast="ARM", reference="control").table.iloc[-1]
    assert estimate(data, "mar").table["estimate"].iloc[0] == pytest.approx(difference["estimate"])
    full = data.assign(Y=data["Y"].fillna(1.0))
    means = full[full["VISIT"] == "D28"].groupby("ARM")["Y"].mean()
    for strategy in ("mar", "jump-to-reference", "copy-reference", "copy-increments"):
        got = estimate(full, strategy).table.iloc[0]
        assert got["estimate"] == pytest.approx(means["cells"] - means["control"])


@pytest.mark.reference
@pytest.mark.parametrize("strategy", ["jump-to-reference", "copy-reference", "copy-increments"])
def test_two_visits_by_hand(strategy):
    data = simulate()
    fit = fit_mmrm("Y ~ ARM * VISIT", data, subject="ID", visit="VISIT")
    b, s = fit.params, fit.covariance.to_numpy()
    slope = s[0, 1] / s[0, 0]
    # the first level is "cells"
    cells = np.array([b["Intercept"], b["Intercept"] + b["VISIT[T.D28]"]])
    control = cells + b["ARM[T.control]"] + np.array([0, b["ARM[T.control]:VISIT[T.D28]"]])
    wide = data.pivot(index="ID", columns="VISIT", values="Y")
    arm = data.groupby("ID")["ARM"].first()
    start = {"jump-to-reference": cells[0], "copy-reference": control[0], "copy-increments": cells[0]}[strategy]
    goal = control[1] + (cells[0] - control[0] if strategy == "copy-increments" else 0)
    imputed = np.where(
        arm == "cells", goal + slope * (wide["D07"] - start), control[1] + slope * (wide["D07"] - control[0])
    )
    done = wide["D28"].fillna(pd.Series(imputed, index=wide.index))
    expected = done[arm == "cells"].mean() - done[arm == "control"].mean()
    assert estimate(data, strategy).table["estimate"].iloc[0] == pytest.approx(expected)


@pytest.mark.reference
def test_jackknife_of_one_visit_by_hand():
    y = {"control": np.array([1.0, 2, 3, 6]), "cells": np.array([7.0, 5, 9, 4])}
    data = pd.DataFrame(
        {"ID": range(8), "VISIT": "D28", "ARM": ["control"] * 4 + ["cells"] * 4, "Y": np.r_[*y.values()]}
    )
    got = estimate(data, "mar", "Y ~ ARM + VISIT").table.iloc[0]
    # leaving one of 4 out moves its mean by (mean - y) / 3
    moved = np.r_[(y["control"].mean() - y["control"]) / 3, (y["cells"].mean() - y["cells"]) / 3]
    assert got["std_error"] == pytest.approx(np.sqrt(7 / 8 * np.sum(moved**2)))


@pytest.mark.reference
def test_rubins_rules_by_hand():
    # within 2, between 1, m = 4: total 3.25, share 1.25 / 3.25, old df 3 / share^2; with complete df 20
    # Barnard-Rubin
    share = 1.25 / 3.25
    got = pool_rubin(np.array([1.0, 2, 3, 2]) * np.sqrt(1.5), np.full(4, 2.0), complete_df=20)
    old, observed = 3 / share**2, 21 / 23 * 20 * (1 - share)
    assert got == pytest.approx((2 * np.sqrt(1.5), np.sqrt(3.25), 1 / (1 / old + 1 / observed)))
    assert pool_rubin(np.array([1.0, 1]), np.array([2.0, 2]))[2] == np.inf


def test_rubin_agrees_with_the_jackknife_on_the_estimate_and_is_wider_under_jump_to_reference():
    data = simulate(n=60, seed=9)
    jack = estimate(data, "jump-to-reference", adjust="BASE").table.iloc[0]
    rubin = estimate(
        data,
        "jump-to-reference",
        adjust="BASE",
        inference="rubin",
        n_imputations=60,
        rng=np.random.default_rng(1),
    ).table.iloc[0]
    assert rubin["estimate"] == pytest.approx(jack["estimate"], abs=0.15)
    assert rubin["std_error"] > jack["std_error"]


def test_same_generator_gives_the_same_numbers():
    data = simulate()
    one, two = (
        estimate(data, "mar", inference="rubin", n_imputations=3, rng=np.random.default_rng(5)).table for _ in range(2)
    )
    pd.testing.assert_frame_equal(one, two)


def test_delta_moves_the_estimate_by_the_share_imputed_and_tips():
    data = simulate(effect=4.0)
    deltas = [0.0, -2.0, -8.0, -30.0]
    got = estimate(data, "mar", delta=deltas)
    last = data[(data["VISIT"] == "D28") & (data["ARM"] == "cells")]
    share = last["Y"].isna().mean()
    assert got.table["estimate"].to_numpy() == pytest.approx(got.table["estimate"].iloc[0] + share * np.array(deltas))
    assert got.tipping_delta in deltas[1:]
    first = got.table.loc[got.table["delta"] == got.tipping_delta, "p_value"].iloc[0]
    assert first > 0.05
    assert (got.table["p_value"].iloc[: deltas.index(got.tipping_delta)] <= 0.05).all()


def test_a_model_that_does_not_converge_fails_with_its_reason():
    data = simulate()
    data.loc[(data["VISIT"] == "D28") & (data["ID"] > 1), "Y"] = np.nan
    got = estimate(data, "mar")
    assert got.status == "failed"
    assert got.table["estimate"].isna().all()
    assert "fewer than 3 subjects at D28" in got.notes[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "locf"}, "strategy must be"),
        ({"strategy": "mar", "inference": "rubin"}, "needs rng="),
        ({"strategy": "mar", "inference": "bayes"}, "inference must be"),
        ({"strategy": "mar", "reference": "placebo"}, "two levels"),
        ({"strategy": "mar", "at_visit": "D56"}, "no level 'D56'"),
        ({"strategy": "mar", "formula": "Y ~ ARM"}, "must hold 'VISIT'"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(EstimateError, match=message):
        estimate(simulate(), **options)


def test_incomplete_grid_and_missing_covariates_are_refused():
    data = simulate()
    with pytest.raises(EstimateError, match="one row for each of the visits"):
        estimate(data.drop(index=3), "mar")
    with pytest.raises(EstimateError, match="only the outcome may be missing"):
        estimate(data.assign(BASE=np.nan), "mar", "Y ~ BASE + ARM * VISIT")
