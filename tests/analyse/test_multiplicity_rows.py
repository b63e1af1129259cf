"""Families of hypotheses: adjusted from the p-values of the other analyses by hand, and contradictions refused."""

import math

import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.errors import StudyError
from hepatrial.render.tables import build_multiplicity
from mayo_factory import make_trial
from table_texts import context_of, texts

SURVIVAL = """parameter = "OS"
days = [1826, 2200]
conf_type = "log-log"
conf_level = 0.95
comparison = { test = "log-rank", hazard_ratio = true, ties = "efron", fixed_days = "cloglog" }
"""
FAMILY = """
[[analyses]]
id = "family"
method = "multiplicity"
title = "Hypotheses"
population = "FAS"
procedure = "holm"
alpha = 0.05
hypotheses = [
  { id = "h1", label = "Survival", analysis = "first", measure = "log-rank test" },
  { id = "h2", label = "Day 1826", analysis = "first", measure = "survival difference", group = "MSC", day = 1826 },
  { id = "h3", label = "Day 2200", analysis = "first", measure = "survival difference", group = "MSC", day = 2200 },
]
"""


def make(folder, family=FAMILY):
    """The Mayo trial, with the times on placebo cut to 60 % so that some hypotheses are rejected."""
    study, data = make_trial(folder, "survival", SURVIVAL + family)
    adtte = data.datasets["ADTTE"]
    on_placebo = adtte["USUBJID"].map(data.datasets["ADSL"].set_index("USUBJID")["TRT01P"]) == "PBO"
    data.datasets["ADTTE"] = adtte.assign(AVAL=adtte["AVAL"].where(~on_placebo, (0.6 * adtte["AVAL"]).round()))
    return study, data


def raw_p(found):
    keys = {"analysis_id": "first", "measure": "survival difference"}
    differences = [value(found, "p_value", time_days=day, **keys) for day in (1826, 2200)]
    return [value(found, "p_value", measure="log-rank test"), *differences]


def adjusted(found, stat="adjusted_p_value"):
    return [value(found, stat, measure="hypothesis", variable=name) for name in ("h1", "h2", "h3")]


def test_holm_by_hand(tmp_path):
    found = analyse_study(*make(tmp_path)).frame
    p = raw_p(found)
    assert adjusted(found, "p_value") == p
    order = sorted(range(3), key=lambda place: p[place])
    wanted, before = [0.0] * 3, 0.0
    for step, place in enumerate(order):
        before = wanted[place] = max(before, min(1.0, (3 - step) * p[place]))
    assert adjusted(found) == pytest.approx(wanted, rel=1e-12)
    assert adjusted(found, "rejected") == [float(q <= 0.05) for q in wanted]
    assert set(adjusted(found, "rejected")) == {0.0, 1.0}


def test_a_fixed_sequence_stops_at_the_first_that_is_not_rejected(tmp_path):
    found = analyse_study(*make(tmp_path, FAMILY.replace("holm", "fixed sequence"))).frame
    p = raw_p(found)
    assert adjusted(found) == pytest.approx([p[0], max(p[:2]), max(p)], rel=1e-12)


def test_a_graph_that_passes_all_on_is_the_fixed_sequence(tmp_path):
    graph = 'procedure = "graphical"\nweights = [1.0, 0.0, 0.0]\n'
    graph += "transitions = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]"
    found = analyse_study(*make(tmp_path, FAMILY.replace('procedure = "holm"', graph))).frame
    p = raw_p(found)
    assert adjusted(found) == pytest.approx([p[0], max(p[:2]), max(p)], rel=1e-12)


def test_what_could_not_be_tested_counts_as_one(tmp_path):
    study, data = make(tmp_path)
    adtte = data.datasets["ADTTE"]
    data.datasets["ADTTE"] = adtte.assign(
        AVAL=adtte["AVAL"].clip(upper=2000), CNSR=adtte["CNSR"].where(adtte["AVAL"] < 2000, 1)
    )
    found = analyse_study(study, data).frame
    assert math.isnan(adjusted(found, "p_value")[2])
    assert adjusted(found)[2] == 1
    (note,) = set(found.loc[(found["variable"] == "h3") & (found["stat"] == "rejected"), "message"])
    assert note.startswith("could not be tested, counted as p = 1")


def test_the_table_says_what_is_decided(tmp_path):
    shown = texts(build_multiplicity(context_of(*make(tmp_path), "table", "multiplicity", "family")))
    assert list(shown) == ["Survival", "Day 1826", "Day 2200"]
    assert {cells[2] for cells in shown.values()} == {"rejected", "not rejected"}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('day = 2200 }', 'day = 28 }', "28 is not one of the analysis' days"),
        ('measure = "log-rank test"', 'measure = "rate", group = "MSC"', "'rate' is not a p-value of method"),
        ('day = 2200 }', 'day = 1826 }', "one p-value is named twice"),
        ('id = "h2"', 'id = "h1"', "'h1' is defined 2 times"),
        ('group = "MSC", day = 2200', 'day = 2200', "name the arm that is compared"),
        ('measure = "log-rank test"', 'measure = "restricted mean ratio", group = "MSC"', "does not plan this test"),
        ('procedure = "holm"', 'procedure = "graphical"', "3 hypotheses need 3 weights"),
        ('procedure = "holm"', 'procedure = "holm"\nweights = [1.0, 0.0, 0.0]', "go with procedure 'graphical'"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(tmp_path, old, new, fault):
    with pytest.raises(StudyError) as raised:
        make(tmp_path, FAMILY.replace(old, new))
    assert any(fault in line for line in raised.value.faults), raised.value.faults
