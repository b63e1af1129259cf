"""The outputs that an interim report has besides the planned ones, under ICH E3 section 11.4 (interim monitoring)."""

from collections.abc import Callable, Mapping

from hepatrial.contracts import AnalysisData
from hepatrial.render import tables
from hepatrial.render.context import Context
from hepatrial.render.objects import Table
from hepatrial.study import Output, Study

PREFIX = "11.4"

BOARD_TABLES: Mapping[str, Callable[[Context], Table]] = {
    "data_cut_status": tables.build_data_cut_status,
    "data_cut_times": tables.build_data_cut_times,
}


def board_outputs(study: Study, data: AnalysisData) -> tuple[Output, ...]:
    """Outputs of the data cut and of the monitoring, numbered 11.4.1 on; none without a data cut."""
    if data.cutoff is None or study.data_cut is None:
        return ()
    planned = [
        ("table", "data_cut_status", "Status of the patients at the data cut"),
        ("table", "data_cut_times", "Time to event by the rule of the data cut and by the other"),
    ]
    if study.data_cut.deaths_after_cut == "listed":
        planned.append(("listing", "list_late_deaths", "Deaths after the data cut"))
    return tuple(
        Output(number=f"{PREFIX}.{place}", kind=kind, template=template, title=title)  # type: ignore[arg-type]
        for place, (kind, template, title) in enumerate(planned, start=1)
    )
