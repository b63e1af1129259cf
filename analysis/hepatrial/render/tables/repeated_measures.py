"""Tables of models of repeated measures: means and differences by visit, and the covariance over visits."""

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.tables.blocks import estimate_interval, finish_table, fixed
from hepatrial.render.tables.model_words import describe_covariance

AS_IF = "as if nobody had died"
AS_IF_NOTE = "Hypothetical estimand: as if nobody had died or been transplanted. Not a description of the survivors."
AMONG = "among those alive on the native liver"
WORST = "death the worst outcome"
LEFT_OUT = "left out: no value"  # the column of the missing says how many
MEAN_LEVELS = {
    ("value", False): "mean",
    ("value", True): "geometric mean",
    ("change", False): "mean change",
    ("change", True): "ratio to baseline",
}
DF_NOTES = {
    "kenward-roger-linear": "Kenward–Roger degrees of freedom (linear) as SAS",
    "kenward-roger": "Kenward–Roger degrees of freedom as R mmrm, not SAS, for an unstructured covariance",
    "satterthwaite": "Satterthwaite degrees of freedom",
    "between-within": "between-within degrees of freedom",
    "residual": "residual degrees of freedom",
}


def say_strategy(title: str, words: str) -> str:
    """The title says how death is handled, whatever the study file calls the table."""
    return title if words.lower() in title.lower() else f"{title}, {words}"


def build_mmrm(context: Context) -> Table:
    """Least-squares means of each arm at each visit, and differences between arms, as if nobody had died."""
    notes = [f"{DF_NOTES[df]}." for df in dict.fromkeys(item.df for item in context.analyses_of("mmrm"))]
    return _build_means(context, "mmrm", AS_IF, [
        "Mixed model for repeated measures, REML. n, values at the visit; CI, confidence interval; SE, standard error.",
        *notes, AS_IF_NOTE,
    ])  # fmt: skip


def build_gee(context: Context) -> Table:
    """Means of each arm and differences among the patients alive on the native liver at each visit."""
    kinds = ", ".join(dict.fromkeys(item.sandwich for item in context.analyses_of("gee")))
    notes = [f"{DF_NOTES[df]}." for df in dict.fromkeys(item.df for item in context.analyses_of("gee"))]
    return _build_means(context, "gee", AMONG, [
        f"Independence estimating equations, robust standard errors by patient ({kinds}). n, values at the visit; CI, "
        "confidence interval; SE, standard error.",
        *notes, "While-alive estimand: arms may differ in who is still alive.",
    ])  # fmt: skip


def _build_means(context: Context, method: str, words: str, notes: list[str]) -> Table:
    analyses = context.analyses_of(method)
    compares = any(item.comparison for item in analyses)
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(say_strategy(analysis.title, words), is_heading=True)] if len(analyses) > 1 else []
        for item in context.parameters(analysis.parameters):
            rows.append(Row(f"{parameter_label(item)}{_scale_words(analysis, item)}", is_heading=True))
            for visit, label in _visits(context, analysis):
                rows += _visit_rows(context, analysis, item, visit, label, compares)
            rows += _model_rows(context, analysis.id, item.code)
    is_log = any(item.scale == "log" for one in analyses for item in context.parameters(one.parameters))
    columns = _columns(analyses, compares, is_log)
    padded = [_pad(row, sum(column.width for column in columns)) for row in rows]
    table = finish_table(context, "Visit", columns, padded, _notes(context, analyses, notes), said=(AS_IF,))
    return replace(table, title=say_strategy(table.title, words))


def _scale_words(analysis: Any, item: Any) -> str:
    """What the means of a parameter on the log scale are."""
    if item.scale != "log":
        return ""
    return ", ratio to baseline" if analysis.response == "change" else ", geometric mean"


def _columns(analyses: tuple[Any, ...], compares: bool, is_log: bool) -> tuple[Column, ...]:
    level = f"({analyses[0].conf_level * 100:g}% CI)"
    ratios = is_log and any(item.response == "change" for item in analyses)
    mean = f"{'Mean or ratio' if ratios else 'Mean'} {level}"
    means = tuple(Column(literal(name)) for name in ("n", mean, "SE", "df"))
    inner = tuple(Column(literal(name)) for name in (f"Estimate {level}", "SE", "df", "p-value"))
    between = f"Difference{' or ratio' if is_log else ''} between arms"
    return (*means, Column(literal(between), inner)) if compares else means


def _pad(row: Row, width: int) -> Row:
    """The row with an empty cell where it has none."""
    return row if row.is_heading else replace(row, cells=(*row.cells, *[()] * (width - len(row.cells))))


def _visits(context: Context, analysis: Any) -> list[tuple[str, str]]:
    """The visits of the model in the study's order; the baseline only where the model has it."""
    return [pair for pair in context.visits(analysis.visits) if pair[0] in analysis.visits]


