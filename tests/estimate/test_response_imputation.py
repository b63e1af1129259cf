"""Multiple imputation of a response: against its limit worked in R, pooled by hand, and where nothing can be pooled."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    compare_proportions,
    estimate_proportion,
    impute_responses,
    pool_proportion,
    pool_proportion_difference,
)

HERE = Path(__file__).parents[1] / "reference" / "response_imputation"
NAN = float("nan")
# the 24 patients of make_expected.R; two who died have no response and are no donors
ARM = [0] * 12 + [1] * 12
BASE = [7, 9, 8, 10, 7, 6, 9, 11, 8, 7, 9, 10, 7, 8, 9, 10, 6, 7, 8, 9, 10, 11, 8, 7]
SEEN = [1, 0, 0, 0, 1, 1, 0, 0, NAN, NAN, 0, 1, 1, 1, 0, 1, 1, NAN, NAN, 1, 0, 0, NAN, 1]
DIED = [10, 21]


def living():
    rows = pd.DataFrame({"arm": ARM, "base": BASE, "seen": SEEN}).drop(index=DIED)
    return rows["seen"].to_numpy(), rows[["arm", "base"]].astype(float), rows["arm"].to_numpy()


def impute(m, firth=False, seed=1):
    seen, covariates, _ = living()
    return impute_responses(seen, covariates, n_imputations=m, firth=firth, rng=np.random.default_rng(seed))


def count(draws):
    """Responders of each imputation by arm, the dead among the patients."""
    seen, _, arm = living()
    missing = np.isnan(seen)
    return {a: np.nansum(seen[arm == a]) + draws[:, arm[missing] == a].sum(axis=1) for a in (0, 1)}


@pytest.fixture(scope="module")
def limit():
    return json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.reference
def test_the_model_is_that_of_glm(limit):
    found = impute(2).coefficients
    assert list(found["term"]) == ["Intercept", "arm", "base"]
    # ours centres the arm too, which moves the intercept alone
    assert found["coef"].to_numpy()[1:] == pytest.approx(limit["coef"][1:], rel=1e-7)
    assert found["std_error"].to_numpy()[1:] == pytest.approx(limit["std_error"][1:], rel=1e-6)


@pytest.mark.reference
def test_many_imputations_come_to_the_limit(limit):
    m = 40_000
    done = impute(m)
    share, p = done.draws.mean(axis=0), np.array(limit["probability"])
    assert (np.abs(share - p) < 4 * np.sqrt(p * (1 - p) / m)).all()
    x = {a: counts[:, None] for a, counts in count(done.draws).items()}
    found = pool_proportion_difference(x, {0: 12, 1: 12}, reference=0)
    total = limit["within"] + limit["between"]
    assert abs(found.estimate - limit["difference"]) < 4 * np.sqrt(limit["between"] / m)
    assert found.std_error == pytest.approx(np.sqrt(total), rel=0.01)
    assert found.df == pytest.approx(limit["df"], rel=0.01)
    for arm in (0, 1):
        one = pool_proportion(x[arm][:, 0], 12)
        assert abs(one.estimate - limit["proportions"][arm]) < 4 * np.sqrt(0.25 / 12 / m)


@pytest.mark.reference
def test_pooled_by_hand():
    """Three imputations, 10 and 10 patients: differences 0.3, 0.4, 0.2; variances 0.041, 0.037, 0.045."""
    found = pool_proportion_difference({"a": [[3], [2], [3]], "b": [[6], [6], [5]]}, {"a": 10, "b": 10}, reference="a")
    within = (0.021 + 0.024 + 0.016 + 0.024 + 0.021 + 0.025) / 3
    between = 0.01
    total = within + 4 / 3 * between
    share = 4 / 3 * between / total
    old, observed = 2 / share**2, 19 / 21 * 18 * (1 - share)
    df = old * observed / (old + observed)
    assert found.estimate == pytest.approx(0.3)
    assert found.std_error == pytest.approx(np.sqrt(total))
    assert found.df == pytest.approx(df)
    assert found.p_value == pytest.approx(2 * t.sf(0.3 / np.sqrt(total), df))
    half = t.ppf(0.975, df) * np.sqrt(total)
    assert (found.conf_low, found.conf_high) == pytest.approx((0.3 - half, 0.3 + half))


@pytest.mark.reference
def test_limits_of_one_arm_solve_their_equation():
    """(p - Q)^2 = t^2 T(p) where T is the pooled variance with p in place of the estimate."""
    x, n = np.array([3, 5, 4, 4]), 12
    found = pool_proportion(x, n)
    q = x / n
    within, between = (q * (1 - q) / n).mean(), q.var(ddof=1)
    rise = 1 + 1.25 * between / within
    for p in (found.conf_low, found.conf_high):
        assert (p - q.mean()) ** 2 == pytest.approx(t.ppf(0.975, found.df) ** 2 * rise * p * (1 - p) / n)
    assert found.conf_low < found.estimate < found.conf_high


def test_with_nothing_imputed_it_is_wilson_with_t():
    """At a large n, where t is z, Wilson's and Newcombe's limits come out, and the difference's Wald limits."""
    x, n = {"a": [[3000]] * 2, "b": [[2500]] * 2}, {"a": 9000, "b": 9000}
    one = pool_proportion([3000, 3000], 9000)
    wilson = estimate_proportion(3000, 9000, method="wilson")
    assert (one.conf_low, one.conf_high) == pytest.approx((wilson.conf_low, wilson.conf_high), abs=2e-6)
    for method, name in (("newcombe", "newcombe"), ("wald", "wald")):
        found = pool_proportion_difference(x, n, reference="a", method=method)
        want = compare_proportions({"a": 3000, "b": 2500}, n, reference="a", method=name)
        assert (found.conf_low, found.conf_high) == pytest.approx((want.conf_low, want.conf_high), abs=5e-6)


