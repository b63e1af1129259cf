"""Tables of adverse events beyond the overview: device effects, special interest, action taken, common terms, times."""

from collections.abc import Callable
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

SPECIAL = "special interest "
INCIDENCE_LIMITS = {
    "plain": "linear", "log": "logarithmic", "log-log": "log-log",
    "small-sample": "Clopper–Pearson while nobody was censored before the day, else log-log",
}  # fmt: skip
KIND_LABELS = {
    "any": "Any treatment-emergent event",
    "related": "Related to treatment",
    "related to device": "Related to the device",
    "related to procedure": "Related to the procedure",
    "related to cells": "Related to the {product}",
    "serious": "Serious",
    "serious and related": "Serious and related",
    "grade 3 or more": "Grade 3 or more",
    "fatal": "Fatal",
    "led to stop of treatment": "Led to stop of treatment",
    "on therapy": "On therapy",
    "on therapy and related": "On therapy and related",
    "adverse device effect": "Adverse device effect (ADE)",
    "serious adverse device effect": "Serious adverse device effect (SADE)",
    "unanticipated serious adverse device effect": "Unanticipated serious adverse device effect (USADE)",
}
DEVICE = (
    ("related to device", 0), ("related to procedure", 0), ("related to cells", 0), ("adverse device effect", 0),
    ("adverse device effect, not assessable", 1), ("serious adverse device effect", 0),
    ("serious adverse device effect, not assessable", 1), ("unanticipated serious adverse device effect", 0),
    ("unanticipated serious adverse device effect, not assessable", 1),
)  # fmt: skip
DIFFERENCE_NAMES = {"miettinen-nurminen": "Miettinen–Nurminen", "newcombe": "Newcombe"}


def kind_label(context: Context, kind: str) -> str:
    """The kind of event in words; of one of special interest, the study's own label."""
    if kind.startswith(SPECIAL) and context.study.safety is not None:
        labels = {item.code: item.label for item in context.study.safety.special_interest}
        return labels.get(kind.removeprefix(SPECIAL), kind)
    ours = KIND_LABELS.get(kind)
    return ours.format(product=context.product) if ours else kind.capitalize()  # text of the study is no format string


def _headings(*names: str) -> tuple[Column, ...]:
    return tuple(Column(literal(name)) for name in names)


def _kind_cells(context: Context, analysis_id: str, kind: str) -> Callable[[str], list[Cell]]:
    def cells(group: str) -> list[Cell]:
        keys = {"analysis_id": analysis_id, "measure": "adverse events", "variable": kind, "group": group}
        limits = interval(context.rows, "percent1", **keys)
        return [count_percent(context.rows, **keys), limits, (context.rows.part("count", stat="n_events", **keys),)]

    return cells


def _kinds_table(context: Context, analysis: Any, pairs: list[tuple[Row, str]], notes: list[str]) -> Table:
    """Rows of kinds of events, each with its kind ("" for a row of another kind)."""
    inner = _headings("n (%)", f"{analysis.conf_level * 100:g}% CI (%)", "Events")
    said = ["n, patients with at least one event; CI, confidence interval (Clopper–Pearson)."]
    keyed = [(row, {"variable": kind}) for row, kind in pairs]
    columns, rows = add_differences(context, analysis, group_columns(context, analysis.id, inner), keyed)
    return finish_table(context, "", columns, rows, [*said, *difference_notes(analysis), *notes])


def build_ae_device(context: Context) -> Table:
    """Causality to device, procedure and cells apart; adverse device effects of ISO 14155; device deficiencies."""
    analysis = context.analyses_of("adverse events")[0]
    present = set(context.rows.select(analysis.id, measure="adverse events")["variable"])
    pairs = [
        (_kind_row(context, analysis.id, kind, indent, "Not assessable" if indent else ""), kind)
        for kind, indent in DEVICE
        if kind in present
    ]
    for item in context.analyses:
        if item.method == "exposure":
            pairs.append(
                (Row("Device deficiencies", per_group(context, analysis.id, _deficiencies(context, item.id))), "")
            )
    notes = [
        "Related: possible, probable or related. ADE: an adverse event related to the device (ISO 14155:2020); "
        "unanticipated: not among the effects that the study file foresees.",
        "Not assessable: causality, seriousness or the list of foreseen effects is not recorded.",
    ]
    return _kinds_table(context, analysis, pairs, notes)


