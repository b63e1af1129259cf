"""Whom the trial enrols: candidates are drawn until enough of them meet the study's own criteria.

Only what is known at screening is judged, on the values before the first session. A criterion that the simulator
cannot judge (a named predicate about dates, a parameter without a prior) keeps nobody out.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hepatrial.derive.scores import compute_score
from hepatrial.simulate.priors import KNOWN, convert_value
from hepatrial.study import AllOf, AnyOf, ColumnTest, Criterion, Eligibility, NotOf, ParameterTest, PredicateTest

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
CHILD_B_MAXIMUM = 9


@dataclass(frozen=True)
class Entry:
    """What screening knows: columns of the subject, values before the first session, and their rise a day."""

    columns: Mapping[str, object]
    values: Mapping[str, float]
    rises: Mapping[str, float]


def is_met(criterion: Criterion, entry: Entry) -> bool | None:
    """Whether a criterion holds at entry; None where the simulator cannot judge it."""
    if isinstance(criterion, AllOf):
        members = [is_met(member, entry) for member in criterion.all]
        return False if False in members else None if None in members else True
    if isinstance(criterion, AnyOf):
        members = [is_met(member, entry) for member in criterion.any]
        return True if True in members else None if None in members else False
    if isinstance(criterion, NotOf):
        inner = is_met(criterion.not_, entry)
        return None if inner is None else not inner
    return _leaf_is_met(criterion, entry)


def find_failure(eligibility: tuple[Eligibility, ...], entry: Entry) -> str:
    """Wording of the first criterion that keeps the person out; empty when there is none."""
    for item in eligibility:
        met = None if item.criterion is None else is_met(item.criterion, entry)
        if met is not None and met != (item.kind == "inclusion"):
            return item.text
    return ""


def find_stratum(rule: str, entry: Entry) -> str:
    """Stratum of the randomisation as the subjects table writes it, by a scenario's rule; empty without one."""
    if rule == "stage":
        return str(entry.columns["stage"])
    if rule == "child":
        points = float(compute_score("CHILDPUG", entry.values, variant="C").value[0])
        return "Child A or B" if points <= CHILD_B_MAXIMUM else "Child C"
    if rule == "encephalopathy":
        return "encephalopathy" if entry.values["HEGRADE"] >= 1 else "no encephalopathy"
    return ""


def _leaf_is_met(leaf: ColumnTest | ParameterTest | PredicateTest, entry: Entry) -> bool | None:
    if isinstance(leaf, ColumnTest):
        return _compare(entry.columns.get(leaf.column), leaf)
    if isinstance(leaf, ParameterTest):
        is_at_entry = leaf.at in ("baseline", "BL")
        return _compare(_in_unit(entry.values.get(leaf.parameter), leaf), leaf) if is_at_entry else None
    if leaf.predicate == "raised":
        high = KNOWN[leaf.parameter].reference[1] if leaf.parameter in KNOWN else None
        return None if high is None else entry.values[leaf.parameter] > high
    if leaf.predicate == "rise per day":
        return _compare(_in_unit(entry.rises.get(leaf.parameter), leaf), leaf)
    if leaf.predicate == "within weeks of" and leaf.of == "onset_date":  # everybody comes soon after the onset
        return _compare(_in_unit(entry.values.get(leaf.parameter), leaf), leaf)
    return None


def _in_unit(seen: float | None, leaf: ParameterTest | PredicateTest) -> float | None:
    return None if seen is None else convert_value(leaf.parameter, seen, leaf.unit)


def _compare(seen: object, leaf: ColumnTest | ParameterTest | PredicateTest) -> bool | None:
    if leaf.op in ("missing", "not missing"):
        return (seen is None) == (leaf.op == "missing")
    if seen is None or seen != seen:  # a score whose input is missing is NaN
        return None
    if leaf.op in ("in", "not in") and not isinstance(leaf, PredicateTest):
        return (seen in leaf.values) == (leaf.op == "in")
    if leaf.op in ("=", "!="):
        return (seen == leaf.value) == (leaf.op == "=")
    return COMPARE[str(leaf.op)](float(str(seen)), float(str(leaf.value)))
