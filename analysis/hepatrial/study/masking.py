"""Who does not know the arms, in words, and the checks of it."""

from collections.abc import Iterator, Sequence

from hepatrial.study.models import Design
from hepatrial.study.raw_file import Raw
from hepatrial.study.raw_file import list_texts as _texts

PATIENTS = "participants"
_WORDS = {
    "open": "open label",
    "participant": "masked for the patients",
    "observer": "masked for those who assess the outcomes, not for the patients",
    "double": "double blind",
}


def describe_masking(design: Design) -> str:
    """Who is masked: the people that ``design.masked`` names, else what ``design.masking`` means."""
    if not design.masked:
        return _WORDS[design.masking]
    people = describe_masked(design.masked)
    if design.masking == "double":
        return f"double blind (masked: {people})"
    return f"masked for {people} only"


def describe_masked(people: Sequence[str]) -> str:
    """The people in words; somebody, where they are not listed."""
    return " and ".join(", ".join(people).rsplit(", ", 1)) or "somebody, and does not say whom"


def check_masking(raw: Raw) -> Iterator[str]:
    """``design.masked`` names the people that ``design.masking`` means; only a team that knows the arms may say so."""
    design, blinding = raw.get("design"), raw.get("blinding")
    if not isinstance(design, dict):
        return
    masking, masked = design.get("masking"), _texts(design.get("masked"))
    patients, others = PATIENTS in masked, bool(set(masked) - {PATIENTS})
    fits = {
        "open": not masked,
        "participant": patients and not others,
        "observer": others and not patients,
        "double": patients and others,
    }
    if masked and not fits.get(str(masking), True):
        right = next(name for name, is_right in fits.items() if is_right)
        yield f"design.masked: {masked} is not masking = {masking!r}: write masking = {right!r}, or other people"
    if isinstance(blinding, dict) and blinding.get("arms_known") is True and masking == "double":
        yield (
            "blinding.arms_known: nobody may know the arms of a double-blind study: remove it, "
            "or write masking = 'observer' where the patients and the team know them"
        )
