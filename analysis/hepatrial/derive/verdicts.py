"""Three-valued answers: a criterion is met, not met, or not assessable on the data (Kleene's logic)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Answer = Literal["met", "not met", "not assessable"]


@dataclass(frozen=True)
class Verdict:
    """An answer with the values it rests on, as text, and the record ids of those values."""

    answer: Answer
    values: str = ""
    records: tuple[str, ...] = ()


def decide(is_met: bool | None, values: str = "", records: Sequence[str] = ()) -> Verdict:
    """Verdict of a leaf; None is not assessable."""
    answer: Answer = "not assessable" if is_met is None else "met" if is_met else "not met"
    return Verdict(answer, values, tuple(records))


def join_all(verdicts: Sequence[Verdict]) -> Verdict:
    """Met when all are; not met as soon as one is not."""
    return _join(verdicts, decisive="not met", otherwise="met")


def join_any(verdicts: Sequence[Verdict]) -> Verdict:
    """Met as soon as one is; not met when none is."""
    return _join(verdicts, decisive="met", otherwise="not met")


def negate(verdict: Verdict) -> Verdict:
    """Met becomes not met and the other way; not assessable stays."""
    opposite: dict[Answer, Answer] = {"met": "not met", "not met": "met", "not assessable": "not assessable"}
    return Verdict(opposite[verdict.answer], verdict.values, verdict.records)


def _join(verdicts: Sequence[Verdict], *, decisive: Answer, otherwise: Answer) -> Verdict:
    answers = {verdict.answer for verdict in verdicts}
    answer: Answer = decisive if decisive in answers else "not assessable" if "not assessable" in answers else otherwise
    values = "; ".join(dict.fromkeys(verdict.values for verdict in verdicts if verdict.values))
    records = tuple(dict.fromkeys(record for verdict in verdicts for record in verdict.records))
    return Verdict(answer, values, records)
