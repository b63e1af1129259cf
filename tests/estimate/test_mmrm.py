"""``fit_mmrm``: cases worked by hand, what is refused or failed, fallback ladder, invariances."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hepatrial.errors import EstimateError
from hepatrial.estimate import compare_means, compare_terms, estimate_contrasts, estimate_means, fit_mmrm

FORMULA = "Y ~ BASE + ARM * VISIT"


def simulate(n=40, visits=("D01", "D07", "D28"), missing=0.15, seed=2):
    rng = np.random.default_rng(seed)
    t = len(visits)
    root = np.tril(np.abs(rng.normal(size=(t, t)))) * 0.7 + np.eye(t)
    base = rng.normal(size=n)
    arm = np.arange(n) % 2
    y = base[:, None] + arm[:, None] * np.arange(t) * 0.5 + rng.normal(size=(n, t)) @ root.T
    data = pd.DataFrame(
        {
            "ID": np.repeat([f"S{k:03d}" for k in range(n)], t),
            "VISIT": np.tile(visits, n),
            "ARM": np.repeat(np.array(["control", "cells"])[arm], t),
            "BASE": np.repeat(base, t),
            "Y": y.ravel(),
            "DAY": np.tile([1.0, 7, 28][:t], n),
            "W": rng.uniform(0.5, 2, n * t),
        }
    )
    data.loc[rng.random(len(data)) < missing, "Y"] = np.nan
    return data


def fit(data, formula=FORMULA, **options):
    return fit_mmrm(formula, data, **{"subject": "ID", "visit": "VISIT", **options})


@pytest.mark.reference
@pytest.mark.parametrize("covariance", ["us", "cs", "csh", "toep", "toeph", "ar1", "ar1h", "ad", "adh"])
@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger-linear"])
def test_two_complete_visits_give_the_paired_t_test(covariance, df):
    change, first = np.array([2.0, -1, 4, 3, 1, 6]), np.array([10.0, 14, 9, 20, 11, 16])
    data = pd.DataFrame({"ID": np.tile(range(6), 2), "VISIT": ["a"] * 6 + ["b"] * 6, "Y": np.r_[first, first + change]})
    got = fit(data, "Y ~ VISIT", covariance=covariance, df=df).coefficients.loc["VISIT[T.b]"]
    paired = stats.ttest_1samp(change, 0)
    assert got["estimate"] == pytest.approx(change.mean())
    assert got["std_error"] == pytest.approx(change.std(ddof=1) / np.sqrt(6))
    assert got["df"] == pytest.approx(5)
    assert got["p_value"] == pytest.approx(paired.pvalue)


@pytest.mark.reference
def test_complete_compound_symmetry_is_the_analysis_of_variance():
    # 3 subjects x 3 visits; subject means 2, 4, 9; visit means 3, 5, 7; grand mean 5
    y = np.array([[1.0, 2, 3], [2, 4, 6], [6, 9, 12]])
    data = pd.DataFrame({"ID": np.repeat(range(3), 3), "VISIT": np.tile(list("abc"), 3), "Y": y.ravel()})
    got = fit(data, "Y ~ VISIT", covariance="cs", df="kenward-roger-linear")
    error = np.sum((y - y.mean(0) - y.mean(1)[:, None] + y.mean()) ** 2) / 4
    subjects = 3 * np.sum((y.mean(1) - y.mean()) ** 2) / 2
    between = (subjects - error) / 3
    sigma = got.covariance.to_numpy()
    assert sigma[0, 0] == pytest.approx(between + error)
    assert sigma[0, 1] == pytest.approx(between)
    test = compare_terms(got).iloc[0]
    visit = 3 * np.sum((y.mean(0) - y.mean()) ** 2) / 2
    assert (test["num_df"], test["denom_df"]) == (2, pytest.approx(4))
    assert test["statistic"] == pytest.approx(visit / error)


@pytest.mark.reference
def test_one_visit_is_ordinary_least_squares():
    data = simulate(missing=0).query("VISIT == 'D28'")
    got = fit(data, "Y ~ ARM", df="satterthwaite")
    arms = [data.loc[data["ARM"] == a, "Y"] for a in ("control", "cells")]
    student = stats.ttest_ind(*arms)
    assert got.p_values["ARM[T.control]"] == pytest.approx(student.pvalue)
    assert got.df["ARM[T.control]"] == pytest.approx(38)


@pytest.mark.reference
def test_separate_matrices_for_arms_at_one_visit_are_welch():
    data = simulate(missing=0).query("VISIT == 'D28'")
    got = fit(data, "Y ~ ARM", covariance_group="ARM", df="satterthwaite")
    arms = [data.loc[data["ARM"] == a, "Y"] for a in ("control", "cells")]
    welch = stats.ttest_ind(*arms, equal_var=False)
    assert got.df["ARM[T.control]"] == pytest.approx(welch.df)
    assert got.p_values["ARM[T.control]"] == pytest.approx(welch.pvalue)


def test_unstructured_with_two_subjects_at_a_visit_is_refused_unless_forced():
    data = simulate(n=12, missing=0)
    data.loc[(data["VISIT"] == "D28") & (data["ID"] > "S001"), "Y"] = np.nan
    refused = fit(data, "Y ~ VISIT")
    assert refused.status == "not_estimable"
    assert "fewer than 3 subjects at D28" in refused.notes[-1]
    assert refused.coefficients.isna().all(axis=None)
    assert estimate_means(refused, "VISIT").status == "failed"
    assert fit(data, "Y ~ VISIT", allow_sparse_visits=True).status in ("ok", "note", "failed")


def test_fallback_ladder_reports_every_attempt():
    data = simulate(n=12, missing=0)
    data.loc[(data["VISIT"] == "D28") & (data["ID"] > "S001"), "Y"] = np.nan
    got = fit(data, "Y ~ VISIT", fallback=("ar1h", "cs"))
    assert list(got.attempts["structure"]) == ["us", "ar1h"]
    assert list(got.attempts["status"]) == ["not_estimable", "ok"]
    assert got.structure == "ar1h"
    assert got.status == "note"
    assert got.notes[-1] == "covariance ar1h used in place of us"


def test_covariance_that_the_data_cannot_tell_is_not_converged():
    # nobody has both visits: the covariance between them is not identified
    data = pd.DataFrame({"ID": range(12), "VISIT": list("ab") * 6, "Y": np.arange(12.0) ** 1.5})
    got = fit(data, "Y ~ VISIT")
    assert got.status == "failed"
    assert "not converged" in got.notes[-1]
    assert np.isnan(got.log_likelihood)


def test_constant_outcome_is_failed_not_a_number():
    got = fit(simulate(missing=0).assign(Y=3.0), "Y ~ VISIT")
    assert got.status == "failed"
    assert got.std_errors.isna().all()


def test_duplicate_visits_of_a_subject_are_refused_by_name():
    data = simulate(n=6, missing=0)
    with pytest.raises(EstimateError, match="subject 'S000' has more than one row at visit D01"):
        fit(pd.concat([data, data.iloc[[0]]]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"covariance": "vc"}, "covariance must be one of"),
        ({"fallback": ("us", "xx")}, "covariance must be one of"),
        ({"covariance": "sp_exp"}, "needs coords="),
        ({"visit": None}, "needs visit="),
        ({"df": "containment"}, "df must be one of"),
        ({"reml": False}, "needs REML"),
        ({"sandwich": "CR0"}, "not Kenward-Roger"),
        ({"sandwich": "HC3", "df": "residual"}, "sandwich must be one of"),
        ({"covariance_group": "VISIT"}, "must be the same in all rows of a subject"),
        ({"weights": "BASE"}, "must be finite and > 0"),
        ({"conf_level": 95}, "conf_level"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(EstimateError, match=message):
        fit(simulate(n=10), **options)


def test_rank_deficient_design_is_reduced_and_reported():
    data = simulate().assign(TWICE=lambda d: 2 * d["BASE"])
    got = fit(data, "Y ~ BASE + TWICE + VISIT")
    assert got.design.aliased == ("TWICE",)
    assert "TWICE" not in got.params.index
    assert any("left out as aliased: TWICE" in note for note in got.notes)


def test_mean_of_an_empty_cell_is_not_estimable():
    data = simulate(missing=0)
    data = data[~((data["ARM"] == "cells") & (data["VISIT"] == "D28"))]
    means = estimate_means(fit(data, "Y ~ ARM * VISIT"), ["ARM", "VISIT"]).table.set_index(["ARM", "VISIT"])
    assert means.loc[("cells", "D28"), "status"] == "not_estimable"
    assert np.isnan(means.loc[("cells", "D28"), "estimate"])
    assert (means["status"] == "ok").sum() == 5


def test_margins_weigh_the_other_factors_as_named():
    data = simulate(missing=0).assign(SEX=lambda d: np.where(d["ID"] < "S010", "F", "M"))
    got = fit(data, "Y ~ ARM + SEX + VISIT")
    b = got.params
    equal, proportional, observed = (
        estimate_means(got, "ARM", weights=w).table["estimate"].iloc[0] for w in ("equal", "proportional", "observed")
    )
    visits = (b["VISIT[T.D07]"] + b["VISIT[T.D28]"]) / 3
    assert equal == pytest.approx(b["Intercept"] + b["SEX[T.M]"] / 2 + visits)
    assert proportional == pytest.approx(b["Intercept"] + b["SEX[T.M]"] * 0.75 + visits)
    share = (data.loc[data["ARM"] == "cells", "SEX"] == "M").mean()
    assert observed == pytest.approx(b["Intercept"] + b["SEX[T.M]"] * share + visits)


def test_custom_contrast_and_its_reverse():
    got = fit(simulate())
    change = {"D28 - D01": {("D28",): 1.0, ("D01",): -1.0}}
    one = compare_means(got, "VISIT", contrast=change).table.iloc[0]
    two = compare_means(got, contrast="VISIT", reference="D28").table.set_index("level").loc["D01"]
    assert one["estimate"] == pytest.approx(-two["estimate"])
    assert one["p_value"] == pytest.approx(two["p_value"])


def test_contrast_of_nothing_is_not_a_number_and_not_a_crash():
    got = fit(simulate())
    none = estimate_contrasts(got, np.zeros((1, len(got.params))), pd.DataFrame({"name": ["none"]})).table.iloc[0]
    assert none["estimate"] == 0
    assert np.isnan(none["p_value"])


def test_constrained_baseline_has_one_mean_before_treatment():
    # cLDA: at baseline everybody is "control", so the arms share their mean there
    data = simulate(missing=0)
    data["POST"] = np.where(data["VISIT"] == "D01", "control", data["ARM"])
    data["POST"] = pd.Categorical(data["POST"], categories=["control", "cells"])
    got = fit(data, "Y ~ VISIT + POST:VISIT")
    assert len(got.params) == 5
    effects = compare_means(got, ["VISIT"], contrast="POST").table.set_index("VISIT")
    assert list(effects["status"]) == ["not_estimable", "ok", "ok"]


@pytest.mark.property
@pytest.mark.parametrize("covariance", ["us", "toeph", "ad"])
def test_order_of_rows_and_names_of_subjects_do_not_matter(covariance):
    data = simulate()
    other = data.sample(frac=1, random_state=np.random.default_rng(5))
    other = other.assign(ID=other["ID"].map({k: f"X{n}" for n, k in enumerate(other["ID"].unique())}))
    one, two = fit(data, covariance=covariance), fit(other, covariance=covariance)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-9)
    assert two.coefficients.to_numpy() == pytest.approx(one.coefficients.to_numpy(), rel=1e-6, abs=1e-9)


@pytest.mark.property
def test_relabelled_arms_turn_the_difference_round():
    data = simulate()
    swapped = data.assign(ARM=data["ARM"].map({"control": "a-control", "cells": "b-cells"}))
    one = compare_means(fit(data), ["VISIT"], contrast="ARM").table
    two = compare_means(fit(swapped), ["VISIT"], contrast="ARM").table
    assert two["estimate"].to_numpy() == pytest.approx(-one["estimate"].to_numpy())
    for name in ("std_error", "df", "p_value"):
        assert two[name].to_numpy() == pytest.approx(one[name].to_numpy(), rel=1e-6)


@pytest.mark.property
@pytest.mark.parametrize(("shift", "scale"), [(1000.0, 1.0), (0.0, 1e-5), (-3.0, 4000.0)])
@pytest.mark.parametrize("covariance", ["us", "csh", "ar1", "sp_exp"])
def test_shift_and_scale_of_the_outcome_pass_through(covariance, shift, scale):
    data = simulate()
    options = {"covariance": covariance, "coords": "DAY"}
    one, two = fit(data, **options), fit(data.assign(Y=shift + scale * data["Y"]), **options)
    moved = one.params * scale + np.where(one.params.index == "Intercept", shift, 0)
    assert two.params.to_numpy() == pytest.approx(moved.to_numpy(), rel=1e-6)
    assert two.std_errors.to_numpy() == pytest.approx(scale * one.std_errors.to_numpy(), rel=1e-6)
    assert two.df.to_numpy() == pytest.approx(one.df.to_numpy(), rel=1e-5)
    assert two.log_likelihood == pytest.approx(
        one.log_likelihood - (one.n_obs - len(one.params)) * np.log(scale), abs=1e-5
    )


@pytest.mark.property
def test_weights_of_one_change_nothing_and_a_common_weight_moves_only_sigma():
    data = simulate()
    plain, ones = fit(data), fit(data.assign(W=1.0), weights="W")
    fours = fit(data.assign(W=4.0), weights="W")
    assert ones.coefficients.to_numpy() == pytest.approx(plain.coefficients.to_numpy(), rel=1e-8)
    assert fours.coefficients.to_numpy() == pytest.approx(plain.coefficients.to_numpy(), rel=1e-6)
    assert fours.covariance.to_numpy() == pytest.approx(4 * plain.covariance.to_numpy(), rel=1e-6)


@pytest.mark.property
def test_every_subject_twice_halves_the_variances_under_maximum_likelihood():
    data = simulate(missing=0)
    twice = pd.concat([data, data.assign(ID="copy " + data["ID"])])
    one, two = (fit(d, reml=False, df="residual") for d in (data, twice))
    assert two.params.to_numpy() == pytest.approx(one.params.to_numpy())
    assert two.cov_params.to_numpy() == pytest.approx(one.cov_params.to_numpy() / 2, rel=1e-6)


@pytest.mark.property
def test_nested_structures_rise_in_likelihood():
    data = simulate(n=60)
    level = {c: fit(data, covariance=c, df="residual").log_likelihood for c in ("cs", "csh", "toep", "toeph", "us")}
    assert level["cs"] <= level["csh"] + 1e-9 <= level["toeph"] + 2e-9 <= level["us"] + 3e-9
    assert level["cs"] <= level["toep"] + 1e-9 <= level["toeph"] + 2e-9


@pytest.mark.parametrize("covariance", ["us", "cs", "csh", "toep", "toeph", "ar1", "ar1h", "ad", "adh"])
def test_with_one_visit_every_structure_is_least_squares(covariance):
    data = simulate(visits=("D28",), missing=0.0)
    found = fit(data, "Y ~ ARM", covariance=covariance)
    groups = [part["Y"].to_numpy() for _, part in data.groupby("ARM")]
    assert found.p_values.iloc[1] == pytest.approx(stats.ttest_ind(*groups).pvalue, rel=1e-6)
    assert found.covariance.shape == (1, 1)


def test_a_spatial_correlation_at_zero_is_not_converged_and_says_so():
    rng = np.random.default_rng(5)
    y = rng.normal(size=(30, 3))
    y -= 0.6 * np.roll(y, 1, axis=1)  # nearer rows are less alike: no positive correlation fits
    data = pd.DataFrame(
        {"ID": np.repeat(np.arange(30), 3), "DAY": np.tile([1.0, 7, 28], 30), "VISIT": np.tile(["a", "b", "c"], 30)}
    ).assign(Y=y.ravel())
    found = fit(data, "Y ~ VISIT", covariance="sp_exp", coords=["DAY"], df="satterthwaite")
    assert found.status == "failed"
    assert found.coefficients.isna().all(axis=None)
    assert "the correlation is at its boundary 0" in found.notes[-1]


def test_splitting_a_subject_takes_the_covariance_of_its_parts_away():
    """Each subject's first visit under a name of its own: the likelihood is that of two independent blocks."""
    data = simulate(visits=("D01", "D07", "D28"), missing=0.0)
    split = data.assign(ID=data["ID"] + np.where(data["VISIT"] == "D01", "-first", "-rest"))
    found = fit(split, "Y ~ ARM * VISIT", covariance="csh", df="satterthwaite")
    sigma = found.covariance.to_numpy()
    sigma[0, 1:] = sigma[1:, 0] = 0.0
    x, y = found.design.x, found.design.y  # rows of a subject are together, visits in order
    v = np.kron(np.eye(len(y) // 3), sigma)
    weight = np.linalg.solve(v, x)
    beta = np.linalg.solve(x.T @ weight, weight.T @ y)
    residual = y - x @ beta
    dets = np.linalg.slogdet(v)[1] + np.linalg.slogdet(x.T @ weight)[1]
    value = -0.5 * ((len(y) - len(beta)) * np.log(2 * np.pi) + dets + residual @ np.linalg.solve(v, residual))
    assert found.log_likelihood == pytest.approx(value, abs=1e-8)
    assert found.params.to_numpy() == pytest.approx(beta, abs=1e-8)
    assert found.n_subjects == 2 * fit(data, "Y ~ ARM * VISIT", covariance="csh").n_subjects
