"""Tables of models by arm and visit say what they suppose about death, and write ratios on the log scale."""

import math

import pytest

from analysis_factory import ORIGIN
from hepatrial.render.tables import build_composite, build_gee, build_mmrm, build_mmrm_covariance
from parallel_factory import SUBJECTS, make_parallel
from table_texts import context_of, headings, texts

SEEN = [*SUBJECTS["USUBJID"]]
VALUES = [100.0, 200, 400, 100, 50, 100, 25, 50]
RECORDS = {
    "USUBJID": SEEN,
    "PARAMCD": ["BILI"] * 8,
    "AVAL": VALUES,
    "BASE": [100.0] * 8,
    "AVISIT": ["D28"] * 8,
    "ANL01FL": ["Y"] * 8,
    "AFTLTFL": ["N"] * 8,
    "DTYPE": [""] * 8,
    "SRCID": [f"r{k}" for k in range(8)],
}
COMMON = 'parameters = ["BILI"]\nvisits = ["D28"]\nresponse = "value"\nconf_level = 0.95\n'
MODEL = COMMON + 'fixed = ["TRT01P"]\nmargins = "equal"\n'
MMRM = MODEL + 'death_strategy = "hypothetical"\ncovariance = "cs"\ndf = "residual"\n'
GEE = MODEL + 'death_strategy = "while-alive"\nsandwich = "CR2"\ndf = "satterthwaite"\n'
RANKS = COMMON + 'death_strategy = "composite"\nworst = ["death"]\nbetter = "low"\nmissing = "exclude"\n'
COMPARED = 'comparison = "reference"\n'


@pytest.mark.parametrize(
    ("method", "more", "build", "words"),
    [
        ("mmrm", MMRM + COMPARED, build_mmrm, "T, as if nobody had died"),
        ("gee", GEE + COMPARED, build_gee, "T, among those alive on the native liver"),
    ],
)
def test_means_and_ratios_by_arm(tmp_path, method, more, build, words):
    study, data = make_parallel(tmp_path, method, more, ADLB=RECORDS)
    table = build(context_of(study, data, "table", method, "first"))
    assert table.title == words
    assert headings(table)[:4] == ["n", "Mean (95% CI)", "SE", "df"]
    placebo, cells = texts(table)["Placebo"], texts(table)["Cells"]
    assert placebo[0] == cells[0] == "4"
    assert placebo[1].startswith("168.18 (")  # geometric mean of 100, 200, 400, 100
    assert cells[1].startswith("50.00 (")
    assert cells[4].startswith("0.30 (")
    assert placebo[4:] == ["", "", "", ""]
    assert any("on the scale of the logarithm" in note for note in table.footnotes)


def test_without_a_comparison_there_are_no_columns_for_it(tmp_path):
    study, data = make_parallel(tmp_path, "mmrm", MMRM, ADLB=RECORDS)
    assert headings(build_mmrm(context_of(study, data, "table", "mmrm", "first"))) == ["n", "Mean (95% CI)", "SE", "df"]


def test_the_covariance_over_visits(tmp_path):
    study, data = make_parallel(tmp_path, "mmrm", MMRM, ADLB=RECORDS)
    table = build_mmrm_covariance(context_of(study, data, "table", "mmrm_covariance", "first"))
    assert headings(table) == ["Day 28"]
    # powers of 2 times 100 and 50: squared deviations 2.75 and 2 of log 2, on 6 degrees of freedom
    assert texts(table)["Day 28"] == [f"{4.75 / 6 * math.log(2) ** 2:.3f}"]


def test_worst_ranks(tmp_path):
    dead = SUBJECTS | {"DTHDT": [None, None, None, ORIGIN.replace(day=9), None, None, None, None]}
    study, data = make_parallel(tmp_path, "composite", RANKS, subjects=dead, ADLB=RECORDS)
    table = build_composite(context_of(study, data, "table", "composite", "first"))
    assert table.title == "T, death the worst outcome"
    assert headings(table)[:3] == ["Value", "Death", "Missing"]
    assert texts(table)["Placebo"] == ["3", "1", "0", "", "", ""]
    assert texts(table)["Cells"][:3] == ["4", "0", "0"]
    assert texts(table)["Cells"][3].startswith("0.969 (")  # 15.5 of 16 pairs
