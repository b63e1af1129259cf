"""Tables of who was studied and how: disposition, eligibility, baseline, exposure, specimens."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.rows import RowIndex
from hepatrial.render.tables.blocks import (
    count_percent,
    finish_table,
    group_columns,
    mean_sd,
    median_quartiles,
    minimum_maximum,
    per_group,
)
from hepatrial.study import SubjectVariable

FLOW = (
    ("screened", "Screened", 0),
    ("screen failed", "Failed screening", 1),
    ("enrolled", "Enrolled", 0),
    ("not enrolled to origin", "Did not reach the time origin", 1),
    ("died before origin", "Died before the time origin", 1),
    ("reached origin", "Reached the time origin", 0),
    ("treated", "Treated", 0),
    ("randomised again", "Randomised again", 0),
    ("completed", "Completed the study", 0),
    ("discontinued", "Discontinued the study", 0),
    ("ongoing", "Ongoing", 0),
    ("died", "Died", 0),
    ("transplanted", "Transplanted", 0),
    ("withdrawn", "Withdrew consent", 0),
)
COLUMN_LABELS = {
    "AGE": "Age (years)",
    "SEX": "Sex",
    "AETIOL": "Aetiology",
    "STAGE": "Stage at entry",
    "STRATUM": "Stratum",
    "SITEID": "Site",
}
BASELINE_TESTS = ("analysis of variance", "chi-square test")
LEVEL_LABELS = {"F": "Female", "M": "Male"}


def build_disposition(context: Context) -> Table:
    """Screened to completed, then the populations and why subjects were left out of them."""
    analysis = context.analyses_of("disposition")[0]
    rows = [*_flow_rows(context, analysis.id), *_population_rows(context, analysis.id)]
    notes = ["Percentages are of the enrolled patients."]
    return finish_table(context, "", group_columns(context, analysis.id), rows, notes)


def _flow_rows(context: Context, analysis_id: str) -> Iterator[Row]:
    present = set(context.rows.select(analysis_id, measure="patients")["variable"])
    for variable, label, indent in FLOW:
        if variable in present:
            yield Row(label, _counts(context, analysis_id, variable=variable), indent)
        if variable == "randomised again" and context.study.design.second:
            for arm in context.study.design.second.arms:
                yield Row(arm.label, _counts(context, analysis_id, variable=variable, level=arm.code), 1)
        if variable == "discontinued":
            yield from _why_discontinued(context, analysis_id)
        if variable == "screen failed":
            yield from _reason_rows(context, analysis_id, "SCREENED", "")


def _why_discontinued(context: Context, analysis_id: str) -> Iterator[Row]:
    """The reasons, the most frequent first."""
    found = context.rows.select(analysis_id, measure="patients", variable="discontinued", stat="n")
    totals = found[found["level"] != ""].groupby("level")["value"].sum()
    for reason in sorted(totals.index, key=lambda level: (-totals[level], level)):
        yield Row(reason, _counts(context, analysis_id, variable="discontinued", level=reason), 1)


def _population_rows(context: Context, analysis_id: str) -> Iterator[Row]:
    yield Row("Analysis populations", is_heading=True)
    for population in context.study.populations:
        yield Row(population.label, _counts(context, analysis_id, variable=population.code), 1)
        yield from _reason_rows(context, analysis_id, population.code, "Excluded: ")


def _reason_rows(context: Context, analysis_id: str, step: str, prefix: str) -> Iterator[Row]:
    """Why subjects were left out at a step, in the order of the rows."""
    excluded = context.rows.select(analysis_id, measure="patients", variable="excluded", by_level=step)
    for reason in dict.fromkeys(excluded["level"]):
        keys = {"variable": "excluded", "level": reason, "by_variable": "population", "by_level": step}
        yield Row(f"{prefix}{reason}", _counts(context, analysis_id, **keys), 2)


def _counts(context: Context, analysis_id: str, **keys: str) -> tuple[Cell, ...]:
    def cells(group: str) -> list[Cell]:
        return [count_percent(context.rows, analysis_id=analysis_id, measure="patients", group=group, **keys)]

    return per_group(context, analysis_id, cells)


def build_eligibility(context: Context) -> Table:
    """Each criterion as the data show it, and how often the investigator's answer differs."""
    analysis = context.analyses_of("eligibility")[0]
    levels = ("met", "not met", "not assessable", "differs from investigator")
    columns = tuple(Column(literal(level.capitalize())) for level in levels)
    rows = []
    for kind in ("inclusion", "exclusion"):
        criteria = [item for item in context.study.eligibility if item.kind == kind]
        rows += [Row(f"{kind.capitalize()} criteria", is_heading=True)] if criteria else []
        for item in criteria:
            keys = {"analysis_id": analysis.id, "measure": "patients", "variable": item.id}

            def cells(group: str, keys: dict[str, str] = keys) -> list[Cell]:
                return [(context.rows.part("count", stat="n", level=level, group=group, **keys),) for level in levels]

            rows.append(Row(f"{item.id}  {item.text}", per_group(context, analysis.id, cells), 1))
    notes = ["Met: on the exported data. Not assessable: the data do not hold what the criterion asks; the "
             "investigator's answer stands."]  # fmt: skip
    ticked = [item.id for item in context.study.eligibility if item.criterion is None]
    notes += [f"On the investigator's answer alone, since no data can tell: {', '.join(ticked)}."] if ticked else []
    return finish_table(context, "Criterion", group_columns(context, analysis.id, columns), rows, notes)


