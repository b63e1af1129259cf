"""Table of liver injury: quadrants of eDISH and its modified forms."""

from collections.abc import Callable

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Row, Table
from hepatrial.render.tables.blocks import count_percent, finish_table, group_columns, per_group

BASES = {
    "upper-limit": "Multiples of the upper limit of normal (eDISH)",
    "baseline": "Multiples of baseline (modified eDISH)",
    "nadir": "Multiples of the lowest transaminase so far (modified eDISH)",
}
LEVELS = (
    ("RUQ", "Both raised: requires adjudication", 1), ("LUQ", "Bilirubin only: cholestasis range", 1),
    ("RLQ", "Transaminase only: Temple's corollary range", 1), ("LLQ", "Neither: normal or near normal", 1),
    ("requires adjudication", "Bilirubin within 30 days after the transaminase, no cholestasis", 1),
    ("abnormal bilirubin at baseline", "Bilirubin at 2 × ULN or above at baseline", 1),
)  # fmt: skip


def build_liver_injury(context: Context) -> Table:
    """Quadrants per basis, pairs in time, and who started with an abnormal bilirubin."""
    analysis = context.analyses_of("liver injury")[0]

    def cells_of(basis: str, level: str) -> Callable[[str], list[Cell]]:
        def cells(group: str) -> list[Cell]:
            keys = {"analysis_id": analysis.id, "measure": "liver injury", "variable": basis, "group": group}
            if not level:
                return [(context.rows.part("count", stat="n_total", **keys),)]
            return [count_percent(context.rows, level=level, **keys)]

        return cells

    rows: list[Row] = []
    for basis, label in BASES.items():
        rows.append(Row(label, is_heading=True))
        rows.append(Row("Patients with both peaks", per_group(context, analysis.id, cells_of(basis, "")), 1))
        rows += [Row(text, per_group(context, analysis.id, cells_of(basis, level)), indent)
                 for level, text, indent in LEVELS]  # fmt: skip
    notes = [
        "Raised: 3 × for ALT or AST, 2 × for total bilirubin; peaks after the origin and before transplantation.",
        "The multiples of the upper limit were made for people with a normal liver; where bilirubin starts at 2 × ULN "
        "they describe and call nothing. Requires adjudication: by a person; nothing here is a diagnosis. ULN, upper "
        "limit of normal.",
    ]
    return finish_table(context, "", group_columns(context, analysis.id), rows, notes)
