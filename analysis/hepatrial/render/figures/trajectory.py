"""Trajectories of one parameter: every patient as a thin line, the model's mean and interval over them.

Patients are the display: lines run through the values analysed at visits, up to transplantation, and end in a mark
for death or transplantation. Values beyond a limit of quantification are open. The axis of days is a square root where
early visits would otherwise fall on one another, and says so.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    GREY,
    INK,
    Frame,
    arm_style,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    room_below,
    table_below,
)
from hepatrial.render.formatters import format_value
from hepatrial.render.objects import Figure
from hepatrial.study import Parameter, Score

MANY = 100  # patients in a group above which their marks are small and their lines a picture
NARROWEST = 0.26  # inches between visits below which the axis of days becomes a square root
LIMIT_DASHES = ((0, (4, 3)), (0, (1, 2)))
ENDINGS = (("DTHDT", "X", "Death"), ("LTDT", "D", "Transplantation"))


@dataclass(frozen=True, eq=False)
class _Plan:
    """What one figure needs to know throughout."""

    context: Context
    analysis: Any
    item: Parameter | Score
    values: pd.DataFrame
    visits: tuple[tuple[str, float], ...]

    @property
    def groups(self) -> tuple[str, ...]:
        return self.context.groups(self.analysis.id)

    @property
    def days(self) -> list[float]:
        return [day for _, day in self.visits]

    def subjects(self, group: str) -> pd.DataFrame:
        return self.context.subjects_of(self.analysis.population, group)


def draw_trajectory(context: Context) -> list[Figure]:
    """One figure a parameter that has values."""
    analyses = context.analyses_of("mixed model")
    plans = [
        _plan(context, analysis, item) for analysis in analyses for item in context.parameters(analysis.parameters)
    ]
    return [_draw_plan(plan) for plan in plans if len(plan.values)]


def draw_spaghetti(context: Context) -> list[Figure]:
    """The patients' lines alone, one figure a parameter of the by-visit analyses that has values."""
    analyses = context.analyses_of("by visit")
    plans = [
        _plan(context, analysis, item) for analysis in analyses for item in context.parameters(analysis.parameters)
    ]
    return [_draw_plan(plan) for plan in plans if len(plan.values)]


def _plan(context: Context, analysis: Any, item: Parameter | Score) -> _Plan:
    adlb = context.data.datasets["ADLB"]
    keep = (
        (adlb["PARAMCD"] == item.code) & ((adlb["ANL01FL"] == "Y") | (adlb["ABLFL"] == "Y")) & (adlb["AFTLTFL"] != "Y")
    )
    keep &= adlb["USUBJID"].isin(context.subjects(analysis.population)["USUBJID"]) & adlb["AVAL"].notna()
    keep &= adlb["AFUDY"].notna() & (adlb["AVISIT"].isin(analysis.visits) | (adlb["ABLFL"] == "Y"))
    targets = {visit.code: float(visit.day) for visit in context.study.visits}
    visits = tuple((code, max(targets.get(code, 0.0), 0.0)) for code, _ in context.visits(analysis.visits))
    values = adlb[keep].sort_values(["USUBJID", "AFUDY"], kind="stable")
    values = values.assign(day=values["AFUDY"].clip(lower=0.0))
    return _Plan(context, analysis, item, values, visits)


def _draw_plan(plan: _Plan) -> Figure:
    lines = 2 * len(plan.groups) + (len(plan.groups) if len(plan.groups) > 1 else 0)
    with figure_style():
        frame = new_frame(3.3, below=room_below(lines))
        is_log = plan.item.scale == "log" and bool((plan.values["AVAL"] > 0).all())
        _dress_axes(plan, frame, is_log)
        endings = {label for group in plan.groups for label in _draw_patients(plan, frame.axes, group)}
        has_mean = any([_draw_mean(plan, frame.axes, group) for group in plan.groups])
        _fit_values(plan, frame.axes, is_log)
        limits = _draw_limits(plan, frame.axes)
        table_below(frame, plan.days, _count_lines(plan))
        legend_above(frame, _handles(plan, endings, has_mean, limits))
        mark_simulated(frame, plan.context.data.simulated)
    rows = _drawn_rows(plan)
    notes = _notes(plan, is_log, has_mean)
    return make_figure(plan.context, frame.drawing, rows, _describe(plan, has_mean), notes, plan.item.label)


