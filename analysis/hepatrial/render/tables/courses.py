"""Tables of whole courses: one number a patient, and means with values beyond the limits of quantification."""

from typing import Any

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.tables.blocks import (
    estimate_interval,
    finish_table,
    fixed,
    mean_sd,
    median_quartiles,
    minimum_maximum,
)

LABELS = {
    "area": "Area under the curve (unit × days)",
    "mean level": "Mean level (area by days)",
    "slope": "Slope (a day)",
    "maximum change": "Largest change from the first value",
    "day of normal": "Day of the first normal value",
}


def build_trajectory_summary(context: Context) -> Table:
    """Each summary of each parameter by arm."""
    analyses = context.analyses_of("trajectory summary")
    rows: list[Row] = []
    for analysis in analyses:
        groups = context.groups(analysis.id)
        for item in context.parameters(analysis.parameters):
            rows.append(Row(parameter_label(item), is_heading=True))
            for name in analysis.summaries:
                rows += [Row(LABELS[name], indent=1, is_heading=True)] if len(groups) > 1 else []
                for group in groups:
                    label = context.group_label(group) if len(groups) > 1 else LABELS[name]
                    rows.append(_summary_row(context, analysis, item, name, group, label))
    names = ("n", "Not estimable", "Never normal", "Mean (SD)", "Median (quartiles)", "Min. to max.")
    days = ", ".join(dict.fromkeys(f"{item.window[0]} to {item.window[1]}" for item in analyses))
    notes = [
        f"Follow-up days {days}; values at the visits, alive on the native liver; nothing is carried forward.",
        "Area by trapezoids, never extrapolated; slope by least squares. On the log scale slope and change are ratios. "
        "Never normal: abnormal at first and at every later value; the other columns are of those who became normal.",
    ]
    return finish_table(context, "Summary", tuple(Column(literal(name)) for name in names), rows, notes)


def _summary_row(context: Context, analysis: Any, item: Any, name: str, group: str, label: str) -> Row:
    keys = {"analysis_id": analysis.id, "measure": "trajectory summary", "variable": item.code, "level": name}
    keys |= {"group": group}
    more = {"slope": 3, "day of normal": -item.decimals}.get(name, 1)
    is_ratio = item.scale == "log" and name in ("slope", "maximum change")
    decimals = 2 if is_ratio else max(item.decimals + more - 1, 0)
    counts = [(context.rows.part("count", stat=stat, **keys),) for stat in ("n", "n_missing")]
    never = (context.rows.part("count", stat="n_censored", **keys),) if name == "day of normal" else ()
    summaries = (function(context.rows, decimals, **keys) for function in (mean_sd, median_quartiles, minimum_maximum))
    return Row(label, (*counts, never, *summaries), 2 if len(context.groups(analysis.id)) > 1 else 1)


def build_censored_model(context: Context) -> Table:
    """Values beyond the limits by visit, means by the likelihood of what was seen, and with substitution."""
    analyses = context.analyses_of("censored model")
    compares = any(item.comparison for item in analyses)
    rows: list[Row] = []
    for analysis in analyses:
        groups = context.groups(analysis.id)
        for item in context.parameters(analysis.parameters):
            rows.append(Row(parameter_label(item), is_heading=True))
            for visit, label in context.visits(analysis.visits):
                if visit not in analysis.visits:
                    continue
                rows += [Row(label, indent=1, is_heading=True)] if len(groups) > 1 else []
                for group in groups:
                    text = context.group_label(group) if len(groups) > 1 else label
                    cells = _censored_cells(context, analysis, item, visit, group, compares)
                    rows.append(Row(text, cells, 2 if len(groups) > 1 else 1))
    level = f"({analyses[0].conf_level * 100:g}% CI)"
    names = ["Values", "< or > limit", f"Mean, likelihood {level}", f"Mean, substituted {level}"]
    names += [f"Difference or ratio {level}", "p-value"] if compares else []
    notes = [
        "Random intercept, maximum likelihood, normal intervals. Likelihood: a value beyond a limit enters as the "
        "probability of lying there. Substituted: the same model of the values that stand for them.",
        "Geometric means and ratios for parameters analysed on the log scale. CI, confidence interval.",
        "Hypothetical estimand: as if nobody had died or been transplanted. Not a description of the survivors.",
    ]
    return finish_table(
        context, "Visit", tuple(Column(literal(name)) for name in names), rows, notes, said=("as if nobody had died",)
    )


def _censored_cells(
    context: Context, analysis: Any, item: Any, visit: str, group: str, compares: bool
) -> tuple[Cell, ...]:
    rows, is_log = context.rows, item.scale == "log"
    keys = {"analysis_id": analysis.id, "variable": item.code, "visit": visit, "group": group}
    beyond = keys | {"measure": "beyond a limit"}
    below, above = (rows.part("count", stat=stat, **beyond) for stat in ("n_below_limit", "n_above_limit"))
    mean = keys | {"level": "geometric mean" if is_log else "mean"}
    spec = fixed(item.decimals, 1)
    cells = [
        (rows.part("count", stat="n", **beyond),),
        (below, *literal(" / "), above),
        estimate_interval(rows, spec, measure="least squares mean", **mean),
        estimate_interval(rows, spec, measure="substituted mean", **mean),
    ]
    if not compares:
        return tuple(cells)
    difference = keys | {"measure": "least squares mean difference", "level": "ratio" if is_log else "difference"}
    difference |= {"comparator": context.study.design.reference_arm}
    if rows.find(stat="estimate", **difference) is None:
        return (*cells, (), ())
    p_value = (rows.part("p", stat="p_value", **difference),)
    return (*cells, estimate_interval(rows, "fixed2" if is_log else spec, **difference), p_value)
