"""Replicates: the arrays are the same disease as the exports, and the whole pipeline agrees with them."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from hepatrial.analyse import analyse_study, measure_survival
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.simulate.course import Course, draw_fate
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.times import make_times
from hepatrial.simulate.trial import TrialPlan, draw_trial, find_fates
from hepatrial.simulate.trial_exports import export_trial
from hepatrial.simulate.truth import compute_truth
from hepatrial.study import read_data_map, read_study, templates_dir

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


@pytest.mark.parametrize("replicate", [0, 1])
def test_the_whole_pipeline_agrees_with_the_arrays(study, tmp_path, replicate):
    """Exports written, read and derived again give the same times and the same numbers."""
    data_map = read_data_map(FOLDER / "data.toml", study)
    plan = plan_of(study)
    trial = draw_trial(plan, replicate)
    first = data_map.exported_on - timedelta(days=study.time.study_end_day + 300)
    tables = export_trial(plan, trial, first_date=first, exported_on=data_map.exported_on)
    for source in data_map.sources:
        path = tmp_path / source.file
        path.parent.mkdir(parents=True, exist_ok=True)
        tables[source.table].rename(columns=source.columns)[list(source.columns.values())].to_csv(path, index=False)
    data = derive_analysis_data(read_exports(data_map, tmp_path, study), study)
    results = analyse_study(study, data).frame
    for analysis in study.analyses:
        if analysis.method != "survival":
            continue
        times = make_times(plan, trial, analysis.parameter)
        adtte = data.datasets["ADTTE"].merge(data.datasets["ADSL"][["USUBJID", "SUBJID", "TRT01P"]], on="USUBJID")
        own = adtte[adtte["PARAMCD"] == analysis.parameter].set_index("SUBJID").loc[times["USUBJID"]]
        np.testing.assert_array_equal(own["TRT01P"], times["ARM"])
        np.testing.assert_array_equal(own["AVAL"], times["AVAL"])
        np.testing.assert_array_equal(own["CNSR"], times["CNSR"])
        for number in measure_survival(study, analysis, times):
            rows = results[(results["analysis_id"] == analysis.id) & (results["measure"] == number["measure"])]
            rows = rows[(rows["level"] == "") & (rows["subgroup"] == "")]
            if number["group"]:
                rows = rows[rows["group"] == number["group"]]
            if number["time_days"]:
                rows = rows[rows["time_days"] == number["time_days"]]
            values = rows.set_index("stat")["value"]
            for stat in {"estimate", "conf_low", "conf_high", "p_value"} & set(values.index):
                assert number[stat] == pytest.approx(values[stat], rel=1e-6, nan_ok=True), (analysis.id, number, stat)
