"""Tables of adverse events."""

from collections.abc import Callable, Iterator
from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.tables.blocks import (
    count_percent,
    estimate_interval,
    finish_table,
    group_columns,
    interval,
    per_group,
)
from hepatrial.render.tables.safety_events import (
    add_differences,
    compared_arms,
    difference_cells,
    difference_columns,
    difference_notes,
)

OVERVIEW = (
    ("any", "Any treatment-emergent event", 0),
    ("related", "Related to treatment", 1),
    ("related to device", "Related to the device", 2),
    ("related to procedure", "Related to the procedure", 2),
    ("related to cells", "Related to the {product}", 2),
    ("serious", "Serious", 1),
    ("serious and related", "Serious and related", 2),
    ("grade 3 or more", "Grade 3 or more", 1),
    ("fatal", "Fatal", 1),
    ("led to stop of treatment", "Led to stop of treatment", 1),
    ("on therapy", "On therapy", 0),
    ("on therapy and related", "On therapy and related", 1),
)
GRADES = ("1", "2", "3", "4", "5")


def _headings(*names: str) -> tuple[Column, ...]:
    return tuple(Column(literal(name)) for name in names)


def _safety_notes(context: Context, *shown: str) -> list[str]:
    """What the table shows (related, graded, coded, therapy) is defined in it, unless the study's own footnotes do."""
    safety = context.study.safety
    if safety is None:
        return []
    days = "1 day" if safety.on_therapy_lag_days == 1 else f"{safety.on_therapy_lag_days} days"
    start = f"On therapy: from the start of the first {context.treatment_word}"
    said = " ".join(context.output.footnotes)
    device = "device, " if context.has_device else ""
    notes = {
        "related": (
            "Related:",
            f"Related: possible or more, to {device}procedure or {context.product}, as the investigator judged.",
        ),
        "graded": (safety.grading, f"Graded by {safety.grading}." if safety.grading != "not stated" else ""),
        "coded": (safety.dictionary, f"Coded with {safety.dictionary}." if safety.dictionary else ""),
        "therapy": ("On therapy:", f"{start} to {days} after the end of the last."),
    }
    return [text for key, (sign, text) in notes.items() if key in shown and text and sign not in said]


def build_ae_overview(context: Context) -> Table:
    """Patients with an event of each kind, with the confidence interval of the proportion, and events."""
    analysis = context.analyses_of("adverse events")[0]
    inner = _headings("n (%)", f"{analysis.conf_level * 100:g}% CI (%)", "Events")
    present = set(context.rows.select(analysis.id, measure="adverse events")["variable"])
    if not context.has_device:
        present.discard("related to device")
    pairs = [
        (Row(label.format(product=context.product), _overview_row(context, analysis.id, variable), indent),
         {"variable": variable})
        for variable, label, indent in OVERVIEW
        if variable in present
    ]  # fmt: skip
    notes = [*_safety_notes(context, "related", "graded", "therapy")]
    notes += ["n, patients with at least one event; CI, confidence interval (Clopper–Pearson)."]
    notes += difference_notes(analysis)
    columns, rows = add_differences(context, analysis, group_columns(context, analysis.id, inner), pairs)
    return finish_table(context, "", columns, rows, notes)


def _overview_row(context: Context, analysis_id: str, variable: str) -> tuple[Cell, ...]:
    return per_group(context, analysis_id, _overview_cells(context, analysis_id, variable))


def _overview_cells(context: Context, analysis_id: str, variable: str) -> Callable[[str], list[Cell]]:
    def cells(group: str) -> list[Cell]:
        keys = {"analysis_id": analysis_id, "measure": "adverse events", "variable": variable, "group": group}
        limits = interval(context.rows, "percent1", **keys)
        return [count_percent(context.rows, **keys), limits, (context.rows.part("count", stat="n_events", **keys),)]

    return cells


def build_ae_terms(context: Context) -> Table:
    """Any event, then system organ classes and their terms, the most frequent first; with the planned tests."""
    analysis = context.analyses_of("adverse events")[0]
    any_event = {"analysis_id": analysis.id, "measure": "adverse events", "variable": "any"}
    label = "Any serious treatment-emergent event" if analysis.events == "serious" else OVERVIEW[0][1]
    rows = [Row(label, _term_row(context, analysis, any_event))]
    for level, term in _terms_by_frequency(context, analysis):
        keys = {"analysis_id": analysis.id, "measure": "adverse events", "variable": "class", "level": level}
        keys |= {"by_variable": "term" if term else "", "by_level": term}
        rows.append(Row(term or level or "Not coded", _term_row(context, analysis, keys), 1 if term else 0))
    columns = group_columns(context, analysis.id, _headings("n (%)", "Events"))
    columns = (*columns, *difference_columns(context, analysis))
    notes = [*_safety_notes(context, "coded")]
    notes += ["A patient counts once per row. Classes, then terms within them, by falling number of patients."]
    notes += difference_notes(analysis)
    if analysis.comparison is not None:
        reference = context.group_label(context.study.design.reference_arm)
        arms = _headings(*(context.group_label(group) for group in compared_arms(context, analysis)))
        columns = (*columns, Column(literal(f"p-value, compared with {reference}"), arms))
        notes.append("p-value: Fisher's exact test, two-sided, without adjustment for multiplicity.")
    stub = "System organ class / preferred term"
    return finish_table(context, stub, columns, rows, notes)


