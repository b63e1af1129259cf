"""The first page of an interim report, to be read in two minutes: each number now and in the previous report."""

from typing import Any

import pandas as pd

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import finish_table, interval
from hepatrial.render.tables.sequential import decision_cell
from hepatrial.render.tables.stopping import rules_of
from hepatrial.results import PreviousReport

MINUTES = "minutes"
PATIENTS = {
    "screened": "Screened", "enrolled": "Enrolled", "treated": "Treated",
    "in follow-up": "At risk: alive and in follow-up",
}  # fmt: skip
OUTCOME = {"died": "Died", "transplanted": "Transplanted"}
EVENTS = {
    "any": "Any", "related": "Related to the treatment", "serious": "Serious",
    "serious and related": "Serious and related", "grade 3 or more": "Grade 3 or more", "fatal": "Fatal",
}  # fmt: skip
FINDINGS = {"fatal": "fatal", "error": "errors", "warning": "warnings", "note": "notes"}
NO_RULE = "No stopping rule declared"
CHANGES = {"changed": "changed", "added": "new", "gone": "gone"}
IN_PER_CENT = "proportion1"
FORMATS = {
    "survival": IN_PER_CENT, "cumulative incidence": IN_PER_CENT, "proportion": IN_PER_CENT,
    "survival difference": IN_PER_CENT, "proportion difference": IN_PER_CENT,
    "hazard ratio": "fixed2", "odds ratio": "fixed2", "risk ratio": "fixed2",
    "geometric mean": "significant3", "least squares mean": "significant3",
    "least squares mean difference": "significant3", "restricted mean difference": "fixed1",
}  # fmt: skip
"""What is shown of a primary endpoint, and how."""
MOST_ESTIMATES = 8


def build_minutes(context: Context, previous: PreviousReport | None) -> Table:
    """Patients, outcome, safety, stopping rules and the state of the data, each number with its result."""
    rows = [
        Row("Patients", is_heading=True),
        *(_count_row(context, label, "patients", variable) for variable, label in PATIENTS.items()),
        Row("Outcome", is_heading=True),
        *(_count_row(context, label, "patients", variable) for variable, label in OUTCOME.items()),
        *_primary_rows(context),
        *_old_status_rows(context),
        Row("Adverse events since the first treatment: patients (events)", is_heading=True),
        *(_event_row(context, label, variable) for variable, label in EVENTS.items()),
        Row("Boundaries", is_heading=True),
        *_stopping_rows(context),
        *_sequential_rows(context),
        Row("Data", is_heading=True),
        _joined_row(context, "Findings still open", "findings", FINDINGS),
        *(
            [_joined_row(context, "Results that differ from the previous report", "changes", CHANGES)]
            if previous
            else []
        ),
    ]
    before = [f"Report of {previous.as_of}"] if previous else []
    columns = tuple(Column(literal(name)) for name in (f"As of {context.data.as_of}", *before))
    kept = [Row(row.label, row.cells[: len(columns)], row.indent, row.is_heading) for row in rows if _is_told(row)]
    filled = [row for row, after in zip(kept, [*kept[1:], None], strict=True) if not row.is_heading or _is_body(after)]
    return finish_table(context, "", columns, filled)


def _is_told(row: Row) -> bool:
    """Whether a row has something to tell now or before: a number that nobody recorded has no row."""
    is_words = row.label == NO_RULE
    return row.is_heading or is_words or any(part.result_id for cell in row.cells for part in cell)


def _is_body(row: Row | None) -> bool:
    return row is not None and not row.is_heading


def _then(keys: dict[str, Any]) -> dict[str, Any]:
    """Keys of the same number in the previous report."""
    return keys | {"analysis_id": MINUTES, "by_variable": "previous", "by_level": keys["analysis_id"]}


def _count_row(context: Context, label: str, measure: str, variable: str, **more: str) -> Row:
    keys: dict[str, Any] = {"analysis_id": MINUTES, "measure": measure, "variable": variable, "stat": "n"} | more
    return Row(label, tuple((context.rows.part("count", **own),) for own in (keys, _then(keys))), 1)


def _event_row(context: Context, label: str, variable: str) -> Row:
    keys: dict[str, Any] = {"analysis_id": MINUTES, "measure": "adverse events", "variable": variable}
    cells = []
    for own in (keys, _then(keys)):
        patients, events = (context.rows.part("count", stat=stat, **own) for stat in ("n", "n_events"))
        cells.append((patients, Part(" ("), events, Part(")")) if patients.result_id else (patients,))
    return Row(label, tuple(cells), 1)


def _joined_row(context: Context, label: str, measure: str, names: dict[str, str]) -> Row:
    """Several counts in one cell: ``2 errors, 5 warnings``; the changes are of now only."""
    keys: dict[str, Any] = {"analysis_id": MINUTES, "measure": measure, "stat": "n"}
    cells = []
    for own in (keys, _then(keys)):
        parts = [(context.rows.part("count", variable=name, **own), text) for name, text in names.items()]
        shown = [(part, text) for part, text in parts if part.result_id and (part.value or measure == "changes")]
        cell: Cell = tuple(
            piece for place, (part, text) in enumerate(shown)
            for piece in (*literal(", " if place else ""), part, Part(f" {text}"))
        )  # fmt: skip
        none = literal("none") if any(part.result_id for part, _ in parts) else ()
        cells.append(cell or none)
    return Row(label, tuple(cells), 1)


