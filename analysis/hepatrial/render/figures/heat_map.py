"""Heat map: every patient (rows) at every visit (columns), coloured by the change from baseline; a panel a parameter.

Cells after death and after transplantation say so; a missing value is grey. A dot marks values above baseline, so
that the direction is seen without colour.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_patient_figure
from hepatrial.render.figures.course import (
    DIED,
    NAMED,
    TRANSPLANTED,
    at_visit,
    find_visit,
    parameters_of,
    short_name,
    short_visit,
    visit_values,
    why_no_value,
)
from hepatrial.render.figures.style import (
    BLUE,
    GREEN,
    INK,
    VERMILION,
    WIDTH,
    Frame,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
)
from hepatrial.render.objects import Figure

COLOURS = LinearSegmentedColormap.from_list("change", [BLUE, "#ffffff", VERMILION])
FULL_LOG2 = 3.0
"""Full colour at an eight-fold change on the log scale."""
ACROSS, GAP, HEAD = 2, 0.25, 0.45
MOST_HEIGHT = 8.2
DEAD, EMPTY = "#2b2b2b", "#e4e4e4"
LOOKS: dict[str, dict[str, Any]] = {
    "After death": {"facecolor": DEAD, "edgecolor": DEAD, "lw": 0},
    "After transplantation": {"facecolor": "white", "edgecolor": GREEN, "hatch": "/////", "lw": 0},
}


def draw_heat_map(context: Context) -> list[Figure]:
    """One figure with a panel a parameter."""
    analyses = context.analyses_of("by visit")
    population = analyses[0].population
    items = [item for item in parameters_of(context, analyses)
             if len(visit_values(context, population, item.code))]  # fmt: skip
    visits = [code for code, _ in context.visits(tuple(dict.fromkeys(v for a in analyses for v in a.visits)))]
    return [_draw(context, population, items, visits)] if items else []


def _draw(context: Context, population: str, items: list[Any], visits: list[str]) -> Figure:
    subjects = _in_order(context, population)
    across = min(ACROSS, len(items))
    lines = -(-len(items) // across)
    tall = float(np.clip(0.15 * len(subjects), 0.5, max(MOST_HEIGHT / lines - HEAD, 0.5)))
    height = lines * (tall + HEAD) - HEAD + 0.1
    with figure_style():
        frame = new_frame(height, below=0.4, left=0.95)
        frame.axes.set_axis_off()
        legend_above(frame, _handles())
        boxes = _boxes(frame, len(items), across, tall)
        for place, (item, box) in enumerate(zip(items, boxes, strict=True)):
            axes = frame.drawing.add_axes(box)
            _draw_panel(context, population, item, visits, subjects, axes)
            _dress(context, axes, item, visits, subjects, is_first=place % across == 0)
        mark_simulated(frame, context.data.simulated)
    shown = pd.concat([visit_values(context, population, item.code) for item in items])
    notes = [
        "Rows: patients, those who lived longest first. Colour: change from baseline; full colour at an eight-fold "
        "change (log scale) or at the parameter's largest change. Dot: above baseline.",
    ]
    alt = f"Change from baseline of {len(items)} parameters in {len(subjects)} patients at {len(visits)} visits."
    return make_patient_figure(context, frame.drawing, shown, alt, notes)


def _in_order(context: Context, population: str) -> pd.DataFrame:
    """Patients by how long they lived on their own liver, the longest first; then by name."""
    subjects = context.subjects(population).set_index("USUBJID")
    end = subjects[["DTHDT", "LTDT"]].min(axis=1) - subjects["ORIGDT"]
    days = end.dt.days.fillna(np.inf)
    return subjects.assign(days=days).sort_values(["days", "SUBJID"], ascending=[False, True], kind="stable")


def _boxes(frame: Frame, count: int, across: int, tall: float) -> list[tuple[float, float, float, float]]:
    """Left, bottom, width, height of the panels as shares of the drawing, row by row."""
    left, bottom, width, height = frame.box
    total = float(frame.drawing.get_size_inches()[1])
    wide = (width - GAP * (across - 1)) / across
    boxes = []
    for place in range(count):
        row, column = divmod(place, across)
        x, y = left + column * (wide + GAP), bottom + height - tall - 0.1 - row * (tall + HEAD)
        boxes.append((x / WIDTH, y / total, wide / WIDTH, tall / total))
    return boxes


def _draw_panel(
    context: Context, population: str, item: Any, visits: list[str], subjects: pd.DataFrame, axes: Axes
) -> None:
    values = visit_values(context, population, item.code)
    change = np.full((len(subjects), len(visits)), np.nan)
    for column, code in enumerate(visits):
        at = at_visit(values, code).reindex(subjects.index)
        base = at["AVAL"] if code == "BL" else at["BASE"]
        if item.scale == "log":
            ratio = (at["AVAL"] / base).where((at["AVAL"] > 0) & (base > 0))
            change[:, column] = np.log2(ratio)
        else:
            change[:, column] = at["AVAL"] - base
        _draw_ended(context, axes, code, column, subjects, np.isnan(change[:, column]))
    full = FULL_LOG2 if item.scale == "log" else max(float(np.nanmax(np.abs(change), initial=0.0)), 1e-9)
    axes.set_facecolor(EMPTY)
    axes.imshow(np.clip(change / full, -1, 1), cmap=COLOURS, vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    rows, columns = np.nonzero(np.nan_to_num(change) > 0)
    axes.plot(columns, rows, ls="", marker="o", ms=1.8 if len(subjects) <= NAMED else 0.8, color=INK, mew=0)


def _draw_ended(context: Context, axes: Axes, code: str, column: int, subjects: pd.DataFrame, is_empty: Any) -> None:
    why = why_no_value(subjects, find_visit(context, code)).to_numpy()
    names = {DIED: "After death", TRANSPLANTED: "After transplantation"}
    for row in np.flatnonzero(is_empty):
        if why[row] in names:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, zorder=3, **LOOKS[names[why[row]]]))


def _dress(
    context: Context, axes: Axes, item: Any, visits: list[str], subjects: pd.DataFrame, *, is_first: bool
) -> None:
    axes.set_title(item.label, fontsize=8.5, loc="left", pad=3)
    axes.set_xticks(range(len(visits)), [short_visit(find_visit(context, code).label) for code in visits], fontsize=7)
    named = is_first and len(subjects) <= NAMED
    axes.set_yticks(range(len(subjects)) if named else [])
    if named:
        axes.set_yticklabels([short_name(name) for name in subjects["SUBJID"]], fontsize=7)
    axes.tick_params(length=0, pad=2)
    axes.set_xlim(-0.5, len(visits) - 0.5)
    axes.set_ylim(len(subjects) - 0.5, -0.5)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set(visible=True, linewidth=0.5, color="#9a9a9a")


def _handles() -> list[Any]:
    above = Line2D([], [], ls="", marker="o", ms=2.5, color=INK, label="Above baseline")
    ends = [Patch(facecolor=BLUE, label="Below baseline"), Patch(facecolor=VERMILION, label="Above baseline"), above]
    return [*ends, *(Patch(label=label, **look) for label, look in LOOKS.items()), Patch(color=EMPTY, label="No value")]
