"""The outputs that an interim report has besides the planned ones, under ICH E3 section 11.4 (interim monitoring)."""

from collections.abc import Callable, Iterator, Mapping

from hepatrial.contracts import AnalysisData
from hepatrial.render import tables
from hepatrial.render.context import Context
from hepatrial.render.figures import draw_sequential_boundary, draw_spending, draw_stopping_boundary
from hepatrial.render.objects import Figure, Table
from hepatrial.render.rows import RowIndex
from hepatrial.study import Output, Study

PREFIX = "11.4"

BOARD_TABLES: Mapping[str, Callable[[Context], Table]] = {
    "data_cut_status": tables.build_data_cut_status,
    "data_cut_times": tables.build_data_cut_times,
    "no_stopping_rule": tables.build_no_stopping_rule,
    "stopping_verdicts": tables.build_stopping_verdicts,
    "stopping_boundary": tables.build_stopping_boundary,
    "sequential_boundaries": tables.build_sequential_boundaries,
    "sequential_not_evaluable": tables.build_sequential_not_evaluable,
    "sequential_inference": tables.build_sequential_inference,
    "stopping_characteristics": tables.build_stopping_characteristics,
}
BOARD_FIGURES: Mapping[str, Callable[[Context], list[Figure]]] = {
    "stopping_boundary": draw_stopping_boundary,
    "sequential_boundary": draw_sequential_boundary,
    "spending": draw_spending,
}

MINUTES = Output(number=f"{PREFIX}.0", kind="table", template="minutes", title="Minutes for the safety board")

Planned = tuple[str, str, str, tuple[str, ...], str]
"""Kind, template, title, ids of the analyses or rules, population."""


def board_outputs(study: Study, data: AnalysisData, rows: RowIndex) -> tuple[Output, ...]:
    """Outputs of the monitoring and of the data cut, numbered 11.4.1 on; none without a data cut."""
    if data.cutoff is None or study.data_cut is None:
        return ()
    planned = [*_stopping_outputs(study), *_sequential_outputs(study, rows), *_data_cut_outputs(study)]
    return tuple(
        Output(
            number=f"{PREFIX}.{place}", kind=kind, template=template, title=title, analyses=ids, population=population  # type: ignore[arg-type]
        )
        for place, (kind, template, title, ids, population) in enumerate(planned, start=1)
    )  # fmt: skip


def _stopping_outputs(study: Study) -> Iterator[Planned]:
    rules = study.monitoring.stopping if study.monitoring else ()
    if not rules and (study.monitoring is None or study.monitoring.group_sequential is None):
        yield "table", "no_stopping_rule", "Stopping rules", (), ""
    if not rules:
        return
    yield "table", "stopping_verdicts", "Stopping rules: verdict at the data cut", (), ""
    for rule in rules:
        of_rule = (rule.id,), rule.population
        yield "figure", "stopping_boundary", f"{rule.title}: boundary and path of the trial", *of_rule
        yield "table", "stopping_boundary", f"{rule.title}: boundary", *of_rule
        yield "table", "stopping_characteristics", f"{rule.title}: operating characteristics", *of_rule


def _sequential_outputs(study: Study, rows: RowIndex) -> Iterator[Planned]:
    """None where this report may not compare the arms: then there are no rows either."""
    planned = study.monitoring.group_sequential if study.monitoring else None
    if planned is None or not len(rows.select(planned.id)):
        return
    population = study.analysis(planned.analysis).population
    kinds = [
        ("table", "sequential_boundaries", "boundaries"),
        ("figure", "sequential_boundary", "boundary and looks"),
        ("figure", "spending", "alpha spent"),
        ("table", "sequential_inference", "inference at this look"),
    ]
    is_evaluable = len(rows.select(planned.id, measure="sequential boundary")) > 0
    if not is_evaluable:
        yield "table", "sequential_not_evaluable", planned.title, (), population
        return
    for kind, template, title in kinds:
        yield kind, template, f"{planned.title}: {title}", (), population


def _data_cut_outputs(study: Study) -> Iterator[Planned]:
    yield "table", "data_cut_status", "Status of the patients at the data cut", (), ""
    yield "table", "data_cut_times", "Time to event by the rule of the data cut and by the other", (), ""
    if study.data_cut is not None and study.data_cut.deaths_after_cut == "listed":
        yield "listing", "list_late_deaths", "Deaths after the data cut", (), ""
