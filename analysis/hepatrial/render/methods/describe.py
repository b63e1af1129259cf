"""The statistical methods section, made from the study file: what was planned, in sentences, with its literature.

Every option of an analysis has its sentence in the tables beside this module; where a new option has none yet, the key
and its value are printed, never left out (and a test fails).
"""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel

from hepatrial import __version__
from hepatrial.render.methods import conduct, proportions, ranks, repeated_measures, time_to_event
from hepatrial.render.methods.kinds import Choices, Leads, Values
from hepatrial.render.methods.names import NAMED, label_codes, name_event, name_words
from hepatrial.render.methods.proportions import RESPONSE, describe_response
from hepatrial.render.methods.references import REFERENCES, SOFTWARE
from hepatrial.render.objects import Methods, MethodsPart
from hepatrial.study import Study
from hepatrial.study.response_analyses import ResponseRule

_TABLES = (conduct, proportions, ranks, repeated_measures, time_to_event)
LEADS: Leads = {key: text for table in _TABLES for key, text in table.LEADS.items()}
VALUES: Values = {key: text for table in _TABLES for key, text in table.VALUES.items()}
CHOICES: Choices = {key: texts for table in _TABLES for key, texts in table.CHOICES.items()}
COMMON = {"id", "title", "population", "method", "by_arm", "conf_level", "confirm", "confirm_note"}
"""Keys that the first sentence of a part says, or that are shown elsewhere."""
DEVICE_OUTPUTS = {"ae_device", "list_serious_events"}
"""Outputs that show adverse device effects: elsewhere their definition says nothing."""
NEEDS = {
    ("SurvivalComparison", "permutations"): ("p_value", "permutation"),
    ("SurvivalComparison", "ties"): ("hazard_ratio", True),
}
"""Options that say something only beside another option's value."""
_CITE = re.compile(r"\[@([^\]]+)\]")


def describe_methods(study: Study) -> Methods:
    """Sentences on the conduct of the analysis and on every planned analysis, the literature cited, the software."""
    parts = [
        MethodsPart(title, "", tuple(sentences))
        for title, sentences in (
            ("Data and populations", _conduct(study)),
            ("Numbers", _numbers(study)),
        )
    ]
    parts += [MethodsPart(item.title, item.id, tuple(_analysis(study, item))) for item in study.analyses]
    return _cite(parts)


def says(owner: str, field: str, value: object) -> str | None:
    """The sentence of an option's value; None when there is none."""
    texts = CHOICES.get((owner, field), {})
    if isinstance(value, str | bool) and value in texts:
        return texts[value]
    return VALUES.get((owner, field))


def _conduct(study: Study) -> Iterator[str]:
    yield from _model(study.time, {"end": str(study.time.study_end_day)})
    if study.visits:
        yield from _model(study.visit_rule, {})
        labels = label_codes(study)
        rules = study.visit_rule.blood_products
        yield from (_braces(conduct.describe_blood_products(rule, labels)) for rule in rules)
    for population in study.populations:
        yield f"{_braces(population.label)} (code {_braces(population.code)}): {_steps(population)}."
    if study.safety is not None:
        device = any(item.template in DEVICE_OUTPUTS for item in study.outputs)
        yield from _model(study.safety if device else study.safety.model_copy(update={"device_effects": ()}), {})


def _steps(population: Any) -> str:
    reasons = [_braces(step.reason) for step in population.steps]
    return (
        f"patients left out, in this order: {'; '.join(reasons)}" if reasons else "as flagged in the data, or everyone"
    )


def _numbers(study: Study) -> Iterator[str]:
    yield from conduct.NUMBERS
    if study.design.kind == "single arm":
        yield conduct.SINGLE_ARM
    yield conduct.CODE.format(version=__version__)


def _analysis(study: Study, item: Any) -> Iterator[str]:
    lead, *others = _model(item, _facts(study, item))
    yield lead
    yield from _time_to_event(study, str(getattr(item, "parameter", "")))
    yield from others


