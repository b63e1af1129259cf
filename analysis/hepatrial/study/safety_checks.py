"""Rules of the safety analyses that no single key can say, each with what to write instead."""

from collections.abc import Iterator

from hepatrial.study.raw_file import Raw, list_items, list_names, list_texts, list_unknown
from hepatrial.study.safety_analyses import EVENT_KINDS


def check_event_kinds(raw: Raw) -> Iterator[str]:
    """Kinds of events must be known, and two arms there to compare."""
    safety = raw.get("safety")
    own = safety if isinstance(safety, dict) else {}
    special = [f"special interest {code}" for code in list_names(own, "special_interest")]
    for index, analysis in enumerate(list_items(raw, "analyses")):
        where = f"analyses[{index + 1}] ({analysis.get('id')})"
        if analysis.get("method") == "adverse event times":
            kinds = list_texts(analysis.get("kinds"))
            yield from list_unknown(f"{where}.kinds", kinds, [*EVENT_KINDS, *special], "a kind of event")
            if "led to stop of treatment" in kinds and not own.get("stop_actions"):
                yield f"{where}.kinds: 'led to stop of treatment' needs safety.stop_actions"
        if analysis.get("risk_difference") and not analysis.get("by_arm"):
            yield f"{where}: risk_difference needs by_arm = true"


def check_shifts(raw: Raw) -> Iterator[str]:
    """A laboratory shift needs visits or a grading where it says so."""
    safety = raw.get("safety")
    grading = safety.get("grading") if isinstance(safety, dict) else None
    for index, analysis in enumerate(list_items(raw, "analyses")):
        if analysis.get("method") != "laboratory shift":
            continue
        where = f"analyses[{index + 1}] ({analysis.get('id')})"
        if analysis.get("to") == "visits" and not analysis.get("visits"):
            yield f"{where}.visits: to = 'visits' needs visit codes"
        if analysis.get("categories") == "grade" and grading in (None, "not stated"):
            yield f"{where}.categories: 'grade' needs safety.grading, such as 'CTCAE v5.0'"
