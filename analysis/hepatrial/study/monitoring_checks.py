"""Faults of ``monitoring`` that one value alone cannot show; each sentence says what to write."""

from collections.abc import Iterator
from typing import Any

from hepatrial.study.raw_file import Raw, list_items, list_names, list_texts, list_unknown


def check_monitoring(raw: Raw) -> Iterator[str]:
    """Faults of the stopping rules, and of the numbers of outputs that an interim report keeps for itself."""
    monitoring = _table(raw, "monitoring")
    rules = list_items(monitoring, "stopping")
    if rules and _table(raw, "design").get("kind") != "single arm":
        yield "monitoring.stopping: stopping rules are for a single-arm study; remove them"
    for index, rule in enumerate(rules):
        where = f"monitoring.stopping[{index + 1}] ({rule.get('id')})"
        for check in (_check_looks, _check_shape, _check_endpoint):
            yield from (f"{where}.{fault}" for fault in check(rule))
        yield from _check_names(raw, rule, rules, where)
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


def _check_reserved_numbers(raw: Raw) -> Iterator[str]:
    for number in list_names(raw, "outputs", "number"):
        if number == "11.4" or number.startswith("11.4."):
            yield f"outputs ({number}): numbers 11.4 are those of the interim report's own outputs; choose another"
