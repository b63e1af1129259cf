"""Table of a family of hypotheses: raw and adjusted p-values, and what is decided."""

from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Column, Row, Table, literal
from hepatrial.render.tables.blocks import finish_table

PROCEDURES = {
    "fixed sequence": "Fixed sequence: each hypothesis is tested only while all before it were rejected",
    "holm": "Holm's step-down procedure",
    "hochberg": "Hochberg's step-up procedure",
    "hommel": "Hommel's procedure",
    "bonferroni": "Bonferroni's procedure",
    "graphical": "Graphical procedure of Bretz and others",
}


def build_multiplicity(context: Context) -> Table:
    """The hypotheses in the study's order."""
    analyses = context.analyses_of("multiplicity")
    rows: list[Row] = []
    for analysis in analyses:
        rows += [Row(analysis.title, is_heading=True)] if len(analyses) > 1 else []
        rows += [_row(context, analysis.id, item) for item in analysis.hypotheses]
    columns = tuple(Column(literal(head)) for head in ("p-value", "Adjusted p-value", "Decision"))
    notes = dict.fromkeys(
        f"{PROCEDURES[item.procedure]}; familywise error rate {item.alpha:g}, two-sided." for item in analyses
    )
    return finish_table(context, "Hypothesis", columns, rows, [*notes])


def _row(context: Context, analysis_id: str, item: Any) -> Row:
    keys = {"analysis_id": analysis_id, "measure": "hypothesis", "variable": item.id, "group": ""}
    stats = (("p_value", "p"), ("adjusted_p_value", "p"), ("rejected", "decision"))
    return Row(item.label, tuple((context.rows.part(spec, stat=stat, **keys),) for stat, spec in stats))
