"""Sentences on values over visits: descriptive, mixed models, estimating equations, worst ranks."""

from typing import Any

from hepatrial.render.methods.kinds import SAMPLES, Choices, Leads, Values
from hepatrial.render.methods.names import STRUCTURES

_WHILE_ALIVE = (
    "Patients count while they are alive on their native liver: a value after death does not exist [@kurland]."
)
_HYPOTHETICAL = (
    "The model says what would be seen if nobody had died; death is not missing data, so it is read beside survival."
)
_RESPONSE = {
    "value": "The value was modelled (its logarithm for parameters on the log scale).",
    "change": "The change from baseline was modelled (the log ratio for parameters on the log scale).",
}
_DF = {
    "residual": "Degrees of freedom are the residual ones.",
    "between-within": "Degrees of freedom are between and within patients [@schluchter].",
    "satterthwaite": "Degrees of freedom are Satterthwaite's [@satterthwaite].",
    "kenward-roger": "Covariance and degrees of freedom are adjusted as by Kenward and Roger [@kenward].",
    "kenward-roger-linear": "Covariance and degrees of freedom are adjusted as by Kenward and Roger, with the "
    "covariance "
    "linear in its parameters, as SAS does [@kenward].",
}
_SANDWICH = {
    "CR0": "Standard errors are robust, by patient [@liang].",
    "CR2": "Standard errors are robust, by patient, with the bias-reduced correction for small samples [@pustejovsky].",
    "CR3": "Standard errors are robust, by patient, with the jackknife correction for small samples [@mancl].",
}
_MARGINS = {
    "equal": "Least-squares means give every level of the other factors the same weight [@searle].",
    "proportional": "Least-squares means weight the other factors as all rows do (SAS OM) [@searle].",
    "observed": "Least-squares means weight the other factors as the rows of the cell do [@searle].",
}
_PAIRS = {
    "reference": "Each arm was compared with the reference arm at every visit.",
    "all pairs": "All pairs of arms were compared at every visit.",
}
_LEAD = "{parameters}{population} at visits {visits}, with {conf} confidence intervals."

