"""Rules about identity: who a row belongs to, and whether it is there twice."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from hepatrial.check.problem import Data, Positions, Problem, key_columns
from hepatrial.contracts import RECORD_COLUMNS, STANDARD_TABLES

NOT_COMPARED: Final = frozenset({"medications", "deviations", "device_deficiencies"})
"""Tables in which two rows with one key may both be right (a dose that changed, a deviation reported again)."""


def check_subjects_present(data: Data) -> Iterator[Problem]:
    """Without subjects there is nothing to report on."""
    if data.table("subjects").empty:
        yield Problem("subjects", "there is not one subject; map the subjects table in data.toml")


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
        places = np.flatnonzero(is_exact_copy(frame))
        if places.size:
            first = _first_lines(frame, [column for column in frame if column not in RECORD_COLUMNS], places)
            messages = [f"exact copy of {line}: counted once" for line in first]
            key = key_columns(name)
            column = key[0] if len(key) == 1 else "(row)"
            raws = None if len(key) == 1 else [_as_row(frame, int(place)) for place in places]
            yield Problem(name, messages, places, column, raws)


def is_exact_copy(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Rows that repeat an earlier row in everything but where they stand."""
    return frame.drop(columns=list(RECORD_COLUMNS)).duplicated()


def check_conflicting_copies(data: Data) -> Iterator[Problem]:
    """Two rows with one natural key that say different things; no rule chooses between them."""
    for name in STANDARD_TABLES:
        frame = data.table(name)
        if name in NOT_COMPARED or frame.empty:
            continue
        places = _conflicts(frame, name, data)
        if places.size:
            first = _first_lines(frame, key_columns(name), places)
            columns = [_differing(frame, name, place) for place in places]
            for column in dict.fromkeys(columns):
                own = [index for index, one in enumerate(columns) if one == column]
                yield Problem(name, [_says(first[index]) for index in own], places[own], column)


def _says(line: str) -> str:
    return f"same record as {line}, with another value: decide which one is right"


def _conflicts(frame: pd.DataFrame, name: str, data: Data) -> Positions:
    """Rows that share their key with an earlier row and are not its exact copy."""
    candidates = frame[~is_exact_copy(frame)]
    if name == "adverse_events":
        candidates = candidates[candidates["event"].notna()]
    if "parameter" in frame:
        known = {parameter.code for parameter in data.study.parameters}
        candidates = candidates[candidates["parameter"].isin(known)]
    keys = key_columns(name) if name != "adverse_events" else ["subject_id", "event"]
    return np.asarray(frame.index.get_indexer(candidates.index[candidates.duplicated(subset=keys)]), dtype=np.int64)


def _same_key(frame: pd.DataFrame, keys: list[str], place: int) -> "pd.Series[bool]":
    row = frame.iloc[place]
    return pd.concat([frame[key].eq(row[key]) | (frame[key].isna() & pd.isna(row[key])) for key in keys], axis=1).all(
        axis=1
    )


def _first_lines(frame: pd.DataFrame, keys: list[str], places: Positions) -> list[str]:
    """``line 12`` (with its file when that is another one) of the first row with the same key as each place."""
    codes = frame.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    first = pd.Series(np.arange(len(frame))).groupby(codes).first()
    result = []
    for place in places:
        origin = frame.iloc[int(first[codes[place]])]
        same = origin["file"] == frame["file"].iat[place]
        result.append(f"line {origin['line']}" + ("" if same else f" of {origin['file']}"))
    return result


def _differing(frame: pd.DataFrame, name: str, place: int) -> str:
    """The first column in which a row differs from the first row with its key."""
    keys = key_columns(name) if name != "adverse_events" else ["subject_id", "event"]
    first, row = frame[_same_key(frame, keys, place)].iloc[0], frame.iloc[place]
    for column in STANDARD_TABLES[name].columns:
        written = f"{column.name}_text" if column.kind == "date" else column.name
        one, other = first[written], row[written]
        if not (pd.isna(one) and pd.isna(other)) and one != other:
            return column.name
    return "(row)"


def _as_row(frame: pd.DataFrame, place: int) -> str:
    """The texts that name the record, and its result, in the order of the table."""
    row = frame.iloc[place]
    names = ["subject_id", "visit", "date_text", "time", "parameter", "result"] if "result" in frame else None
    used = names or [column for column in frame if column not in RECORD_COLUMNS and frame[column].dtype == object]
    return ",".join(str(row[name]) for name in used if row[name] is not None and row[name] == row[name])
