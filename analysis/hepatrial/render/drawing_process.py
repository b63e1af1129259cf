"""Figures to bytes on two cores: every other one is drawn by a process of its own, started while data are still read.

Both processes run ``format_figure``, and a figure's bytes depend on nothing but the figure, so the number of processes
never shows in a report. Where the other process fails, its figures are drawn here.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from matplotlib.figure import Figure as Drawing

from hepatrial.render.figures.style import format_figure

_COMMAND = (sys.executable, "-c", "from hepatrial.render.drawing_process import serve; serve()")


class Images(NamedTuple):
    """One figure as vector and as raster image."""

    svg: bytes
    png: bytes


Drawer = Callable[[Sequence[Drawing]], list[Images]]


def format_figures(drawings: Sequence[Drawing]) -> list[Images]:
    """SVG and PNG of every drawing, in this process."""
    return [Images(format_figure(drawing, "svg"), format_figure(drawing, "png")) for drawing in drawings]


@contextmanager
def drawing_process(workers: int) -> Iterator[Drawer]:
    """What turns drawings into images with this many processes: 1, or 2 for a second one that starts now."""
    if workers < 2:
        yield format_figures
        return
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(_COMMAND, env=environment, **pipes) as child:  # type: ignore[call-overload]
        try:
            yield lambda drawings: _share(drawings, child)
        finally:
            child.kill()


def serve() -> None:
    """The other process: a pickle of drawings on standard input to a pickle of their images on standard output."""
    images = format_figures(pickle.loads(sys.stdin.buffer.read()))  # written by our own parent
    sys.stdout.buffer.write(pickle.dumps(images))


def _share(drawings: Sequence[Drawing], child: "subprocess.Popen[bytes]") -> list[Images]:
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(pickle.dumps(list(drawings[1::2])))
        child.stdin.close()
    except (OSError, pickle.PicklingError, AttributeError, TypeError):  # it died, or a drawing holds a local function
        return format_figures(drawings)
    here = format_figures(drawings[::2])
    answer = child.stdout.read()
    there = pickle.loads(answer) if child.wait() == 0 else format_figures(drawings[1::2])
    images = here + there
    images[::2], images[1::2] = here, there
    return images
