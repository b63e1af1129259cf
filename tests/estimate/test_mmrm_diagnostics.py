"""The dense second path, residuals and influence of an MMRM; time bases."""

import numpy as np
import pandas as pd
import pytest

from hepatrial.errors import EstimateError
from hepatrial.estimate import compute_time_basis, diagnose_mmrm, fit_mixed, fit_mmrm


def simulate(n=20, seed=5):
    rng = np.random.default_rng(seed)
    base = rng.normal(size=n)
    y = base[:, None] + rng.normal(size=(n, 1)) + rng.normal(size=(n, 3)) * [1, 1.5, 2]
    data = pd.DataFrame(
        {
            "ID": np.repeat(np.arange(n), 3),
            "VISIT": np.tile(["a", "b", "c"], n),
            "ARM": np.repeat(np.where(np.arange(n) % 2, "x", "y"), 3),
            "BASE": np.repeat(base, 3),
            "W": rng.uniform(0.5, 2, 3 * n),
            "Y": y.ravel(),
        }
    )
    data.loc[rng.random(3 * n) < 0.1, "Y"] = np.nan
    return data


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize(
    "options",
    [{}, {"weights": "W"}, {"covariance_group": "ARM"}, {"weights": "W", "covariance_group": "ARM"}],
)
def test_second_path_confirms_the_engine(options, reml):
    data = simulate()
    fit = fit_mmrm("Y ~ BASE + ARM * VISIT", data, subject="ID", visit="VISIT", covariance="csh", reml=reml,
                   df="residual", **options)  # fmt: skip
    got = diagnose_mmrm(fit, data, subject="ID", visit="VISIT", reml=reml, **options)
    assert got.is_confirmed
    assert got.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-8)
    assert len(got.rows) == fit.n_obs


def test_a_tampered_fit_is_not_confirmed():
    data = simulate()
    fit = fit_mmrm("Y ~ BASE + ARM * VISIT", data, subject="ID", visit="VISIT", df="residual")
    other = data.assign(Y=data["Y"])
    other_fit = fit_mmrm(
        "Y ~ BASE + ARM * VISIT", other.assign(W=2.0), subject="ID", visit="VISIT", weights="W", df="residual"
    )
    assert diagnose_mmrm(fit, data, subject="ID", visit="VISIT").is_confirmed
    assert not diagnose_mmrm(other_fit, data, subject="ID", visit="VISIT").is_confirmed


@pytest.mark.reference
def test_influence_is_the_change_on_leaving_the_subject_out():
    data = simulate()
    fit = fit_mmrm("Y ~ ARM + VISIT", data, subject="ID", visit="VISIT", covariance="cs", df="residual")
    got = diagnose_mmrm(fit, data, subject="ID", visit="VISIT").subjects.set_index("subject")
    used = data.iloc[fit.design.rows].reset_index(drop=True)
    sigma = fit.covariance.to_numpy()
    code = used["VISIT"].map({"a": 0, "b": 1, "c": 2}).to_numpy()

    def gls(keep):
        same = used["ID"].to_numpy()[keep][:, None] == used["ID"].to_numpy()[keep]
        v = np.where(same, sigma[code[keep][:, None], code[keep]], 0.0)
        x = fit.design.x[keep]
        return np.linalg.solve(x.T @ np.linalg.solve(v, x), x.T @ np.linalg.solve(v, fit.design.y[keep]))

    everybody = np.ones(len(used), dtype=bool)
    change = gls(everybody) - gls((used["ID"] != 7).to_numpy())
    assert got.loc[7, [c for c in got.columns if c.startswith("change_")]].to_numpy(dtype=float) == pytest.approx(
        change
    )
    assert got["cook"].min() >= 0


def test_normalised_residuals_have_the_size_that_the_likelihood_says():
    data = simulate(n=60)
    fit = fit_mmrm("Y ~ ARM * VISIT", data, subject="ID", visit="VISIT", reml=False, df="residual")
    rows = diagnose_mmrm(fit, data, subject="ID", visit="VISIT", reml=False).rows
    # at the ML optimum of an unstructured Sigma the squares sum to the number of rows
    assert np.sum(rows["normalised"] ** 2) == pytest.approx(fit.n_obs)


def test_diagnostics_of_a_failed_or_spatial_fit_are_refused():
    data = simulate().assign(DAY=lambda d: d["VISIT"].map({"a": 1.0, "b": 3.0, "c": 9.0}))
    failed = fit_mmrm("Y ~ VISIT", data.assign(Y=1.0), subject="ID", visit="VISIT")
    with pytest.raises(EstimateError, match="converged fit"):
        diagnose_mmrm(failed, data, subject="ID", visit="VISIT")
    spatial = fit_mmrm("Y ~ VISIT", data, subject="ID", covariance="sp_exp", coords="DAY")
    with pytest.raises(EstimateError, match="structure over visits"):
        diagnose_mmrm(spatial, data, subject="ID", visit="VISIT")


@pytest.mark.reference
def test_piecewise_basis_by_hand():
    got = compute_time_basis(np.array([0.0, 7, 28]), kind="piecewise", knots=[7, 14])
    assert got.to_numpy().tolist() == [[0, 0, 0], [7, 0, 0], [28, 21, 14]]


@pytest.mark.property
def test_spline_is_linear_beyond_its_boundary_and_smooth_at_its_knots():
    t = np.linspace(-10, 40, 5001)
    basis = compute_time_basis(t, kind="spline", knots=[7, 14], boundary=(1, 28)).to_numpy()
    second = np.diff(basis, 2, axis=0) / (t[1] - t[0]) ** 2
    outside = (t[1:-1] < 0.9) | (t[1:-1] > 28.1)
    assert np.abs(second[outside]).max() < 1e-6
    assert np.abs(np.diff(second, axis=0)).max() < 1e-3
    assert basis.shape[1] == 3


def test_a_piecewise_slope_is_fitted_through_its_columns():
    rng = np.random.default_rng(2)
    day = np.tile([0.0, 3, 7, 14, 28], 30)
    subject = np.repeat(np.arange(30), 5)
    y = 10 - 0.5 * day + 0.4 * np.maximum(day - 7, 0) + rng.normal(size=30)[subject] + 0.1 * rng.normal(size=150)
    data = pd.concat(
        [pd.DataFrame({"ID": subject, "Y": y}), compute_time_basis(day, kind="piecewise", knots=[7])], axis=1
    )
    fit = fit_mixed("Y ~ T1 + T2", data, subject="ID")
    assert fit.params["T1"] == pytest.approx(-0.5, abs=0.03)
    assert fit.params["T2"] == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "cubic"}, "kind must be"),
        ({"kind": "piecewise", "knots": [7, 7]}, "must increase"),
        ({"kind": "spline", "knots": [7]}, "needs inner knots and boundary"),
        ({"kind": "spline", "knots": [7], "boundary": (8, 28)}, "needs inner knots and boundary"),
    ],
)
def test_impossible_bases_are_refused(options, message):
    with pytest.raises(EstimateError, match=message):
        compute_time_basis(np.arange(3.0), **options)
