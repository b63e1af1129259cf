"""Tables of ordered outcomes: a score or class at a visit, and hierarchical outcomes by pairs."""

from collections.abc import Callable
from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import (
    count_percent,
    describe_not_due,
    finish_table,
    group_columns,
    interval,
    median_quartiles,
    minimum_maximum,
    per_group,
)

STATES = (
    ("measured", "With a value"),
    ("transplanted", "Transplanted before"),
    ("died", "Died before"),
    ("missing", "Missing"),
    ("not yet due", "Visit not yet due"),
)
SPECS = {
    "mann-whitney probability": ("Probability of a better outcome", "fixed2"),
    "hodges-lehmann shift": ("Shift, Hodges–Lehmann", "fixed1"),
    "common odds ratio": ("Common odds ratio of a better outcome", "fixed2"),
}
WINS = {"win ratio": "Win ratio", "win odds": "Win odds", "net benefit": "Net benefit"}
COUNTS = ("n_pairs", "n_wins", "n_losses", "n_ties")


def build_ordinal(context: Context) -> Table:
    """Distribution by arm, who has no value and why, and the comparison where planned."""
    analyses = context.analyses_of("ordinal")
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(analysis.title, is_heading=True)] if len(analyses) > 1 else []
        rows += [*_distribution(context, analysis), *_compared(context, analysis)]
    notes = list(dict.fromkeys(note for analysis in analyses for note in _ordinal_notes(context, analysis)))
    return finish_table(context, "", group_columns(context, analyses[0].id), rows, notes)


def _keys(analysis: Any, measure: str, **more: object) -> dict[str, Any]:
    return {"analysis_id": analysis.id, "measure": measure, "variable": analysis.parameter, "visit": analysis.visit,
            **more}  # fmt: skip


def _distribution(context: Context, analysis: Any) -> list[Row]:
    item = context.study.parameter(analysis.parameter)
    visit = next(entry.label for entry in context.study.visits if entry.code == analysis.visit)
    decimals = item.decimals if item else 0
    observed = _keys(analysis, "observed value")
    label = f"{item.label if item else analysis.parameter} at {visit}"

    def line(name: str, cell: Callable[[str], Cell]) -> Row:
        return Row(name, per_group(context, analysis.id, lambda group: [cell(group)]), 1)

    def counts(name: str, measure: str, level: str) -> Row:
        keys = _keys(analysis, measure, level=level)
        return line(name, lambda group: count_percent(context.rows, group=group, **keys))

    rows = [Row(label, is_heading=True)]
    rows.append(line("Median (quartiles)", lambda g: median_quartiles(context.rows, decimals, group=g, **observed)))
    rows.append(line("Minimum to maximum", lambda g: minimum_maximum(context.rows, decimals, group=g, **observed)))
    for entry in analysis.classes:
        rows.append(counts(entry.label, "distribution", entry.label))
    for level, name in STATES:
        found = context.rows.select(analysis.id, measure="response status", level=level, stat="n")
        if level != "not yet due" or found["value"].sum():
            rows.append(counts(name, "response status", level))
    return rows


def _compared(context: Context, analysis: Any) -> list[Row]:
    if context.is_single_arm or analysis.comparison is None:
        return []
    reference = context.study.design.reference_arm
    rows = [Row(f"Comparison with {context.group_label(reference)}", is_heading=True)]
    for measure, (label, spec) in SPECS.items():
        keys = _keys(analysis, measure, comparator=reference)
        if context.rows.select(analysis.id, measure=measure).empty:
            continue
        rows.append(_line(context, analysis, label, "estimate", spec, keys))
        rows.append(_limits(context, analysis, spec, keys))
        if not context.rows.select(analysis.id, measure=measure, stat="p_value").empty:
            rows.append(_line(context, analysis, "p-value", "p_value", "p", keys, 2))
    if analysis.comparison.wilcoxon:
        name = f"Wilcoxon rank-sum test, {analysis.comparison.wilcoxon}, p-value"
        keys = _keys(analysis, "wilcoxon test", comparator=reference)
        rows.append(_line(context, analysis, name, "p_value", "p", keys))
    return rows


