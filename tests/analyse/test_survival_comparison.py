"""Every key of a survival comparison against R on the Mayo trial, or by hand on a case of eight patients."""

import math

import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study, measure_survival
from hepatrial.errors import StudyError
from hepatrial.estimate import compare_survival
from mayo_factory import EXPECTED, make_trial
from parallel_factory import make_parallel

DAYS = 'parameter = "OS"\ndays = [1826]\nconf_type = "log-log"\nconf_level = 0.95\n'
PAIR = {"group": "MSC", "comparator": "PBO"}


def compared(folder, keys, days=DAYS):
    more = f'{days}comparison = {{ hazard_ratio = true, ties = "efron", {keys} }}'
    return analyse_study(*make_trial(folder, "survival", more)).frame


@pytest.mark.reference
@pytest.mark.parametrize(("test", "strata"), [("log-rank", ""), ("stratified log-rank", ', strata = "STRATUM"')])
def test_log_rank_as_r(tmp_path, test, strata):
    found = compared(tmp_path, f'test = "{test}"{strata}')
    for stat in ("statistic", "p_value"):
        got = value(found, stat, measure="log-rank test")
        assert got == pytest.approx(EXPECTED[f"{test} {stat}"], rel=1e-9)
    second = value(found, "second_path", by_level="log-rank test")
    assert second == pytest.approx(EXPECTED[f"{test} statistic"], rel=1e-9)


@pytest.mark.reference
@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_the_adjusted_stratified_cox_model_as_r(tmp_path, ties):
    keys = 'test = "stratified log-rank", strata = "STRATUM", covariates = ["AGE", "SEX"]'
    keys += ", proportional_hazards = true" if ties != "exact" else ""
    more = f'{DAYS}comparison = {{ hazard_ratio = true, ties = "{ties}", {keys} }}'
    found = analyse_study(*make_trial(tmp_path, "survival", more)).frame
    for stat in ("estimate", "conf_low", "conf_high", "p_value"):
        got = value(found, stat, measure="hazard ratio", **PAIR)
        assert got == pytest.approx(EXPECTED[f"adjusted {ties} {stat}"], rel=1e-7)
    (method,) = set(found.loc[found["measure"] == "hazard ratio", "method"])
    assert method == f"Cox, {ties} ties, stratified by STRATUM, adjusted for AGE, SEX"
    checked = set(found.loc[found["measure"] == "hazard ratio", "checked_by"])
    assert checked == ({"engine"} if ties != "exact" else {"reference"})
    if ties != "exact":
        over_time = value(found, "statistic", measure="proportional hazards test", **PAIR)
        assert over_time == pytest.approx(EXPECTED[f"zph {ties}"], rel=1e-6)


@pytest.mark.reference
def test_competing_hazards_as_r(tmp_path):
    more = 'parameter = "OS"\ndays = [1826]\nconf_type = "log-log"\nconf_level = 0.95\ncomparison = "gray"\n'
    more += 'models = { cause_specific = true, fine_gray = true, ties = "efron" }'
    found = analyse_study(*make_trial(tmp_path, "cumulative incidence", more, event=1)).frame
    for level in ("event", "competing"):
        for stat in ("estimate", "conf_low", "conf_high", "p_value"):
            got = value(found, stat, measure="cause-specific hazard ratio", level=level, **PAIR)
            assert got == pytest.approx(EXPECTED[f"cause {level} {stat}"], rel=1e-7)
    got = value(found, "estimate", measure="subdistribution hazard ratio", **PAIR)
    assert got == pytest.approx(EXPECTED["fine-gray estimate"], rel=1e-6)
    second = value(found, "second_path", by_level="cause-specific hazard ratio", level="event")
    assert second == pytest.approx(EXPECTED["cause event estimate"], rel=1e-7)