def _kind_row(context: Context, analysis_id: str, kind: str, indent: int = 0, label: str = "") -> Row:
    cells = per_group(context, analysis_id, _kind_cells(context, analysis_id, kind))
    return Row(label or kind_label(context, kind), cells, indent)


def _deficiencies(context: Context, analysis_id: str) -> Callable[[str], list[Cell]]:
    def cells(group: str) -> list[Cell]:
        keys = {"analysis_id": analysis_id, "measure": "count", "variable": "device deficiencies", "group": group}
        return [(), (), (context.rows.part("count", stat="n_total", **keys),)]

    return cells


def build_ae_special(context: Context) -> Table:
    """Events of special interest, one row a group of terms of the study file."""
    analysis = context.analyses_of("adverse events")[0]
    items = context.study.safety.special_interest if context.study.safety else ()
    kinds = [SPECIAL + item.code for item in items]
    notes = [f"{item.label}: {', '.join(item.terms)}." for item in items]
    return _kinds_table(context, analysis, [(_kind_row(context, analysis.id, kind), kind) for kind in kinds], notes)


def build_ae_action(context: Context) -> Table:
    """Patients and events by the action taken, as recorded."""
    analysis = context.analyses_of("adverse events")[0]
    found = context.rows.select(analysis.id, measure="adverse events", variable="action", stat="n_events")
    totals = found.groupby("level")["value"].sum()

    def cells_of(action: str) -> Callable[[str], list[Cell]]:
        def cells(group: str) -> list[Cell]:
            keys = {"analysis_id": analysis.id, "measure": "adverse events", "variable": "action"}
            keys |= {"level": action, "group": group}
            return [count_percent(context.rows, **keys), (context.rows.part("count", stat="n_events", **keys),)]

        return cells

    ordered = sorted(totals.index, key=lambda action: (-totals[action], action))
    rows = [Row(action, per_group(context, analysis.id, cells_of(action))) for action in ordered]
    columns = group_columns(context, analysis.id, _headings("n (%)", "Events"))
    notes = ["A patient counts once per row. Actions as recorded; an event without one is not shown."]
    return finish_table(context, "Action taken", columns, rows, notes)


def build_ae_common(context: Context) -> Table:
    """Preferred terms that at least the planned per cent of some group had, the most frequent first."""
    analysis = context.analyses_of("adverse events")[0]
    found = context.rows.select(analysis.id, measure="adverse events", variable="class", stat="n")
    totals = found[found["by_level"] != ""].groupby(["level", "by_level"])["value"].sum()
    ordered = sorted(totals.index, key=lambda pair: (-totals[pair], pair[1], pair[0]))

    def cells_of(level: str, term: str) -> Callable[[str], list[Cell]]:
        def cells(group: str) -> list[Cell]:
            keys = {"analysis_id": analysis.id, "measure": "adverse events", "group": group}
            keys |= {"variable": "class", "level": level, "by_variable": "term", "by_level": term}
            return [count_percent(context.rows, **keys), (context.rows.part("count", stat="n_events", **keys),)]

        return cells

    pairs = [
        (Row(term, per_group(context, analysis.id, cells_of(level, term))),
         {"variable": "class", "level": level, "by_variable": "term", "by_level": term})
        for level, term in ordered
    ]  # fmt: skip
    columns = group_columns(context, analysis.id, _headings("n (%)", "Events"))
    columns, rows = add_differences(context, analysis, columns, pairs)
    share = f"{analysis.min_percent:g}"
    notes = [f"Terms that at least {share}% of the patients of a group had. A patient counts once a row."]
    return finish_table(context, "Preferred term", columns, rows, [*notes, *difference_notes(analysis)])


def add_differences(
    context: Context, analysis: Any, columns: tuple[Column, ...], pairs: list[tuple[Row, dict[str, str]]]
) -> tuple[tuple[Column, ...], list[Row]]:
    """Columns of the planned differences from the reference arm; each row comes with the keys of its difference."""
    out = [
        Row(row.label, (*row.cells, *difference_cells(context, analysis, keys)), row.indent, row.is_heading)
        for row, keys in pairs
    ]
    return (*columns, *difference_columns(context, analysis)), out


def difference_columns(context: Context, analysis: Any) -> tuple[Column, ...]:
    """One heading over the arms, where differences are planned; with two arms one column says both."""
    if analysis.risk_difference is None:
        return ()
    reference = context.group_label(context.study.design.reference_arm)
    level = f"({analysis.conf_level * 100:g}% CI)"
    arms = [context.group_label(group) for group in compared_arms(context, analysis)]
    if len(arms) == 1:
        return _headings(f"Difference (%)\n{arms[0]}\nminus {reference}\n{level}")
    return (Column(literal(f"Difference (%)\nfrom {reference} {level}"), _headings(*arms)),)


