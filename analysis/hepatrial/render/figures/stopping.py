"""The stopping boundary with the trial's path on it."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    BLUE,
    VERMILION,
    Frame,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    room_below,
    write_in_free_corner,
)
from hepatrial.render.objects import Figure
from hepatrial.render.tables.stopping import FOLLOW_UP, describe_rule, rules_of, verdict_of
from hepatrial.study import StoppingRule

SHADE = 0.14


def draw_stopping_boundary(context: Context) -> list[Figure]:
    """One figure a rule: where it stops, and the trial so far."""
    return [_draw_rule(context, rule) for rule in rules_of(context)]


def _draw_rule(context: Context, rule: StoppingRule) -> Figure:
    rows = context.rows.select(rule.id, variable=("boundary", "path"))
    verdict = verdict_of(context, rule)
    with figure_style():
        frame = new_frame(3.1, below=room_below(0))
        (_draw_follow_up if rule.counting == FOLLOW_UP else _draw_window)(context, rule, rows, frame)
        frame.axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        frame.axes.set_ylabel("Events")
        write_in_free_corner(frame, f"Verdict: {verdict.level}")
        mark_simulated(frame, context.data.simulated)
    notes = [f"Verdict: {verdict.level}. {verdict.message}.", describe_rule(context, rule)]
    alt = f"Stopping boundary of the rule {rule.title} with the trial's path. {notes[0]}"
    return make_figure(context, frame.drawing, rows, alt, notes, rule.title)


def _wide(rows: pd.DataFrame, variable: str) -> pd.DataFrame:
    """Stats by level as a number, rising."""
    own = rows[rows["variable"] == variable]
    wide = own.pivot(index="level", columns="stat", values="value")
    return wide.set_axis(wide.index.astype(float), axis=0).sort_index()


def _draw_window(context: Context, rule: StoppingRule, rows: pd.DataFrame, frame: Frame) -> None:
    axes, boundary, path = frame.axes, _wide(rows, "boundary"), _wide(rows, "path")
    can = boundary[boundary["stop_at"] <= boundary["n"]]
    highest = max([*can["stop_at"], *(path["n_events"] if len(path) else [])], default=1.0)
    top = highest + 1.5
    is_continuous = rule.looks == "continuous"
    for n, stop_at in zip(can["n"], can["stop_at"], strict=True):
        axes.fill_between([n - 0.5, n + 0.5], stop_at, top, color=VERMILION, alpha=SHADE, lw=0)
    axes.plot(can["n"], can["stop_at"], color=VERMILION, ls="-" if is_continuous else (0, (4, 2)), lw=0.8,
              drawstyle="steps-mid" if is_continuous else "default", marker="_", ms=6)  # fmt: skip
    if len(path):
        known = np.concatenate([[0.0], path["n_events"]])
        most = known + np.concatenate([[0.0], path["n_unknown"]])
        n = np.concatenate([[0.0], path.index])
        axes.fill_between(n, known, most, step="post", color=BLUE, alpha=0.18, lw=0)
        axes.step(n, known, where="post", color=BLUE, clip_on=False)
        axes.plot(n[-1:], known[-1:], "o", color=BLUE, ms=5, clip_on=False)
    axes.set_xlim(0, max([rule.n_max, *path.index]) + 0.5)
    axes.set_ylim(0, top)
    axes.set_xlabel(f"Patients whose potential follow-up has reached day {rule.window_days}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    unknown = len(path) and path["n_unknown"].max() > 0
    legend_above(frame, _handles("Events of the trial, in order of entry", bool(unknown)))


def _draw_follow_up(context: Context, rule: StoppingRule, rows: pd.DataFrame, frame: Frame) -> None:
    axes, boundary, path = frame.axes, _wide(rows, "boundary"), _wide(rows, "path")
    end = float(rule.n_max * rule.window_days)
    now = context.rows.find(analysis_id=rule.id, measure="stopping rule", variable="entered", stat="exposure")
    top = float(max([*boundary.index, *path.index])) + 1.5
    start = 0.0
    for events, deadline in boundary["exposure"].items():
        axes.fill_between([start, deadline], float(events), top, color=VERMILION, alpha=SHADE, lw=0)
        start = deadline
    axes.step([0.0, *boundary["exposure"]], [boundary.index[0], *boundary.index], where="pre", color=VERMILION, lw=0.8)
    reached = now.value if now is not None else 0.0
    came = [*path["exposure"]] if len(path) else []
    axes.step([0.0, *came, reached], [0.0, *path.index, float(len(path))], where="post", color=BLUE, clip_on=False)
    axes.plot([reached], [float(len(path))], "o", color=BLUE, ms=5, clip_on=False)
    axes.set_xlim(0, max(end, reached))
    axes.set_ylim(0, top)
    axes.set_xlabel(f"Total follow-up, each patient to day {rule.window_days} at most (patient-days)")
    legend_above(frame, _handles("Events of the trial", False))


def _handles(path: str, has_unknown: bool) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Patch(facecolor=VERMILION, alpha=SHADE, lw=0, label="The rule stops the trial"),
        Line2D([], [], color=BLUE, marker="o", ms=5, label=path),
    ]
    return (
        [*handles, Patch(color=BLUE, alpha=0.18, lw=0, label="if the unknown had the event")]
        if has_unknown
        else handles
    )
