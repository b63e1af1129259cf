"""A response over imputations: the dead stay without response, the rest is what the estimators give for the counts."""

import numpy as np
import pandas as pd
import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.contracts import AnalysisData
from hepatrial.errors import StudyError
from hepatrial.estimate import impute_responses, pool_proportion, pool_proportion_difference
from hepatrial.study import Study
from response_factory import COMPARED, PLAN, make_response

M = 60
MODEL = f'imputation = {{ terms = ["BASE", "STRATUM"], separation = "firth", n_imputations = {M} }}\n'
IMPUTED = (
    PLAN.replace('missing = "not response"', 'missing = "multiple imputation"').replace("clopper-pearson", "wilson")
    + MODEL
).replace('baseline_classes = [{ label = "low", to = 8.0 }, { label = "high" }]', "")
RUBIN = COMPARED.replace("miettinen-nurminen", "wald").replace("fisher", "rubin")


@pytest.fixture(scope="module")
def study_and_data(tmp_path_factory) -> tuple[Study, AnalysisData]:
    return make_response(tmp_path_factory.mktemp("s"), RUBIN, IMPUTED)


@pytest.fixture(scope="module")
def results(study_and_data):
    return analyse_study(*study_and_data).frame


@pytest.fixture(scope="module")
def by_hand(study_and_data):
    """The same by the estimators: 3 + 4 + 1 measured, one missing in each arm (S05 without a baseline)."""
    study, _ = study_and_data
    rows = pd.DataFrame(
        {
            "arm": ["PBO", "PBO", "PBO", "PBO", "MSC", "MSC", "MSC", "MSC", "MSC"],
            "base": [7, 9, 9, np.nan, 7, 8, 9, 7, 9],
            "stratum": list("aabbaaabb"),
            "seen": [1, 0, 0, np.nan, 1, 1, 1, 1, np.nan],
        }
    )
    covariates = rows[["arm", "base", "stratum"]].assign(base=rows["base"].fillna(rows["base"].mean()))
    rng = np.random.default_rng([study.seed, *study.analyses[0].id.encode()])
    draws = impute_responses(rows["seen"], covariates, n_imputations=M, rng=rng).draws
    return {"PBO": 1 + draws[:, 0], "MSC": 4 + draws[:, 1]}


def test_each_arm_is_pooled_over_everybody(results, by_hand):
    """6 and 7 patients: the dead and the transplanted are in the denominator, and have no response."""
    for group, n, seen in (("PBO", 6, 1), ("MSC", 7, 4)):
        keys = {"measure": "proportion", "level": "response", "group": group}
        assert [value(results, stat, **keys) for stat in ("n", "n_total")] == [seen, n]
        found = pool_proportion(by_hand[group], n)
        for stat in ("estimate", "std_error", "conf_low", "conf_high"):
            assert value(results, stat, **keys) == pytest.approx(getattr(found, stat), rel=1e-12)
        counts = [value(results, stat, measure="imputed values", group=group) for stat in ("n", "n_missing", "n_total")]
        assert counts == [n, 1, n]


def test_the_arms_are_compared_by_rubin_s_rules(results, by_hand):
    x = {group: counts[:, None] for group, counts in by_hand.items()}
    found = pool_proportion_difference(x, {"PBO": 6, "MSC": 7}, reference="PBO")
    keys = {"measure": "proportion difference", "group": "MSC", "comparator": "PBO"}
    for stat in ("estimate", "std_error", "conf_low", "conf_high"):
        assert value(results, stat, **keys) == pytest.approx(getattr(found, stat), rel=1e-12)
    keys = {"measure": "proportion test", "level": "rubin", "group": "MSC"}
    for stat in ("statistic", "df", "p_value"):
        assert value(results, stat, **keys) == pytest.approx(getattr(found, stat), rel=1e-12)
    said = results[results["measure"] == "proportion difference"].iloc[0]
    assert said["status"] == "note"
    assert said["message"].startswith("BASE of 1 patients is the mean of the others")


def test_the_order_of_the_records_does_not_matter(study_and_data, results):
    study, data = study_and_data
    turned = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in data.datasets.items()}
    again = analyse_study(study, AnalysisData(**{**vars(data), "datasets": turned})).frame
    pd.testing.assert_frame_equal(again.reset_index(drop=True), results.reset_index(drop=True))


def test_strata_and_newcombe(tmp_path):
    plan = RUBIN.replace('"wald"', '"mantel-haenszel"').replace(" }", ', strata = "STRATUM" }')
    found = analyse_study(*make_response(tmp_path, plan, IMPUTED)).frame
    assert 0 < value(found, "estimate", measure="proportion difference") < 1
    plan = RUBIN.replace('"wald"', '"newcombe"').replace("rubin", "none")
    (tmp_path / "n").mkdir()
    found = analyse_study(*make_response(tmp_path / "n", plan, IMPUTED)).frame
    assert value(found, "conf_low", measure="proportion difference") > -1
    assert "proportion test" not in set(found["measure"])


def test_separation_that_may_fail_has_failed(tmp_path):
    """Every measured patient of MSC responded."""
    found = analyse_study(*make_response(tmp_path, RUBIN, IMPUTED.replace("firth", "fail"))).frame
    rows = found[found["measure"].isin(("proportion difference", "proportion test"))]
    assert set(rows["status"]) == {"failed"}
    assert rows["message"].str.contains("separated").all()
    assert rows["value"].isna().all()


@pytest.mark.parametrize(
    ("plan", "more", "message"),
    [
        (IMPUTED.replace(MODEL, ""), RUBIN, "imputation: needs"),
        (PLAN + MODEL, COMPARED, "only with missing = 'multiple imputation'"),
        (IMPUTED.replace('"STRATUM"', '"TRT01P"'), RUBIN, "the arm is in the model already"),
        (IMPUTED.replace("wilson", "clopper-pearson"), RUBIN, "write 'wilson'"),
        (IMPUTED, COMPARED, "write 'wald' or 'newcombe'"),
        (IMPUTED, RUBIN.replace("difference", "risk ratio"), "write 'difference'"),
        (IMPUTED, RUBIN.replace(" }", ", tipping_point = true }"), "tipping_point: not over imputations"),
        (PLAN, RUBIN, "they need missing = 'multiple imputation'"),
    ],
)
def test_what_cannot_be_pooled_is_a_fault(tmp_path, plan, more, message):
    with pytest.raises(StudyError, match=message):
        make_response(tmp_path, more, plan)
