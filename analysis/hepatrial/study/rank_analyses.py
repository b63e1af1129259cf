"""Planned analyses of an order: a score or class at a visit, and hierarchical outcomes compared by pairs."""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import Closed, ConfLevel, Planned
from hepatrial.study.response_analyses import ScoreClass


class OrdinalComparison(Closed):
    """Each arm against the reference arm; the Mann–Whitney probability is always given."""

    wilcoxon: Literal["exact", "asymptotic"] | None = Field(
        default=None, description="Wilcoxon rank-sum test, by all permutations or normal; absent: none"
    )
    shift: bool = Field(
        default=False, description="true: Hodges–Lehmann shift of the values; needs wilcoxon and death = while alive"
    )
    proportional_odds: bool = Field(description="true: common odds ratio of a better level")


class OrdinalAnalysis(Planned):
    """A score or class at a visit as an order; who died before it by the rule of a response (method proportion)."""

    method: Literal["ordinal"]
    parameter: str = Field(description="parameter or score code")
    visit: str = Field(description="visit code")
    worse: Literal["high", "low"] = Field(description="which side is worse")
    death: Literal["worst rank", "while alive"] = Field(
        description="died before the visit: worse than any value, or only those alive are described and compared"
    )
    transplant: Literal["as death", "next to death", "as measured"] = Field(
        description="transplanted before the visit: as death, between death and any value, or by the value after it"
    )
    missing: Literal["left out"] = Field(description="alive without a value: not compared, counted in the table")
    classes: tuple[ScoreClass, ...] = Field(
        default=(), description="classes of the value, from low to high; empty: every value is a level of its own"
    )
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
    comparison: OrdinalComparison | None = Field(default=None, description="comparison of the arms; absent: none")


class WinComponent(Closed):
    """One outcome of the hierarchy: a time to an event (later is better), or a value at a visit."""

    label: str = Field(description="label in the table")
    parameter: str = Field(description="time-to-event code; with visit a parameter or score code")
    visit: str = Field(default="", description="visit of a value; empty: a time to an event")
    worse: Literal["high", "low"] | None = Field(default=None, description="of a value, which side is worse")
    margin: float = Field(default=0.0, ge=0, description="a pair differs in a value by more than this, else it is tied")


class WinsAnalysis(Planned):
    """Every patient of an arm against every patient of the reference arm, on the first component that decides.

    A pair whose order is not known (censored before the other's event, no value) goes on to the next component.
    """

    method: Literal["wins"]
    components: tuple[WinComponent, ...] = Field(
        min_length=1, description="from the most important on, such as death, transplant, Child–Pugh score"
    )
    p_value: Literal["asymptotic", "permutation"] = Field(
        description="of the Finkelstein–Schoenfeld test; permutation: exact where countable, else the study's seed"
    )
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
