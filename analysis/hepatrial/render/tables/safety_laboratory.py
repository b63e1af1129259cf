"""Laboratory safety tables: shift from baseline, values outside the range, and the FDA's levels."""

from collections.abc import Sequence
from typing import Any

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import count_percent, finish_table, group_columns, interval, per_group

ORDER = ("low", "normal", "high", "0", "1", "2", "3", "4", "missing")
MULTIPLES = {
    "baseline": "At baseline, × ULN, median (min to max)",
    "worst": "Highest after it, × ULN, median (min to max)",
}
SIDES = ("low", "high")


def build_lab_shift(context: Context) -> Table:
    """Each parameter (or CTCAE term): categories after baseline in rows, at baseline in columns."""
    analysis = context.analyses_of("laboratory shift")[0]
    before = _used(context, analysis, "by_level")
    inner = tuple(Column(literal(name)) for name in ("All", *(_heading(analysis, level) for level in before)))
    columns = group_columns(context, analysis.id, inner)
    rows: list[Row] = []
    for item in _items(context, analysis):
        rows.append(Row(_label(context, item), is_heading=True))
        for visit, label in _visits(context, analysis):
            rows += [Row(label, is_heading=True, indent=1)] if label else []
            rows += _shift_rows(context, analysis, item, visit, before)
        rows += _multiple_rows(context, analysis, item, len(before))
    columns, rows = _add_test(context, analysis, columns, rows)
    return finish_table(context, _stub(analysis), columns, rows, _shift_notes(context, analysis))


def _shift_rows(context: Context, analysis: Any, item: str, visit: str, before: Sequence[str]) -> list[Row]:
    def cells(group: str, level: str) -> list[Cell]:
        keys = {"analysis_id": analysis.id, "measure": "laboratory shift", "variable": item, "visit": visit}
        keys |= {"group": group, "level": level}
        named = [keys, *(keys | {"by_variable": "baseline", "by_level": name} for name in before)]
        return [count_percent(context.rows, **each) for each in named]

    found = [Row("n", per_group(context, analysis.id, lambda group: cells(group, "total")), 1)]
    for level in _used(context, analysis, "level", variable=item):
        body = per_group(context, analysis.id, lambda group, level=level: cells(group, level))  # type: ignore[misc]
        found.append(Row(_row_label(analysis, level), body, 1))
    return found


def _multiple_rows(context: Context, analysis: Any, item: str, others: int) -> list[Row]:
    """Multiples of the upper limit, for bilirubin and INR; they stand in the column of all patients."""
    code = _parameter_of(context, item)
    keys = {"analysis_id": analysis.id, "measure": "times upper limit", "variable": code}
    if context.rows.select(analysis.id, measure="times upper limit", variable=code).empty:
        return []

    def cells(group: str, level: str) -> list[Cell]:
        own = keys | {"group": group, "level": level}
        median, low, high = (context.rows.part("fixed1", stat=stat, **own) for stat in ("median", "min", "max"))
        cell: Cell = (median, Part(" ("), low, Part(" to "), high, Part(")")) if median.value is not None else (median,)
        return [cell, *[()] * others]

    return [
        Row(label, per_group(context, analysis.id, lambda group, level=level: cells(group, level)), 1)  # type: ignore[misc]
        for level, label in MULTIPLES.items()
    ]


def build_lab_categories(context: Context) -> Table:
    """One row a parameter: patients with a low, normal or high value, with the planned test."""
    analysis = context.analyses_of("laboratory shift")[0]
    levels = [name for name in ORDER if name in ("low", "normal", "high")]
    columns = group_columns(context, analysis.id, tuple(Column(literal(name.capitalize())) for name in levels))
    rows = []
    for item in _items(context, analysis):

        def cells(group: str, item: str = item) -> list[Cell]:
            keys = {"analysis_id": analysis.id, "measure": "laboratory shift", "variable": item, "group": group}
            return [count_percent(context.rows, level=level, **keys) for level in levels]

        rows.append(Row(_label(context, item), per_group(context, analysis.id, cells)))
    if analysis.comparison is not None:
        columns = (*columns, Column(literal("p-value")))
        rows = [
            Row(row.label, (*row.cells, _p_value(context, analysis, item)))
            for row, item in zip(rows, _items(context, analysis), strict=True)
        ]
    notes = ["Per cent of the patients with a value after baseline.", *_shift_notes(context, analysis)[1:]]
    return finish_table(context, "Parameter", columns, rows, notes)


def _add_test(
    context: Context, analysis: Any, columns: tuple[Column, ...], rows: list[Row]
) -> tuple[tuple[Column, ...], list[Row]]:
    """The p-value in the first row of each parameter."""
    if analysis.comparison is None:
        return columns, rows
    items, out = iter(_items(context, analysis)), []
    pending: Cell | None = None
    for row in rows:
        if row.is_heading and row.indent == 0:
            pending = _p_value(context, analysis, next(items))
            out.append(row)
        elif row.is_heading:
            out.append(row)
        else:
            out.append(Row(row.label, (*row.cells, pending or ()), row.indent))
            pending = None
    return (*columns, Column(literal("p-value"))), out


def _p_value(context: Context, analysis: Any, item: str) -> Cell:
    measure = f"{analysis.comparison} test"
    keys = {"analysis_id": analysis.id, "measure": measure, "group": "", "variable": item, "stat": "p_value"}
    return (context.rows.part("p", **keys),)


