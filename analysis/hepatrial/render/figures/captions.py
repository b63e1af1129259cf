"""From a drawing to a numbered Figure: footnotes, source, the rows that drew it, words for who cannot see it."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure as Drawing

from hepatrial.render.context import Context
from hepatrial.render.objects import Figure
from hepatrial.render.tables.blocks import source_line

DRAWN = (
    "USUBJID", "PARAMCD", "AVISIT", "AFUDY", "AVAL", "AVALU", "ACENS", "BASE", "CHG", "SRCDOM", "SRCVAR", "SRCSEQ",
    "SRCID",
)  # fmt: skip
"""Columns of an analysis dataset that a figure of patients is written with."""


def make_patient_figure(
    context: Context, drawing: Drawing, values: pd.DataFrame, alt: str, notes: Sequence[str], part: str = ""
) -> Figure:
    """A Figure that shows values of ADLB rather than results: written with those records."""
    rows = values[[name for name in DRAWN if name in values]].sort_values(
        ["USUBJID", "PARAMCD", "AFUDY"], kind="stable"
    )
    source = f"Source: ADLB, ADSL. {source_line(context, ())}"
    return _make(context, drawing, rows, source, alt, notes, part)


def make_record_figure(
    context: Context, drawing: Drawing, rows: pd.DataFrame, dataset: str, alt: str, notes: Sequence[str], part: str = ""
) -> Figure:
    """A Figure that shows records of another dataset: written with these."""
    source = f"Source: {dataset}. {source_line(context, ())}"
    return _make(context, drawing, rows, source, alt, notes, part)


def make_figure(
    context: Context, drawing: Drawing, rows: pd.DataFrame, alt: str, notes: Sequence[str], part: str = ""
) -> Figure:
    """The Figure of the context's output."""
    return _make(context, drawing, rows, source_line(context, rows["result_id"]), alt, notes, part)


def _make(
    context: Context, drawing: Drawing, rows: pd.DataFrame, source: str, alt: str, notes: Sequence[str], part: str
) -> Figure:
    return Figure(
        number=context.output.number,
        title=context.output.title,
        population=context.population_line,
        template=context.output.template,
        footnotes=(*context.output.footnotes, *notes),
        source=source,
        drawing=drawing,
        rows=rows.reset_index(drop=True),
        alt=alt,
        part=part,
    )
