"""What changed between two reports, and why: each changed number with the records, the cut or the study file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hepatrial.compare.explain import Explainer, describe_record, list_links
from hepatrial.compare.reading import read_finished
from hepatrial.compare.records import compare_records
from hepatrial.contracts import RESULT_KEYS
from hepatrial.results import compare_results

_SHOWN_COLUMNS = ["result_id", "change", *RESULT_KEYS, "old_value", "new_value", "old_status", "new_status", "cause",
                  "because"]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Comparison:
    """The changes between two reports, one frame each.

    ``results``: the rows of ``compare_results`` with records_new, records_gone, records_changed (ids joined by ";"),
    ``cause`` and ``because``. ``records``: record_id, table, USUBJID, label, change (new, gone, changed), detail,
    is_late. ``study`` and ``software``: key, old, new. ``decisions``: change, and the columns of decisions.csv.
    """

    old_as_of: str
    new_as_of: str
    results: pd.DataFrame
    records: pd.DataFrame
    study: pd.DataFrame
    decisions: pd.DataFrame
    software: pd.DataFrame
    banners: tuple[str, ...] = ()

    @property
    def late(self) -> pd.DataFrame:
        """Changes to what was already known, or should have been, at the earlier report."""
        return self.records[self.records["is_late"]]

    def as_tables(self) -> dict[str, pd.DataFrame]:
        """The frames by the heading under which they are shown, those of what was already known first."""
        return {
            "study file": self.study,
            "decisions": self.decisions,
            "software": self.software,
            "late changes": self.late.drop(columns="is_late"),
            "results": self.results[_SHOWN_COLUMNS],
            "records": self.records,
            "records of results": pd.DataFrame(list_links(self.results), columns=["result_id", "record_id", "change"]),
        }

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all differs."""
        frames = (self.results, self.records, self.study, self.decisions, self.software)
        return all(frame.empty for frame in frames)


def compare_reports(old: Path, new: Path) -> Comparison:
    """What changed between two reports, and which records did it.

    Parameters
    ----------
    old, new : Path
        Folders of two reports of one study, plain, open or closed.

    Raises
    ------
    ReportError
        When a folder holds no report, or one that an older version wrote without its records.
    """
    before, after = read_finished(old), read_finished(new)
    records = compare_records(before, after)
    study = _compare_study(before.study, after.study)
    software = _compare_texts(before.software, after.software)
    explainer = Explainer(before, after, records, study, software)
    return Comparison(
        old_as_of=before.as_of,
        new_as_of=after.as_of,
        results=explainer.explain(compare_results(before.results, after.results)),
        records=records,
        study=study,
        decisions=_compare_decisions(before.decisions, after.decisions),
        software=software,
        banners=tuple(dict.fromkeys([*before.banners, *after.banners])),
    )


def _compare_texts(old: Mapping[str, str], new: Mapping[str, str]) -> pd.DataFrame:
    keys = sorted(key for key in {*old, *new} if old.get(key, "") != new.get(key, ""))
    rows = [{"key": key, "old": old.get(key, ""), "new": new.get(key, "")} for key in keys]
    return pd.DataFrame(rows, columns=["key", "old", "new"])


def _compare_study(old: Mapping[str, str], new: Mapping[str, str]) -> pd.DataFrame:
    found = _compare_texts(old, new)
    is_map = found["key"] == "data.toml"
    return found.assign(old=found["old"].mask(is_map, "(hash)"), new=found["new"].mask(is_map, "(another hash)"))


def _compare_decisions(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    rows = [tuple(row) for row in old.itertuples(index=False)], [tuple(row) for row in new.itertuples(index=False)]
    gone = [("gone", *row) for row in rows[0] if row not in rows[1]]
    added = [("new", *row) for row in rows[1] if row not in rows[0]]
    return pd.DataFrame([*gone, *added], columns=["change", *new.columns])


def describe_comparison(found: Comparison) -> Iterator[str]:
    """The comparison as lines of text: study file, decisions and software first, late changes apart, then numbers."""
    yield from found.banners
    if found.old_as_of != found.new_as_of:
        yield f"data as of: {found.old_as_of} → {found.new_as_of}"
    for name, frame in (("study file", found.study), ("software", found.software)):
        yield from (f"{name}: {row.key}: {row.old or 'absent'} → {row.new or 'absent'}" for row in frame.itertuples())
    for row in found.decisions.to_dict("records"):
        yield f"decision {row['change']}: {row['action']} {row['id']} ({row['who']}, {row['date']}): {row['reason']}"
    for row in found.late.itertuples():
        yield f"late, before {found.old_as_of}: {describe_record(row.USUBJID, row.table, row.label)} {row.change}" + (
            f": {row.detail}" if row.detail else ""
        )
    yield from (describe_change(row) for row in found.results.to_dict("records"))


def describe_change(row: Mapping[Any, Any]) -> str:
    """A changed result as one line, with its explanation."""
    keys = ", ".join(str(row[key]) for key in RESULT_KEYS if str(row[key]) not in ("", "nan"))
    old, new = (_number(row[name]) for name in ("old_value", "new_value"))
    status = f" ({row['old_status']} → {row['new_status']})" if row["old_status"] != row["new_status"] else ""
    return f"{row['change']}: {keys}: {old} → {new}{status if row['change'] == 'changed' else ''}: {row['because']}"


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.6g}"
