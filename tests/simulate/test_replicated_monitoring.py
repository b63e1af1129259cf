"""Declared monitoring over replicates: stops by hand, and stopping probabilities beside the theory of the design."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hepatrial.analyse.headline_monitoring import TOO_FEW, Stop, measure_sequential, measure_stopping
from hepatrial.errors import SimulateError
from hepatrial.simulate import plan_operating, run_operating
from hepatrial.simulate.replicate import Replicate
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.simulable import list_rules
from hepatrial.simulate.stopping_summary import summarise_stopping
from hepatrial.simulate.trial import TrialPlan, draw_trial
from hepatrial.simulate.truth import compute_event_probability
from hepatrial.study import GroupSequential, Monitoring, StoppingRule, read_study, templates_dir

RULE = StoppingRule(
    id="deaths", title="Deaths by day 28", population="FAS", endpoint="death", transplant="not an event",
    window_days=28, rule="pocock", p0=0.2, alpha=0.1, counting="patients past the window", looks=(5, 10, 15, 20),
    n_max=20, probabilities=(),
)  # fmt: skip
DESIGN = GroupSequential(
    id="looks", title="Overall survival", analysis="os_km", spending="lan-demets-obrien-fleming", alpha=0.05, sided=2,
    power=0.8, hazard_ratio=0.6, events=(20, 40),
)  # fmt: skip


def with_monitoring(name, **rules):
    study = read_study(templates_dir() / name / "study.toml")
    return study.model_copy(update={"monitoring": Monitoring(**rules)})


@pytest.fixture(scope="module")
def single():
    return with_monitoring("nct06904755", stopping=(RULE,))


@pytest.fixture(scope="module")
def double():
    return with_monitoring("nct06242405", group_sequential=DESIGN)


def end_many(study, replicates, **more):
    """stopping.csv of many trials, by quantity, reason and look."""
    plan = TrialPlan(study, SCENARIOS[more.pop("scenario", "acute")], more.pop("n"), 7, more.pop("shift", {}), **more)
    rules = list_rules(study)
    rows = [
        {"replicate": number, **row}
        for number in range(replicates)
        for rule in rules.values()
        for row in Replicate(plan, number).measure_rule(rule)
    ]
    return summarise_stopping(pd.DataFrame(rows), plan, rules).set_index(["quantity", "reason", "look"]).sort_index()


def assert_near(found, slack=0.0):
    """Every number that has a theory is within four standard errors of it."""
    known = found[found["theory"].notna()]
    assert len(known) >= 4
    error = np.maximum(known["error"], np.sqrt(0.01 / known["replicates"]))  # a share of none has no error of its own
    assert ((known["value"] - known["theory"]).abs() < 4 * error + slack).all(), known


def test_a_rule_stops_at_the_first_look_that_reaches_it():
    """p0 = 0.2, alpha 0.05, looks at 3, 6 and 10: stop at 3, 4 and 5 deaths (the boundary's own example)."""
    rule = RULE.model_copy(update={"looks": (3, 6, 10), "n_max": 10, "alpha": 0.05})
    entry = np.array([0.0, 10, 20, 30, 40, 50, 60, 70, 80, 90])
    time = np.array([5.0, 28, 200, 29, 1, 2, 200, 200, 200, 3])
    event = np.array([1, 1, 0, 1, 1, 1, 0, 0, 0, 1], dtype=bool)
    # by day 28 died patients 1, 2, 5, 6, 10 (4 on day 29): 2 of 3, 4 of 6
    assert measure_stopping(rule, entry, time, event) == Stop(2, "boundary reached", 78.0, 6, 4)
    event[4] = False
    assert measure_stopping(rule, entry, time, event) == Stop(0, "", 118.0, 10, 4)


def test_a_rule_on_follow_up_stops_at_an_event_that_comes_too_early():
    """Everybody dies on day 1: the first event that can stop does."""
    rule = RULE.model_copy(update={"counting": "follow-up", "looks": "continuous"})
    entry = np.arange(20.0) * 100
    found = measure_stopping(rule, entry, np.ones(20), np.ones(20, dtype=bool))
    assert found.look == 1
    assert found.day == entry[found.n_events - 1] + 1
    never = measure_stopping(rule, entry, np.full(20, 60.0), np.zeros(20, dtype=bool))
    assert (never.look, never.reason, never.n_events) == (0, "", 0)


def test_two_arms_stop_when_one_of_them_dies():
    """One arm dies in the order of entry, the other lives: the first look, at its twentieth event, is enough."""
    entry, time = np.arange(80.0), np.full(80, 50.0)
    is_other = np.tile([True, False], 40)
    found = measure_sequential(DESIGN, entry, time, ~is_other, is_other)
    assert found == Stop(1, "efficacy boundary crossed", 39.0 + 50, 20, 20)
    other = measure_sequential(DESIGN, entry, time, is_other, is_other)
    assert other.reason == "boundary of the other side crossed"
    few = np.zeros(80, dtype=bool)
    few[:30] = True
    assert measure_sequential(DESIGN, entry, time, few, is_other) == Stop(0, TOO_FEW, 129.0, 30, 30)


def test_the_chance_to_see_a_death_is_what_many_patients_show(single):
    known = SCENARIOS["acute-on-chronic"]
    hazards = {**known.disease.hazards, "withdrawal": (0.02, 0.4)}
    scenario = replace(known, disease=replace(known.disease, hazards=hazards))
    plan = TrialPlan(single, scenario, 60_000, 7, {})
    trial = draw_trial(plan, 0)
    for with_transplant in (False, True):
        first = np.fmin(trial.death, trial.transplant) if with_transplant else trial.death
        shown = float((first <= 28).mean())
        assert compute_event_probability(plan, 28, with_transplant=with_transplant) == pytest.approx(shown, abs=0.006)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_stopping_probabilities_are_those_of_the_exact_recursion(single, shift):
    arm = single.design.arms[0].code
    found = end_many(single, 1500, n=20, shift={arm: shift})
    assert_near(found)
    line = found.loc[("stopped", "", 0)]
    assert line["value"] == pytest.approx(found.loc[("stopped", "boundary reached")]["value"].sum())
    assert found.loc[("expected counted", "", 0), "value"] <= found.loc[("expected enrolled", "", 0), "value"] <= 20


def test_alike_arms_cross_as_often_as_normal_theory_says(double):
    found = end_many(double, 400, n=160, scenario="acute-on-chronic", accrual_days=300)
    assert_near(found, slack=0.01)
    assert found.loc[("stopped", "", 0), "theory"] == pytest.approx(0.05, abs=1e-6)


def test_stopping_is_written_beside_the_characteristics(single, tmp_path):
    plan = replace(plan_operating(single, n_replicates=20, n=20), chunk=10)
    assert plan.monitored == ("deaths",)
    run_operating(plan, tmp_path / "one", jobs=1)
    run_operating(replace(plan, n_replicates=10), tmp_path / "two", jobs=1)
    run_operating(plan, tmp_path / "two", jobs=1)
    one, two = ((tmp_path / name / "stopping.csv").read_bytes() for name in ("one", "two"))
    assert one == two
    table = pd.read_csv(tmp_path / "one" / "stopping.csv")
    assert (table["replicates"] == 20).all()
    characteristics = pd.read_csv(tmp_path / "one" / "operating_characteristics.csv")
    assert "deaths" not in set(characteristics["analysis_id"])


def test_a_rule_on_adverse_events_is_not_followed_and_said_so(single, tmp_path):
    toxic = RULE.model_copy(update={"id": "toxic", "endpoint": "toxicity"})
    study = single.model_copy(update={"monitoring": Monitoring(stopping=(RULE, toxic))})
    plan = replace(plan_operating(study, n_replicates=2, analyses=["deaths"], n=20), chunk=2)
    assert (plan.analyses, plan.monitored) == ((), ("deaths",))
    run_operating(plan, tmp_path / "x", jobs=1)
    omitted = json.loads((tmp_path / "x" / "plan.json").read_text(encoding="utf-8"))["not_simulated"]
    assert omitted["toxic"] == "replicates have no adverse events"
    with pytest.raises(SimulateError, match="toxic: replicates have no adverse events"):
        plan_operating(study, n_replicates=2, analyses=["toxic"])
