"""Estimands against derivations: the strategy for an intercurrent event must be what the study file then does.

==================  =======================================================  =============================
strategy            time to event                                            parameter or score
==================  =======================================================  =============================
treatment policy    the outcome is in none of the lists: followed through    no method here keeps values
                                                                             after death or transplantation
composite           in ``events``                                            not by visit, not mixed model
competing risk      in ``competing``                                         not by visit, not mixed model
hypothetical        in ``censor_at``                                         mixed model, mmrm
while on treatment  in ``censor_at``                                         by visit
==================  =======================================================  =============================
"""

from collections.abc import Iterator

from hepatrial.study.raw_file import Raw, list_items

WORDINGS: dict[str, tuple[str, ...]] = {
    "death": ("death",),
    "death before transplantation": ("death",),
    "death or transplantation": ("death", "transplant"),
    "liver transplantation": ("transplant",),
    "transplantation": ("transplant",),
    "discharge against advice": ("discharge against advice",),
    "withdrawal of consent": ("withdrawal",),
    "loss to follow-up": ("lost to follow-up",),
}
"""Intercurrent events whose outcome is told from their wording; others name it in ``outcomes``."""
LISTS = {
    "treatment policy": None, "composite": "events", "competing risk": "competing", "hypothetical": "censor_at",
    "while on treatment": "censor_at",
}  # fmt: skip
PLACES = ("events", "competing", "censor_at")
BY_METHOD = {"by visit": "while on treatment", "mixed model": "hypothetical", "mmrm": "hypothetical"}
ENDS_VALUES = ("death", "transplant")
"""Outcomes after which neither method uses a value."""


def check_estimands(raw: Raw) -> Iterator[str]:
    """One sentence for each strategy that the derivation or the analysis of its endpoint contradicts."""
    times = {str(item.get("code")): item for item in list_items(raw, "times_to_event")}
    methods = {str(item.get("id")): str(item.get("method")) for item in list_items(raw, "analyses")}
    for index, endpoint in enumerate(list_items(raw, "endpoints")):
        where = f"endpoints[{index + 1}] ({endpoint.get('id')}).estimand.intercurrent_events"
        estimand = endpoint.get("estimand")
        events = list_items(estimand, "intercurrent_events") if isinstance(estimand, dict) else []
        variable = str(endpoint.get("variable"))
        if variable in times:
            yield from _check_time(where, events, times[variable])
        else:
            used = [methods[name] for name in endpoint.get("analyses", []) if name in methods]
            yield from _check_values(where, events, used)


def _outcomes(event: Raw) -> tuple[str, ...]:
    named = event.get("outcomes")
    return tuple(named) if isinstance(named, list) else WORDINGS.get(str(event.get("event")).strip().casefold(), ())


def _check_time(where: str, events: list[Raw], parameter: Raw) -> Iterator[str]:
    for event in events:
        strategy = str(event.get("strategy"))
        if strategy not in LISTS:
            continue
        wanted = LISTS[strategy]
        for outcome in _outcomes(event):
            found = next((name for name in PLACES if outcome in parameter.get(name, [])), None)
            if found != wanted:
                needs = f"needs {outcome!r} in {wanted}" if wanted else f"follows through {outcome!r}"
                has = f"has it in {found}" if found else "does not name it"
                code = parameter.get("code")
                yield f"{where}: {strategy!r} of {event.get('event')!r} {needs}, times_to_event {code} {has}"


def _check_values(where: str, events: list[Raw], methods: list[str]) -> Iterator[str]:
    """Every strategy belongs to one of the methods, and every method finds its own strategy among them."""
    if not methods or any(method not in BY_METHOD for method in methods):
        return
    for outcome in ENDS_VALUES:
        named = {str(event.get("strategy")) for event in events if outcome in _outcomes(event)}
        allowed = {BY_METHOD[method]: method for method in methods}
        for strategy in sorted(named - set(allowed)):
            does = " and ".join(f"method {method!r} is {name!r}" for name, method in sorted(allowed.items()))
            yield f"{where}: {strategy!r} of {outcome} is not what is done: no value after it is used, {does}"
        for strategy in sorted(set(allowed) - named if named else ()):
            yield f"{where}: method {allowed[strategy]!r} is {strategy!r} for {outcome}; say so"
