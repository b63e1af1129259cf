"""Tables and figures of what was not measured."""

import pytest

from hepatrial.analyse import analyse_study
from hepatrial.render.figures import draw_missingness, draw_tipping_point
from hepatrial.render.figures.style import format_image
from hepatrial.render.tables import build_imputation, build_missingness
from missing_factory import make_missing
from table_texts import context_of, headings, texts


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return make_missing(tmp_path_factory.mktemp("s"))


def test_missingness_table(trial):
    table = build_missingness(context_of(*trial, "table", "missingness", "who"))
    assert headings(table) == ["Observed", "Died", "Transplanted", "Withdrawn", "Not yet due", "Missing"]
    assert texts(table)["MSC"] == ["4 (50.0)", "1 (12.5)", "1 (12.5)", "1 (12.5)", "0", "1 (12.5)"]  # the last visit
    assert texts(table)["SOC"][0] == "8 (100.0)"


def test_imputation_table(trial):
    table = build_imputation(context_of(*trial, "table", "imputation", "imputed"))
    found = texts(table)
    assert found["MSC"][:3] == ["8", "6", "2"]
    assert list(found)[2:] == ["Missing at random", "delta 10", "delta 40", "delta 200", "Jump to reference"]
    assert found["Missing at random"][6] in ("10.0", "40.0", "200")
    assert any("nothing is imputed after death" in note for note in table.footnotes)


@pytest.mark.parametrize(("draw", "analysis"), [(draw_missingness, "who"), (draw_tipping_point, "imputed")])
def test_figures_are_drawn_from_rows(trial, draw, analysis):
    (figure,) = draw(context_of(*trial, "figure", "missingness", analysis))
    assert format_image(figure.drawing).svg.startswith(b"<?xml")
    assert set(figure.rows["analysis_id"]) == {analysis}
    assert len(figure.rows) > 0


def test_the_rows_of_a_figure_are_the_results(trial):
    context = context_of(*trial, "figure", "missingness", "who")
    (figure,) = draw_missingness(context)
    ids = set(analyse_study(*trial).frame["result_id"])
    assert set(figure.rows["result_id"]) <= ids
