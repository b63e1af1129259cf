"""Figures as jobs that either of two processes can do, and those that can begin before the analyses are done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hepatrial.contracts import AnalysisData
from hepatrial.render import figures as drawn
from hepatrial.render.board import BOARD_FIGURES
from hepatrial.render.context import Context
from hepatrial.render.drawing_process import DrawingProcess
from hepatrial.render.figures.style import format_image
from hepatrial.render.objects import Figure
from hepatrial.render.rows import RowIndex
from hepatrial.results import bind_results
from hepatrial.study import Study, see_output

FIGURES: Mapping[str, Callable[[Context], list[Figure]]] = {
    "consort": drawn.draw_consort,
    "kaplan_meier": drawn.draw_kaplan_meier,
    "cumulative_incidence": drawn.draw_cumulative_incidence,
    "trajectory": drawn.draw_trajectory,
    "swimmer": drawn.draw_swimmer,
    "spaghetti": drawn.draw_spaghetti,
    "waterfall": drawn.draw_waterfall,
    "heat_map": drawn.draw_heat_map,
    "state_bars": drawn.draw_state_bars,
    "patient_profile": drawn.draw_patient_profile,
    "missingness": drawn.draw_missingness,
    "diagnostics": drawn.draw_diagnostics,
    "covariance": drawn.draw_covariance,
    "tipping_point": drawn.draw_tipping_point,
    "forest": drawn.draw_forest,
    "event_dots": drawn.draw_event_dots,
    "event_timeline": drawn.draw_event_timeline,
    "lab_panels": drawn.draw_lab_panels,
    "edish": drawn.draw_edish,
}
RECORD_FIGURES = ("patient_profile", "heat_map", "waterfall", "event_timeline", "lab_panels", "edish", "swimmer")
"""Those that show records alone, no result: drawn while the analyses are run; by cost, the dearest first."""


@dataclass(frozen=True, eq=False)
class Job:
    """The figures of one planned output, or one of its many: then ``part`` is what that one shows."""

    context: Context
    part: Any = None

    @property
    def number(self) -> str:
        return self.context.output.number


def send_record_figures(study: Study, data: AnalysisData, helper: DrawingProcess | None, *, marking: str) -> None:
    """Let the other process begin with the figures of records; ``render_report`` collects them."""
    if helper is None:
        return
    nothing = RowIndex(bind_results((), ()))
    planned = [item for item in study.outputs if item.kind == "figure" and item.template in RECORD_FIGURES]
    planned.sort(key=lambda item: RECORD_FIGURES.index(item.template))
    contexts = [Context(*see_output(study, data, item), nothing, item, marking) for item in planned]
    helper.send(draw_job, [job for context in contexts for job in _jobs(context)])


def send_figures(contexts: Iterable[Context], helper: DrawingProcess) -> None:
    """Let the other process draw those that it was not sent before."""
    before = {job.number for job in helper.items}
    helper.send(
        draw_job, [job for context in contexts if context.output.number not in before for job in _jobs(context)]
    )


def collect_figures(contexts: Sequence[Context], helper: DrawingProcess) -> list[list[Figure]]:
    """The figures of each context as images, in their order."""
    made: dict[str, list[Figure]] = {}
    for job, figures in zip(helper.items, helper.collect(), strict=True):
        made.setdefault(job.number, []).extend(figures)
    return [_number_figures(made.get(context.output.number, [])) for context in contexts]


def draw_figures(context: Context) -> list[Figure]:
    """The figures of a planned output as drawings."""
    figures = _number_figures(_template(context)(context))
    for figure in figures:
        drawn.mark_view(figure.drawing, context.marking)
    return figures


def draw_job(job: Job) -> list[Figure]:
    """The figures of a job as images, which another process can send."""
    figures = _template(job.context)(job.context) if job.part is None else [drawn.draw_profile(job.part)]
    for figure in figures:
        drawn.mark_view(figure.drawing, job.context.marking)
    return [replace(figure, drawing=format_image(figure.drawing)) for figure in figures]


def _jobs(context: Context) -> list[Job]:
    if context.output.template != "patient_profile":
        return [Job(context)]
    return [Job(context, patient) for patient in drawn.find_profiles(context)]


def _template(context: Context) -> Callable[[Context], list[Figure]]:
    return {**FIGURES, **BOARD_FIGURES}[context.output.template]


def _number_figures(figures: list[Figure]) -> list[Figure]:
    """Several figures of one output get a further number and say in the title which each is."""
    if len(figures) < 2:
        return figures
    return [
        replace(figure, number=f"{figure.number}.{place}", title=f"{figure.title}: {figure.part}")
        for place, figure in enumerate(figures, start=1)
    ]
