"""Tables of survival, competing risks and biomarkers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.methods.names import name_event
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import (
    describe_samples,
    estimate_interval,
    finish_table,
    fixed,
    interval,
    mean_sd,
    median_quartiles,
    minimum_maximum,
)
from hepatrial.render.tables.comparisons import incidence_comparison_rows, survival_comparison_rows
from hepatrial.render.tables.historical import historical_notes, historical_rows
from hepatrial.study import Parameter

MIXED_DF = {
    "residual": "residual degrees of freedom",
    "satterthwaite": "Satterthwaite degrees of freedom",
    "kenward-roger": "covariance and degrees of freedom of Kenward and Roger",
}


def _columns(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(literal(heading)) for heading in headings)


def _level(analysis: Any) -> str:
    return f"{analysis.conf_level * 100:g}% CI"


def _sections(context: Context, analyses: tuple[Any, ...]) -> Iterator[tuple[Any, str, list[Row]]]:
    """Every analysis and group, with the heading rows that tell them apart."""
    for analysis in analyses:
        groups = context.groups(analysis.id)
        for group in groups:
            title = [Row(analysis.title, is_heading=True)] if len(analyses) > 1 and group == groups[0] else []
            size = context.size(analysis.id, group)
            own = [Row(context.group_label(group), is_heading=True, size=size)] if len(groups) > 1 else []
            yield analysis, group, [*title, *own]


def build_survival(context: Context) -> Table:
    """Kaplan–Meier at the protocol's days, quantiles, and the comparison of arms where planned."""
    analyses = context.analyses_of("survival")
    rows: list[Row] = []
    for analysis, group, headings in _sections(context, analyses):
        rows += headings
        rows += [Row(f"Day {day}", _survival_cells(context, analysis, group, day), 1) for day in analysis.days]
        rows += [_quantile_row(context, analysis, group, probability) for probability in analysis.quantiles]
        rows += _restricted_mean_rows(context, analysis, group)
        rows += historical_rows(context, analysis, group)
    for analysis in analyses:
        rows += survival_comparison_rows(context, analysis)
    limits = ", ".join(dict.fromkeys(item.conf_type for item in analyses))
    notes = [
        f"CI, confidence interval ({limits}); SE, standard error (percentage points).",
        "At risk: followed to that day or beyond. Events and censored: up to that day.",
    ]
    notes += [note for item in analyses if (note := context.study.time_to_event(item.parameter).note)]
    notes += historical_notes(analyses)
    if any(item.comparison and item.comparison.restricted_mean_day for item in analyses):
        notes.append("Restricted mean time: mean time to the event, or to that day: the area under the curve up to it.")
    is_survival = all("death" in context.study.time_to_event(item.parameter).events for item in analyses)
    estimate = "Survival (%)" if is_survival else "Event-free (%)"
    columns = _columns("At risk", "Events", "Censored", estimate, _level(analyses[0]), "SE")
    return finish_table(context, f"Days since {context.origin}", columns, rows, notes)


def _survival_cells(context: Context, analysis: Any, group: str, day: int) -> tuple[Cell, ...]:
    keys = {"analysis_id": analysis.id, "measure": "survival", "variable": analysis.parameter, "group": group}
    at = keys | {"time_days": float(day)}
    counts = [(context.rows.part("count", stat=stat, **at),) for stat in ("n_risk", "n_events", "n_censored")]
    estimate = (context.rows.part("proportion1", stat="estimate", **at),)
    error = (context.rows.part("proportion1", stat="std_error", **at),)
    return (*counts, estimate, interval(context.rows, "proportion1", **at), error)


def _quantile_row(context: Context, analysis: Any, group: str, probability: float) -> Row:
    keys = {"analysis_id": analysis.id, "measure": "event time quantile", "group": group}
    keys |= {"variable": analysis.parameter, "level": f"{probability:g}"}
    label = "Median time (days)" if probability == 0.5 else f"Day by which {probability * 100:g}% had the event"
    found = context.rows.select(analysis.id, measure="event time quantile")["value"].dropna()
    spec = "count" if (found % 1 == 0).all() else "fixed1"
    estimate = (context.rows.part(spec, stat="estimate", **keys),)
    return Row(label, ((), (), (), estimate, interval(context.rows, spec, **keys), ()), 1)