def compared_arms(context: Context, analysis: Any) -> tuple[str, ...]:
    """The arms that are compared with the reference arm."""
    groups = context.groups(analysis.id)
    return tuple(group for group in groups if group not in ("all", context.study.design.reference_arm))


def difference_cells(context: Context, analysis: Any, keys: dict[str, str]) -> tuple[Cell, ...]:
    """``12.3 (4.5 to 20.1)`` of each arm; empty in a row that is no kind of event."""
    if analysis.risk_difference is None:
        return ()
    base = {"analysis_id": analysis.id, "measure": "risk difference", **keys}
    base |= {"comparator": context.study.design.reference_arm}
    found = [base | {"group": group} for group in compared_arms(context, analysis)]
    return tuple(
        () if context.rows.find(stat="estimate", **own) is None else estimate_interval(context.rows, "percent1", **own)
        for own in found
    )


def difference_notes(analysis: Any) -> list[str]:
    """How the limits of the differences were computed, if there are any."""
    if analysis.risk_difference is None:
        return []
    name = DIFFERENCE_NAMES[analysis.risk_difference]
    return [f"Difference of the per cent of patients; limits of {name}, without adjustment for multiplicity."]


def build_ae_times(context: Context) -> Table:
    """Rates per patient-time, days to the first event, cumulative incidence and crude proportion by day."""
    analysis = context.analyses_of("adverse event times")[0]
    level = f"{analysis.conf_level * 100:g}% CI"
    rows: list[Row] = []
    present = set(context.rows.select(analysis.id, measure="rate")["variable"])
    for kind in (kind for kind in analysis.kinds if kind in present):
        rows.append(Row(kind_label(context, kind), is_heading=True))
        for group in context.groups(analysis.id):
            keys = {"analysis_id": analysis.id, "variable": kind, "group": group}
            times = _time_cells(context, keys)
            cells = (*times, *_by_day(context, analysis, {"measure": "cumulative incidence", "level": "event"} | keys))
            rows.append(Row(context.group_label(group), cells, 1, size=context.size(analysis.id, group)))
            crude = _by_day(context, analysis, {"measure": "proportion"} | keys)
            rows.append(Row("Crude proportion", (*((),) * len(times), *crude), 2))
    counted = ("n / patient-days", f"Rate ({level})")
    columns = (
        Column(literal("All events"), _headings(*counted)),
        Column(literal("First event of a patient"), _headings(*counted, "Days, median (min to max)")),
        Column(literal(f"Patients with an event, % ({level})"), _headings(*(f"By day {day}" for day in analysis.days))),
    )
    notes = [
        f"Rates: exact Poisson limits, per {analysis.rate_days} patient-days from the first treatment to death, end of "
        "study or last contact, both days counted.",
        "Patients with an event: cumulative incidence, Aalen–Johansen, death competing; interval: "
        f"{INCIDENCE_LIMITS[analysis.conf_type]}. Crude: patients with an event over all patients, whoever died or was "
        "lost before (Clopper–Pearson).",
    ]
    return finish_table(context, "", columns, rows, notes)


def _time_cells(context: Context, keys: dict[str, str]) -> tuple[Cell, ...]:
    """Events and their rate, first events and theirs, and the days to these."""
    rows, slash = context.rows, literal(" / ")
    cells: list[Cell] = []
    for level in ("per patient-time", "first event per patient-time"):
        of = keys | {"measure": "rate", "level": level}
        cells.append((rows.part("count", stat="n_events", **of), *slash, rows.part("count", stat="n_total", **of)))
        cells.append(estimate_interval(rows, "fixed2", **of))
    days = keys | {"measure": "observed value", "level": "days to first event"}
    if rows.find(stat="median", **days) is None:
        return (*cells, ())
    low, high = (rows.part("count", stat=stat, **days) for stat in ("min", "max"))
    median = rows.part("fixed1", stat="median", **days)
    return (*cells, (median, *literal(" ("), low, *literal(" to "), high, *literal(")")))


def _by_day(context: Context, analysis: Any, keys: dict[str, str]) -> tuple[Cell, ...]:
    return tuple(estimate_interval(context.rows, "proportion1", time_days=float(day), **keys) for day in analysis.days)
