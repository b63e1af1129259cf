"""The gate of the second engine: agreement passes, disagreement fails every number, and the engines are two."""

import numpy as np
import pandas as pd
import pytest

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study
from hepatrial.analyse.rows import DISAGREEMENT, Plan, checked_rows
from hepatrial.estimate import fit_cox
from hepatrial.results import bind_results

ANALYSES = """
[[analyses]]
id = "os_km"
method = "survival"
title = "Survival by arm"
population = "FAS"
by_arm = true
parameter = "OS"
days = [10]
conf_type = "log-log"
conf_level = 0.95
comparison = { test = "log-rank", hazard_ratio = true, ties = "efron" }
"""
PARALLEL = {
    'kind = "single arm"': 'kind = "parallel"\nreference_arm = "SOC"\n',
    'label = "MSC" }]': 'label = "MSC" }, { code = "SOC", label = "SOC" }]',
}
TIME = [5.0, 12, 12, 30, 30, 30, 2, 4, 12, 15, 30, 30]
CNSR = [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1]
ARM = ["MSC"] * 6 + ["SOC"] * 6


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Plan:
    study = study_with(tmp_path_factory.mktemp("s"), ANALYSES, **PARALLEL)
    ids = [str(n) for n in range(12)]
    adtte = {"USUBJID": ids, "PARAMCD": ["OS"] * 12, "AVAL": TIME, "CNSR": CNSR, "SRCID": ids}
    return Plan(study, make_data(ADSL={"USUBJID": ids, "TRT01P": ARM}, ADTTE=adtte), study.analysis("os_km"))


def test_a_disagreement_fails_every_number_and_says_both(plan):
    stats = {"estimate": 0.7, "conf_low": 0.3}
    second, *rows = checked_rows(plan, None, "survival", stats, "estimate", 0.7001, variable="OS")
    assert second["stat"] == "second_path"
    assert [row["status"] for row in rows] == ["failed", "failed"]
    assert all(row["message"].startswith(DISAGREEMENT) and "0.7001" in row["message"] for row in rows)


@pytest.mark.parametrize(("first", "second"), [(0.7, 0.7 + 1e-12), (np.nan, np.nan)])
def test_agreement_passes(plan, first, second):
    rows = list(checked_rows(plan, None, "survival", {"estimate": first}, "estimate", second, variable="OS"))
    assert rows[1]["status"] != "failed"
    assert rows[1]["checked_by"] == "engine"


def test_a_number_that_only_one_engine_gives_is_a_disagreement(plan):
    rows = list(checked_rows(plan, None, "survival", {"estimate": 0.7}, "estimate", np.nan, variable="OS"))
    assert rows[1]["status"] == "failed"


def test_where_the_model_failed_neither_engine_has_a_number(plan):
    more = {"status": "failed", "message": "monotone likelihood", "variable": "OS"}
    rows = list(checked_rows(plan, None, "hazard ratio", {"estimate": 1e-9, "p_value": 0.9}, "estimate", 3e-9, **more))
    assert {(row["status"], row["message"]) for row in rows} == {("failed", "monotone likelihood")}
    assert bind_results(rows, []).frame["value"].isna().all()


def test_the_hazard_ratio_and_its_check_come_from_two_engines(plan):
    results = analyse_study(plan.study, plan.data).frame
    covariates = pd.DataFrame({"MSC": [float(arm == "MSC") for arm in ARM]})
    event = np.array(CNSR) == 0
    fits = {engine: fit_cox(TIME, event, covariates, engine=engine).table for engine in ("lifelines", "kernel")}
    ratios = {engine: float(table["hazard_ratio"].iloc[0]) for engine, table in fits.items()}
    assert ratios["lifelines"] != ratios["kernel"]  # equal to many digits, not to the last bit
    keys = {"group": "MSC", "comparator": "SOC"}
    assert value(results, "estimate", measure="hazard ratio", **keys) == ratios["lifelines"]
    assert value(results, "second_path", by_level="hazard ratio", **keys) == ratios["kernel"]
