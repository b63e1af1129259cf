"""From a drawing to a numbered Figure: footnotes, source, the rows that drew it, words for who cannot see it."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure as Drawing

from hepatrial.render.context import Context
from hepatrial.render.objects import Figure
from hepatrial.render.tables.blocks import source_line


def make_figure(
    context: Context, drawing: Drawing, rows: pd.DataFrame, alt: str, notes: Sequence[str], part: str = ""
) -> Figure:
    """The Figure of the context's output."""
    return Figure(
        number=context.output.number,
        title=context.output.title,
        population=context.population_line,
        template=context.output.template,
        footnotes=(*context.output.footnotes, *notes),
        source=source_line(context, rows["result_id"]),
        drawing=drawing,
        rows=rows.reset_index(drop=True),
        alt=alt,
        part=part,
    )
