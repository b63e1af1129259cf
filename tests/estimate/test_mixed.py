"""Random-effects models: cases worked by hand, boundaries, failures, means."""

import numpy as np
import pandas as pd
import pytest

from hepatrial.errors import EstimateError
from hepatrial.estimate import compare_means, compute_geometric_means, estimate_means, fit_mixed

# 3 subjects twice: subject means 2, 5, 11 (grand mean 6); MSE = (2 + 2 + 2) / 3 = 2; MSB = 2 (16 + 1 + 25) /
# 2 = 42
ONE_WAY = pd.DataFrame({"ID": list("aabbcc"), "Y": [1.0, 3, 4, 6, 10, 12]})


def random_slopes(n=30, seed=1, slope_sd=0.5):
    rng = np.random.default_rng(seed)
    day = np.tile([0.0, 1, 3, 7], n)
    subject = np.repeat(np.arange(n), 4)
    u = rng.normal(size=(n, 2)) * [2, slope_sd]
    arm = np.where(subject % 2, "cells", "control")
    y = 5 + 0.3 * day + (arm == "cells") * day * 0.2 + u[subject, 0] + u[subject, 1] * day + rng.normal(size=4 * n)
    return pd.DataFrame({"ID": subject, "DAY": day, "ARM": arm, "Y": y})


@pytest.mark.reference
@pytest.mark.parametrize("df", ["kenward-roger", "satterthwaite"])
def test_balanced_one_way_layout_is_the_analysis_of_variance(df):
    fit = fit_mixed("Y ~ 1", ONE_WAY, subject="ID", df=df)
    assert fit.residual_variance == pytest.approx(2)
    assert fit.random_cov["ID"].to_numpy() == pytest.approx((42 - 2) / 2)
    assert fit.params["Intercept"] == pytest.approx(6)
    assert fit.std_errors["Intercept"] == pytest.approx(np.sqrt(42 / 6))
    assert fit.df["Intercept"] == pytest.approx(2)


@pytest.mark.reference
def test_two_visits_give_the_paired_t_test():
    change = np.array([2.0, -1, 4, 3, 1])
    first = np.array([10.0, 14, 9, 20, 11])
    data = pd.DataFrame({"ID": np.tile(range(5), 2), "VISIT": ["a"] * 5 + ["b"] * 5, "Y": np.r_[first, first + change]})
    fit = fit_mixed("Y ~ VISIT", data, subject="ID")
    assert fit.params["VISIT[T.b]"] == pytest.approx(change.mean())
    assert fit.std_errors["VISIT[T.b]"] == pytest.approx(change.std(ddof=1) / np.sqrt(5))
    assert fit.df["VISIT[T.b]"] == pytest.approx(4)


def test_variance_at_its_boundary_is_named_and_held_at_zero():
    # subject means are equal: the variance between subjects would be negative
    data = pd.DataFrame({"ID": list("aabbccdd"), "Y": [1.0, 9, 2, 8, 3, 7, 4, 6]})
    fit = fit_mixed("Y ~ 1", data, subject="ID")
    assert fit.is_singular
    assert fit.status == "note"
    assert "the variance of Intercept by ID is at its boundary; refitted at 0" in fit.notes[0]
    assert fit.random_cov["ID"].to_numpy()[0, 0] == 0
    assert fit.residual_variance == pytest.approx(data["Y"].var(ddof=1))
    assert fit.df["Intercept"] == pytest.approx(7)


def test_slope_without_variance_is_singular_and_still_answers():
    fit = fit_mixed("Y ~ ARM * DAY", random_slopes(slope_sd=0.0, seed=4), subject="ID", random="1 + DAY")
    assert fit.converged
    assert fit.is_singular
    assert any("singular fit" in note for note in fit.notes)


def test_perfect_fit_is_failed_with_a_reason_and_no_number():
    data = pd.DataFrame({"ID": list("aabbcc"), "X": [0.0, 1, 2, 3, 4, 5], "Y": [0.0, 2, 4, 6, 8, 10]})
    fit = fit_mixed("Y ~ X", data, subject="ID")
    assert fit.status == "failed"
    assert any(note.startswith("not converged") for note in fit.notes)
    assert fit.coefficients.isna().all(axis=None)
    assert np.isnan(fit.log_likelihood)
    assert fit.random_cov == {}


def test_means_of_a_failed_fit_are_failed():
    data = pd.DataFrame(
        {"ID": list("aabbcc"), "ARM": list("xxxyyy"), "X": [0.0, 1, 2, 3, 4, 5], "Y": [0.0, 2, 4, 6, 8, 10]}
    )
    means = estimate_means(fit_mixed("Y ~ ARM + X", data, subject="ID"), "ARM")
    assert means.status == "failed"
    assert means.table["estimate"].isna().all()


