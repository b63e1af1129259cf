"""Waterfall: the change of every patient from baseline to one visit, from the largest rise to the largest fall.

Patients without a change stand at the right with the reason, so that survivors are never shown alone.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from hepatrial.errors import RenderError
from hepatrial.render.context import Context, parameter_label
from hepatrial.render.figures.captions import make_patient_figure
from hepatrial.render.figures.course import (
    DIED,
    MISSING,
    NAMED,
    TRANSPLANTED,
    at_visit,
    find_visit,
    parameters_of,
    short_name,
    visit_values,
    why_no_value,
)
from hepatrial.render.figures.style import GREY, INK, arm_style, figure_style, legend_above, mark_simulated, new_frame
from hepatrial.render.objects import Figure

LETTERS = {DIED: "D", TRANSPLANTED: "T", MISSING: "M"}
HEIGHT = 3.0
FINE_RATIOS = (0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)


def draw_waterfall(context: Context) -> list[Figure]:
    """One figure a parameter that has a change at the output's visit.

    Raises
    ------
    RenderError
        When the output names no visit.
    """
    if not context.output.visit:
        raise RenderError(f"output {context.output.number}: a waterfall needs the key visit, such as visit = 'D28'")
    analyses = context.analyses_of("by visit")
    population = analyses[0].population
    drawn = [(item, _changes(context, population, item)) for item in parameters_of(context, analyses)]
    return [_draw(context, population, item, changes) for item, changes in drawn if changes["change"].notna().any()]


def _changes(context: Context, population: str, item: Any) -> pd.DataFrame:
    """A row a patient: arm, name, change (ratio on the log scale), or why there is none; in the order drawn."""
    visit = find_visit(context, context.output.visit)
    subjects = context.subjects(population).set_index("USUBJID")
    values = at_visit(visit_values(context, population, item.code), visit.code).reindex(subjects.index)
    is_ratio = item.scale == "log"
    change = values["AVAL"] / values["BASE"] if is_ratio else values["AVAL"] - values["BASE"]
    change = change.where((values["AVAL"] > 0) & (values["BASE"] > 0)) if is_ratio else change
    table = subjects[["SUBJID", "TRT01P"]].assign(change=change, why=why_no_value(subjects, visit))
    table["why"] = table["why"].where(table["change"].isna() & values["AVAL"].isna(), MISSING)
    order = {DIED: 0, TRANSPLANTED: 1, MISSING: 2}
    table = table.assign(place=table["why"].map(order).where(table["change"].isna(), -1))
    return table.sort_values(["place", "change", "SUBJID"], ascending=[True, False, True], kind="stable")


def _draw(context: Context, population: str, item: Any, table: pd.DataFrame) -> Figure:
    arms = [arm.code for arm in context.study.design.arms]
    styles = {code: arm_style(place) for place, code in enumerate(arms)}
    with figure_style():
        frame = new_frame(HEIGHT, below=0.85 if len(table) <= NAMED else 0.45)
        axes, is_ratio = frame.axes, item.scale == "log"
        heights = np.log2(table["change"]) if is_ratio else table["change"]
        colours = [styles.get(code, arm_style(0)).colour for code in table["TRT01P"]]
        axes.bar(range(len(table)), heights, color=colours, width=0.8, lw=0)
        axes.axhline(0, color=INK, lw=0.8)
        _dress(axes, table, is_ratio)
        axes.set_ylabel(_label(item, is_ratio))
        handles = [Patch(color=styles[arm.code].colour, label=arm.label) for arm in context.study.design.arms]
        legend_above(frame, handles if len(arms) > 1 else [])
        mark_simulated(frame, context.data.simulated)
    visit = find_visit(context, context.output.visit)
    drawn = visit_values(context, population, item.code)
    drawn = drawn[(drawn["ABLFL"] == "Y") | (drawn["AVISIT"] == visit.code)]
    counts = table["why"][table["change"].isna()].value_counts()
    without = ", ".join(f"{LETTERS[why]} {why} ({counts[why]})" for why in LETTERS if why in counts)
    notes = [f"One bar a patient: {visit.label} against baseline, on the native liver."]
    notes += [f"Without a bar: {without}."] if without else []
    alt = f"{item.label}: change of {int(table['change'].notna().sum())} of {len(table)} patients at {visit.label}."
    return make_patient_figure(context, frame.drawing, drawn, alt, notes, item.label)


def _label(item: Any, is_ratio: bool) -> str:
    return f"{item.label}\n(ratio to baseline)" if is_ratio else f"Change of {parameter_label(item)}"


def _dress(axes: Axes, table: pd.DataFrame, is_ratio: bool) -> None:
    """Names below, letters of those without a change, and ratios written as ratios."""
    low, high = axes.get_ylim()
    reach = max(high - low, 1e-9)
    axes.set_ylim(min(low, -0.12 * reach), max(high, 0.12 * reach))
    for place, row in enumerate(table.itertuples()):
        if np.isnan(row.change):
            axes.text(place, 0, LETTERS[row.why], ha="center", va="center", fontsize=8 if len(table) <= NAMED else 5,
                      color=GREY, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
    axes.set_xlim(-0.7, len(table) - 0.3)
    if len(table) <= NAMED:
        size = 8.0 if len(table) <= 30 else 5.5
        axes.set_xticks(range(len(table)), [short_name(name) for name in table["SUBJID"]], rotation=90, fontsize=size)
        axes.tick_params(axis="x", length=0)
    else:
        axes.set_xticks([])
        axes.set_xlabel(f"{len(table)} patients")
    if is_ratio:
        ratios = _ratios(*axes.get_ylim())
        axes.set_yticks(np.log2(ratios), [f"{ratio:g}" for ratio in ratios])


def _ratios(low: float, high: float) -> list[float]:
    """Ratios to write on an axis of their binary logarithms: doublings, or finer where these are too few."""
    doublings = [2.0**power for power in range(int(np.ceil(low)), int(np.floor(high)) + 1)]
    if len(doublings) > 8:
        return doublings[:: -(-len(doublings) // 8)]
    return doublings if len(doublings) > 3 else [ratio for ratio in FINE_RATIOS if low <= np.log2(ratio) <= high]
