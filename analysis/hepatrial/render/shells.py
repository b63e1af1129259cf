"""Every planned output without data: the same templates, with ``xx.x`` where a number will stand.

Nothing is simulated and no data are read. Rows that the data will bring (terms, reasons, categories) are one row that
says so; a figure is a frame with its name.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS, LEDGER_COLUMNS, OPTIONAL_DATASETS, AnalysisData, Ledger
from hepatrial.render.context import Context
from hepatrial.render.figures.style import GREY, new_frame
from hepatrial.render.listings import NO_RECORDS, build_listing
from hepatrial.render.methods import describe_methods
from hepatrial.render.objects import Cell, Column, Figure, Listing, Part, RenderedReport, Row, Table
from hepatrial.render.render import TABLES, check_templates, describe_design, describe_endpoints
from hepatrial.render.rows import RowIndex, placeholder
from hepatrial.render.to_confirm import describe_confirmations
from hepatrial.results import bind_results
from hepatrial.study import Output, Study, see_output, see_second_stage

DATES = "Shells: no data"
FOLLOWS = "As in the data: one row each"


def make_empty_data(study: Study) -> AnalysisData:
    """Analysis datasets without a row."""
    specs = {**ADAM_DATASETS, **OPTIONAL_DATASETS}
    sets = {name: pd.DataFrame(columns=list(spec.names), dtype="object") for name, spec in specs.items()}
    flags = [item.flag for item in study.populations]
    extra = [*flags, *(item.code for item in study.subject_variables)]
    sets["ADSL"] = sets["ADSL"].reindex(columns=list(dict.fromkeys([*sets["ADSL"].columns, *extra])))
    ledger = Ledger(pd.DataFrame(columns=list(LEDGER_COLUMNS)))
    return AnalysisData(sets, ledger, date.min)


def render_shells(study: Study) -> RenderedReport:
    """Shells of all planned tables, figures and listings, in the order of the study file.

    Raises
    ------
    RenderError
        When an output names a template that does not exist for its kind.
    """
    check_templates(study)
    data, rows = make_empty_data(study), RowIndex(bind_results(_sizes(study), ()), is_shell=True)
    outputs = [_shell(Context(*see_output(study, data, planned), rows, planned)) for planned in study.outputs]
    return RenderedReport(
        study_id=study.identity.study_id,
        title=study.identity.title,
        title_local=study.identity.title_local,
        is_simulated=False,
        dates=DATES,
        facts=(*describe_design(study), ("Data", "none: these are shells")),
        populations=tuple((item.label, (Part(placeholder("count")),)) for item in study.populations),
        endpoints=describe_endpoints(study),
        confirmations=describe_confirmations(study),
        findings_summary=(),
        outputs=tuple(outputs),
        methods=describe_methods(study),
    )


def _sizes(study: Study) -> Iterable[dict[str, object]]:
    """The N rows from which templates know the groups of an analysis."""
    for item in study.analyses:
        arms = [arm.code for arm in see_second_stage(study, item).design.arms] if item.by_arm else []
        for group in [*arms, *(["all"] if getattr(item, "total", False) or not arms else [])]:
            yield {"analysis_id": item.id, "population": item.population, "group": group, "measure": "patients",
                   "variable": "N", "stat": "n_total", "value": 0.0, "status": "ok", "checked_by": "none"}  # fmt: skip


def _shell(context: Context) -> Table | Listing | Figure:
    planned = context.output
    made: Table | Listing | Figure
    if planned.kind == "table":
        made = _fill_table(TABLES[planned.template](context))
    elif planned.kind == "listing":
        listing = build_listing(context)
        forms = ["text" if column.align == "text" else "count" for column in listing.columns]
        cells = tuple((Part(placeholder(form)),) for form in forms)
        notes = tuple(note for note in listing.footnotes if note != NO_RECORDS)
        made = replace(listing, rows=(cells,), records=("",), footnotes=notes)
    else:
        made = _frame_of_figure(context, planned)
    source = made.source.replace(context.data.dates, DATES)
    return replace(made, source=source)


def _fill_table(table: Table) -> Table:
    """A row for what the data will bring, where the template has none."""
    if any(row.cells for row in table.rows):
        return table
    empty: Cell = (Part(placeholder("count")),)
    leaves: tuple[Column, ...] = table.leaves
    return replace(table, rows=(*table.rows, Row(FOLLOWS, tuple(empty for _ in leaves), 1)))


def _frame_of_figure(context: Context, planned: Output) -> Figure:
    frame = new_frame(2.6, below=0.55)
    frame.axes.set_xticks([])
    frame.axes.set_yticks([])
    names = [item.label for item in map(context.study.parameter, planned.parameters) if item is not None]
    words = f"{planned.template.replace('_', ' ')}{': ' if names else ''}{', '.join(names)}"
    frame.axes.text(0.5, 0.5, words, transform=frame.axes.transAxes, ha="center", va="center", color=GREY, wrap=True)
    return Figure(
        number=planned.number, title=planned.title, population=context.population_line, template=planned.template,
        footnotes=planned.footnotes, source=f"{DATES}.", drawing=frame.drawing,
        rows=pd.DataFrame({"analysis_id": list(planned.analyses)}),
        alt=f"Shell of the figure {planned.title}: {words}.",
    )  # fmt: skip
