"""Column lists: the vocabulary in which every contract is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from hepatrial.errors import ContractError

Kind = Literal["id", "text", "code", "flag", "date", "time", "number", "result"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    ``kind``: ``id`` and ``text`` are text; ``code`` is one of ``codes``; ``flag`` is Y or N; ``date`` may be
    partial; ``time`` is HH:MM; ``number`` is a float; ``result`` is a laboratory or clinical result as written.
    """

    name: str
    kind: Kind
    description: str
    required: bool = False
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """A table: its columns and the natural key that names one record."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def check_columns(frame: pd.DataFrame, required: Iterable[str], where: str) -> None:
    """Raise ContractError naming the columns of ``required`` that ``frame`` lacks."""
    missing = [name for name in required if name not in frame.columns]
    if missing:
        raise ContractError(f"{where}: columns {missing} are missing; it has {list(frame.columns)}")
