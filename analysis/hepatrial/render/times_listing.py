"""The listing of times to event with one row a patient and one column an event: ``121 death``, or ``168 +``."""

from string import ascii_lowercase

import pandas as pd

from hepatrial.render.context import Context
from hepatrial.render.methods.names import name_event
from hepatrial.render.objects import Cell, Column, Part, literal

END = "end of the period"
"""How ADTTE begins the reason of who was followed to the end."""


def fits_one_row(frame: pd.DataFrame) -> bool:
    """Whether each patient has one time origin, and one record of a parameter."""
    return not frame.duplicated(["USUBJID", "PARAMCD"]).any() and bool(
        (frame.groupby("USUBJID")["STARTDT"].nunique() <= 1).all()
    )


def arrange_times(
    context: Context, frame: pd.DataFrame
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...], tuple[str, ...], tuple[str, ...]]:
    """Columns, rows, the records of each row, and the notes.

    Parameters
    ----------
    frame : DataFrame
        ADTTE of the listing, in the order of its parameters and then of the patients.
    """
    labels = dict(zip(frame["PARAMCD"], frame["PARAM"], strict=True))
    labels = labels or {item.code: item.label for item in context.study.times_to_event}
    reasons = _other_reasons(frame)
    cells = {
        (row.USUBJID, row.PARAMCD): _cell(context, row, reasons)
        for row in frame[["USUBJID", "PARAMCD", "PARAM", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC"]].itertuples(
            index=False
        )
    }
    origins = frame.drop_duplicates("USUBJID").set_index("USUBJID")["STARTDT"].sort_index()
    rows = tuple(
        (literal(name), _date(start), *(cells.get((name, code), ()) for code in labels))
        for name, start in origins.items()
    )
    sources = frame["SRCID"].fillna("").astype(str).groupby(frame["USUBJID"]).agg(_join)
    columns = (
        Column(literal("Subject"), align="text"),
        Column(literal("Origin"), align="text"),
        *(Column(literal(label), align="text") for label in labels.values()),
    )
    return columns, rows, tuple(sources.reindex(origins.index)), _notes(reasons)


def _other_reasons(frame: pd.DataFrame) -> dict[str, str]:
    """A letter for each reason of censoring but the end of the period."""
    censored = frame.loc[frame["CNSR"] == 1, "CNSDTDSC"].dropna()
    found = [reason for reason in dict.fromkeys(censored) if reason and not reason.startswith(END)]
    return dict(zip(found, ascii_lowercase, strict=False))


def _cell(context: Context, row: pd.Series, reasons: dict[str, str]) -> Cell:
    day = Part(row.AVAL, "count")
    if row.CNSR == 1:
        return (day, Part(" +", mark=reasons.get(row.CNSDTDSC, "")))
    what = name_event(context.study, str(row.EVNTDESC or "").partition(": ")[0])
    what = "event" if what.casefold() == str(row.PARAM).casefold() else what
    return (day, Part(f" ({what})" if row.CNSR == 2 else f" {what}"))


def _date(start: pd.Timestamp) -> Cell:
    return () if pd.isna(start) else (Part(start.date()),)


def _join(sources: pd.Series) -> str:
    """The records of a patient, each once."""
    return ";".join(dict.fromkeys(part for text in sources for part in text.split(";") if part))


def _notes(reasons: dict[str, str]) -> tuple[str, ...]:
    letters = "; ".join(f"{letter}, {reason}" for reason, letter in reasons.items())
    other = f", or for another reason: {letters}" if letters else ""
    return (
        "Days from the origin, the event that ended them, in brackets a competing one; +, censored at the end of the "
        f"period{other}. The records of each event are in the dataset.",
    )
