"""Building blocks of every table: composite cells, group columns, and the footnotes that rows ask for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from string import ascii_lowercase
from typing import Any

from hepatrial import __version__
from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Part, Row, Table
from hepatrial.render.rows import RowIndex
from hepatrial.study import Study

MOST_DECIMALS = 3
MOST_NAMED = 6
"""Analyses that the program line names; a table of more shows all of them."""
PAD = Part("", "pad")  # where the percentage would stand, so that counts align


def count_percent(rows: RowIndex, **keys: object) -> Cell:
    """``7 (70.0)``; no percentage when the count is 0 or the row has none."""
    count = rows.part("count", stat="n", **keys)
    share = rows.find(stat="percent", **keys)
    if count.value == 0 or share is None or share.status != "ok":
        return (count, PAD)
    return (count, Part(" ("), rows.part("percent1", stat="percent", **keys), Part(")"))


def fixed(decimals: int, more: int) -> str:
    """Format with ``more`` digits than measured, but not above three unless measured with more."""
    return f"fixed{max(min(decimals + more, MOST_DECIMALS), decimals)}"


def interval(rows: RowIndex, spec: str, **keys: object) -> Cell:
    """``12.3 to 45.6``; one NE when neither limit can be estimated."""
    return _pair(rows, spec, ("conf_low", "conf_high"), **keys)


def estimate_interval(rows: RowIndex, spec: str, **keys: object) -> Cell:
    """``34.5 (12.3 to 45.6)``."""
    estimate = rows.part(spec, stat="estimate", **keys)
    return _with_brackets(estimate, interval(rows, spec, **keys))


def mean_sd(rows: RowIndex, decimals: int, **keys: object) -> Cell:
    """``34.5 (6.78)``: the mean with one digit more than measured, the SD with two."""
    mean = rows.part(fixed(decimals, 1), stat="mean", **keys)
    return _with_brackets(mean, (rows.part(fixed(decimals, 2), stat="sd", **keys),))


def median_quartiles(rows: RowIndex, decimals: int, **keys: object) -> Cell:
    """``34.5 (30.1 to 40.2)``."""
    spec = fixed(decimals, 1)
    return _with_brackets(rows.part(spec, stat="median", **keys), _pair(rows, spec, ("q1", "q3"), **keys))


def minimum_maximum(rows: RowIndex, decimals: int, **keys: object) -> Cell:
    """``12 to 80``."""
    return _pair(rows, f"fixed{decimals}", ("min", "max"), **keys)


def group_columns(context: Context, analysis_id: str, children: tuple[Column, ...] = ()) -> tuple[Column, ...]:
    """One column a group with its N, or a heading over ``children``."""
    groups = context.groups(analysis_id)
    return tuple(Column(context.group_heading(analysis_id, group), children) for group in groups)


def per_group(context: Context, analysis_id: str, cells: Callable[[str], Sequence[Cell]]) -> tuple[Cell, ...]:
    """The cells of every group, side by side."""
    return tuple(cell for group in context.groups(analysis_id) for cell in cells(group))


def finish_table(
    context: Context,
    stub: str,
    columns: tuple[Column, ...],
    rows: Iterable[Row],
    notes: Sequence[str] = (),
    defaults: Sequence[str] = (),
    said: Sequence[str] = (),
) -> Table:
    """The table with its title, population, footnotes and source.

    Footnotes are the study's, or ``defaults`` where it gives none; then the template's ``notes`` on what columns
    mean; then the rows' own reasons, but for notes that hold a text of ``said``: a column or a note says that.
    """
    marks, reasons = _collect_marks(context.rows, rows := tuple(rows), said)
    rows = tuple(replace(row, cells=tuple(_mark_cell(cell, context.rows, marks) for cell in row.cells)) for row in rows)
    ids = [part.result_id for row in rows for cell in row.cells for part in cell if part.result_id]
    return Table(
        number=context.output.number,
        title=context.output.title,
        population=context.population_line,
        template=context.output.template,
        footnotes=(*(context.output.footnotes or defaults), *notes, *reasons),
        source=source_line(context, ids),
        stub=stub,
        columns=columns,
        rows=rows,
    )


def source_line(context: Context, result_ids: Iterable[str]) -> str:
    """``Source: ADTTE. Data as of 2025-06-30.``, with the extract's date where a cut was made, and the program."""
    ids = list(result_ids)
    found = context.rows.datasets(ids) if ids else ()
    names = ", ".join(found or (_datasets_of_analyses(context) if ids else ()))
    return f"{f'Source: {names}. ' if names else ''}{context.data.dates}. {describe_program(context)}"