def build_baseline(context: Context) -> Table:
    """Characteristics at baseline, with the tests between the arms where they are planned."""
    analysis = context.analyses_of("baseline")[0]
    blocks = [(code, "", _baseline_column(context, analysis.id, code)) for code in analysis.columns]
    for item in context.parameters(analysis.parameters):
        label = parameter_label(item)
        rows = _graded_rows(context, analysis.id, item.code, item.label) or _summary_rows(
            context, analysis.id, "baseline", item.code, label, item.decimals, "BL"
        )
        blocks.append((item.code, "BL", rows))
    columns, notes = group_columns(context, analysis.id), ["SD, standard deviation."]
    quartiles = ["Quartiles of type 2 (SAS definition 5)."]
    if analysis.comparison is not None:
        columns = (*columns, Column(literal("p-value")))
        blocks = [(code, visit, _with_p_value(context, analysis.id, code, visit, own)) for code, visit, own in blocks]
        notes.append("p-value: analysis of variance of a number, Pearson's chi-square test of categories.")
    rows = [row for _, _, own in blocks for row in own]
    return finish_table(context, "Characteristic", columns, rows, notes, quartiles)


def _with_p_value(context: Context, analysis_id: str, code: str, visit: str, rows: list[Row]) -> list[Row]:
    """The p-value of a characteristic in the first row under its heading."""
    keys = {"analysis_id": analysis_id, "variable": code, "visit": visit, "group": "", "stat": "p_value"}
    found = [context.rows.part("p", measure=measure, **keys) for measure in BASELINE_TESTS]
    cell: Cell = tuple(part for part in found if part.result_id)
    heading, first, *others = rows
    return [heading, replace(first, cells=(*first.cells, cell)), *(replace(r, cells=(*r.cells, ())) for r in others)]


def _baseline_column(context: Context, analysis_id: str, code: str) -> list[Row]:
    item = context.study.subject_variable(code)
    label, decimals = (COLUMN_LABELS[code], 0) if item is None else (_variable_label(item), item.decimals)
    found = context.rows.select(analysis_id, measure="baseline", variable=code)
    present = [level for level in dict.fromkeys(found["level"]) if level]
    if not present:
        return _summary_rows(context, analysis_id, "baseline", code, label, decimals)
    labels = {level.value: level.label or level.value for level in item.levels} if item else LEVEL_LABELS
    planned = [level for level in labels if level in present] if item else []
    rows = [Row(label, is_heading=True)]
    for level in [*planned, *sorted(set(present) - set(planned), key=lambda name: (name == "Missing", name))]:
        keys = {"analysis_id": analysis_id, "measure": "baseline", "variable": code, "level": level}
        cells = per_group(context, analysis_id, partial(_count_cell, context.rows, keys))
        rows.append(Row(labels.get(level, level), cells, 1))
    return rows


def _graded_rows(context: Context, analysis_id: str, code: str, label: str) -> list[Row]:
    """Patients at each grade of a graded parameter; none for a measured one."""
    found = context.rows.select(analysis_id, measure="baseline", variable=code, visit="BL", stat="n")
    levels = [level for level in dict.fromkeys(found["level"]) if level]
    rows = [Row(label, is_heading=True)] if levels else []
    for level in sorted(levels, key=lambda name: (name == "Missing", name)):
        keys = {"analysis_id": analysis_id, "measure": "baseline", "variable": code, "visit": "BL", "level": level}
        cells = per_group(context, analysis_id, partial(_count_cell, context.rows, keys))
        rows.append(Row(level, cells, 1))
    return rows


