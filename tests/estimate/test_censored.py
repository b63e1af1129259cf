"""Random-intercept models beyond the limits of quantification."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

from hepatrial.errors import EstimateError
from hepatrial.estimate import estimate_means, fit_censored_mixed, fit_mixed, substitute_censored


def simulate(n=60, lloq=-np.inf, uloq=np.inf, tau=1.0, seed=1):
    rng = np.random.default_rng(seed)
    subject, visit = np.repeat(np.arange(n), 3), np.tile(np.arange(3.0), n)
    y = 1 + 0.5 * visit + tau * rng.normal(size=n)[subject] + 0.7 * rng.normal(size=3 * n)
    data = pd.DataFrame({"ID": subject, "DAY": visit, "TRUE": y, "LOW": y, "HIGH": y})
    below, above = y < lloq, y > uloq
    data.loc[below, ["LOW", "HIGH"]] = [-np.inf, lloq]
    data.loc[above, ["LOW", "HIGH"]] = [uloq, np.inf]
    return data


def fit(data, **options):
    return fit_censored_mixed("LOW ~ DAY", data, upper="HIGH", subject="ID", **options)


@pytest.mark.reference
def test_without_censoring_it_is_the_mixed_model_by_maximum_likelihood():
    data = simulate()
    got, other = fit(data), fit_mixed("LOW ~ DAY", data, subject="ID", df="satterthwaite", reml=False)
    assert got.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)
    assert got.params.to_numpy() == pytest.approx(other.params.to_numpy(), abs=1e-6)
    assert got.random_variance == pytest.approx(other.random_cov["ID"].iloc[0, 0], rel=1e-5)
    assert got.residual_variance == pytest.approx(other.residual_variance, rel=1e-5)
    assert got.coefficients["std_error"].to_numpy() == pytest.approx(other.std_errors.to_numpy(), rel=1e-5)


@pytest.mark.reference
def test_likelihood_equals_numerical_integration():
    data = simulate(n=8, lloq=1.0, uloq=2.5, seed=4)
    got = fit(data)
    assert got.n_censored >= 6
    tau, sigma = np.sqrt([got.random_variance, got.residual_variance])

    def integrand(u, rows):
        eta = got.params["Intercept"] + got.params["DAY"] * rows["DAY"] + u
        measured = rows["LOW"] == rows["HIGH"]
        density = stats.norm.pdf(rows["LOW"].where(measured, 0.0), eta, sigma)
        chance = stats.norm.cdf(rows["HIGH"], eta, sigma) - stats.norm.cdf(rows["LOW"], eta, sigma)
        return np.prod(np.where(measured, density, chance)) * stats.norm.pdf(u, 0, tau)

    total = sum(
        np.log(integrate.quad(integrand, -8, 8, args=(rows,), epsabs=1e-13, limit=200)[0])
        for _, rows in data.groupby("ID")
    )
    assert got.log_likelihood == pytest.approx(total, abs=1e-7)


@pytest.mark.reference
def test_one_row_a_subject_with_known_split_is_tobit_regression():
    # with one row a subject only tau^2 + sigma^2 is identified: a Tobit model, and the fit must not pretend
    # more
    data = simulate(n=200, lloq=0.5).query("DAY == 1").drop(columns="DAY").assign(X=lambda d: d["ID"] % 5)
    got = fit_censored_mixed("LOW ~ X", data, upper="HIGH", subject="ID")
    assert got.status == "failed"
    assert "not converged" in got.notes[-1]


@pytest.mark.reference
def test_no_variance_between_subjects_is_named_and_the_tobit_likelihood_is_the_limit():
    data = simulate(n=40, lloq=0.8, tau=0.0, seed=6)
    x = np.column_stack([np.ones(len(data)), data["DAY"]])
    below = np.isneginf(data["LOW"]).to_numpy()

    def tobit(t):
        eta, s = x @ t[:2], np.exp(t[2])
        measured = stats.norm.logpdf(data["LOW"].where(~below, 0.0), eta, s)
        return -np.sum(np.where(below, stats.norm.logcdf(data["HIGH"], eta, s), measured))

    limit = -optimize.minimize(tobit, [1.0, 0.5, 0.0], method="BFGS").fun
    got = fit(data)
    if got.converged:
        assert got.log_likelihood >= limit - 1e-6
    else:
        assert "at its boundary 0" in got.notes[-1]


def test_censored_likelihood_is_nearer_the_truth_than_substitution():
    data = simulate(n=400, lloq=1.0, seed=8)
    share = np.isneginf(data["LOW"]).mean()
    assert 0.2 < share < 0.5
    honest = fit(data)
    simple = data.assign(LOW=substitute_censored(data["LOW"], data["HIGH"]))
    naive = fit_mixed("LOW ~ DAY", simple, subject="ID", df="satterthwaite", reml=False)
    assert honest.params["DAY"] == pytest.approx(0.5, abs=3 * honest.coefficients.loc["DAY", "std_error"])
    assert abs(honest.params["DAY"] - 0.5) < abs(naive.params["DAY"] - 0.5)


def test_share_censored_is_reported_by_visit_and_means_follow():
    data = simulate(n=50, lloq=0.5, uloq=3.0).assign(VISIT=lambda d: "d" + d["DAY"].astype(int).astype(str))
    got = fit_censored_mixed("LOW ~ VISIT", data, upper="HIGH", subject="ID", by="VISIT")
    share = got.share_censored.set_index("level")
    assert share["n"].tolist() == [50, 50, 50]
    assert share["n_below"].sum() + share["n_above"].sum() == got.n_censored
    means = estimate_means(got, "VISIT")
    assert means.status == "ok"
    assert np.isinf(means.table["df"]).all()


@pytest.mark.property
def test_scale_and_direction_of_the_outcome_do_not_matter():
    data = simulate(lloq=0.8, uloq=2.5)
    one = fit(data)
    turned = data.assign(LOW=-10 * data["HIGH"], HIGH=-10 * data["LOW"])
    two = fit(turned)
    assert two.params.to_numpy() == pytest.approx(-10 * one.params.to_numpy(), rel=1e-5)
    assert two.random_variance == pytest.approx(100 * one.random_variance, rel=1e-5)


@pytest.mark.property
def test_narrow_intervals_approach_the_density():
    data = simulate()
    narrow = data.assign(LOW=data["TRUE"] - 1e-5, HIGH=data["TRUE"] + 1e-5)
    assert fit(narrow).params.to_numpy() == pytest.approx(fit(data).params.to_numpy(), abs=1e-5)


def test_impossible_intervals_are_refused():
    data = simulate(n=5)
    with pytest.raises(EstimateError, match="is above"):
        fit(data.assign(HIGH=data["LOW"] - 1))
    with pytest.raises(EstimateError, match="must have a finite end"):
        fit(data.assign(LOW=-np.inf, HIGH=np.inf))


def test_substitution_halves_the_lower_limit():
    got = substitute_censored(np.array([-np.inf, 5.0, 2.0, 1.0]), np.array([0.5, np.inf, 2.0, 3.0]))
    assert got == pytest.approx([0.25, 5, 2, 2])
