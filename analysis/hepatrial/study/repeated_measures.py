"""Planned analyses of repeated measures: models of a parameter over visits.

``fixed`` names columns, never a formula: a text is a column, a list of columns is crossed (its main effects and all
their interactions).
"""

from typing import Literal

from pydantic import Field

from hepatrial.study.planned import ConfLevel, Planned

Structure = Literal["us", "toeph", "toep", "ar1h", "ar1", "csh", "cs", "adh", "ad"]
FIXED = (
    "fixed effects: columns, and lists of columns that are crossed (main effects and interactions). TRT01P the arm, "
    "AVISIT the visit, BASE the baseline (its logarithm on the log scale), or a column of ADSL"
)
CONF_LEVEL = "confidence level, such as 0.95"


class TrajectoryAnalysis(Planned):
    """Mixed model of a parameter over time with random effects by patient (REML); what it would be had nobody died.

    Visits as a factor: one value a patient and visit, crossed with the arm where by_arm. Time as a number: every
    measurement from the baseline on, at its day; means are those at the target days of the visits.
    """

    method: Literal["mixed model"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters and scores")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes")
    death_strategy: Literal["hypothetical"] = Field(description="as if nobody had died")
    time: Literal["visits", "days", "years"] = Field(
        default="visits", description="time as a factor of visits, or a number (TIME): days, or years of 365.25 days"
    )
    random: Literal["intercept", "intercept and slope"] = Field(
        default="intercept", description="what differs between patients; a slope needs time as a number"
    )
    fixed: tuple[str | tuple[str, ...], ...] = Field(
        default=(),
        description="with time as a number: fixed effects as for mmrm, with TIME for AVISIT and no BASE",
    )
    df: Literal["residual", "satterthwaite", "kenward-roger"] = Field(
        description="degrees of freedom of tests and intervals"
    )
    comparison: Literal["reference"] | None = Field(
        default=None, description="difference of each arm to the reference arm: of slopes, and of means by visit"
    )
    diagnostics: bool = Field(
        default=False, description="true: residuals of every value and influence of every patient"
    )
    conf_level: ConfLevel = Field(description=CONF_LEVEL)


class MmrmAnalysis(Planned):
    """Mixed model for repeated measures (REML): a covariance over visits; what it would be had nobody died.

    On the log scale of a parameter the model is of logarithms, and results are geometric means and their ratios.
    Values of patients after transplantation and values carried forward (DTYPE LOCF and the like) never enter.
    """

    method: Literal["mmrm"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters and scores, a model each")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes")
    death_strategy: Literal["hypothetical"] = Field(description="as if nobody had died")
    response: Literal["value", "change"] = Field(
        description="what is modelled: the value, or its change from baseline (on the log scale the log ratio)"
    )
    fixed: tuple[str | tuple[str, ...], ...] = Field(min_length=1, description=FIXED)
    constrained_baseline: bool = Field(
        default=False,
        description="true: the baseline is a visit of the model, with one mean for all arms (constrained longitudinal "
        "data analysis)",
    )
    covariance: Structure = Field(
        description="covariance over visits: us unstructured, toep Toeplitz, ar1 autoregressive, cs compound "
        "symmetry, ad ante-dependence; with h, a variance for each visit"
    )
    covariance_group: str = Field(
        default="", description="column with one covariance matrix for each of its levels, such as TRT01P; empty: one"
    )
    fallback: tuple[Structure, ...] = Field(
        default=(), description="structures tried in this order where the first is refused or does not converge"
    )
    df: Literal["residual", "between-within", "satterthwaite", "kenward-roger", "kenward-roger-linear"] = Field(
        description="degrees of freedom: kenward-roger-linear is SAS's, kenward-roger that of R mmrm"
    )
    sandwich: Literal["CR0", "CR2", "CR3"] | None = Field(
        default=None, description="robust standard errors by patient, not with Kenward-Roger; absent: of the model"
    )
    margins: Literal["equal", "proportional", "observed"] = Field(
        description="weights of the other factors in a least-squares mean: equal, as all rows (SAS OM), as in the cell"
    )
    comparison: Literal["reference", "all pairs"] | None = Field(
        default=None,
        description="difference by visit (ratio on the log scale) of each arm to the reference arm, or of all pairs",
    )
    diagnostics: bool = Field(
        default=False, description="true: residuals of every value and influence of every patient"
    )
    conf_level: ConfLevel = Field(description=CONF_LEVEL)


