"""Safety tables, listings and figures drawn from small data: what they say, and that nothing is clipped or overlaps."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hepatrial.analyse import analyse_study
from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive import derive_analysis_data
from hepatrial.derive.frames import conform
from hepatrial.load import read_exports
from hepatrial.render import cell_text, format_image
from hepatrial.render.context import Context
from hepatrial.render.figure_jobs import FIGURES
from hepatrial.render.figures.event_timeline import _stack
from hepatrial.render.figures.style import figure_style
from hepatrial.render.render import TABLES, build_listing
from hepatrial.render.rows import RowIndex
from hepatrial.study import read_data_map, read_study
from parallel_factory import EVENTS, make_parallel
from study_factory import write_study

TEMPLATE = Path(__file__).parents[2] / "data_templates" / "nct06904755"
FIGURE_TEMPLATES = ("event_dots", "event_timeline", "lab_panels", "edish")
METHODS = ("adverse events", "adverse event times", "deaths", "medications", "laboratory shift", "laboratory levels",
           "liver injury", "exposure")  # fmt: skip


@pytest.fixture(scope="module")
def example():
    study = read_study(TEMPLATE / "study.toml")
    exports = read_exports(read_data_map(TEMPLATE / "data.toml", study), TEMPLATE, study)
    kept = tuple(item for item in study.analyses if item.method in METHODS or item.id == "laboratory_by_visit")
    return study.model_copy(update={"analyses": kept}), derive_analysis_data(exports, study)


@pytest.fixture(scope="module")
def contexts(example):
    study, data = example
    rows = RowIndex(analyse_study(study, data))
    return {item.number: Context(study, data, rows, item) for item in study.outputs}


def find(contexts, template):
    return [context for context in contexts.values() if context.output.template == template]


def lines(table):
    return {row.label: [cell_text(cell) for cell in row.cells] for row in table.rows}


def test_events_over_time_say_how_their_limits_are_made(contexts):
    (context,) = find(contexts, "ae_times")
    said = " ".join(TABLES["ae_times"](context).footnotes)
    assert "death competing; interval: Clopper–Pearson while nobody was censored before the day, else log-log." in said


def test_special_interest_with_zero_events_shows_the_exact_bound(contexts):
    table = TABLES["ae_special"](find(contexts, "ae_special")[0])
    assert lines(table)["Tumour"] == ["0", "0.0 to 30.8", "0"]
    assert any(note.startswith("Tumour: Hepatocellular carcinoma") for note in table.footnotes)


def test_device_effects_and_deficiencies(contexts):
    table = TABLES["ae_device"](find(contexts, "ae_device")[0])
    assert [row.label for row in table.rows][-1] == "Device deficiencies"
    assert lines(table)["Device deficiencies"][-1] == "3"
    assert [row.indent for row in table.rows if row.label == "Not assessable"] == [1, 1, 1]


def test_every_safety_table_fills_its_columns(contexts):
    templates = ("ae_overview", "ae_device", "ae_special", "ae_action", "ae_common", "ae_times", "deaths",
                 "medications", "lab_shift", "lab_levels", "liver_injury")  # fmt: skip
    for template in templates:
        for context in find(contexts, template):
            table = TABLES[template](context)
            body = [row for row in table.rows if not row.is_heading]
            assert body, template
            assert {len(row.cells) for row in body} == {len(table.leaves)}, template


def test_narratives_are_listed_as_drafts(contexts):
    listing = build_listing(find(contexts, "list_narratives")[0])
    assert len(listing.rows) == 2
    assert all(cell_text(row[-1]).startswith("DRAFT from the record. ") for row in listing.rows)


def test_a_listing_of_extremes_without_any_is_empty(contexts):
    assert build_listing(find(contexts, "list_extreme_values")[0]).rows == ()


def test_events_graded_otherwise_than_their_value_are_listed_and_noted(contexts):
    plain = find(contexts, "ae_grades")[0]
    subject = plain.subjects("SAF")["USUBJID"].iloc[0]
    row = {"USUBJID": subject, "AESEQ": 2.0, "AEDECOD": "Anaemia", "AETOXGR": 1.0, "PARAMCD": "HGB", "AVAL": 78.0,
           "ATOXTERM": "Anemia", "ATOXGR": 3.0, "ATOXGRN": 3.0, "GRNOTE": "both",
           "SRCID": "a;b"}  # fmt: skip
    for rows, n_notes in (([], 0), ([row], 1), ([row | {"USUBJID": "nobody"}], 0)):
        frame = conform(pd.DataFrame(rows), OPTIONAL_DATASETS["ADAEGR"])
        data = dataclasses.replace(plain.data, datasets={**plain.data.datasets, "ADAEGR": frame})
        notes = TABLES["ae_grades"](dataclasses.replace(plain, data=data)).footnotes
        assert sum("dataset ADAEGR and Listing 16.2.7.1 name both records" in note for note in notes) == n_notes
        output = plain.output.model_copy(update={"template": "list_grade_check", "population": ""})
        listing = build_listing(dataclasses.replace(plain, data=data, output=output))
        assert len(listing.rows) == len(rows)
        if rows:
            texts = [cell_text(cell) for cell in listing.rows[0]]
            assert texts[1:3] == ["2", "Anaemia"]
            assert texts[-4:] == ["78", "3", "3", "both"]
            assert listing.records == ("a;b",)


@pytest.mark.parametrize("template", FIGURE_TEMPLATES)
@pytest.mark.parametrize("patients", [0, 1, 10])
def test_figures_at_any_size(example, template, patients):
    study, data = example
    names = data.datasets["ADEX"]["USUBJID"].unique()[:patients]
    few = {
        name: frame[frame["USUBJID"].isin(names)].reset_index(drop=True) if "USUBJID" in frame else frame
        for name, frame in data.datasets.items()
    }
    small = type(data)(few, data.ledger, data.as_of, data.simulated)
    rows = RowIndex(analyse_study(study, small))
    output = next(item for item in study.outputs if item.template == template)
    for figure in FIGURES[template](Context(study, small, rows, output)):
        assert_nothing_is_clipped(figure)


def assert_nothing_is_clipped(figure):
    """Every text of an axis and on the axes lies within the drawing."""
    assert format_image(figure.drawing).svg.startswith(b"<?xml")
    with figure_style():
        FigureCanvasAgg(figure.drawing).draw()
        wide, tall = figure.drawing.get_size_inches() * figure.drawing.dpi
        for axes in figure.drawing.axes:
            low, high = sorted(axes.get_ylim())
            labels = [text for text in axes.get_yticklabels() if low <= text.get_position()[1] <= high]
            for text in [text for text in labels + list(axes.texts) if text.get_text()]:
                box = text.get_window_extent()
                assert min(box.x0, box.y0) >= -1, text.get_text()
                assert (box.x1 <= wide + 1, box.y1 <= tall + 1) == (True, True), text.get_text()


def test_events_of_one_patient_do_not_cover_each_other():
    rows = pd.DataFrame({"DAY": [0.0, 2, 4, 5, 9], "ENDDAY": [3.0, 8, 4, 6, 9]})
    assert _stack(rows) == [0, 1, 0, 0, 0]
    assert _stack(pd.DataFrame({"DAY": [0.0, 0, 0], "ENDDAY": [5.0, 5, 5]})) == [0, 1, 2]


def test_dot_plot_and_table_of_two_arms(tmp_path):
    more = 'conf_level = 0.95\nmin_percent = 20.0\nrisk_difference = "miettinen-nurminen"'
    study, data = make_parallel(tmp_path, "adverse events", more=more, ADAE=EVENTS)
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    head = text[: text.index("[[outputs]]")]
    for place, (kind, template) in enumerate(
        [("table", "ae_common"), ("figure", "event_dots"), ("table", "ae_terms")], 1
    ):
        head += (f'[[outputs]]\nnumber = "14.{place}"\nkind = "{kind}"\ntemplate = "{template}"\ntitle = "T"\n'
                 'analyses = ["first"]\n')  # fmt: skip
    study = read_study(write_study(tmp_path, head))
    rows = RowIndex(analyse_study(study, data))
    table = TABLES["ae_common"](Context(study, data, rows, study.outputs[0]))
    assert [row.label for row in table.rows] == ["Rash", "fever"]
    assert cell_text(table.rows[0].cells[-1]).startswith("75.0 (")
    terms = TABLES["ae_terms"](Context(study, data, rows, study.outputs[2]))
    assert [cell_text(row.cells[-1]) for row in terms.rows if row.label == "Rash"] == [
        cell_text(table.rows[0].cells[-1])
    ]
    figure = FIGURES["event_dots"](Context(study, data, rows, study.outputs[1]))[0]
    assert_nothing_is_clipped(figure)
    left, right = figure.drawing.axes[1:]
    assert [label.get_text() for label in left.get_yticklabels()] == ["Rash", "fever"]
    estimates = np.sort(np.concatenate([line.get_xdata() for line in right.lines if line.get_marker() != "None"]))
    assert estimates.tolist() == [-25.0, 75.0]
    legend = figure.drawing.axes[0].get_legend().get_window_extent()
    assert legend.y0 >= left.get_window_extent().y1  # the legend stands above the panels
