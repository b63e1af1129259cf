"""What reading whole reports found: notes, headings and marks that a reader of one table needs."""

import numpy as np
import pytest

from hepatrial.analyse import analyse_study
from hepatrial.render import Figure, cell_text, render_report
from hepatrial.render.context import parameter_label
from hepatrial.render.figures import draw_state_bars
from hepatrial.render.figures.forest import _inches, _shorten
from hepatrial.render.listings import build_listing
from hepatrial.render.tables import build_ae_grades, build_ae_overview, build_ae_terms, build_by_visit, build_exposure
from hepatrial.render.to_confirm import describe_confirmations
from hepatrial.study import read_study, templates_dir
from parallel_factory import EVENTS, make_parallel
from report_factory import make_data, make_findings, make_study
from table_texts import context_of, headings, texts

SAFETY = 'conf_level = 0.95\nrisk_difference = "miettinen-nurminen"'
DOSED = {"USUBJID": [*(f"P{i}" for i in range(4)), "M0", "M0", "M1"], "EXSEQ": [1.0, 1, 1, 1, 1, 2, 1]}


def template(name):
    return read_study(templates_dir() / name / "study.toml")


@pytest.fixture
def events(tmp_path):
    study, data = make_parallel(tmp_path, "adverse events", SAFETY, ADAE=EVENTS)
    safety = template("nct06242405").safety
    return study.model_copy(update={"safety": safety}), data


def test_each_table_of_adverse_events_defines_what_it_shows_and_no_more(events):
    builds = {build_ae_overview: "ae_overview", build_ae_terms: "ae_terms", build_ae_grades: "ae_grades"}
    notes = {
        build: " ".join(build(context_of(*events, "table", name, "first")).footnotes) for build, name in builds.items()
    }
    assert "Related:" in notes[build_ae_overview]
    assert "On therapy: from the start of the first session to 28 days" in notes[build_ae_overview]
    assert "Coded with" not in notes[build_ae_overview]
    assert "Coded with MedDRA" in notes[build_ae_terms]
    assert "On therapy" not in notes[build_ae_terms]
    assert "On therapy" in notes[build_ae_grades]


def test_the_difference_of_two_arms_has_one_heading_that_says_both(events):
    table = build_ae_overview(context_of(*events, "table", "ae_overview", "first"))
    assert cell_text(table.columns[-1].heading) == "Difference (%)\nCells\nminus Placebo\n(95% CI)"
    assert table.columns[-1].children == ()


def test_a_number_of_sessions_that_an_arm_has_not_is_zero_and_not_a_dash(tmp_path):
    study, data = make_parallel(tmp_path, "exposure", ADEX=DOSED)
    shown = texts(build_exposure(context_of(study, data, "table", "exposure", "first")))
    assert shown["1"] == ["4 (100.0)", "1 (25.0)"]
    assert shown["2"] == ["0", "1 (25.0)"]


def test_no_row_of_device_deficiencies_where_no_event_was_judged_for_a_device(tmp_path):
    study, data = make_parallel(tmp_path, "exposure", ADEX=DOSED, ADAE=EVENTS)
    assert "Device deficiencies" not in texts(build_exposure(context_of(study, data, "table", "exposure", "first")))
    related = EVENTS | {"AERELDEV": ["NOT RELATED"] * 5}
    study, data = make_parallel(tmp_path, "exposure", ADEX=DOSED, ADAE=related)
    assert "Device deficiencies" in texts(build_exposure(context_of(study, data, "table", "exposure", "first")))


def test_a_listing_says_which_columns_are_empty_and_that_there_is_no_record(tmp_path):
    study, data = make_parallel(tmp_path, "exposure", ADEX=DOSED)
    listing = build_listing(context_of(study, data, "listing", "list_exposure"))
    assert "Amount" not in headings(listing)
    assert any(note.startswith("Without an entry, and left out: ") and "Amount" in note for note in listing.footnotes)
    empty = build_listing(context_of(study, data, "listing", "list_deviations"))
    assert "No records." in empty.footnotes
    assert "Deviation" in headings(empty)