def test_weights_are_those_of_the_study_file(tmp_path):
    study, data = make_trial(tmp_path, "survival", DAYS + 'comparison = { hazard_ratio = false, ties = "efron", '
                             'test = "fleming-harrington", rho = 1.0, strata = "STRATUM" }')  # fmt: skip
    found = analyse_study(study, data).frame
    rows = data.datasets["ADTTE"].merge(data.datasets["ADSL"][["USUBJID", "TRT01P", "STRATUM"]], on="USUBJID")
    expected = compare_survival(rows["AVAL"], rows["CNSR"] == 0, rows["TRT01P"], stratum=rows["STRATUM"],
                                weights="fleming-harrington", rho=1.0)  # fmt: skip
    assert value(found, "statistic", measure="log-rank test") == pytest.approx(expected.statistic, rel=1e-12)
    assert value(found, "second_path", by_level="log-rank test") == pytest.approx(expected.statistic, rel=1e-9)


EIGHT = {
    "USUBJID": [f"P{i}" for i in range(4)] + [f"M{i}" for i in range(4)],
    "PARAMCD": ["OS"] * 8,
    "AVAL": [1.0, 2, 3, 4, 28, 28, 28, 28],
    "CNSR": [0.0] * 4 + [1.0] * 4,
}
SMALL = 'parameter = "OS"\ndays = [10]\nconf_type = "beta-product"\nconf_level = 0.95\n'


def small(folder, keys, **more):
    plan = f'{SMALL}comparison = {{ ties = "efron", {keys} }}'
    return analyse_study(*make_parallel(folder, "survival", plan, ADTTE=EIGHT | more)).frame


def test_the_permutation_test_by_hand(tmp_path):
    """All four early deaths in one arm of four: of C(8, 4) = 70 allocations this one and its mirror."""
    found = small(tmp_path, 'test = "log-rank", p_value = "permutation", hazard_ratio = false')
    assert value(found, "p_value", measure="log-rank test") == pytest.approx(2 / 70, rel=1e-12)
    assert not (found["by_level"] == "log-rank test").any()


def test_an_arm_without_events_fails_unless_firth_was_planned(tmp_path):
    plain = small(tmp_path, 'test = "log-rank", hazard_ratio = true')
    rows = plain[(plain["measure"] == "hazard ratio") | (plain["by_level"] == "hazard ratio")]
    assert set(rows["status"]) == {"failed"}
    assert set(rows["stat"]) == {"estimate", "conf_low", "conf_high", "p_value", "second_path"}
    assert rows["value"].isna().all()
    assert rows["message"].str.contains("monotone likelihood").all()
    firth = small(
        tmp_path, 'test = "log-rank", hazard_ratio = true, firth_fallback = true, proportional_hazards = true'
    )
    rows = firth[firth["measure"] == "hazard ratio"]
    assert set(rows["status"]) == {"note"}
    assert rows["message"].str.contains("Firth's fit, as planned where the plain one fails").all()
    assert 0 < value(firth, "estimate", measure="hazard ratio", **PAIR) < 0.5
    over_time = firth[firth["measure"] == "proportional hazards test"]
    assert set(over_time["status"]) == {"not_estimable"}


def test_replicates_have_no_hazard_ratio_where_the_report_has_none(tmp_path):
    plan = f'{SMALL}comparison = {{ ties = "efron", test = "log-rank", hazard_ratio = true }}'
    study, data = make_parallel(tmp_path, "survival", plan, ADTTE=EIGHT)
    arms = data.datasets["ADSL"].set_index("USUBJID")["TRT01P"]
    adtte = data.datasets["ADTTE"]
    (analysis,) = study.analyses
    numbers = list(measure_survival(study, analysis, adtte.assign(ARM=adtte["USUBJID"].map(arms))))
    (ratio,) = [number for number in numbers if number["measure"] == "hazard ratio"]
    assert ratio["status"] == "failed"
    assert all(math.isnan(ratio[name]) for name in ("estimate", "conf_low", "conf_high", "p_value"))


def test_number_needed_and_restricted_means_by_hand(tmp_path):
    """Day 10: 4 of 4 against 0 of 4. Mean days to 10: 10 against (1 + 2 + 3 + 4) / 4 = 2.5."""
    keys = 'test = "log-rank", hazard_ratio = false, fixed_days = "plain", number_needed_to_treat = true'
    found = small(tmp_path, f"{keys}, restricted_mean_day = 10")
    assert value(found, "estimate", measure="survival difference", **PAIR) == 1
    assert value(found, "estimate", measure="number needed to treat", **PAIR) == 1
    assert value(found, "estimate", measure="restricted mean difference", **PAIR) == 7.5
    assert value(found, "estimate", measure="restricted mean ratio", **PAIR) == 4


