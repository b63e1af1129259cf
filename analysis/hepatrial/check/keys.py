"""Rules about identity: who a row belongs to, and whether it is there twice."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.check.problem import MAX_LISTED, Data, Positions, Problem, key_columns
from hepatrial.contracts import RECORD_COLUMNS, STANDARD_TABLES

NOT_COMPARED: Final = frozenset({"medications", "deviations", "device_deficiencies"})
"""Tables in which two rows with one key may both be right (a dose that changed, a deviation reported again)."""
COMPARED_BY: Final = {
    "adverse_events": ("subject_id", "event"),
    "treatments": ("subject_id", "session", "treatment", "start_date_text", "start_time"),
    "specimens": ("subject_id", "visit", "kind", "date_text"),
    "vital_status": ("subject_id", "date_text"),
}
"""What makes two rows the same thing, where it is not the key: two sessions a day, an unscheduled visit twice."""


def check_subjects_present(data: Data) -> Iterator[Problem]:
    """Without subjects there is nothing to report on."""
    if data.table("subjects").empty:
        yield Problem("subjects", _say_no_subjects(data))


def _say_no_subjects(data: Data) -> str:
    files = [source.file for source in data.data_map.sources if source.table == "subjects" and not source.sealed]
    if not files:
        return "there is not one subject: map the subjects table in data.toml"
    return f"there is not one subject: {' and '.join(files)} must have a row for each patient"


def check_subject_known(data: Data) -> Iterator[Problem]:
    """Every row of every table belongs to a subject of the subjects table."""
    if data.subjects.empty:
        return
    known = set(data.subjects.index)
    by_look = {_fold(subject): subject for subject in known}
    for name in STANDARD_TABLES:
        ids = data.table(name)["subject_id"]
        places = np.flatnonzero(ids.notna() & ~ids.isin(known))
        if places.size:
            yield Problem(name, [_unknown(ids.iat[place], name, by_look) for place in places], places, "subject_id")


def _unknown(subject: str, table: str, by_look: dict[str, str]) -> str:
    like = by_look.get(_fold(subject))
    hint = f"; is it {like!r}, written another way?" if like else ""
    return f"this subject of {table} is not in subjects{hint}"


def check_subject_spelling(data: Data) -> Iterator[Problem]:
    """No two subjects whose identifiers differ only in case, punctuation or leading zeros."""
    ids = data.table("subjects")["subject_id"].dropna().drop_duplicates()
    folded = ids.map(_fold)
    for _, group in ids.groupby(folded):
        if len(group) > 1:
            others = " and ".join(repr(one) for one in group)
            places = [int(data.table("subjects").index.get_loc(label)) for label in group.index]
            yield Problem("subjects", f"may be one subject written in different ways: {others}", places, "subject_id")


def _fold(subject: str) -> str:
    """An identifier without case, punctuation and the zeros before a number."""
    parts = re.findall(r"[^\W\d_]+|\d+", subject.casefold())
    return "".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def check_exact_copies(data: Data) -> Iterator[Problem]:
    """A row that repeats another one cell by cell counts once."""
    for name in STANDARD_TABLES:
        frame = data.table(name)
        places = np.flatnonzero(is_exact_copy(frame, name))
        if places.size:
            first = first_places(frame, _compared(frame))
            listed = [int(place) for place in places[: MAX_LISTED + 1]]
            messages = [f"exact copy of {_line(frame, first[place], place)}: counted once" for place in listed]
            key = key_columns(name)
            column = key[0] if len(key) == 1 else "(row)"
            raws = None if len(key) == 1 else [_as_row(frame, place) for place in listed]
            yield Problem(name, messages, places, column, raws)


def _compared(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame if column not in RECORD_COLUMNS]


def is_exact_copy(frame: pd.DataFrame, table: str) -> npt.NDArray[np.bool_]:
    """Rows that repeat an earlier row in everything but where they stand. Copies share their key, so only rows that
    share a key are compared whole."""
    places = np.flatnonzero(frame.duplicated(subset=key_columns(table), keep=False))
    result = np.zeros(len(frame), dtype=bool)
    result[places] = frame.iloc[places].duplicated(subset=_compared(frame))
    return result


def first_places(frame: pd.DataFrame, keys: list[str]) -> Positions:
    """Position of the first row with the same key, for each row."""
    result = np.arange(len(frame))
    shared = np.flatnonzero(frame.duplicated(subset=keys, keep=False))
    if shared.size:
        groups = frame.iloc[shared].groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
        _, first = np.unique(groups, return_index=True)
        result[shared] = shared[first[groups]]
    return result


def check_conflicting_copies(data: Data) -> Iterator[Problem]:
    """Two rows with one natural key that say different things; no rule chooses between them."""
    for name in STANDARD_TABLES:
        frame = data.table(name)
        if name in NOT_COMPARED or frame.empty:
            continue
        first = first_places(frame, _keys_compared(name))
        places = np.flatnonzero((first != np.arange(len(frame))) & _is_compared(frame, name, data))
        listed = [int(place) for place in places[: MAX_LISTED + 1]]
        columns = [_differing(frame, name, first[place], place) for place in listed]
        for column in dict.fromkeys(columns):
            own = [place for place, one in zip(listed, columns, strict=True) if one == column]
            yield Problem(name, [_says(_line(frame, first[place], place)) for place in own], own, column)


def _says(line: str) -> str:
    return f"same record as {line}, with another value: decide which one is right"


def _keys_compared(table: str) -> list[str]:
    return list(COMPARED_BY.get(table, STANDARD_TABLES[table].key))


def _is_compared(frame: pd.DataFrame, name: str, data: Data) -> npt.NDArray[np.bool_]:
    """Rows that conflict with any other row of their key: no exact copies, nothing that the study does not use."""
    result = ~is_exact_copy(frame, name)
    if name == "adverse_events":
        result &= frame["event"].notna().to_numpy()
    if name == "vital_status":
        result &= ~frame.duplicated(subset=["subject_id", "date_text", "status"]).to_numpy()
    if "parameter" in frame:
        result &= frame["parameter"].isin([parameter.code for parameter in data.study.parameters]).to_numpy()
    return result


def _line(frame: pd.DataFrame, first: int, place: int) -> str:
    """``line 12`` of the first row, with its file when that is another one."""
    origin = frame.iloc[first]
    same = origin["file"] == frame["file"].iat[place]
    return f"line {origin['line']}" + ("" if same else f" of {origin['file']}")


def _differing(frame: pd.DataFrame, name: str, first: int, place: int) -> str:
    """The first column in which two rows say different things, else the first that only one of them fills."""
    filled_once = []
    for column in STANDARD_TABLES[name].columns:
        written = f"{column.name}_text" if column.kind == "date" else column.name
        one, other = frame[written].iat[first], frame[written].iat[place]
        missing = int(pd.isna(one)) + int(pd.isna(other))
        if missing == 0 and one != other:
            return column.name
        filled_once += [column.name] if missing == 1 else []
    return filled_once[0] if filled_once else "(row)"


def _as_row(frame: pd.DataFrame, place: int) -> str:
    """The texts that name the record, and its result, in the order of the table."""
    row = frame.iloc[place]
    names = ["subject_id", "visit", "date_text", "time", "parameter", "result"] if "result" in frame else None
    used = names or [column for column in frame if column not in RECORD_COLUMNS and frame[column].dtype == object]
    return ",".join(str(row[name]) for name in used if row[name] is not None and row[name] == row[name])
