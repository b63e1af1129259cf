"""Laboratory panels: one page of small multiples, a panel a parameter, a line a patient, with the reference limits."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.figures.captions import make_patient_figure
from hepatrial.render.figures.style import (
    GREEN,
    INK,
    WIDTH,
    Frame,
    arm_style,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    pick_ticks,
    scale_panel,
)
from hepatrial.render.objects import Figure

ACROSS, PANEL, GAP_BELOW, GAP_BESIDE = 3, 1.35, 0.62, 0.62
LEFT, RIGHT, BELOW = 0.6, 0.15, 0.5
A_PAGE, LONGEST = 12, 36


def draw_lab_panels(context: Context) -> list[Figure]:
    """Parameters of the output's analyses, at most twelve a page, before transplantation."""
    wanted = tuple(dict.fromkeys(code for item in context.analyses for code in getattr(item, "parameters", ())))
    adlb = context.data.datasets["ADLB"]
    subjects = context.subjects(context.population)
    kept = adlb["USUBJID"].isin(subjects["USUBJID"]) & adlb["AVAL"].notna() & adlb["AFUDY"].notna()
    values = adlb[kept & (adlb["AFTLTFL"] != "Y") & (adlb["DTYPE"] != "AVERAGE")]
    items = [item for item in context.parameters(wanted) if (values["PARAMCD"] == item.code).any()]
    pages = [items[start : start + A_PAGE] for start in range(0, len(items), A_PAGE)]
    arms = subjects.set_index("USUBJID")["TRT01P"]
    return [_draw(context, page, values, arms, f"page {place}") for place, page in enumerate(pages, start=1)]


def _draw(context: Context, items: list[Any], values: pd.DataFrame, arms: pd.Series, part: str) -> Figure:
    lines = -(-len(items) // ACROSS)
    mine = values[values["PARAMCD"].isin([item.code for item in items])]
    end = float(np.nanmax([context.study.time.study_end_day, mine["AFUDY"].max()]))
    with figure_style():
        frame = new_frame(lines * PANEL + (lines - 1) * GAP_BELOW + 0.15, below=BELOW, left=LEFT, right=RIGHT)
        frame.axes.set_axis_off()
        legend_above(frame, _handles(context))
        for place, item in enumerate(items):
            _draw_panel(context, _place(frame, place), mine[mine["PARAMCD"] == item.code], item, arms, end)
        _label_days(context, frame)
        mark_simulated(frame, context.data.simulated)
    patients = mine["USUBJID"].nunique()
    notes = [
        "A line a patient, before transplantation. Band: from the median lower to the median upper limit of normal; "
        "dashed: where only one limit is stated."
    ]
    alt = f"{len(items)} laboratory parameters of {patients} patients over {end:g} days."
    return make_patient_figure(context, frame.drawing, mine, alt, notes, part)


def _place(frame: Frame, place: int) -> Axes:
    row, column = divmod(place, ACROSS)
    wide = (WIDTH - LEFT - RIGHT - (ACROSS - 1) * GAP_BESIDE) / ACROSS
    total = float(frame.drawing.get_size_inches()[1])
    top = frame.box[1] + frame.box[3] - 0.15
    bottom = top - (row + 1) * PANEL - row * GAP_BELOW
    left = LEFT + column * (wide + GAP_BESIDE)
    return frame.drawing.add_axes((left / WIDTH, bottom / total, wide / WIDTH, PANEL / total))


def _draw_panel(context: Context, axes: Axes, rows: pd.DataFrame, item: Any, arms: pd.Series, end: float) -> None:
    _draw_limits(axes, rows)
    patients = rows["USUBJID"].nunique()
    alpha = 0.75 if patients <= 20 else 0.3
    ordered = rows.sort_values(["USUBJID", "AFUDY", "ATM"], kind="stable", na_position="first")
    for arm, own in ordered.groupby(ordered["USUBJID"].map(arms), sort=True):
        style = arm_style(context.arm_number(str(arm)))
        days, values = _with_gaps(own)
        axes.plot(days, values, color=style.colour, ls=style.line, lw=0.7, alpha=alpha, zorder=2)
        axes.plot(days, values, ls="", marker=".", ms=2.2, color=style.colour, alpha=alpha, zorder=3)
    scale_panel(axes, rows["AVAL"], is_log=item.scale == "log")
    axes.tick_params(axis="y", labelsize=7, pad=2)
    label = parameter_label(item)
    axes.set_title(label if len(label) <= LONGEST else item.label[:LONGEST], fontsize=7.5, loc="left", pad=3)
    low = min(float(rows["AFUDY"].min()), 0.0)
    days = [0.0, *(float(visit.day) for visit in context.study.visits if 0 < visit.day <= end)]
    ticks = pick_ticks(days if len(days) > 1 else [0.0, end], low, end, axes.bbox.width / 100, gap=0.26)
    axes.set_xlim(low - 0.02 * end, 1.02 * end)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=7)
    axes.tick_params(axis="x", length=2, pad=2)


def _with_gaps(rows: pd.DataFrame) -> tuple[Any, Any]:
    """Days and values of all patients, with a gap in the line after each."""
    is_last = rows["USUBJID"].ne(rows["USUBJID"].shift(-1)).to_numpy()
    after = np.flatnonzero(is_last) + 1
    days, values = (np.insert(rows[name].to_numpy(dtype=float), after, np.nan) for name in ("AFUDY", "AVAL"))
    return days, values


def _draw_limits(axes: Axes, rows: pd.DataFrame) -> None:
    low, high = rows["ANRLO"].median(), rows["ANRHI"].median()
    if low == low and high == high:
        axes.axhspan(low, high, color=GREEN, alpha=0.14, lw=0, zorder=0)
    for limit in (low, high):
        if limit == limit and (low != low or high != high):
            axes.axhline(limit, color=GREEN, lw=0.9, ls=(0, (4, 2)), zorder=1)


def _label_days(context: Context, frame: Frame) -> None:
    total = float(frame.drawing.get_size_inches()[1])
    frame.drawing.text((LEFT + (WIDTH - LEFT - RIGHT) / 2) / WIDTH, 0.1 / total, f"Days since {context.origin}",
                       ha="center", va="bottom", fontsize=8.5, color=INK)  # fmt: skip


def _handles(context: Context) -> list[Any]:
    arms = context.study.design.arms
    if len(arms) < 2:
        return []
    styles = [arm_style(place) for place in range(len(arms))]
    lines = zip(arms, styles, strict=True)
    return [Line2D([], [], color=style.colour, ls=style.line, lw=1.2, label=arm.label) for arm, style in lines]