def _term_row(context: Context, analysis: Any, keys: dict[str, str]) -> tuple[Cell, ...]:
    """Counts of every arm, then differences and p-values; an empty cell where neither arm has such an event."""
    cells = per_group(context, analysis.id, _term_cells(context, keys))
    own: dict[str, str] = {name: keys[name] for name in ("variable", "level", "by_level") if name in keys}
    own |= {"by_variable": "term"} if keys["variable"] == "class" else {}
    cells = (*cells, *difference_cells(context, analysis, own))
    if analysis.comparison is None:
        return cells
    test = {"analysis_id": analysis.id, "measure": "fisher test", "stat": "p_value", **own}
    test |= {"comparator": context.study.design.reference_arm}
    found = [context.rows.part("p", group=group, **test) for group in compared_arms(context, analysis)]
    return (*cells, *((part,) if part.result_id else () for part in found))


def _terms_by_frequency(context: Context, analysis: Any) -> Iterator[tuple[str, str]]:
    found = context.rows.select(analysis.id, measure="adverse events", variable="class", stat="n")
    totals = found.groupby(["level", "by_level"])["value"].sum()
    sizes = {key: float(value) for key, value in totals.items()}
    classes = sorted({level for level, _ in sizes}, key=lambda level: (-sizes.get((level, ""), 0.0), level))
    for level in classes:
        terms = [term for name, term in sizes if name == level and term]
        yield level, ""
        yield from ((level, term) for term in sorted(terms, key=lambda term: (-sizes[level, term], term)))


def _term_cells(context: Context, keys: dict[str, str]) -> Callable[[str], list[Cell]]:
    def cells(group: str) -> list[Cell]:
        own = _with_by_variable(context, keys | {"group": group})
        return [count_percent(context.rows, **own), (context.rows.part("count", stat="n_events", **own),)]

    return cells


def _with_by_variable(context: Context, keys: dict[str, str]) -> dict[str, str]:
    """The row of a class itself may carry ``by_variable = term`` with an empty ``by_level``, or neither."""
    named = keys | {"by_variable": "term"}
    return named if context.rows.find(stat="n", **named) is not None else keys


def build_ae_grades(context: Context) -> Table:
    """Patients by worst grade, events by grade, and events on therapy per session or dose."""
    analysis = context.analyses_of("adverse events")[0]
    rows = [Row("Patients by worst grade, n (%)", is_heading=True)]
    rows += [Row(f"Grade {grade}", _grade_cells(context, analysis.id, "worst grade", grade), 1) for grade in GRADES]
    rows.append(Row("Events by grade, number", is_heading=True))
    rows += [Row(f"Grade {grade}", _grade_cells(context, analysis.id, "grade", grade), 1) for grade in GRADES]
    rows += _rate_rows(context, analysis)
    notes = (*_safety_notes(context, "graded", "therapy"), *_grade_check_notes(context, analysis.population))
    return finish_table(context, "", group_columns(context, analysis.id), rows, notes)


def _grade_check_notes(context: Context, population: str) -> tuple[str, ...]:
    """That recorded grades and laboratory grades differ, where they do; the listing names the records."""
    found = context.data.datasets.get("ADAEGR")
    if found is None or not found["USUBJID"].isin(context.subjects(population)["USUBJID"]).any():
        return ()
    listed = [f" and Listing {item.number}" for item in context.study.outputs if item.template == "list_grade_check"]
    return (
        "Grades as recorded. Some events are more than one grade from the laboratory value near them: "
        f"dataset ADAEGR{''.join(listed[:1])} {'name' if listed else 'names'} both records.",
    )


def _grade_cells(context: Context, analysis_id: str, variable: str, grade: str) -> tuple[Cell, ...]:
    def cells(group: str) -> list[Cell]:
        keys = {"analysis_id": analysis_id, "measure": "adverse events", "level": grade, "group": group}
        if variable == "grade":
            return [(context.rows.part("count", variable=variable, stat="n_events", **keys),)]
        return [count_percent(context.rows, variable=variable, **keys)]

    return per_group(context, analysis_id, cells)


def _rate_rows(context: Context, analysis: Any) -> list[Row]:
    word = context.treatment_word
    keys = {"analysis_id": analysis.id, "measure": "rate", "variable": "on therapy", "level": "per session"}
    lines: dict[str, Callable[[str], list[Cell]]] = {
        "Events": lambda group: [(context.rows.part("count", stat="n_events", group=group, **keys),)],
        f"{word.capitalize()}s": lambda group: [(context.rows.part("count", stat="n_total", group=group, **keys),)],
        f"Events per {word} ({analysis.conf_level * 100:g}% CI)":
            lambda group: [estimate_interval(context.rows, "fixed2", group=group, **keys)],
    }  # fmt: skip
    body = [Row(label, per_group(context, analysis.id, cells), 1) for label, cells in lines.items()]
    return [Row("Events on therapy", is_heading=True), *body]
