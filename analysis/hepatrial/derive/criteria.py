"""Criteria of the study file evaluated on a patient's data: met, not met or not assessable, with the values used.

A value beyond a limit of quantification is used as the range that it is: ``<5`` is below 10, and against 3 not
assessable.
"""

import math
from collections.abc import Callable, Sequence

import pandas as pd

from hepatrial.derive.adtte import known_sources
from hepatrial.derive.deviations import MAJOR
from hepatrial.derive.patients import Measured, Patient
from hepatrial.derive.verdicts import Verdict, decide, join_all, join_any, negate
from hepatrial.errors import DeriveError
from hepatrial.study.criteria import AllOf, AnyOf, ColumnTest, Criterion, NotOf, ParameterTest, PredicateTest
from hepatrial.study.models import Study
from hepatrial.units import convert

OUTCOME = "outcome."
ORDERED = ("<", "<=", ">=", ">")
NEAR = 1e-9
"""Relative tolerance of a comparison: a rise of 34.2 in two days is 17.1 a day, whatever the last bit says."""


def evaluate_criterion(criterion: Criterion, patient: Patient, study: Study) -> Verdict:
    """The verdict of a criterion for one patient.

    Parameters
    ----------
    criterion : AllOf, AnyOf, NotOf, ColumnTest, ParameterTest or PredicateTest
    patient : Patient
    study : Study
        For the units of its parameters.
    """
    if isinstance(criterion, AllOf):
        return join_all([evaluate_criterion(part, patient, study) for part in criterion.all])
    if isinstance(criterion, AnyOf):
        return join_any([evaluate_criterion(part, patient, study) for part in criterion.any])
    if isinstance(criterion, NotOf):
        return negate(evaluate_criterion(criterion.not_, patient, study))
    if isinstance(criterion, ColumnTest):
        return _test_column(criterion, patient, study)
    if isinstance(criterion, ParameterTest):
        return _test_parameter(criterion, patient, study)
    return _PREDICATES[criterion.predicate](criterion, patient, study)


def _test_column(test: ColumnTest, patient: Patient, study: Study) -> Verdict:
    is_outcome = test.column.startswith(OUTCOME)
    if test.column not in patient.columns and not _is_outcome(test.column.removeprefix(OUTCOME), is_outcome, study):
        raise DeriveError(f"criterion: {test.column!r} is not a column of subjects nor outcome.<name>")
    value = patient.dates.get(test.column) if is_outcome else patient.columns[test.column]
    record = patient.cites.get(test.column, patient.record) if is_outcome else patient.record
    is_missing = value is None or bool(pd.isna(value))
    text = f"{test.column} missing" if is_missing else f"{test.column} {_show(value)}"
    if test.op in ("missing", "not missing"):
        return decide(is_missing == (test.op == "missing"), text, [record])
    if is_missing:
        return decide(None, text, [record])
    return decide(_compare_plain(value, test), text, [record])


def _is_outcome(name: str, is_prefixed: bool, study: Study) -> bool:
    return is_prefixed and name in (*known_sources(study), MAJOR)


