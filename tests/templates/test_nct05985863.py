"""NCT05985863: blind until it is unblinded; then survival and its stratified test are computed again by hand."""

import pandas as pd
import pytest

from analysis_factory import value
from export_reader import follow_up, kaplan_meier, logrank, read_tables
from hepatrial.study import code_study, find_confirmations, leaves, pool_study, read_study, templates_dir

TEMPLATE = "nct05985863"
ARMS = {"UCMSC": 100, "ALBSAL": 50}


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / TEMPLATE / "study.toml")


@pytest.fixture(scope="module")
def results(reports, read_results):
    return read_results(reports(TEMPLATE, unblinded=True))


@pytest.fixture(scope="module")
def tables():
    return read_tables(TEMPLATE)


@pytest.fixture(scope="module")
def times(tables):
    key = pd.read_csv(templates_dir() / TEMPLATE / "example-key" / "key.csv").set_index("subject_id")["arm"]
    return follow_up(tables, 168, ("death",)).join(key)


def test_the_design_is_that_of_the_record(study):
    design = study.design
    assert (design.planned_n, design.masking, design.allocation) == (150, "double", "2:1")
    assert study.unblinded_on is None
    first, placebo = design.arms
    assert (first.dose_days, first.dose, first.dose_unit) == ((0, 7, 14), 1.5, "10^8 cells")
    assert {arm.dose_days for arm in design.second.arms} == {(28, 35)}
    assert set(placebo.dose_days) == {0, 7, 14, 28, 35}  # so that the schedule does not tell the arm


def test_what_our_source_does_not_say_is_marked(study):
    paths = {item.path for item in find_confirmations(study)}
    assert {"design", "design.second", "time", "safety", "eligibility[E03]"} <= paths
    assert {f"endpoints[{endpoint.id}]" for endpoint in study.endpoints} <= paths
    assert {f"visits[{visit.code}]" for visit in study.visits} <= paths


def test_encephalopathy_of_grade_ii_is_out_here_and_in_elsewhere(study):
    (grade,) = [leaf for item in study.eligibility if item.id == "E03" for leaf in leaves(item.criterion)]
    assert (grade.parameter, grade.op, grade.value) == ("HEGRADE", ">=", 2)
    other = read_study(templates_dir() / "nct06904755" / "study.toml")
    (allowed,) = [leaf for item in other.eligibility if item.id == "I05" for leaf in leaves(item.criterion)]
    assert (allowed.op, allowed.value) == ("<=", 2)


def test_apasl_criteria_and_the_two_limits_before_the_onset(study):
    by_id = {item.id: item.criterion for item in study.eligibility}
    values = {(leaf.parameter, leaf.op, leaf.value) for leaf in leaves(by_id["I02"]) if hasattr(leaf, "parameter")}
    assert values >= {("BILI", ">=", 5.0), ("INR", ">=", 1.5), ("PTA", "<", 40.0), ("ASCITES", ">=", 1)}
    (platelets,), (child,) = leaves(by_id["E05"]), leaves(by_id["E06"])
    assert (platelets.predicate, platelets.op, platelets.value, platelets.of) == (
        "worst before",
        "<",
        50.0,
        "onset_date",
    )
    assert (child.parameter, child.op, child.value) == ("CHILD", ">", 9)
    assert [item.kind for item in study.eligibility] == ["inclusion"] * 3 + ["exclusion"] * 18


def test_the_planned_analyses_are_those_asked_for(study):
    compared = study.analysis("os_km").comparison
    assert (compared.test, compared.strata, compared.hazard_ratio) == ("stratified log-rank", "STRATUM", True)
    assert compared.fixed_days == "cloglog"
    assert compared.restricted_mean_day == 168
    assert len(compared.subgroups) >= 4
    strategies = {study.analysis(name).death_strategy for name in ("scores_by_visit", "scores_model", "scores_rank")}
    assert strategies == {"while-alive", "hypothetical", "composite"}
    assert [item.analysis for item in study.analysis("family").hypotheses] == ["os_km", "tfs_km", "scores_model"]


def test_while_blind_the_report_shows_everybody_together(reports, read_results):
    folder = reports(TEMPLATE)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "OPEN REPORT" in page
    assert "UC-MSC infusion" not in page
    rows = read_results(folder)
    assert set(rows["group"]) <= {"", "all"}
    assert not (rows["stat"] == "p_value").any()
    assert value(rows, "n", analysis_id="disposition", variable="ENR") == 150
    assert not (rows["variable"] == "randomised again").any()


def test_what_only_compares_is_in_no_blinded_report(study):
    letters = {arm.code: letter for arm, letter in zip(study.design.arms, "AB", strict=True)}
    for view in (pool_study(study), code_study(study, letters)):
        assert not {"scores_rank", "family"} & {item.id for item in view.study.analyses}
        templates = {item.template for item in view.study.outputs}
        assert not {"composite", "subgroups", "forest", "multiplicity"} & templates
        assert "survival" in {item.template for item in view.study.outputs}


def test_after_unblinding_nothing_failed(results):
    assert not (results["status"] == "failed").any()
    assert not results["message"].str.startswith("two independent computations disagree").any()