def _restricted_mean_rows(context: Context, analysis: Any, group: str) -> list[Row]:
    """Mean time of the arm up to the day for which the arms are compared."""
    if context.is_single_arm or analysis.comparison is None or not analysis.comparison.restricted_mean_day:
        return []
    day = analysis.comparison.restricted_mean_day
    keys = {"analysis_id": analysis.id, "measure": "restricted mean", "variable": analysis.parameter, "group": group}
    keys |= {"time_days": float(day)}
    estimate = (context.rows.part("fixed1", stat="estimate", **keys),)
    cells = ((), (), (), estimate, interval(context.rows, "fixed1", **keys), ())
    return [Row(f"Restricted mean time to day {day} (days)", cells, 1)]


def build_survival_status(context: Context) -> Table:
    """Who is known to live or to have died at each day, and the bounds if the unknown all lived or all died."""
    analyses = context.analyses_of("survival")
    rows: list[Row] = []
    for analysis, group, headings in _sections(context, analyses):
        rows += headings
        for day in analysis.days:
            keys = {"analysis_id": analysis.id, "measure": "known status", "variable": analysis.parameter}
            at = keys | {"group": group, "time_days": float(day)}
            known = [(context.rows.part("count", stat=stat, **at),) for stat in ("n_alive", "n_dead")]
            counts: tuple[Cell, ...] = (*known, _unknown_cell(context, at))
            shares = [(context.rows.part("proportion1", stat=stat, **at),) for stat in ("worst_case", "best_case")]
            rows.append(Row(f"Day {day}", (*counts, *shares), 1))
    bounds = Column(literal("Survival (%) if the unknown"), _columns("all died", "all lived"))
    columns = (*_columns("Known alive", "Known dead", "Unknown"), bounds)
    days = context.study.time.status_tolerance_days
    notes = [f"Known alive: last known alive on that day, later, or at most {days} days before it."]
    pending = [PENDING] if any(_is_pending(context, item.id) for item in analyses) else []
    return finish_table(context, f"Days since {context.origin}", columns, rows, pending, notes)


PENDING = "Unknown: in brackets, those of them whose day had not come at the data cut."


def _unknown_cell(context: Context, at: dict[str, Any]) -> Cell:
    """``2``, or ``5 (3)`` where the day of three had not come yet."""
    unknown, pending = (context.rows.part("count", stat=stat, **at) for stat in ("n_unknown", "n_pending"))
    return (unknown, Part(" ("), pending, Part(")")) if pending.value else (unknown,)


def _is_pending(context: Context, analysis_id: str) -> bool:
    found = context.rows.select(analysis_id, measure="known status", stat="n_pending")
    return bool(found["value"].sum())


def build_incidence(context: Context) -> Table:
    """Cumulative incidence of the event and of what competes with it."""
    analyses = context.analyses_of("cumulative incidence")
    rows: list[Row] = []
    for analysis, group, headings in _sections(context, analyses):
        rows += headings
        rows += [Row(f"Day {day}", _incidence_cells(context, analysis, group, day), 1) for day in analysis.days]
        if group == context.groups(analysis.id)[-1]:
            rows += incidence_comparison_rows(context, analysis)
    inner = _columns("Events", "Incidence (%)", _level(analyses[0]))
    event, competing = _incidence_headings(context, analyses)
    columns = (
        *_columns("At risk", "Known free", "Unknown"), Column(literal(event), inner), Column(literal(competing), inner)
    )  # fmt: skip
    days = context.study.time.status_tolerance_days
    notes = ["CI, confidence interval. Aalen–Johansen estimate; events up to that day.",
             f"Known free of both events on that day, later, or at most {days} days before it; unknown: the others. "
             "With the events of both kinds they sum to N."]  # fmt: skip
    notes += [PENDING] if any(_is_pending(context, item.id) for item in analyses) else []
    if any(item.models for item in analyses):
        notes.append(
            "Cause-specific: the rate among patients still free of both events. Subdistribution: the incidence."
        )
    return finish_table(context, f"Days since {context.origin}", columns, rows, notes)


