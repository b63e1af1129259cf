"""One style for every figure: fonts, colours, line styles, and axes placed in inches.

Colours are those of Okabe and Ito (2008), which readers with any colour vision can tell apart; every arm also has
its own line style and marker, so that the figures read in grey. Axes are placed by hand: automatic layout is slow
and moves with the text.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from hepatrial.render.objects import Image

FONT_PATH = Path(__file__).parents[1] / "fonts" / "HepatrialSans.otf"
FONT_FAMILY = "Hepatrial Sans"
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
INK, GREY, PALE = "#1a1a1a", "#6b6b6b", "#d0d0d0"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
LINES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)), (0, (3, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
WIDTH = 7.0
ROW = 0.175
TOP = 0.25  # inches above the axes without a legend
DPI = 200  # of what only a raster can show
STYLE: Mapping[str, Any] = {
    "font.family": [FONT_FAMILY, "DejaVu Sans"],
    "font.size": 8.5,
    "axes.labelsize": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titley": 1.0,  # without it every drawing of an axes first measures all its tick labels
    "axes.unicode_minus": True,
    "text.color": INK,
    "text.parse_math": False,  # a text between two dollar signs is a text of the data, not a formula
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "hepatrial",
    "path.simplify": True,
}


@lru_cache(maxsize=1)
def _register_font() -> None:
    font_manager.fontManager.addfont(FONT_PATH)


@contextmanager
def figure_style() -> Iterator[None]:
    """The house style, for as long as a figure is drawn or written."""
    _register_font()
    with mpl.rc_context({**mpl.rcParamsDefault, "backend": mpl.rcParams["backend"], **STYLE}):
        yield


@dataclass(frozen=True)
class ArmStyle:
    """Colour, line and marker of an arm, the same in every figure of a study."""

    colour: str
    line: Any
    marker: str


def arm_style(place: int) -> ArmStyle:
    """Style of the arm at this place of the study."""
    return ArmStyle(*(choices[place % len(choices)] for choices in (COLOURS, LINES, MARKERS)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Frame:
    """A drawing and its axes, whose left, bottom, width and height in inches are ``box``."""

    drawing: Drawing
    axes: Axes
    box: tuple[float, float, float, float]

    @property
    def x_inches(self) -> float:
        return self.box[2]

    def set_height(self, height: float) -> None:
        """Change the drawing's height; the axes keep their size and their place from the bottom."""
        left, bottom, width, tall = self.box
        self.drawing.set_size_inches(WIDTH, height)
        self.axes.set_position((left / WIDTH, bottom / height, width / WIDTH, tall / height))


def new_frame(axes_height: float, *, below: float, left: float = 1.15, right: float = 0.3) -> Frame:
    """A drawing with one pair of axes and ``below`` inches under them; the legend makes its own room above."""
    drawing = Drawing(figsize=(WIDTH, below + axes_height + TOP))
    frame = Frame(drawing, drawing.add_axes((0, 0, 1, 1)), (left, below, WIDTH - left - right, axes_height))
    frame.set_height(below + axes_height + TOP)
    return frame


