"""Figures drawn by two processes, some before the analyses are done, are those of one process."""

from pathlib import Path

import pytest

from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.render import drawing_process, format_image, send_record_figures
from hepatrial.render.context import Context
from hepatrial.render.figure_jobs import RECORD_FIGURES, Job, collect_figures, draw_figures, draw_job, send_figures
from hepatrial.render.figures import find_profiles
from hepatrial.render.rows import RowIndex
from hepatrial.results import bind_results
from hepatrial.study import read_data_map, read_study

TEMPLATE = Path(__file__).parents[2] / "data_templates" / "nct06904755"
SHOWN = {"14.2.0.1": "swimmer", "14.2.0.5": "patient_profile", "14.2.1.2": "kaplan_meier", "14.3.4.7": "edish"}


@pytest.fixture(scope="module")
def example():
    study = read_study(TEMPLATE / "study.toml")
    data = derive_analysis_data(read_exports(read_data_map(TEMPLATE / "data.toml", study), TEMPLATE, study), study)
    kept = tuple(item for item in study.analyses if item.method in ("survival", "disposition"))
    return study, data, RowIndex(analyse_study(study.model_copy(update={"analyses": kept}), data))


@pytest.mark.parametrize("template", RECORD_FIGURES)
def test_a_figure_of_records_needs_no_result(example, template):
    study, data, rows = example
    output = next(item for item in study.outputs if item.template == template)
    nothing = RowIndex(bind_results((), ()))
    made = []
    for known in (rows, nothing):
        context = Context(study, data, known, output)
        part = find_profiles(context)[0] if template == "patient_profile" else None
        made.append(draw_job(Job(context, part)))
    for with_results, without in zip(*made, strict=True):
        assert with_results.drawing == without.drawing
        assert with_results.source == without.source
        assert with_results.footnotes == without.footnotes
        assert with_results.rows.equals(without.rows)


def test_two_processes_make_the_figures_of_one(example):
    study, data, rows = example
    outputs = tuple(item for item in study.outputs if item.number in SHOWN)
    assert {item.number: item.template for item in outputs} == SHOWN
    study = study.model_copy(update={"outputs": outputs})
    contexts = [Context(study, data, rows, item, "OPEN REPORT") for item in outputs]
    with drawing_process(2) as helper:
        send_record_figures(study, data, helper, marking="OPEN REPORT")
        assert {job.number for job in helper.items} == set(SHOWN) - {"14.2.1.2"}
        send_figures(contexts, helper)
        there = collect_figures(contexts, helper)
    for context, figures in zip(contexts, there, strict=True):
        here = draw_figures(context)
        assert [(item.number, item.title) for item in figures] == [(item.number, item.title) for item in here]
        assert [item.drawing for item in figures] == [format_image(item.drawing) for item in here]