class GeeAnalysis(Planned):
    """Independence estimating equations: differences among those alive on the native liver at each visit.

    Robust standard errors by patient. On the log scale of a parameter, geometric means and their ratios.
    """

    method: Literal["gee"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters and scores, a model each")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes")
    death_strategy: Literal["while-alive"] = Field(description="among those alive on the native liver")
    response: Literal["value", "change"] = Field(
        description="what is modelled: the value, or its change from baseline (on the log scale the log ratio)"
    )
    fixed: tuple[str | tuple[str, ...], ...] = Field(min_length=1, description=FIXED)
    sandwich: Literal["CR0", "CR2", "CR3"] = Field(
        description="robust standard errors by patient: CR0 plain, CR2 corrected for small samples, CR3 jackknife"
    )
    df: Literal["satterthwaite", "residual"] = Field(description="degrees of freedom; satterthwaite is Bell-McCaffrey")
    margins: Literal["equal", "proportional", "observed"] = Field(
        description="weights of the other factors in a least-squares mean: equal, as all rows (SAS OM), as in the cell"
    )
    comparison: Literal["reference", "all pairs"] | None = Field(
        default=None,
        description="difference by visit (ratio on the log scale) of each arm to the reference arm, or of all pairs",
    )
    conf_level: ConfLevel = Field(description=CONF_LEVEL)


class CompositeAnalysis(Planned):
    """Worst rank: each arm compared with the reference arm at each visit, death ranked below every value.

    Win probability (share of pairs that the arm wins, ties one half) with its odds, and the Wilcoxon rank test.
    """

    method: Literal["composite"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters and scores")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes, a comparison each; not the baseline")
    death_strategy: Literal["composite"] = Field(description="death is part of the outcome")
    worst: tuple[Literal["death", "transplant"], ...] = Field(
        min_length=1, description="what ranks below every value when it came by the target day, the earlier the worse"
    )
    response: Literal["value", "change"] = Field(description="what is ranked among the others")
    better: Literal["high", "low"] = Field(description="which values are better")
    missing: Literal["exclude"] = Field(description="who is alive without a value is left out, and counted")
    conf_level: ConfLevel = Field(description=CONF_LEVEL)


Summary = Literal["area", "mean level", "slope", "maximum change", "day of normal"]


class TrajectorySummaryAnalysis(Planned):
    """One number a patient of the course over a window of days, described by arm; nothing is carried forward.

    From the analysed values at the visits, alive on the native liver. A patient who lacks what a summary needs (an area
    needs a value at or beyond both ends of the window) is counted as not estimable.
    """

    method: Literal["trajectory summary"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters and scores")
    visits: tuple[str, ...] = Field(min_length=2, description="visit codes whose values make the trajectory")
    death_strategy: Literal["while-alive"] = Field(description="among those alive on the native liver")
    window: tuple[int, int] = Field(description="first and last follow-up day of the window")
    summaries: tuple[Summary, ...] = Field(
        min_length=1,
        description="area under the curve (unit times days), mean level (area by days), slope (a day; on the log scale "
        "a ratio a day), change from the first value that is largest in size (log scale: ratio), day of the first "
        "normal value after an abnormal one",
    )
    normal: dict[str, tuple[float, float]] = Field(
        default={}, description="parameter = lowest and highest normal value, for the day of normal"
    )


class CensoredAnalysis(Planned):
    """Random-intercept model by maximum likelihood, with values beyond the limits of quantification.

    A value below or above a limit enters as the probability of lying there; beside it, the same model of the values
    that the study file substitutes for them. Normal (Wald) intervals. As if nobody had died.
    """

    method: Literal["censored model"]
    parameters: tuple[str, ...] = Field(min_length=1, description="parameters with limits of quantification")
    visits: tuple[str, ...] = Field(min_length=1, description="visit codes")
    death_strategy: Literal["hypothetical"] = Field(description="as if nobody had died")
    comparison: Literal["reference"] | None = Field(
        default=None, description="difference of each arm to the reference arm by visit (ratio on the log scale)"
    )
    conf_level: ConfLevel = Field(description=CONF_LEVEL)
