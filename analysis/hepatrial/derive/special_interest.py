"""Adverse events of special interest as dated outcomes, so that a time-to-event parameter can name them.

``events = ["special interest DECOMP"]`` in the study file is the first adverse event whose preferred term (or term,
where it is not coded) is among the terms of ``safety.special_interest`` with code DECOMP.
"""

from collections.abc import Sequence

import pandas as pd

from hepatrial.derive.frames import source_of, stack_rows
from hepatrial.derive.outcomes import FACT_COLUMNS, Tables
from hepatrial.study.models import Study

PREFIX = "special interest "


def collect_special_interest(tables: Tables, study: Study) -> pd.DataFrame:
    """One row an event and code it belongs to, FACT_COLUMNS; the date is the earliest possible day of its start."""
    items = study.safety.special_interest if study.safety else ()
    events = tables["adverse_events"]
    frames = [select_terms(events, item.terms, PREFIX + item.code) for item in items]
    return stack_rows([pd.DataFrame(columns=list(FACT_COLUMNS)), *frames])


def select_terms(events: pd.DataFrame, terms: Sequence[str], what: str) -> pd.DataFrame:
    """The adverse events with one of these preferred terms (or terms, where not coded) as facts called ``what``."""
    name = events["preferred_term"].fillna(events["term"]).astype("object").str.strip().str.casefold()
    rows = events[name.isin([term.strip().casefold() for term in terms])]
    low, high = rows["start_date_low"], rows["start_date_high"]
    end = rows["end_date_high"]
    high = high.where(~(end < high), end)  # it started before it ended
    frame = pd.DataFrame(
        {"USUBJID": rows["subject_id"], "WHAT": what, "ADT": low, "HIGH": high, "IS_PARTIAL": low != high},
        index=rows.index,
    )
    frame["CAUSE"] = rows["term"].astype("object")
    ordered = frame.join(source_of(rows, "adverse_events", "start_date"))
    return ordered.sort_values(["USUBJID", "ADT", "SRCID"], kind="stable", ignore_index=True)
