"""Planned analyses: one frozen model a method, each option written in the study file.

``method`` picks the model. ``id`` is the ``analysis_id`` of every result row it makes.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hepatrial.study.historical import HistoricalRate
from hepatrial.study.missing_data import ImputationAnalysis, MissingnessAnalysis
from hepatrial.study.multiplicity import MultiplicityAnalysis
from hepatrial.study.planned import ConfLevel, ConfType, Samples
from hepatrial.study.planned import Planned as _Planned
from hepatrial.study.rank_analyses import OrdinalAnalysis, WinsAnalysis
from hepatrial.study.repeated_measures import (
    CensoredAnalysis,
    CompositeAnalysis,
    GeeAnalysis,
    MmrmAnalysis,
    TrajectoryAnalysis,
    TrajectorySummaryAnalysis,
)
from hepatrial.study.response_analyses import ProportionAnalysis, StatesAnalysis
from hepatrial.study.safety_analyses import (
    AdverseEventAnalysis,
    AdverseEventTimeAnalysis,
    DeathsAnalysis,
    LaboratoryLevelsAnalysis,
    LaboratoryShiftAnalysis,
    LiverInjuryAnalysis,
    MedicationsAnalysis,
)
from hepatrial.study.survival_comparison import IncidenceModels, SurvivalComparison


class DispositionAnalysis(_Planned):
    """Counts from the ledger and ADSL."""

    method: Literal["disposition"]
    total: bool = Field(default=False, description="true: all arms together as well, beside the arms")


class BaselineComparison(BaseModel):
    """Tests between the arms at baseline; CONSORT advises against them where arms were randomised."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    numbers: Literal["anova"] = Field(description="test of a number: one-way analysis of variance")
    categories: Literal["chi-square"] = Field(description="test of categories: Pearson, without correction")


class BaselineAnalysis(_Planned):
    """Baseline characteristics: ADSL columns and parameters at baseline; n, mean, SD, median, quartiles, range."""

    method: Literal["baseline"]
    columns: tuple[str, ...] = Field(
        default=(), description="columns of ADSL: AGE, SEX, AETIOL, STAGE, STRATUM, SITEID, or subject variables"
    )
    parameters: tuple[str, ...] = Field(default=(), description="parameters and scores at baseline")
    total: bool = Field(default=False, description="true: all arms together as well, beside the arms")
    comparison: BaselineComparison | None = Field(default=None, description="tests between the arms; absent: none")


class EligibilityAnalysis(_Planned):
    """Per criterion: met on the data, not met, not assessable, disagreement with the investigator."""

    method: Literal["eligibility"]


class ExposureAnalysis(_Planned):
    """Sessions per patient, duration, completed as planned."""

    method: Literal["exposure"]


class SpecimensAnalysis(_Planned):
    """Collected of expected, by kind and visit."""

    method: Literal["specimens"]


class SurvivalAnalysis(_Planned):
    """Kaplan–Meier of one time-to-event parameter: fixed days, quantiles, and a comparison between arms."""

    method: Literal["survival"]
    parameter: str = Field(description="time-to-event code")
    days: tuple[int, ...] = Field(description="fixed follow-up days")
    conf_type: ConfType = Field(description="transformation of the interval")
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
    quantiles: tuple[float, ...] = Field(
        default=(), description="probabilities of having had the event, such as 0.5 for the median"
    )
    comparison: SurvivalComparison | None = Field(default=None, description="comparison of the arms; absent: none")
    historical: HistoricalRate | None = Field(
        default=None, description="exact one-sample comparison with a historical rate; absent: none"
    )
    second_randomisation: bool = Field(
        default=False,
        description="true: of the patients randomised a second time, by the arm of that randomisation; the parameter "
        "starts on its day",
    )


class CumulativeIncidenceAnalysis(_Planned):
    """Aalen–Johansen cumulative incidence of the event with the competing ones.

    ``small-sample``: Clopper–Pearson of events over patients while nobody has been censored before the day, else
    log-log; with no event yet, every type gives the exact upper bound.
    """

    method: Literal["cumulative incidence"]
    parameter: str = Field(description="time-to-event code")
    days: tuple[int, ...] = Field(description="fixed follow-up days")
    conf_type: Literal["plain", "log", "log-log", "small-sample"] = Field(description="transformation of the interval")
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
    comparison: Literal["gray"] | None = Field(default=None, description="test between the arms; absent: none")
    models: IncidenceModels | None = Field(default=None, description="hazard ratios of the arms; absent: none")


class ByVisitAnalysis(_Planned):
    """Per visit among patients alive on native liver: n, median, quartiles, geometric mean, paired change."""

    method: Literal["by visit"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters and scores")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes")
    death_strategy: Literal["while-alive"] = Field(description="among those alive on the native liver")
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
    min_pairs: int = Field(ge=2, description="paired change is not estimable below this many pairs")
    samples: Samples = Field(
        default="all",
        description="undisturbed: a sensitivity analysis of ADLBSENS, without samples soon after a session or blood "
        "product (visit_rule)",
    )


Analysis = Annotated[
    DispositionAnalysis
    | BaselineAnalysis
    | EligibilityAnalysis
    | ExposureAnalysis
    | SpecimensAnalysis
    | SurvivalAnalysis
    | CumulativeIncidenceAnalysis
    | ProportionAnalysis
    | StatesAnalysis
    | OrdinalAnalysis
    | WinsAnalysis
    | MultiplicityAnalysis
    | ByVisitAnalysis
    | TrajectoryAnalysis
    | MmrmAnalysis
    | GeeAnalysis
    | CompositeAnalysis
    | MissingnessAnalysis
    | ImputationAnalysis
    | TrajectorySummaryAnalysis
    | CensoredAnalysis
    | AdverseEventAnalysis
    | AdverseEventTimeAnalysis
    | DeathsAnalysis
    | MedicationsAnalysis
    | LaboratoryShiftAnalysis
    | LiverInjuryAnalysis
    | LaboratoryLevelsAnalysis,
    Field(discriminator="method"),
]
