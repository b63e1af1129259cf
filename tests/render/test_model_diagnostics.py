"""Residuals and influence of a model from the study file, by hand, and their page."""

import numpy as np
import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.render.figures import draw_covariance, draw_diagnostics
from hepatrial.render.figures.style import format_image
from hepatrial.render.tables import build_influence
from missing_factory import ARM, D28, IDS, make_missing
from table_texts import context_of, texts


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    study, data = make_missing(tmp_path_factory.mktemp("s"))
    model = study.analysis("model").model_copy(update={"diagnostics": True, "visits": ("D28",), "covariance": "cs"})
    return study.model_copy(update={"analyses": (model,)}), data


@pytest.fixture(scope="module")
def results(trial):
    return analyse_study(*trial).frame


def of(results, patient, stat):
    return value(results, stat, measure="residual", by_level=patient, visit="D28")


def test_at_one_visit_the_residuals_are_those_of_two_means(results):
    arm = np.array(ARM)
    residual = D28[0] - D28[arm == "MSC"].mean()
    sigma2 = sum(D28[arm == name].var() * 8 for name in ("MSC", "SOC")) / 14
    assert of(results, IDS[0], "observed") == D28[0]
    assert of(results, IDS[0], "fitted") == pytest.approx(D28[arm == "MSC"].mean())
    assert of(results, IDS[0], "standardised") == pytest.approx(residual / np.sqrt(sigma2))
    assert of(results, IDS[0], "normalised") == pytest.approx(residual / np.sqrt(sigma2))


def test_influence_is_cook_s_distance_of_least_squares(results):
    x = np.column_stack([np.ones(16), np.array(ARM) == "SOC"])
    beta = np.linalg.lstsq(x, D28, rcond=None)[0]
    sigma2 = float(np.sum((D28 - x @ beta) ** 2)) / 14
    without = np.linalg.lstsq(x[1:], D28[1:], rcond=None)[0]
    cook = (beta - without) @ (x.T @ x) @ (beta - without) / (2 * sigma2)
    assert value(results, "estimate", measure="influence", by_level=IDS[0]) == pytest.approx(cook)


def test_without_the_key_there_are_no_such_rows(tmp_path):
    frame = analyse_study(*make_missing(tmp_path)).frame
    assert not set(frame["measure"]) & {"residual", "influence"}


def test_the_pages(trial):
    (page,) = draw_diagnostics(context_of(*trial, "figure", "diagnostics", "model"))
    assert len(page.drawing.axes) == 4
    assert set(page.rows["measure"]) == {"residual", "influence"}
    (matrix,) = draw_covariance(context_of(*trial, "figure", "covariance", "model"))
    sigma2 = sum(D28[np.array(ARM) == name].var() * 8 for name in ("MSC", "SOC")) / 14
    assert [text.get_text() for text in matrix.drawing.axes[0].texts] == [f"{sigma2:.0f}"]
    for figure in (page, matrix):
        assert format_image(figure.drawing).svg.startswith(b"<?xml")


def test_the_table_names_the_most_influential(trial, results):
    table = texts(build_influence(context_of(*trial, "table", "influence", "model")))
    own = results[results["measure"] == "influence"].sort_values("value", ascending=False)
    assert list(table) == list(own["by_level"].head(10))
