"""Counts of the example, again from the export's own files with plain pandas: no derivation stands between."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, t

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study

TEMPLATE = Path(__file__).parents[2] / "data_templates" / "nct06904755"
RELATED = ["possible", "probable", "related"]


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    study = read_study(TEMPLATE / "study.toml")
    exports = read_exports(read_data_map(TEMPLATE / "data.toml", study), TEMPLATE, study)
    return analyse_study(study, derive_analysis_data(exports, study)).frame


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(TEMPLATE / "example" / f"{name}.csv", dtype=str)


def test_specimens_collected(results):
    rows = table("specimens")
    for kind in ("blood", "urine", "faeces"):
        collected = (rows["kind"] == kind) & (rows["collected"] == "Y")
        found = results[(results["measure"] == "specimens") & (results["variable"] == kind) & (results["stat"] == "n")]
        assert found["value"].sum() == collected.sum() > 1


def test_sessions_given_and_completed(results):
    rows = table("treatments")
    assert value(results, "n_total", measure="count", variable="sessions") == len(rows)
    completed = (rows["completed"] == "Y").sum()
    assert value(results, "n_total", measure="count", variable="sessions completed") == completed > 1
    for sessions, n in rows.groupby("subject_id").size().value_counts().items():
        assert value(results, "n", measure="patients", variable="sessions", level=str(sessions)) == n
    hours = pd.to_datetime(rows["end_date"] + " " + rows["end_time"]) - pd.to_datetime(
        rows["start_date"] + " " + rows["start_time"]
    )
    mean = (hours.dt.total_seconds() / 3600).mean()
    assert value(results, "mean", measure="observed value", variable="session hours") == pytest.approx(mean, rel=1e-12)


def events() -> pd.DataFrame:
    """Treatment-emergent: started on or after the day of the first session."""
    first = table("treatments").groupby("subject_id")["start_date"].min()
    rows = table("adverse_events")
    return rows[rows["start_date"] >= rows["subject_id"].map(first)].assign(grade=rows["grade"].astype(float))


def test_events_by_worst_grade_and_by_relation(results):
    rows = events()
    worst = rows.groupby("subject_id")["grade"].max()
    for grade in range(1, 6):
        keys = {"analysis_id": "adverse_events", "measure": "adverse events", "level": str(grade)}
        assert value(results, "n", variable="worst grade", **keys) == (worst == grade).sum()
        assert value(results, "n_events", variable="grade", **keys) == (rows["grade"] == grade).sum()
    for part in ("device", "procedure", "cells"):
        related = rows[rows[f"related_{part}"].isin(RELATED)]
        keys = {"analysis_id": "adverse_events", "measure": "adverse events", "variable": f"related to {part}"}
        assert value(results, "n", **keys) == related["subject_id"].nunique()
        assert value(results, "n_events", **keys) == len(related)


def test_the_rate_per_session_and_its_exact_limits(results):
    """On therapy: up to one day after the last session ended; Garwood limits from the chi-square quantiles."""
    sessions = table("treatments")
    end = pd.to_datetime(sessions.groupby("subject_id")["end_date"].max()) + pd.Timedelta(days=1)
    rows = events()
    n = int((pd.to_datetime(rows["start_date"]) <= rows["subject_id"].map(end)).sum())
    keys = {"analysis_id": "adverse_events", "measure": "rate", "variable": "on therapy"}
    assert value(results, "n_events", **keys) == n > 1
    assert value(results, "estimate", **keys) == pytest.approx(n / len(sessions), rel=1e-12)
    assert value(results, "conf_low", **keys) == pytest.approx(chi2.ppf(0.025, 2 * n) / 2 / len(sessions), rel=1e-9)
    assert value(results, "conf_high", **keys) == pytest.approx(
        chi2.ppf(0.975, 2 * n + 2) / 2 / len(sessions), rel=1e-9
    )


def test_eligibility_of_age_and_of_bilirubin(results):
    age = table("subjects")["age"].astype(float)
    keys = {"analysis_id": "eligibility", "measure": "patients"}
    assert value(results, "n", variable="I01", level="met", **keys) == age.between(18, 65).sum()
    assert value(results, "n", variable="I03", level="not met", **keys) == 1  # planted by the simulator
    assert value(results, "n", variable="I07", level="not assessable", **keys) == len(age)
    answers = table("eligibility")
    assert (answers["answer"] == "met").sum() > 1
    assert value(results, "n", variable="I03", level="differs from investigator", **keys) == 1


def test_results_beyond_a_limit_and_the_ends_of_the_study(results):
    rows = table("labs")
    ferritin = rows[(rows["parameter"] == "FERRITIN") & rows["result"].str.startswith(">", na=False)]
    keys = {"measure": "observed value", "variable": "FERRITIN", "stat": "n_above_limit"}
    found = results[results["analysis_id"] == "biomarkers_by_visit"]
    for key, wanted in keys.items():
        found = found[found[key] == wanted]
    assert found["value"].sum() == len(ferritin) > 1
    outcomes = table("outcomes")["outcome"].value_counts()
    for variable, outcome in (("died", "death"), ("transplanted", "transplant"), ("completed", "completed")):
        assert value(results, "n", analysis_id="disposition", variable=variable) == outcomes[outcome]


def test_a_single_arm_study_without_a_historical_rate_shows_no_p_value(results):
    assert not (results["stat"] == "p_value").any()


@pytest.mark.reference
def test_means_by_visit_of_the_mixed_model_are_those_of_lme4_with_kenward_roger(results):
    """lme4's search stops at about 1e-8 of the variances: df agree to 1e-6, means and standard errors to 1e-7."""
    expected = pd.read_csv(TEMPLATE.parents[1] / "tests" / "reference" / "mixed" / "nct06904755.csv")
    rows = results[results["analysis_id"].isin(["biomarkers_trajectory", "scores_trajectory"])]
    for row in expected.itertuples():
        mine = rows[(rows["variable"] == row.code) & (rows["visit"] == row.visit)].set_index("stat")["value"]
        to_scale = np.log if row.code == "IL6" else float
        assert to_scale(mine["estimate"]) == pytest.approx(row.estimate, rel=1e-7)
        assert mine["std_error"] == pytest.approx(row.std_error, rel=1e-7)
        assert mine["df"] == pytest.approx(row.df, rel=1e-6)
        half = t.ppf(0.975, row.df) * row.std_error
        assert to_scale(mine["conf_low"]) == pytest.approx(row.estimate - half, rel=1e-6)
        assert to_scale(mine["conf_high"]) == pytest.approx(row.estimate + half, rel=1e-6)
    assert len(expected) == 27