def _dress_axes(plan: _Plan, frame: Frame, is_log: bool) -> None:
    axes, days = frame.axes, plan.days
    last = max(days)
    end = 1.02 * max(last, plan.values["day"].max())
    gaps = np.diff(sorted(set(days))) * frame.x_inches / last if last else np.array([1.0])
    if gaps.size and gaps.min() < NARROWEST:
        axes.set_xscale("function", functions=(_root, _square))
        axes.set_xlabel(f"Days since {plan.context.origin} (square-root scale)")
        axes.set_xlim(-0.0004 * last, end)
    else:
        axes.set_xlabel(f"Days since {plan.context.origin}")
        axes.set_xlim(-0.02 * last, end)
    axes.set_xticks(days, ["BL" if code == "BL" else f"{day:g}" for code, day in plan.visits])
    axes.xaxis.set_minor_locator(NullLocator())
    local = getattr(plan.item, "label_local", "")
    axes.set_ylabel("\n".join(text for text in (parameter_label(plan.item), local) if text))
    if is_log:
        axes.set_yscale("log")


def _root(day: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Signed, so that the axis can begin a little before day 0."""
    return np.sign(day) * np.sqrt(np.abs(day))


def _square(root: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.sign(root) * np.square(root)


def _fit_values(plan: _Plan, axes: Axes, is_log: bool) -> None:
    """Plain numbers on a log axis, with as many of 1, 2, 5 as its range needs."""
    if not is_log:
        axes.margins(y=0.08)
        return
    low, high = axes.get_ylim()
    decades = np.log10(high / low)
    subs = (
        (1.0,)
        if decades > 3
        else (1.0, 3.0)
        if decades > 1.5
        else (1.0, 2.0, 5.0)
        if decades > 0.6
        else tuple(np.arange(1.0, 10.0))
    )
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=subs, numticks=20))
    axes.yaxis.set_major_formatter(FuncFormatter(_format_tick))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _format_tick(value: float, _: int) -> str:
    return f"{value:,.10g}"


def _draw_patients(plan: _Plan, axes: Axes, group: str) -> set[str]:
    """Lines, open points beyond limits, and how each patient's line ends; the endings that were drawn."""
    subjects = plan.subjects(group).set_index("USUBJID")
    values = plan.values[plan.values["USUBJID"].isin(subjects.index)]
    if values.empty:
        return set()
    colour = arm_style(plan.context.arm_number(group)).colour if len(plan.groups) > 1 else GREY
    many = len(subjects) > MANY
    look: dict[str, Any] = {
        "alpha": float(np.clip(2.4 / np.sqrt(len(subjects)), 0.12, 0.75)),
        "zorder": 2,
        "rasterized": many,
    }
    points = {
        subject: own[["day", "AVAL"]].to_numpy(dtype=float) for subject, own in values.groupby("USUBJID", sort=True)
    }
    axes.add_collection(LineCollection(list(points.values()), colors=colour, linewidths=0.8, **look))
    axes.plot(values["day"], values["AVAL"], ls="", color=colour, marker="o", ms=1.4 if many else 2.8, mew=0, **look)
    beyond = values[values["ACENS"].isin(["L", "R"])]
    axes.plot(
        beyond["day"],
        beyond["AVAL"],
        ls="",
        marker="o",
        ms=2.4 if many else 3.8,
        mfc="white",
        mec=colour,
        mew=0.7,
        zorder=3,
    )
    ends = _endings(subjects, {name: path[-1] for name, path in points.items()}, axes.get_xlim()[1])
    _draw_endings(axes, ends, colour, many)
    return set(ends["label"]) | ({"Beyond a limit"} if len(beyond) else set())


def _endings(subjects: pd.DataFrame, last: dict[str, npt.NDArray[np.float64]], last_day: float) -> pd.DataFrame:
    """Transplantation or death of each patient with values, whichever is first: from, to, height, label."""
    own = subjects.loc[list(last)]
    days = pd.DataFrame({label: (own[name] - own["ORIGDT"]).dt.days for name, _, label in ENDINGS}).astype(float)
    out = pd.DataFrame(np.array([last[name] for name in own.index]), index=own.index, columns=["start", "height"])
    out["end"] = days.min(axis=1)
    out = out[out["end"].notna() & (out["end"] <= last_day)]
    out["label"] = days.loc[out.index].idxmin(axis=1) if len(out) else ""
    return out.assign(end=out[["start", "end"]].max(axis=1))


def _draw_endings(axes: Axes, ends: pd.DataFrame, colour: str, many: bool) -> None:
    """A dotted line from the last value to the day of the ending, and its mark."""
    paths = [[(row.start, row.height), (row.end, row.height)] for row in ends.itertuples()]
    axes.add_collection(LineCollection(paths, colors=colour, linewidths=0.7, linestyles=":", zorder=2, rasterized=many))
    size, edge, height = (2.6, 0.4, 3) if many else (5.2, 0.9, 5)
    for _, marker, label in ENDINGS:
        own, fill = ends[ends["label"] == label], INK if marker == "X" else "white"
        if len(own):
            look: dict[str, Any] = {
                "marker": marker,
                "ms": size,
                "mfc": fill,
                "mec": INK,
                "mew": edge,
                "zorder": height,
            }
            axes.plot(own["end"], own["height"], ls="", clip_on=False, **look)


def _draw_mean(plan: _Plan, axes: Axes, group: str) -> bool:
    place = plan.context.arm_number(group)
    style = arm_style(place)
    points = [(day, *_mean_at(plan, group, code)) for code, day in plan.visits]
    table = np.array([point for point in points if np.isfinite(point[1])], dtype=float)
    if not table.size:
        return False
    day, mean, low, high = table.T
    day = _dodge(plan, place, day)
    errors = np.vstack([mean - low, high - mean])
    common: dict[str, Any] = {"zorder": 4, "capsize": 2.5}
    axes.errorbar(day, mean, yerr=errors, color="white", lw=3.2, elinewidth=2.4, ls=style.line, **common)
    axes.errorbar(
        day,
        mean,
        yerr=errors,
        color=style.colour,
        lw=2.0,
        elinewidth=1.4,
        ls=style.line,
        marker=style.marker,
        ms=5,
        mec="white",
        mew=0.6,
        **common,
    )
    return True


def _dodge(plan: _Plan, place: int, day: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Arms side by side, by a hundredth of the axis; nothing before day 0."""
    count = len(plan.groups)
    return day if count == 1 else np.maximum(day * (1 + 0.02 * (place - (count - 1) / 2)), 0.0)


def _mean_at(plan: _Plan, group: str, visit: str) -> tuple[float, float, float]:
    keys = {"measure": "least squares mean", "variable": plan.item.code, "group": group, "visit": visit}
    keys |= {"analysis_id": plan.analysis.id, "level": "geometric mean" if plan.item.scale == "log" else "mean"}
    found = [plan.context.rows.find(stat=stat, **keys) for stat in ("estimate", "conf_low", "conf_high")]
    mean, low, high = (row.value if row and row.status in ("ok", "note") else np.nan for row in found)
    return mean, low, high


def _draw_limits(plan: _Plan, axes: Axes) -> list[str]:
    """Limits of quantification inside the range of the axis; their labels for the legend."""
    low, high = axes.get_ylim()
    limits = ((getattr(plan.item, "lower_limit", None), "Lower"), (getattr(plan.item, "upper_limit", None), "Upper"))
    shown = [(value, name) for value, name in limits if value is not None and low <= value <= high]
    for (value, _), dash in zip(shown, LIMIT_DASHES, strict=False):
        axes.axhline(value, color=GREY, lw=0.8, ls=dash, zorder=1)
    return [f"{name} limit of quantification {value:g}" for value, name in shown]


def _count_lines(plan: _Plan) -> list[tuple[str, list[str], str, bool]]:
    lines = []
    for group in plan.groups:
        colour = arm_style(plan.context.arm_number(group)).colour if len(plan.groups) > 1 else INK
        if len(plan.groups) > 1:
            lines.append((plan.context.group_label(group), [""] * len(plan.visits), colour, True))
        for label, stat in (("On native liver", "n_native"), ("Measured", "n")):
            lines.append((label, [_count(plan, group, code, stat) for code, _ in plan.visits], colour, False))
    return lines


def _count(plan: _Plan, group: str, visit: str, stat: str) -> str:
    keys = {"measure": "observed value", "variable": plan.item.code, "visit": visit, "stat": stat, "group": group}
    found = (plan.context.rows.find(analysis_id=name, **keys) for name in _visit_analyses(plan))
    row = next((row for row in found if row is not None), None)
    return "" if row is None else format_value(row.value, "count", status=row.status)


def _visit_analyses(plan: _Plan) -> list[str]:
    """Ids of the by-visit analyses that count this parameter in the same population."""
    return [
        item.id
        for item in plan.context.study.analyses
        if item.method == "by visit"
        and plan.item.code in item.parameters
        and item.population == plan.analysis.population
    ]


def _handles(plan: _Plan, endings: set[str], has_mean: bool, limits: list[str]) -> list[Any]:
    grey = GREY if len(plan.groups) == 1 else INK
    handles = [Line2D([], [], color=grey, lw=0.8, marker="o", ms=2.6, label="Patient")]
    if "Beyond a limit" in endings:
        handles.append(Line2D([], [], ls="", marker="o", ms=3.8, mfc="white", mec=grey, label="Beyond a limit"))
    for _, marker, label in ENDINGS:
        if label in endings:
            fill = INK if marker == "X" else "white"
            handles.append(Line2D([], [], ls="", marker=marker, ms=5.2, mfc=fill, mec=INK, label=label))
    for group in plan.groups if has_mean else ():
        style = arm_style(plan.context.arm_number(group))
        name = f"Model mean ({plan.analysis.conf_level * 100:g}% CI)"
        label = f"{plan.context.group_label(group)}, model mean" if len(plan.groups) > 1 else name
        handles.append(Line2D([], [], color=style.colour, lw=2, ls=style.line, marker=style.marker, ms=5, label=label))
    lines = [Line2D([], [], color=GREY, lw=0.8, ls=dash) for dash in LIMIT_DASHES]
    for line, label in zip(lines, limits, strict=False):
        line.set_label(label)
        handles.append(line)
    return handles


def _drawn_rows(plan: _Plan) -> pd.DataFrame:
    own = plan.context.rows.select(plan.analysis.id, variable=plan.item.code)
    counts = [
        plan.context.rows.select(name, variable=plan.item.code, measure="observed value", stat=("n", "n_native"))
        for name in _visit_analyses(plan)[:1]
    ]
    return pd.concat([own, *counts])


def _notes(plan: _Plan, is_log: bool, has_mean: bool) -> list[str]:
    notes = [
        "Thin lines: patients, up to transplantation. On native liver: alive and not transplanted at the visit's day."
    ]
    if has_mean:
        kind = "geometric mean" if plan.item.scale == "log" else "mean"
        notes.append(f"Thick line: {kind} of the mixed model, as if nobody had died.")
    elif plan.analysis.method != "by visit":
        notes.append("The mixed model gave no means for this parameter; see the table.")
    if plan.item.scale == "log" and not is_log:
        notes.append("Values of 0 or below cannot stand on a log axis; the axis is linear.")
    return notes


def _describe(plan: _Plan, has_mean: bool) -> str:
    count = plan.values["USUBJID"].nunique()
    text = f"{parameter_label(plan.item)} over time: {count} patients as lines."
    return f"{text} The model's mean with its confidence interval is drawn over them." if has_mean else text
