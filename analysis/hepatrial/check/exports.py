"""check_exports: every rule over the typed tables, with what load found, as one table of findings."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from hepatrial.check.adam import check_adam
from hepatrial.check.dates import (
    check_after_death,
    check_before_birth,
    check_follow_up_before_enrolment,
    check_future,
    check_ongoing,
    check_outcome_dated,
    check_span,
    check_subject_order,
    check_treated_before_consent,
)
from hepatrial.check.endpoints import (
    check_baseline,
    check_deaths_agree,
    check_origin,
    check_parameters_present,
    check_tables_present,
    check_vital_status,
)
from hepatrial.check.keys import (
    check_conflicting_copies,
    check_exact_copies,
    check_subject_known,
    check_subject_spelling,
    check_subjects_present,
)
from hepatrial.check.problem import Check, Data, Problem, findings_of
from hepatrial.check.unit_doubt import check_unit_doubt
from hepatrial.check.values import check_age, check_arms, check_grades, check_implausible, check_impossible
from hepatrial.contracts import Exports, Findings, Remark
from hepatrial.study import DataMap, Study

CHECKS: Final = (
    Check("subjects-absent", "fatal", check_subjects_present),
    Check("table-absent", "error", check_tables_present),
    Check("parameter-absent", "warning", check_parameters_present),
    Check("subject-unknown", "error", check_subject_known),
    Check("subject-spelling", "warning", check_subject_spelling),
    Check("record-copied", "warning", check_exact_copies),
    Check("record-conflict", "error", check_conflicting_copies),
    Check("arm-mismatch", "error", check_arms),
    Check("date-future", "error", check_future),
    Check("date-order", "error", check_subject_order),
    Check("treated-before-consent", "error", check_treated_before_consent),
    Check("end-before-start", "error", check_span),
    Check("follow-up-before-entry", "error", check_follow_up_before_enrolment),
    Check("date-before-birth", "error", check_before_birth),
    Check("date-after-death", "error", check_after_death),
    Check("outcome-undated", "error", check_outcome_dated),
    Check("event-ongoing-ended", "warning", check_ongoing),
    Check("death-disagrees", "error", check_deaths_agree),
    Check("origin-missing", "warning", check_origin),
    Check("baseline-missing", "note", check_baseline),
    Check("vital-status", "warning", check_vital_status),
    Check("value-impossible", "error", check_impossible),
    Check("value-unusual", "warning", check_implausible),
    Check("value-unit-doubt", "warning", check_unit_doubt),
    Check("grade-unknown", "error", check_grades),
    Check("age-disagrees", "error", check_age),
)
"""Every rule, in the order in which a data manager would look."""


def check_exports(exports: Exports, study: Study, data_map: DataMap, remarks: Iterable[Remark] = ()) -> Findings:
    """Findings of load and of every rule, and the ``remarks`` of a derivation; never raises for bad data."""
    data = Data(exports, study, data_map)
    found = [] if exports.adam is None else list(check_adam(exports.adam, data_map))
    if data_map.sources:
        found += [row for check in CHECKS for row in findings_of(check, data)]
        found += [row for remark in remarks for row in findings_of(_as_check(remark), data)]
    said: set[tuple[object, ...]] = {
        (row["file"], row["line"], row["column"]) for row in found if row["rule"] == "outcome-undated"
    }
    before = exports.findings.frame.to_dict("records")
    kept = [row for row in before if not _is_said(row, said)]
    return Findings.from_rows([*kept, *_masked(found, before)])


def _as_check(remark: Remark) -> Check:
    def find(data: Data) -> Iterator[Problem]:
        places = np.flatnonzero(data.table(remark.table)["record_id"] == remark.record_id)
        yield Problem(remark.table, remark.message, places[:1], remark.column)

    return Check(remark.rule, remark.severity, find)


def _masked(found: list[dict[str, object]], before: list[dict[str, object]]) -> list[dict[str, object]]:
    """Findings without the texts of columns in which load saw what may identify a patient."""
    hidden = {(row["file"], row["column"]) for row in before if row["rule"] == "identifier"}
    hidden |= {(file, "(row)") for file, _ in hidden}
    return [
        row | {"raw": "*" * len(str(row["raw"]))} if (row["file"], row["column"]) in hidden else row for row in found
    ]


def _is_said(row: dict[str, object], said: set[tuple[object, ...]]) -> bool:
    """A missing date that a rule of its own reports needs no second finding."""
    return row["rule"] == "value-missing" and (row["file"], row["line"], row["column"]) in said