def _show(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _compare_plain(value: object, test: ColumnTest) -> bool:
    if test.op in ("in", "not in"):
        return (value in test.values) == (test.op == "in")
    target = pd.Timestamp(str(test.value)) if isinstance(value, pd.Timestamp) else test.value
    if test.op in ORDERED and isinstance(value, str) != isinstance(target, str):
        raise DeriveError(f"criterion: column {test.column} is compared with {test.value!r}, which is of another kind")
    return _OPERATORS[test.op](value, target)


_OPERATORS: dict[str, Callable[..., bool]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
}


def _test_parameter(test: ParameterTest, patient: Patient, study: Study) -> Verdict:
    if study.parameter(test.parameter) is None:
        raise DeriveError(f"criterion: {test.parameter!r} is not a parameter of this study")
    items = _select(test.at, patient.results.get(test.parameter, ()))
    if test.op in ("missing", "not missing"):
        return decide((not items) == (test.op == "missing"), _describe(test.parameter, items), _cite(items))
    if not items:
        return decide(None, f"{test.parameter} missing")
    verdicts = [
        decide(_compare_measured(item, test, study), _describe(test.parameter, [item]), [item.record]) for item in items
    ]
    return _first_decisive(verdicts)


def _first_decisive(verdicts: Sequence[Verdict]) -> Verdict:
    """At any time: the first record that meets it; else whether one could have."""
    met = next((verdict for verdict in verdicts if verdict.answer == "met"), None)
    return met or join_any(verdicts)


def _select(at: str, items: Sequence[Measured]) -> list[Measured]:
    if at == "any":
        return list(items)
    return [item for item in items if (item.is_baseline if at in ("baseline", "BL") else item.visit == at)]


def _describe(parameter: str, items: Sequence[Measured]) -> str:
    shown = ", ".join(f"{item.text} on {_show_day(item.date)}" for item in items)
    return f"{parameter} {shown or 'missing'}"


def _show_day(date: pd.Timestamp) -> str:
    return "an unknown day" if pd.isna(date) else str(date.date())


def _cite(items: Sequence[Measured]) -> list[str]:
    return [item.record for item in items]


def _compare_measured(item: Measured, test: ParameterTest | PredicateTest, study: Study) -> bool | None:
    values = getattr(test, "values", ())
    if isinstance(test.value, str) or any(isinstance(value, str) for value in values):
        wanted = values if test.op in ("in", "not in") else (test.value,)
        return (item.text in wanted) == (test.op in ("in", "="))
    if test.op in ("in", "not in"):
        is_known = item.low == item.high
        return (item.value in values) == (test.op == "in") if is_known else None
    return _compare_range(item, str(test.op), _threshold(test, study))


def _threshold(test: ParameterTest | PredicateTest, study: Study) -> float:
    if test.value is None or isinstance(test.value, str):
        raise DeriveError(f"criterion on {test.parameter}: op {test.op!r} needs a number, got {test.value!r}")
    parameter = study.parameter(test.parameter)
    if parameter is None or not test.unit or test.unit == parameter.unit:
        return float(test.value)
    return float(convert([float(test.value)], test.parameter, test.unit, parameter.unit)[0])


def _compare_range(item: Measured, op: str, threshold: float) -> bool | None:
    """Both ends of the range must agree; an open bound never reaches its own value."""
    if item.low == item.high:
        return _compare_numbers(item.value, op, threshold)
    nudge = 10 * NEAR * max(1.0, abs(threshold)) if item.bound_open else 0.0
    low, high = item.low + nudge, item.high - nudge
    if op not in ORDERED:
        return (op == "!=") if not low <= threshold <= high else None
    at_low, at_high = (_compare_numbers(end, op, threshold) for end in (low, high))
    return at_low if at_low == at_high else None


def _compare_numbers(value: float, op: str, threshold: float) -> bool:
    is_near = math.isclose(value, threshold, rel_tol=NEAR)
    return op in ("<=", ">=", "=") if is_near else _OPERATORS[op](value, threshold)


def _rise_per_day(test: PredicateTest, patient: Patient, study: Study) -> Verdict:
    """Largest rise per day between the last values of two days with values, up to the origin."""
    before = [item for item in patient.results.get(test.parameter, ()) if item.is_before and not pd.isna(item.date)]
    daily = list({item.date: item for item in before}.values())
    if len(daily) < 2:
        return decide(None, f"{test.parameter}: {len(daily)} day(s) with a value before the origin", _cite(daily))
    rises = [((b.value - a.value) / (b.date - a.date).days, a, b) for a, b in zip(daily, daily[1:], strict=False)]
    rise, start, end = max(rises, key=lambda item: item[0])
    text = f"{test.parameter} rise of {rise:.4g} a day from {_show_day(start.date)} to {_show_day(end.date)}"
    is_met = _compare_numbers(rise, test.op or ">=", _threshold(test, study))
    return decide(is_met, text, _cite([start, end]))


def _raised(test: PredicateTest, patient: Patient, study: Study) -> Verdict:
    item = patient.baseline(test.parameter)
    if item is None or pd.isna(item.upper_reference):
        what = "missing" if item is None else f"{item.text}, upper reference limit missing"
        return decide(None, f"{test.parameter} {what}", _cite([item] if item else []))
    text = f"{_describe(test.parameter, [item])}, upper reference limit {item.upper_reference:g}"
    return decide(_compare_range(item, ">", item.upper_reference), text, _cite([item]))


def _has_date(name: str, column: str) -> Callable[[PredicateTest, Patient, Study], Verdict]:
    def test_date(test: PredicateTest, patient: Patient, study: Study) -> Verdict:
        date = patient.date_of(column)
        text = f"not {name}" if date is None else f"{name} on {_show_day(date)}"
        return decide(date is not None, text, [patient.record])

    return test_date


def _within_weeks_of(test: PredicateTest, patient: Patient, study: Study) -> Verdict:
    """A record before the origin that meets the comparison, at most ``weeks`` before or after the date ``of``."""
    reference = patient.date_of(test.of)
    items = [item for item in patient.results.get(test.parameter, ()) if item.is_before and not pd.isna(item.date)]
    if reference is None or test.weeks is None:
        return decide(None, f"{test.of} missing")
    near = [item for item in items if abs((item.date - reference).days) <= 7 * test.weeks]
    if not near:
        return decide(None, f"{test.parameter} missing within {test.weeks:g} weeks of {_show_day(reference)}")
    verdicts = [
        decide(_compare_measured(item, test, study), _describe(test.parameter, [item]), [item.record]) for item in near
    ]
    return _first_decisive(verdicts)


def _worst_before(test: PredicateTest, patient: Patient, study: Study) -> Verdict:
    """The worst value before a date: the lowest where the comparison asks for low values, else the highest."""
    reference = patient.date_of(test.of)
    if reference is None:
        return decide(None, f"{test.of} missing")
    items = [item for item in patient.results.get(test.parameter, ()) if item.date < reference]
    if not items:
        return decide(None, f"{test.parameter} missing before {_show_day(reference)}")
    worst = min(items, key=_value_of) if test.op in ("<", "<=") else max(items, key=_value_of)
    return decide(_compare_measured(worst, test, study), _describe(test.parameter, [worst]), [worst.record])


def _evaluable_at(test: PredicateTest, patient: Patient, study: Study) -> Verdict:
    if test.day is None or (test.parameter, test.day) not in patient.status:
        raise DeriveError(
            f"criterion: 'evaluable at' needs a time to event of the study and a day, not {test.parameter!r}"
        )
    return patient.status[test.parameter, test.day]


def _value_of(item: Measured) -> float:
    return item.value


_PREDICATES: dict[str, Callable[[PredicateTest, Patient, Study], Verdict]] = {
    "rise per day": _rise_per_day,
    "raised": _raised,
    "treated": _has_date("treated", "treated"),
    "enrolled": _has_date("enrolled", "enrolment_date"),
    "randomised": _has_date("randomised", "randomisation_date"),
    "randomised again": _has_date("randomised again", "second_randomisation_date"),
    "within weeks of": _within_weeks_of,
    "worst before": _worst_before,
    "evaluable at": _evaluable_at,
}
