"""Tables of deaths, and of medications and blood products."""

from collections.abc import Callable

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Row, Table, literal
from hepatrial.render.tables.blocks import count_percent, finish_table, group_columns, interval, per_group


def build_deaths(context: Context) -> Table:
    """All deaths, those soon after the last treatment, after transplantation, and by cause."""
    analysis = context.analyses_of("deaths")[0]

    def cells_of(variable: str, level: str = "") -> Callable[[str], list[Cell]]:
        def cells(group: str) -> list[Cell]:
            keys = {"analysis_id": analysis.id, "measure": "deaths", "group": group}
            keys |= {"variable": variable, "level": level}
            return [count_percent(context.rows, **keys), interval(context.rows, "percent1", **keys)]

        return cells

    def row(label: str, variable: str, level: str = "", indent: int = 0) -> Row:
        return Row(label, per_group(context, analysis.id, cells_of(variable, level)), indent)

    rows = [row("All deaths", "all")]
    rows += [row(f"At most {days} days after the last treatment", "within days", str(days), 1)
             for days in analysis.within_days]  # fmt: skip
    rows.append(row("After liver transplantation", "after transplantation", indent=1))
    causes = context.rows.select(analysis.id, measure="deaths", variable="cause", stat="n")["level"].unique()
    rows += [Row("By cause", is_heading=True)] if len(causes) else []
    rows += [row(cause.capitalize() if cause.isascii() else cause, "cause", cause, 1) for cause in causes]
    inner = tuple(Column(literal(name)) for name in ("n (%)", f"{analysis.conf_level * 100:g}% CI (%)"))
    notes = ["CI, confidence interval (Clopper–Pearson). A death without a recorded end of treatment counts as soon."]
    return finish_table(context, "", group_columns(context, analysis.id, inner), rows, notes)


def build_medications(context: Context) -> Table:
    """Kinds, and names within them, the most frequent first."""
    analysis = context.analyses_of("medications")[0]
    found = context.rows.select(analysis.id, measure="medications", stat="n")
    sizes = found.groupby(["level", "by_level"])["value"].sum()

    def cells_of(kind: str, name: str) -> Callable[[str], list[Cell]]:
        def cells(group: str) -> list[Cell]:
            keys = {"analysis_id": analysis.id, "measure": "medications", "variable": "kind", "level": kind}
            return [count_percent(context.rows, by_variable="name", by_level=name, group=group, **keys)]

        return cells

    rows = []
    for kind in sorted({kind for kind, _ in sizes.index}, key=lambda kind: (-sizes[kind, ""], kind)):
        rows.append(Row(kind.capitalize(), per_group(context, analysis.id, cells_of(kind, ""))))
        names = [name for other, name in sizes.index if other == kind and name]
        for name in sorted(names, key=lambda name: (-sizes[kind, name], name)):
            rows.append(Row(name, per_group(context, analysis.id, cells_of(kind, name)), 1))
    inner = (Column(literal("n (%)")),)
    notes = ["Given on or after the day of the first treatment. A patient counts once a row. Names as recorded."]
    return finish_table(context, "Kind / name", group_columns(context, analysis.id, inner), rows, notes)