def _visit_rows(context: Context, analysis: Any, item: Any, visit: str, label: str, compares: bool) -> list[Row]:
    groups = context.groups(analysis.id)
    place = {"analysis_id": analysis.id, "variable": item.code, "visit": visit}
    means = {
        group: _estimate_cells(context, analysis, item, "least squares mean", place | {"group": group})
        for group in groups
    }
    if len(groups) == 1:
        return [Row(label, means[groups[0]][:4], 1)]
    reference = context.study.design.reference_arm
    rows = [Row(label, indent=1, is_heading=True)]
    for group in groups:
        others = place | {"group": group, "comparator": reference}
        difference = _difference_cells(context, analysis, item, others) if compares else ()
        size = context.size(analysis.id, group)
        rows.append(Row(context.group_label(group), (*means[group], *difference), 2, size=size))
    return rows + (_pair_rows(context, analysis, item, place) if compares else [])


def _pair_rows(context: Context, analysis: Any, item: Any, place: dict[str, str]) -> list[Row]:
    """Differences of two arms neither of which is the reference."""
    reference = context.study.design.reference_arm
    found = context.rows.select(
        analysis.id, measure="least squares mean difference", stat="estimate", variable=item.code, visit=place["visit"]
    )
    pairs = [(row.group, row.comparator) for row in found.itertuples() if row.comparator != reference]
    return [
        Row(
            f"{context.group_label(group)} : {context.group_label(other)}",
            (
                (),
                (),
                (),
                (),
                *_difference_cells(context, analysis, item, place | {"group": group, "comparator": other}),
            ),
            2,
        )
        for group, other in pairs
    ]


def _difference_cells(context: Context, analysis: Any, item: Any, place: dict[str, str]) -> tuple[Cell, ...]:
    measure = {"measure": "least squares mean difference"}
    keys = place | measure | {"level": "ratio" if item.scale == "log" else "difference"}
    if context.rows.find(stat="estimate", **keys) is None:
        return ((), (), (), ())
    cells = _estimate_cells(context, analysis, item, measure["measure"], place)
    return (*cells[1:], (context.rows.part("p", stat="p_value", **keys),))


def _estimate_cells(
    context: Context, analysis: Any, item: Any, measure: str, place: dict[str, str]
) -> tuple[Cell, ...]:
    """n, estimate with its interval, standard error, degrees of freedom."""
    is_log, rows = item.scale == "log", context.rows
    is_mean = measure == "least squares mean"
    level = MEAN_LEVELS[analysis.response, is_log] if is_mean else "ratio" if is_log else "difference"
    keys = place | {"measure": measure, "level": level}
    spec = "fixed2" if level.startswith("ratio") else fixed(item.decimals, 2 if analysis.response == "change" else 1)
    error = "fixed3" if is_log else fixed(item.decimals, 2)
    return (
        (rows.part("count", stat="n", **keys),) if rows.find(stat="n", **keys) else (),
        estimate_interval(rows, spec, **keys),
        (rows.part(error, stat="std_error", **keys),),
        (rows.part("fixed1", stat="df", **keys),),
    )


def _model_rows(context: Context, analysis_id: str, code: str) -> list[Row]:
    """Size of the model and every covariance structure tried; one that failed has its reason as a footnote."""
    keys = {"analysis_id": analysis_id, "variable": code, "group": "", "measure": "model fit"}
    if context.rows.find(stat="n", **keys) is None:
        return []
    size: Cell = (context.rows.part("count", stat="n", **keys), *literal(" / "),
                  context.rows.part("count", stat="n_total", **keys))  # fmt: skip
    tried = context.rows.select(analysis_id, measure="model fit", stat="log_likelihood", variable=code)
    fits = [
        Row(f"Log-likelihood, {describe_covariance(level)}",
            ((), (context.rows.part("fixed3", stat="log_likelihood", level=level, **keys),)), 1)
        for level in tried["level"]
    ]  # fmt: skip
    return [Row("Patients / values in the model", ((), size), 1), *fits]


def _notes(context: Context, analyses: tuple[Any, ...], notes: list[str]) -> list[str]:
    logs = [item for one in analyses for item in context.parameters(one.parameters) if item.scale == "log"]
    if logs:
        notes = [*notes, "Log scale: geometric means and their ratios; SE on the scale of the logarithm."]
    margins = {item.margins for item in analyses} - {"equal"}
    return [*notes, f"Margins of the other factors: {', '.join(sorted(margins))}."] if margins else notes


