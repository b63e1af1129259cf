"""Operating characteristics: the same whatever the workers, resumable, and true where the truth is known."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hepatrial.errors import SimulateError
from hepatrial.simulate import model_truth, plan_operating, run_operating
from hepatrial.study import read_study, templates_dir


@pytest.fixture(scope="module")
def study():
    """Overall survival compared at two days, as a quick comparison: cloglog."""
    read = read_study(templates_dir() / "nct06242405" / "study.toml")
    compared = read.analysis("os_km").comparison.model_copy(update={"fixed_days": "cloglog", "restricted_mean_day": 84})
    own = read.analysis("os_km").model_copy(update={"comparison": compared, "days": (84,)})
    return read.model_copy(update={"analyses": tuple(own if item.id == "os_km" else item for item in read.analyses)})


def plan_of(study, n_replicates, *, chunk=20, **more):
    options = {"analyses": ["os_km"], "scenario": "acute-on-chronic", "n": 60} | more
    return replace(plan_operating(study, n_replicates=n_replicates, **options), chunk=chunk)


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def test_workers_and_interruptions_do_not_matter(study, tmp_path):
    run_operating(plan_of(study, 40), tmp_path / "one", jobs=1)
    run_operating(plan_of(study, 20), tmp_path / "stopped", jobs=1)  # as if it had been stopped after one chunk
    done = (tmp_path / "stopped" / "replicates" / "00000.csv").stat().st_mtime_ns
    run_operating(plan_of(study, 40), tmp_path / "stopped", jobs=1)
    assert (tmp_path / "stopped" / "replicates" / "00000.csv").stat().st_mtime_ns == done
    assert files_of(tmp_path / "stopped") == files_of(tmp_path / "one")
    run_operating(plan_of(study, 40), tmp_path / "two", jobs=2)
    assert files_of(tmp_path / "two") == files_of(tmp_path / "one")


def test_on_a_dask_cluster_the_numbers_are_the_same(study, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        run_operating(plan_of(study, 5, chunk=5), tmp_path / "dask", scheduler=cluster.scheduler_address)
    run_operating(plan_of(study, 5, chunk=5), tmp_path / "own", jobs=1)
    assert files_of(tmp_path / "dask") == files_of(tmp_path / "own")


def test_what_is_reported_is_what_the_replicates_say(study, tmp_path):
    """Means, shares and errors of the summary, recounted from the files."""
    summary = run_operating(plan_of(study, 60), tmp_path / "x", jobs=1).set_index("measure")
    rows = pd.concat([pd.read_csv(path) for path in sorted((tmp_path / "x" / "replicates").glob("*.csv"))])
    own = rows[rows["measure"] == "survival difference"]
    line = summary.loc["survival difference"]
    assert line["replicates"] == len(own) == 60
    assert line["mean"] == pytest.approx(own["estimate"].mean())
    assert line["truth"] == 0
    assert line["coverage"] == pytest.approx(((own["conf_low"] <= 0) & (own["conf_high"] >= 0)).mean())
    assert line["rejected"] == pytest.approx((own["p_value"] <= 0.05).mean())
    assert line["rejected_error"] == pytest.approx(np.sqrt(line["rejected"] * (1 - line["rejected"]) / 60))
    assert abs(line["bias"]) < 4 * line["bias_error"]
    assert summary.loc["hazard ratio", "truth"] == 1
    assert summary.loc["log-rank test", "rejected"] < 0.2


def test_a_better_course_is_found(study, tmp_path):
    """A large benefit: the difference is near its truth and the test rejects more often than under the null."""
    arm = next(item.code for item in study.design.arms if item.code != study.design.reference_arm)
    summary = run_operating(plan_of(study, 60, drift_shift={arm: -2.0}), tmp_path / "x", jobs=1).set_index("measure")
    line = summary.loc["survival difference"]
    assert line["truth"] > 0.05
    assert abs(line["bias"]) < 4 * line["bias_error"]
    assert np.isnan(summary.loc["hazard ratio", "truth"])
    mean = summary.loc["restricted mean difference"]
    assert abs(mean["bias"]) < 4 * mean["bias_error"]
    assert summary.loc["log-rank test", "rejected"] > 0.2


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"analyses": ["decomp_cif"]}, "decomp_cif: replicates have no 'cumulative incidence'"),
        ({"analyses": ["child_a_pp"]}, "child_a_pp: population PP: replicates have populations that everybody is in"),
        ({"analyses": ["child_a_imputed"]}, "child_a_imputed: replicates cannot do missing = 'multiple imputation'"),
        ({"analyses": ["child_a_undisturbed"]}, "child_a_undisturbed: replicates cannot do samples = 'undisturbed'"),
        ({"analyses": ["nothing"]}, "nothing: there is no such analysis"),
        ({"scenario": "flu"}, "there is no scenario 'flu'"),
        ({"drift_shift": {"X": 1.0}}, "no arm X"),
    ],
)
def test_what_cannot_be_simulated_is_refused(study, more, message):
    with pytest.raises(SimulateError, match=message):
        plan_operating(study, n_replicates=10, **more)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("scores_model", {"fixed": ("AGE", ("TRT01P", "AVISIT"))}, "the column AGE"),
        ("scores_model", {"comparison": None}, "no comparison of arms"),
        ("scores_model", {"parameters": ("MELD", "FIB4")}, "the parameter FIB4"),
        ("child_a", {"visit": "PRE"}, "the visit PRE"),
    ],
)
def test_an_analysis_at_visits_is_done_as_planned_or_refused(study, name, change, message):
    own = study.analysis(name).model_copy(update=change)
    analyses = tuple(own if item.id == name else item for item in study.analyses)
    other = study.model_copy(update={"analyses": analyses})
    with pytest.raises(SimulateError, match=f"{name}: .*{message}"):
        plan_operating(other, n_replicates=10, analyses=[name], scenario="acute-on-chronic")


def test_what_is_not_simulated_is_said_in_the_plan(study, tmp_path):
    said = []
    plan = plan_of(study, 20)
    run_operating(plan, tmp_path / "x", jobs=1, progress=said.append)
    omitted = json.loads((tmp_path / "x" / "plan.json").read_text(encoding="utf-8"))["not_simulated"]
    assert {*omitted, *plan.analyses} == {item.id for item in study.analyses}
    assert omitted["decomp_cif"] == "replicates have no 'cumulative incidence'"
    assert omitted["child_a"] == "not asked for"
    assert "  not simulated: decomp_cif (replicates have no 'cumulative incidence')" in said
    assert not any("child_a (" in text for text in said)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(model_truth, "BATCHES", 3)


def test_models_and_proportions_resume_too(study, tmp_path, quick):
    """All methods together: stopped and continued, alone or with another analysis, by one or two workers."""
    plan = {"analyses": ["child_a_strata", "scores_model"], "scenario": "cirrhosis", "n": 40, "chunk": 4}
    run_operating(plan_of(study, 8, **plan), tmp_path / "one", jobs=1)
    run_operating(plan_of(study, 4, **plan), tmp_path / "stopped", jobs=1)
    run_operating(plan_of(study, 8, **plan), tmp_path / "stopped", jobs=2)
    assert files_of(tmp_path / "stopped") == files_of(tmp_path / "one")
    run_operating(plan_of(study, 4, **plan | {"analyses": ["scores_model"]}), tmp_path / "alone", jobs=1)
    one, both = (pd.read_csv(tmp_path / name / "replicates" / "00000.csv") for name in ("alone", "one"))
    own = both[both["analysis_id"] == "scores_model"].reset_index(drop=True)
    pd.testing.assert_frame_equal(one.dropna(axis=1, how="all"), own.dropna(axis=1, how="all"))


def test_a_better_course_moves_scores_and_proportions(study, tmp_path, quick):
    """A large benefit: truth, mean and rejections go the right way."""
    arm = next(item.code for item in study.design.arms if item.code != study.design.reference_arm)
    plan = plan_of(
        study, 16, analyses=["child_a", "scores_model"], scenario="cirrhosis", drift_shift={arm: -2.0}, chunk=16
    )
    found = run_operating(plan, tmp_path / "x", jobs=1).set_index(["measure", "variable", "visit"]).sort_index()
    meld = found.loc[("least squares mean difference", "MELD", "W24")]
    assert meld["truth"].item() < -1.5
    assert meld["mean"].item() < -1.0
    assert meld["rejected"].item() > 0.5
    assert 0 < meld["truth_error"].item() < 0.1
    difference = found.loc[("proportion difference", "CHILD", "W24")]
    assert difference["truth"].item() > 0.1
    assert difference["bias"].item() < 0.1  # the missing count as failures
    assert found.loc[("proportion test", "CHILD", "W24"), "rejected"].item() > 0.2


@pytest.mark.parametrize(
    "change", [{"p_value": "permutation"}, {"covariates": ("AGE",)}, {"strata": "SITEID"}], ids=lambda item: [*item][0]
)
def test_a_method_that_replicates_cannot_do_is_never_replaced_by_another(study, change):
    own = study.analysis("os_km")
    changed = own.model_copy(update={"comparison": own.comparison.model_copy(update=change)})
    other = study.model_copy(update={"analyses": tuple(changed if item is own else item for item in study.analyses)})
    with pytest.raises(SimulateError, match="os_km: replicates cannot do"):
        plan_of(other, 10)


def test_a_folder_of_another_plan_is_left_alone(study, tmp_path):
    run_operating(plan_of(study, 20), tmp_path / "x", jobs=1)
    before = files_of(tmp_path / "x")
    with pytest.raises(SimulateError, match="holds replicates of another plan"):
        run_operating(plan_of(study, 20, seed=1), tmp_path / "x", jobs=1)
    assert files_of(tmp_path / "x") == before
    (tmp_path / "mine").mkdir()
    with pytest.raises(SimulateError, match="exists already"):
        run_operating(plan_of(study, 20), tmp_path / "mine", jobs=1)