def test_means_and_differences_follow_the_coefficients():
    fit = fit_mixed("Y ~ ARM * DAY", random_slopes(), subject="ID", random="1 + DAY")
    means = estimate_means(fit, "ARM", at={"DAY": 7.0}).table.set_index("ARM")
    b = fit.params
    assert means.loc["cells", "estimate"] == pytest.approx(b["Intercept"] + 7 * b["DAY"])
    diff = compare_means(fit, contrast="ARM", reference="cells", at={"DAY": 7.0}).table.iloc[0]
    assert (diff["level"], diff["reference"]) == ("control", "cells")
    assert diff["estimate"] == pytest.approx(b["ARM[T.control]"] + 7 * b["ARM[T.control]:DAY"])


def test_geometric_means_back_transform_estimate_and_limits():
    fit = fit_mixed("Y ~ ARM", random_slopes(), subject="ID")
    means = estimate_means(fit, "ARM")
    table = compute_geometric_means(means)
    assert table["conf_low"].to_numpy() == pytest.approx(np.exp(means.table["conf_low"].to_numpy()))
    assert table["std_error"].to_numpy() == pytest.approx(table["estimate"] * means.table["std_error"])


def test_nested_levels_match_the_same_model_written_as_one_level():
    # one patient a site: the site variance and the patient variance cannot both be there, their sum can
    data = random_slopes()
    nested = fit_mixed("Y ~ ARM * DAY", data.assign(SITE=data["ID"] % 6), subject=["SITE", "ID"])
    single = fit_mixed("Y ~ ARM * DAY", data, subject="ID")
    assert nested.log_likelihood >= single.log_likelihood - 1e-9
    assert nested.n_subjects == single.n_subjects
    assert set(nested.random_cov) == {"SITE", "ID"}


@pytest.mark.reference
def test_balanced_nested_layout_is_the_nested_analysis_of_variance():
    # 3 sites x 2 patients x 2 values. Patient means 1, 3, 7, 9, 10, 18; site means 2, 8, 14; grand mean 8
    data = pd.DataFrame(
        {
            "SITE": np.repeat(list("pqr"), 4),
            "ID": np.repeat(list("abcdef"), 2),
            "Y": [0.0, 2, 2, 4, 6, 8, 8, 10, 9, 11, 17, 19],
        }
    )
    fit = fit_mixed("Y ~ 1", data, subject=["SITE", "ID"])
    error, patient, site = 12 / 6, 2 * (2 + 2 + 32) / 3, 4 * (36 + 0 + 36) / 2
    assert fit.residual_variance == pytest.approx(error)
    assert fit.random_cov["ID"].to_numpy() == pytest.approx((patient - error) / 2)
    assert fit.random_cov["SITE"].to_numpy() == pytest.approx((site - patient) / 4)
    assert fit.std_errors["Intercept"] == pytest.approx(np.sqrt(site / 12))
    assert fit.df["Intercept"] == pytest.approx(2)


def test_missing_rows_are_counted_and_aliased_columns_named():
    data = random_slopes()
    data.loc[[0, 5], "Y"] = np.nan
    data["DAY2"] = 2 * data["DAY"]
    fit = fit_mixed("Y ~ DAY + DAY2", data, subject="ID")
    assert fit.n_missing == 2
    assert list(fit.params.index) == ["Intercept", "DAY"]
    assert fit.notes == (
        "2 rows left out: a value of the model is missing",
        "not estimable, left out as aliased: DAY2",
    )


@pytest.mark.property
def test_order_of_rows_and_names_of_subjects_do_not_matter():
    data = random_slopes()
    shuffled = data.sample(frac=1, random_state=np.random.default_rng(3)).assign(ID=lambda d: 100 - d["ID"])
    one = fit_mixed("Y ~ ARM * DAY", data, subject="ID", random="1 + DAY")
    two = fit_mixed("Y ~ ARM * DAY", shuffled, subject="ID", random="1 + DAY")
    assert two.coefficients.to_numpy() == pytest.approx(one.coefficients.to_numpy(), rel=1e-7, abs=1e-9)


@pytest.mark.property
@pytest.mark.parametrize(("shift", "scale"), [(1e3, 1.0), (0.0, 1e-4), (-7.0, 250.0)])
def test_shift_and_scale_of_the_outcome_pass_through(shift, scale):
    data = random_slopes()
    one = fit_mixed("Y ~ ARM * DAY", data, subject="ID", random="1 + DAY")
    two = fit_mixed("Y ~ ARM * DAY", data.assign(Y=shift + scale * data["Y"]), subject="ID", random="1 + DAY")
    moved = one.params * scale + np.where(one.params.index == "Intercept", shift, 0)
    assert two.params.to_numpy() == pytest.approx(moved.to_numpy(), rel=1e-7)
    assert two.std_errors.to_numpy() == pytest.approx(scale * one.std_errors.to_numpy(), rel=1e-6)
    assert two.df.to_numpy() == pytest.approx(one.df.to_numpy(), rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"df": "between-within"}, "df must be one of"),
        ({"reml": False}, "needs REML"),
        ({"random_covariance": "toeplitz"}, "unstructured or diagonal"),
        ({"random": "1 + ln(DAY)"}, "function call"),
        ({"random": "1 + ARM"}, "must be a number"),
        ({"subject": "PATIENT"}, "'PATIENT': found 0 times"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(EstimateError, match=message):
        fit_mixed("Y ~ DAY", random_slopes(), **{"subject": "ID", **options})
