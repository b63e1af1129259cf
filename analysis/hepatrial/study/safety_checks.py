"""Rules of the safety analyses that no single key can say, each with what to write instead."""

from collections.abc import Iterator

from hepatrial.study.raw_file import Raw, list_items


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