def _incidence_headings(context: Context, analyses: tuple[Any, ...]) -> tuple[str, str]:
    """What the two parts of the table are; with several analyses the section's title says it."""
    if len(analyses) > 1:
        return "Event", "Competing event"
    event = context.study.time_to_event(analyses[0].parameter)
    others = " or ".join(name_event(context.study, name) for name in event.competing)
    return event.label, f"{others[:1].upper()}{others[1:]} (competing)"


def _incidence_cells(context: Context, analysis: Any, group: str, day: int) -> tuple[Cell, ...]:
    keys = {"analysis_id": analysis.id, "measure": "cumulative incidence", "variable": analysis.parameter}
    at = keys | {"group": group, "time_days": float(day)}
    known = at | {"measure": "known status"}
    cells: list[Cell] = [
        (context.rows.part("count", stat="n_risk", level="event", **at),),
        (context.rows.part("count", stat="n_alive", **known),),
        _unknown_cell(context, known),
    ]
    for level in ("event", "competing"):
        cells.append((context.rows.part("count", stat="n_events", level=level, **at),))
        cells.append((context.rows.part("proportion1", stat="estimate", level=level, **at),))
        cells.append(interval(context.rows, "proportion1", level=level, **at))
    return tuple(cells)


LIMITS, GEOMETRIC = "< or > limit", "Geometric mean"
"""Columns that only measured parameters, and those on the log scale, have."""


def build_by_visit(context: Context) -> Table:
    """Observed values at each visit among patients alive on native liver, and the paired change from baseline."""
    analyses = context.analyses_of("by visit")
    rows: list[Row] = []
    for analysis in analyses:
        for item in context.parameters(analysis.parameters):
            for group in context.groups(analysis.id):
                label = _section_label(context, analysis, item, group, ", change as ratio")
                rows.append(Row(label, is_heading=True, size=context.size(analysis.id, group)))
                for visit, label in context.visits(analysis.visits):
                    keys = {"analysis_id": analysis.id, "variable": item.code, "group": group, "visit": visit}
                    rows.append(Row(label, _by_visit_cells(context, item, keys), 1))
    level = _level(analyses[0])
    items = [item for analysis in analyses for item in context.parameters(analysis.parameters)]
    is_log, is_measured = any(item.scale == "log" for item in items), any(isinstance(item, Parameter) for item in items)
    mean = f"{'Mean or ratio' if is_log else 'Mean'} ({level})"
    change = Column(literal("Change from baseline"), _columns("Pairs", mean, f"Hodges–Lehmann ({level})"))
    names = ["On native liver", "n", LIMITS, "Mean (SD)", "Median (quartiles)", "Min. to max.", GEOMETRIC]
    left_out = [names.index(name) for name, kept in ((LIMITS, is_measured), (GEOMETRIC, is_log)) if not kept]
    heads = [f"{name} ({level})" if name == GEOMETRIC else name for name in names]
    columns = (*_columns(*(head for at, head in enumerate(heads) if at not in left_out)), change)
    rows = [_without_cells(row, left_out) for row in rows]
    defaults = [
        "On native liver: alive and not transplanted at the visit's day, or when measured for it. Values after "
        "transplantation are left out.",
        f"Not estimable below {analyses[0].min_pairs} pairs.",
    ]
    ratio = ", or on the log scale the ratio of geometric means," if is_log else ""
    limits = " < or > limit: values beyond a limit of quantification." if is_measured else ""
    notes = [
        f"Change: mean difference{ratio} in patients with both values.",
        "Hodges–Lehmann: median of the pairwise averages of the changes, exact signed-rank interval.",
        f"SD, standard deviation; CI, confidence interval.{limits}",
    ]
    samples = dict.fromkeys(note for analysis in analyses for note in describe_samples(context.study, analysis))
    return finish_table(context, "Visit", columns, rows, [*samples, *notes], defaults)


def _without_cells(row: Row, places: list[int]) -> Row:
    return replace(row, cells=tuple(cell for at, cell in enumerate(row.cells) if at not in places))


