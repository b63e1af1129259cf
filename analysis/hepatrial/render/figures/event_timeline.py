"""Timeline of adverse events: one lane a patient, events as bars coloured by grade, sessions and outcome marked."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_record_figure
from hepatrial.render.figures.course import short_name
from hepatrial.render.figures.profile import GRADES, MARKS
from hepatrial.render.figures.style import (
    GREY,
    INK,
    PALE,
    Frame,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    pick_ticks,
    room_below,
)
from hepatrial.render.objects import Figure

A_FIGURE = 40
"""Patients of one figure; more make several."""
TALLEST, LANE, BAR, LINE = 8.0, 0.3, 0.1, 0.07
NO_GRADE = "white"


def draw_event_timeline(context: Context) -> list[Figure]:
    """The patients of the population who reached the origin, in the order of their names."""
    subjects = context.subjects(context.population)
    subjects = subjects[subjects["ORIGDT"].notna()].sort_values("SUBJID", kind="stable", ignore_index=True)
    events = _events(context, subjects)
    pages = [subjects.iloc[start : start + A_FIGURE] for start in range(0, max(len(subjects), 1), A_FIGURE)]
    return [_draw(context, page.reset_index(drop=True), events, len(pages) > 1) for page in pages]


def _events(context: Context, subjects: pd.DataFrame) -> pd.DataFrame:
    """Treatment-emergent events with their first and last day, and their place above each other."""
    adae = context.data.datasets["ADAE"]
    adae = adae[adae["USUBJID"].isin(subjects["USUBJID"]) & (adae["TRTEMFL"] == "Y") & adae["ASTDT"].notna()]
    of = subjects.set_index("USUBJID")
    origin = adae["USUBJID"].map(of["ORIGDT"])
    last = of["DTHDT"].fillna(of["LSTALVDT"]).fillna(of["ORIGDT"])
    start = (adae["ASTDT"] - origin).dt.days
    end = (adae["AENDT"].fillna(adae["USUBJID"].map(last)) - origin).dt.days
    frame = adae.assign(DAY=start.astype(float), ENDDAY=np.maximum(end, start).astype(float))
    frame = frame.sort_values(["USUBJID", "DAY", "AESEQ"], kind="stable")
    return frame.assign(LEVEL=[level for _, rows in frame.groupby("USUBJID", sort=False) for level in _stack(rows)])


def _stack(rows: pd.DataFrame) -> list[int]:
    """Each event on the lowest level that is free on its days."""
    free: list[float] = []
    levels = []
    for start, end in zip(rows["DAY"], rows["ENDDAY"], strict=True):
        level = next((place for place, until in enumerate(free) if until < start), len(free))
        free[level : level + 1] = [end]
        levels.append(level)
    return levels


def _draw(context: Context, subjects: pd.DataFrame, events: pd.DataFrame, has_pages: bool) -> Figure:
    mine = events[events["USUBJID"].isin(subjects["USUBJID"])]
    depth = mine.groupby("USUBJID")["LEVEL"].max().add(1) if len(mine) else pd.Series(dtype=float)
    deep = subjects["USUBJID"].map(depth).fillna(1).astype(int)
    heights = np.maximum(deep * BAR + 0.14, LANE)
    scale = min(1.0, TALLEST / max(float(heights.sum()), LANE))
    tops = np.concatenate([[0.0], np.cumsum(heights.to_numpy())])
    with figure_style():
        frame = new_frame(max(float(tops[-1]) * scale, 0.6), below=room_below(0))
        _draw_courses(context, frame, subjects, tops)
        _draw_events(context, frame, mine, dict(zip(subjects["USUBJID"], tops[:-1], strict=True)))
        _dress_axes(context, frame, subjects, tops)
        legend_above(frame, _handles(context, subjects, mine))
        mark_simulated(frame, context.data.simulated)
    notes = ["Bars: treatment-emergent events from start to end, or to the last day known; colour: CTCAE grade."]
    alt = f"Timeline of {len(mine)} adverse events of {len(subjects)} patients."
    columns = ["USUBJID", "AESEQ", "AEDECOD", "DAY", "ENDDAY", "AETOXGR", "SRCID"]
    part = f"{subjects['SUBJID'].iloc[0]} to {subjects['SUBJID'].iloc[-1]}" if has_pages else ""
    return make_record_figure(context, frame.drawing, mine[columns], "ADAE, ADEX, ADSL", alt, notes, part)


def _end_day(context: Context, subjects: pd.DataFrame) -> float:
    last = subjects["DTHDT"].fillna(subjects["LSTALVDT"])
    days = (last - subjects["ORIGDT"]).dt.days.astype(float)
    return float(np.nanmax([context.study.time.study_end_day, *days]))


def _draw_courses(context: Context, frame: Frame, subjects: pd.DataFrame, tops: Any) -> None:
    """A line of follow-up at the top of each lane, with sessions and outcome on it."""
    axes, lines = frame.axes, tops[:-1] + LINE
    last = subjects["DTHDT"].fillna(subjects["LSTALVDT"])
    days = (last - subjects["ORIGDT"]).dt.days.fillna(0).to_numpy(dtype=float)
    axes.hlines(lines, np.zeros(len(lines)), days, color=GREY, lw=0.7, zorder=1)
    axes.hlines(tops[1:], 0, 1, transform=axes.get_yaxis_transform(), color=PALE, lw=0.4, zorder=0)
    places = pd.Series(lines, index=subjects["USUBJID"])
    origin = subjects.set_index("USUBJID")["ORIGDT"]
    adex = context.data.datasets["ADEX"]
    sessions = adex[adex["USUBJID"].isin(places.index) & adex["ASTDT"].notna()]
    marks = {"Session": (sessions["USUBJID"], sessions["ASTDT"])}
    for name, column in (("Transplantation", "LTDT"), ("Death", "DTHDT")):
        known = subjects[subjects[column].notna()]
        marks[name] = (known["USUBJID"], known[column])
    for name, (who, dates) in marks.items():
        style = MARKS[name] | {"ms": 0.7 * MARKS[name]["ms"]}
        x = (dates - who.map(origin)).dt.days.astype(float)
        axes.plot(x, who.map(places), ls="", mec=INK, mew=0.6, clip_on=False, zorder=4, **style)


def _draw_events(context: Context, frame: Frame, events: pd.DataFrame, tops: dict[str, float]) -> None:
    """Bars under the lines, all of a grade at once."""
    least = 0.008 * context.study.time.study_end_day
    grades = events["AETOXGR"].fillna(0).astype(int)
    for grade, rows in events.groupby(grades, sort=True):
        widths = np.maximum(rows["ENDDAY"] - rows["DAY"] + 1, least)
        y = rows["USUBJID"].map(tops) + LINE + 0.03 + (rows["LEVEL"] + 0.5) * BAR
        frame.axes.barh(y, widths, left=rows["DAY"], height=0.8 * BAR, color=GRADES.get(grade, NO_GRADE), lw=0.3,
                        edgecolor=GREY, zorder=2)  # fmt: skip


def _dress_axes(context: Context, frame: Frame, subjects: pd.DataFrame, tops: Any) -> None:
    axes, end = frame.axes, _end_day(context, subjects)
    days = [0.0, *(float(visit.day) for visit in context.study.visits if 0 < visit.day <= end)]
    ticks = pick_ticks(days if len(days) > 1 else [0.0, end], 0, end, frame.x_inches)
    axes.set_xlim(-0.012 * end, 1.03 * end)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_ylim(max(float(tops[-1]), 0.1), 0)
    axes.set_xlabel(f"Days since {context.origin}")
    middles = (tops[:-1] + tops[1:]) / 2
    axes.set_yticks(middles, [short_name(name) for name in subjects["SUBJID"]], fontsize=7)
    axes.tick_params(axis="y", length=0)


def _handles(context: Context, subjects: pd.DataFrame, events: pd.DataFrame) -> list[Any]:
    grades = sorted({int(grade) for grade in events["AETOXGR"].dropna()})
    bars = [Patch(facecolor=GRADES[grade], edgecolor=GREY, lw=0.3, label=f"Grade {grade}") for grade in grades]
    if events["AETOXGR"].isna().any():
        bars.append(Patch(facecolor=NO_GRADE, edgecolor=GREY, lw=0.3, label="No grade"))
    adex = context.data.datasets["ADEX"]
    present = {
        "Session": adex["USUBJID"].isin(subjects["USUBJID"]).any(), "Transplantation": subjects["LTDT"].notna().any(),
        "Death": subjects["DTHDT"].notna().any(),
    }  # fmt: skip
    marks = [
        Line2D([], [], ls="", mec=INK, mew=0.8, label=name, **MARKS[name]) for name, is_in in present.items() if is_in
    ]
    return [*bars, *marks]