def _items(context: Context, analysis: Any) -> list[str]:
    """Parameters, or CTCAE terms in the order of their parameters."""
    found = context.rows.select(analysis.id, measure="laboratory shift")["variable"].unique()
    if analysis.categories != "grade":
        return [code for code in analysis.parameters if code in set(found)]
    place = {code: place for place, code in enumerate(analysis.parameters)}
    return sorted(found, key=lambda term: (place.get(_parameter_of(context, term), len(place)), term))


def _parameter_of(context: Context, item: str) -> str:
    """The parameter that a CTCAE term grades; a parameter itself."""
    adtox = context.data.datasets.get("ADTOX")
    codes = [] if adtox is None else adtox.loc[adtox["ATOXTERM"] == item, "PARAMCD"].unique().tolist()
    return str(codes[0]) if codes else item


def _label(context: Context, item: str) -> str:
    parameter = context.study.parameter(item)
    if parameter is not None:
        return parameter_label(parameter)
    graded = context.study.parameter(_parameter_of(context, item))
    return f"{item} ({graded.label})" if graded is not None else item


def _visits(context: Context, analysis: Any) -> Sequence[tuple[str, str]]:
    if analysis.to == "worst":
        return (("", ""),)
    return [pair for pair in context.visits(analysis.visits) if pair[0] in analysis.visits]


def _used(context: Context, analysis: Any, key: str, **more: str) -> list[str]:
    """Categories that somebody has, in their order; the normal one always."""
    rows = context.rows.select(analysis.id, measure="laboratory shift", stat="n", **more)
    seen = set(rows.loc[rows["value"] > 0, key]) | {"0" if analysis.categories == "grade" else "normal"}
    return [name for name in ORDER if name in seen]


def _heading(analysis: Any, level: str) -> str:
    return "Not known" if level == "missing" else _row_label(analysis, level)


def _row_label(analysis: Any, level: str) -> str:
    return f"Grade {level}" if analysis.categories == "grade" else level.capitalize()


def _stub(analysis: Any) -> str:
    return "Worst after baseline" if analysis.to == "worst" else "At the visit"


def _shift_notes(context: Context, analysis: Any) -> list[str]:
    notes = ["Columns: category at baseline; per cent of the patients of the column with a value after baseline."]
    if analysis.categories == "grade":
        grading = context.study.safety.grading if context.study.safety else ""
        notes.append(f"{grading} grade as from a normal baseline (multiples of the limits of normal).")
    elif (analysis.low_multiple, analysis.high_multiple) != (1.0, 1.0):
        low, high = f"{analysis.low_multiple:g}", f"{analysis.high_multiple:g}"
        notes.append(f"Low: below {low} × the lower limit of normal; high: above {high} × the upper limit.")
    if analysis.to == "worst":
        which = "the highest grade" if analysis.categories == "grade" else "the value furthest outside the limits"
        notes.append(f"A patient counts once a line, with {which}.")
    if not context.rows.select(analysis.id, measure="times upper limit").empty:
        notes.append("ULN, upper limit of normal.")
    tests = {"fisher": "Fisher's exact test of the category after baseline between the arms, two-sided",
             "cmh": "Cochran–Mantel–Haenszel test of the mean score within the categories at baseline"}  # fmt: skip
    return [*notes, *([f"p-value: {tests[analysis.comparison]}."] if analysis.comparison else [])]


def build_lab_levels(context: Context) -> Table:
    """Patients at each level or beyond, those of them who were not so at baseline, and extreme values."""
    analysis = context.analyses_of("laboratory levels")[0]
    names = ("n/N (%)", f"{analysis.conf_level * 100:g}% CI (%)", "Not so at baseline")
    columns = group_columns(context, analysis.id, tuple(Column(literal(name)) for name in names))
    rows: list[Row] = []
    for code in analysis.parameters:
        parameter = context.study.parameter(code)
        body = [row for side in SIDES for row in _level_rows(context, analysis, code, side)]
        if parameter is not None and body:
            rows += [Row(parameter_label(parameter), is_heading=True), *body]
    notes = [
        "Levels of the FDA's Standard Safety Tables and Figures guide (version 2.0), for people with a normal liver. "
        "A patient counts at each level reached; N, patients with a value after baseline.",
        "Haemoglobin: men only. Extreme: so far out that the guide suspects an error of the data.",
    ]
    return finish_table(context, "", columns, rows, notes)


def _level_rows(context: Context, analysis: Any, code: str, side: str) -> list[Row]:
    base = {"analysis_id": analysis.id, "measure": "laboratory levels", "variable": code}
    base |= {"by_variable": "side", "by_level": side}
    present = context.rows.select(analysis.id, variable=code, by_level=side, measure="laboratory levels", stat="n")

    def level_cells(group: str, level: str) -> list[Cell]:
        keys = base | {"group": group, "level": level}
        total = context.rows.part("count", **(keys | {"level": "", "stat": "n_total"}))
        count, *rest = count_percent(context.rows, **keys)
        new = context.rows.part("count", stat="n", **(keys | {"level": f"{level}, not at baseline"}))
        return [(count, Part("/"), total, *rest), interval(context.rows, "percent1", **keys), (new,)]

    def extreme_cells(group: str) -> list[Cell]:
        return [(context.rows.part("count", stat="n", group=group, level="extreme", **base),), (), ()]

    rows = [
        Row(f"{side.capitalize()}, {level}", per_group(context, analysis.id, lambda g, lv=level: level_cells(g, lv)), 1)  # type: ignore[misc]
        for level in ("level 1", "level 2", "level 3")
        if level in set(present["level"])
    ]
    if present.loc[present["level"] == "extreme", "value"].sum() > 0:
        rows.append(Row(f"{side.capitalize()}, extreme", per_group(context, analysis.id, extreme_cells), 1))
    return rows
