"""Forest plot of subgroups: patients and events by arm, estimate with interval, test of interaction.

Every text of the figure is a result row's; a square's area is in proportion to the patients of the level, an arrow says
that the interval goes on past the axis, and NE stands where there is no estimate.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import (
    BLUE,
    GREY,
    INK,
    PALE,
    WIDTH,
    Frame,
    figure_style,
    mark_simulated,
    new_frame,
)
from hepatrial.render.objects import Figure, Part
from hepatrial.render.tables.subgroups import Line, compared_arms, compared_measure, read_lines, with_subgroups

PLOT = (3.28, 1.95)  # left edge and width of the axes, inches
COUNTS = (2.2, 2.88)  # centres of the columns of counts
ESTIMATE, P_VALUE = 5.32, WIDTH - 0.1  # left edge of the estimates, right edge of the p-values
LINE = 0.19
SIZE, SMALLEST = 8.0, 6.0  # points; a long label of a level is written smaller before it is cut
LETTER = 0.062  # inches of an average letter at this size; a Chinese one takes twice that
RATIO_ENDS = (2.0, 4.0, 10.0)
DIFFERENCE_ENDS = (20.0, 40.0, 60.0, 100.0)


@dataclass(frozen=True)
class Axis:
    """What the axis shows: its end, whether logarithmic, and the place of no difference."""

    end: float
    is_ratio: bool

    @property
    def limits(self) -> tuple[float, float]:
        return (1 / self.end, self.end) if self.is_ratio else (-self.end, self.end)

    @property
    def none(self) -> float:
        return 1.0 if self.is_ratio else 0.0

    @property
    def ticks(self) -> list[float]:
        if self.is_ratio:
            inner = {2.0: 1.0, 4.0: 2.0, 10.0: 3.0}[self.end]
            return [1 / self.end, *([1 / inner] if inner > 1 else []), 1.0, *([inner] if inner > 1 else []), self.end]
        return [-self.end, -self.end / 2, 0.0, self.end / 2, self.end]


def draw_forest(context: Context) -> list[Figure]:
    """One figure for each analysis with subgroups and each arm that is compared."""
    reference = context.study.design.reference_arm
    return [
        _draw(context, analysis, group, reference)
        for analysis in with_subgroups(context)
        for group in compared_arms(context, analysis)
    ]


def _draw(context: Context, analysis: Any, group: str, reference: str) -> Figure:
    lines = read_lines(context, analysis, group, reference)
    axis = _choose_axis(analysis, lines)
    heads = [_wrap(context.group_label(arm), 0.66) for arm in (group, reference)]
    above = LINE * (max(text.count("\n") for text in heads) + 2) + 0.08
    with figure_style():
        frame = new_frame(LINE * (len(lines) + 0.5), below=0.72, left=PLOT[0], right=WIDTH - sum(PLOT))
        frame.set_height(frame.box[1] + frame.box[3] + above + 0.12)
        _dress_axes(context, analysis, frame, axis, len(lines), (group, reference))
        for place, line in enumerate(lines):
            _draw_line(frame, axis, line, len(lines) - place, max(item.n for item in lines))
        _head(frame, heads, analysis, len(lines) + 0.9)
        mark_simulated(frame, context.data.simulated)
    measures = (compared_measure(analysis), "subgroup", "interaction test")
    rows = context.rows.select(analysis.id, measure=measures)
    rows = rows[rows["group"].isin([group, reference])]
    counts = "n/N: responders of the patients. " if analysis.method == "proportion" else ""
    notes = [f"{counts}Squares: area in proportion to the patients. Arrows: the interval goes on. NE: not estimable. "
             "p: test of interaction; subgroups are not tested one by one."]  # fmt: skip
    part = f"{analysis.title}, {context.group_label(group)}" if len(context.groups(analysis.id)) > 2 else analysis.title
    return make_figure(context, frame.drawing, rows, _describe(lines), notes, part)


def _choose_axis(analysis: Any, lines: list[Line]) -> Axis:
    """The shortest of a few symmetrical axes that holds every estimate and three quarters of the limits."""
    is_ratio = compared_measure(analysis) != "proportion difference"
    values = np.array([value for line in lines for value in line.values if np.isfinite(value)])
    size = np.abs(np.log(values[values > 0])) if is_ratio else np.abs(100 * values)
    wanted = float(np.quantile(size, 0.85)) if size.size else 0.0
    ends = RATIO_ENDS if is_ratio else DIFFERENCE_ENDS
    scale = np.log(ends) if is_ratio else np.array(ends)
    return Axis(ends[int(np.searchsorted(scale[:-1], wanted))], is_ratio)


def _dress_axes(context: Context, analysis: Any, frame: Frame, axis: Axis, n: int, arms: tuple[str, str]) -> None:
    axes = frame.axes
    if axis.is_ratio:
        axes.set_xscale("log")
    axes.set_xlim(*axis.limits)
    axes.set_ylim(0.5, n + 0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.minorticks_off()
    axes.set_xticks(axis.ticks, [f"{tick:.3g}".replace("-", "−") for tick in axis.ticks])
    axes.axvline(axis.none, color=GREY, lw=0.8, zorder=0)
    name = {"hazard ratio": "Hazard ratio", "proportion difference": "Difference (percentage points)",
            "risk ratio": "Risk ratio", "odds ratio": "Odds ratio"}[compared_measure(analysis)]  # fmt: skip
    axes.set_xlabel(name)
    for x, text in ((0.0, "← lower"), (1.0, "higher →")):
        axes.text(x, -0.47 / frame.box[3], text, transform=axes.transAxes, ha="left" if x == 0 else "right",
                  va="center", fontsize=7.5, color=GREY)  # fmt: skip


def _draw_line(frame: Frame, axis: Axis, line: Line, y: float, largest: float) -> None:
    """A row of the figure: its texts, and its interval where there is one."""
    width = 3.0 if line.is_heading else 1.75 - 0.14 * line.indent
    size = float(np.clip(SIZE * width / max(_inches(line.label), 0.01), SMALLEST, SIZE))
    label = _shorten(line.label, width * SIZE / size)
    _write(frame, 0.08 + 0.14 * line.indent, y, label, "left", size=size)
    if line.is_heading:
        _write(frame, P_VALUE, y, _text(line.p_value), "right")
        return
    for centre, (events, patients) in zip(COUNTS, line.counts, strict=True):
        _write(frame, centre, y, f"{_text(events)}/{_text(patients)}", "center")
    estimate, low, high = line.parts
    if estimate.status == "not_estimable" or estimate.value is None:
        _write(frame, ESTIMATE, y, "NE", "left")
        return
    limits = "NE" if low.text == high.text == "NE" else f"{low.text} to {high.text}"
    _write(frame, ESTIMATE, y, f"{estimate.text} ({limits})", "left")
    _draw_interval(frame, axis, line, y, largest)


def _draw_interval(frame: Frame, axis: Axis, line: Line, y: float, largest: float) -> None:
    scale = 1.0 if axis.is_ratio else 100.0
    value, low, high = (scale * item for item in line.values)
    first, last = axis.limits
    colour = INK if line.is_overall else BLUE
    ends = [np.nan_to_num(low, nan=value), np.nan_to_num(high, nan=value)]
    frame.axes.plot(np.clip(ends, first, last), [y, y], color=colour, lw=1.2, solid_capstyle="butt", zorder=2)
    for end, edge, marker in ((ends[0] < first, first, "<"), (ends[1] > last, last, ">")):
        if end:
            frame.axes.plot([edge], [y], marker=marker, color=colour, ms=5, clip_on=False, zorder=3)
    if first <= value <= last:
        size = 8 if line.is_overall else 3 + 5 * np.sqrt(line.n / largest)
        frame.axes.plot([value], [y], marker="D" if line.is_overall else "s", color=colour, ms=size, zorder=4)


def _head(frame: Frame, heads: list[str], analysis: Any, y: float) -> None:
    what = "n/N" if analysis.method == "proportion" else "events/N"
    for centre, text in zip(COUNTS, heads, strict=True):
        _write(frame, centre, y, f"{text}\n{what}", "center", edge="bottom")
    _write(frame, ESTIMATE, y, f"Estimate ({analysis.conf_level * 100:g}% CI)", "left", edge="bottom")
    _write(frame, P_VALUE, y, "Interaction\np", "right", edge="bottom")
    _write(frame, 0.08, y, "Subgroup", "left", edge="bottom")
    bottom = 1 + 0.28 * LINE / frame.box[3]
    left, right = ((x - PLOT[0]) / PLOT[1] for x in (0.08, P_VALUE))
    frame.axes.plot([left, right], [bottom, bottom], color=PALE, lw=0.8, transform=frame.axes.transAxes, clip_on=False)


def _write(frame: Frame, x: float, y: float, text: str, side: str, *, edge: str = "center", size: float = SIZE) -> None:
    """Write at ``x`` inches from the left of the drawing, on the line ``y`` of the axes."""
    frame.axes.text((x - PLOT[0]) / PLOT[1], y, text, transform=frame.axes.get_yaxis_transform(), ha=side, va=edge,
                    fontsize=size, color=INK, linespacing=1.15)  # fmt: skip


def _text(part: Part | None) -> str:
    return "" if part is None else part.text


def _inches(text: str) -> float:
    return sum(2 * LETTER if ord(letter) > 0x2E80 else LETTER for letter in text)


def _shorten(text: str, width: float) -> str:
    """The text, or as much of it as is certain to fit with an ellipsis; the table has it whole."""
    if _inches(text) <= width:
        return text
    while _inches(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _wrap(text: str, width: float) -> str:
    """Words on lines of at most this width; a longer word is shortened; three lines at most."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _inches(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    kept = [_shorten(line, width) for line in lines if line]
    return "\n".join(kept[:3])


def _describe(lines: list[Line]) -> str:
    said = [
        f"{line.label}: {line.parts[0].text} ({line.parts[1].text} to {line.parts[2].text})"
        for line in lines
        if not line.is_heading
    ]
    return f"Forest plot of subgroups. {'; '.join(said)}."
