"""The shape of a CTCAE laboratory criterion.

A term is a list of steps. A step says: this grade is reached when the value is beyond so many times a basis
(upper or lower limit of normal, baseline) or beyond a printed number, for rows where its condition holds. The
grade of a row is the highest one reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Basis = Literal["printed", "upper", "lower", "baseline", "upper and baseline"]
Operator = Literal[">", ">=", "<", "<="]
Condition = Literal[
    "always",
    "baseline high",
    "baseline not high",
    "baseline low",
    "baseline not low",
    "symptoms",
    "anticoagulated",
]
Symptoms = Literal["worst-case", "none"]
Version = Literal["5.0", "6.0"]


@dataclass(frozen=True)
class Step:
    """``grade`` is reached when value ``operator`` multiple x basis (or the printed number of the unit)."""

    grade: int
    operator: Operator
    basis: Basis
    multiple: float = 1.0
    printed: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    condition: Condition = "always"


@dataclass(frozen=True)
class LabTerm:
    """A CTCAE term graded on one analyte. ``not_gradable`` says why a term has no laboratory limits."""

    term: str
    analyte_code: str
    steps: tuple[Step, ...]
    note: str = ""
    not_gradable: str = ""


def above_upper(multiples: Mapping[int, float], condition: Condition = "always") -> tuple[Step, ...]:
    """Grade: multiple of the upper limit that it begins above."""
    return tuple(Step(grade, ">", "upper", times, condition=condition) for grade, times in multiples.items())


def above_baseline(multiples: Mapping[int, float], condition: Condition, *, first: Operator = ">") -> tuple[Step, ...]:
    """Grade: multiple of baseline that it begins above; ``first`` is the operator of grade 1."""
    return tuple(
        Step(grade, first if grade == 1 else ">", "baseline", times, condition=condition)
        for grade, times in multiples.items()
    )


def beyond(
    operator: Operator, limits: Mapping[int, Mapping[str, float]], condition: Condition = "always"
) -> tuple[Step, ...]:
    """Grade: the number, in each unit that CTCAE prints, that it begins beyond."""
    return tuple(
        Step(grade, operator, "printed", printed=MappingProxyType(dict(printed)), condition=condition)
        for grade, printed in limits.items()
    )


def injury(upper: Mapping[int, float], baseline: Mapping[int, float], first: Operator = ">=") -> tuple[Step, ...]:
    """Multiples of the upper limit from a normal baseline, of baseline from an abnormal one."""
    return above_upper(upper, "baseline not high") + above_baseline(baseline, "baseline high", first=first)


BELOW_NORMAL: Final = (Step(1, "<", "lower"),)
ABOVE_NORMAL: Final = (Step(1, ">", "upper"),)
