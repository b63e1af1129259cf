"""Group-sequential monitoring: the boundary with the looks done on it, and the spending of alpha."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    room_below,
)
from hepatrial.render.objects import Figure
from hepatrial.render.tables.sequential import decision_of, describe_design, design_of


def draw_sequential_boundary(context: Context) -> list[Figure]:
    """z against the information, with the bounds."""
    planned, decision = design_of(context), decision_of(context)
    rows = context.rows.select(planned.id, measure="sequential boundary")
    looks = _looks(rows)
    at = 100 * looks["information_fraction"]
    with figure_style():
        frame = new_frame(3.1, below=room_below(0))
        axes = frame.axes
        handles = [_line(axes, at, looks["upper_bound"], VERMILION, "o", "Bound: the trial may reject")]
        if planned.sided == 2:
            axes.plot(at, -looks["upper_bound"], color=VERMILION, marker="o", ms=4, lw=1)
        if "lower_bound" in looks:
            handles.append(_line(axes, at, looks["lower_bound"], GREY, "v", "Bound of futility"))
        handles.append(_line(axes, at, looks["statistic"], BLUE, "s", "z observed"))
        axes.axhline(0, color=INK, lw=0.5)
        axes.set_xlim(0, max(100, at.max()) * 1.03)
        axes.set_xlabel("Information (% of the planned events)")
        axes.set_ylabel("z of the log-rank test")
        legend_above(frame, handles)
        mark_simulated(frame, context.data.simulated)
    text = f"{decision.level[:1].upper()}{decision.level[1:]}: {decision.message}."
    alt = f"Group-sequential boundary with the observed z. {text}"
    return [make_figure(context, frame.drawing, rows, alt, [text, describe_design(context)])]


def _line(axes: Any, x: "pd.Series[float]", y: "pd.Series[float]", colour: str, marker: str, label: str) -> Line2D:
    keep = y.notna()
    axes.plot(x[keep], y[keep], color=colour, marker=marker, ms=5, lw=1, clip_on=False, zorder=3)
    return Line2D([], [], color=colour, marker=marker, ms=5, lw=1, label=label)


def _looks(rows: pd.DataFrame) -> pd.DataFrame:
    wide = rows.pivot(index="level", columns="stat", values="value")
    return wide.set_axis(wide.index.astype(int), axis=0).sort_index()


def draw_spending(context: Context) -> list[Figure]:
    """Alpha spent against the information: the function where there is one, each look, and this one marked."""
    planned = design_of(context)
    rows = context.rows.select(planned.id, measure=("alpha spending", "sequential boundary"))
    looks = _looks(rows[rows["measure"] == "sequential boundary"])
    function = rows[rows["measure"] == "alpha spending"]
    at = 100 * looks["information_fraction"]
    now = int(np.flatnonzero(looks["statistic"].notna())[-1])
    with figure_style():
        frame = new_frame(2.8, below=room_below(0))
        axes = frame.axes
        handles = []
        if len(function):
            x, y = 100 * function["level"].astype(float), function["value"]
            order = np.argsort(x.to_numpy())
            axes.plot([0, *x.iloc[order]], [0, *y.iloc[order]], color=GREY, lw=1.2)
            handles.append(Line2D([], [], color=GREY, lw=1.2, label="Spending function"))
        axes.plot(at, looks["alpha_spent"], "o", color=VERMILION, ms=5, clip_on=False)
        here = at.iloc[now], looks["alpha_spent"].iloc[now]
        axes.plot(*here, "o", color=BLUE, ms=8, mfc="none", mew=1.6, clip_on=False)
        handles.append(Line2D([], [], ls="", marker="o", color=VERMILION, ms=5, label="Spent at each look"))
        handles.append(Line2D([], [], ls="", marker="o", color=BLUE, ms=8, mfc="none", mew=1.6, label="This look"))
        axes.set_xlim(0, max(100, at.max()) * 1.03)
        axes.set_ylim(0, planned.alpha * 1.08)
        axes.set_xlabel("Information (% of the planned events)")
        axes.set_ylabel("Alpha spent")
        legend_above(frame, handles)
        mark_simulated(frame, context.data.simulated)
    spent = f"{looks['alpha_spent'].iloc[now]:.4f} of {planned.alpha:g} at {at.iloc[now]:.0f}% of the information"
    alt = f"Cumulative alpha spent at each look; at this look {spent}."
    return [make_figure(context, frame.drawing, rows, alt, [describe_design(context)])]
