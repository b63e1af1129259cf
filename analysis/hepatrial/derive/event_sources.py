"""The study's event sources as dated facts, so that a time to event or a criterion can name them.

``events = ["event DECOMP"]`` is the first record of ``event_sources`` DECOMP: an adverse event of its terms, or a
result after the origin that meets its comparison. CAUSE says which record it was.
"""

from collections.abc import Callable

import pandas as pd

from hepatrial.derive.frames import stack_rows
from hepatrial.derive.outcomes import FACT_COLUMNS, Tables
from hepatrial.derive.special_interest import select_terms
from hepatrial.study.models import EventSource, Parameter, ResultSource, Study
from hepatrial.units import convert

EVENT = "event "
"""What comes before the code of an event source."""
_MEETS: dict[str, Callable[[pd.Series, pd.Series | float], pd.Series]] = {
    "<": pd.Series.lt,
    "<=": pd.Series.le,
    ">=": pd.Series.ge,
    ">": pd.Series.gt,
}


def collect_events(tables: Tables, adlb: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a record that makes an event, FACT_COLUMNS, by subject and date within each source.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Standard tables.
    adlb : DataFrame
        Results with baseline and IS_BEFORE. Means and scores make no event.
    study : Study
    """
    empty = pd.DataFrame(columns=list(FACT_COLUMNS))
    return stack_rows([empty, *(_collect(item, tables, adlb, study) for item in study.event_sources)])


def _collect(item: EventSource, tables: Tables, adlb: pd.DataFrame, study: Study) -> pd.DataFrame:
    events = tables["adverse_events"]
    grade = pd.to_numeric(events["grade"], errors="coerce")
    what = EVENT + item.code
    frames = [select_terms(events[~(grade < item.min_grade)], item.terms, what)]
    frames += [_select_results(adlb, source, what, study) for source in item.results]
    return stack_rows(frames).sort_values(["USUBJID", "ADT", "SRCID"], kind="stable", ignore_index=True)


def _select_results(adlb: pd.DataFrame, source: ResultSource, what: str, study: Study) -> pd.DataFrame:
    parameter = study.parameter(source.parameter)
    assert isinstance(parameter, Parameter)  # the study file was cross-checked
    threshold, meets = _threshold(source, parameter), _MEETS[source.op]
    rows = adlb[(adlb["PARAMCD"] == source.parameter) & (adlb["DTYPE"] != "AVERAGE") & adlb["AVAL"].notna()]
    rows = rows[~rows["IS_BEFORE"] & rows["ADT"].notna()]
    counts = meets(rows["AVAL"], threshold)
    if source.baseline == "new":
        counts &= ~meets(rows["BASE"], threshold)
    elif source.baseline == "worse":
        counts &= rows["BASE"].isna() | _MEETS[source.op[0]](rows["AVAL"], rows["BASE"])
    found = rows[counts]
    cause = parameter.label + " " + found["AVALC"].fillna(found["AVAL"].map("{:g}".format)).astype("object")
    facts = found[["USUBJID", "ADT", "SRCDOM", "SRCVAR", "SRCSEQ", "SRCID"]]
    return facts.assign(WHAT=what, HIGH=found["ADT"], IS_PARTIAL=False, CAUSE=cause)[list(FACT_COLUMNS)]


def _threshold(source: ResultSource, parameter: Parameter) -> float:
    if not source.unit or source.unit == parameter.unit:
        return source.value
    return float(convert([source.value], parameter.code, source.unit, parameter.unit)[0])
