"""Grade of a laboratory value.

A step that cannot be judged (no baseline, no limit of normal) leaves the grade missing unless a step that
is reached already gives a grade at least as high. A missing baseline is never taken for a normal one.
Comparisons carry a relative tolerance of 1e-9, so that 5 x 40 is 200. Grade 5 never comes from a laboratory
value.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hepatrial.derive.scores.inputs import NEAR, Column, FloatArray, Rows, TextArray, align, flag, number
from hepatrial.derive.scores.result import explain_missing
from hepatrial.derive.toxicity.rules import LabTerm, Step, Symptoms, Version
from hepatrial.derive.toxicity.terms import CTCAE
from hepatrial.errors import DeriveError
from hepatrial.units import UNITS, convert, normalise_unit

SYMPTOM_RULES: Final = ("worst-case", "none")


@dataclass(frozen=True, eq=False)
class CtcaeResult:
    """Grades of n values.

    Attributes
    ----------
    term, version : str
    grade : ndarray of float, shape (n,)
        0 to 4, NaN where missing.
    reason : ndarray of str, shape (n,)
        Why the grade is missing, else ``""``.
    times_upper : ndarray of float, shape (n,)
        Value as a multiple of the upper limit of normal, to show beside the grade of an abnormal baseline.
    note : str
        What the footnote of a table must say about the rule used.
    """

    term: str
    version: str
    grade: FloatArray
    reason: TextArray
    times_upper: FloatArray
    note: str


def compute_ctcae_grade(
    term: str,
    *,
    value: object,
    unit: str,
    version: Version,
    lower_limit: object = None,
    upper_limit: object = None,
    baseline: object = None,
    baseline_lower: object = None,
    baseline_upper: object = None,
    anticoagulated: object = False,
    symptoms: Symptoms = "worst-case",
    use_baseline: bool = True,
) -> CtcaeResult:
    """CTCAE grade of a laboratory value.

    Parameters
    ----------
    term : str
        A term of ``CTCAE[version]``, such as ``"Blood bilirubin increased"``.
    value, lower_limit, upper_limit, baseline : array_like of float, shape (n,)
        All in ``unit``; missing as NaN.
    unit : str
        Checked against the analyte of the term; printed limits are those of its kind of unit (glucose in
        mg/dL is graded on the mg/dL limits, not on converted mmol/L).
    version : {"5.0", "6.0"}
        No default: the versions grade abnormal baselines differently.
    baseline_lower, baseline_upper : array_like of float, optional
        Limits of normal of the baseline sample; those of the value where not given.
    anticoagulated : array_like of bool
        Adds the multiples of baseline to the grade of INR, the worse counts.
    symptoms : {"worst-case", "none"}
        Whether a symptom-dependent row assumes symptoms.
    use_baseline : bool
        False grades every baseline as if it were normal (the x ULN grade shown beside the published one).

    Returns
    -------
    CtcaeResult

    Notes
    -----
    R: ``admiral::derive_var_atoxgr_dir``, which always assumes symptoms and anticoagulation.
    """
    rule = _rule(term, version, symptoms)
    rows = _read(rule, unit, value, lower_limit, upper_limit, baseline, baseline_lower, baseline_upper, anticoagulated)
    steps = [step for step in rule.steps if symptoms == "worst-case" or step.condition != "symptoms"]
    if not use_baseline:
        steps = [step for step in map(_from_normal, steps) if step is not None]
    grade = _highest(rule, unit, rows, steps)
    reason = explain_missing(np.isnan(grade), _needs(rows, steps), rows.is_unusable)
    if rule.not_gradable:
        grade, reason = np.full(grade.size, np.nan), np.full(grade.size, rule.not_gradable, dtype=object)
    note = _note(rule, symptoms, use_baseline)
    return CtcaeResult(term, version, grade, reason, rows["value"] / rows["upper_limit"], note)


def list_ctcae_terms(analyte_code: str, *, version: Version) -> tuple[str, ...]:
    """Terms that grade an analyte in a version; empty when CTCAE has none (ammonia, lactate, AFP ...)."""
    return tuple(term.term for term in _terms(version).values() if term.analyte_code == analyte_code)


def _terms(version: str) -> dict[str, LabTerm]:
    if version not in CTCAE:
        raise DeriveError(f"CTCAE version={version!r} is not one of {', '.join(CTCAE)}")
    return dict(CTCAE[version])


def _rule(term: str, version: str, symptoms: str) -> LabTerm:
    terms = _terms(version)
    if term not in terms:
        raise DeriveError(f"CTCAE v{version} has no laboratory term {term!r}; it has: {'; '.join(sorted(terms))}")
    if symptoms not in SYMPTOM_RULES:
        raise DeriveError(f"symptoms={symptoms!r} is not one of {', '.join(SYMPTOM_RULES)}")
    return terms[term]


def _read(
    rule: LabTerm,
    unit: str,
    value: object,
    lower: object,
    upper: object,
    baseline: object,
    baseline_lower: object,
    baseline_upper: object,
    anticoagulated: object,
) -> Rows:
    def lab(values: object) -> Column:
        column = number(values, low=0)
        convert(column.values, rule.analyte_code, unit, unit)  # refuses a unit that is not the analyte's
        return column

    return align(
        value=lab(value),
        lower_limit=lab(lower),
        upper_limit=lab(upper),
        baseline=lab(baseline),
        baseline_lower=lab(lower if baseline_lower is None else baseline_lower),
        baseline_upper=lab(upper if baseline_upper is None else baseline_upper),
        anticoagulated=flag(anticoagulated),
    )


def _from_normal(step: Step) -> Step | None:
    """The step as from a normal baseline: what asks for baseline is dropped."""
    if step.basis == "upper and baseline":
        return Step(step.grade, step.operator, "upper", step.multiple)
    if step.basis == "baseline":
        return None
    return Step(step.grade, step.operator, step.basis, step.multiple, step.printed)


def _highest(rule: LabTerm, unit: str, rows: Rows, steps: list[Step]) -> FloatArray:
    known = np.zeros(rows["value"].size)
    possible = known.copy()
    for step in steps:
        is_reached = _reached(rule, unit, rows, step)
        known = np.where(is_reached == 1, np.maximum(known, step.grade), known)
        possible = np.where(is_reached != 0, np.maximum(possible, step.grade), possible)
    is_open = np.isnan(rows["value"]) | (possible > known)
    return np.where(is_open, np.nan, known)


def _reached(rule: LabTerm, unit: str, rows: Rows, step: Step) -> FloatArray:
    """1 reached, 0 not, NaN unknown."""
    value, limit = _sides(rule, unit, rows, step)
    slack = NEAR * np.abs(limit)
    compare = {
        ">": value > limit + slack,
        ">=": value >= limit - slack,
        "<": value < limit - slack,
        "<=": value <= limit + slack,
    }[step.operator]
    beyond = np.where(np.isnan(value) | np.isnan(limit), np.nan, compare)
    holds = _holds(rows, step)
    return np.where((beyond == 0) | (holds == 0), 0.0, beyond * holds)


def _sides(rule: LabTerm, unit: str, rows: Rows, step: Step) -> tuple[FloatArray, FloatArray]:
    value = rows["value"]
    if step.basis == "printed":
        own = UNITS[normalise_unit(unit, analyte_code=rule.analyte_code) or unit]
        same_kind = [text for text in step.printed if UNITS[text].dimension == own.dimension]
        chosen = own.text if own.text in step.printed else (same_kind or list(step.printed))[0]
        limit = np.full(value.size, step.printed[chosen])
        return convert(value, rule.analyte_code, unit, chosen), limit
    limits = {
        "upper": rows["upper_limit"],
        "lower": rows["lower_limit"],
        "baseline": rows["baseline"],
        "upper and baseline": np.maximum(rows["upper_limit"], rows["baseline"]),
    }
    return value, step.multiple * limits[step.basis]


def _holds(rows: Rows, step: Step) -> FloatArray:
    """Whether the condition of a step holds: 1, 0 or NaN."""
    baseline, upper, lower = rows["baseline"], rows["baseline_upper"], rows["baseline_lower"]
    if step.condition == "anticoagulated":
        return rows["anticoagulated"]
    if step.condition.endswith("high"):
        is_it = np.where(np.isnan(baseline) | np.isnan(upper), np.nan, baseline > upper * (1 + NEAR))
    elif step.condition.endswith("low"):
        is_it = np.where(np.isnan(baseline) | np.isnan(lower), np.nan, baseline < lower * (1 - NEAR))
    else:
        return np.ones(baseline.size)
    return 1 - is_it if "not" in step.condition else is_it


def _needs(rows: Rows, steps: list[Step]) -> dict[str, FloatArray]:
    names = {"value"}
    for step in steps:
        names |= {
            "upper": {"upper_limit"},
            "lower": {"lower_limit"},
            "baseline": {"baseline"},
            "upper and baseline": {"upper_limit", "baseline"},
            "printed": set[str](),
        }[step.basis]
        if step.condition.endswith("high"):
            names |= {"baseline", "baseline_upper"}
        elif step.condition.endswith("low"):
            names |= {"baseline", "baseline_lower"}
        elif step.condition == "anticoagulated":
            names |= {"anticoagulated"}
    return {name: rows[name] for name in rows.values if name in names}


def _note(rule: LabTerm, symptoms: str, use_baseline: bool) -> str:
    parts = [rule.note]
    if any(step.condition == "symptoms" for step in rule.steps):
        parts = [f"symptom-dependent rows: {symptoms}"]
    if not use_baseline and any("baseline" in step.basis + step.condition for step in rule.steps):
        parts = ["graded as if baseline were normal"]
    return "; ".join(part for part in parts if part)
