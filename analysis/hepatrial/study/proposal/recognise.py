"""Which variable of a study file an outcome's wording means: survival, transplantation, scores, laboratory values.

A wording that names nothing known stays unrecognised and is listed for a person; nothing is guessed from half a word.
"""

import re
from dataclasses import dataclass

from hepatrial.units import ANALYTES

SHORT = {"OS": re.compile(r"\bOS\b"), "TFS": re.compile(r"\bTFS\b")}
"""Abbreviations, in capitals only."""
TRANSPLANT_FREE = re.compile(r"transplant\w*[\s-]*free|without (?:liver )?transplant")
OTHER_SURVIVAL = re.compile(r"(?:progression|disease|recurrence|relapse|event|tumou?r|graft)[\s-]*(?:free )?survival")
SURVIVAL = re.compile(r"surviv|mortality|\bdeaths?\b|\bdied\b")
TRANSPLANT = re.compile(r"transplant")
ADVERSE = re.compile(r"adverse|safety|side[\s-]effect|toxicit|complication")


@dataclass(frozen=True)
class ScoreWords:
    """A score: how outcomes call it, and the parameters that it is made of."""

    code: str
    label: str
    pattern: re.Pattern[str]
    inputs: tuple[str, ...]
    decimals: int = 0


_ORGANS = ("BILI", "CREAT", "INR", "HEGRADE", "MAP")
SCORE_WORDS = (
    ScoreWords("MELD3", "MELD 3.0 score", re.compile(r"meld[\s-]*3(?:\.0)?\b"),
               ("BILI", "CREAT", "INR", "SODIUM", "ALB")),
    ScoreWords("MELDNA", "MELD-Na score", re.compile(r"meld[\s-]*(?:na\b|sodium)"), ("BILI", "CREAT", "INR", "SODIUM")),
    ScoreWords("MELD", "MELD score", re.compile(r"\bmeld\b|model for end[\s-]*stage liver disease"),
               ("BILI", "CREAT", "INR")),
    ScoreWords("CHILDPUG", "Child–Pugh score", re.compile(r"child(?:[\s–-]*turcotte)?[\s–-]*pugh|\bchild\b|\bctp\b"),
               ("BILI", "ALB", "INR", "ASCITES", "HEGRADE")),
    ScoreWords("COSSH2", "COSSH-ACLF II score", re.compile(r"cossh[\s-]*aclf[\s-]*(?:ii\b|2)"),
               ("INR", "HEGRADE", "NEUT", "BILI", "UREA"), 2),
    ScoreWords("COSSH", "COSSH-ACLF score", re.compile(r"cossh"), ("INR", "BILI", "CREAT", "HEGRADE", "MAP"), 2),
    ScoreWords("CLIFCACL", "CLIF-C ACLF score", re.compile(r"clif[\s-]*c[\s-]*aclf"), (*_ORGANS, "WBC"), 1),
    ScoreWords("CLIFSOFA", "CLIF-SOFA score", re.compile(r"clif[\s-]*sofa"), (*_ORGANS, "PLAT")),
    ScoreWords("AARC", "AARC score", re.compile(r"\baarc\b"), ("BILI", "HEGRADE", "INR", "LACTATE", "CREAT")),
    ScoreWords("ALBI", "ALBI score", re.compile(r"\balbi\b"), ("BILI", "ALB"), 2),
)  # fmt: skip
"""In the order of search: a wording found is taken out, so that MELD 3.0 is not MELD as well."""

_NOT_WORDS = {
    "age",
    "ph",
    "na",
    "k",
    "ca",
    "cl",
    "cr",
    "hb",
    "hr",
    "got",
    "gpt",
    "fib",
    "lac",
    "lym",
    "glu",
    "s/f",
    "p/f",
}
"""Short names that stand for an analyte only in capitals."""


@dataclass(frozen=True)
class Recognised:
    """Variables of a study file that one outcome means.

    ``times_to_event``: OS, TFS or LT; ``scores`` and ``parameters``: codes; ``is_safety``: adverse events.
    """

    times_to_event: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    is_safety: bool = False

    @property
    def is_nothing(self) -> bool:
        return not (self.times_to_event or self.scores or self.parameters or self.is_safety)


def recognise_outcome(measure: str) -> Recognised:
    """What the wording of an outcome measure means.

    Examples
    --------
    >>> recognise_outcome("28-day transplant-free survival and MELD-Na score")
    Recognised(times_to_event=('TFS',), scores=('MELDNA',), parameters=(), is_safety=False)
    """
    text = measure.casefold()
    scores, rest = _find_scores(text)
    return Recognised(
        times_to_event=_find_times(text) or tuple(code for code, word in SHORT.items() if word.search(measure)),
        scores=scores,
        parameters=_find_parameters(measure, rest),
        is_safety=ADVERSE.search(text) is not None,
    )


def _find_times(text: str) -> tuple[str, ...]:
    """OS, TFS, LT; a survival free of something else is none of them."""
    found = []
    if TRANSPLANT_FREE.search(text):
        return ("TFS",)
    if SURVIVAL.search(OTHER_SURVIVAL.sub(" ", text)):
        found.append("OS")
    if TRANSPLANT.search(text) and not OTHER_SURVIVAL.search(text):
        found.append("LT")
    return tuple(found)


def _find_scores(text: str) -> tuple[tuple[str, ...], str]:
    """Scores named, and the text without their names."""
    found = []
    for words in SCORE_WORDS:
        text, n = words.pattern.subn(" ", text)
        found += [words.code] if n else []
    return tuple(found), text


def _find_parameters(measure: str, rest: str) -> tuple[str, ...]:
    codes = []
    for analyte in ANALYTES.values():
        names = {analyte.code, analyte.label, *analyte.names}
        long = [name.casefold() for name in names if len(name) > 3 and name.casefold() not in _NOT_WORDS]
        short = [name.upper() for name in names if len(name) <= 3 or name.casefold() in _NOT_WORDS]
        if _names(long, rest) or _names(short, measure):
            codes.append(analyte.code)
    return tuple(codes)


def _names(words: list[str], text: str) -> bool:
    pattern = "|".join(re.escape(word) for word in words)
    return bool(words) and re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", text) is not None
