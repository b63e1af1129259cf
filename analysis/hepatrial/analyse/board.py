"""What an interim report says besides the planned analyses: the data cut and what a safety board decides on."""

from hepatrial.analyse.data_cut import analyse_data_cut
from hepatrial.analyse.minutes import analyse_minutes
from hepatrial.analyse.rows import Rows
from hepatrial.analyse.sequential import analyse_sequential
from hepatrial.analyse.stopping import analyse_stopping
from hepatrial.contracts import AnalysisData, Findings
from hepatrial.study import Study


def analyse_board(study: Study, data: AnalysisData, findings: Findings | None) -> Rows:
    """Rows of an interim report; none without a data cut."""
    if data.cutoff is not None and study.data_cut is not None:
        yield from analyse_minutes(study, data, findings)
        yield from analyse_data_cut(study, data)
        yield from analyse_stopping(study, data)
        yield from analyse_sequential(study, data)
