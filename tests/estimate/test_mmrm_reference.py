"""Every specification fitted with R mmrm and SAS PROC MIXED; those on fev_data ship with the package."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hepatrial.estimate import compare_means, compare_terms, estimate_means
from hepatrial.validation.mmrm_cases import MmrmPack

HERE = Path(__file__).parents[1] / "reference" / "mmrm"
PACKS = [MmrmPack(), MmrmPack(HERE, "expected_bcva.json.gz")]
SPECS = {name: spec for pack in PACKS for name, spec in pack.specs.items()}


def case(name, *rest):
    marks = [pytest.mark.slow] if name.startswith("bcva") and name != "bcva_us_reml" else []
    return pytest.param(name, *rest, marks=marks)


CASES = [(name, method) for name, spec in SPECS.items() for method in spec["inference"]]
SAS = [(name, k) for name, spec in SPECS.items() for k in range(len(spec["sas"]))]

pytestmark = pytest.mark.reference


def fit(name, method):
    return next(pack for pack in PACKS if name in pack.specs).fit(name, method)


def assert_table(got, expected):
    """Estimates within 1e-5 standard errors, standard errors 1e-6, df 1e-5 relative; p follows."""
    expected = pd.DataFrame(expected)
    assert len(got) == len(expected)
    assert (np.abs(got["estimate"].to_numpy() - expected["estimate"]) <= 1e-5 * expected["se"]).all()
    assert got["std_error"].to_numpy() == pytest.approx(expected["se"].to_numpy(), rel=1e-6)
    assert got["df"].to_numpy() == pytest.approx(expected["df"].to_numpy(), rel=1e-5)
    assert got["statistic"].to_numpy() == pytest.approx(expected["t"].to_numpy(), rel=1e-5, abs=1e-5)
    assert got["p_value"].to_numpy() == pytest.approx(expected["p"].to_numpy(dtype=float), rel=2e-4)
    if "lower" in expected:
        slack = 1e-5 * expected["se"].to_numpy() * 4
        assert (np.abs(got["conf_low"].to_numpy() - expected["lower"].to_numpy()) <= slack).all()
        assert (np.abs(got["conf_high"].to_numpy() - expected["upper"].to_numpy()) <= slack).all()


def matrices(expected):
    return [expected] if "values" in expected else list(expected.values())


@pytest.mark.parametrize("name", [case(name) for name in SPECS])
def test_likelihood_covariance_and_parameters(name):
    expected, got = SPECS[name]["fit"], fit(name, next(iter(SPECS[name]["inference"])))
    assert got.converged
    assert got.log_likelihood == pytest.approx(expected["logLik"], abs=1e-6)
    assert got.aic == pytest.approx(expected["aic"], abs=1e-5)
    assert got.bic == pytest.approx(expected["bic"], abs=1e-5)
    assert (got.n_obs, got.n_subjects) == (expected["n_obs"], expected["n_subjects"])
    for sigma, reference in zip(got.covariances.values(), matrices(expected["covariance"]), strict=True):
        variance = np.max(np.abs(reference["values"]))
        assert sigma.to_numpy() == pytest.approx(np.array(reference["values"]), rel=1e-5, abs=1e-7 * variance)
    assert got.theta == pytest.approx(np.array(expected["theta"]), rel=1e-5, abs=1e-6)
    sd = np.sqrt(np.diag(expected["theta_vcov"]))
    assert got.theta_cov / np.outer(sd, sd) == pytest.approx(
        np.array(expected["theta_vcov"]) / np.outer(sd, sd), abs=2e-5
    )


@pytest.mark.parametrize(("name", "method"), [case(*c) for c in CASES])
def test_coefficients(name, method):
    assert_table(fit(name, method).coefficients, SPECS[name]["inference"][method]["coefficients"])


@pytest.mark.parametrize(("name", "method"), [c for c in CASES if "beta_vcov" in SPECS[c[0]]["inference"][c[1]]])
def test_adjusted_and_sandwich_covariances(name, method):
    expected = np.array(SPECS[name]["inference"][method]["beta_vcov"])
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert fit(name, method).cov_params.to_numpy() / scale == pytest.approx(expected / scale, abs=2e-6)


@pytest.mark.parametrize(("name", "method"), [case(*c) for c in CASES if SPECS[c[0]]["inference"][c[1]]["terms"]])
def test_joint_tests(name, method):
    expected = pd.DataFrame(SPECS[name]["inference"][method]["terms"])
    got = compare_terms(fit(name, method))
    assert list(got["term"]) == list(expected["term"])
    for mine, theirs in [("num_df", "num_df"), ("denom_df", "denom_df"), ("statistic", "f")]:
        assert got[mine].to_numpy(dtype=float) == pytest.approx(expected[theirs].to_numpy(dtype=float), rel=1e-5)
    assert got["p_value"].to_numpy() == pytest.approx(expected["p"].to_numpy(dtype=float), rel=2e-4)


@pytest.mark.parametrize(("name", "method"), [case(*c) for c in CASES if SPECS[c[0]]["spec"].get("lsmeans")])
def test_least_squares_means_and_differences(name, method):
    by, expected = SPECS[name]["spec"]["lsmeans"], SPECS[name]["inference"][method]["lsmeans"]
    within = [by["visit"]] if "visit" in by else []
    assert_table(estimate_means(fit(name, method), [*within, by["arm"]]).table, expected["means"])
    got = compare_means(fit(name, method), within, contrast=by["arm"]).table
    assert_table(got, expected["arm_differences"])


@pytest.mark.parametrize(("name", "k"), SAS)
def test_sas_likelihood(name, k):
    sas = SPECS[name]["sas"][k]
    got = -2 * fit(name, next(iter(SPECS[name]["inference"]))).log_likelihood
    assert got == pytest.approx(sas["neg2ll"], abs=2e-5)
    assert got <= sas["neg2ll"] + 1e-8  # we are at the optimum, so never above


def our_method(name, sas):
    """SAS's Kenward-Roger is in SAS's parameters: the linear form for us, cs and toep, which are linear in
    them, and close to it for heterogeneous structures; for ar1 close to the form in mmrm's parameters.
    """
    is_linear = sas["compare_with"] == "kenward-roger" and SPECS[name]["spec"]["covariance"] != "ar1"
    return "kenward-roger-linear" if is_linear else sas["compare_with"]


def std_error_slack(name, sas):
    is_linear = SPECS[name]["spec"]["covariance"] in ("us", "cs", "toep")
    return 2e-4 if is_linear or sas["compare_with"] != "kenward-roger" else 1e-3


@pytest.mark.parametrize(
    ("name", "k"), [(n, k) for n, k in SAS if "arm_difference_full_precision" in SPECS[n]["sas"][k]]
)
def test_sas_arm_difference_at_full_precision(name, k):
    sas = SPECS[name]["sas"][k]
    expected, got = (
        sas["arm_difference_full_precision"],
        fit(name, our_method(name, sas)).coefficients.iloc[1],
    )
    assert got["estimate"] == pytest.approx(expected["Estimate"], abs=2e-4 * expected["StdErr"])
    assert got["std_error"] == pytest.approx(expected["StdErr"], rel=std_error_slack(name, sas))
    assert got["df"] == pytest.approx(expected["DF"], rel=5e-4)


def assert_printed(mine, row, slack):
    """SAS prints 4 decimals, at a point that may be 2.5e-3 standard errors from the optimum."""
    assert mine["estimate"] == pytest.approx(row["estimate"], abs=5.1e-5 + 2.5e-3 * row["se"])
    assert mine["std_error"] == pytest.approx(row["se"], abs=5.1e-5 + slack * row["se"])


# the weighted listing has another reference visit: other coefficients, the same least-squares means
@pytest.mark.parametrize(("name", "k"), [(n, k) for n, k in SAS if n != "fev_full_us_reml_weighted"])
def test_sas_fixed_effects_to_the_printed_digits(name, k):
    sas = SPECS[name]["sas"][k]
    got, compared = fit(name, our_method(name, sas)).coefficients, 0
    for row in sas["fixed_effects"]:
        variable, _, level = row["label"].partition(" ")
        label = f"{variable}[T.{level}]" if level else variable
        if label in got.index:  # interactions are labelled by another order of the factors
            assert_printed(got.loc[label], row, std_error_slack(name, sas))
            compared += 1
    assert compared == sum("*" not in row["label"] for row in sas["fixed_effects"])


@pytest.mark.parametrize(("name", "k"), [(n, k) for n, k in SAS if SPECS[n]["sas"][k].get("lsmeans")])
def test_sas_least_squares_means_to_the_printed_digits(name, k):
    sas, by = SPECS[name]["sas"][k], SPECS[name]["spec"].get("lsmeans", {"arm": "ARMCD"})
    names = [by["visit"], by["arm"]] if "visit" in by else [by["arm"]]
    got = estimate_means(fit(name, our_method(name, sas)), names).table.set_index(names)
    effect = "AVISIT*ARMCD" if "visit" in by else "ARMCD"
    compared = 0
    for row in sas["lsmeans"]:
        variable, *levels = row["label"].split(" ")
        cell = tuple(levels) if len(levels) > 1 else levels[0]
        if variable == effect:
            assert_printed(got.loc[cell], row, std_error_slack(name, sas))
            compared += 1
    assert compared == len(got)
