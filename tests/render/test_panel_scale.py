"""The value axis of a small panel: readable whatever the range of the values."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from hepatrial.render.figures.style import scale_panel


def labels(values, *, is_log):
    drawing = Figure(figsize=(3, 1))
    axes = drawing.add_axes((0.2, 0.2, 0.7, 0.7))
    axes.plot(range(len(values)), values)
    scale_panel(axes, pd.Series(values, dtype=float), is_log=is_log)
    drawing.draw_without_rendering()
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    assert not axes.yaxis.get_minorticklocs().size
    return axes.get_yscale(), [tick.label1.get_text().replace("\N{MINUS SIGN}", "-") for tick in ticks]


@pytest.mark.parametrize(
    ("values", "scale", "shown"),
    [
        ([2.0, 30.0], "log", ["2", "5", "10", "20"]),
        ([0.8, 900.0], "log", ["1", "10", "100", "1,000"]),
        ([3.0, 20.0], "linear", ["5", "10", "15", "20"]),  # less than eight times
        ([0.0, 30.0], "linear", ["0", "10", "20", "30"]),  # no logarithm
    ],
)
def test_a_log_axis_labels_at_least_two_values(values, scale, shown):
    assert labels(values, is_log=True) == (scale, shown)
    assert len(shown) >= 2


def test_whole_numbers_have_whole_ticks():
    assert labels([31, 32, 32], is_log=False) == ("linear", ["31", "32"])
    assert labels([31.0, 31.5, 32.0], is_log=False)[1] == ["31.2", "31.5", "31.8"]


def test_a_single_value_and_none_have_an_axis():
    assert len(labels([5.0], is_log=True)[1]) >= 1
    assert labels([], is_log=True)[0] == "linear"
