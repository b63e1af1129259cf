"""The sources of an analysis by the arm of the second randomisation.

The estimators and rows are those of the first arms, on a study whose arms are the second ones
(``hepatrial.study.see_stage``); only the conditions behind a number name TRT02P.
"""

from typing import Any

from hepatrial.analyse.rows import Rows
from hepatrial.study import is_second_stage


def name_arms(rows: Rows, analysis: Any) -> Rows:
    """The rows with the arm's variable of the analysis' stage in their sources."""
    for row in rows:
        if is_second_stage(analysis) and "source" in row:
            dataset, where = row["source"]
            named = [("TRT02P" if name == "TRT01P" else name, op, values) for name, op, values in where]
            row = row | {"source": (dataset, named)}
        yield row
