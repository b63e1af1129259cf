"""Tables of what was not measured: by reason, and the differences between arms had it been measured."""

from typing import Any

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.tables.blocks import count_percent, estimate_interval, finish_table, fixed

REASONS = ("observed", "died", "transplanted", "withdrawn", "not yet due", "missing")
STRATEGIES = {
    "mar": "Missing at random",
    "jump-to-reference": "Jump to reference",
    "copy-reference": "Copy reference",
    "copy-increments": "Copy increments in reference",
}


def build_missingness(context: Context) -> Table:
    """Patients with a value at each visit, and the others by reason."""
    rows: list[Row] = []
    for analysis in context.analyses_of("missingness"):
        groups = context.groups(analysis.id)
        for item in context.parameters(analysis.parameters):
            rows.append(Row(parameter_label(item), is_heading=True))
            for visit, label in context.visits(analysis.visits):
                if visit not in analysis.visits:
                    continue
                rows += [Row(label, indent=1, is_heading=True)] if len(groups) > 1 else []
                for group in groups:
                    keys = {"analysis_id": analysis.id, "measure": "missingness", "variable": item.code}
                    keys |= {"visit": visit, "group": group}
                    cells = tuple(count_percent(context.rows, level=reason, **keys) for reason in REASONS)
                    text = context.group_label(group) if len(groups) > 1 else label
                    rows.append(Row(text, cells, 2 if len(groups) > 1 else 1))
    columns = tuple(Column(literal(reason.capitalize())) for reason in REASONS)
    notes = [
        "Patients (%). Died, transplanted or withdrawn: by the visit's target day, without a value. Not yet due: data "
        "were cut before the visit's window ended. Death and transplantation are not missing data.",
    ]
    return finish_table(context, "Visit", columns, rows, notes)


def build_imputation(context: Context) -> Table:
    """Difference between two arms at a visit under each strategy of imputation, and the delta that tips it."""
    analyses = context.analyses_of("imputation")
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(analysis.title, is_heading=True)] if len(analyses) > 1 else []
        for item in imputed_parameters(context, analysis):
            rows.append(Row(parameter_label(item), is_heading=True))
            rows += [_count_row(context, analysis, item.code, group) for group in context.groups(analysis.id)]
            rows += [row for name in analysis.strategies for row in _strategy_rows(context, analysis, item, name)]
    level = f"({analyses[0].conf_level * 100:g}% CI)"
    names = ("Patients", "Analysed", "Imputed", f"Difference {level}", "SE", "p-value", "Tipping delta")
    notes = [
        "Imputation by the mixed model for repeated measures, then ANCOVA at the visit, among patients alive on the "
        "native liver there and with a baseline; nothing is imputed after death or transplantation.",
        f"Inference: {', '.join(dict.fromkeys(item.inference for item in analyses))}.",
    ]
    if any(item.delta for item in analyses):
        notes.append("Tipping delta: the first of the list that, added to the imputed values of the active arm, makes "
                     "a significant difference non-significant.")  # fmt: skip
    return finish_table(context, "Strategy", tuple(Column(literal(name)) for name in names), rows, notes)


def imputed_parameters(context: Context, analysis: Any) -> tuple[Any, ...]:
    """Parameters of the mmrm whose missing values an analysis imputes."""
    model: Any = context.study.analysis(analysis.of)
    return context.parameters(model.parameters)


def _count_row(context: Context, analysis: Any, code: str, group: str) -> Row:
    keys = {"analysis_id": analysis.id, "measure": "imputed values", "variable": code, "visit": analysis.visit}
    cells: list[Cell] = [
        (context.rows.part("count", stat=stat, group=group, **keys),) for stat in ("n_total", "n", "n_missing")
    ]
    return Row(context.group_label(group), (*cells, (), (), (), ()), 1)


def _strategy_rows(context: Context, analysis: Any, item: Any, strategy: str) -> list[Row]:
    """The strategy's difference, then under each delta."""
    found = context.rows.select(
        analysis.id, measure="imputed difference", stat="estimate", variable=item.code, level=strategy
    )
    none = "1" if item.scale == "log" else "0"
    rows = []
    for row in found.sort_values("by_level", key=lambda text: text.map(_order(analysis, none))).itertuples():
        keys = {"analysis_id": analysis.id, "variable": item.code, "visit": analysis.visit, "group": row.group}
        keys |= {"comparator": row.comparator, "level": strategy}
        own = keys | {"measure": row.measure, "by_variable": row.by_variable, "by_level": row.by_level}
        is_log = item.scale == "log"
        estimate = estimate_interval(context.rows, "fixed2" if is_log else fixed(item.decimals, 1), **own)
        error = (context.rows.part("fixed3" if is_log else fixed(item.decimals, 2), stat="std_error", **own),)
        tip = (context.rows.part("significant3", measure="tipping delta", stat="estimate", **keys),)
        is_plain = row.by_level in (none, "")
        label = STRATEGIES[strategy] if is_plain else f"delta {row.by_level}"
        p_value = (context.rows.part("p", stat="p_value", **own),)
        last = tip if is_plain and analysis.delta else ()
        rows.append(Row(label, ((), (), (), estimate, error, p_value, last), 1 if is_plain else 2))
    return rows


def _order(analysis: Any, none: str) -> dict[str, int]:
    """Deltas in the order of the study file, none first."""
    return {text: place for place, text in enumerate(dict.fromkeys([none, *(f"{d:g}" for d in analysis.delta)]))} | {
        "": 0
    }
