"""A graded parameter at baseline is counted by grade, not averaged: by hand on five patients."""

import math

import pytest

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study
from hepatrial.render.context import Context
from hepatrial.render.objects import cell_text
from hepatrial.render.render import TABLES
from hepatrial.render.rows import RowIndex
from hepatrial.study import Output

BASELINE = """
[[analyses]]
id = "base"
method = "baseline"
title = "Baseline"
population = "FAS"
columns = ["AGE"]
parameters = ["BILI"]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    study = study_with(tmp_path_factory.mktemp("s"), BASELINE)
    graded = [item.model_copy(update={"codes": ("0", "1", "2")}) for item in study.parameters if item.code == "BILI"]
    others = [item for item in study.parameters if item.code != "BILI"]
    study = study.model_copy(update={"parameters": (*graded, *others)})
    adlb = {"USUBJID": ["P0", "P1", "P2", "P3"], "PARAMCD": ["BILI"] * 4, "AVAL": [1.0, 0.0, 1.0, 1.0],
            "ABLFL": ["Y"] * 4, "AVISIT": ["BL"] * 4, "SRCID": ["a", "b", "c", "d"]}  # fmt: skip
    data = make_data(ADSL={"USUBJID": ["P0", "P1", "P2", "P3", "P4"], "AGE": [50.0] * 5}, ADLB=adlb)
    return study, data, analyse_study(study, data)


def test_patients_are_counted_at_every_grade_and_without_one(made):
    frame = made[2].frame
    keys = {"measure": "baseline", "variable": "BILI"}
    assert [value(frame, "n", level=level, **keys) for level in ("0", "1", "2", "Missing")] == [1, 3, 0, 1]
    assert value(frame, "percent", level="1", **keys) == 60
    own = frame[(frame["measure"] == "baseline") & (frame["variable"] == "BILI")]
    assert set(own["stat"]) == {"n", "percent"}
    assert not math.isnan(value(frame, "mean", measure="baseline", variable="AGE"))


def test_the_table_shows_a_line_a_grade(made):
    study, data, results = made
    planned = Output(number="14.1", kind="table", template="baseline", title="T", analyses=("base",), population="FAS")
    table = TABLES["baseline"](Context(study, data, RowIndex(results), planned))
    (start,) = [place for place, row in enumerate(table.rows) if row.label == study.parameter("BILI").label]
    lines = [(row.label, cell_text(row.cells[0])) for row in table.rows[start + 1 :]]
    assert lines == [("0", "1 (20.0)"), ("1", "3 (60.0)"), ("2", "0"), ("Missing", "1 (20.0)")]
