"""What is still to be confirmed, as the title page says it: items with one reason stand together, by their labels."""

import re
from collections.abc import Mapping

from hepatrial.render.objects import ToConfirm
from hepatrial.study import Confirmation, Study, find_confirmations

SECTIONS: Mapping[str, tuple[str, str]] = {
    "visits": ("Visit", "Visits"), "parameters": ("Parameter", "Parameters"), "scores": ("Score", "Scores"),
    "populations": ("Population", "Populations"), "eligibility": ("Criterion", "Criteria"),
    "endpoints": ("Endpoint", "Endpoints"), "analyses": ("Analysis", "Analyses"), "outputs": ("Output", "Outputs"),
    "times_to_event": ("Time to event", "Times to event"), "event_sources": ("Event", "Events"),
}  # fmt: skip
PLACES: Mapping[str, str] = {
    "": "Study", "design": "Design", "design.second": "Second randomisation", "time": "Time origin and follow-up",
    "blinding": "Blinding", "safety": "Safety", "data_cut": "Data cut", "visit_rule": "Choice of records",
    "specimens": "Specimens", "monitoring": "Monitoring",
}  # fmt: skip
_ITEM = re.compile(r"(\w+)\[([^\]]+)\](\.estimand)?")


def describe_confirmations(study: Study) -> tuple[ToConfirm, ...]:
    """One line for each reason: ``Visits Week 1, Week 2``, the reason, and the paths in the study file."""
    grouped: dict[tuple[str, str], list[Confirmation]] = {}
    for item in find_confirmations(study):
        section = _ITEM.fullmatch(item.path)
        grouped.setdefault((section[1] if section else item.path, item.note), []).append(item)
    return tuple(
        ToConfirm(_describe(study, section, [item.path for item in items]), tuple(item.path for item in items), note)
        for (section, note), items in grouped.items()
    )


def _describe(study: Study, section: str, paths: list[str]) -> str:
    if section not in SECTIONS:
        return PLACES.get(section, section)
    names = list(dict.fromkeys(_label(study, section, path) for path in paths))
    word = SECTIONS[section][len(names) > 1]
    says_it = all(SECTIONS[section][0].lower() in name.lower().split() for name in names)
    return ", ".join(names) if says_it else f"{word} {', '.join(names)}"


def _label(study: Study, section: str, path: str) -> str:
    """The label or title of the item; of an estimand, of its endpoint. A criterion is known by its id."""
    found = _ITEM.fullmatch(path)
    name = found[2] if found else path
    items = getattr(study, section)
    keys = (("code", "label"), ("id", "title"))
    for key, label in keys:
        for item in items:
            if getattr(item, key, None) == name and getattr(item, label, ""):
                return str(getattr(item, label))
    return name
