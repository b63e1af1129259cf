"""Monitoring of a running study as declared in study.toml: stopping rules of a single arm, two arms compared at looks.

Nothing here has a default that decides: without a declared rule an interim report gives no verdict.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(gt=0, lt=1)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Counts = Literal["event", "not an event"]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Toxicity(_Declared):
    """Which adverse event in the window is the event: a treatment-emergent one that meets every criterion given."""

    min_grade: int | None = Field(default=None, ge=1, le=5, description="this grade or a higher one")
    related: Literal["any", "device", "procedure", "cells"] | None = Field(
        default=None, description="possibly related or more: to any part of the treatment, or to this one"
    )
    serious: bool = Field(default=False, description="true: serious events only")
    special_interest: tuple[str, ...] = Field(default=(), description="codes of safety.special_interest, any of them")
    death: Counts = Field(description="whether a death in the window without such an event counts as one")


class StoppingRule(_Declared):
    """A rule that stops a single-arm study when too many patients have an event within a window from the time origin.

    n counts the patients whose potential follow-up reaches the window at the cut, whatever their outcome; events of the
    others are shown apart and enter no comparison.
    """

    id: Code = Field(description="id of the rule; analysis_id of its results")
    title: str = Field(description="title in the report")
    population: str = Field(description="population code")
    confirm: bool = Field(default=False, description="true: proposed by us, to be confirmed")
    confirm_note: str = Field(default="", description="what the source says or does not say")
    endpoint: Literal["death", "toxicity"] = Field(description="death: of any cause; toxicity: by the criteria below")
    toxicity: Toxicity | None = Field(default=None, description="the criteria of endpoint toxicity")
    transplant: Counts = Field(
        description="whether a transplant in the window counts as the event; if not, it is followed through"
    )
    window_days: int = Field(gt=0, description="last follow-up day on which the event counts")
    rule: Literal["pocock", "obrien-fleming", "beta-binomial"] = Field(
        description="shape of the boundary: Pocock type (Ivanova 2005), O'Brien–Fleming type, or posterior probability"
    )
    p0: Probability = Field(description="acceptable probability of the event")
    alpha: Probability = Field(description="bound on the probability of ever stopping when it is p0")
    prior: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] | None = Field(
        default=None, description="a and b of the Beta prior of rule beta-binomial"
    )
    counting: Literal["patients past the window", "follow-up"] = Field(
        description="what events are compared with: patients past the window, or total follow-up of all patients, each "
        "to the window at most (constant hazard assumed)"
    )
    looks: Literal["continuous"] | tuple[int, ...] = Field(
        description="numbers of patients past the window at which to look, or after each; continuous for follow-up"
    )
    n_max: int = Field(gt=0, description="largest number of patients that the rule covers")
    probabilities: tuple[Probability, ...] = Field(
        description="true probabilities of the event at which the rule's characteristics are shown, besides p0"
    )


class FutilityRule(_Declared):
    """Stopping for lack of effect, in a one-sided design: fixed bounds, or spending of beta."""

    bounds: tuple[float, ...] | None = Field(
        default=None, description="z at each planned look but the last, below which the trial stops"
    )
    spending: Literal["lan-demets-obrien-fleming", "lan-demets-pocock", "hwang-shih-decani"] | None = Field(
        default=None, description="function that spends beta"
    )
    parameter: float | None = Field(default=None, description="gamma of hwang-shih-decani")
    binding: bool = Field(description="true: the bounds count in the level, and may not be overruled")


class LookDone(_Declared):
    """An earlier look as it was reported then; it is not computed again from today's data."""

    cutoff: date = Field(description="data cut of the look")
    events: int = Field(gt=0, description="events at it")
    z: float = Field(description="log-rank z at it, positive in favour of the planned effect")


class GroupSequential(_Declared):
    """Group-sequential monitoring of a log-rank test between two arms; information is the number of events.

    Shown where the arms may be compared: in open-label and unblinded studies, and in the closed report.
    """

    id: Code = Field(description="id of its results")
    title: str = Field(description="title in the report")
    confirm: bool = Field(default=False, description="true: proposed by us, to be confirmed")
    confirm_note: str = Field(default="", description="what the source says or does not say")
    analysis: Code = Field(description="id of the survival analysis by arm whose log-rank test is monitored")
    spending: Literal[
        "obrien-fleming",
        "pocock",
        "lan-demets-obrien-fleming",
        "lan-demets-pocock",
        "hwang-shih-decani",
        "haybittle-peto",
    ] = Field(description="shape of the boundary, or function that spends alpha")
    parameter: float | None = Field(
        default=None, description="gamma of hwang-shih-decani, interim z of haybittle-peto (3 when absent)"
    )
    alpha: Probability = Field(description="type I error, of both sides when sided is 2")
    sided: Literal[1, 2] = Field(description="1: tests for the planned effect only; 2: symmetric")
    power: Probability = Field(description="power of the design")
    hazard_ratio: float = Field(gt=0, description="planned hazard ratio of the other arm to the reference arm")
    events: tuple[int, ...] = Field(min_length=1, description="planned events at each look; the last is the largest")
    futility: FutilityRule | None = Field(default=None, description="stopping for lack of effect; absent: none")
    looks_done: tuple[LookDone, ...] = Field(default=(), description="looks before this one, planned or not")


class Monitoring(_Declared):
    """What a safety board decides by."""

    stopping: tuple[StoppingRule, ...] = Field(default=(), description="stopping rules of a single-arm study")
    group_sequential: GroupSequential | None = Field(default=None, description="monitoring of a two-arm comparison")
