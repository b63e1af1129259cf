"""Decisions of a named person, applied to the typed tables; and findings followed from one export to the next.

A decision names a finding or a record; ``leave out`` names a subject, and in ``column`` the population to leave.
``adjudicate`` is a correction by a committee: what it judged goes in place of what was recorded. A decision is stale,
and not applied, when the finding is no longer made, the record is gone, or its column no longer says what the person
saw. An exact copy of a row counts once, without a decision.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from hepatrial.check.correction import correct_cell
from hepatrial.check.exports import check_exports
from hepatrial.check.keys import is_exact_copy
from hepatrial.check.problem import column_names
from hepatrial.contracts import DECISION_COLUMNS, EXCLUSION_COLUMNS, FINDING_COLUMNS, Exports, Findings, Remark
from hepatrial.errors import ContractError
from hepatrial.study import DataMap, Study

Remarker = Callable[[Exports, Study], Iterable[Remark]]


def no_remarks(_: Exports, __: Study) -> Iterable[Remark]:
    """Where nothing is derived."""
    return ()


@dataclass(frozen=True, eq=False)
class Decided:
    """Exports after the decisions, their findings, and each decision with its ``status`` and ``note``."""

    exports: Exports
    findings: Findings
    decisions: pd.DataFrame


def apply_decisions(exports: Exports, findings: Findings, decisions: pd.DataFrame | None, study: Study,
                    data_map: DataMap, *, remark: Remarker = no_remarks) -> Decided:  # fmt: skip
    """Apply decisions, count exact copies once, and check what remains.

    Parameters
    ----------
    exports, findings
        As loaded and as checked (``check_exports``).
    decisions : DataFrame or None
        Columns DECISION_COLUMNS, as ``hepatrial.load.read_decisions`` gives them.
    remark : callable
        What only a derivation can see in exports and study, for the check of what remains.

    Returns
    -------
    Decided
        Findings that a decision answers have the status ``accepted``; those of an excluded record too. ``decisions``
        has ``status`` applied, stale (what it was about has changed) or refused (it cannot be applied), and why.

    Raises
    ------
    ContractError
        A decision that would change ADaM input.
    """
    given = pd.DataFrame(columns=list(DECISION_COLUMNS)) if decisions is None else decisions
    if exports.adam is not None:
        _refuse_changes(given)
    state = _State(dict(exports.tables), findings.frame, study, data_map)
    outcomes = [_apply(row, state) for row in given.to_dict("records")]
    done = given.assign(status=[status for status, _ in outcomes], note=[note for _, note in outcomes])
    tables = {name: frame[~is_exact_copy(frame, name)].reset_index(drop=True) for name, frame in state.tables.items()}
    exclusions = pd.DataFrame(state.exclusions, columns=list(EXCLUSION_COLUMNS))
    decided = replace(exports, tables=tables, exclusions=exclusions)
    remaining = (
        findings.frame.to_dict("records")
        if _is_unchanged(exports, decided)
        else _check_again(decided, findings, study, data_map, remark)
    )
    of_load = set(exports.findings.frame["finding_id"])
    rows = [row | _answer(row, state.answered, row["finding_id"] in of_load) for row in remaining]
    return Decided(decided, Findings.from_rows(rows), done)


def _is_unchanged(exports: Exports, decided: Exports) -> bool:
    """Whether the data are those that were checked: no record corrected or left out, no patient left out."""
    return decided.exclusions.empty and all(
        frame.equals(decided.tables[name]) for name, frame in exports.tables.items()
    )


def _check_again(
    decided: Exports, findings: Findings, study: Study, data_map: DataMap, remark: Remarker
) -> list[dict[Any, Any]]:
    """Findings of what is left, and the copies that were left out of it."""
    copies = findings.frame[findings.frame["rule"] == "record-copied"].to_dict("records")
    return [*check_exports(decided, study, data_map, remark(decided, study)).frame.to_dict("records"), *copies]


def _refuse_changes(given: pd.DataFrame) -> None:
    changes = given[given["action"] != "accept"]
    if len(changes):
        named = ", ".join(f"{row.action} {row.id}" for row in changes.itertuples())
        raise ContractError(
            f"decisions.csv: {named}: ADaM input is taken as it was derived, and no decision changes it; have it made "
            "where the datasets are derived, and remove it here (accept works)"
        )


@dataclass(frozen=True, eq=False)
class _State:
    """The tables as decided so far, and what is answered: finding ids, records, cells (record and file column)."""

    tables: dict[str, pd.DataFrame]
    findings: pd.DataFrame
    study: Study
    data_map: DataMap
    answered: set[tuple[str, ...]] = field(default_factory=set)
    exclusions: list[tuple[str, str, str]] = field(default_factory=list)


def _answer(row: Mapping[Any, Any], answered: set[tuple[str, ...]], is_of_load: bool) -> dict[str, str]:
    """``accepted`` for a finding that was decided on; what load found at a cell or record goes with that record."""
    keys: set[tuple[str, ...]] = {("finding", row["finding_id"]), ("accept", row["record_id"])}
    if is_of_load:
        keys |= {("record", row["record_id"]), ("cell", row["record_id"], row["column"])}
    return {} if answered.isdisjoint(keys) else {"status": "accepted"}


def _apply(row: Mapping[Any, Any], state: _State) -> tuple[str, str]:
    """Apply one decision to the tables; its status and why."""
    if row["action"] == "leave out":
        return _leave_out(row, state)
    found = state.findings[state.findings["finding_id"] == row["id"]]
    record = row["id"] if found.empty else str(found["record_id"].iat[0])
    place = _find_record(state.tables, record)
    if found.empty and place is None:
        return "stale", "neither a finding nor a record has this id any more"
    if place is not None and _has_changed(state.tables[place[0]], place[1], row):
        return "stale", f"{row['column']} no longer says {row['seen']!r}"
    if row["action"] == "accept":
        state.answered.add(("accept" if found.empty else "finding", row["id"]))
        return "applied", ""
    if place is None:
        return "refused", "the finding is about a file, not about one record: it can only be accepted"
    if row["action"] == "exclude":
        state.answered.add(("record", record))
        state.tables[place[0]] = state.tables[place[0]].drop(index=place[1])
        return "applied", f"left out of {place[0]}"
    return _correct(row, place, state)


def _leave_out(row: Mapping[Any, Any], state: _State) -> tuple[str, str]:
    """A subject out of a population; the ledger then has the reason of the decision."""
    codes = [population.code for population in state.study.populations]
    if not (state.tables["subjects"]["subject_id"] == row["id"]).any():
        return "stale", "no subject has this identifier"
    if row["column"] not in codes:
        return "refused", f"{row['column']!r} is not a population of the study: {', '.join(codes)}"
    state.exclusions.append((row["id"], row["column"], row["reason"]))
    return "applied", f"left out of {row['column']}"


def _correct(row: Mapping[Any, Any], place: tuple[str, Any], state: _State) -> tuple[str, str]:
    table, label = place
    before = state.tables[table].loc[[label]]
    try:
        state.tables[table] = correct_cell(state.tables[table], table, label, row["column"], row["value"], state.study)
    except ContractError as error:
        return "refused", str(error)
    written = column_names(before, table, row["column"], state.data_map.sources)[0]
    state.answered.update({("finding", row["id"]), ("cell", str(before["record_id"].iat[0]), written)})
    verb = "adjudicated as" if row["action"] == "adjudicate" else "read as"
    return "applied", f"{row['column']} of {table}: {row['seen']!r} {verb} {row['value']!r}"


def _find_record(tables: Mapping[str, pd.DataFrame], record: str) -> tuple[str, Any] | None:
    """Table and index label of a record."""
    for name, frame in tables.items():
        labels = list(frame.index[frame["record_id"] == record]) if record else []
        if labels:
            return name, labels[0]
    return None


def _has_changed(frame: pd.DataFrame, label: Any, row: Mapping[Any, Any]) -> bool:
    """Whether the column no longer says what the person saw; a decision that names no column cannot tell."""
    name = f"{row['column']}_text" if f"{row['column']}_text" in frame else row["column"]
    if not row["column"] or name not in frame:
        return False
    now = frame.loc[label, name]
    text = "" if now is None or now != now else (f"{now:g}" if isinstance(now, float) else str(now))
    return bool(text != row["seen"])


def compare_findings(findings: Findings, previous: pd.DataFrame | None) -> Findings:
    """Findings with their status against an earlier export: ``new``, ``open`` (seen before) or ``resolved``.

    ``previous`` has FINDING_COLUMNS (``hepatrial.load.read_findings``). What was decided stays ``accepted``; a finding
    of ``previous`` that is no longer made is added as ``resolved``, once.
    """
    if previous is None or previous.empty:
        return findings
    frame = findings.frame.copy()
    known = set(previous["finding_id"])
    is_open = frame["finding_id"].isin(known) & frame["status"].eq("new")
    frame.loc[is_open, "status"] = "open"
    gone = previous[~previous["finding_id"].isin(frame["finding_id"]) & previous["status"].ne("resolved")]
    gone = gone.assign(status="resolved", line=pd.to_numeric(gone["line"]).astype("int64"))
    rows = [*frame.to_dict("records"), *gone.loc[:, list(FINDING_COLUMNS)].to_dict("records")]
    return Findings.from_rows(rows)
