"""Kaplan–Meier curves in the form that readers asked for (Morris and others 2019, doi:10.1136/bmjopen-2019-030215):
confidence band, censoring ticks, and a table of at risk, censored and events that sums to N under each day.

The curve is drawn from the result rows of level ``curve``, one at every day on which somebody has the event or is
censored; the table under it from the rows of measure ``at risk``: at risk just before the day, events and censored
before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hepatrial.errors import RenderError
from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    GREY,
    INK,
    ArmStyle,
    Frame,
    arm_style,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    pick_ticks,
    room_below,
    table_below,
    write_in_free_corner,
)
from hepatrial.render.formatters import format_value
from hepatrial.render.objects import Figure
from hepatrial.render.tables.comparisons import survival_test_label

FloatArray = npt.NDArray[np.float64]
FEW_SHARE, FEW_COUNT = 0.1, 3
COUNTS = (("At risk", "n_risk"), ("Censored", "n_censored"), ("Events", "n_events"))


@dataclass(frozen=True, eq=False)
class Curve:
    """A step curve: values hold from their time on; ``end`` is the end of follow-up."""

    time: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    end: float

    def at(self, times: FloatArray) -> FloatArray:
        """Height of the curve at these times."""
        return self.value[np.searchsorted(self.time, times, side="right") - 1]


def draw_kaplan_meier(context: Context) -> list[Figure]:
    """One figure a survival analysis of the output."""
    return [_draw_analysis(context, analysis) for analysis in context.analyses_of("survival")]


def follow_up(context: Context, analysis: Any, group: str) -> pd.DataFrame:
    """ADTTE rows of the analysis and group."""
    adtte = context.data.datasets["ADTTE"]
    subjects = context.subjects_of(analysis.population, group)["USUBJID"]
    return adtte[(adtte["PARAMCD"] == analysis.parameter) & adtte["USUBJID"].isin(subjects) & adtte["AVAL"].notna()]


def read_curve(rows: pd.DataFrame, start: float, times: Iterable[float], end: float, where: str) -> Curve:
    """Curve of rows with stats estimate, conf_low and conf_high by time_days, starting at ``start`` on day 0.

    Raises
    ------
    RenderError
        When a day with an event has no row: the steps would be drawn in the wrong place.
    """
    stats = rows[rows["stat"].isin(["estimate", "conf_low", "conf_high"])]
    stats = stats.assign(value=stats["value"].where(stats["status"].isin(["ok", "note"])))
    wide = stats.pivot(index="time_days", columns="stat", values="value").reindex(
        columns=["estimate", "conf_low", "conf_high"]
    )
    lacking = sorted(set(times) - set(wide.index))
    if lacking:
        raise RenderError(f"{where}: no result row at day {lacking[0]:g}, on which somebody has the event")
    wide = wide[wide["estimate"].notna() & (wide.index <= end)]
    table = wide.to_numpy(dtype=float)
    first = np.array([[start, np.nan, np.nan]])
    value, low, high = np.vstack([first, table]).T
    return Curve(np.concatenate([[0.0], wide.index.to_numpy(dtype=float)]), value, low, high, end)


def step_points(curve: Curve, values: FloatArray, until: float) -> tuple[FloatArray, FloatArray]:
    """Corners of the step line from day 0 to ``until``."""
    keep = curve.time <= until
    time, height = curve.time[keep], values[keep]
    return np.append(np.repeat(time, 2)[1:], until), np.repeat(height, 2)


def _draw_analysis(context: Context, analysis: Any) -> Figure:
    groups = context.groups(analysis.id)
    with figure_style():
        lines = 3 * len(groups) + (len(groups) if len(groups) > 1 else 0)
        frame = new_frame(3.3, below=room_below(lines))
        end = _axis_end(context, analysis, groups)
        for group in groups:
            _draw_group(context, analysis, group, frame)
        ticks = _dress_axes(context, analysis, frame, end)
        table_below(frame, ticks, [line for group in groups for line in _count_lines(context, analysis, group, ticks)])
        legend_above(frame, _handles(context, analysis, groups))
        _write_comparison(context, analysis, frame)
        mark_simulated(frame, context.data.simulated)
    rows = context.rows.select(analysis.id, variable=analysis.parameter)
    notes = [
        "At risk: just before that day; censored and events: before it. The three sum to N. "
        "Ticks: censored patients. Pale: fewer than 3 patients or 10% of them at risk."
    ]
    alt = f"Kaplan–Meier curve of {context.study.time_to_event(analysis.parameter).label.lower()}. "
    return make_figure(context, frame.drawing, rows, alt + _describe(context, analysis, groups), notes, analysis.title)


def _axis_end(context: Context, analysis: Any, groups: tuple[str, ...]) -> float:
    last = [follow_up(context, analysis, group)["AVAL"].max() for group in groups]
    return float(np.nanmax([*last, *analysis.days, context.study.time.study_end_day]))


def _draw_group(context: Context, analysis: Any, group: str, frame: Frame) -> None:
    times = follow_up(context, analysis, group)
    if times.empty:
        return
    keys = {"measure": "survival", "variable": analysis.parameter, "level": "curve", "group": group}
    rows = context.rows.select(analysis.id, **keys)
    end, is_event = float(times["AVAL"].max()), times["CNSR"] == 0
    where = f"output {context.output.number}, analysis {analysis.id}, group {group}"
    curve = read_curve(rows, 1.0, times.loc[is_event, "AVAL"], end, where)
    style = arm_style(context.arm_number(group))
    for until, strength in ((end, 0.35), (_few_from(times["AVAL"].to_numpy(dtype=float)), 1.0)):
        _draw_curve(frame, curve, style, until, strength)
    censored = np.unique(times.loc[~is_event, "AVAL"].to_numpy(dtype=float))
    frame.axes.plot(
        censored, 100 * curve.at(censored), ls="", marker="|", ms=7, mew=1.1, color=style.colour, clip_on=False
    )


def _few_from(times: FloatArray) -> float:
    """The day from which too few are at risk to read much into the curve."""
    few = int(max(np.ceil(FEW_SHARE * times.size), min(FEW_COUNT, times.size)))
    return float(np.sort(times)[::-1][few - 1])


def _draw_curve(frame: Frame, curve: Curve, style: ArmStyle, until: float, strength: float) -> None:
    x, y = step_points(curve, curve.value, until)
    frame.axes.plot(x, 100 * y, color=style.colour, ls=style.line, alpha=strength, solid_capstyle="butt", clip_on=False)
    low, high = (step_points(curve, limit, until)[1] for limit in (curve.low, curve.high))
    frame.axes.fill_between(x, 100 * low, 100 * high, color=style.colour, alpha=0.09, lw=0)


def _dress_axes(context: Context, analysis: Any, frame: Frame, end: float) -> list[float]:
    axes = frame.axes
    axes.set_xlim(0, end)
    axes.set_ylim(0, 100)
    ticks = pick_ticks([0.0, *map(float, analysis.days)], 0, end, frame.x_inches)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel(f"Days since {context.origin}")
    axes.set_ylabel(f"{context.study.time_to_event(analysis.parameter).label} (%)")
    axes.grid(axis="y", color="#ececec", lw=0.6)
    axes.set_axisbelow(True)
    return ticks


def _count_lines(
    context: Context, analysis: Any, group: str, ticks: list[float]
) -> list[tuple[str, list[str], str, bool]]:
    colour = arm_style(context.arm_number(group)).colour if len(context.groups(analysis.id)) > 1 else INK
    heading = [(context.group_label(group), [""] * len(ticks), colour, True)] if colour != INK else []
    return heading + at_risk_lines(context, analysis, group, ticks, COUNTS, colour)


def at_risk_lines(
    context: Context, analysis: Any, group: str, ticks: list[float], counts: Iterable[tuple[str, str]], colour: str
) -> list[tuple[str, list[str], str, bool]]:
    """Lines of the table under a time-to-event figure, from the ``at risk`` rows."""
    keys = {"analysis_id": analysis.id, "measure": "at risk", "variable": analysis.parameter, "group": group}
    parts = {
        stat: [context.rows.part("count", stat=stat, time_days=tick, **keys) for tick in ticks] for _, stat in counts
    }
    return [(label, [part.text for part in parts[stat]], colour, False) for label, stat in counts]


def _handles(context: Context, analysis: Any, groups: tuple[str, ...]) -> list[Any]:
    styles = {group: arm_style(context.arm_number(group)) for group in groups}
    lines = [
        Line2D([], [], color=style.colour, ls=style.line, label=context.group_label(group))
        for group, style in styles.items()
    ]
    band = Patch(color=next(iter(styles.values())).colour if len(groups) == 1 else GREY, alpha=0.2, lw=0,
                 label=f"{analysis.conf_level * 100:g}% CI")  # fmt: skip
    return [*lines, band, Line2D([], [], ls="", marker="|", ms=7, mew=1.1, color=INK, label="Censored")]


def _write_comparison(context: Context, analysis: Any, frame: Frame) -> None:
    """Hazard ratio and log-rank p-value, in a study with arms where the plan compares them."""
    if context.is_single_arm or analysis.comparison is None:
        return
    keys = {"analysis_id": analysis.id, "variable": analysis.parameter}
    p_value = context.rows.find(measure="log-rank test", stat="p_value", group="", **keys)
    texts = (
        []
        if p_value is None
        else [f"{_test_name(analysis)} p = {format_value(p_value.value, 'p', status=p_value.status)}"]
    )
    found = context.rows.select(analysis.id, measure="hazard ratio", stat="estimate", subgroup="")
    for row in context.in_arm_order(found).itertuples(index=False):
        own = keys | {"measure": "hazard ratio", "group": row.group, "comparator": row.comparator}
        value, low, high = (
            context.rows.part("fixed2", stat=s, **own).text for s in ("estimate", "conf_low", "conf_high")
        )
        arms = f"{context.group_label(row.group)} : {context.group_label(row.comparator)}"
        texts.append(f"Hazard ratio {arms} {value} ({low} to {high})")
    text = "\n".join(texts).replace("p = <", "p <").replace("p = >", "p >")
    write_in_free_corner(frame, text)


def _test_name(analysis: Any) -> str:
    return survival_test_label(analysis.comparison).replace(" test", "", 1)


def _describe(context: Context, analysis: Any, groups: tuple[str, ...]) -> str:
    """The curve in words: survival at each planned day."""
    sentences = []
    for group in groups:
        keys = {"analysis_id": analysis.id, "measure": "survival", "variable": analysis.parameter, "group": group}
        texts = [
            f"day {day} {context.rows.part('proportion1', stat='estimate', time_days=float(day), **keys).text}"
            for day in analysis.days
        ]
        sentences.append(f"{context.group_label(group)}, per cent: {', '.join(texts)}.")
    return " ".join(sentences)
