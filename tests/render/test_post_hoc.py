"""What was changed after the plan was signed is marked: those outputs, and no other."""

from datetime import date

import pytest

from hepatrial.analyse import analyse_study
from hepatrial.render import render_report
from hepatrial.study import write_lock
from report_factory import make_data, make_findings, make_study

MARK = "(post hoc)"


@pytest.fixture
def report(tmp_path):
    study = make_study(tmp_path, arms=1)
    data = make_data(study, 4)
    results = analyse_study(study, data)
    lock = write_lock(study, tmp_path / "study.lock", signed_by="A", signed_on=date(2025, 1, 31), score_inputs={})

    def render(changed):
        return render_report(changed, data, results, make_findings(), lock=lock)

    return study, render


def test_an_unchanged_plan_marks_nothing(report):
    study, render = report
    rendered = render(study)
    assert ("Analysis plan", "signed by A on 2025-01-31; unchanged since") in rendered.facts
    assert not any(MARK in item.title for item in rendered.outputs)


def test_a_changed_analysis_marks_the_outputs_that_show_it_and_says_why(report):
    study, render = report
    analyses = tuple(
        item.model_copy(update={"conf_level": 0.9}) if item.id == "os_km" else item for item in study.analyses
    )
    rendered = render(study.model_copy(update={"analyses": analyses}))
    marked = {item.number for item in rendered.outputs if MARK in item.title}
    assert marked == {item.number for item in study.outputs if "os_km" in item.analyses}
    assert marked
    for item in rendered.outputs:
        if item.number in marked:
            assert "Post hoc, not as signed: analysis os_km: conf_level: 0.95 → 0.9." in item.footnotes
    parts = [part for part in rendered.methods.parts if MARK in part.title]
    assert [part.analysis_id for part in parts] == ["os_km"]
    assert dict(rendered.facts)["Analysis plan"] == "signed by A on 2025-01-31; changed since: 1, marked post hoc"


def test_without_a_lock_the_title_page_says_so(tmp_path):
    study = make_study(tmp_path, arms=1)
    data = make_data(study, 2)
    rendered = render_report(study, data, analyse_study(study, data), make_findings())
    assert dict(rendered.facts)["Analysis plan"] == "not signed (there is no study.lock)"