def _old_status_rows(context: Context) -> list[Row]:
    rules = context.study.data_cut
    days = rules.status_days if rules else 0
    label = f"Alive and in follow-up on a status older than {days} days"
    level = "alive, older status, in follow-up"
    keys = {"measure": "patients", "variable": "status at the cut", "analysis_id": "data_cut"}
    rows = [_count_row(context, label, level=level, **keys)]
    late = _count_row(
        context, "Died after the cut, by the extract (counted nowhere else)", level="died after the cut", **keys
    )
    return [*rows, late] if late.cells[0][0].value else rows


def _primary_rows(context: Context) -> list[Row]:
    """Estimates of the primary endpoints so far, with their limits; the first few where there are many."""
    frame = context.rows.frame
    rows = []
    for endpoint in (item for item in context.study.endpoints if item.role == "primary"):
        own = frame[(frame["endpoint"] == endpoint.id) & (frame["stat"] == "estimate") & (frame["by_variable"] == "")]
        own = own[~own["level"].str.startswith("curve") & own["measure"].isin(FORMATS)]
        if own.empty:
            continue
        own = own.assign(compares=own["comparator"] != "").sort_values(["compares", "time_days"], kind="stable")
        if own.empty:  # nobody is in the analysis yet
            continue
        own = pd.concat(
            [context.in_arm_order(part) for _, part in own.groupby(["compares", own["time_days"].fillna(-1)])]
        )
        rows += [_estimate_row(context, endpoint.title, line) for line in own.itertuples(index=False)]
    return rows[:MOST_ESTIMATES]


def _estimate_row(context: Context, title: str, line: Any) -> Row:
    names = ("analysis_id", "measure", "variable", "level", "visit", "group", "comparator", "time_days")
    keys = {name: getattr(line, name) for name in names}
    spec = FORMATS[line.measure]
    day = (
        ""
        if line.time_days != line.time_days or f"day {line.time_days:g}" in title.lower()
        else f"day {line.time_days:g}"
    )
    group = "" if line.group in ("", "all") else context.group_label(line.group)
    group += f" compared with {context.group_label(line.comparator)}" if group and line.comparator else ""
    what = "" if line.measure in ("survival", "cumulative incidence", "proportion") else line.measure
    label = ", ".join(text for text in (title, what, day, group) if text)
    cells = []
    for own in (keys, _then(keys)):
        estimate, limits = context.rows.part(spec, stat="estimate", **own), interval(context.rows, spec, **own)
        is_shown = estimate.result_id and estimate.status in ("ok", "note")
        cells.append((estimate, Part(" ("), *limits, Part(")")) if is_shown else (estimate,))
    level = f"{getattr(context.study.analysis(line.analysis_id), 'conf_level', 0.95) * 100:g}% CI"
    return Row(f"{label} ({'%, ' if spec == IN_PER_CENT else ''}{level})", tuple(cells), 1)


def _stopping_rows(context: Context) -> list[Row]:
    rules = rules_of(context)
    monitoring = context.study.monitoring
    if not rules and (monitoring is None or monitoring.group_sequential is None):
        return [Row(NO_RULE, ((), ()), 1)]
    return [Row(rule.title, tuple(_verdict(context, rule.id, before) for before in (False, True)), 1) for rule in rules]


def _sequential_rows(context: Context) -> list[Row]:
    """The group-sequential decision; only where this report may compare the arms."""
    planned = context.study.monitoring.group_sequential if context.study.monitoring else None
    if planned is None:
        return []
    cells = []
    for name, more in (
        (planned.id, {"by_variable": ""}),
        (MINUTES, {"by_variable": "previous", "by_level": planned.id}),
    ):
        found = context.rows.select(name, measure="sequential decision", variable="verdict", **more)
        cells.append(decision_cell(next(found.itertuples(index=False))) if len(found) else literal("–"))
    return [Row(planned.title, tuple(cells), 1)] if len(context.rows.select(planned.id)) else []


def _verdict(context: Context, rule: str, before: bool) -> Cell:
    """``Continue: 1 of 7``: the verdict, events and patients that count."""
    keys: dict[str, Any] = {"analysis_id": rule, "measure": "stopping rule", "group": "all"}
    keys = _then(keys) if before else keys
    name, rest = keys.pop("analysis_id"), {key: value for key, value in keys.items()}
    found = context.rows.select(name, variable="verdict", **rest)
    if not len(found):
        return literal("–")
    verdict = found.iloc[0]
    counted = "evaluable" if context.rows.find(analysis_id=name, variable="evaluable", stat="n", **rest) else "entered"
    events, patients = (context.rows.part("count", analysis_id=name, variable=counted, stat=stat, **rest)
                        for stat in ("n_events", "n"))  # fmt: skip
    said = Part(str(verdict["level"]).capitalize(), result_id=str(verdict["result_id"]))
    return (said, Part(": "), events, Part(" of "), patients)
