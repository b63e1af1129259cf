"""The study in plain sentences, for the investigator to read and approve: everything that study.toml decides."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from hepatrial.study.analyses import Analysis
from hepatrial.study.criteria import AllOf, AnyOf, ColumnTest, Criterion, NotOf, ParameterTest
from hepatrial.study.masking import describe_masking
from hepatrial.study.models import Arm, Endpoint, Parameter, Population, Study, TimeToEvent, Visit
from hepatrial.study.second_stage import is_second_stage
from hepatrial.study.to_confirm import find_confirmations

OPS = {
    "<": "below", "<=": "at most", "=": "equal to", "!=": "not equal to", ">=": "at least", ">": "above",
    "in": "one of", "not in": "none of", "missing": "missing", "not missing": "present",
}  # fmt: skip
_COMMON = {"id", "title", "population", "method", "by_arm", "confirm", "confirm_note"}


def explain_study(study: Study) -> str:
    """Every decision of a study file in sentences, under plain headings.

    Parameters
    ----------
    study : Study

    Returns
    -------
    str
        Lines of at most one sentence or item each; a line starting with ``#`` is a heading.
    """
    parts: Mapping[str, Iterable[str]] = {
        f"{study.identity.study_id}: {study.identity.title}": _design(study),
        "Time and visits": _time(study),
        "What is measured": _measured(study),
        "Times to event": map(_time_to_event, study.times_to_event),
        "Who may take part": _eligibility(study),
        "Who is analysed": map(_population, study.populations),
        "Endpoints": (line for endpoint in study.endpoints for line in _endpoint(study, endpoint)),
        "Analyses": (line for analysis in study.analyses for line in _analysis(analysis)),
        "Still to be confirmed": _confirmations(study),
    }
    blocks = [[f"# {heading}", *lines] for heading, lines in parts.items()]
    return "\n\n".join("\n".join(lines) for lines in blocks if len(lines) > 1) + "\n"


def _design(study: Study) -> Iterator[str]:
    design = study.design
    yield f"A {design.kind} study of {design.planned_n} patients, {describe_masking(design)}."
    if study.identity.sponsor:
        yield f"Sponsor: {study.identity.sponsor}."
    yield from map(_arm, design.arms)
    if design.kind == "parallel":
        yield f"Arms are compared with {design.reference_arm}; allocation {design.allocation or 'not stated'}."
    else:
        yield "Nothing is compared: estimates and intervals are given, no p-values."
    if design.second:
        labels = {arm.code: arm.label for arm in design.arms}
        who = ", ".join(labels.get(code, code) for code in design.second.of_arms)
        yield f"Patients of {who} on study at day {design.second.day} are randomised again {design.second.allocation}."
        yield from map(_arm, design.second.arms)


def _arm(arm: Arm) -> str:
    days = ", ".join(map(str, arm.dose_days))
    dose = f"{arm.dose:g} {arm.dose_unit}" if arm.dose is not None else "a dose"
    given = f"; {dose} on day {days}" if days else ""
    return f"- {arm.label} (code {arm.code}){_colon(arm.description)}{given}"


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _time(study: Study) -> Iterator[str]:
    time, rule = study.time, study.visit_rule
    yield f"Day 0 is the day of {time.origin}; follow-up ends on day {time.study_end_day}."
    yield (
        f"A patient last known alive at most {time.status_tolerance_days} days before a fixed day counts as alive "
        "there; longer before, as unknown."
    )
    yield from (_visit(visit) for visit in study.visits)
    yield (
        f"Of several records in a window, the {rule.choose} counts (of two equally near, the {rule.tie}); of several "
        f"on one day, the {rule.same_day}. Baseline: {rule.baseline}."
    )


def _visit(visit: Visit) -> str:
    return f"- {visit.label} ({visit.code}): day {visit.day}, records of days {visit.window[0]} to {visit.window[1]}"


def _measured(study: Study) -> Iterator[str]:
    for item in study.parameters:
        unit = f", in {item.unit}" if item.unit else ""
        yield f"- {item.label} ({item.code}){unit}, {item.scale} scale{_limits(item)}"
    for score in study.scores:
        yield f"- {score.label} ({score.code}): {score.score} {score.variant}".rstrip()


def _limits(item: Parameter) -> str:
    used = {"half": "half of it", "limit": "the limit itself"}
    low = f"; below {item.lower_limit:g}, {used[item.below_limit]} is used" if item.lower_limit is not None else ""
    high = f"; above {item.upper_limit:g}, {used[item.above_limit]} is used" if item.upper_limit is not None else ""
    return low + high


def _time_to_event(item: TimeToEvent) -> str:
    first = ", whichever comes first" if len(item.events) > 1 else ""
    parts = [f"- {item.label} ({item.code}): the event is {' or '.join(item.events)}{first}"]
    parts += [f"{' and '.join(item.competing)} competes"] if item.competing else []
    parts += [f"follow-up ends at {' or '.join(item.censor_at)}"] if item.censor_at else []
    parts += [f"on day {item.censor_at_day} at the latest"] if item.censor_at_day is not None else []
    parts += ["time starts on the day of the second randomisation"] if item.origin != "study" else []
    return "; ".join(parts) + f". {item.note}".rstrip()


def _eligibility(study: Study) -> Iterator[str]:
    for item in study.eligibility:
        told = describe_criterion(item.criterion) if item.criterion else "as the investigator ticked it"
        yield f"- {item.id} {item.kind}: {item.text} [{told}]"


def describe_criterion(criterion: Criterion) -> str:
    """A criterion in words.

    Examples
    --------
    >>> from hepatrial.study import AllOf, ColumnTest
    >>> describe_criterion(AllOf(all=(ColumnTest(column="age", op=">=", value=18), ColumnTest(column="sex", op="=", value="F"))))
    '(age at least 18 and sex equal to F)'
    """  # noqa: E501
    if isinstance(criterion, AllOf | AnyOf):
        members, word = (criterion.all, " and ") if isinstance(criterion, AllOf) else (criterion.any, " or ")
        return f"({word.join(describe_criterion(member) for member in members)})"
    if isinstance(criterion, NotOf):
        return f"not {describe_criterion(criterion.not_)}"
    return _describe_test(criterion)


def _describe_test(test: Any) -> str:
    compared = ""
    if test.op is not None:
        values = ", ".join(str(value) for value in getattr(test, "values", ()))
        compared = f" {OPS[test.op]} {values or ('' if test.value is None else test.value)}".rstrip()
    if isinstance(test, ColumnTest):
        return f"{test.column}{compared}"
    unit = f" {test.unit}" if test.unit else ""
    if isinstance(test, ParameterTest):
        return f"{test.parameter} at {test.at}{compared}{unit}"
    weeks = f" {test.weeks:g}" if test.weeks is not None else ""
    return " ".join(f"{test.parameter} {test.predicate}{weeks} {test.of}{compared}{unit}".split())


def _population(item: Population) -> str:
    steps = "; ".join(step.reason for step in item.steps)
    return f"- {item.label} ({item.code}): {f'left out are: {steps}' if steps else 'as flagged in the data'}"


def _endpoint(study: Study, item: Endpoint) -> Iterator[str]:
    days = f" at day {', '.join(map(str, item.days))}" if item.days else ""
    titles = ", ".join(study.analysis(name).title for name in item.analyses)
    yield f"- {item.role.capitalize()}: {item.title}, from {item.variable}{days}; answered by: {titles}"
    if item.estimand is not None:
        estimand = item.estimand
        yield f"  Estimand: {estimand.variable}; {estimand.treatment}; {estimand.summary_measure}."
        for event in estimand.intercurrent_events:
            yield f"  After {event.event}: {event.strategy}{f' ({event.note})' if event.note else ''}."


def _analysis(item: Analysis) -> Iterator[str]:
    arms = "by arm" if item.by_arm else "all patients together"
    arms += " of the second randomisation" if is_second_stage(item) else ""
    yield f"- {item.title} ({item.id}): {item.method} in {item.population}, {arms}."
    yield from (f"  {line}" for line in _settings(item))


def _settings(model: BaseModel) -> Iterator[str]:
    """Each setting that is given, with the words that the study file reference has for it."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name in _COMMON or value is None or value in ((), "", False):
            continue
        if isinstance(value, BaseModel):
            yield from _settings(value)
        else:
            yield f"{field.description}: {_text(value)}."


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, BaseModel):
        return "; ".join(f"{name} {_text(part)}" for name, part in value if part not in (None, "", ()))
    return "yes" if value is True else str(value)


def _confirmations(study: Study) -> Iterator[str]:
    for place in find_confirmations(study):
        yield f"- {place.path}: {place.note}"