def _datasets_of_analyses(context: Context) -> tuple[str, ...]:
    """The datasets of the output's analyses, where its own rows name none (a covariance is of a whole model)."""
    rows = [context.rows.select(name)["result_id"] for name in context.output.analyses]
    return context.rows.datasets(result_id for ids in rows for result_id in ids)


def describe_program(context: Context) -> str:
    """``Program: hepatrial 0.1.0, template survival, analysis os_km.``"""
    ids = context.output.analyses
    made = f", {'analyses' if len(ids) > 1 else 'analysis'} {', '.join(ids)}" if 0 < len(ids) <= MOST_NAMED else ""
    return f"Program: hepatrial {__version__}, template {context.output.template}{made}."


def _pair(rows: RowIndex, spec: str, stats: tuple[str, str], **keys: object) -> Cell:
    low, high = (rows.part(spec, stat=stat, **keys) for stat in stats)
    if low.text == high.text and low.status == high.status != "ok":
        return (low,)
    return (low,) if low.value is None and high.value is None else (low, Part(" to "), high)


def _with_brackets(first: Part, inside: Cell) -> Cell:
    return (first,) if first.status in ("not_estimable", "failed") or first.value is None else (
        first, Part(" ("), *inside, Part(")"))  # fmt: skip


def _collect_marks(
    index: RowIndex, rows: tuple[Row, ...], said: Sequence[str]
) -> tuple[dict[tuple[str, str], str], list[str]]:
    """A letter for each reason in the order of reading; a note that every estimate shares needs no letter."""
    parts = [part for row in rows for cell in row.cells for part in cell if part.result_id]
    found = [(index.by_id(part.result_id).status, index.by_id(part.result_id).message) for part in parts]
    found = [pair for pair in found if pair[0] != "note" or not any(text in pair[1] for text in said)]
    shared = {
        pair for pair in found if pair[0] == "note" and len({other for other in found if other[0] == "note"}) == 1
    }
    unique = list(dict.fromkeys(pair for pair in found if pair[0] != "ok" and pair[1] and pair not in shared))
    marks = {pair: _letter(place) for place, pair in enumerate(unique)}
    reasons = [_reason(message) for _, message in sorted(shared)]
    reasons += [f"{mark}  {_words(status)}{message.rstrip('.')}." for (status, message), mark in marks.items()]
    return marks, reasons


def _letter(place: int) -> str:
    return ascii_lowercase[place % 26] * (place // 26 + 1)


def _words(status: str) -> str:
    return {"not_estimable": "NE, not estimable: ", "failed": "Failed: "}.get(status, "")


def _reason(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def _mark_cell(cell: Cell, index: RowIndex, marks: dict[tuple[str, str], str]) -> Cell:
    """Each letter once a cell, at the last number that it belongs to."""
    letters = [_mark_of(part, index, marks) for part in cell]
    last = {letter: place for place, letter in enumerate(letters)}
    pairs = enumerate(zip(cell, letters, strict=True))
    return tuple(replace(part, mark=mark) if mark and last[mark] == place else part for place, (part, mark) in pairs)


def _mark_of(part: Part, index: RowIndex, marks: dict[tuple[str, str], str]) -> str:
    if not part.result_id:
        return ""
    row = index.by_id(part.result_id)
    return marks.get((row.status, row.message), "")


def describe_samples(study: Study, analysis: Any) -> list[str]:
    """The note of a sensitivity analysis of undisturbed samples, which says what was left out; none for another."""
    if analysis.samples != "undisturbed":
        return []
    rule = study.visit_rule
    hours = rule.sensitivity_hours_after_session
    parts = [f"less than {hours:g} hours after a session"] if hours else []
    for item in rule.blood_products:
        names = [found.label if (found := study.parameter(code)) else code for code in item.parameters]
        parts.append(f"of {', '.join(names)} less than {item.hours:g} hours after {item.label}")
    return [
        f"Sensitivity analysis without samples {', or '.join(parts)}. "
        "Visits and scores are found again without them; the baseline stands."
    ]


def describe_not_due(context: Context, analysis: Any) -> list[str]:
    """The note of a visit that was not due for some patients at the date of the data; none where it was for all."""
    found = context.rows.select(analysis.id, measure="response status", level="not yet due", stat="n")
    if not found["value"].sum():
        return []
    if context.data.cutoff is not None:
        return ["Visit not yet due: its window had not ended at the data cut; left out, whatever happened before."]
    return [
        "Visit not yet due: its window had not ended at the date of the data; left out. Deaths before the visit count "
        "already: not final until the visit was due for everybody."
    ]
