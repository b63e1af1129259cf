"""Tables of two arms with their tests, and where a figure writes its comparison."""

import pytest
from matplotlib.figure import Figure as Drawing

from hepatrial.render.figures.style import new_frame, write_in_free_corner
from hepatrial.render.listings import build_listing
from hepatrial.render.tables import build_ae_terms, build_baseline, build_disposition
from parallel_factory import EVENTS, make_parallel
from table_texts import context_of, headings, texts


def test_adverse_events_with_fisher_p_values(tmp_path):
    study, data = make_parallel(
        tmp_path, "adverse events", 'conf_level = 0.95\ncomparison = "fisher"', ADAE=EVENTS
    )  # fmt: skip
    table = build_ae_terms(context_of(study, data, "table", "ae_terms", "first"))
    assert headings(table) == ["n (%)", "Events", "n (%)", "Events", "Cells"]
    assert texts(table) == {
        "Any treatment-emergent event": ["1 (25.0)", "1", "3 (75.0)", "4", "0.4857"],
        "Skin": ["0", "0", "3 (75.0)", "4", "0.1429"],
        "Rash": ["0", "0", "3 (75.0)", "4", "0.1429"],
        "General": ["1 (25.0)", "1", "0", "0", ">0.9999"],
        "fever": ["1 (25.0)", "1", "0", "0", ">0.9999"],
    }


def test_baseline_with_a_total_and_p_values(tmp_path):
    more = 'columns = ["AGE", "SEX"]\ntotal = true\ncomparison = { numbers = "anova", categories = "chi-square" }'
    table = build_baseline(context_of(*make_parallel(tmp_path, "baseline", more), "table", "baseline", "first"))
    assert headings(table) == ["Placebo", "Cells", "All patients", "p-value"]
    assert texts(table)["n"] == ["4", "4", "8", "0.0015"]
    assert texts(table)["Female"] == ["4 (100.0)", "1 (25.0)", "5 (62.5)", "0.0285"]
    assert texts(table)["Male"] == ["0", "3 (75.0)", "3 (37.5)", ""]
    assert any("expected counts are below 5" in note for note in table.footnotes)


def test_disposition_gives_the_reasons_the_most_frequent_first(tmp_path):
    table = build_disposition(context_of(*make_parallel(tmp_path, "disposition"), "table", "disposition", "first"))
    labels = [row.label for row in table.rows]
    place = labels.index("Discontinued the study")
    assert labels[place : place + 4] == ["Discontinued the study", "Adverse event", "Death", "Ongoing"]
    assert texts(table)["Death"] == ["0", "1 (25.0)"]


def test_a_listing_leaves_out_columns_that_the_data_do_not_have(tmp_path):
    absent = {"ADSL": ("LTDT", "AETIOL")}
    study, data = make_parallel(tmp_path, "disposition", absent=absent)
    heads = headings(build_listing(context_of(study, data, "listing", "list_subjects")))
    assert not {"Transplant", "Aetiology"} & set(heads)
    assert {"Subject", "Age", "Status"} <= set(heads)


@pytest.mark.parametrize(
    ("heights", "corner"),
    [([100, 95, 90], ("left", "bottom")), ([60, 10, 5], ("right", "top")), ([5, 50, 95], ("left", "bottom"))],
)
def test_a_comparison_is_written_where_no_line_runs_else_at_the_lower_left(heights, corner):
    frame = new_frame(3.3, below=0.6)
    frame.axes.set_xlim(0, 200)
    frame.axes.set_ylim(0, 100)
    frame.axes.plot([0, 100, 200], heights)
    write_in_free_corner(frame, "Log-rank p <0.0001\nHazard ratio Cells : Placebo 4.15 (2.65 to 6.50)")
    assert isinstance(frame.drawing, Drawing)
    (note,) = frame.axes.texts
    assert (note.get_ha(), note.get_va()) == corner