def test_a_listing_of_times_follows_the_order_of_the_study_and_names_events_by_label(tmp_path):
    study, data = make_parallel(tmp_path, "exposure", ADEX=DOSED)
    planned = template("nct06242405")
    study = study.model_copy(update={"times_to_event": planned.times_to_event, "event_sources": planned.event_sources})
    times = {
        "USUBJID": ["P0", "P0"], "PARAMCD": ["ASC", "OS"], "PARAM": ["Ascites", "Overall survival"],
        "EVNTDESC": ["event ASC: fluid", "death"], "CNSR": [0.0, 0.0], "AVAL": [3.0, 9.0],
    }  # fmt: skip
    _, more = make_parallel(tmp_path, "exposure", ADEX=DOSED, ADTTE=times)
    listing = build_listing(context_of(study, more, "listing", "list_time_to_event"))
    assert headings(listing) == ["Subject", "Origin", "Overall survival", "Ascites"]
    assert [[cell_text(cell) for cell in row[2:]] for row in listing.rows] == [["9 death", "3 ascites, new or worse"]]


def test_units_are_written_as_in_print_and_left_out_where_they_say_nothing():
    study = template("nct06242405")
    labels = {item.code: parameter_label(item) for item in study.parameters}
    assert labels["PLAT"] == "Platelets (10⁹/L)"
    assert labels["INR"] == "International normalised ratio"
    assert labels["HEGRADE"] == "Hepatic encephalopathy grade (West Haven)"


def test_confirmations_with_one_reason_stand_together_by_their_labels():
    found = {item.what: item for item in describe_confirmations(template("nct05985863"))}
    visits = found["Visits Week 1, Week 2, Week 4, Week 8, Week 12, Week 24"]
    assert visits.note == "Our source gives no visits. Proposed with its window."
    assert visits.paths[0] == "visits[W1]"
    assert "Second randomisation" in found
    assert not [what for what in found if "_" in what]


def test_every_figure_carries_the_marking_of_a_closed_report(tmp_path):
    study = make_study(tmp_path)
    data = make_data(study)
    results, marking = analyse_study(study, data), "CLOSED REPORT: confidential"
    report = render_report(study, data, results, make_findings(), marking=marking, notices=("a notice",))
    assert (report.marking, report.notices) == (marking, ("a notice",))
    figures = [item for item in report.outputs if isinstance(item, Figure)]
    assert figures
    for figure in figures:
        assert marking in [text.get_text() for text in figure.drawing.texts]


def test_a_long_label_of_a_forest_keeps_its_end():
    label, width = "模拟中心三 Simulated centre 3", 1.61
    assert _shorten(label, width).endswith("…")
    size = float(np.clip(8.0 * width / _inches(label), 6.0, 8.0))
    assert _shorten(label, width * 8.0 / size) == label


def test_visits_have_their_names_under_bars_that_are_wide_enough(tmp_path):
    more = 'parameter = "BILI"\nvisits = ["BL", "D28"]\nclasses = [{ label = "low", to = 15.0 }, { label = "high" }]'
    study, data = make_parallel(tmp_path, "states", more)
    (figure,) = draw_state_bars(context_of(study, data, "figure", "state_bars", "first"))
    ticks = [text.get_text() for axes in figure.drawing.axes for text in axes.get_xticklabels()]
    assert "Baseline" in ticks
    assert "BL" not in ticks


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_only_a_log_scale_has_a_column_of_geometric_means(tmp_path, scale):
    more = 'parameters = ["BILI"]\nvisits = ["D28"]\ndeath_strategy = "while-alive"\nconf_level = 0.95\nmin_pairs = 2'
    study, data = make_parallel(tmp_path, "by visit", more)
    study = study.model_copy(update={"parameters": (study.parameters[0].model_copy(update={"scale": scale}),)})
    table = build_by_visit(context_of(study, data, "table", "by_visit", "first"))
    assert any(head.startswith("Geometric") for head in headings(table)) == (scale == "log")
    assert "< or > limit" in headings(table)
    widths = {len(row.cells) for row in table.rows if not row.is_heading}
    assert widths == {sum(column.width for column in table.columns)}