def test_restricted_means_of_the_arms_by_hand(tmp_path):
    """Areas after the deaths on days 1, 2, 3: 1.5, 0.75, 0.25; variance 1.5^2/12 + 0.75^2/6 + 0.25^2/2 = 0.3125."""
    found = small(tmp_path, 'test = "log-rank", hazard_ratio = false, restricted_mean_day = 10')
    keys = {"measure": "restricted mean", "time_days": 10.0}
    assert value(found, "estimate", group="PBO", **keys) == 2.5
    assert value(found, "std_error", group="PBO", **keys) == pytest.approx(0.3125**0.5)
    assert value(found, "conf_low", group="PBO", **keys) == pytest.approx(2.5 - 1.959963985 * 0.3125**0.5)
    assert value(found, "second_path", group="PBO", by_level="restricted mean") == pytest.approx(2.5)
    assert value(found, "estimate", group="MSC", **keys) == 10
    limits = found[(found["measure"] == "restricted mean") & (found["group"] == "MSC")].set_index("stat")
    assert limits.loc["conf_low", "status"] == "not_estimable"
    assert "no event before tau = 10" in limits.loc["conf_low", "message"]


def test_limits_of_a_restricted_mean_stay_within_its_days(tmp_path):
    found = small(tmp_path, 'test = "log-rank", hazard_ratio = false, restricted_mean_day = 3')
    high = value(found, "conf_high", measure="restricted mean", group="PBO")
    assert value(found, "estimate", measure="restricted mean", group="PBO") == 2.25
    assert 2.25 + 1.96 * 0.35 < high <= 3


def test_no_difference_has_no_number_needed(tmp_path):
    keys = 'test = "log-rank", hazard_ratio = false, fixed_days = "plain", number_needed_to_treat = true'
    found = small(tmp_path, keys, AVAL=[5.0, 28, 28, 28] * 2, CNSR=[0.0, 1, 1, 1] * 2)
    rows = found[found["measure"] == "number needed to treat"]
    assert set(rows["status"]) == {"not_estimable"}
    assert set(rows["message"]) == {"the difference is 0"}


def test_patients_without_a_covariate_are_counted_and_left_out(tmp_path):
    plan = f'{SMALL}comparison = {{ ties = "efron", test = "log-rank", hazard_ratio = true, covariates = ["AGE"] }}'
    study, data = make_parallel(tmp_path, "survival", plan, ADTTE=EIGHT | {"AVAL": [1.0, 5, 3, 9, 2, 7, 28, 4]})
    data.datasets["ADSL"].loc[0, "AGE"] = math.nan
    rows = analyse_study(study, data).frame
    rows = rows[rows["measure"] == "hazard ratio"]
    assert set(rows["n_used"]) == {7}
    assert rows["message"].str.contains("1 patients without a covariate are left out").all()


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ('test = "stratified log-rank", hazard_ratio = false', "a stratified test needs its strata"),
        ('test = "log-rank", strata = "SEX", hazard_ratio = false', "with strata write 'stratified log-rank'"),
        ('test = "log-rank", rho = 1.0, hazard_ratio = false', "rho and gamma are weights of 'fleming-harrington'"),
        ('test = "log-rank", covariates = ["HEIGHT"], hazard_ratio = true', "'HEIGHT' is not a column of ADSL"),
        ('test = "log-rank", covariates = ["AGE"], hazard_ratio = false', "covariates: needs hazard_ratio = true"),
        ('test = "log-rank", hazard_ratio = false, number_needed_to_treat = true', "needs fixed_days"),
    ],
)
def test_what_cannot_be_computed_together_is_refused(tmp_path, keys, fault):
    with pytest.raises(StudyError) as raised:
        small(tmp_path, keys)
    assert any(fault in line for line in raised.value.faults), raised.value.faults
