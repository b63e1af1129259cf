"""Figures of single patients and of their states: what they show, and that they fit their page at any size."""

import pickle
from functools import cache

import numpy as np
import pandas as pd
import pytest

from hepatrial.analyse import analyse_study
from hepatrial.errors import RenderError
from hepatrial.render import format_image
from hepatrial.render.context import Context
from hepatrial.render.figure_jobs import FIGURES
from hepatrial.render.figures import profile
from hepatrial.render.render import TABLES
from hepatrial.render.rows import RowIndex
from hepatrial.study import Output, StatesAnalysis
from hepatrial.study.response_analyses import ScoreClass
from report_factory import make_data, make_study

TEMPLATES = ("waterfall", "heat_map", "spaghetti", "state_bars", "patient_profile")
STATES = StatesAnalysis(
    id="states", method="states", title="Bilirubin classes", population="FAS", parameter="BILI",
    visits=("BL", "D7", "D28", "D84"),
    classes=(ScoreClass(label="low", to=150.0), ScoreClass(label="middle", to=300.0), ScoreClass(label="high")),
)  # fmt: skip


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    @cache
    def made(n, arms):
        study = make_study(tmp_path_factory.mktemp("study"), arms=arms)
        states = STATES.model_copy(update={"by_arm": arms > 1})
        study = study.model_copy(update={"analyses": (*study.analyses, states)})
        data = make_data(study, n)
        return study, data, RowIndex(analyse_study(study, data))

    return made


def draw(made, template, **more):
    study, data, rows = made
    analyses = ("states",) if template == "state_bars" else ("markers",)
    planned = {"number": "14.2", "kind": "figure", "title": "T", "population": "FAS", "visit": "D28"} | more
    return FIGURES[template](Context(study, data, rows, Output(template=template, analyses=analyses, **planned)))


@pytest.mark.parametrize(
    ("template", "n", "arms"),
    [*((name, n, arms) for name in TEMPLATES for n, arms in ((1, 1), (3, 2))),
     *((name, 120, 2) for name in TEMPLATES if name != "patient_profile")],
)  # fmt: skip
def test_a_figure_fits_its_page_and_is_not_empty(make, template, n, arms):
    figures = draw(make(n, arms), template)[:3]
    assert figures
    for figure in figures:
        tight, page = figure.drawing.get_tightbbox(), np.array(figure.drawing.get_size_inches())
        assert tight.min.min() > -0.01
        assert (tight.max < page + 0.01).all()
        assert page[1] < 9.6
        assert any(axes.has_data() for axes in figure.drawing.axes)
        assert len(figure.rows)
        assert format_image(figure.drawing).svg.startswith(b"<?xml")
        assert pickle.dumps(figure.drawing)  # else the second process cannot draw it


def test_of_many_patients_those_who_died_soonest_have_a_profile(make, monkeypatch):
    monkeypatch.setattr(profile, "MOST_PATIENTS", 5)
    _, data, _ = made = make(30, 1)
    figures = draw(made, "patient_profile")
    adsl = data.datasets["ADSL"].set_index("SUBJID")
    died = (adsl["DTHDT"] - adsl["ORIGDT"]).dropna().sort_values(kind="stable")
    assert len(died) > 5
    assert [figure.part for figure in figures] == sorted(died.index[:5])
    for figure in figures:
        (note,) = [note for note in figure.footnotes if note.startswith("Profiles of 5 patients")]
        assert note.endswith("25 more are in the listings.")
    assert not any("Profiles of" in note for note in draw(make(3, 2), "patient_profile")[0].footnotes)


def test_a_waterfall_has_a_bar_or_a_reason_for_every_patient(make):
    study, data, rows = made = make(10, 1)
    figure = draw(made, "waterfall", parameters=("IL6",))[0]
    axes = figure.drawing.axes[0]
    heights = sorted((bar.get_height() for bar in axes.patches if np.isfinite(bar.get_height())), reverse=True)
    adlb = data.datasets["ADLB"]
    own = adlb[(adlb["PARAMCD"] == "IL6") & (adlb["AVISIT"] == "D28") & (adlb["ANL01FL"] == "Y")]
    own = own[(own["AFTLTFL"] != "Y") & own["AVAL"].notna()]
    np.testing.assert_allclose(heights, sorted(np.log2(own["AVAL"] / own["BASE"]), reverse=True))
    letters = [text.get_text() for text in axes.texts if text.get_text() in ("D", "T", "M")]
    assert len(heights) + len(letters) == len(data.datasets["ADSL"])
    died = data.datasets["ADSL"]["DTHDT"] <= data.datasets["ADSL"]["ORIGDT"] + pd.Timedelta(days=28)
    assert letters.count("D") == died.sum()


def test_a_waterfall_needs_a_visit(make):
    with pytest.raises(RenderError, match=r"output 14\.2: a waterfall needs the key visit"):
        draw(make(10, 1), "waterfall", visit="")


def test_the_bars_of_states_are_as_tall_as_the_population(make):
    study, data, rows = made = make(120, 2)
    figure = draw(made, "state_bars")[0]
    panels = [axes for axes in figure.drawing.axes if axes.patches]
    for axes, arm in zip(panels, study.design.arms, strict=True):
        n = (data.datasets["ADSL"]["TRT01P"] == arm.code).sum()
        tops = {}
        for bar in axes.patches:
            tops[bar.get_x()] = max(tops.get(bar.get_x(), 0), bar.get_y() + bar.get_height())
        assert set(tops.values()) == {n}
    planned = Output(number="1", kind="table", template="states", title="T", analyses=("states",), population="FAS")
    table = TABLES["states"](Context(study, data, rows, planned))
    assert [column.heading[0].text for column in table.columns] == ["Baseline", "Day 7", "Day 28", "Day 84"]


def test_a_profile_shows_the_patients_own_records(make):
    made = make(10, 1)
    figures = draw(made, "patient_profile")
    adsl = made[1].datasets["ADSL"]
    assert [figure.part for figure in figures] == sorted(adsl["SUBJID"])
    for figure, subject in zip(figures, adsl.sort_values("SUBJID")["USUBJID"], strict=True):
        assert set(figure.rows["USUBJID"]) == {subject}
        assert figure.source.startswith("Source: ADLB, ADSL. Data as of")
