"""The outputs that an interim report has besides the planned ones, under ICH E3 section 11.4 (interim monitoring)."""

from collections.abc import Callable, Iterator, Mapping

from hepatrial.contracts import AnalysisData
from hepatrial.render import tables
from hepatrial.render.context import Context
from hepatrial.render.figures import draw_stopping_boundary
from hepatrial.render.objects import Figure, Table
from hepatrial.study import Output, Study

PREFIX = "11.4"

BOARD_TABLES: Mapping[str, Callable[[Context], Table]] = {
    "data_cut_status": tables.build_data_cut_status,
    "data_cut_times": tables.build_data_cut_times,
    "no_stopping_rule": tables.build_no_stopping_rule,
    "stopping_verdicts": tables.build_stopping_verdicts,
    "stopping_boundary": tables.build_stopping_boundary,
    "stopping_characteristics": tables.build_stopping_characteristics,
}
BOARD_FIGURES: Mapping[str, Callable[[Context], list[Figure]]] = {"stopping_boundary": draw_stopping_boundary}

MINUTES = Output(number=f"{PREFIX}.0", kind="table", template="minutes", title="Minutes for the safety board")

Planned = tuple[str, str, str, tuple[str, ...], str]
"""Kind, template, title, ids of the analyses or rules, population."""


def board_outputs(study: Study, data: AnalysisData) -> tuple[Output, ...]:
    """Outputs of the monitoring and of the data cut, numbered 11.4.1 on; none without a data cut."""
    if data.cutoff is None or study.data_cut is None:
        return ()
    planned = [*_stopping_outputs(study), *_data_cut_outputs(study)]
    return tuple(
        Output(
            number=f"{PREFIX}.{place}", kind=kind, template=template, title=title, analyses=ids, population=population  # type: ignore[arg-type]
        )
        for place, (kind, template, title, ids, population) in enumerate(planned, start=1)
    )  # fmt: skip


def _stopping_outputs(study: Study) -> Iterator[Planned]:
    rules = study.monitoring.stopping if study.monitoring else ()
    if not rules:
        yield "table", "no_stopping_rule", "Stopping rules", (), ""
        return
    yield "table", "stopping_verdicts", "Stopping rules: verdict at the data cut", (), ""
    for rule in rules:
        of_rule = (rule.id,), rule.population
        yield "figure", "stopping_boundary", f"{rule.title}: boundary and path of the trial", *of_rule
        yield "table", "stopping_boundary", f"{rule.title}: boundary", *of_rule
        yield "table", "stopping_characteristics", f"{rule.title}: operating characteristics", *of_rule


def _data_cut_outputs(study: Study) -> Iterator[Planned]:
    yield "table", "data_cut_status", "Status of the patients at the data cut", (), ""
    yield "table", "data_cut_times", "Time to event by the rule of the data cut and by the other", (), ""
    if study.data_cut is not None and study.data_cut.deaths_after_cut == "listed":
        yield "listing", "list_late_deaths", "Deaths after the data cut", (), ""
