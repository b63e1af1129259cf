"""eDISH: peak transaminase against peak bilirubin of each patient, as multiples of the upper limit or of baseline.

The quadrants describe; the strongest is "requires adjudication". In liver failure bilirubin starts above the limit:
such patients are drawn open, and the modified figures take multiples of their own baseline.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_record_figure
from hepatrial.render.figures.style import (
    GREY,
    Frame,
    arm_style,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    write_plain,
)
from hepatrial.render.objects import Figure

BASES = {
    "upper-limit": "multiples of the upper limit of normal",
    "baseline": "multiples of baseline",
    "nadir": "multiples of the lowest transaminase so far, and of baseline bilirubin",
}
LIMITS = (3.0, 2.0)
CORNERS = {
    (0, 0): "Normal or near normal", (1, 0): "Temple's corollary range", (0, 1): "Cholestasis range",
    (1, 1): "Requires adjudication",
}  # fmt: skip


def draw_edish(context: Context) -> list[Figure]:
    """One figure a basis of the multiples."""
    addili = context.data.datasets.get("ADDILI")
    subjects = context.subjects(context.population)
    arms = subjects.set_index("USUBJID")["TRT01P"]
    rows = pd.DataFrame(columns=["USUBJID", "BASIS"]) if addili is None else addili
    mine = rows[rows["USUBJID"].isin(arms.index)]
    found = dict(tuple(mine.groupby("BASIS")))
    return [_draw(context, found[basis], arms, basis) for basis in BASES if basis in found]


def _draw(context: Context, rows: pd.DataFrame, arms: pd.Series, basis: str) -> Figure:
    known = rows[(rows["PEAKTA"] > 0) & (rows["PEAKTB"] > 0)]
    with figure_style():
        frame = new_frame(3.6, below=0.55, left=0.8, right=0.3)
        _draw_points(context, frame, known, arms)
        _dress_axes(frame, known, basis)
        legend_above(frame, _handles(context, known))
        mark_simulated(frame, context.data.simulated)
    left_out = len(rows) - len(known)
    notes = [
        "Peaks after the origin and before transplantation, each at its own time. Lines: 3 × transaminase, 2 × "
        "bilirubin. The quadrants describe and diagnose nothing.",
        *([f"{left_out} patients without both peaks are not shown."] if left_out else []),
    ]
    if known["ABNBLFL"].eq("Y").any():
        notes.append("Open: bilirubin at 2 × the upper limit or above at baseline already.")
    columns = ["USUBJID", "BASIS", "PEAKTA", "PEAKTAP", "PEAKTB", "QUADRANT", "ABNBLFL", "ADJUDFL", "SRCID"]
    counts = known["QUADRANT"].value_counts()
    alt = f"{len(known)} patients, {int(counts.get('RUQ', 0))} of them in the quadrant that requires adjudication."
    return make_record_figure(context, frame.drawing, known[columns], "ADDILI", alt, notes, BASES[basis])


def _draw_points(context: Context, frame: Frame, rows: pd.DataFrame, arms: pd.Series) -> None:
    size = 5.0 if len(rows) <= 40 else 3.4
    for arm, mine in rows.groupby(rows["USUBJID"].map(arms), sort=True):
        style = arm_style(context.arm_number(str(arm)))
        for is_open, some in mine.groupby(mine["ABNBLFL"] == "Y", sort=True):
            frame.axes.plot(some["PEAKTA"], some["PEAKTB"], ls="", marker=style.marker, ms=size, mew=0.9,
                            mec=style.colour, mfc="none" if is_open else style.colour, clip_on=False,
                            zorder=3)  # fmt: skip


def _dress_axes(frame: Frame, rows: pd.DataFrame, basis: str) -> None:
    axes = frame.axes
    axes.set_xscale("log")
    axes.set_yscale("log")
    for values, set_limits, least, most in (
        (rows["PEAKTA"], axes.set_xlim, 0.3, 12.0), (rows["PEAKTB"], axes.set_ylim, 0.3, 8.0),
    ):  # fmt: skip
        found = values if len(values) else pd.Series([1.0])
        set_limits(min(least, 0.7 * float(found.min())), max(most, 1.6 * float(found.max())))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(write_plain))
        axis.set_minor_formatter(NullFormatter())
    axes.axvline(LIMITS[0], color=GREY, lw=0.8, ls=(0, (4, 2)), zorder=1)
    axes.axhline(LIMITS[1], color=GREY, lw=0.8, ls=(0, (4, 2)), zorder=1)
    what = {"upper-limit": "× ULN", "baseline": "× baseline", "nadir": "× lowest so far"}[basis]
    axes.set_xlabel(f"Peak ALT or AST ({what})")
    axes.set_ylabel(f"Peak total bilirubin ({'× ULN' if basis == 'upper-limit' else '× baseline'})")
    for (right, upper), text in CORNERS.items():
        axes.text(0.985 if right else 0.015, 0.985 if upper else 0.015, text, transform=axes.transAxes, fontsize=7.5,
                  color=GREY, ha="right" if right else "left", va="top" if upper else "bottom", zorder=0)  # fmt: skip


def _handles(context: Context, rows: pd.DataFrame) -> list[Any]:
    arms = context.study.design.arms
    handles: list[Any] = []
    if len(arms) > 1:
        for place, arm in enumerate(arms):
            style = arm_style(place)
            handles.append(Line2D([], [], ls="", marker=style.marker, color=style.colour, ms=5, label=arm.label))
    if np.any(rows["ABNBLFL"] == "Y"):
        style = arm_style(0)
        label = "Abnormal bilirubin at baseline"
        handles.append(Line2D([], [], ls="", marker=style.marker, mec=GREY, mfc="none", ms=5, label=label))
    return handles
