"""The texts of a table as a reader sees them."""

from hepatrial.analyse import analyse_study
from hepatrial.contracts import AnalysisData
from hepatrial.render.context import Context
from hepatrial.render.objects import Listing, Table, cell_text
from hepatrial.render.rows import RowIndex
from hepatrial.study import Output, Study


def context_of(study: Study, data: AnalysisData, kind: str, template: str, *analyses: str) -> Context:
    output = Output(number="1", kind=kind, template=template, title="T", analyses=analyses, population="FAS")
    return Context(study, data, RowIndex(analyse_study(study, data)), output)


def texts(table: Table) -> dict[str, list[str]]:
    return {row.label: [cell_text(cell) for cell in row.cells] for row in table.rows if not row.is_heading}


def headings(output: Table | Listing) -> list[str]:
    leaves = [leaf for column in output.columns for leaf in column.leaves]
    return [cell_text(column.heading).split("\n")[0] for column in leaves]