def _model(item: BaseModel, facts: Mapping[str, str]) -> Iterator[str]:
    """The first sentence of a model and those of its options, nested models included."""
    owner = type(item).__name__
    lead = LEADS.get(owner)
    if lead is None:
        yield f"Method: {_braces(getattr(item, 'method', owner))}."
    elif lead:
        yield _fill(lead, facts)
    for field in type(item).model_fields:
        value = getattr(item, field)
        other, needed = NEEDS.get((owner, field), ("", None))
        if other and getattr(item, other) != needed:
            continue
        if isinstance(value, ResponseRule):
            yield _fill(RESPONSE, {**facts, **describe_response(value)})
        elif isinstance(value, BaseModel):
            yield from _model(value, facts)
        elif field not in COMMON and f"{{{field}}}" not in (lead or ""):
            yield from _option(owner, field, value, facts)


def _option(owner: str, field: str, value: object, facts: Mapping[str, str]) -> Iterator[str]:
    if not isinstance(value, bool) and value in (None, (), "", {}, 0):
        return
    sentence = says(owner, field, value)
    if sentence is None:
        yield f"{field.replace('_', ' ')}: {_words(value)}."
    elif sentence:
        said = name_words(value, facts) if field in NAMED else _words(value)
        yield _fill(sentence, {**facts, "value": said})


def _fill(sentence: str, facts: Mapping[str, str]) -> str:
    """Our own sentence with text of the study, whose braces and brackets stay text."""
    return sentence.format_map(facts)


def _facts(study: Study, item: Any) -> dict[str, str]:
    """What a first sentence can name."""
    population = study.population(item.population)
    labels = [_label(study, code) for code in getattr(item, "parameters", ())]
    visits = {visit.code: visit.label for visit in study.visits} | {"BL": "Baseline"}
    parameter = str(getattr(item, "parameter", ""))
    facts = {
        "population": f" ({population.label})",
        "arms": " by arm as randomised" if item.by_arm else "",
        "conf": f"{getattr(item, 'conf_level', 0) * 100:g}%",
        "days": _words(getattr(item, "days", ())),
        "kinds": _words(tuple(name_event(study, kind) for kind in getattr(item, "kinds", ()))),
        "treatment": study.design.one_treatment,
        "parameters": _list(labels),
        "parameter": _label(study, parameter),
        "visits": _list([visits.get(code, code) for code in getattr(item, "visits", ())]),
        "visit": visits.get(str(getattr(item, "visit", "")), ""),
    }
    return {key: _braces(text) for key, text in {**label_codes(study), **facts}.items()}


def _time_to_event(study: Study, code: str) -> Iterator[str]:
    """What the event is, and what the study says about it."""
    for found in (item for item in study.times_to_event if item.code == code):
        competing = f"; competing events: {_events(study, found.competing, ' and ')}" if found.competing else ""
        censored = f"; also censored at: {_events(study, found.censor_at, ', ')}" if found.censor_at else ""
        day = f"; censored at day {found.censor_at_day}" if found.censor_at_day is not None else ""
        yield _braces(f"Event: {_events(study, found.events, ' or ')}{competing}{censored}{day}.")
        if found.note:
            yield _braces(f"{found.note.rstrip('.')}.")


def _events(study: Study, names: tuple[str, ...], joint: str) -> str:
    return joint.join(name_event(study, name) for name in names)


def _label(study: Study, code: str) -> str:
    events = (item for item in study.times_to_event if item.code == code)
    found = next(events, None) or study.parameter(code)
    return found.label if found else code


def _words(value: object) -> str:
    """A value of the study file as text: crossed columns with ×, lists with commas, models by their label."""
    if isinstance(value, BaseModel):
        return _braces(getattr(value, "label", "") or ", ".join(str(part) for part in value.model_dump().values()))
    if isinstance(value, tuple | list):
        return _list([" × ".join(map(str, part)) if isinstance(part, tuple) else _words(part) for part in value])
    if isinstance(value, dict):
        return _list([f"{key} {' to '.join(map(str, pair))}" for key, pair in value.items()])
    return _braces(f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value))


def _list(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _braces(text: object) -> str:
    """Text of the study in which ``[@`` cannot be taken for a citation."""
    return str(text).replace("[@", "[ @")


def _cite(parts: list[MethodsPart]) -> Methods:
    """Citations numbered in the order of first use."""
    order: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"[{order.setdefault(found[1], len(order) + 1)}]"

    numbered = tuple(
        MethodsPart(part.title, part.analysis_id, tuple(_CITE.sub(number, sentence) for sentence in part.sentences))
        for part in parts
    )
    software = [f"hepatrial {__version__}", *(f"{name} {version(name)}: {text}" for name, text in SOFTWARE.items())]
    return Methods(numbered, tuple(REFERENCES[key] for key in order), tuple(software))
