"""The Mayo PBC template asks for what the reference numbers of tests/reference/mayo_pbc hold."""

from pathlib import Path

import pandas as pd
import pytest

from hepatrial.study import read_study, templates_dir

REFERENCE = Path(__file__).parents[1] / "reference" / "mayo_pbc"


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / "mayo-pbc" / "study.toml")


def test_two_arms_are_compared_with_placebo(study):
    assert study.design.kind == "parallel"
    assert (study.design.reference_arm, {arm.code for arm in study.design.arms}) == ("PLACEBO", {"DPCA", "PLACEBO"})
    comparison = study.analysis("os_km").comparison
    assert (comparison.test, comparison.hazard_ratio, comparison.ties) == ("log-rank", True, "efron")
    assert study.analysis("lt_cif").comparison == "gray"


@pytest.mark.reference
def test_the_reference_numbers_answer_every_survival_analysis(study):
    expected = pd.read_csv(REFERENCE / "expected.csv", dtype={"key": str}, keep_default_na=False)
    for analysis in study.analyses:
        if analysis.method in ("survival", "cumulative incidence"):
            rows = expected[(expected["analysis"] == analysis.id) & (expected["stat"] == "estimate")]
            by_day = rows[rows["measure"].isin(["survival", "cumulative incidence"])]
            assert set(by_day["key"]) == {str(day) for day in analysis.days}, analysis.id


def test_windows_leave_no_day_out_between_the_first_and_the_last(study):
    edges = [visit.window for visit in study.visits if visit.day > 0]
    assert all(after[0] == before[1] + 1 for before, after in zip(edges, edges[1:], strict=False))


def test_follow_up_ends_at_the_last_contact_of_the_survival_file(study):
    assert all("last contact" in item.censor_at for item in study.times_to_event)


def test_the_data_map_beside_the_test_data_is_the_template_s():
    assert (REFERENCE / "data.toml").read_bytes() == (templates_dir() / "mayo-pbc" / "data.toml").read_bytes()
