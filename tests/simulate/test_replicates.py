"""Replicates: the arrays are the same disease as the exports, and the whole pipeline agrees with them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hepatrial.simulate import plan_operating
from hepatrial.simulate.course import Course, draw_fate
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.trial import TrialPlan, draw_trial, find_fates
from hepatrial.simulate.truth import compute_truth
from hepatrial.study import CompositeAnalysis, read_data_map, read_study, templates_dir
from pipeline_check import compare_replicate

FOLDER = templates_dir() / "nct06242405"


@pytest.fixture(scope="module")
def study():
    return read_study(FOLDER / "study.toml")


def plan_of(study, **more):
    scenario = more.pop("scenario", "acute-on-chronic")
    return TrialPlan(study, SCENARIOS[scenario], more.pop("n", 92), 7, more)


class Limits:
    """Gives the fate its limits in the order in which it asks."""

    def __init__(self, limits):
        self.left = list(limits)

    def exponential(self):
        return self.left.pop(0)


def test_arrays_have_the_fates_of_the_exports(study):
    """The same severity and limits give the same days, patient by patient."""
    disease = SCENARIOS["acute-on-chronic"].disease
    rng = np.random.default_rng(3)
    severity, drift = rng.standard_normal(300), rng.standard_normal(300) - 1
    limits = -np.log(rng.random((4, 300)))
    found = np.array(find_fates(disease, severity, drift, limits, 168))
    order = {"death": 0, "transplant": 1, "withdrawal": 2}
    for place in range(300):
        asked = [limits[order[name], place] for name in disease.hazards] + [limits[3, place]]
        course = draw_fate(Course(severity[place], drift[place], {}, disease), Limits(asked), 168)
        days = [course.death_day, course.transplant_day, course.withdrawal_day]
        np.testing.assert_array_equal(found[:, place], [np.nan if day is None else day for day in days])


def test_a_replicate_depends_on_its_number_alone(study):
    plan = plan_of(study)
    first, again, other = draw_trial(plan, 5), draw_trial(plan, 5), draw_trial(plan, 6)
    np.testing.assert_array_equal(first.death, again.death)
    np.testing.assert_array_equal(first.arm, again.arm)
    assert not np.array_equal(first.severity, other.severity)
    counts = pd.Series(first.arm).groupby(first.stratum).value_counts().unstack()
    assert (counts.max(axis=1) - counts.min(axis=1) <= 2).all()


def test_truth_is_what_many_patients_show(study):
    """Quadrature against 60,000 patients who never withdraw, within four standard errors of a share."""
    arm, other = (item.code for item in study.design.arms)
    known = SCENARIOS["acute-on-chronic"]
    hazards = {name: known.disease.hazards[name] for name in ("death", "transplant")}
    scenario = replace(known, disease=replace(known.disease, hazards=hazards))
    plan = TrialPlan(study, scenario, 60_000, 7, {arm: -0.5})
    trial, truth = draw_trial(plan, 0), compute_truth(plan).set_index(["arm", "day"])
    for code in (arm, other):
        death, transplant = trial.death[trial.arm == code], trial.transplant[trial.arm == code]
        for day in (28, 168):
            row, error = truth.loc[(code, day)], 4 * np.sqrt(0.25 / len(death))
            assert 1 - row["OS"] == pytest.approx(np.mean(death <= day), abs=error)
            assert 1 - row["TFS"] == pytest.approx(np.mean((death <= day) | (transplant <= day)), abs=error)
            assert row["LT"] == pytest.approx(np.mean(transplant <= day), abs=error)
    assert truth.loc[(arm, 168), "OS"] > truth.loc[(other, 168), "OS"] + 0.02


@pytest.fixture(scope="module")
def ranked(study):
    """The study with ranks of MELD beside its own analyses."""
    ranks = CompositeAnalysis(
        id="ranks", method="composite", title="Ranks", population="FAS", by_arm=True, parameters=("MELD",),
        visits=("W4", "W24"), death_strategy="composite", worst=("death", "transplant"), response="change",
        better="low", missing="exclude", conf_level=0.95,
    )  # fmt: skip
    return study.model_copy(update={"analyses": (*study.analyses, ranks)})


def test_the_whole_pipeline_agrees_with_the_arrays(ranked, tmp_path):
    """Exports written, read and derived again give the same times, values and numbers of every analysis."""
    plan = plan_operating(ranked, n_replicates=1, scenario="cirrhosis")
    assert {"child_a", "child_a_strata", "liver_model", "scores_model", "os_km", "ranks"} < {*plan.analyses}
    found = compare_replicate(plan, read_data_map(FOLDER / "data.toml", ranked), 1, tmp_path)
    assert len(found) > 180
    assert max(found.values()) < 1e-6


def test_another_trial_agrees_too(tmp_path):
    """Strata by stage, a late visit that would have been on the day of the next one, and a handful of events."""
    folder = templates_dir() / "nct05940610"
    study = read_study(folder / "study.toml")
    plan = plan_operating(study, n_replicates=1, scenario="acute or acute-on-chronic")
    found = compare_replicate(plan, read_data_map(folder / "data.toml", study), 23, tmp_path)
    assert {key[0] for key in found} == {"os_km", "tfs_km", "scores_model"}
    assert max(found.values()) < 1e-6