def _variable_label(item: SubjectVariable) -> str:
    return f"{item.label} ({item.unit})" if item.unit else item.label


def _count_cell(rows: RowIndex, keys: dict[str, str], group: str) -> list[Cell]:
    return [count_percent(rows, group=group, **keys)]


def _summary_rows(
    context: Context, analysis_id: str, measure: str, variable: str, label: str, decimals: int, visit: str = ""
) -> list[Row]:
    keys = {"analysis_id": analysis_id, "measure": measure, "variable": variable, "visit": visit}
    rows = context.rows
    lines: dict[str, Callable[[str], list[Cell]]] = {
        "n": lambda group: [(rows.part("count", stat="n", group=group, **keys),)],
        "Mean (SD)": lambda group: [mean_sd(rows, decimals, group=group, **keys)],
        "Median (quartiles)": lambda group: [median_quartiles(rows, decimals, group=group, **keys)],
        "Minimum to maximum": lambda group: [minimum_maximum(rows, decimals, group=group, **keys)],
    }
    body = [Row(name, per_group(context, analysis_id, cells), 1) for name, cells in lines.items()]
    return [Row(label, is_heading=True), *body]


def build_exposure(context: Context) -> Table:
    """Sessions or doses a patient, their duration, and how many were given as planned."""
    analysis, word = context.analyses_of("exposure")[0], context.treatment_word
    found = context.rows.select(analysis.id, measure="patients", variable="sessions")
    rows = [Row(f"Number of {word}s", is_heading=True)]
    for level in sorted(dict.fromkeys(found["level"]), key=_as_number):
        rows.append(Row(level, _counts(context, analysis.id, variable="sessions", level=level), 1))
    for variable, label, decimals in (("sessions per patient", f"{word.capitalize()}s per patient", 0),
                                      ("session hours", f"Duration per {word} (hours)", 1)):  # fmt: skip
        rows += _summary_rows(context, analysis.id, "observed value", variable, label, decimals)
    rows.append(Row("Totals", is_heading=True))
    for variable, label in _totals(word, context.has_device).items():
        cells = partial(_total, context, analysis.id, variable)
        rows.append(Row(label, per_group(context, analysis.id, cells), 1))
    notes = [f"Percentages are of N. Duration: n, {word}s with start and end."]
    return finish_table(context, "", group_columns(context, analysis.id), rows, notes)


def _totals(word: str, has_device: bool) -> dict[str, str]:
    """Totals by variable; doses are given without a device."""
    started, planned = f"{word.capitalize()}s started", f"{word.capitalize()}s given as planned"
    device = {"device deficiencies": "Device deficiencies"} if word == "session" and has_device else {}
    return {"sessions": started, "sessions completed": planned, **device}


def _total(context: Context, analysis_id: str, variable: str, group: str) -> list[Cell]:
    keys = {"measure": "count", "variable": variable, "stat": "n_total", "group": group}
    return [(context.rows.part("count", analysis_id=analysis_id, **keys),)]


def _as_number(level: str) -> tuple[float, str]:
    return (float(level), "") if level.replace(".", "", 1).isdigit() else (float("inf"), level)


def build_specimens(context: Context) -> Table:
    """Specimens collected of those expected, by visit and kind."""
    analysis = context.analyses_of("specimens")[0]
    found = context.rows.select(analysis.id, measure="specimens")
    kinds = [kind for kind in ("blood", "urine", "faeces") if kind in set(found["variable"])]
    columns = group_columns(context, analysis.id, tuple(Column(literal(kind.capitalize())) for kind in kinds))
    labels = dict(context.visits(tuple(found["visit"]))) | {"": "All visits"}
    rows = []
    for visit in [code for code in labels if code in set(found["visit"])]:
        cells = partial(_collected, context, analysis.id, visit, kinds)
        rows.append(Row(labels[visit], per_group(context, analysis.id, cells)))
    notes = ["Collected / expected (%). Expected: alive, on study and past the visit."]
    return finish_table(context, "Visit", columns, rows, notes)


def _collected(context: Context, analysis_id: str, visit: str, kinds: list[str], group: str) -> list[Cell]:
    return [_of_expected(context, analysis_id=analysis_id, measure="specimens", variable=kind, visit=visit, group=group)
            for kind in kinds]  # fmt: skip


def _of_expected(context: Context, **keys: str) -> Cell:
    first, *share = count_percent(context.rows, **keys)
    expected = context.rows.part("count", stat="n_total", **keys)
    return (first, *literal("/"), expected, *share)
