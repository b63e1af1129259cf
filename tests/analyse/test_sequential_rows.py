"""Rows of group-sequential monitoring: bounds of rpact, conditional power in closed form, decisions, what is hidden."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from analysis_factory import make_data, study_with, value
from hepatrial.analyse.sequential import analyse_sequential
from hepatrial.errors import StudyError
from hepatrial.estimate import compare_survival
from hepatrial.render import Figure, Table, cell_text
from hepatrial.render.board import BOARD_FIGURES, BOARD_TABLES
from hepatrial.render.context import Context
from hepatrial.render.rows import RowIndex
from hepatrial.results import bind_results, make_source
from hepatrial.study import Output, pool_study, read_study
from study_factory import write_study

ANALYSES = """
[[analyses]]
id = "os_km"
method = "survival"
title = "Survival"
population = "FAS"
parameter = "OS"
by_arm = true
days = [28]
conf_type = "log-log"
conf_level = 0.95
comparison = { test = "log-rank", hazard_ratio = true, ties = "efron" }
[monitoring.group_sequential]
id = "gs"
title = "Survival, group-sequential"
analysis = "os_km"
spending = "obrien-fleming"
alpha = 0.025
sided = 1
power = 0.9
hazard_ratio = 0.5
events = [20, 40]
"""
TWO_ARMS = {
    'kind = "single arm"\nmasking = "open"': 'kind = "parallel"\nmasking = "open"\nreference_arm = "REF"',
    'label = "MSC" }]': 'label = "MSC" }, { code = "REF", label = "Control" }]',
}
N = 40


def make(events_msc, events_ref):
    """Eighty patients, in turn to each arm; the first of an arm have the event, on different days."""
    arm = ["MSC", "REF"] * N
    place = np.arange(2 * N) // 2
    had = np.where(np.array(arm) == "MSC", place < events_msc, place < events_ref)
    time = np.where(had, 1 + np.arange(2 * N) % 50, 60).astype(float)
    names = [f"S{n:03d}" for n in range(2 * N)]
    adtte = {"USUBJID": names, "PARAMCD": ["OS"] * 2 * N, "AVAL": time, "CNSR": np.where(had, 0.0, 1.0)}
    return make_data(ADSL={"USUBJID": names, "TRT01P": arm}, ADTTE=adtte)


def rows(study, data):
    found, sources = [], {}
    for row in analyse_sequential(study, data):
        source = make_source(*row.pop("source"))
        sources[source["source_id"]] = source
        found.append(row | {"source_id": source["source_id"]})
    return bind_results(found, sources.values())


def study(folder, **changes):
    return study_with(folder, ANALYSES, **TWO_ARMS | changes)


@pytest.fixture(scope="module")
def data():
    return make(6, 14)


@pytest.fixture(scope="module")
def frame(tmp_path_factory, data):
    return rows(study(tmp_path_factory.mktemp("gs")), data).frame


@pytest.mark.reference
def test_bounds_are_those_of_rpact(frame):
    """rpact 3.3.4: getDesignGroupSequential(informationRates = c(0.5, 1), typeOfDesign = "OF")."""
    found = [value(frame, "upper_bound", level=level) for level in ("1", "2")]
    assert found == pytest.approx([2.79650968, 1.97743096], abs=1e-6)
    assert [value(frame, "n_events", level=level) for level in ("1", "2")] == [20, 40]
    assert value(frame, "alpha_spent", level="2") == pytest.approx(0.025, abs=1e-6)


def test_z_is_the_log_rank_s_and_positive_for_the_better_treatment(frame, data):
    adtte, adsl = data.datasets["ADTTE"], data.datasets["ADSL"]
    test = compare_survival(adtte["AVAL"], (adtte["CNSR"] == 0).astype(int), adsl["TRT01P"])
    z = value(frame, "statistic", measure="sequential boundary", level="1")
    assert z == pytest.approx(np.sqrt(test.statistic), rel=1e-12)
    assert z > 0


@pytest.mark.reference
def test_power_in_closed_form(frame):
    """One look left at I: conditional Phi((z sqrt(t) + drift (1 - t) - c)/sqrt(1 - t)), drift = effect sqrt(I)."""
    z, c, t, total = value(frame, "statistic", measure="sequential boundary", level="1"), 1.97743096, 0.5, 40 / 4
    for name, effect in (("no effect", 0.0), ("present trend", z / np.sqrt(total * t)), ("planned effect", np.log(2))):
        wanted = norm.cdf((z * np.sqrt(t) + effect * np.sqrt(total) * (1 - t) - c) / np.sqrt(1 - t))
        assert value(frame, "estimate", measure="conditional power", variable=name) == pytest.approx(wanted, abs=1e-6)
    wanted = norm.cdf((z - c * np.sqrt(t)) / np.sqrt(1 - t))
    assert value(frame, "estimate", measure="predictive power") == pytest.approx(wanted, abs=1e-6)


def test_repeated_interval_by_hand_and_no_stage_wise_estimate_before_the_end(frame):
    z, root = value(frame, "statistic", measure="sequential boundary", level="1"), np.sqrt(20 / 4)
    keys = {"measure": "repeated interval", "level": "1"}
    assert value(frame, "estimate", **keys) == pytest.approx(np.exp(-z / root), rel=1e-9)
    assert value(frame, "conf_low", **keys) == pytest.approx(np.exp(-(z + 2.79650968) / root), rel=1e-5)
    assert value(frame, "conf_high", **keys) == pytest.approx(np.exp(-(z - 2.79650968) / root), rel=1e-5)
    assert value(frame, "conf_level", **keys) == pytest.approx(0.95)
    assert set(frame[frame["measure"] == "stage-wise estimate"]["status"]) == {"not_estimable"}
    assert frame[frame["measure"] == "sequential decision"]["level"].tolist() == ["continue"]


def test_crossing_gives_the_stage_wise_estimate_of_the_first_look(tmp_path):
    """At the first look the stage-wise p-value is the ordinary one, and the estimate that of the log-rank test."""
    found = rows(study(tmp_path), make(1, 19)).frame
    assert found[found["measure"] == "sequential decision"]["level"].tolist() == ["efficacy boundary crossed"]
    z = value(found, "statistic", measure="sequential boundary", level="1")
    assert z > 2.8
    assert value(found, "p_value", measure="stage-wise estimate") == pytest.approx(norm.sf(z), rel=1e-6)
    assert value(found, "estimate", measure="stage-wise estimate") == pytest.approx(np.exp(-z / np.sqrt(5)), rel=1e-6)


@pytest.mark.reference
def test_unplanned_information_of_a_spending_function(tmp_path):
    """gsDesign/rpact asOF at 22 of 40 and 40: first bound spends 2(1 - Phi(z(1 - a/2)/sqrt(t))) at t = 0.55."""
    changes = {'spending = "obrien-fleming"': 'spending = "lan-demets-obrien-fleming"'}
    found = rows(study(tmp_path, **changes), make(8, 14)).frame
    spent = 2 * norm.sf(norm.isf(0.0125) / np.sqrt(22 / 40))
    assert value(found, "alpha_spent", measure="sequential boundary", level="1") == pytest.approx(spent, rel=1e-6)
    assert value(found, "upper_bound", level="1") == pytest.approx(norm.isf(spent), rel=1e-6)
    assert value(found, "alpha_spent", measure="alpha spending", level="1") == pytest.approx(0.025, rel=1e-9)
    assert set(found[found["measure"] == "sequential boundary"]["status"]) == {"ok"}


def test_a_shape_at_other_than_planned_events_says_so(tmp_path):
    found = rows(study(tmp_path), make(8, 14)).frame
    row = found[(found["stat"] == "upper_bound") & (found["level"] == "1")].iloc[0]
    assert row["status"] == "note"
    assert "a boundary shape keeps its level at the planned ones only" in row["message"]


def test_an_earlier_look_stays_as_it_was_reported(tmp_path, data):
    done = "events = [10, 20, 40]\nlooks_done = [{ cutoff = 2025-03-01, events = 9, z = 0.7 }]\n"
    found = rows(study(tmp_path, **{"events = [20, 40]\n": done}), data).frame
    shown = found[(found["measure"] == "sequential boundary") & (found["stat"] == "statistic")]
    assert shown["level"].tolist() == ["1", "2"]
    assert shown["value"].iloc[0] == 0.7
    assert [value(found, "n_events", level=level) for level in ("1", "2", "3")] == [9, 20, 40]


def test_futility_that_is_crossed_may_be_overruled(tmp_path):
    text = "events = [20, 40]\n[monitoring.group_sequential.futility]\nbounds = [0.5]\nbinding = false\n"
    found = rows(study(tmp_path, **{"events = [20, 40]\n": text}), make(10, 10)).frame
    decision = found[found["measure"] == "sequential decision"].iloc[0]
    assert decision["level"] == "futility boundary crossed"
    assert "may be overruled" in decision["message"]
    assert value(found, "lower_bound", level="1") == 0.5
    assert value(found, "upper_bound", level="2") == pytest.approx(1.97743096, abs=1e-6)


def test_nothing_new_is_not_evaluable(tmp_path, data):
    done = "events = [20, 40]\nlooks_done = [{ cutoff = 2025-03-01, events = 20, z = 0.7 }]\n"
    found = rows(study(tmp_path, **{"events = [20, 40]\n": done}), data).frame
    assert found["level"].tolist() == ["not evaluable"]
    assert "there is nothing new" in found["message"].iloc[0]


def test_a_blind_report_has_none_and_a_closed_one_only_what_hides_the_direction(tmp_path, data):
    blind = {**TWO_ARMS}
    key, text = next(iter(blind.items()))
    blind[key] = text.replace('masking = "open"', 'masking = "double"')
    double = study_with(tmp_path, ANALYSES, **blind)
    assert list(analyse_sequential(double, data)) == []
    assert list(analyse_sequential(pool_study(double).study, data)) == []
    planned = double.monitoring.group_sequential.model_copy(update={"sided": 2, "alpha": 0.05})
    coded = double.model_copy(
        update={
            "blinding": double.blinding.model_copy(update={"compare_at_interim": True}),
            "monitoring": double.monitoring.model_copy(update={"group_sequential": planned}),
        }
    )
    found = rows(coded, data).frame
    assert "planned effect" not in set(found["variable"])
    assert {"conditional power", "sequential boundary"} <= set(found["measure"])


def test_tables_and_figures_show_the_look(tmp_path, data):
    made = study(tmp_path)
    cut = replace(data, cutoff=date(2025, 12, 31), extracted_on=date(2026, 1, 31))
    index = RowIndex(rows(made, data))
    output = Output(number="11.4.1", kind="table", template="x", title="T", population="FAS")
    context = Context(made, cut, index, output)
    table = BOARD_TABLES["sequential_boundaries"](context)
    assert isinstance(table, Table)
    assert [cell_text(cell) for cell in table.rows[0].cells][:3] == ["20", "50.0", "2.797"]
    inference = BOARD_TABLES["sequential_inference"](context)
    assert "Look 1, repeated interval and p-value" in [row.label for row in inference.rows]
    for name in ("sequential_boundary", "spending"):
        (figure,) = BOARD_FIGURES[name](context)
        assert isinstance(figure, Figure)
        assert len(figure.rows) > 5


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('analysis = "os_km"', 'analysis = "other"', "'other' is not a survival analysis by arm"),
        ("events = [20, 40]", "events = [40, 20]", "numbers of events must rise"),
        ('"obrien-fleming"', '"hwang-shih-decani"', "needs its gamma"),
        ("power = 0.9", "power = 0.9\nparameter = 1.0", "has none; remove it"),
        ("hazard_ratio = 0.5", "hazard_ratio = 1.0", "1 is no effect"),
        ("events = [20, 40]", "events = [20, 40]\nfutility = { bounds = [0.1, 0.2], binding = true }", "1 are needed"),
        ("sided = 1", "sided = 2\nfutility = { bounds = [0.1], binding = true }", "only a one-sided design"),
        ("events = [20, 40]", "events = [20, 40]\nfutility = { binding = true }", "give either bounds or spending"),
    ],
)
def test_faults_of_a_design_are_named(tmp_path, old, new, fault):
    assert old in ANALYSES
    with pytest.raises(StudyError) as caught:
        study_with(tmp_path, ANALYSES.replace(old, new), **TWO_ARMS)
    assert any(fault in text for text in caught.value.faults), caught.value.faults


def test_one_arm_has_no_group_sequential_design(tmp_path):
    with pytest.raises(StudyError, match="compares two arms"):
        read_study(write_study(tmp_path, study_text_of_one_arm(tmp_path)))


def study_text_of_one_arm(folder):
    try:
        study_with(folder, ANALYSES)
    except StudyError:
        return (folder / "study.toml").read_text(encoding="utf-8")
    raise AssertionError("a single arm was let through")
