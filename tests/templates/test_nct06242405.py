"""NCT06242405: the study file holds the record, its example runs to the end, and Child A is counted again by hand."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis_factory import value
from export_reader import first_dates, read_tables
from hepatrial.study import find_confirmations, leaves, read_study, templates_dir

TEMPLATE = "nct06242405"
WEEK_24, WINDOW = 168, (154, 182)
LIVER = {"ALT", "AST", "ALP", "BILI", "ALB", "PT", "INR", "MELD", "CHILD"}


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / TEMPLATE / "study.toml")


@pytest.fixture(scope="module")
def results(reports, read_results):
    return read_results(reports(TEMPLATE))


@pytest.fixture(scope="module")
def tables():
    return read_tables(TEMPLATE)


def test_the_design_is_that_of_the_record(study):
    assert (study.design.planned_n, study.design.masking, study.design.kind) == (92, "participant", "parallel")
    assert [len(arm.dose_days) for arm in study.design.arms] == [2, 1]


def test_the_primary_endpoint_is_child_a_at_week_24_and_the_dead_are_not(study):
    (primary,) = [endpoint for endpoint in study.endpoints if endpoint.role == "primary"]
    planned = study.analysis(primary.analyses[0])
    assert (primary.variable, primary.days, planned.visit) == ("CHILD", (WEEK_24,), "W24")
    assert (planned.response.op, planned.response.value) == ("<=", 6)
    assert (planned.death, planned.transplant, planned.missing) == ("not response",) * 3
    assert [item.label for item in planned.baseline_classes] == ["Child A", "Child B", "Child C"]
    assert planned.comparison.conf_type == "miettinen-nurminen"


def test_the_other_forms_of_child_pugh_are_sensitivity_analyses(study):
    variants = {score.code: score.variant for score in study.scores if score.score == "CHILDPUG"}
    assert sorted(variants.values()) == ["A", "B", "C"]
    planned = [item for item in study.analyses if item.method == "proportion"]
    assert {item.parameter for item in planned} == set(variants)
    assert any(item.comparison.tipping_point for item in planned)
    assert any(item.comparison.strata and item.comparison.test == "cmh" for item in planned)
    assert {item.missing for item in planned} == {"not response", "left out", "multiple imputation"}


def test_every_secondary_outcome_of_the_record_is_an_endpoint_at_week_24(study):
    found = {item.variable for item in study.endpoints if item.role == "secondary" and item.days == (WEEK_24,)}
    assert found >= LIVER | {"DECOMP", "OS", "LT"}
    for code in ("DECOMP", "BLEED", "ASC", "HE"):
        assert study.time_to_event(code).competing == ("death", "transplant")


def test_three_inclusion_and_eleven_exclusion_criteria(study):
    assert [item.kind for item in study.eligibility] == ["inclusion"] * 3 + ["exclusion"] * 11
    assert {leaf.value for leaf in leaves(study.eligibility[0].criterion)} == {18, 80}


def test_what_the_record_does_not_say_is_marked(study):
    paths = {item.path for item in find_confirmations(study)}
    assert {"design", "time", "visits[W4]", "visits[W12]", "scores[CHILD]", "scores[MELD]", "safety"} <= paths
    assert all(item.note for item in find_confirmations(study))
    registered = [visit.code for visit in study.visits if visit.day == WEEK_24]
    assert registered == ["W24"]


def test_the_report_is_written_and_nothing_failed(reports, results):
    assert (reports(TEMPLATE) / "report.html").is_file()
    assert not (results["status"] == "failed").any()
    assert not results["message"].str.startswith("two independent computations disagree").any()


def points(row: pd.Series) -> float:
    """Child–Pugh points of variant C by its printed limits; missing when an item is."""
    if row[["BILI", "ALB", "INR", "ASCITES", "HEGRADE"]].isna().any():
        return float("nan")
    total = 1 + (row["BILI"] >= 34) + (row["BILI"] > 50)
    total += 1 + (row["ALB"] <= 35) + (row["ALB"] < 28)
    total += 1 + (row["INR"] >= 1.7) + (row["INR"] > 2.3)
    total += 1 + (row["ASCITES"] >= 1) + (row["ASCITES"] >= 2)
    return total + 1 + (row["HEGRADE"] >= 1) + (row["HEGRADE"] >= 3)


def score_at_week_24(tables) -> pd.Series:
    """Points from the sample nearest to day 168 in the window, by subject."""
    return score_at(tables, WEEK_24, WINDOW)


def score_at(tables, target: int, window: tuple[int, int]) -> pd.Series:
    """Points from the sample nearest to a day in a window, by subject."""
    origin = pd.to_datetime(tables["subjects"].set_index("subject_id")["randomisation_date"])
    rows = pd.concat([tables["labs"], tables["clinical"]], ignore_index=True)
    rows = rows.assign(result=pd.to_numeric(rows["result"], errors="coerce")).dropna(subset="result")
    day = (pd.to_datetime(rows["date"]) - rows["subject_id"].map(origin)).dt.days
    rows = rows[day.between(*window)].assign(far=(day - target).abs())
    rows = rows.sort_values("far", kind="stable").drop_duplicates(["subject_id", "parameter"])
    wide = rows.pivot(index="subject_id", columns="parameter", values="result")
    return wide.apply(points, axis=1).reindex(origin.index)


def classify(tables) -> pd.DataFrame:
    """Arm and status of every patient randomised."""
    subjects = tables["subjects"].set_index("subject_id")
    origin, score = pd.to_datetime(subjects["randomisation_date"]), score_at_week_24(tables)
    # a missing visit is settled when its window has passed
    limit = origin + pd.to_timedelta(np.where(score.notna(), WEEK_24, WINDOW[1]), unit="D")
    dead = first_dates(tables, "death").reindex(origin.index)
    transplanted = first_dates(tables, "transplant").reindex(origin.index)
    status = pd.Series(np.where(score <= 6, "response", "no response"), index=origin.index)
    status[score.isna()] = "missing"
    status[(dead <= limit) & ~(transplanted < dead)] = "died"
    status[(transplanted <= limit) & ~(dead <= transplanted)] = "transplanted"
    return pd.DataFrame({"arm": subjects["arm"], "status": status})


def test_every_status_is_recounted_from_the_export(results, tables):
    counted = classify(tables).groupby(["arm", "status"]).size()
    assert set(counted.index.get_level_values("status")) == {
        "response", "no response", "died", "transplanted", "missing",
    }  # fmt: skip
    for (arm, status), n in counted.items():
        keys = {"analysis_id": "child_a", "measure": "response status", "level": status, "by_variable": ""}
        assert value(results, "n", group=arm, **keys) == n, (arm, status)


def miettinen_nurminen(x1: int, n1: int, x0: int, n0: int) -> tuple[float, float]:
    """Limits of p1 - p0: where the score statistic with variance n / (n - 1) is 1.959964 (bisection)."""

    def statistic(delta: float) -> float:
        grid = np.linspace(max(0, -delta) + 1e-12, min(1, 1 - delta) - 1e-12, 200_001)
        likelihood = x0 * np.log(grid) + (n0 - x0) * np.log(1 - grid)
        likelihood += x1 * np.log(grid + delta) + (n1 - x1) * np.log(1 - grid - delta)
        p0 = grid[np.argmax(likelihood)]
        p1, n = p0 + delta, n1 + n0
        variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
        return (x1 / n1 - x0 / n0 - delta) / np.sqrt(variance)

    limits = []
    for target, low, high in ((1.959964, -0.999, x1 / n1 - x0 / n0), (-1.959964, x1 / n1 - x0 / n0, 0.999)):
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if statistic(middle) > target else (low, middle)
        limits.append((low + high) / 2)
    return limits[0], limits[1]


def test_the_difference_and_its_interval_are_computed_again(results, tables):
    rows = classify(tables)
    x, n = (rows["status"] == "response").groupby(rows["arm"]).sum(), rows.groupby("arm").size()
    low, high = miettinen_nurminen(x["DOUBLE"], n["DOUBLE"], x["SINGLE"], n["SINGLE"])
    keys = {"analysis_id": "child_a", "measure": "proportion difference", "group": "DOUBLE", "comparator": "SINGLE"}
    assert value(results, "estimate", **keys) == pytest.approx(x["DOUBLE"] / n["DOUBLE"] - x["SINGLE"] / n["SINGLE"])
    assert value(results, "conf_low", **keys) == pytest.approx(low, abs=2e-5)
    assert value(results, "conf_high", **keys) == pytest.approx(high, abs=2e-5)


def firth(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Firth's estimate by Newton on the modified score, and the variance with every row counted 1 + leverage times."""
    beta = np.zeros(x.shape[1])
    for _ in range(200):
        p = 1 / (1 + np.exp(-x @ beta))
        w = p * (1 - p)
        inverse = np.linalg.inv(x.T @ (w[:, None] * x))
        leverage = w * np.einsum("ij,jk,ik->i", x, inverse, x)
        beta = beta + inverse @ x.T @ (y - p + leverage * (0.5 - p))
    return beta, np.linalg.inv(x.T @ ((w * (1 + leverage))[:, None] * x))