def build_composite(context: Context) -> Table:
    """Who has which outcome in each arm at each visit, and how often an arm's patient does better than the other's."""
    analyses = context.analyses_of("composite")
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(say_strategy(analysis.title, WORST), is_heading=True)] if len(analyses) > 1 else []
        for item in context.parameters(analysis.parameters):
            rows.append(Row(parameter_label(item), is_heading=True))
            for visit, label in _visits(context, analysis):
                rows.append(Row(label, indent=1, is_heading=True))
                rows += [_composite_row(context, analysis, item, visit, group) for group in context.groups(analysis.id)]
    level = f"({analyses[0].conf_level * 100:g}% CI)"
    worst = " or ".join(dict.fromkeys(name for item in analyses for name in item.worst))
    names = ("Value", worst.capitalize(), "Missing", f"Win probability {level}", f"Win odds {level}", "p-value")
    notes = [
        f"Composite estimand: {worst} by the visit's target day ranks below every value, the earlier the worse.",
        "Win probability: that a patient of the arm does better than one of the reference arm, ties counted one half. "
        "Wilcoxon rank test, two-sided. CI, confidence interval. Missing: neither a value nor the worst outcome.",
    ]
    table = finish_table(
        context, "Visit", tuple(Column(literal(name)) for name in names), rows, notes, said=(LEFT_OUT,)
    )
    return replace(table, title=say_strategy(table.title, WORST))


def _composite_row(context: Context, analysis: Any, item: Any, visit: str, group: str) -> Row:
    keys = {"analysis_id": analysis.id, "variable": item.code, "visit": visit, "group": group}
    outcome = keys | {"measure": "composite outcome"}
    counts = [(context.rows.part("count", stat=stat, **outcome),) for stat in ("n", "n_events", "n_missing")]
    against = keys | {"comparator": context.study.design.reference_arm}
    if group == against["comparator"]:
        return Row(context.group_label(group), (*counts, (), (), ()), 2)
    probability = estimate_interval(context.rows, "fixed3", measure="win probability", **against)
    odds = estimate_interval(context.rows, "fixed2", measure="win odds", **against)
    p_value = context.rows.part("p", measure="rank test", stat="p_value", **against)
    return Row(context.group_label(group), (*counts, probability, odds, (p_value,)), 2)


def build_slopes(context: Context) -> Table:
    """Slopes and means of a mixed model over time as a number, with the variances of its random effects."""
    analyses = tuple(item for item in context.analyses_of("mixed model") if item.time != "visits")
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(say_strategy(analysis.title, AS_IF), is_heading=True)] if len(analyses) > 1 else []
        for item in context.parameters(analysis.parameters):
            rows.append(Row(parameter_label(item), is_heading=True))
            rows += _slope_rows(context, analysis, item)
    level = f"({analyses[0].conf_level * 100:g}% CI)"
    columns = tuple(Column(literal(name)) for name in (f"Estimate {level}", "SE", "df", "p-value"))
    notes = ["Mixed model with random effects by patient, REML. CI, confidence interval; SE, standard error.",
             *(f"{DF_NOTES[df]}." for df in dict.fromkeys(item.df for item in analyses)),
             AS_IF_NOTE]  # fmt: skip
    if any(item.scale == "log" for one in analyses for item in context.parameters(one.parameters)):
        notes.append("Log scale: geometric means, ratios a unit of time, and ratios of those between arms; "
                     "SE on the scale of the logarithm.")  # fmt: skip
    table = finish_table(context, "Time", columns, [_pad(row, 4) for row in rows], notes, said=(AS_IF,))
    return replace(table, title=say_strategy(table.title, AS_IF))


def _slope_rows(context: Context, analysis: Any, item: Any) -> list[Row]:
    """Slopes with their differences, means at the visits with theirs, then what the model is made of."""
    labels = dict(_visits(context, analysis))
    rows = _estimate_lines(context, analysis, item, "slope", "", f"Change a {analysis.time[:-1]}")
    for visit in labels:
        rows += _estimate_lines(context, analysis, item, "least squares mean", visit, f"Mean, {labels[visit]}")
    keys = {"analysis_id": analysis.id, "variable": item.code, "group": ""}
    variances = context.rows.select(analysis.id, measure="variance component", variable=item.code)
    parts = [
        Row(f"Variance {row.level}", ((context.rows.part("significant3", measure="variance component", stat="variance",
                                                         level=row.level, **keys),),), 1)
        for row in variances.itertuples()
    ]  # fmt: skip
    fit = keys | {"measure": "model fit"}
    size: Cell = (context.rows.part("count", stat="n", **fit), *literal(" / "),
                  context.rows.part("count", stat="n_total", **fit))  # fmt: skip
    likelihood = (context.rows.part("fixed3", stat="log_likelihood", **fit),)
    return [*rows, *parts, Row("Patients / values in the model", (size,), 1), Row("Log-likelihood", (likelihood,), 1)]


