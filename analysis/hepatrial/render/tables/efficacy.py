"""Tables of survival, competing risks and biomarkers."""

from collections.abc import Iterator
from typing import Any

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import (
    estimate_interval,
    finish_table,
    fixed,
    interval,
    mean_sd,
    median_quartiles,
    minimum_maximum,
)


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
            size = (Part(" (N="), context.n_total(analysis.id, group), Part(")"))
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
    for analysis in analyses:
        rows += _comparison_rows(context, analysis)
    limits = ", ".join(dict.fromkeys(item.conf_type for item in analyses))
    notes = [
        f"CI, confidence interval ({limits}); SE, standard error (percentage points).",
        "At risk: followed to that day or beyond. Events and censored: up to that day.",
    ]
    notes += [note for item in analyses if (note := context.study.time_to_event(item.parameter).note)]
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
    estimate = (context.rows.part("fixed1", stat="estimate", **keys),)
    return Row(label, ((), (), (), estimate, interval(context.rows, "fixed1", **keys), ()), 1)


def _comparison_rows(context: Context, analysis: Any) -> list[Row]:
    if context.is_single_arm or analysis.comparison is None:
        return []
    keys = {"analysis_id": analysis.id, "variable": analysis.parameter}
    found = context.rows.select(analysis.id, measure=("log-rank test", "hazard ratio"), stat=("p_value", "estimate"))
    rows = [Row("Comparison of arms", is_heading=True)]
    for row in context.in_arm_order(found).itertuples(index=False):
        own = keys | {"measure": row.measure, "group": row.group}
        if row.measure == "log-rank test":
            rows.append(Row("Log-rank test, p-value", _spread(context.rows.part("p", stat="p_value", **own)), 1))
        elif row.stat == "estimate":
            label = f"Hazard ratio, {context.group_label(row.group)} : {context.group_label(row.comparator)}"
            part = context.rows.part("fixed2", stat="estimate", comparator=row.comparator, **own)
            limits = interval(context.rows, "fixed2", comparator=row.comparator, **own)
            rows.append(Row(label, _spread(part, limits), 1))
    return rows + _difference_rows(context, analysis)


DIFFERENCES = {
    "survival difference": ("Difference at day {0:g} (percentage points)", "proportion1"),
    "restricted mean difference": ("Difference of mean time to day {0:g} (days)", "fixed1"),
}


def _difference_rows(context: Context, analysis: Any) -> list[Row]:
    """Differences between arms at fixed days and of restricted means, each with its p-value under it."""
    keys = {"analysis_id": analysis.id, "variable": analysis.parameter}
    found = context.rows.select(analysis.id, measure=tuple(DIFFERENCES), stat="estimate")
    rows = []
    for row in context.in_arm_order(found).itertuples(index=False):
        label, spec = DIFFERENCES[row.measure]
        own = keys | {"measure": row.measure, "group": row.group, "comparator": row.comparator}
        own |= {"time_days": float(row.time_days)}
        arms = f"{context.group_label(row.group)} : {context.group_label(row.comparator)}"
        estimate = context.rows.part(spec, stat="estimate", **own)
        cells = _spread(estimate, interval(context.rows, spec, **own))
        rows.append(Row(f"{label.format(row.time_days)}, {arms}", cells, 1))
        rows.append(Row("p-value", _spread(context.rows.part("p", stat="p_value", **own)), 2))
    return rows


def _spread(estimate: Part, limits: Cell = ()) -> tuple[Cell, ...]:
    return ((), (), (), (estimate,), limits, ())


def build_survival_status(context: Context) -> Table:
    """Who is known to live or to have died at each day, and the bounds if the unknown all lived or all died."""
    analyses = context.analyses_of("survival")
    rows: list[Row] = []
    for analysis, group, headings in _sections(context, analyses):
        rows += headings
        for day in analysis.days:
            keys = {"analysis_id": analysis.id, "measure": "known status", "variable": analysis.parameter}
            at = keys | {"group": group, "time_days": float(day)}
            counts = [(context.rows.part("count", stat=stat, **at),) for stat in ("n_alive", "n_dead", "n_unknown")]
            shares = [(context.rows.part("proportion1", stat=stat, **at),) for stat in ("worst_case", "best_case")]
            rows.append(Row(f"Day {day}", (*counts, *shares), 1))
    bounds = Column(literal("Survival (%) if the unknown"), _columns("all died", "all lived"))
    columns = (*_columns("Known alive", "Known dead", "Unknown"), bounds)
    days = context.study.time.status_tolerance_days
    known = [f"Known alive: last known alive on that day, later, or at most {days} days before it."]
    return finish_table(context, f"Days since {context.origin}", columns, rows, (), known)


