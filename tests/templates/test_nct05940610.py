"""NCT05940610, withdrawn before enrolment: what is proposed says so, and survival is computed again by hand."""

import pandas as pd
import pytest
from scipy.stats import beta

from analysis_factory import value
from export_reader import follow_up, kaplan_meier, logrank, read_tables
from hepatrial.study import find_confirmations, leaves, read_study, templates_dir

TEMPLATE = "nct05940610"


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / TEMPLATE / "study.toml")


@pytest.fixture(scope="module")
def results(reports, read_results):
    return read_results(reports(TEMPLATE))


@pytest.fixture(scope="module")
def times():
    tables = read_tables(TEMPLATE)
    return follow_up(tables, 84, ("death",)).join(tables["subjects"].set_index("subject_id")["arm"])


def test_the_template_and_its_report_say_that_the_trial_was_withdrawn(study, reports):
    assert study.identity.status == "withdrawn before enrolment"
    page = (reports(TEMPLATE) / "report.html").read_text(encoding="utf-8")
    assert page.count("withdrawn before enrolment") >= 3
    assert "SIMULATED" in page
    assert "withdrawn before anybody was enrolled" in (templates_dir() / TEMPLATE / "README.md").read_text("utf-8")


def test_everything_that_the_source_leaves_open_or_contradicts_is_proposed(study):
    notes = {item.path: item.note for item in find_confirmations(study)}
    assert {"design", "time", *(f"visits[{visit.code}]" for visit in study.visits)} <= set(notes)
    for word in ("withdrawn", "ratio", "single dose", "saline", "intervention"):
        assert word in notes["design"], word
    for endpoint in study.endpoints:
        assert f"endpoints[{endpoint.id}]" in notes, endpoint.id


def test_every_criterion_is_there_and_meld_above_30_excludes(study):
    assert [item.kind for item in study.eligibility] == ["inclusion"] * 5 + ["exclusion"] * 4
    values = {leaf.value for item in study.eligibility if item.criterion for leaf in leaves(item.criterion)}
    assert values >= {18, 65, 171.0, 17.1, 20.0, 40.0, 1.5, 2.6, 2, 30, "ACLF", "ALF"}
    (meld,) = [item for item in study.eligibility if item.id == "E03"]
    assert [(leaf.parameter, leaf.op, leaf.value) for leaf in leaves(meld.criterion)] == [("MELD", ">", 30)]
    weeks = {leaf.weeks for leaf in leaves(study.eligibility[1].criterion) if hasattr(leaf, "weeks")}
    assert weeks == {4, 8}


def test_vesicles_are_given_weekly_four_times(study):
    assert {arm.dose_days for arm in study.design.arms} == {(0, 7, 14, 21)}


def test_nothing_failed(results):
    assert not (results["status"] == "failed").any()


@pytest.mark.parametrize("arm", ["EV", "CONTROL"])
def test_survival_at_days_28_and_84_is_computed_again(results, times, arm):
    for day in (28, 84):
        keys = {"analysis_id": "os_km", "measure": "survival", "group": arm, "time_days": day, "level": ""}
        own = times[times["arm"] == arm]
        assert value(results, "estimate", **keys) == pytest.approx(kaplan_meier(own, day), rel=1e-12)
        assert value(results, "n_events", **keys) == (own["event"] & (own["day"] <= day)).sum()


def test_with_nobody_censored_before_day_28_the_limits_are_those_of_clopper_and_pearson(results, times):
    own = times[times["arm"] == "CONTROL"]
    assert not (~own["event"] & (own["day"] < 28)).any()
    n, alive = len(own), (own["day"] >= 28).sum()
    assert 0 < alive < n
    keys = {"analysis_id": "os_km", "measure": "survival", "group": "CONTROL", "time_days": 28, "level": ""}
    assert value(results, "conf_low", **keys) == pytest.approx(beta.ppf(0.025, alive, n - alive + 1), rel=1e-9)
    assert value(results, "conf_high", **keys) == pytest.approx(beta.ppf(0.975, alive + 1, n - alive), rel=1e-9)


def test_the_log_rank_test_is_computed_again(results, times):
    chi_square = logrank(times, times["arm"] == "EV", pd.Series("", index=times.index))
    found = value(results, "statistic", analysis_id="os_km", measure="log-rank test")
    assert found == pytest.approx(chi_square, rel=1e-9)
