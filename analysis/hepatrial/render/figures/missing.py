"""Figures of what was not measured: reasons by visit as stacked bars, and the tipping point of a delta."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PALE,
    VERMILION,
    Frame,
    arm_style,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    number_log_axis,
)
from hepatrial.render.objects import Figure
from hepatrial.render.tables.missing import STRATEGIES, imputed_parameters

FILLS = {
    "observed": (BLUE, ""),
    "missing": ("white", "////"),
    "withdrawn": (ORANGE, "...."),
    "not yet due": (PALE, ""),
    "transplanted": (GREY, "\\\\\\\\"),
    "died": (INK, ""),
}


def draw_missingness(context: Context) -> list[Figure]:
    """One figure a parameter: the share of each arm's patients in each state at each visit."""
    return [
        _draw_reasons(context, analysis, item)
        for analysis in context.analyses_of("missingness")
        for item in context.parameters(analysis.parameters)
    ]


def _draw_reasons(context: Context, analysis: Any, item: Any) -> Figure:
    groups = context.groups(analysis.id)
    visits = [pair for pair in context.visits(analysis.visits) if pair[0] in analysis.visits]
    places = [(visit, group) for visit, _ in visits for group in groups]
    with figure_style():
        frame = new_frame(2.8, below=1.35 if len(groups) > 1 else 0.75)
        x = [k + k // len(groups) * 0.6 for k in range(len(places))]
        bottom = np.zeros(len(places))
        for reason, (colour, hatch) in FILLS.items():
            height = np.array([_percent(context, analysis, item.code, reason, *place) for place in places])
            frame.axes.bar(x, height, 0.85, bottom, color=colour, hatch=hatch, edgecolor=INK, linewidth=0.5)
            bottom += height
        _label_bars(context, frame, visits, groups, x)
        frame.axes.set_ylim(0, 110 if len(groups) > 1 else 100)
        frame.axes.set_ylabel("Patients (%)")
        handles = [Patch(facecolor=colour, hatch=hatch, edgecolor=INK, linewidth=0.5, label=reason.capitalize())
                   for reason, (colour, hatch) in FILLS.items()]  # fmt: skip
        legend_above(frame, handles)
        mark_simulated(frame, context.data.simulated)
    rows = context.rows.select(analysis.id, measure="missingness", variable=item.code)
    notes = [
        "Died, transplanted or withdrawn: by the visit's target day. Death and transplantation are not missing data."
    ]
    alt = f"{item.label}: per cent of patients with a value at each visit, and why the others have none."
    return make_figure(context, frame.drawing, rows, alt, notes, item.label)


def _label_bars(
    context: Context, frame: Frame, visits: list[tuple[str, str]], groups: tuple[str, ...], x: list[float]
) -> None:
    """The visit under each bar; with arms, the arm under the bar and the visit above its bars."""
    if len(groups) == 1:
        frame.axes.set_xticks(x, [label for _, label in visits])
        return
    frame.axes.set_xticks(x, [context.group_label(group) for _ in visits for group in groups], rotation=45, ha="right")
    for k, (_, label) in enumerate(visits):
        middle = float(np.mean(x[k * len(groups) : (k + 1) * len(groups)]))
        frame.axes.text(middle, 102, label, ha="center", va="bottom")


def _percent(context: Context, analysis: Any, code: str, reason: str, visit: str, group: str) -> float:
    keys = {"analysis_id": analysis.id, "measure": "missingness", "variable": code, "level": reason, "visit": visit}
    found = context.rows.find(stat="percent", group=group, **keys)
    return 0.0 if found is None else found.value


def draw_tipping_point(context: Context) -> list[Figure]:
    """One figure a parameter: the difference between the arms, with its interval, against delta, for each strategy."""
    return [
        _draw_tipping(context, analysis, item)
        for analysis in context.analyses_of("imputation")
        for item in imputed_parameters(context, analysis)
        if analysis.delta
    ]


def _draw_tipping(context: Context, analysis: Any, item: Any) -> Figure:
    is_log = item.scale == "log"
    with figure_style():
        frame = new_frame(3.0, below=0.6)
        handles = []
        for place, strategy in enumerate(analysis.strategies):
            points = _delta_points(context, analysis, item.code, strategy)
            style = arm_style(place)
            if len(points):
                delta, mean, low, high = points.T
                shift = (place - (len(analysis.strategies) - 1) / 2) * 0.012  # side by side
                delta = delta * np.exp(shift) if is_log else delta + shift * np.ptp(delta)
                errors = np.vstack([mean - low, high - mean])
                frame.axes.errorbar(delta, mean, yerr=errors, color=style.colour, ls=style.line, marker=style.marker,
                                    ms=4, lw=1.4, capsize=2.5)  # fmt: skip
            label = STRATEGIES[strategy]
            handles.append(Line2D([], [], color=style.colour, ls=style.line, marker=style.marker, ms=4, label=label))
        if is_log:
            frame.axes.set_xscale("log")
            frame.axes.set_yscale("log")
            number_log_axis(frame.axes.xaxis)
            number_log_axis(frame.axes.yaxis)
        frame.axes.axhline(1.0 if is_log else 0.0, color=VERMILION, lw=0.8, ls=(0, (4, 3)))
        change = "Factor on" if is_log else "Delta added to"
        frame.axes.set_xlabel(f"{change} the imputed values of the active arm")
        kind = "Ratio between arms" if is_log else "Difference between arms"
        frame.axes.set_ylabel(f"{kind} ({analysis.conf_level * 100:g}% CI)\n{parameter_label(item)}")
        legend_above(frame, handles)
        mark_simulated(frame, context.data.simulated)
    rows = context.rows.select(analysis.id, measure=("imputed difference", "tipping delta"), variable=item.code)
    notes = ["A strategy tips where its interval first holds the line of no difference. Among patients alive on the "
             "native liver at the visit."]  # fmt: skip
    alt = f"{item.label}: difference between the arms against the delta added to imputed values."
    return make_figure(context, frame.drawing, rows, alt, notes, item.label)


def _delta_points(context: Context, analysis: Any, code: str, strategy: str) -> npt.NDArray[np.float64]:
    """Delta, estimate and limits, in the order of delta."""
    found = context.rows.select(analysis.id, measure="imputed difference", variable=code, level=strategy)
    wide = found[found["status"].isin(["ok", "note"])].pivot(index="by_level", columns="stat", values="value")
    if wide.empty:
        return np.empty((0, 4))
    wide = wide.assign(delta=wide.index.astype(float)).sort_values("delta")
    points: npt.NDArray[np.float64] = wide[["delta", "estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
    return points