def _estimate_lines(context: Context, analysis: Any, item: Any, measure: str, visit: str, heading: str) -> list[Row]:
    """The estimate of each arm, and of its difference to the reference arm."""
    found = context.rows.select(
        analysis.id, measure=(measure, f"{measure} difference"), stat="estimate", variable=item.code, visit=visit
    )
    rows = [Row(heading, indent=1, is_heading=True)]
    for row in context.in_arm_order(found).sort_values("comparator", key=lambda text: text != "").itertuples():
        keys = {"analysis_id": analysis.id, "measure": row.measure, "variable": item.code, "visit": visit}
        keys |= {"group": row.group, "comparator": row.comparator, "level": row.level}
        arms = context.group_label(row.group) + (f" : {context.group_label(row.comparator)}" if row.comparator else "")
        is_log = item.scale == "log"
        is_ratio = is_log and (measure == "slope" or row.comparator != "")
        error = "fixed3" if is_log else fixed(item.decimals, 3)
        cells = (
            estimate_interval(context.rows, "fixed3" if is_ratio else fixed(item.decimals, 2), **keys),
            (context.rows.part(error, stat="std_error", **keys),),
            (context.rows.part("fixed1", stat="df", **keys),),
            (context.rows.part("p", stat="p_value", **keys),) if row.comparator else (),
        )
        rows.append(Row(arms, cells, 2))
    return rows


def build_mmrm_covariance(context: Context) -> Table:
    """Variances on the diagonal, covariances below it and correlations above it, by visit."""
    analyses = context.analyses_of("mmrm")
    visits = list(dict.fromkeys(pair for item in analyses for pair in _visits(context, item)))
    rows: list[Row] = []
    for analysis in analyses:
        for item in context.parameters(analysis.parameters):
            found = context.rows.select(analysis.id, measure="covariance", variable=item.code)
            spec = _variance_format(found)
            for level in dict.fromkeys(found["level"]):
                heading = parameter_label(item) if level == "all" else f"{parameter_label(item)}, {level}"
                rows.append(Row(heading, is_heading=True))
                place = {"analysis_id": analysis.id, "variable": item.code, "group": "", "level": level}
                rows += [
                    Row(
                        label,
                        tuple(_matrix_cell(context, place, visits, row, column, spec) for column in range(len(visits))),
                        1,
                    )
                    for row, (_, label) in enumerate(visits)
                ]
    columns = tuple(Column(literal(label)) for _, label in visits)
    notes = ["Estimated covariance of a patient's values: variances on the diagonal, covariances below it, "
             "correlations above it. Logarithms where the parameter is analysed on the log scale."]  # fmt: skip
    return finish_table(context, "Visit", columns, rows, notes, said=(AS_IF,))


def _variance_format(found: pd.DataFrame) -> str:
    """Three digits of the smallest variance, and as many decimals for all, so that they stand under each other."""
    smallest = found["value"].abs().replace(0.0, math.nan).min()
    return f"fixed{min(max(2 - math.floor(math.log10(smallest)), 0), 8)}" if smallest > 0 else "significant3"


def _matrix_cell(
    context: Context, place: dict[str, str], visits: list[tuple[str, str]], row: int, column: int, spec: str
) -> Cell:
    upper = column > row
    first, second = (column, row) if upper else (row, column)
    keys = place | {"visit": visits[first][0], "by_variable": "visit", "by_level": visits[second][0]}
    measure, form = ("correlation", "fixed2") if upper else ("covariance", spec)
    return (context.rows.part(form, measure=measure, stat="estimate", **keys),)


MOST_INFLUENTIAL = 10


def build_influence(context: Context) -> Table:
    """The patients who move the coefficients most, by Cook's distance."""
    rows: list[Row] = []
    for analysis in context.analyses:
        if analysis.method in ("mmrm", "mixed model") and analysis.diagnostics:
            for item in context.parameters(analysis.parameters):
                rows.append(Row(f"{parameter_label(item)}: {analysis.title}", is_heading=True))
                rows += _influence_rows(context, analysis, item.code)
    notes = [
        f"The {MOST_INFLUENTIAL} patients with the largest Cook's distance of each model: change of all coefficients "
        "without the patient, at the fitted covariance.",
    ]
    columns = (Column(literal("Arm"), align="text"), Column(literal("Cook's distance")))
    return finish_table(context, "Patient", columns, rows, notes)


def _influence_rows(context: Context, analysis: Any, code: str) -> list[Row]:
    found = context.rows.select(analysis.id, measure="influence", variable=code)
    rows = []
    for row in found.sort_values("value", ascending=False, kind="stable").head(MOST_INFLUENTIAL).itertuples():
        keys = {"analysis_id": analysis.id, "measure": "influence", "variable": code, "group": row.group}
        keys |= {"by_variable": "patient", "by_level": row.by_level}
        cook = (context.rows.part("fixed3", stat="estimate", **keys),)
        rows.append(Row(row.by_level, (literal(context.group_label(row.group)), cook), 1))
    return rows
