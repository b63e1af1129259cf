"""Looking into a study or data file as it was read, whatever is wrong with it elsewhere."""

from collections.abc import Iterable, Iterator
from typing import Any

Raw = dict[str, Any]

BASELINE_COLUMNS = ("AGE", "SEX", "AETIOL", "STAGE", "STRATUM", "SITEID")
"""Columns of ADSL that every study has and an analysis may name."""


def list_items(raw: Raw, key: str) -> list[Raw]:
    """The tables of a list of tables; nothing where the file has something else there."""
    found = raw.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def list_names(raw: Raw, key: str, field: str = "code") -> list[str]:
    """The codes (or another field) of a list of tables."""
    return [str(item[field]) for item in list_items(raw, key) if field in item]


def list_texts(value: Any) -> list[str]:
    """The texts of a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def list_unknown(where: str, used: Iterable[str], known: Iterable[str], what: str) -> Iterator[str]:
    """A fault for each name that is not defined, with those that are."""
    allowed = sorted(set(known))
    for name in used:
        if name not in allowed:
            yield f"{where}: {name!r} is not {what}; defined are {', '.join(allowed) or 'none'}"


def list_columns(raw: Raw) -> list[str]:
    """Columns of ADSL that an analysis may name."""
    return [*BASELINE_COLUMNS, *list_names(raw, "subject_variables")]
