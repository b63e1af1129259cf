"""The table of a response at a visit, cell by cell, on the patients that were counted by hand."""

from dataclasses import replace
from datetime import date

import pytest

from hepatrial.errors import RenderError
from hepatrial.estimate import compare_proportions_exact
from hepatrial.render.tables import build_proportion, build_response_tipping
from response_factory import COMPARED, make_response
from table_texts import context_of, headings, texts


def test_the_table_reads_as_counted(tmp_path):
    study, data = make_response(tmp_path)
    table = build_proportion(context_of(study, data, "table", "proportion", "first"))
    assert headings(table) == ["Placebo", "Cells"]
    assert texts(table) == {
        "Bilirubin ≤ 6 at Day 28, n/N (%)": ["1/6 (16.7)", "4/7 (57.1)"],
        "95% CI of the percentage": ["0.4 to 64.1", "18.4 to 90.1"],
        "In response": ["1 (16.7)", "4 (57.1)"],
        "Measured, not in response": ["2 (33.3)", "0"],
        "Died before": ["2 (33.3)", "1 (14.3)"],
        "Transplanted before": ["0", "1 (14.3)"],
        "Missing": ["0/1", "0/0"],
        "low": ["1/2", "3/3"],
        "high": ["0/3", "1/4"],
        "Difference (percentage points)": ["", "40.5"],
        "95% CI (Miettinen–Nurminen)": ["", "-14.8 to 76.0"],
        "Fisher's exact test, p-value": ["", "0.2657"],
    }
    missing = [row for row in table.rows if row.label == "Missing"]
    assert [[cell[0].text for cell in row.cells] for row in missing] == [["1", "1"], ["0", "0"]]
    assert any("counted as no response" in note for note in table.footnotes)


def test_a_visit_not_yet_due_is_explained_and_only_then(tmp_path):
    study, data = make_response(tmp_path)
    early = date(2025, 1, 15)  # nobody's window has ended: the dead of an interim report wait, others count
    for changes, words in (
        ({}, ""),
        ({"as_of": early, "cutoff": early}, "left out, whatever happened before"),
        ({"as_of": early}, "not final until the visit was due for everybody"),
    ):
        table = build_proportion(context_of(study, replace(data, **changes), "table", "proportion", "first"))
        notes = [note for note in table.footnotes if note.startswith("Visit not yet due:")]
        assert len(notes) == bool(words)
        assert all(words in note for note in notes)


def test_a_stratified_comparison_says_by_what(tmp_path):
    more = COMPARED.replace("miettinen-nurminen", "mantel-haenszel").replace('"fisher"', '"cmh", strata = "STRATUM"')
    table = build_proportion(context_of(*make_response(tmp_path, more), "table", "proportion", "first"))
    assert "Cochran–Mantel–Haenszel test, p-value" in texts(table)
    assert texts(table)["Odds ratios alike over strata, p-value"] == ["", "NE"]
    assert "The comparison is stratified by the stratum of the randomisation." in table.footnotes


def test_the_tipping_point_has_a_cell_for_every_split(tmp_path):
    more = COMPARED.replace('"fisher"', '"fisher", tipping_point = true')
    table = build_response_tipping(context_of(*make_response(tmp_path, more), "table", "response_tipping", "first"))
    # 4 of 7 against 1 of 6 as observed; one missing in each arm
    assert headings(table) == ["0", "1"]
    p = {
        (own, other): compare_proportions_exact({"m": 4 + own, "p": 1 + other}, {"m": 7, "p": 6}, reference="p").p_value
        for own in (0, 1)
        for other in (0, 1)
    }
    assert texts(table)["0"] == [f"{p[0, 0]:.4f}", f"{p[0, 1]:.4f}"]
    assert texts(table)["1"] == [f"{p[1, 0]:.4f}", f"{p[1, 1]:.4f}"]
    assert texts(table)["Combinations with p < 0.05 / all combinations"] == ["0 / 4", ""]


def test_without_a_tipping_point_it_is_an_error(tmp_path):
    with pytest.raises(RenderError, match="name one analysis with"):
        build_response_tipping(context_of(*make_response(tmp_path), "table", "response_tipping", "first"))
