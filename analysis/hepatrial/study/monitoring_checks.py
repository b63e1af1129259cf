"""Faults of ``monitoring`` that one value alone cannot show; each sentence says what to write."""

from collections.abc import Iterator
from typing import Any

from hepatrial.study.raw_file import Raw, list_items, list_names, list_texts, list_unknown


def check_monitoring(raw: Raw) -> Iterator[str]:
    """Faults of the stopping rules, of the group-sequential design, and of numbers that an interim report keeps."""
    monitoring = _table(raw, "monitoring")
    rules = list_items(monitoring, "stopping")
    if rules and _table(raw, "design").get("kind") != "single arm":
        yield "monitoring.stopping: stopping rules are for a single-arm study; remove them"
    for index, rule in enumerate(rules):
        where = f"monitoring.stopping[{index + 1}] ({rule.get('id')})"
        for check in (_check_looks, _check_shape, _check_endpoint):
            yield from (f"{where}.{fault}" for fault in check(rule))
        yield from _check_names(raw, rule, rules, where)
    if isinstance(monitoring.get("group_sequential"), dict):
        where = "monitoring.group_sequential"
        yield from (f"{where}.{fault}" for fault in _check_sequential(raw, monitoring["group_sequential"]))
    yield from _check_reserved_numbers(raw)


def _table(raw: Raw, key: str) -> Raw:
    found: Any = raw.get(key)
    return found if isinstance(found, dict) else {}


def _check_looks(rule: Raw) -> Iterator[str]:
    looks, n_max = rule.get("looks"), rule.get("n_max")
    if rule.get("counting") == "follow-up" and looks != "continuous":
        yield "looks: counting = 'follow-up' looks at every event; write looks = 'continuous'"
    elif isinstance(looks, list) and all(isinstance(look, int) for look in looks):
        if not looks or looks[0] < 1 or any(after <= before for before, after in zip(looks, looks[1:], strict=False)):
            yield f"looks: {looks} must be rising numbers of patients, from 1"
        elif looks[-1] != n_max:
            yield f"looks: the last look {looks[-1]} is not n_max ({n_max}); make them equal"


def _check_shape(rule: Raw) -> Iterator[str]:
    is_posterior = rule.get("rule") == "beta-binomial"
    if is_posterior and rule.get("prior") is None:
        yield "prior: rule = 'beta-binomial' needs prior = [a, b]"
    if not is_posterior and rule.get("prior") is not None:
        yield "prior: only rule = 'beta-binomial' has one; remove it"
    if is_posterior and rule.get("counting") == "follow-up":
        yield "counting: 'follow-up' goes with rule = 'pocock' or 'obrien-fleming'"


def _check_endpoint(rule: Raw) -> Iterator[str]:
    criteria = rule.get("toxicity")
    if (rule.get("endpoint") == "toxicity") != isinstance(criteria, dict):
        yield "toxicity: endpoint = 'toxicity' needs this table, and endpoint = 'death' has none"
    if isinstance(criteria, dict) and not set(criteria) & {"min_grade", "related", "serious", "special_interest"}:
        yield "toxicity: name at least one of min_grade, related, serious, special_interest"


def _check_names(raw: Raw, rule: Raw, rules: list[Raw], where: str) -> Iterator[str]:
    if "population" in rule:
        populations = list_names(raw, "populations")
        yield from list_unknown(f"{where}.population", [str(rule["population"])], populations, "a population")
    used = [*list_names(raw, "analyses", "id"), *(str(other.get("id")) for other in rules)]
    if used.count(str(rule.get("id"))) > 1:
        yield f"{where}.id: another rule or analysis has this id; ids must differ"
    codes = list_texts(_table(rule, "toxicity").get("special_interest"))
    known = list_names(_table(raw, "safety"), "special_interest")
    yield from list_unknown(f"{where}.toxicity.special_interest", codes, known, "a code of safety.special_interest")


def _check_sequential(raw: Raw, planned: Raw) -> Iterator[str]:
    if len(list_items(_table(raw, "design"), "arms")) != 2:
        yield "analysis: group-sequential monitoring compares two arms; the study file has another number"
    if planned.get("id") in list_names(raw, "analyses", "id"):
        yield f"id: an analysis has the id {planned['id']!r}; ids must differ"
    survival = [item for item in list_items(raw, "analyses") if item.get("method") == "survival" and item.get("by_arm")]
    yield from list_unknown(
        "analysis",
        [str(planned.get("analysis"))],
        [str(item.get("id")) for item in survival],
        "a survival analysis by arm",
    )
    needs = planned.get("spending") == "hwang-shih-decani"
    if needs and planned.get("parameter") is None:
        yield "parameter: spending = 'hwang-shih-decani' needs its gamma"
    if planned.get("parameter") is not None and planned.get("spending") not in ("hwang-shih-decani", "haybittle-peto"):
        yield f"parameter: spending = {planned.get('spending')!r} has none; remove it"
    for name, events in (("events", planned.get("events")), ("looks_done", _events_done(planned))):
        if _falls(events):
            yield f"{name}: numbers of events must rise, got {events}"
    if planned.get("hazard_ratio") == 1:
        yield "hazard_ratio: 1 is no effect; state the effect that was planned for"
    yield from _check_futility(planned)


def _events_done(planned: Raw) -> list[Any]:
    return [look.get("events") for look in list_items(planned, "looks_done")]


def _falls(events: Any) -> bool:
    numbers = [item for item in events if isinstance(item, int)] if isinstance(events, list) else []
    return any(after <= before for before, after in zip(numbers, numbers[1:], strict=False))


def _check_futility(planned: Raw) -> Iterator[str]:
    rule = planned.get("futility")
    if not isinstance(rule, dict):
        return
    if planned.get("sided") == 2:
        yield "futility: only a one-sided design (sided = 1) stops for futility"
    if (rule.get("bounds") is None) == (rule.get("spending") is None):
        yield "futility: give either bounds or spending"
    bounds, events = rule.get("bounds"), planned.get("events")
    if isinstance(bounds, list) and isinstance(events, list) and len(bounds) != len(events) - 1:
        yield f"futility.bounds: {len(events) - 1} are needed, one a planned look but the last"
    if (rule.get("spending") == "hwang-shih-decani") != (rule.get("parameter") is not None):
        yield "futility.parameter: spending = 'hwang-shih-decani' needs its gamma, and nothing else has one"
    shapes = ("obrien-fleming", "pocock", "haybittle-peto")
    if rule.get("spending") and rule.get("binding") and planned.get("spending") in shapes:
        yield "futility.binding: binding beta spending needs an alpha-spending function, not a shape"


def _check_reserved_numbers(raw: Raw) -> Iterator[str]:
    for number in list_names(raw, "outputs", "number"):
        if number == "11.4" or number.startswith("11.4."):
            yield f"outputs ({number}): numbers 11.4 are those of the interim report's own outputs; choose another"
