"""Sentences on time-to-event analyses: survival, cumulative incidence, and the comparison of arms."""

from hepatrial.render.methods.kinds import Choices, Leads, Values

_SCALES = "[@kalbfleisch]"
CONF_TYPE = {
    "plain": f"The {{conf}} confidence interval is on the scale of the probability, with Greenwood's variance "
    f"{_SCALES}.",
    "log": f"The {{conf}} confidence interval is on the log scale, with Greenwood's variance {_SCALES}.",
    "log-log": f"The {{conf}} confidence interval is on the complementary log-log scale, with Greenwood's variance "
    f"{_SCALES}.",
    "logit": f"The {{conf}} confidence interval is on the logit scale, with Greenwood's variance {_SCALES}.",
    "arcsin": f"The {{conf}} confidence interval is on the arcsine square-root scale, with Greenwood's variance "
    f"{_SCALES}.",
    "peto": "The {conf} confidence interval is on the log scale with Peto's variance from the number at risk [@peto].",
    "beta-product": "The {conf} confidence interval is the beta product interval, whose coverage holds in small "
    "samples "
    "and which equals the Clopper–Pearson interval where nobody was censored before the day [@fay].",
    "clopper-pearson": "The {conf} confidence interval is the exact interval of Clopper and Pearson [@clopper], given "
    "only where nobody was censored before the day.",
}
_INCIDENCE = {
    "plain": "The {conf} confidence interval is on the scale of the probability [@kalbfleisch].",
    "log": "The {conf} confidence interval is on the log scale [@kalbfleisch].",
    "log-log": "The {conf} confidence interval is on the complementary log-log scale [@kalbfleisch].",
    "small-sample": "The {conf} confidence interval is the exact one of Clopper and Pearson [@clopper] as long as "
    "nobody "
    "was censored before the day, and on the complementary log-log scale after that; with no event, the exact bound.",
}
_TIES = {
    "efron": "Tied event times were handled by Efron's method [@efron].",
    "breslow": "Tied event times were handled by Breslow's method [@breslow].",
    "exact": "Tied event times were handled by the exact partial likelihood [@cox].",
}

LEADS: Leads = {
    "SurvivalAnalysis": "{parameter}: the probability of being free of the event was estimated by the Kaplan–Meier "
    "method "
    "[@kaplan]{population}{arms}, and is given at follow-up days {days}. A day after the last follow-up of a patient "
    "still free of the event is not estimable.",
    "CumulativeIncidenceAnalysis": "{parameter}: the cumulative incidence of the event beside the competing ones was "
    "estimated by the Aalen–Johansen method [@aalen]{population}{arms}, and is given at follow-up days {days}.",
    "SurvivalComparison": "",
    "IncidenceModels": "",
    "HistoricalRate": "Survival at day {day} was compared with a rate of {rate} in other patients ({source}), taken as "
    "known without error, by the test that inverts the exact limits; a difference is not thereby due to treatment.",
}
VALUES: Values = {
    (
        "SurvivalAnalysis",
        "quantiles",
    ): "Times by which the event had happened with probability {value} were read from the "
    "curve, with limits from the curve's limits [@brookmeyer].",
    ("SurvivalComparison", "rho"): "The weight of an event is S to the power {value} (rho).",
    ("SurvivalComparison", "gamma"): "The weight of an event is 1 − S to the power {value} (gamma).",
    ("SurvivalComparison", "permutations"): "Where the allocations are too many to count, {value} were drawn.",
    ("SurvivalComparison", "strata"): "The comparison is stratified by the {value}.",
    ("SurvivalComparison", "covariates"): "The Cox model was adjusted for {value}.",
    ("SurvivalComparison", "restricted_mean_day"): "The mean survival time up to day {value} "
    "was estimated in each arm, as the area under its curve, and compared [@royston].",
}
CHOICES: Choices = {
    ("SurvivalAnalysis", "conf_type"): CONF_TYPE,
    ("CumulativeIncidenceAnalysis", "conf_type"): _INCIDENCE,
    ("CumulativeIncidenceAnalysis", "comparison"): {"gray": "Arms were compared by Gray's test [@gray]."},
    ("SurvivalComparison", "test"): {
        "log-rank": "Arms were compared by the two-sided log-rank test [@peto peto].",
        "stratified log-rank": "Arms were compared by the two-sided stratified log-rank test [@peto peto].",
        "gehan": "Arms were compared by Gehan's generalised Wilcoxon test [@gehan].",
        "tarone-ware": "Arms were compared by the test of Tarone and Ware [@tarone].",
        "fleming-harrington": "Arms were compared by the weighted test of Harrington and Fleming [@harrington].",
    },
    ("SurvivalComparison", "p_value"): {
        "asymptotic": "Its p-value is from the chi-square distribution.",
        "permutation": "Its p-value is from the permutation distribution of the allocations within strata.",
    },
    ("SurvivalComparison", "hazard_ratio"): {
        True: "The hazard ratio to the reference arm is from a Cox model, with Wald limits [@cox].",
        False: "",
    },
    ("SurvivalComparison", "ties"): _TIES,
    ("SurvivalAnalysis", "second_randomisation"): {
        True: "Patients are those randomised a second time, by the arm of that randomisation; time starts on its day.",
        False: "",
    },
    ("SurvivalComparison", "firth_fallback"): {
        True: "Where the Cox model has no finite estimate, Firth's penalised likelihood with profile limits was used, "
        "which is disclosed with the number [@firth].",
        False: "",
    },
    ("SurvivalComparison", "proportional_hazards"): {
        True: "Proportional hazards were tested by the score test on weighted residuals [@grambsch].",
        False: "",
    },
    ("SurvivalComparison", "fixed_days"): {
        scale: f"Survival at each day was compared on the {words} scale [@klein]."
        for scale, words in {
            "plain": "probability", "log": "log", "cloglog": "complementary log-log", "logit": "logit",
            "arcsin": "arcsine square-root",
        }.items()
    } | {"melded": "Survival at each day was compared by the melded exact interval and its p-value [@melded]."},
    ("SurvivalComparison", "number_needed_to_treat"): {
        True: "The number needed to treat is the inverse of the difference in survival, with limits [@altman].",
        False: "",
    },
    ("IncidenceModels", "cause_specific"): {
        True: "Cause-specific hazard ratios of the event and of the competing events are from Cox models [@cox].",
        False: "",
    },
    ("IncidenceModels", "fine_gray"): {
        True: "The subdistribution hazard ratio of the event is from a Fine–Gray model [@fine].",
        False: "",
    },
    ("IncidenceModels", "ties"): {key: _TIES[key] for key in ("efron", "breslow")},
}  # fmt: skip
