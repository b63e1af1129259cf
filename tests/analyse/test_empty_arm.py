"""Nobody in one arm, or in the study: every planned number says so, and no exception stops the report."""

import numpy as np
import pytest

from hepatrial.analyse import analyse_study
from parallel_factory import SUBJECTS, make_parallel
from response_factory import PLAN, make_response

SURVIVAL = """parameter = "OS"
days = [10]
conf_type = "log-log"
conf_level = 0.95
quantiles = [0.5]
comparison = { test = "log-rank", hazard_ratio = true, ties = "efron", fixed_days = "cloglog",
  number_needed_to_treat = true, restricted_mean_day = 10, proportional_hazards = true,
  subgroups = [{ variable = "SEX" }] }""".replace("\n  ", " ")
INCIDENCE = """parameter = "OS"
days = [10]
conf_type = "log-log"
conf_level = 0.95
comparison = "gray"
models = { cause_specific = true, fine_gray = true, ties = "efron" }"""
COMPARED = {
    "survival": (SURVIVAL, {"hazard ratio", "survival difference", "number needed to treat", "interaction test",
                            "restricted mean difference", "restricted mean ratio", "log-rank test"}),
    "cumulative incidence": (INCIDENCE, {"gray test", "cause-specific hazard ratio", "subdistribution hazard ratio"}),
}  # fmt: skip
TIMES = {
    "USUBJID": SUBJECTS["USUBJID"], "PARAMCD": ["OS"] * 8, "AVAL": [1.0, 2, 3, 4, 28, 28, 28, 28],
    "CNSR": [0.0, 0, 1, 0, 0, 1, 1, 1],
}  # fmt: skip
RESPONSES = [
    'comparison = { measure = "difference", conf_type = "miettinen-nurminen", test = "fisher" }',
    'comparison = { measure = "odds ratio", conf_type = "exact", test = "boschloo" }',
    'comparison = { measure = "difference", conf_type = "mantel-haenszel", test = "cmh", strata = "STRATUM" }',
]


def leave(arms, kept):
    """The arms with everybody in the kept one, or with nobody anywhere."""
    return [kept] * len(arms)


@pytest.mark.parametrize("method", COMPARED)
@pytest.mark.parametrize("kept", ["PBO", "MSC", "nobody"])
def test_times_of_one_arm_only(tmp_path, method, kept):
    plan, measures = COMPARED[method]
    subjects = SUBJECTS | {"TRT01P": leave(SUBJECTS["TRT01P"], kept)}
    found = analyse_study(*make_parallel(tmp_path, method, plan, subjects=subjects, ADTTE=TIMES)).frame
    rows = found[found["measure"].isin(measures)]
    assert set(rows["measure"]) == measures
    assert set(rows["status"]) == {"not_estimable"}
    assert rows["value"].isna().all()
    assert (rows["message"] != "").all()


@pytest.mark.parametrize("plan", RESPONSES)
@pytest.mark.parametrize("kept", ["PBO", "MSC", "nobody"])
def test_responses_of_one_arm_only(tmp_path, plan, kept):
    study, data = make_response(tmp_path, plan, PLAN)
    data.datasets["ADSL"]["TRT01P"] = kept
    found = analyse_study(study, data).frame
    rows = found[found["measure"].isin(["proportion difference", "odds ratio", "proportion test"])]
    assert set(rows["status"]) == {"not_estimable"}
    assert (rows["message"] != "").all()
    assert np.isfinite(found["value"][found["status"] == "ok"]).all()
