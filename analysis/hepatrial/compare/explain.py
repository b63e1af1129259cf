"""Why a number differs between two reports.

It is explained by the first of these that applies:

``records``      a record behind it is new, gone, changed, or picked by its conditions in one report alone
``patients``     the same of a record of its group's patients (denominators; numbers without records, such as tests)
``cut``          the records are the same and the day of the data moved (a patient passed the fixed day)
``study``        the study file changed where the number depends on it
``software``     a version changed
``unexplained``  none of these: do not use the number before it is understood

A change of the study file on which the number rests is named beside records, where both apply.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from hepatrial.compare.reading import FinishedReport

ELSEWHERE = ("identity", "outputs", "endpoints", "unblinded_on", "findings_limit")
"""Parts of a study file on which no number rests; a number of an analysis rests on that part of ``analyses`` alone."""
WORDING = (
    "label", "label_local", "title", "description", "confirm", "confirm_note", "footnotes", "text", "note", "decimals",
    "planned_n", "allocation", "masking", "masked",
)  # fmt: skip
"""Keys that no number rests on, wherever they stand."""
SCREENING = ("screened", "screen failed", "excluded")
SHOWN = 8
"""Records named in a sentence; the table has them all."""
OTHER_RULE = "_other_rule"
"""End of the id of an analysis that was repeated by the other rule of the data cut."""
ONE: Mapping[str, str] = {
    "subjects": "entry", "screening": "screening", "eligibility": "criterion", "treatments": "treatment",
    "labs": "laboratory", "clinical": "clinical", "vital_status": "vital status", "outcomes": "outcome",
    "adverse_events": "event", "device_deficiencies": "device deficiency", "specimens": "specimen",
    "deviations": "deviation", "medications": "medication",
}  # fmt: skip
"""What one record of a table is called."""
Effect = tuple[str, str]
"""A record and what it did: new, gone, changed, now counted, no longer counted."""


class Explainer:
    """Two reports and what differs in their records; explains one result after the other."""

    def __init__(
        self,
        before: FinishedReport,
        after: FinishedReport,
        records: pd.DataFrame,
        study: pd.DataFrame,
        software: pd.DataFrame,
    ) -> None:
        self.before, self.after, self.study, self.software = before, after, study, software
        self.changes: Mapping[str, str] = dict(zip(records["record_id"], records["change"], strict=True))
        self.details: Mapping[str, str] = dict(zip(records["record_id"], records["detail"], strict=True))
        self.screening = {name for name, table in zip(records["record_id"], records["table"], strict=True)
                          if table == "screening"}  # fmt: skip

    def explain(self, changes: pd.DataFrame) -> pd.DataFrame:
        """``changes`` with records_new, records_gone, records_changed, cause and because."""
        found = [self._explain_one(row) for row in changes.to_dict("records")]
        names = ["records_new", "records_gone", "records_changed", "cause", "because"]
        return changes.assign(**{name: [one[name] for one in found] for name in names})

    def _explain_one(self, row: Mapping[Any, Any]) -> dict[str, str]:
        own = self._effects(self.before.behind(row["result_id"]), self.after.behind(row["result_id"]))
        effects, cause = own, "records"
        if not own:
            effects, cause = self._of_patients(row), "patients"
        keys = self._study_keys(row["analysis_id"])
        reasons = [self._in_words(effects, cause)] if effects else []
        reasons += [f"study file: {', '.join(keys)}"] if keys else []
        if not reasons:
            cause, reason = self._other_reason()
            reasons = [reason]
        elif not effects:
            cause = "study"
        ids = {name: ";".join(record for record, what in effects if what in kinds) for name, kinds in _LISTS.items()}
        return ids | {"cause": cause, "because": "; ".join(reasons)}

    def _effects(self, old: frozenset[str], new: frozenset[str]) -> list[Effect]:
        """What each record behind a number did; an unchanged record behind it in both reports did nothing."""
        found = [(record, self.changes.get(record, "now counted")) for record in new - old]
        found += [(record, self.changes.get(record, "no longer counted")) for record in old - new]
        found += [(record, "changed") for record in old & new if self.changes.get(record) == "changed"]
        return sorted(found, key=lambda effect: (self._rank(effect), self._place(effect[0])))

    def _rank(self, effect: Effect) -> tuple[bool, bool]:
        """What the site sent or changed before what is merely counted now; patients who entered first of all."""
        return effect[1] not in ("new", "gone", "changed"), self._table(effect[0]) != "subjects"

    def _of_patients(self, row: Mapping[Any, Any]) -> list[Effect]:
        """Of the group's patients: who they are, then any of their records; of people screened, their rows."""
        if row["variable"] in SCREENING:
            return [(record, self.changes[record]) for record in sorted(self.screening, key=self._place)]
        key = row["analysis_id"], row["group"] or "all"
        members = [self._members(report, key) for report in (self.before, self.after)]
        found = self._effects(*members)
        entered = [effect for effect in found if self._table(effect[0]) == "subjects"]
        if entered or found:
            return entered or found
        subjects = {self._record(record)["USUBJID"] for record in members[0] | members[1] if record in self._known}
        return [
            (record, what) for record, what in sorted(self.changes.items(), key=lambda pair: self._place(pair[0]))
            if self._record(record)["USUBJID"] in subjects
        ]  # fmt: skip

    @staticmethod
    def _members(report: FinishedReport, key: tuple[str, str]) -> frozenset[str]:
        """Records of the patients of a group; of a number across groups, of all groups of its analysis."""
        if key in report.patients_of:
            return report.patients_of[key]
        groups = [records for (analysis, _), records in report.patients_of.items() if analysis == key[0]]
        return frozenset().union(*groups)

    def _study_keys(self, analysis: str) -> list[str]:
        """Keys of the study file that changed and on which a number of this analysis rests."""
        return [key for key in self.study["key"] if _rests_on(str(key), analysis)]

    def _other_reason(self) -> tuple[str, str]:
        if self.before.as_of != self.after.as_of:
            moved = f"the day of the data moved from {self.before.as_of} to {self.after.as_of}"
            return "cut", f"no record behind it changed; {moved}"
        if len(self.software):
            return "software", f"software: {', '.join(self.software['key'])}"
        return "unexplained", "UNEXPLAINED: no record, study key or version changed; find out before using it"

    def _in_words(self, effects: list[Effect], cause: str) -> str:
        named = [self._describe(*effect) for effect in effects[:SHOWN]]
        more = [f"and {len(effects) - SHOWN} more records"] if len(effects) > SHOWN else []
        start = "of its patients: " if cause == "patients" else ""
        return start + "; ".join([*named, *more])

    def _describe(self, record: str, what: str) -> str:
        if record not in self._known:
            return f"record {record} {what}"
        row = self._record(record)
        detail = f": {self.details[record]}" if what == "changed" else ""
        return f"{describe_record(row['USUBJID'], row['table'], row['label'])} {what}{detail}"

    def _place(self, record: str) -> tuple[str, ...]:
        row = self._known.get(record)
        return (row["USUBJID"], row["table"], row["label"], record) if row else ("", "", "", record)

    def _table(self, record: str) -> str:
        return str(self._known[record]["table"]) if record in self._known else ""

    def _record(self, record: str) -> Mapping[str, str]:
        return self._known[record]

    @cached_property
    def _known(self) -> dict[str, Mapping[str, str]]:
        """Table, subject and label of every record of either report."""
        columns = ["table", "USUBJID", "label"]
        both = pd.concat([self.before.records[columns], self.after.records[columns]])
        both = both[~both.index.duplicated(keep="last")]
        return {str(name): row for name, row in zip(both.index, both.to_dict("records"), strict=True)}


_LISTS: Mapping[str, tuple[str, ...]] = {
    "records_new": ("new", "now counted"),
    "records_gone": ("gone", "no longer counted"),
    "records_changed": ("changed",),
}


def describe_record(subject: str, table: str, label: str) -> str:
    """``subject 017, event 3``."""
    what = f"{ONE[table]} {label}".strip()
    return f"subject {subject}, {what}" if subject else what


def _rests_on(key: str, analysis: str) -> bool:
    head, _, rest = key.partition(".")
    if key.rpartition(".")[2] in WORDING:
        return False
    if head == "analyses":
        return rest.partition(".")[0] == analysis.removesuffix(OTHER_RULE)
    return head not in ELSEWHERE


def list_links(results: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Result, record and list (new, gone, changed) of every record behind a changed result."""
    for row in results.to_dict("records"):
        for name in _LISTS:
            yield from _split(row["result_id"], row[name], name.removeprefix("records_"))


def _split(result: str, records: str, name: str) -> Iterable[tuple[str, str, str]]:
    return ((result, record, name) for record in records.split(";") if record)
