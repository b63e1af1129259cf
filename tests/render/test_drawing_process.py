"""Figures drawn by two processes have the bytes of one; a process that cannot help is done without."""

import subprocess

import pytest
from matplotlib.figure import Figure

from hepatrial.render import drawing_process, format_figures
from hepatrial.render.figures.style import figure_style


def make_drawing(place: int) -> Figure:
    with figure_style():
        drawing = Figure(figsize=(3, 2))
        axes = drawing.add_axes((0.2, 0.2, 0.7, 0.7))
        axes.plot([0, 1, 2], [place, 1, 2 * place], label=f"组 {place}")
        axes.legend()
    return drawing


@pytest.mark.parametrize("count", [1, 2, 3])
def test_two_processes_give_the_bytes_of_one_in_the_same_order(count):
    with drawing_process(2) as draw:
        shared = draw([make_drawing(place) for place in range(count)])
    assert shared == format_figures([make_drawing(place) for place in range(count)])
    assert len({image.png for image in shared}) == count


def test_a_drawing_that_cannot_be_sent_is_drawn_here():
    drawings = [make_drawing(place) for place in range(3)]
    drawings[1].axes[0].xaxis.set_major_formatter(lambda value, _: f"{value:g} d")
    again = [make_drawing(place) for place in range(3)]
    again[1].axes[0].xaxis.set_major_formatter(lambda value, _: f"{value:g} d")
    with drawing_process(2) as draw:
        assert draw(drawings) == format_figures(again)


def test_a_process_that_has_ended_is_done_without(monkeypatch):
    started = []
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **more: started.append(start(*args, **more)) or started[0])
    with drawing_process(2) as draw:
        started[0].kill()
        started[0].wait()
        assert draw([make_drawing(0), make_drawing(1)]) == format_figures([make_drawing(0), make_drawing(1)])


def test_the_process_ends_with_the_block(monkeypatch):
    started = []
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **more: started.append(start(*args, **more)) or started[0])
    with drawing_process(2):
        assert started[0].poll() is None
    assert started[0].returncode is not None