def test_the_second_randomisation_is_counted(results, tables):
    again = tables["second_randomisation"]["second_arm"].value_counts()
    keys = {"analysis_id": "disposition", "variable": "randomised again", "group": "all"}
    for arm in ("UCMSC5", "UCMSC3"):
        assert value(results, "n", level=arm, **keys) == again[arm] > 1
    keys["group"] = "ALBSAL"
    assert value(results, "n", level="", **keys) == 0


def test_survival_from_the_second_randomisation_is_computed_again(results, tables):
    """Days from the second randomisation to death or the last sign of life, among those who were randomised again."""
    again = tables["second_randomisation"].set_index("subject_id")
    again = again[again["second_arm"] != ""]
    first = pd.to_datetime(tables["subjects"].set_index("subject_id")["randomisation_date"]).reindex(again.index)
    start = pd.to_datetime(again["second_randomisation_date"])
    times = follow_up(tables, 10_000, ("death",)).reindex(again.index)
    days = times["day"] - (start - first).dt.days
    own = pd.DataFrame({"day": days.clip(upper=140), "event": times["event"] & (days <= 140)}).join(again["second_arm"])
    keys = {"analysis_id": "os_second", "measure": "survival", "level": ""}
    for arm, rows in own.groupby("second_arm"):
        assert value(results, "n_total", analysis_id="os_second", variable="N", group=arm) == len(rows)
        for day in (28, 56, 140):
            found = value(results, "estimate", group=arm, time_days=day, **keys)
            assert found == pytest.approx(kaplan_meier(rows, day), rel=1e-12)
    chi_square = logrank(own, own["second_arm"] == "UCMSC5", pd.Series("", index=own.index))
    test = {"analysis_id": "os_second", "measure": "log-rank test"}
    assert value(results, "statistic", **test) == pytest.approx(chi_square, rel=1e-9)
    ratio = results[(results["analysis_id"] == "os_second") & (results["measure"] == "hazard ratio")]
    assert set(ratio["group"]) == {"UCMSC5"}
    assert set(ratio["comparator"]) == {"UCMSC3"}


def test_every_patient_has_a_level_of_the_hepatitis_b_subgroup(results, tables):
    """The words of the study file are those that data.toml gives the texts of the export: nobody is left over."""
    keys = {"analysis_id": "os_km", "measure": "subgroup", "subgroup": "AETHBV", "stat": "n"}
    rows = results[(results[list(keys)] == pd.Series(keys)).all(axis=1)]
    n = rows.groupby("subgroup_level")["value"].sum()
    is_b = tables["subjects"]["aetiology"].str.contains("hepatitis B")
    assert n.to_dict() == {"hepatitis B": is_b.sum(), "other": (~is_b).sum()}


def test_no_blinded_report_tells_of_the_second_randomisation(reports, read_results, study):
    rows = read_results(reports(TEMPLATE))
    assert "os_second" not in set(rows["analysis_id"])
    assert not rows["variable"].isin(["OS2", "AGAIN"]).any()
    seen = code_study(study, {"UCMSC": "B", "ALBSAL": "A"})
    assert "os_second" not in {item.id for item in seen.study.analyses}
    assert {"AGAIN"}.isdisjoint(item.code for item in seen.study.populations)
    assert any("second randomisation tells" in notice for notice in seen.notices)


@pytest.mark.parametrize("arm", ARMS)
def test_survival_at_the_fixed_days_is_computed_again(results, times, arm):
    own = times[times["arm"] == arm]
    assert len(own) == ARMS[arm]
    for day in (28, 84, 168):
        keys = {"analysis_id": "os_km", "measure": "survival", "group": arm, "time_days": day, "level": ""}
        assert value(results, "estimate", **keys) == pytest.approx(kaplan_meier(own, day), rel=1e-12)
        assert value(results, "n_events", **keys) == (own["event"] & (own["day"] <= day)).sum()


def test_the_primary_test_is_computed_again(results, times):
    chi_square = logrank(times, times["arm"] == "UCMSC", times["stratum"])
    keys = {"analysis_id": "os_km", "measure": "log-rank test"}
    assert value(results, "statistic", **keys) == pytest.approx(chi_square, rel=1e-9)
    unstratified = logrank(times, times["arm"] == "UCMSC", pd.Series("", index=times.index))
    assert abs(chi_square - unstratified) > 1e-3


def test_mean_survival_time_is_the_area_under_the_curve(results, times):
    areas = {}
    for arm in ARMS:
        own = times[times["arm"] == arm]
        areas[arm] = sum(kaplan_meier(own, day) for day in range(168))  # whole days: the curve steps on them
    keys = {"analysis_id": "os_km", "measure": "restricted mean difference"}
    assert value(results, "estimate", **keys) == pytest.approx(areas["UCMSC"] - areas["ALBSAL"], rel=1e-9)


def test_the_example_shows_what_makes_such_a_trial_hard(tables):
    assert set(tables["outcomes"]["outcome"]) >= {
        "death", "transplant", "withdrawal", "lost to follow-up", "discharge against advice",
    }  # fmt: skip
    assert tables["subjects"]["site"].nunique() == 4
    missed = tables["deviations"][tables["deviations"]["description"].str.contains("missed")]
    site = tables["subjects"].set_index("subject_id")["site"]
    rate = missed["subject_id"].map(site).value_counts() / site.value_counts()
    assert rate.max() > 2 * rate.min()
    assert "arm" not in tables["subjects"].columns