def build_incidence(context: Context) -> Table:
    """Cumulative incidence of the event and of what competes with it."""
    analyses = context.analyses_of("cumulative incidence")
    rows: list[Row] = []
    for analysis, group, headings in _sections(context, analyses):
        rows += headings
        rows += [Row(f"Day {day}", _incidence_cells(context, analysis, group, day), 1) for day in analysis.days]
        rows += _gray_row(context, analysis, group)
    inner = _columns("Events", "Incidence (%)", _level(analyses[0]))
    event, competing = _incidence_headings(context, analyses)
    columns = (*_columns("At risk"), Column(literal(event), inner), Column(literal(competing), inner))
    notes = ["CI, confidence interval. Aalen–Johansen estimate; events up to that day."]
    return finish_table(context, f"Days since {context.origin}", columns, rows, notes)


def _incidence_headings(context: Context, analyses: tuple[Any, ...]) -> tuple[str, str]:
    """What the two parts of the table are; with several analyses the section's title says it."""
    if len(analyses) > 1:
        return "Event", "Competing event"
    event = context.study.time_to_event(analyses[0].parameter)
    return event.label, f"{', '.join(event.competing).capitalize()} (competing)"


def _incidence_cells(context: Context, analysis: Any, group: str, day: int) -> tuple[Cell, ...]:
    keys = {"analysis_id": analysis.id, "measure": "cumulative incidence", "variable": analysis.parameter}
    at = keys | {"group": group, "time_days": float(day)}
    cells: list[Cell] = [(context.rows.part("count", stat="n_risk", level="event", **at),)]
    for level in ("event", "competing"):
        cells.append((context.rows.part("count", stat="n_events", level=level, **at),))
        cells.append((context.rows.part("proportion1", stat="estimate", level=level, **at),))
        cells.append(interval(context.rows, "proportion1", level=level, **at))
    return tuple(cells)


def _gray_row(context: Context, analysis: Any, group: str) -> list[Row]:
    if context.is_single_arm or analysis.comparison is None or group != context.groups(analysis.id)[-1]:
        return []
    keys = {"measure": "gray test", "variable": analysis.parameter, "group": "", "stat": "p_value"}
    part = context.rows.part("p", analysis_id=analysis.id, **keys)
    return [
        Row("Comparison of arms", is_heading=True),
        Row("Gray's test, p-value", ((), (), (part,), (), (), (), ()), 1),
    ]


def build_by_visit(context: Context) -> Table:
    """Observed values at each visit among patients alive on native liver, and the paired change from baseline."""
    analyses = context.analyses_of("by visit")
    rows: list[Row] = []
    for analysis in analyses:
        for item in context.parameters(analysis.parameters):
            for group in context.groups(analysis.id):
                rows.append(Row(_section_label(context, analysis, item, group), is_heading=True))
                for visit, label in context.visits(analysis.visits):
                    keys = {"analysis_id": analysis.id, "variable": item.code, "group": group, "visit": visit}
                    rows.append(Row(label, _by_visit_cells(context, item, keys), 1))
    level = _level(analyses[0])
    inner = _columns("Pairs", f"Mean or ratio ({level})", f"Hodges–Lehmann ({level})")
    change = Column(literal("Change from baseline"), inner)
    names = ("On native liver", "n", "< or > limit", "Mean (SD)", "Median (quartiles)", "Min. to max.")
    columns = (*_columns(*names, f"Geometric mean ({level})"), change)
    defaults = [
        "On native liver: alive and not transplanted at the visit's day. Values after transplantation are left out.",
        f"Not estimable below {analyses[0].min_pairs} pairs.",
    ]
    notes = [
        "Change: mean difference, or on the log scale the ratio of geometric means, in patients with both values.",
        "Hodges–Lehmann: median of the pairwise averages of the changes, exact signed-rank interval.",
        "SD, standard deviation. < or > limit: values beyond a limit of quantification.",
    ]
    return finish_table(context, "Visit", columns, rows, notes, defaults)


def _section_label(context: Context, analysis: Any, item: Any, group: str) -> str:
    label = parameter_label(item)
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
    defaults = ["Hypothetical estimand: as if nobody had died. Not a description of the survivors."]
    notes = [
        "Mixed model with a random intercept for each patient and visits as a factor; "
        f"t quantiles with {analyses[0].df} degrees of freedom.",
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
