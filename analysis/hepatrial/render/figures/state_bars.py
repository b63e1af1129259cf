"""Stacked bars of the states of all patients over the visits: classes of a score, transplant, death, no value.

Every bar is as tall as the population: nobody drops out of the denominator.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    INK,
    WIDTH,
    Frame,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
)
from hepatrial.render.objects import Figure
from hepatrial.render.tables.states import state_labels

CLASS_COLOURS = ("#cfe4f3", "#7fb8de", "#2f7fb8", "#124a78", "#08304f")
"""From light to dark, so that a worse class is darker in grey too."""
OTHER: dict[str, dict[str, Any]] = {
    "transplanted": {"facecolor": "white", "hatch": "////", "edgecolor": "#009E73"},
    "died": {"facecolor": "#2b2b2b", "edgecolor": "#2b2b2b"},
    "missing": {"facecolor": "white", "hatch": "....", "edgecolor": "#8a8a8a"},
    "not yet due": {"facecolor": "#f2f2f2", "edgecolor": "#8a8a8a", "linestyle": ":"},
}
LEAST_INCHES = 0.13  # a segment lower than this gets no number
LETTER = 0.07  # inches of a letter of a visit's label
PANEL = 2.6  # height of the bars, inches
GAP = 0.5  # between the panels of the arms
TITLE = 0.25  # above the first of several panels


def draw_state_bars(context: Context) -> list[Figure]:
    """One figure an analysis, the arms one below the other."""
    return [_draw(context, analysis) for analysis in context.analyses_of("states")]


def _draw(context: Context, analysis: Any) -> Figure:
    groups = context.groups(analysis.id)
    rows = context.rows.select(analysis.id, measure="states", stat="n")
    height = len(groups) * PANEL + (len(groups) - 1) * GAP + (TITLE if len(groups) > 1 else 0)
    shown = set(rows.loc[rows["value"] > 0, "level"])
    labels = [pair for pair in state_labels(analysis) if pair[0] in shown]
    with figure_style():
        frame = new_frame(height, below=0.5, left=0.75)
        legend_above(frame, [Patch(label=label, lw=0.6, **_look(analysis, level)) for level, label in labels])
        for place, axes in enumerate(_panels(frame, len(groups))):
            group = groups[place]
            _draw_bars(context, analysis, axes, rows[rows["group"] == group])
            if len(groups) > 1:
                size = context.n_total(analysis.id, group).text
                axes.set_title(f"{context.group_label(group)} (N={size})", fontsize=9, loc="left", pad=4)
        mark_simulated(frame, context.data.simulated)
    item = context.study.parameter(analysis.parameter)
    name = parameter_label(item) if item else analysis.parameter
    notes = ["Bars: all patients of the population; the numbers are patients."]
    alt = f"States of the patients by {name} at {len(analysis.visits)} visits as stacked bars that sum to all patients."
    return make_figure(context, frame.drawing, rows, alt, notes, analysis.title)


def _panels(frame: Frame, count: int) -> list[Axes]:
    """One pair of axes an arm, from top to bottom, in the place of the frame's own."""
    left, bottom, width, tall = frame.box
    if count == 1:
        return [frame.axes]
    frame.axes.set_axis_off()
    total = float(frame.drawing.get_size_inches()[1])
    steps = [bottom + tall - TITLE - PANEL - place * (PANEL + GAP) for place in range(count)]
    return [frame.drawing.add_axes((left / WIDTH, y / total, width / WIDTH, PANEL / total)) for y in steps]


def _look(analysis: Any, level: str) -> dict[str, Any]:
    labels = [item.label for item in analysis.classes]
    if level in OTHER:
        return OTHER[level]
    place = round(labels.index(level) * (len(CLASS_COLOURS) - 2) / max(len(labels) - 1, 1))
    return {"facecolor": CLASS_COLOURS[place], "edgecolor": "white"}


def _draw_bars(context: Context, analysis: Any, axes: Axes, rows: pd.DataFrame) -> None:
    """The bars of one arm."""
    visits = context.visits(analysis.visits)
    counts = rows.pivot_table(index="visit", columns="level", values="value", aggfunc="sum", fill_value=0)
    counts = counts.reindex([code for code, _ in visits], fill_value=0)
    total = float(counts.sum(axis=1).max())
    base = np.zeros(len(visits))
    for level, _ in state_labels(analysis):
        heights = counts[level].to_numpy(dtype=float) if level in counts else np.zeros(len(visits))
        if heights.any():
            axes.bar(range(len(visits)), heights, bottom=base, width=0.72, lw=0.6, **_look(analysis, level))
            _write_counts(axes, heights, base, total, _ink(analysis, level))
        base += heights
    axes.set_xlim(-0.6, len(visits) - 0.4)
    axes.set_ylim(0, max(total, 1))
    labels = [label for _, label in visits]
    is_room = max(map(len, labels), default=0) * LETTER <= (WIDTH - 1.05) / max(len(visits), 1)
    axes.set_xticks(range(len(visits)), labels if is_room else [_short(label) for label in labels])
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_ylabel("Patients")


def _ink(analysis: Any, level: str) -> str:
    """White on dark segments."""
    colour = _look(analysis, level)["facecolor"]
    return "white" if colour in (*CLASS_COLOURS[2:], "#2b2b2b") else INK


def _write_counts(axes: Axes, heights: Any, base: Any, total: float, colour: str) -> None:
    for place, (height, start) in enumerate(zip(heights, base, strict=True)):
        if height and height * PANEL / total >= LEAST_INCHES:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if colour == INK else None
            axes.text(place, start + height / 2, f"{height:g}", ha="center", va="center", fontsize=7.5, color=colour,
                      bbox=box)  # fmt: skip


def _short(label: str) -> str:
    return label.replace("Baseline", "BL").replace("Day ", "D").replace("Week ", "W")