def _section_label(context: Context, analysis: Any, item: Any, group: str, on_log: str = "") -> str:
    """``Albumin (g/L): Arm``; ``on_log`` follows the parameter on the log scale."""
    label = parameter_label(item) + (on_log if item.scale == "log" else "")
    return f"{label}: {context.group_label(group)}" if len(context.groups(analysis.id)) > 1 else label


def _by_visit_cells(context: Context, item: Any, keys: dict[str, str]) -> tuple[Cell, ...]:
    rows, decimals = context.rows, item.decimals
    own = keys | {"measure": "observed value"}
    limits = tuple(rows.part("count", stat=stat, **own) for stat in ("n_below_limit", "n_above_limit"))
    is_log = item.scale == "log"
    geometric = estimate_interval(rows, fixed(decimals, 1), measure="geometric mean", **keys) if is_log else ()
    paired = keys | {"measure": "change from baseline", "level": "ratio" if is_log else "difference"}
    has_change = rows.find(stat="n_pairs", **paired) is not None
    spec = "fixed2" if is_log else fixed(item.decimals, 1)
    return (
        (rows.part("count", stat="n_native", **own),),
        (rows.part("count", stat="n", **own),),
        (limits[0], *literal(" / "), limits[1]),
        mean_sd(rows, decimals, **own),
        median_quartiles(rows, decimals, **own),
        minimum_maximum(rows, decimals, **own),
        geometric,
        (rows.part("count", stat="n_pairs", **paired),) if has_change else (),
        estimate_interval(rows, spec, **paired) if has_change else (),
        estimate_interval(rows, spec, **paired | {"measure": "hodges-lehmann change"}) if has_change else (),
    )


def build_mixed_model(context: Context) -> Table:
    """Least-squares means of the mixed model at each visit."""
    analyses = context.analyses_of("mixed model")
    rows: list[Row] = []
    for analysis in analyses:
        for item in context.parameters(analysis.parameters):
            for group in context.groups(analysis.id):
                rows.append(Row(_section_label(context, analysis, item, group), is_heading=True))
                for visit, label in context.visits(analysis.visits):
                    rows.append(Row(label, _model_cells(context, analysis.id, item, group, visit), 1))
            rows += _fit_rows(context, analysis.id, item.code)
    columns = _columns("Mean", _level(analyses[0]), "SE", "df")
    defaults = [
        "Hypothetical estimand: as if nobody had died or been transplanted. Not a description of the survivors."
    ]
    notes = [
        "Mixed model with a random intercept for each patient and visits as a factor; t quantiles with "
        f"{MIXED_DF[analyses[0].df]}.",
        "Geometric means with their CI for parameters analysed on the log scale; SE on the scale of the model.",
    ]
    return finish_table(context, "Visit", columns, rows, notes, defaults)


def _model_cells(context: Context, analysis_id: str, item: Any, group: str, visit: str) -> tuple[Cell, ...]:
    keys = {"analysis_id": analysis_id, "measure": "least squares mean", "variable": item.code, "group": group}
    keys |= {"level": "geometric mean" if item.scale == "log" else "mean", "visit": visit}
    spec = fixed(item.decimals, 1)
    error = "fixed3" if item.scale == "log" else fixed(item.decimals, 2)
    return (
        (context.rows.part(spec, stat="estimate", **keys),),
        interval(context.rows, spec, **keys),
        (context.rows.part(error, stat="std_error", **keys),),
        (context.rows.part("fixed1", stat="df", **keys),),
    )


def _fit_rows(context: Context, analysis_id: str, code: str) -> list[Row]:
    keys = {"analysis_id": analysis_id, "variable": code, "group": ""}
    fit = keys | {"measure": "model fit"}
    if context.rows.find(stat="n", **fit) is None:
        return []
    size: Cell = (context.rows.part("count", stat="n", **fit), *literal(" / "),
                  context.rows.part("count", stat="n_total", **fit))  # fmt: skip
    variances = [
        context.rows.part("significant3", measure="variance component", stat="variance", level=level, **keys)
        for level in ("between patients", "within patients")
    ]
    variance: Cell = (variances[0], *literal(" / "), variances[1])
    return [
        Row("Patients / values", (size, (), (), ()), 1),
        Row("Variance between / within", (variance, (), (), ()), 1),
    ]
