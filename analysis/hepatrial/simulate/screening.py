"""Whom the trial enrols: candidates are drawn until enough of them meet the study's own criteria.

Only what is known at screening is judged, on the values before the first session. A test that the simulator
cannot judge (a named predicate about dates, a parameter without a prior) counts as met.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hepatrial.simulate.priors import PRIORS, convert_value
from hepatrial.study import AllOf, AnyOf, ColumnTest, Criterion, Eligibility, NotOf, ParameterTest, PredicateTest

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Entry:
    """What screening knows: columns of the subject, values before the first session, and their rise a day."""

    columns: Mapping[str, object]
    values: Mapping[str, float]
    rises: Mapping[str, float]


def is_met(criterion: Criterion, entry: Entry) -> bool:
    """Whether a criterion holds at entry."""
    if isinstance(criterion, AllOf):
        return all(is_met(member, entry) for member in criterion.all)
    if isinstance(criterion, AnyOf):
        return any(is_met(member, entry) for member in criterion.any)
    if isinstance(criterion, NotOf):
        return not is_met(criterion.not_, entry)
    return _leaf_is_met(criterion, entry)


def find_failure(eligibility: tuple[Eligibility, ...], entry: Entry) -> str:
    """Wording of the first criterion that keeps the person out; empty when there is none."""
    for item in eligibility:
        if item.criterion is not None and is_met(item.criterion, entry) != (item.kind == "inclusion"):
            return item.text
    return ""


def _leaf_is_met(leaf: ColumnTest | ParameterTest | PredicateTest, entry: Entry) -> bool:
    if isinstance(leaf, ColumnTest):
        return _compare(entry.columns.get(leaf.column), leaf)
    if isinstance(leaf, ParameterTest):
        return _compare(_in_unit(entry.values.get(leaf.parameter), leaf), leaf)
    if leaf.predicate == "raised":
        high = PRIORS[leaf.parameter].reference[1] if leaf.parameter in PRIORS else None
        return high is None or entry.values[leaf.parameter] > high
    if leaf.predicate == "rise per day":
        return _compare(_in_unit(entry.rises.get(leaf.parameter), leaf), leaf)
    return True


def _in_unit(seen: float | None, leaf: ParameterTest | PredicateTest) -> float | None:
    return None if seen is None else convert_value(leaf.parameter, seen, leaf.unit)


def _compare(seen: object, leaf: ColumnTest | ParameterTest | PredicateTest) -> bool:
    if leaf.op in ("missing", "not missing"):
        return (seen is None) == (leaf.op == "missing")
    if seen is None:
        return True
    if leaf.op in ("in", "not in") and not isinstance(leaf, PredicateTest):
        return (seen in leaf.values) == (leaf.op == "in")
    if leaf.op in ("=", "!="):
        return (seen == leaf.value) == (leaf.op == "=")
    return COMPARE[str(leaf.op)](float(str(seen)), float(str(leaf.value)))