LEADS: Leads = {
    "ByVisitAnalysis": "Values were described by visit (n, median, quartiles, range; geometric mean for parameters on "
    "the "
    f"log scale), and changes from baseline by paired t intervals{{arms}}: {_LEAD}",
    "TrajectoryAnalysis": "A linear mixed model with random effects of the patient was fitted by restricted maximum "
    f"likelihood [@laird]: {_LEAD}",
    "TrajectorySummaryAnalysis": "The course of each patient was summarised by one number and described{arms}: "
    "{parameters}{population}, from the values at {visits}. A patient who lacks what a summary needs is not estimable.",
    "CensoredAnalysis": "A random-intercept model was fitted by maximum likelihood, in which a value beyond a limit of "
    f"quantification enters as the probability of lying there [@hughes]: {_LEAD}",
    "MissingnessAnalysis": "At each visit patients were counted who have a value, and why the others have none (died, "
    "transplanted, withdrawn, not yet due, missing): {parameters}{population} at {visits}.",
    "ImputationAnalysis": "Values missing while the patient was alive on the native liver were imputed under a model "
    "of the "
    "arms [@carpenter], and the arms compared at {visit} by analysis of covariance{population}.",
    "MmrmAnalysis": f"A mixed model for repeated measures was fitted by restricted maximum likelihood to each "
    f"parameter "
    f"[@mallinckrodt]: {_LEAD}",
    "GeeAnalysis": f"A linear model was fitted by independence estimating equations to each parameter [@kurland]: "
    f"{_LEAD}",
    "CompositeAnalysis": f"Arms were compared with death ranked below every value [@lachin], by the win probability "
    f"(ties one "
    f"half), its odds, and the Wilcoxon rank test [@pocock]: {_LEAD}",
}
VALUES: Values = {
    ("ByVisitAnalysis", "min_pairs"): "A paired change from fewer than {value} patients is not estimable.",
    ("TrajectoryAnalysis", "fixed"): "Fixed effects: {value}.",
    ("TrajectorySummaryAnalysis", "window"): "First and last day of the window: {value}.",
    ("TrajectorySummaryAnalysis", "summaries"): "Summaries: {value}.",
    ("TrajectorySummaryAnalysis", "normal"): "Normal values: {value}.",
    ("ImputationAnalysis", "of"): "The model is that of {value}.",
    ("ImputationAnalysis", "strategies"): "After the last value, a patient of the active arm is taken to be: {value}.",
    ("ImputationAnalysis", "n_imputations"): "Number of imputations: {value}.",
    ("ImputationAnalysis", "adjust"): "Further terms of the analysis of covariance: {value}.",
    ("ImputationAnalysis", "delta"): "Added to the imputed values of the active arm, to find where the conclusion "
    "tips: "
    "{value}.",
    ("MmrmAnalysis", "fixed"): "Fixed effects: {value}.",
    ("MmrmAnalysis", "covariance_group"): "Each level of {value} has a covariance matrix of its own.",
    ("MmrmAnalysis", "fallback"): "Where that does not converge, these structures were tried in this order, which is "
    "disclosed with the numbers: {value}.",
    ("GeeAnalysis", "fixed"): "Fixed effects: {value}.",
    ("CompositeAnalysis", "worst"): "Below every value, the earlier the worse: {value} by the target day of the visit.",
}
_DIAGNOSTICS: Any = {
    True: "Residuals, fitted values and each patient's influence on the coefficients (Cook's distance) are shown.",
    False: "",
}
CHOICES: Choices = {
    ("TrajectoryAnalysis", "diagnostics"): _DIAGNOSTICS,
    ("MmrmAnalysis", "diagnostics"): _DIAGNOSTICS,
    ("ByVisitAnalysis", "death_strategy"): {"while-alive": _WHILE_ALIVE},
    ("ByVisitAnalysis", "samples"): SAMPLES,
    ("TrajectoryAnalysis", "death_strategy"): {"hypothetical": _HYPOTHETICAL},
    ("TrajectoryAnalysis", "df"): {key: _DF[key] for key in ("residual", "satterthwaite", "kenward-roger")},
    ("TrajectoryAnalysis", "time"): {
        "visits": "Time is a factor of visits.",
        "days": "Time is a number, in days; means are those at the target days of the visits.",
        "years": "Time is a number, in years of 365.25 days; means are those at the target days of the visits.",
    },
    ("TrajectoryAnalysis", "random"): {
        "intercept": "The level differs between patients (random intercept).",
        "intercept and slope": "Level and slope differ between patients (random intercept and slope).",
    },
    ("TrajectoryAnalysis", "comparison"): {
        "reference": "Each arm was compared with the reference arm, in slopes and in means by visit."
    },
    ("TrajectorySummaryAnalysis", "death_strategy"): {"while-alive": _WHILE_ALIVE},
    ("CensoredAnalysis", "death_strategy"): {"hypothetical": _HYPOTHETICAL},
    ("CensoredAnalysis", "comparison"): {"reference": _PAIRS["reference"]},
    ("ImputationAnalysis", "inference"): {
        "jackknife": "Conditional means were imputed, with standard errors by the jackknife [@wolbers].",
        "rubin": "Random draws were imputed, and combined by Rubin's rules [@rubin].",
    },
    ("MmrmAnalysis", "death_strategy"): {"hypothetical": _HYPOTHETICAL},
    ("MmrmAnalysis", "response"): _RESPONSE,
    ("MmrmAnalysis", "constrained_baseline"): {
        True: "The baseline is a visit of the model with one mean for all arms (constrained longitudinal data "
        "analysis) [@lu].",
        False: "",
    },
    ("MmrmAnalysis", "covariance"): {
        key: f"The covariance over visits is {words}." for key, words in STRUCTURES.items()
    },
    ("MmrmAnalysis", "df"): _DF,
    ("MmrmAnalysis", "sandwich"): _SANDWICH,
    ("MmrmAnalysis", "margins"): _MARGINS,
    ("MmrmAnalysis", "comparison"): _PAIRS,
    ("GeeAnalysis", "death_strategy"): {"while-alive": _WHILE_ALIVE},
    ("GeeAnalysis", "response"): _RESPONSE,
    ("GeeAnalysis", "sandwich"): _SANDWICH,
    ("GeeAnalysis", "df"): {
        "satterthwaite": "Degrees of freedom are Bell and McCaffrey's [@pustejovsky].",
        "residual": _DF["residual"],
    },
    ("GeeAnalysis", "margins"): _MARGINS,
    ("GeeAnalysis", "comparison"): _PAIRS,
    ("CompositeAnalysis", "death_strategy"): {"composite": "Death is part of the outcome."},
    ("CompositeAnalysis", "response"): {
        "value": "Among the others, the value was ranked.",
        "change": "Among the others, the change from baseline was ranked.",
    },
    ("CompositeAnalysis", "better"): {"high": "High values are better.", "low": "Low values are better."},
    ("CompositeAnalysis", "missing"): {"exclude": "Patients alive without a value were left out, and are counted."},
}  # fmt: skip
