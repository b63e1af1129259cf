"""Records of two reports: which are new, gone or changed, and which of them change what was known before."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from hepatrial.compare.reading import FinishedReport
from hepatrial.derive import ENDS, OF_AN_END

DEATH_AFTER_CUT = ("", "5")
"""Grade of an event that became fatal after the earlier cut, which could not know it."""


def compare_records(before: FinishedReport, after: FinishedReport) -> pd.DataFrame:
    """Records that are new, gone or changed, with what changed, and whether that was known or due before."""
    old, new = before.records, after.records
    both = old.index.intersection(new.index)
    changed = both[(old.loc[both, "content"] != new.loc[both, "content"]).to_numpy()]
    subjects, day = {"", *old["USUBJID"]}, before.as_of
    rows = [_record_row(name, "new", new.loc[name], "", _was_due(new.loc[name], day, subjects))
            for name in new.index.difference(old.index)]  # fmt: skip
    rows += [_record_row(name, "gone", old.loc[name], "", str(old.at[name, "date"]) <= day)
             for name in old.index.difference(new.index)]  # fmt: skip
    for name in changed:
        difference = _differ(old.at[name, "content"], new.at[name, "content"])
        is_late = _is_late_change(new.loc[name], difference, day)
        rows.append(_record_row(name, "changed", new.loc[name], _describe_difference(difference), is_late))
    columns = ["record_id", "table", "USUBJID", "label", "change", "detail", "is_late"]
    frame = pd.DataFrame(rows, columns=columns).astype({"is_late": bool})
    return frame.sort_values(["table", "USUBJID", "label", "record_id"], kind="stable", ignore_index=True)


def _record_row(name: object, change: str, record: Any, detail: str, is_late: bool) -> dict[str, object]:
    place = {column: record[column] for column in ("table", "USUBJID", "label")}
    return {"record_id": name, **place, "change": change, "detail": detail, "is_late": is_late}


def _was_due(record: Any, day: str, subjects: set[str]) -> bool:
    """Dated on the day of the earlier report or before, of a subject that it knew; without a date nobody can tell."""
    return bool(record["date"]) and str(record["date"]) <= day and record["USUBJID"] in subjects


def _differ(old: str, new: str) -> dict[str, tuple[str, str]]:
    """Column = (before, after) of two contents."""
    before, after = json.loads(old), json.loads(new)
    names = [*before, *(name for name in after if name not in before)]
    pairs = {name: (before.get(name, ""), after.get(name, "")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _describe_difference(difference: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{name} {old or 'empty'} → {new or 'empty'}" for name, (old, new) in difference.items())


def _is_late_change(record: Any, difference: Mapping[str, object], day: str) -> bool:
    """An end after the earlier report is news, not a correction; any other change is one of what was known."""
    of_the_end = {*ENDS.get(record["table"], ()), *OF_AN_END.get(record["table"], ()), "ongoing"}
    if difference.get("grade") == DEATH_AFTER_CUT:
        of_the_end.add("grade")
    return not (set(difference) <= of_the_end and (str(record["end"]) > day or "grade" in of_the_end))