def test_the_imputed_difference_is_near_what_many_imputations_come_to(results, tables):
    """The model written here, and each missing patient's chance of Child A integrated over its coefficients."""
    rows = classify(tables)
    base = score_at(tables, 0, (-28, 0)).reindex(rows.index)
    stratum = tables["subjects"].set_index("subject_id")["stratum"]
    assert rows["status"].eq("missing").sum() >= 5
    model = rows["status"].isin(["response", "no response", "missing"])
    base = base.fillna(base[model].mean())
    x = np.column_stack([np.ones(len(rows)), rows["arm"] == "DOUBLE", base, stratum == stratum.max()]).astype(float)
    seen, missing = model & (rows["status"] != "missing"), (rows["status"] == "missing").to_numpy()
    beta, variance = firth(x[seen], (rows.loc[seen, "status"] == "response").to_numpy(float))
    eta, sd = x @ beta, np.sqrt(np.einsum("ij,jk,ik->i", x, variance, x))
    z, weight = np.polynomial.hermite_e.hermegauss(80)
    chance = (1 / (1 + np.exp(-(eta[:, None] + sd[:, None] * z)))) @ (weight / weight.sum())
    expected = np.where(missing, chance, (rows["status"] == "response").to_numpy(float))
    share = pd.Series(expected).groupby(rows["arm"].to_numpy()).mean()
    keys = {"analysis_id": "child_a_imputed", "measure": "proportion difference", "group": "DOUBLE"}
    found, n = value(results, "estimate", **keys), rows.groupby("arm").size()
    error = np.sqrt(missing.sum() * 0.25) / n.min() / np.sqrt(200)
    assert abs(found - (share["DOUBLE"] - share["SINGLE"])) < 5 * error
    for arm in n.index:
        one = {"analysis_id": "child_a_imputed", "group": arm}
        assert value(results, "n_missing", measure="imputed values", **one) == missing[rows["arm"] == arm].sum()
        seen_n = (rows.loc[rows["arm"] == arm, "status"] == "response").sum()
        assert value(results, "n", measure="proportion", level="response", **one) == seen_n
        assert value(results, "n_total", measure="proportion", level="response", **one) == n[arm]
    assert value(results, "conf_low", **keys) < found < value(results, "conf_high", **keys)


def test_the_example_shows_what_makes_such_a_trial_hard(tables):
    outcomes = set(tables["outcomes"]["outcome"])
    assert {"death", "transplant", "withdrawal", "lost to follow-up"} <= outcomes
    assert tables["subjects"]["stratum"].nunique() == 2
    assert (tables["screening"]["outcome"] == "failed").any()
    assert tables["treatments"]["subject_id"].nunique() < 92
    assert tables["deviations"]["description"].str.contains("missed").any()
    near = tables["medications"][tables["medications"]["kind"] == "blood product"]
    assert near["name"].str.contains("albumin").any()


def test_the_report_names_no_patient_and_says_simulated(reports):
    page = (reports(TEMPLATE) / "report.html").read_text(encoding="utf-8")
    assert "SIMULATED" in page
    assert re.search(r"Child–Pugh score ≤ 6 at Week 24", page)


def test_a_trial_without_a_device_has_no_row_for_it(reports):
    page = (reports(TEMPLATE) / "report.html").read_text(encoding="utf-8")
    assert "Related to the procedure" in page
    assert "Related to the device" not in page
    assert "Device deficiencies" not in page
