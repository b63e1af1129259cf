"""Flow of the patients (CONSORT 2025, doi:10.1136/bmj-2024-081123): from screening to the populations analysed.

Every number is a result row of the disposition; one column of boxes a group. Places are in inches, from the top.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import GREY, INK, VERMILION, WIDTH, figure_style
from hepatrial.render.objects import Figure

LINE, PAD, GAP, LETTER = 0.155, 0.09, 0.28, 0.066  # inches
OUTCOMES = (
    ("completed", "Completed the study"), ("discontinued", "Discontinued the study"), ("ongoing", "Ongoing"),
    ("died", "Died"), ("transplanted", "Transplanted"), ("withdrawn", "Withdrew consent"),
)  # fmt: skip


@dataclass(frozen=True)
class _Box:
    """Lines of a box; the first is its heading, the others are set in."""

    lines: tuple[str, ...]

    def wrapped(self, width: float) -> list[str]:
        """Lines as they fit into the width; a Chinese letter is as wide as two."""
        shown = []
        for place, line in enumerate(self.lines):
            share = len(line) / sum(2 if ord(letter) > 0x2E80 else 1 for letter in line)
            letters = max(int((width - 2 * PAD) / LETTER * share), 8)
            first, later = ("  ", "    ") if place else ("", "")
            shown += textwrap.wrap(line, letters, initial_indent=first, subsequent_indent=later)
        return shown

    def height(self, width: float) -> float:
        return LINE * len(self.wrapped(width)) + 2 * PAD


def draw_consort(context: Context) -> list[Figure]:
    """One figure of the disposition."""
    analysis = context.analyses_of("disposition")[0]
    found = context.groups(analysis.id)
    groups = [group for group in found if group != "all"] or found  # a flow has its arms, not their total
    top = _screening_box(context, analysis.id)
    columns = [_group_boxes(context, analysis.id, group) for group in groups]
    width = min(3.6, (WIDTH - 0.3 - 0.25 * (len(groups) - 1)) / len(groups))
    first = top.height(3.6) + GAP if top else 0.0
    heights = [max(boxes[row].height(width) for boxes in columns) for row in range(len(columns[0]))]
    total = 0.35 + first + sum(heights) + GAP * (len(heights) - 1) + 0.1
    with figure_style():
        drawing = Drawing(figsize=(WIDTH, total))
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(total, 0)
        middles = [WIDTH / 2 + (place - (len(groups) - 1) / 2) * (width + 0.25) for place in range(len(groups))]
        if top:
            _draw_box(axes, top, WIDTH / 2, 0.3, 3.6, top.height(3.6))
            for middle in middles:
                _draw_arrow(axes, WIDTH / 2, 0.3 + top.height(3.6), middle, 0.3 + first)
        for boxes, middle in zip(columns, middles, strict=True):
            _draw_column(axes, boxes, middle, 0.3 + first, width, heights)
        if context.data.simulated:
            axes.text(WIDTH - 0.08, 0.05, "SIMULATED DATA", ha="right", va="top", fontsize=7, color=VERMILION)
    rows = context.rows.select(analysis.id, measure="patients")
    notes = ["One patient may be in several lines of follow-up, such as died and discontinued."]
    return [make_figure(context, drawing, rows, _describe(top, columns), notes)]


def _screening_box(context: Context, analysis_id: str) -> _Box | None:
    screened = _count(context, analysis_id, "all", "screened")
    if not screened:
        return None
    failed = _count(context, analysis_id, "all", "screen failed")
    reasons = _reasons(context, analysis_id, "all", "SCREENED")
    return _Box((f"Screened {screened}", f"Failed screening {failed}", *reasons))


def _group_boxes(context: Context, analysis_id: str, group: str) -> list[_Box]:
    def line(variable: str, label: str) -> str:
        return f"{label} {_count(context, analysis_id, group, variable)}"

    lost = (line("not enrolled to origin", "Did not reach the time origin"),
            line("died before origin", "Died before the time origin"))  # fmt: skip
    analysed = []
    for population in context.study.populations:
        analysed += [line(population.code, population.label), *_reasons(context, analysis_id, group, population.code)]
    return [
        _Box((f"{context.group_label(group)}: {line('enrolled', 'enrolled')}", *lost)),
        _Box((line("treated", "Treated"),)),
        _Box(("Follow-up", *(line(variable, label) for variable, label in OUTCOMES))),
        _Box(("Analysis populations", *analysed)),
    ]


def _reasons(context: Context, analysis_id: str, group: str, step: str) -> list[str]:
    found = context.rows.select(analysis_id, variable="excluded", by_level=step, group=group, stat="n")
    keys = {"by_variable": "population", "by_level": step}
    return [f"– {reason} {_count(context, analysis_id, group, 'excluded', level=reason, **keys)}"
            for reason in dict.fromkeys(found["level"])]  # fmt: skip


def _count(context: Context, analysis_id: str, group: str, variable: str, **keys: Any) -> str:
    """``(n=10)``, or nothing where the disposition has no such row."""
    own = {"measure": "patients", "variable": variable, "stat": "n", "group": group} | keys
    part = context.rows.part("count", analysis_id=analysis_id, **own)
    return f"(n={part.text})" if part.result_id else ""


def _draw_column(
    axes: Axes, boxes: Sequence[_Box], middle: float, top: float, width: float, heights: Sequence[float]
) -> None:
    for place, (box, height) in enumerate(zip(boxes, heights, strict=True)):
        _draw_box(axes, box, middle, top, width, height)
        if place + 1 < len(boxes):
            _draw_arrow(axes, middle, top + height, middle, top + height + GAP)
        top += height + GAP


def _draw_box(axes: Axes, box: _Box, middle: float, top: float, width: float, height: float) -> None:
    left = middle - width / 2
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=INK, lw=0.8))
    for place, text in enumerate(box.wrapped(width)):
        y = top + PAD + LINE * (place + 0.5)
        axes.text(left + PAD, y, text, va="center", fontsize=8.5, color=INK if not place else "#333333")


def _draw_arrow(axes: Axes, x: float, y: float, to_x: float, to_y: float) -> None:
    axes.annotate(
        "", (to_x, to_y), (x, y), arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
    )


def _describe(top: _Box | None, columns: Sequence[Sequence[_Box]]) -> str:
    boxes = [*([top] if top else []), *(box for column in columns for box in column)]
    return f"Flow of the patients. {'. '.join('; '.join(box.lines) for box in boxes)}."