def legend_above(frame: Frame, handles: Sequence[Any]) -> None:
    """The legend above the axes, where no curve can be, in as many columns as fit."""
    if not handles:
        return
    widths = [_legend_inches(handle.get_label()) for handle in handles]
    columns = max((count for count in range(1, len(handles) + 1) if _columns_fit(widths, count)), default=1)
    lines = -(-len(handles) // columns)
    frame.set_height(frame.box[1] + frame.box[3] + TOP + ROW * lines)
    frame.axes.legend(
        handles=list(handles), loc="lower left", bbox_to_anchor=(-0.5 / frame.box[2], 1 + 0.08 / frame.box[3]),
        ncols=columns, borderaxespad=0, borderpad=0, columnspacing=1.4, handlelength=2.2, labelspacing=0.25,
    )  # fmt: skip


def _legend_inches(label: str) -> float:
    """Width of a legend entry: its line, and letters of which Chinese ones are twice as wide."""
    return 0.52 + sum(0.125 if ord(letter) > 0x2E80 else 0.064 for letter in label)


def _columns_fit(widths: Sequence[float], count: int) -> bool:
    """Whether ``count`` columns, filled one after the other as a legend does, are narrower than the drawing."""
    longer, lines = len(widths) % count, len(widths) // count
    ends = np.cumsum([0, *([lines + 1] * longer), *([lines] * (count - longer))])
    return sum(max(widths[start:end]) for start, end in zip(ends, ends[1:], strict=False)) <= WIDTH - 0.9


def table_below(frame: Frame, ticks: Sequence[float], lines: Sequence[tuple[str, Sequence[str], str, bool]]) -> None:
    """Rows of numbers aligned under the ticks: label, texts, colour, whether it is a heading."""
    axes, step = frame.axes, ROW / frame.box[3]
    start = -(0.62 / frame.box[3])
    transform = axes.get_xaxis_transform()
    for place, (label, texts, colour, is_heading) in enumerate(lines):
        y = start - place * step
        x, side = (0.08 - frame.box[0], "left") if is_heading else (-0.22, "right")
        axes.text(x / frame.box[2], y, label, transform=axes.transAxes, ha=side, va="center", color=colour,
                  fontsize=8.0, clip_on=False)  # fmt: skip
        for tick, text in zip(ticks, texts, strict=True):
            axes.text(tick, y, text, transform=transform, ha="center", va="center", color=colour, fontsize=8.0)


def write_in_free_corner(frame: Frame, text: str) -> None:
    """Write on the axes where no line runs: at the lower left, else the upper right; at the lower left if nowhere."""
    axes = frame.axes
    for x, y, side, edge in ((0.015, 0.03, "left", "bottom"), (0.985, 0.97, "right", "top")):
        note = axes.text(x, y, text, transform=axes.transAxes, ha=side, va=edge, fontsize=8.5)
        place = note.get_window_extent().transformed(axes.transData.inverted())
        if not any(line.get_path().intersects_bbox(place, filled=False) for line in axes.lines):
            return
        note.remove()
    axes.text(0.015, 0.03, text, transform=axes.transAxes, va="bottom", fontsize=8.5)


def room_below(lines: int) -> float:
    """Inches below the axes for tick labels, axis label and this many rows."""
    return 0.62 + ROW * lines + 0.05 if lines else 0.55


def mark_simulated(frame: Frame, is_simulated: bool) -> None:
    """Say on the figure itself that nothing in it was observed."""
    if is_simulated:
        frame.drawing.text(0.99, 0.99, "SIMULATED DATA", ha="right", va="top", fontsize=7, color=VERMILION)


def mark_view(drawing: Drawing | Image, marking: str) -> None:
    """Say on the figure itself who may see it: its file is passed on without the page."""
    if marking and isinstance(drawing, Drawing):
        with figure_style():
            drawing.text(0.01, 0.998, marking, ha="left", va="top", fontsize=6.5, color=VERMILION)


def write_plain(value: float, _: object = None) -> str:
    """A tick as a plain number; not a lambda, because a figure is sent to the process that draws it."""
    return f"{value:,.10g}"


def scale_panel(axes: Axes, values: pd.Series, *, is_log: bool) -> None:
    """Value axis of a small panel: whole ticks for whole numbers; on the log scale, where asked and needed, 1, 2, 5."""
    low, high = float(values.min()), float(values.max())
    if is_log and low > 0 and high > 8 * low:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 60 * low else (1.0,), numticks=9))
        axes.yaxis.set_major_formatter(FuncFormatter(write_plain))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        are_whole = bool((values.dropna() % 1 == 0).all())
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=are_whole))


def number_log_axis(axis: Axis) -> None:
    """1, 2, 5 of each power of ten, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(write_plain))
    axis.set_minor_locator(NullLocator())


def pick_ticks(days: Sequence[float], low: float, high: float, inches: float, gap: float = 0.34) -> list[float]:
    """Those of ``days`` that fit with ``gap`` inches between neighbours; the first and the last always stay."""
    first, *rest = sorted(set(days))
    scale = inches / (high - low)
    kept: list[float] = []
    for day in reversed(rest):
        if (not kept or (kept[-1] - day) * scale >= gap) and (day - first) * scale >= gap:
            kept.append(day)
    return [first, *kept[::-1]]


def format_image(drawing: Drawing | Image) -> Image:
    """The drawing as an SVG file; the same drawing gives the same bytes, and an image stays what it is.

    Text is drawn as paths, so no font is needed to see it; no date is written.
    """
    if isinstance(drawing, Image):
        return drawing
    target = io.BytesIO()
    with figure_style():
        drawing.savefig(target, format="svg", dpi=DPI, metadata={"Date": None, "Creator": None})
    width, height = drawing.get_size_inches()
    return Image(target.getvalue(), (float(width), float(height)))
