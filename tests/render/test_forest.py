"""The forest plot: every text fits, nothing covers anything else, arrows where an interval leaves the axis."""

from itertools import combinations

import pytest

from hepatrial.errors import RenderError
from hepatrial.render.figures import draw_forest
from hepatrial.render.figures.forest import _shorten, _wrap
from hepatrial.render.tables import build_subgroups
from mayo_factory import EXPECTED, make_trial
from response_factory import make_response
from table_texts import context_of, texts

PLAN = """parameter = "OS"
days = [1826]
conf_type = "log-log"
conf_level = 0.95
comparison = {{ test = "log-rank", hazard_ratio = true, ties = "efron", {} }}
"""
LONG = "Histological stage at entry as the pathologist of the coordinating centre read it"
GROUPS = f"""subgroups = [{{ variable = "SEX" }}, {{ variable = "AGE", cut_points = [40.0, 65.0] }},
  {{ variable = "STRATUM", label = "{LONG}" }}]""".replace("\n", " ")


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    study, data = make_trial(tmp_path_factory.mktemp("s"), "survival", PLAN.format(GROUPS))
    return context_of(study, data, "figure", "forest", "first")


def written(figure):
    return [text for text in figure.drawing.axes[0].texts if text.get_text()]


def test_texts_are_inside_the_page_and_apart(context):
    (figure,) = draw_forest(context)
    boxes = [(text.get_text(), text.get_window_extent()) for text in written(figure)]
    page = figure.drawing.bbox
    for text, box in boxes:
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text
    for (one, first), (other, second) in combinations(boxes, 2):
        assert not first.padded(-1).overlaps(second.padded(-1)), (one, other)


def test_intervals_that_leave_the_axis_end_in_an_arrow(context):
    (figure,) = draw_forest(context)
    axes = figure.drawing.axes[0]
    assert axes.get_xlim() == (0.25, 4.0)
    arrows = [line.get_marker() for line in axes.lines if line.get_marker() in ("<", ">")]
    # stage 2 reaches above 4; no more than 40 years and more than 65 years reach below 0.25
    assert sorted(arrows) == ["<", "<", ">"]
    assert "NE" in [text.get_text() for text in written(figure)]  # stage 1: one event


def test_figure_and_table_show_the_same_texts(context):
    (figure,) = draw_forest(context)
    shown = {text.get_text() for text in written(figure)}
    table = texts(build_subgroups(context))
    assert table["Female"][:3] == ["51/137", "52/139", "0.97 (0.66 to 1.43)"]
    assert f"{EXPECTED['sex m estimate']:.2f} ({EXPECTED['sex m conf_low']:.2f} to " in table["Male"][2]
    for cells in table.values():
        assert all(cell in shown for cell in cells if cell)
    assert {"hazard ratio", "subgroup", "interaction test"} == set(figure.rows["measure"])


def test_a_difference_of_proportions(tmp_path):
    more = """comparison = { measure = "difference", conf_type = "miettinen-nurminen", test = "none",
      subgroups = [{ variable = "STRATUM" }, { variable = "BILI", cut_points = [8.0] }] }""".replace("\n", " ")
    context = context_of(*make_response(tmp_path, more), "figure", "forest", "first")
    (figure,) = draw_forest(context)
    labels = [label.get_text() for label in figure.drawing.axes[0].get_xticklabels()]
    assert labels == ["−100", "−50", "0", "50", "100"]
    assert texts(build_subgroups(context))["≤ 8"][2] == "50.0 (-33.4 to 92.0)"


def test_without_subgroups_it_is_an_error(tmp_path):
    study, data = make_trial(tmp_path, "survival", PLAN.format("covariates = []"))
    with pytest.raises(RenderError, match=r"none of its analyses has comparison\.subgroups"):
        draw_forest(context_of(study, data, "figure", "forest", "first"))


def test_long_labels_are_shortened_or_wrapped():
    assert _shorten("Sex", 1.0) == "Sex"
    assert _shorten("人工肝支持系统治疗组", 0.7).endswith("…")
    assert _wrap("Standard medical care", 0.66) == "Standard\nmedical\ncare"
