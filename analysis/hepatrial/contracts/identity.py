"""Identities: a record, a finding and a result keep their id for as long as they are the same thing.

``record_id`` = hash of (table, natural key, occurrence), so the same record in the next export keeps it.
``result_id`` = hash of the result's keys. Ids are the first 16 hex digits of a SHA-256: for a million records
the chance of any collision is about 3e-8, and the validators refuse one.
"""

import hashlib
from collections.abc import Iterable, Sequence

import pandas as pd

SEPARATOR = "\x1f"


def compute_id(parts: Iterable[object]) -> str:
    """Hash of the parts' text; a missing part is the empty text."""
    text = SEPARATOR.join("" if part is None or part != part else str(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def compute_record_ids(table: str, frame: pd.DataFrame, key: Sequence[str]) -> pd.Series:
    """One id a row from the table's natural key; the n-th row with the same key has occurrence n."""
    parts = [frame[name].astype("object").where(frame[name].notna(), "").astype(str) for name in key]
    joined = parts[0].str.cat(parts[1:], sep=SEPARATOR) if len(parts) > 1 else parts[0]
    occurrence = joined.groupby(joined, sort=False).cumcount().astype(str)
    prefix = table + SEPARATOR
    ids = [
        hashlib.sha256((prefix + text + SEPARATOR + count).encode("utf-8")).hexdigest()[:16]
        for text, count in zip(joined, occurrence, strict=True)
    ]
    return pd.Series(ids, index=frame.index, dtype="object")


def compute_finding_id(rule: str, record_id: str, file: str, column: str, raw: str) -> str:
    """The same complaint about the same record and value keeps its id from one export to the next."""
    return compute_id(("finding", rule, record_id or file, column, raw))


def compute_result_ids(frame: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """One id a row from the result's keys; a time is written in its shortest exact form."""
    rows = frame.loc[:, list(keys)].itertuples(index=False, name=None)
    return pd.Series([compute_id(map(_key_text, row)) for row in rows], index=frame.index, dtype="object")


def _key_text(part: object) -> str:
    if isinstance(part, float):
        return "" if part != part else repr(part)
    return "" if part is None else str(part)
