"""The guard of every ``fit_*``: a model formula may hold names and operators, nothing else.

To formulaic a formula is code: it evaluates calls, ``{...}`` and quoted text. A string from a file must
never reach it unread, so each one is split into tokens here first, and anything but a column name, a whole
number or one of ``~ + - * : / ^ ** ( )`` is refused. A transformed variable is a column that the caller
makes.
"""

import re
from dataclasses import dataclass

from ..errors import EstimateError

_TOKEN = re.compile(r"\s*(?:(?P<name>[^\W\d]\w*)|(?P<number>\d+)(?![\w.])|(?P<operator>\*\*|[~+\-*:/^()]))")


@dataclass(frozen=True)
class ModelFormula:
    """A checked formula: the outcome column, the right-hand side, and the columns that it names."""

    response: str
    rhs: str
    columns: tuple[str, ...]


def split_tokens(formula: str) -> list[tuple[str, str]]:
    """Kind and text of each token; anything that is no name, whole number or operator is refused."""
    tokens, position, text = [], 0, formula.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise EstimateError(
                f"formula {formula!r}: {text[position:].lstrip()[:1]!r} is not allowed; only names, whole "
                "numbers and ~ + - * : / ^ ** ( ) are (make a transformed variable as a column first)"
            )
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


def _refuse_calls(formula: str, tokens: list[tuple[str, str]]) -> None:
    for (kind, text), (_, after) in zip(tokens, tokens[1:], strict=False):
        if kind == "name" and after == "(":
            raise EstimateError(f"formula {formula!r}: {text}(...) is a function call; make it a column first")


def parse_terms(rhs: str) -> tuple[str, ...]:
    """Column names of a right-hand side, in order, once the guard has let it through."""
    tokens = split_tokens(rhs)
    if any(text == "~" for _, text in tokens):
        raise EstimateError(f"formula {rhs!r}: `~` is not allowed here")
    _refuse_calls(rhs, tokens)
    return tuple(dict.fromkeys(text for kind, text in tokens if kind == "name"))


def parse_formula(formula: str) -> ModelFormula:
    """Check ``outcome ~ terms`` and split it.

    Raises
    ------
    EstimateError
        A token other than names, whole numbers and operators; a function call; no or more than one ``~``;
        an outcome that is not a single column.
    """
    split_tokens(formula)
    sides = formula.split("~")
    if len(sides) != 2 or not sides[1].strip():
        raise EstimateError(f"formula {formula!r}: write it as `outcome ~ terms`")
    response = sides[0].strip()
    if [kind for kind, _ in split_tokens(response)] != ["name"]:
        raise EstimateError(f"formula {formula!r}: the outcome must be one column, not {response!r}")
    return ModelFormula(response, sides[1].strip(), parse_terms(sides[1]))
