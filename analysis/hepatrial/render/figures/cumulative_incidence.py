"""Stacked cumulative incidence: the event, what competes with it, and the rest, which add up to everybody."""

from typing import Any

import numpy as np
from matplotlib.patches import Patch

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.kaplan_meier import Curve, at_risk_lines, follow_up, read_curve, step_points
from hepatrial.render.figures.style import (
    GREY,
    INK,
    ORANGE,
    SKY,
    Frame,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    pick_ticks,
    room_below,
    table_below,
)
from hepatrial.render.methods.names import name_event
from hepatrial.render.objects import Figure

LEVELS = ("event", "competing")
FILLS = {"event": (SKY, ""), "competing": (ORANGE, "////")}


def draw_cumulative_incidence(context: Context) -> list[Figure]:
    """One figure for each analysis and group that has patients."""
    return [
        _draw_group(context, analysis, group)
        for analysis in context.analyses_of("cumulative incidence")
        for group in context.groups(analysis.id)
        if len(follow_up(context, analysis, group))
    ]


def _draw_group(context: Context, analysis: Any, group: str) -> Figure:
    with figure_style():
        frame = new_frame(3.0, below=room_below(4))
        times = follow_up(context, analysis, group)
        end = float(np.nanmax([times["AVAL"].max(), *analysis.days, context.study.time.study_end_day]))
        curves = {level: _read_level(context, analysis, group, level) for level in LEVELS}
        _fill_areas(frame, curves)
        ticks = _dress_axes(context, analysis, frame, end)
        table_below(frame, ticks, _count_lines(context, analysis, group, ticks))
        legend_above(frame, _handles(context, analysis))
        mark_simulated(frame, context.data.simulated)
    rows = context.rows.select(analysis.id, variable=analysis.parameter, group=group)
    notes = ["Aalen–Johansen estimates, stacked. At risk: just before that day; counts: before it. They sum to N. "
             "Areas end with the last follow-up."]  # fmt: skip
    arm = context.group_label(group) if len(context.groups(analysis.id)) > 1 else ""
    title = analysis.title if len(context.analyses_of("cumulative incidence")) > 1 or not arm else ""
    part = ", ".join(text for text in (title, arm) if text)
    return make_figure(context, frame.drawing, rows, _describe(context, analysis, group), notes, part)


def _read_level(context: Context, analysis: Any, group: str, level: str) -> Curve:
    times = follow_up(context, analysis, group)
    code = {"event": 0, "competing": 2}[level]
    keys = {
        "measure": "cumulative incidence",
        "variable": analysis.parameter,
        "group": group,
        "level": f"curve {level}",
    }
    rows = context.rows.select(analysis.id, **keys)
    events = times.loc[times["CNSR"] == code, "AVAL"]
    where = f"output {context.output.number}, analysis {analysis.id}, {level}"
    return read_curve(rows, 0.0, events, float(times["AVAL"].max()), where)


def _fill_areas(frame: Frame, curves: dict[str, Curve]) -> None:
    """Areas on a common grid, so that steps of one level show in the other's base."""
    grid = np.unique(np.concatenate([curve.time for curve in curves.values()]))
    base = np.zeros(0)
    for level, curve in curves.items():
        joint = Curve(grid, curve.at(grid), grid * np.nan, grid * np.nan, curve.end)
        x, y = step_points(joint, joint.value, curve.end)
        base = base if base.size else np.zeros_like(y)
        colour, hatch = FILLS[level]
        frame.axes.fill_between(
            x, 100 * base, 100 * (base + y), facecolor=colour, hatch=hatch, edgecolor="white", lw=0.4
        )
        base = base + y
    frame.axes.fill_between(x, 100 * base, 100, facecolor="#f0f0f0", lw=0)
    frame.axes.plot(x, 100 * base, color=INK, lw=0.8)


def _dress_axes(context: Context, analysis: Any, frame: Frame, end: float) -> list[float]:
    axes = frame.axes
    ticks = pick_ticks([0.0, *map(float, analysis.days)], 0, end, frame.x_inches)
    axes.set_xlim(0, end)
    axes.set_ylim(0, 100)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel(f"Days since {context.origin}")
    axes.set_ylabel("Patients (%)")
    return ticks


def _handles(context: Context, analysis: Any) -> list[Any]:
    event = context.study.time_to_event(analysis.parameter)
    others = " or ".join(name_event(context.study, name) for name in event.competing)
    names = {"event": event.label, "competing": f"{others[:1].upper()}{others[1:]} first"}
    patches = [Patch(facecolor=FILLS[level][0], hatch=FILLS[level][1], edgecolor="white", label=names[level])
               for level in LEVELS]  # fmt: skip
    return [*patches, Patch(facecolor="#f0f0f0", edgecolor=GREY, lw=0.4, label="Neither so far")]


def _count_lines(
    context: Context, analysis: Any, group: str, ticks: list[float]
) -> list[tuple[str, list[str], str, bool]]:
    label = context.study.time_to_event(analysis.parameter).label
    counts = (
        ("At risk", "n_risk"), (label if len(label) <= 18 else "Events", "n_events"), ("Competing", "n_competing"),
        ("Censored", "n_censored"),
    )  # fmt: skip
    return at_risk_lines(context, analysis, group, ticks, counts, INK)


def _describe(context: Context, analysis: Any, group: str) -> str:
    keys = {"analysis_id": analysis.id, "measure": "cumulative incidence", "variable": analysis.parameter}
    keys |= {"group": group, "stat": "estimate"}
    texts = []
    for day in analysis.days:
        at = keys | {"time_days": float(day)}
        event, other = (context.rows.part("proportion1", level=level, **at).text for level in LEVELS)
        texts.append(f"day {day} {event} and {other}")
    name = context.study.time_to_event(analysis.parameter).label.lower()
    return f"Stacked areas: cumulative incidence of {name} and of what competes with it, per cent: {', '.join(texts)}."
