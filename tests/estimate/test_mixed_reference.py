"""``fit_mixed`` against lme4, lmerTest and pbkrtest (tests/reference/mixed/README.md)."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag

from hepatrial.estimate import compare_terms, fit_mixed

HERE = Path(__file__).parents[1] / "reference" / "mixed"
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
CASES = [
    (name, df) for name, spec in EXPECTED["specs"].items() for df in ("satterthwaite", "kenward-roger") if df in spec
]

pytestmark = pytest.mark.reference


@cache
def read_data(name):
    data = pd.read_csv(HERE / f"{name}.csv")
    for column, levels in EXPECTED["factors"][name].items():
        data[column] = pd.Categorical(data[column].astype(str), categories=[str(x) for x in levels])
    return data


@cache
def fit(name, df):
    spec = EXPECTED["specs"][name]["spec"]
    fixed, random = spec["formula"].rsplit(" + (", 1)
    terms, subject = [part.strip() for part in random.rstrip(")").replace("||", "|").split("|")]
    return fit_mixed(
        fixed,
        read_data(spec["data"]),
        subject=subject,
        random="1" if terms == "1" else f"1 + {terms}",
        random_covariance="diagonal" if "||" in random else "unstructured",
        df=df,
        reml=spec["reml"],
    )


@pytest.mark.parametrize(("name", "df"), CASES)
def test_likelihood_and_variances_are_those_of_lme4(name, df):
    expected, got = EXPECTED["specs"][name], fit(name, df)
    assert got.converged
    for value, reference in [
        (got.log_likelihood, expected["logLik"]),
        (got.confirmed_log_likelihood, expected["logLik"]),
        (got.aic, expected["aic"]),
        (got.bic, expected["bic"]),
    ]:
        assert value == pytest.approx(reference, abs=1e-6)
    assert np.sqrt(got.residual_variance) == pytest.approx(expected["sigma"], rel=1e-6)
    parts = [np.array(d["values"]) for d in expected["random_covariance"].values()]  # `||` gives one matrix each
    # the reference's bobyqa stops at 1e-10 in the criterion: about 1e-6 in a covariance
    (d,) = got.random_cov.values()
    assert d.to_numpy() == pytest.approx(block_diag(*parts), rel=5e-6, abs=1e-7)
    assert got.n_obs == expected["n_obs"]
    assert [got.n_subjects] == list(expected["n_groups"].values())


@pytest.mark.parametrize(("name", "df"), CASES)
def test_coefficients_are_those_of_lmertest_and_pbkrtest(name, df):
    expected = pd.DataFrame(EXPECTED["specs"][name][df]["coefficients"])
    got = fit(name, df).coefficients
    assert (np.abs(got["estimate"].to_numpy() - expected["estimate"]) <= 1e-5 * expected["se"]).all()
    assert got["std_error"].to_numpy() == pytest.approx(expected["se"].to_numpy(), rel=1e-6)
    assert got["df"].to_numpy() == pytest.approx(expected["df"].to_numpy(), rel=1e-5)
    assert got["statistic"].to_numpy() == pytest.approx(expected["t"].to_numpy(), rel=1e-5, abs=1e-5)
    assert got["p_value"].to_numpy() == pytest.approx(expected["p"].to_numpy(), rel=1e-4)


@pytest.mark.parametrize(("name", "df"), CASES)
def test_type3_tests_are_those_of_lmertest(name, df):
    expected = pd.DataFrame(EXPECTED["specs"][name][df]["anova_type3"])
    got = compare_terms(fit(name, df), type3=True)
    assert list(got["term"]) == list(expected["term"])
    for mine, theirs, rel in [
        ("num_df", "num_df", 1e-12),
        ("denom_df", "denom_df", 1e-5),
        ("statistic", "f", 1e-5),
        ("p_value", "p", 1e-4),
    ]:
        assert got[mine].to_numpy(dtype=float) == pytest.approx(expected[theirs].to_numpy(dtype=float), rel=rel)


@pytest.mark.parametrize("name", [n for n, d in CASES if d == "kenward-roger"])
def test_adjusted_covariance_is_that_of_pbkrtest(name):
    expected = np.array(EXPECTED["specs"][name]["kenward-roger"]["beta_vcov_adjusted"]["values"])
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert fit(name, "kenward-roger").cov_params.to_numpy() / scale == pytest.approx(expected / scale, abs=2e-6)
