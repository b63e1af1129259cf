"""Planned analyses: one frozen model a method, each option written in the study file.

``method`` picks the model. ``id`` is the ``analysis_id`` of every result row it makes.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ConfType = Literal["plain", "log", "log-log", "logit", "arcsin", "peto", "beta-product", "clopper-pearson"]
ConfLevel = Annotated[float, Field(gt=0.5, lt=1)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Planned(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Code
    title: str
    population: str
    by_arm: bool = Field(default=False, description="one group per arm as randomised; else all together")
    confirm: bool = False
    confirm_note: str = ""


class DispositionAnalysis(_Planned):
    """Counts from the ledger and ADSL."""

    method: Literal["disposition"]


class BaselineAnalysis(_Planned):
    """Baseline characteristics: ADSL columns and parameters at baseline; n, mean, SD, median, quartiles, range."""

    method: Literal["baseline"]
    columns: tuple[Literal["AGE", "SEX", "AETIOL", "STAGE", "STRATUM", "SITEID"], ...] = ()
    parameters: tuple[str, ...] = ()


class EligibilityAnalysis(_Planned):
    """Per criterion: met on the data, not met, not assessable, disagreement with the investigator."""

    method: Literal["eligibility"]


class ExposureAnalysis(_Planned):
    """Sessions per patient, duration, completed as planned."""

    method: Literal["exposure"]


class SpecimensAnalysis(_Planned):
    """Collected of expected, by kind and visit."""

    method: Literal["specimens"]


class SurvivalComparison(BaseModel):
    """Two-arm comparison of the curves; never in a single-arm study."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    test: Literal["log-rank"]
    hazard_ratio: bool
    ties: Literal["efron", "breslow", "exact"]


class SurvivalAnalysis(_Planned):
    """Kaplan–Meier of one time-to-event parameter: fixed days, quantiles, and a comparison between arms."""

    method: Literal["survival"]
    parameter: str
    days: tuple[int, ...]
    conf_type: ConfType
    conf_level: ConfLevel
    quantiles: tuple[float, ...] = ()
    comparison: SurvivalComparison | None = None


class CumulativeIncidenceAnalysis(_Planned):
    """Aalen–Johansen cumulative incidence of the event with the competing ones.

    ``small-sample``: Clopper–Pearson of events over patients while nobody has been censored before the day, else
    log-log; with no event yet, every type gives the exact upper bound.
    """

    method: Literal["cumulative incidence"]
    parameter: str
    days: tuple[int, ...]
    conf_type: Literal["plain", "log", "log-log", "small-sample"]
    conf_level: ConfLevel
    comparison: Literal["gray"] | None = None


class ByVisitAnalysis(_Planned):
    """Per visit among patients alive on native liver: n, median, quartiles, geometric mean, paired change."""

    method: Literal["by visit"]
    parameters: tuple[str, ...] = Field(min_length=1)
    visits: tuple[str, ...] = Field(min_length=1)
    death_strategy: Literal["while-alive"]
    conf_level: ConfLevel
    min_pairs: int = Field(ge=2, description="paired change is not estimable below this many pairs")


class TrajectoryAnalysis(_Planned):
    """Mixed model of a parameter over visits with a random intercept; what it would be had nobody died."""

    method: Literal["mixed model"]
    parameters: tuple[str, ...] = Field(min_length=1)
    visits: tuple[str, ...] = Field(min_length=1)
    death_strategy: Literal["hypothetical"]
    df: Literal["residual", "satterthwaite", "kenward-roger"]
    conf_level: ConfLevel


class AdverseEventAnalysis(_Planned):
    """Events and patients: any, related, serious, by grade, on therapy, per patient and per session."""

    method: Literal["adverse events"]
    conf_level: ConfLevel


Analysis = Annotated[
    DispositionAnalysis
    | BaselineAnalysis
    | EligibilityAnalysis
    | ExposureAnalysis
    | SpecimensAnalysis
    | SurvivalAnalysis
    | CumulativeIncidenceAnalysis
    | ByVisitAnalysis
    | TrajectoryAnalysis
    | AdverseEventAnalysis,
    Field(discriminator="method"),
]
