"""Planned analyses of a response at a visit: who responds, what death and transplant mean for it, how arms compare."""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import Closed, ConfLevel, Planned, Samples, Subgroup


class ResponseRule(Closed):
    """What counts as a response: ``{ op = "<=", value = 6 }``."""

    of: Literal["value", "change from baseline", "per cent change from baseline"] = Field(
        default="value", description="what is judged"
    )
    op: Literal["<", "<=", ">=", ">"] = Field(description="comparator")
    value: float = Field(description="value compared with")


class ScoreClass(Closed):
    """A class of a score or parameter; a value is in the first class whose ``to`` is not below it."""

    label: str = Field(description="label in tables; level of its results")
    to: float | None = Field(default=None, description="highest value of the class; absent: no upper end")


class ProportionComparison(Closed):
    """Each arm against the reference arm."""

    measure: Literal["difference", "risk ratio", "odds ratio"] = Field(description="what is estimated")
    conf_type: Literal["miettinen-nurminen", "newcombe", "exact", "mantel-haenszel", "wald"] = Field(
        description="interval: score, Newcombe (difference), exact (difference: Chan–Zhang; odds ratio: conditional); "
        "with strata Mantel–Haenszel (difference: Sato's variance), or the stratified score interval of a difference; "
        "over imputations wald, newcombe, or mantel-haenszel with strata"
    )
    test: Literal["fisher", "barnard", "boschloo", "pearson", "cmh", "rubin", "none"] = Field(
        description="two-sided test; with strata cmh (Cochran–Mantel–Haenszel) or none; over imputations rubin or none"
    )
    strata: str = Field(default="", description="column of ADSL with the strata; empty: not stratified")
    tipping_point: bool = Field(
        default=False,
        description="true: the comparison again for every number of responders among the missing of each arm",
    )
    subgroups: tuple[Subgroup, ...] = Field(default=(), description="subgroups in which it is estimated again")


class ResponseImputation(Closed):
    """How a missing response is imputed: from the patients with a value, by a logistic model that has the arm.

    The draws come from the study's seed and the id of the analysis.
    """

    terms: tuple[str, ...] = Field(
        description="terms of the model beside the arm: BASE (baseline of the parameter), columns of ADSL"
    )
    separation: Literal["firth", "fail"] = Field(
        description="measured responses that the terms separate: Firth's penalty always, or the analysis fails"
    )
    n_imputations: int = Field(ge=2, description="number of imputations, such as 100")


class ProportionAnalysis(Planned):
    """Patients in response at a visit, of the population.

    Death is never missing data: whoever died by the visit's target day, or without a value by the end of its window,
    has no response. A patient without a value whose window had not ended at the data cut is not counted yet.
    """

    method: Literal["proportion"]
    parameter: str = Field(description="parameter or score code")
    visit: str = Field(description="visit code")
    response: ResponseRule = Field(description="what counts as a response")
    death: Literal["not response"] = Field(description="death before the visit: composite strategy")
    transplant: Literal["not response", "as measured"] = Field(
        description="transplant before the visit: no response, or judged by the value after it (treatment policy)"
    )
    missing: Literal["not response", "left out", "multiple imputation"] = Field(
        description="alive without a value: no response, not in the denominator, or imputed (never after death)"
    )
    imputation: ResponseImputation | None = Field(
        default=None, description="model of multiple imputation, which needs it; absent otherwise"
    )
    conf_type: Literal["clopper-pearson", "wilson", "jeffreys", "mid-p"] = Field(
        description="interval of each arm's proportion"
    )
    conf_level: ConfLevel = Field(description="confidence level, such as 0.95")
    baseline_classes: tuple[ScoreClass, ...] = Field(
        default=(), description="classes of the baseline value, from low to high, in which responders are counted too"
    )
    samples: Samples = Field(
        default="all",
        description="undisturbed: a sensitivity analysis of ADLBSENS, without samples soon after a session or blood "
        "product (visit_rule)",
    )
    comparison: ProportionComparison | None = Field(default=None, description="comparison of the arms; absent: none")


class StatesAnalysis(Planned):
    """Patients in each class of a score at each visit, beside those who died, were transplanted or have no value.

    At every visit the counts sum to the population: nobody is lost from the denominator.
    """

    method: Literal["states"]
    parameter: str = Field(description="parameter or score code")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes")
    classes: tuple[ScoreClass, ...] = Field(min_length=1, description="classes, from low to high")
