"""Frames in the form that the contract of analysis datasets asks for.

Missing text is None, a flag is never missing, a date is datetime64[ns]; rows are in the order of the dataset's
key. Identical input in any row order gives the identical frame.
"""

import functools
from collections.abc import Iterable, Sequence

import pandas as pd

from hepatrial.contracts import TableSpec

YES, NO = "Y", "N"


def conform(frame: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """The columns of ``spec`` in its order, typed by kind, sorted by its key; a column that is absent is missing."""
    if frame.empty:
        return empty_dataset(spec).copy()
    columns = {column.name: _typed(frame, column.name, column.kind) for column in spec.columns}
    return sort_rows(pd.DataFrame(columns, index=frame.index), spec.key)


@functools.cache
def empty_dataset(spec: TableSpec) -> pd.DataFrame:
    """The dataset without a row, each column with its type."""
    types = {"date": "datetime64[ns]", "number": "float64"}
    return pd.DataFrame({c.name: pd.Series(dtype=types.get(c.kind, "object")) for c in spec.columns})


def sort_rows(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Rows by ``key``, missing first, ties by provenance; a new index from 0."""
    by = [*key, *(name for name in ("SRCDOM", "SRCSEQ", "SRCID") if name in frame and name not in key)]
    return frame.sort_values(by, kind="stable", na_position="first", ignore_index=True)


def _typed(frame: pd.DataFrame, name: str, kind: str) -> pd.Series:
    values = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="object")
    if kind == "date":
        return pd.to_datetime(values).astype("datetime64[ns]")
    if kind == "number":
        return pd.to_numeric(values).astype("float64")
    values = values.astype("object")
    return values.where(values.notna(), NO if kind == "flag" else None)


def stack_rows(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of all frames below each other, with a new index; a column keeps the type of the first frame it is in.

    A column without any value in one frame does not decide the type: pandas lets it, with a warning.
    """
    types = {name: dtype for frame in reversed(frames) for name, dtype in frame.dtypes.items()}
    with_rows = [frame for frame in frames if len(frame)]
    if not with_rows:
        return frames[0]
    if len(with_rows) == 1 and len(with_rows[0].columns) == len(types):
        return with_rows[0].reset_index(drop=True)
    filled = [frame.dropna(axis=1, how="all") for frame in with_rows]
    stacked = pd.concat(filled, ignore_index=True).reindex(columns=list(types))
    empty = {name for name in types if all(name not in frame for frame in filled)}
    return stacked.astype({name: types[name] for name in empty if types[name].kind in "MfO"})


def flag(is_so: pd.Series) -> pd.Series:
    """Y where true, N elsewhere (missing is N)."""
    return is_so.map({True: YES, False: NO}).fillna(NO).astype("object")


def source_of(frame: pd.DataFrame, table: str, column: str) -> pd.DataFrame:
    """SRC columns of rows that each come from one record of a standard table."""
    return pd.DataFrame(
        {"SRCDOM": table, "SRCVAR": column, "SRCSEQ": frame["line"].astype("float64"), "SRCID": frame["record_id"]},
        index=frame.index,
    )


def join_ids(ids: Iterable[str]) -> str:
    """Record ids in order of first appearance, joined by ';', each once."""
    parts = [part for text in ids for part in text.split(";") if part]
    return ";".join(dict.fromkeys(parts))


def join_texts(texts: Iterable[object]) -> str | None:
    """Texts in order of first appearance, joined by '; ', each once; None where there is none."""
    parts = [part for text in texts if isinstance(text, str) for part in text.split("; ")]
    return "; ".join(dict.fromkeys(parts)) or None
