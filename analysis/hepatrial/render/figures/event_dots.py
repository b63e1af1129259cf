"""Dot plot of common adverse events: per cent of patients, with its limits, and differences from the reference arm."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    GREY,
    PALE,
    WIDTH,
    Frame,
    arm_style,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
)
from hepatrial.render.objects import Figure

MOST_TERMS = 40
LEFT, GAP, LANE = 2.45, 0.25, 0.24
LONGEST = 38


def draw_event_dots(context: Context) -> list[Figure]:
    """Terms in rows, the most frequent at the top; a second panel of differences where the study plans them."""
    analysis = context.analyses_of("adverse events")[0]
    shown = context.rows.select(analysis.id, measure="adverse events", variable="class")
    shown = shown[(shown["by_level"] != "") & shown["stat"].isin(["n", "percent", "conf_low", "conf_high"])]
    wide = _widen(shown)
    order = wide.groupby(["level", "by_level"])["n"].sum() if len(wide) else pd.Series(dtype=float)
    terms = sorted(order.index, key=lambda pair: (-order[pair], pair[1]))[:MOST_TERMS]
    differences = context.rows.select(analysis.id, measure="risk difference", variable="class")
    has_two = analysis.risk_difference is not None
    with figure_style():
        frame = new_frame(max(len(terms), 1) * LANE + 0.15, below=0.55, left=LEFT, right=0.2)
        groups = [group for group in context.groups(analysis.id) if not has_two or group != "all"]
        legend_above(frame, _handles(context, groups) if len(groups) > 1 else [])
        left, right = _panels(frame, has_two)
        _draw_shares(context, left, wide, terms, groups)
        if right is not None:
            _draw_differences(context, right, differences, terms)
        _name_terms(left, [term for _, term in terms])
        mark_simulated(frame, context.data.simulated)
    used = pd.concat([shown, differences])
    left_out = len(order) - len(terms)
    alt = f"Dot plot of {len(terms)} adverse event terms, from {terms[0][1]} down." if terms else "No common event."
    return [make_figure(context, frame.drawing, used, alt, _notes(analysis, left_out))]


def _widen(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a term and group, a column a stat."""
    keys = ["level", "by_level", "group"]
    if rows.empty:
        return pd.DataFrame(columns=[*keys, "n", "percent", "estimate", "conf_low", "conf_high"])
    return rows.pivot(index=keys, columns="stat", values="value").reset_index()


def _notes(analysis: Any, left_out: int) -> list[str]:
    level = f"{analysis.conf_level * 100:g}%"
    notes = [f"Terms that at least {analysis.min_percent:g}% of the patients of a group had."]
    if analysis.risk_difference is None:
        notes.append(f"Bars: {level} confidence interval of the per cent (Clopper–Pearson).")
    else:
        notes.append(f"Bars: {level} confidence interval of the difference, without adjustment for multiplicity.")
    return [*notes, *([f"{left_out} rarer terms are in the table."] if left_out > 0 else [])]


def _panels(frame: Frame, has_two: bool) -> tuple[Axes, Axes | None]:
    """The panel of shares, and the panel of differences beside it."""
    left, bottom, width, tall = frame.box
    if not has_two:
        return frame.axes, None
    total = float(frame.drawing.get_size_inches()[1])
    half = (width - GAP) / 2
    frame.axes.set_axis_off()
    one = frame.drawing.add_axes((left / WIDTH, bottom / total, half / WIDTH, tall / total))
    two = frame.drawing.add_axes(((left + half + GAP) / WIDTH, bottom / total, half / WIDTH, tall / total))
    return one, two


def _draw_shares(
    context: Context, axes: Axes, wide: pd.DataFrame, terms: list[tuple[str, str]], groups: list[str]
) -> None:
    places = {pair: place for place, pair in enumerate(terms)}
    for number, group in enumerate(groups):
        style = arm_style(context.arm_number(group))
        mine = wide[wide["group"] == group]
        mine = mine[_is_shown(mine, places)]
        offset = 0.0 if len(groups) < 2 else (number - (len(groups) - 1) / 2) * 0.22
        y = np.array([places[pair] for pair in zip(mine["level"], mine["by_level"], strict=True)]) + offset
        if len(groups) == 1 and "conf_low" in mine:
            axes.hlines(y, mine["conf_low"], mine["conf_high"], color=style.colour, lw=1.2)
        axes.plot(mine["percent"], y, ls="", marker=style.marker, ms=4.5, color=style.colour, clip_on=False, zorder=3)
    top = float(wide["conf_high"].max()) if len(groups) == 1 and "conf_high" in wide else float(wide["percent"].max())
    axes.set_xlim(0, min(100.0, 1.08 * top) if top == top and top > 0 else 100)
    axes.set_xlabel("Patients with the event (%)")


def _draw_differences(context: Context, axes: Axes, differences: pd.DataFrame, terms: list[tuple[str, str]]) -> None:
    places = {pair: place for place, pair in enumerate(terms)}
    wide = _widen(differences)
    arms = list(dict.fromkeys(context.in_arm_order(wide)["group"]))
    for number, group in enumerate(arms):
        style = arm_style(context.arm_number(group))
        mine = wide[wide["group"] == group]
        mine = mine[_is_shown(mine, places)]
        offset = 0.0 if len(arms) < 2 else (number - (len(arms) - 1) / 2) * 0.26
        y = np.array([places[pair] for pair in zip(mine["level"], mine["by_level"], strict=True)]) + offset
        axes.hlines(y, mine["conf_low"], mine["conf_high"], color=style.colour, lw=1.2)
        axes.plot(mine["estimate"], y, ls="", marker=style.marker, ms=4.5, color=style.colour, zorder=3)
    axes.axvline(0, color=GREY, lw=0.8, zorder=0)
    reference = context.group_label(context.study.design.reference_arm)
    axes.set_xlabel(f"Difference from {reference} (%)")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _frame_lanes(axes, len(terms))


def _is_shown(rows: pd.DataFrame, places: dict[tuple[str, str], int]) -> NDArray[np.bool_]:
    """Which rows are of a term that has a place."""
    pairs = zip(rows["level"], rows["by_level"], strict=True)
    return np.array([pair in places for pair in pairs], dtype=bool)


def _name_terms(axes: Axes, names: list[str]) -> None:
    short = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names]
    axes.set_yticks(range(len(names)), short, fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    _frame_lanes(axes, len(names))
    if not names:
        axes.text(0.5, 0.5, "No event reached the per cent", transform=axes.transAxes, ha="center", color=GREY)


def _frame_lanes(axes: Axes, n: int) -> None:
    """Room for every term, a hairline for each."""
    axes.set_ylim(max(n, 1) - 0.4, -0.6)
    axes.hlines(range(n), 0, 1, transform=axes.get_yaxis_transform(), color=PALE, lw=0.4, zorder=0)


def _handles(context: Context, groups: list[str]) -> list[Any]:
    styles = [(group, arm_style(context.arm_number(group))) for group in groups]
    return [
        Line2D([], [], ls="", marker=style.marker, color=style.colour, ms=5, label=context.group_label(group))
        for group, style in styles
    ]
