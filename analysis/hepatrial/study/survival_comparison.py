"""How the arms are compared in a time-to-event analysis: test, hazard ratio, and differences at declared days."""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import Closed, Subgroup


class SurvivalComparison(Closed):
    """Comparison of the curves between arms; never in a single-arm study."""

    test: Literal["log-rank", "stratified log-rank", "gehan", "tarone-ware", "fleming-harrington"] = Field(
        description="test between the arms; the weighted ones are stratified where strata is given"
    )
    rho: float = Field(default=0.0, ge=0, description="Fleming–Harrington: weight S^rho, early differences")
    gamma: float = Field(default=0.0, ge=0, description="Fleming–Harrington: weight (1 - S)^gamma, late differences")
    p_value: Literal["asymptotic", "permutation"] = Field(
        default="asymptotic",
        description="of the test; permutation: allocations within strata, all of them where their sums can be counted, "
        "else drawn with the study's seed; assumes equal censoring in the arms",
    )
    permutations: int = Field(default=100_000, ge=1000, description="allocations drawn where they cannot be counted")
    strata: str = Field(default="", description="column of ADSL with the strata of test and Cox model; empty: none")
    hazard_ratio: bool = Field(description="true: Cox hazard ratio of each arm to the reference arm")
    ties: Literal["efron", "breslow", "exact"] = Field(description="how tied event times enter the Cox model")
    covariates: tuple[str, ...] = Field(default=(), description="columns of ADSL that adjust the Cox model")
    firth_fallback: bool = Field(
        default=False,
        description="true: where the Cox model has no finite estimate (an arm without events), Firth's penalised fit "
        "with profile limits, disclosed; false: failed with the reason",
    )
    proportional_hazards: bool = Field(default=False, description="true: score test of proportional hazards (cox.zph)")
    fixed_days: Literal["plain", "log", "cloglog", "logit", "arcsin", "melded"] | None = Field(
        default=None, description="scale of the test of survival at each fixed day (melded: exact); absent: no test"
    )
    number_needed_to_treat: bool = Field(default=False, description="true: 1 / difference at each fixed day as well")
    restricted_mean_day: int | None = Field(
        default=None,
        gt=0,
        description="mean survival time of each arm up to this day, their difference and ratio; absent: none",
    )
    subgroups: tuple[Subgroup, ...] = Field(
        default=(), description="subgroups with their hazard ratios; needs hazard_ratio"
    )


class IncidenceModels(Closed):
    """Hazard ratios beside Gray's test; each answers another question, so a study says which."""

    cause_specific: bool = Field(description="true: Cox models of the event and of the competing events")
    fine_gray: bool = Field(description="true: Fine–Gray model of the event's subdistribution (R: cmprsk::crr)")
    ties: Literal["efron", "breslow"] = Field(description="how tied event times enter the cause-specific models")
