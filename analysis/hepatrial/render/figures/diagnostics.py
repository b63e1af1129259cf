"""Diagnostics of a model of repeated measures, one page a model; and its covariance over visits as a heat map."""

from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.figures.captions import make_figure
from hepatrial.render.figures.style import GREY, INK, WIDTH, Frame, arm_style, figure_style, mark_simulated
from hepatrial.render.formatters import format_value
from hepatrial.render.objects import Figure

MODELS = ("mmrm", "mixed model")
HEIGHT = 6.4
PANELS = ((0.1, 0.56, 0.38, 0.35), (0.59, 0.56, 0.38, 0.35), (0.1, 0.08, 0.38, 0.36), (0.59, 0.08, 0.38, 0.36))
COMMON: dict[str, Any] = {"ls": "", "mew": 0, "ms": 3, "alpha": 0.7}


def draw_diagnostics(context: Context) -> list[Figure]:
    """Residuals and influence of every model of the output that asks for them."""
    return [
        _draw_model(context, analysis, item)
        for analysis in context.analyses
        if analysis.method in MODELS and analysis.diagnostics
        for item in context.parameters(analysis.parameters)
        if len(context.rows.select(analysis.id, measure="residual", variable=item.code))
    ]


def _draw_model(context: Context, analysis: Any, item: Any) -> Figure:
    own = context.rows.select(analysis.id, measure=("residual", "influence"), variable=item.code)
    names = ["group", "visit", "time_days", "level", "by_level"]
    residuals = own[own["measure"] == "residual"]
    wide = residuals.pivot_table(index=names, columns="stat", values="value", dropna=False, observed=True)
    wide = wide.dropna(how="all").reset_index()
    with figure_style():
        drawing = Drawing(figsize=(WIDTH, HEIGHT))
        axes = [drawing.add_axes(box) for box in PANELS]
        for group in context.groups(analysis.id):
            style = arm_style(context.arm_number(group))
            here = wide[wide["group"] == group]
            look = COMMON | {"color": style.colour, "marker": style.marker, "label": context.group_label(group)}
            axes[0].plot(here["fitted"], here["observed"], **look)
            axes[1].plot(here["fitted"], here["standardised"], **look)
        _draw_quantiles(axes[2], wide["normalised"].to_numpy(dtype=float))
        _draw_influence(axes[3], own[own["measure"] == "influence"])
        _dress(axes, item.scale == "log", len(context.groups(analysis.id)) > 1)
        mark_simulated(Frame(drawing, axes[0], (0, 0, 1, 1)), context.data.simulated)
    notes = [
        "Residuals at the fitted covariance: standardised by each value's own variance; normalised within the patient, "
        "then independent standard normal if the model is right.",
        "Cook's distance: change of all coefficients without the patient, at the fitted covariance.",
    ]
    alt = f"{item.label}: observed against fitted, residuals against fitted, normal quantiles, Cook's distances."
    return make_figure(context, drawing, own, alt, notes, f"{analysis.title}, {item.label}")


def _draw_quantiles(axes: Axes, residuals: npt.NDArray[np.float64]) -> None:
    ordered = np.sort(residuals[np.isfinite(residuals)])
    shares = (np.arange(1, len(ordered) + 1) - 0.5) / len(ordered)
    normal = [NormalDist().inv_cdf(float(share)) for share in shares]
    axes.plot(normal, ordered, color=INK, marker="o", **COMMON)


def _draw_influence(axes: Axes, rows: pd.DataFrame) -> None:
    ordered = rows.sort_values("value", ascending=False, kind="stable")
    place = np.arange(1, len(ordered) + 1)
    axes.vlines(place, 0, ordered["value"], color=INK, lw=0.9)
    for k, line in enumerate(ordered.head(1).itertuples(), start=1):
        if np.isfinite(line.value):
            axes.annotate(line.by_level, (k, line.value), xytext=(4, 0), textcoords="offset points", fontsize=7)


def _dress(axes: list[Axes], is_log: bool, with_legend: bool) -> None:
    scale = " (logarithm)" if is_log else ""
    titles = ("Fitted and observed", "Standardised residuals", "Normal quantiles", "Influence of patients")
    labels = (
        (f"Fitted{scale}", f"Observed{scale}"),
        (f"Fitted{scale}", "Standardised residual"),
        ("Normal quantile", "Normalised residual"),
        ("Patients, most influential first", "Cook's distance"),
    )
    for one, title, (x, y) in zip(axes, titles, labels, strict=True):
        one.set_title(title, fontsize=9, loc="left")
        one.set_xlabel(x)
        one.set_ylabel(y)
    for one in (axes[0], axes[2]):
        low = max(one.get_xlim()[0], one.get_ylim()[0])
        high = min(one.get_xlim()[1], one.get_ylim()[1])
        one.plot([low, high], [low, high], color=GREY, lw=0.8)
    axes[1].axhline(0, color=GREY, lw=0.8)
    axes[3].set_ylim(bottom=0)
    if with_legend:
        axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1.07), ncols=3, borderaxespad=0, borderpad=0)


def draw_covariance(context: Context) -> list[Figure]:
    """Correlations between visits as a heat map with the standard deviations on its diagonal, one a matrix."""
    return [
        _draw_matrix(context, analysis, item, level)
        for analysis in context.analyses_of("mmrm")
        for item in context.parameters(analysis.parameters)
        for level in dict.fromkeys(context.rows.select(analysis.id, measure="covariance", variable=item.code)["level"])
    ]


def _draw_matrix(context: Context, analysis: Any, item: Any, level: str) -> Figure:
    visits = [pair for pair in context.visits(analysis.visits) if pair[0] in analysis.visits]
    rows = context.rows.select(analysis.id, measure=("covariance", "correlation"), variable=item.code, level=level)
    keys = {"analysis_id": analysis.id, "stat": "estimate", "variable": item.code, "level": level, "group": ""}
    with figure_style():
        side = min(0.75 * len(visits), 4.6)
        height = side + 1.1
        drawing = Drawing(figsize=(WIDTH, height))
        axes = drawing.add_axes(((WIDTH - side) / 2 / WIDTH, 0.75 / height, side / WIDTH, side / height))
        shown = np.full((len(visits), len(visits)), np.nan)
        for row, (visit, _) in enumerate(visits):
            for column, (other, _) in enumerate(visits[: row + 1]):
                place = keys | {"visit": visit, "by_variable": "visit", "by_level": other}
                measure = "covariance" if row == column else "correlation"
                found = context.rows.find(measure=measure, **place)
                if found is None or not np.isfinite(found.value):
                    continue
                shown[row, column] = 1.0 if row == column else found.value
                text = format_value(found.value, "significant3" if row == column else "fixed2", status=found.status)
                axes.text(column, row, text, ha="center", va="center", fontsize=8,
                          color="white" if abs(shown[row, column]) > 0.6 else INK)  # fmt: skip
        axes.imshow(shown, cmap="RdBu_r", vmin=-1, vmax=1)
        axes.set_xticks(range(len(visits)), [label for _, label in visits], rotation=45, ha="right")
        axes.set_yticks(range(len(visits)), [label for _, label in visits])
        mark_simulated(Frame(drawing, axes, (0, 0, 1, 1)), context.data.simulated)
    part = parameter_label(item) if level == "all" else f"{parameter_label(item)}, {level}"
    notes = ["Correlations between visits, and variances on the diagonal, as the model estimates them."]
    alt = f"{item.label}: estimated correlations between visits."
    return make_figure(context, drawing, rows, alt, notes, part)