def test_strata_pool_mantel_haenszel():
    x = {"a": [[1, 4], [2, 4], [1, 5]], "b": [[4, 6], [4, 7], [5, 6]]}
    n = {"a": [8, 9], "b": [9, 10]}
    found = pool_proportion_difference(x, n, reference="a", method="mantel-haenszel")
    each = [
        compare_proportions(
            {"a": x["a"][k], "b": x["b"][k]}, n, reference="a", method="mantel-haenszel", stratum=[0, 1]
        )
        for k in range(3)
    ]
    within, between = np.mean([e.std_error**2 for e in each]), np.var([e.estimate for e in each], ddof=1)
    assert found.estimate == pytest.approx(np.mean([e.estimate for e in each]))
    assert found.std_error == pytest.approx(np.sqrt(within + 4 / 3 * between))


def test_separated_donors_need_the_penalty():
    """Every measured patient of the arm responded, none of the other: without the penalty there is no estimate."""
    seen, arm = [0, 0, 0, NAN, 1, 1, 1, NAN], pd.DataFrame({"arm": list("ppppmmmm")})
    plain = impute_responses(seen, arm, n_imputations=5, firth=False, rng=np.random.default_rng(1))
    assert plain.status == "failed"
    assert "separated" in plain.notes[0]
    found = impute_responses(seen, arm, n_imputations=4000, firth=True, rng=np.random.default_rng(1))
    assert found.status == "ok"
    # the saturated penalised model: logit((x + 1/2) / (n - x + 1/2)), its variance with the leverages 1/n of each
    p, variance = 3.5 / 4, 1 / (3 * (1 + 1 / 3) * 3.5 / 4 * 0.5 / 4)
    z = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    want = (1 / (1 + np.exp(-(np.log(p / (1 - p)) + np.sqrt(variance) * z)))).mean()
    assert found.draws.mean(axis=0) == pytest.approx([1 - want, want], abs=0.03)


def test_the_same_seed_gives_the_same_draws():
    assert (impute(50).draws == impute(50).draws).all()
    assert (impute(50).draws != impute(50, seed=2).draws).any()


def test_a_term_that_the_donors_cannot_tell_is_left_out_and_named():
    seen = [1, 0, 1, NAN, 0, NAN]
    covariates = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "twice": [2.0, 4, 6, 8, 10, 12], "site": list("aaabaa")})
    found = impute_responses(seen, covariates, n_imputations=3, rng=np.random.default_rng(1))
    assert list(found.coefficients["term"]) == ["Intercept", "x"]
    assert [note.split(" is left out")[0] for note in found.notes] == ["twice", "site[b]"]


def test_nothing_missing_nobody_measured_and_no_variance():
    none = impute_responses([1, 0, 1], pd.DataFrame(index=range(3)), n_imputations=3, rng=np.random.default_rng(1))
    assert none.draws.shape == (3, 0)
    assert none.status == "ok"
    nobody = impute_responses([NAN, NAN], pd.DataFrame(index=range(2)), n_imputations=3, rng=np.random.default_rng(1))
    assert nobody.status == "not_estimable"
    found = pool_proportion_difference({"a": [[0], [0]], "b": [[5], [5]]}, {"a": 5, "b": 5}, reference="a")
    assert found.status == "not_estimable"
    assert found.estimate == 1
    assert np.isnan([found.conf_low, found.conf_high, found.p_value]).all()
    limits = pool_proportion_difference(
        {"a": [[0], [0]], "b": [[5], [5]]}, {"a": 5, "b": 5}, reference="a", method="newcombe"
    )
    assert 0 < limits.conf_low < limits.conf_high == pytest.approx(1)
    assert pool_proportion([0, 0], 0).status == "not_estimable"
    assert pool_proportion([0, 0], 10).conf_low == 0
    assert 0.2 < pool_proportion([0, 0], 10).conf_high < 0.4
    empty = pool_proportion_difference({"a": [[0], [0]], "b": [[5], [4]]}, {"a": 0, "b": 5}, reference="a")
    assert empty.status == "not_estimable"


@pytest.mark.parametrize(
    ("seen", "covariates", "m", "message"),
    [
        ([1, 2], pd.DataFrame(index=range(2)), 5, "1, 0 or NaN"),
        ([1, 0], pd.DataFrame(index=range(3)), 5, "2 rows"),
        ([1, 0], pd.DataFrame({"x": [1, NAN]}), 5, "without missing"),
        ([1, 0], pd.DataFrame(index=range(2)), 1, "2 or more"),
    ],
)
def test_impossible_input_is_refused(seen, covariates, m, message):
    with pytest.raises(EstimateError, match=message):
        impute_responses(seen, covariates, n_imputations=m, rng=np.random.default_rng(1))
