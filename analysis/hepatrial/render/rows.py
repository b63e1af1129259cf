"""Result rows by their keys: how a template asks for a number, and gets it as a part that names its row."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from hepatrial.contracts import Results
from hepatrial.render.objects import Part

_KEYS = (
    "analysis_id", "measure", "stat", "group", "variable", "level", "visit", "time_days", "by_variable", "by_level",
    "comparator", "subgroup", "subgroup_level",
)  # fmt: skip
_DEFAULTS: dict[str, object] = dict.fromkeys(_KEYS, "") | {"group": "all", "time_days": None}


@dataclass(frozen=True)
class ResultRow:
    """What a part needs of a result row."""

    result_id: str
    value: float
    status: str
    message: str
    unit: str
    source_id: str


class RowIndex:
    """Results by key. Built once a report; every look-up is one dictionary access.

    Of a shell, every number is there and is a place-holder.
    """

    def __init__(self, results: Results, *, is_shell: bool = False) -> None:
        self.frame = results.frame
        self._is_shell = is_shell
        names = ("result_id", "value", "status", "message", "unit", "source_id")
        rows = [ResultRow(*row) for row in zip(*(self.frame[name].tolist() for name in names), strict=True)]
        keys = zip(*(self.frame[name].tolist() for name in _KEYS), strict=True)
        self._rows = {tuple(map(_plain, key)): row for key, row in zip(keys, rows, strict=True)}
        self._by_id = {row.result_id: row for row in rows}
        self._datasets = dict(zip(results.sources["source_id"], results.sources["dataset"], strict=True))
        self._by_analysis = dict(tuple(self.frame.groupby("analysis_id", sort=False)))

    def find(self, **keys: object) -> ResultRow | None:
        """The row with these keys, or None; a key not given is empty, and the group ``all``."""
        if self._is_shell:
            return ResultRow("", 1.0, "ok", "", "", "")
        return self._rows.get(tuple(_plain((_DEFAULTS | keys)[name]) for name in _KEYS))

    def part(self, spec: str, **keys: object) -> Part:
        """The number with these keys in the format ``spec``; an en dash without an id when there is no such row."""
        if self._is_shell:
            return Part(placeholder(spec))
        row = self.find(**keys)
        return Part(None) if row is None else Part(row.value, spec, result_id=row.result_id, status=row.status)

    def by_id(self, result_id: str) -> ResultRow:
        """The row with this id."""
        return self._by_id[result_id]

    def select(self, analysis_id: str, **keys: object) -> pd.DataFrame:
        """The rows of one analysis with these keys, in the order of the results table."""
        frame = self._by_analysis.get(analysis_id, self.frame.iloc[:0])
        for name, value in keys.items():
            frame = frame[frame[name].isin(value) if isinstance(value, tuple) else frame[name] == value]
        return frame

    def datasets(self, result_ids: Iterable[str]) -> tuple[str, ...]:
        """Names of the datasets behind these results, in alphabetical order."""
        sources = {self._by_id[result_id].source_id for result_id in result_ids}
        return tuple(sorted({self._datasets[source] for source in sources if source in self._datasets}))


def placeholder(spec: str) -> str:
    """``xx.x`` for ``fixed1``: where a number of this format will stand."""
    kind, decimals = spec.rstrip("0123456789"), len(spec) - len(spec.rstrip("0123456789"))
    if kind in ("text", "pad"):
        return "xxxx"
    if kind == "p":
        return "0.xxxx"
    digits = int(spec[-decimals:]) if decimals and kind != "significant" else 0
    return f"xx.{'x' * digits}" if digits else "xx"


def _plain(part: object) -> object:
    return None if isinstance(part, float) and math.isnan(part) else part
