"""Members of an ``any`` criterion that measure the same thing (``agree_on``) and disagree on a patient.

Prothrombin activity and INR are two readings of one sample's coagulation. One of them is enough for the criterion, but
when one meets it and the other does not, somebody should look at the source. A member that is not assessable disagrees
with nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from hepatrial.contracts import Exports, Remark
from hepatrial.derive.adlb import derive_results
from hepatrial.derive.adsl import derive_subjects
from hepatrial.derive.criteria import evaluate_criterion
from hepatrial.derive.outcomes import Tables, derive_facts
from hepatrial.derive.patients import Patient, gather_patients
from hepatrial.derive.verdicts import Verdict
from hepatrial.errors import DeriveError
from hepatrial.study.criteria import AllOf, AnyOf, Criterion, NotOf, ParameterTest, leaves
from hepatrial.study.models import Eligibility, Study

RULE, SEVERITY = "criterion-disagrees", "note"
MEASURED = ("labs", "clinical")
Places = Mapping[str, tuple[str, str]]


def find_disagreements(exports: Exports, study: Study) -> list[Remark]:
    """One remark a patient and eligibility criterion whose members disagree, at a record that does not meet it.

    Empty for ADaM input, which has no source records; and for data that cannot be derived: the report says why.
    """
    asked = [(item, node) for item in study.eligibility for node in _agreeing(item.criterion)]
    if not asked or exports.adam is not None:
        return []
    try:
        patients = _gather(exports, study, {code for _, node in asked for code in _parameters(node)})
    except DeriveError:
        return []
    places = _list_places(exports.tables)
    found = [_compare(item, node, patient, study, places) for patient in patients for item, node in asked]
    return [remark for remark in found if remark is not None]


def _agreeing(criterion: Criterion | None) -> Iterator[AnyOf]:
    """Every ``any`` group of the criterion whose members should agree."""
    if isinstance(criterion, AnyOf) and criterion.agree_on:
        yield criterion
    if isinstance(criterion, AllOf | AnyOf):
        for member in criterion.all if isinstance(criterion, AllOf) else criterion.any:
            yield from _agreeing(member)
    elif isinstance(criterion, NotOf):
        yield from _agreeing(criterion.not_)


def _parameters(node: AnyOf) -> set[str]:
    return {leaf.parameter for leaf in leaves(node) if isinstance(leaf, ParameterTest)}


def _gather(exports: Exports, study: Study, parameters: set[str]) -> list[Patient]:
    """The patients with the results of these parameters only."""
    own = {
        name: table[table["parameter"].isin(parameters)] for name, table in exports.tables.items() if name in MEASURED
    }
    tables = {**exports.tables, **own}
    facts, alive = derive_facts(tables, pd.Timestamp(exports.exported_on))
    subjects = derive_subjects(tables, facts, alive, study)
    return gather_patients(tables, subjects, facts, derive_results(tables, subjects, study), study)


def _compare(item: Eligibility, node: AnyOf, patient: Patient, study: Study, places: Places) -> Remark | None:
    verdicts = [evaluate_criterion(member, patient, study) for member in node.any]
    met = [verdict for verdict in verdicts if verdict.answer == "met"]
    not_met = [verdict for verdict in verdicts if verdict.answer == "not met"]
    if not met or not not_met:
        return None
    record = next(record for verdict in [*not_met, *met] for record in verdict.records)
    message = (
        f"{item.id}: {node.agree_on} is read two ways, {_cite(met, places)} meets the criterion and "
        f"{_cite(not_met, places)} does not: look at both in the source; one is enough, so the criterion counts as met"
    )
    return Remark(RULE, SEVERITY, places[record][0], record, "result", message)


def _cite(verdicts: Sequence[Verdict], places: Places) -> str:
    """The values with the places of their records."""
    shown = [(verdict.values, [places[record][1] for record in verdict.records[:1]]) for verdict in verdicts]
    return ", ".join(f"{values} ({place[0]})" if place else values for values, place in shown)


def _list_places(tables: Tables) -> Places:
    """Table and place in the files, in words, of each measured record."""
    return {
        record: (name, f"{file}{f', sheet {sheet}' if sheet else ''}, line {line}")
        for name in MEASURED
        for record, file, sheet, line in zip(
            *(tables[name][column] for column in ("record_id", "file", "sheet", "line")), strict=True
        )
    }