def _line(
    context: Context, analysis: Any, label: str, stat: str, spec: str, keys: dict[str, Any], indent: int = 1
) -> Row:
    """One number of every arm but the reference."""
    reference = keys["comparator"]

    def cell(group: str) -> list[Cell]:
        return [(context.rows.part(spec, stat=stat, group=group, **keys),) if group != reference else ()]

    return Row(label, per_group(context, analysis.id, cell), indent)


def _limits(context: Context, analysis: Any, spec: str, keys: dict[str, Any]) -> Row:
    reference = keys["comparator"]

    def cell(group: str) -> list[Cell]:
        return [interval(context.rows, spec, group=group, **keys) if group != reference else ()]

    return Row(f"{analysis.conf_level * 100:g}% CI", per_group(context, analysis.id, cell), 2)


def _ordinal_notes(context: Context, analysis: Any) -> list[str]:
    death = {
        "worst rank": "Patients who died before the visit are ranked below every value.",
        "while alive": "Only patients alive at the visit are compared: not the effect of treatment on all.",
    }[analysis.death]
    transplant = {
        "as death": "Transplant before the visit counts as death.",
        "next to death": "Patients transplanted before the visit are ranked between death and every value.",
        "as measured": "After a transplant patients are judged by their values.",
    }[analysis.transplant]
    missing = "Missing values are left out of the comparison. CI, confidence interval."
    return [death, transplant, missing, *describe_not_due(context, analysis)]


def build_wins(context: Context) -> Table:
    """What each component decided, and the three summaries of it."""
    analyses = context.analyses_of("wins")
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(analysis.title, is_heading=True)] if len(analyses) > 1 else []
        found = context.rows.select(analysis.id, measure="win test", stat="p_value")
        for line in context.in_arm_order(found).itertuples(index=False):
            pair = {"analysis_id": analysis.id, "group": line.group, "comparator": line.comparator}
            rows += _pair_rows(context, analysis, pair)
    columns = tuple(Column(literal(head)) for head in ("Pairs", "Won", "Lost", "Tied"))
    notes = ["Every patient of the arm against every patient of the comparator, on the first component that decides; "
             "a pair whose order is not known goes on to the next.",
             "Win ratio: won / lost. Win odds: ties half. Net benefit: share won minus share lost."]  # fmt: skip
    return finish_table(context, "Component", columns, rows, notes)


def _pair_rows(context: Context, analysis: Any, pair: dict[str, Any]) -> list[Row]:
    title = f"{context.group_label(pair['group'])} against {context.group_label(pair['comparator'])}"
    rows = [Row(title, is_heading=True)]
    names = [f"{place}. {item.label}" for place, item in enumerate(analysis.components, start=1)]
    for level, label in [*zip(names, names, strict=True), ("all", "All components")]:
        keys = pair | {"measure": "pairs", "level": level}
        rows.append(Row(label, tuple((context.rows.part("count", stat=stat, **keys),) for stat in COUNTS), 1))
    for measure, label in WINS.items():
        keys = pair | {"measure": measure}
        estimate = context.rows.part("fixed2", stat="estimate", **keys)
        limits = interval(context.rows, "fixed2", **keys)
        cell: Cell = (estimate, Part(" ("), *limits, Part(")")) if estimate.status != "not_estimable" else (estimate,)
        rows.append(Row(f"{label} ({analysis.conf_level * 100:g}% CI)", (cell, (), (), ()), 1))
    test = context.rows.part("p", measure="win test", stat="p_value", **pair)
    kind = "" if analysis.p_value == "asymptotic" else ", permutation"
    rows.append(Row(f"Finkelstein–Schoenfeld test{kind}, p-value", ((test,), (), (), ()), 1))
    return rows
