"""Sentences on proportions: responses at a visit, adverse events, shifts, and the counts of the subjects' tables."""

from collections.abc import Mapping

from hepatrial.render.methods.kinds import SAMPLES, Choices, Leads, Values
from hepatrial.study.response_analyses import ResponseRule

_FISHER = "Fisher's exact two-sided test [@fisher]"
_DIFFERENCES = {
    "miettinen-nurminen": "the score interval of Miettinen and Nurminen [@miettinen]",
    "newcombe": "Newcombe's interval from the Wilson limits of each arm [@newcombe]",
}
_EVENTS = {
    "all": "All treatment-emergent events count.",
    "serious": "Serious treatment-emergent events count.",
}
_NATIVE = {
    True: "Values from the day of transplantation on were left out.",
    False: "Values after transplantation count as well.",
}

RESPONSE = "A patient is a responder with {of} {op} {limit} at the visit."
_OF = {
    "value": "a value", "change from baseline": "a change from baseline",
    "per cent change from baseline": "a per cent change from baseline",
}  # fmt: skip
_OP = {"<": "below", "<=": "of at most", ">=": "of at least", ">": "above"}

LEADS: Leads = {
    "DispositionAnalysis": "Patients were counted from screening to the end of the study{arms}, with the reason of "
    "everyone "
    "who left; percentages are of the patients enrolled.",
    "BaselineAnalysis": "Baseline characteristics{population} were described{arms} by n, mean, standard deviation, "
    "median, "
    "quartiles (type 2 [@hyndman]) and range, or counted.",
    "BaselineComparison": "",
    "EligibilityAnalysis": "Each criterion of eligibility was evaluated on the data{population} and compared with "
    "what the "
    "investigator had ticked.",
    "ExposureAnalysis": "Treatments were counted, with their duration{population}{arms}.",
    "SpecimensAnalysis": "Specimens collected were counted against those due{population}{arms}, by kind and visit.",
    "AdverseEventAnalysis": "Adverse events were counted as patients and as events{population}{arms}; a proportion "
    "has the "
    "exact {conf} confidence interval of Clopper and Pearson [@clopper], a rate per {treatment} the exact Poisson "
    "interval [@garwood].",
    "LiverInjuryAnalysis": "Patients were counted{population}{arms} by their peak alanine or aspartate "
    "aminotransferase and their peak bilirubin after the origin and before transplantation: as multiples of the upper "
    "limit of normal, high from 3 and 2 times on (eDISH; guidance of the FDA on drug-induced liver injury, July 2009), "
    "of their own baseline, and of the lowest aminotransferase so far (modified eDISH). "
    "Bilirubin that follows within 30 days without a raised alkaline phosphatase requires adjudication; "
    "nothing here is a diagnosis.",
    "AdverseEventTimeAnalysis": "The first event of a kind after the first treatment ({kinds}) has its cumulative "
    "incidence at "
    "days {days} with death competing [@aalen]{population}{arms}, beside the crude proportion, and a rate per "
    "patient-time.",
    "LaboratoryShiftAnalysis": "Categories at baseline were tabulated against categories after it{population}{arms}, "
    "for "
    "{parameters}.",
    "LaboratoryLevelsAnalysis": "Patients beyond levels 1, 2 and 3 of the FDA's standard safety tables after baseline "
    "were "
    "counted by their level at baseline{population}{arms}, for {parameters}, with exact {conf} confidence intervals "
    "[@clopper].",
    "ProportionAnalysis": "The proportion of patients with a response in {parameter} at visit {visit} was estimated"
    "{population}{arms}.",
    "StatesAnalysis": "Patients were counted by class of {parameter} at visits {visits}{population}{arms}, with death "
    "and "
    "transplantation as states of their own.",
    "DeathsAnalysis": "Deaths were counted{population}{arms}: all, after transplantation, and by cause, with exact "
    "{conf} "
    "confidence intervals of the proportions [@clopper].",
    "MedicationsAnalysis": "Patients with a medication or blood product from the first treatment on were counted"
    "{population}{arms}, by kind and name.",
    "ResponseRule": "",
    "ResponseImputation": "Each imputation drew the coefficients of a logistic model, which has the arm and was fitted "
    "to the patients with a value, from their normal distribution, and then the missing responses [@multiple "
    "imputation]; proportions were pooled by Rubin's rules with the degrees of freedom of Barnard and Rubin [@rubin], "
    "and the limits of an arm's proportion are those of Lott and Reiter [@lott].",
    "ProportionComparison": "",
}
VALUES: Values = {
    ("BaselineAnalysis", "columns"): "",
    ("BaselineAnalysis", "parameters"): "",
    (
        "ResponseImputation",
        "terms",
    ): "Further terms of the model: {value}; a missing baseline value was replaced by the "
    "mean of the others, a missing category by a level of its own.",
    ("ResponseImputation", "n_imputations"): "Imputations: {value}.",
    ("ResponseRule", "value"): "",
    ("ProportionAnalysis", "baseline_classes"): "Responders were counted by class of the baseline value: {value}.",
    ("DeathsAnalysis", "within_days"): "Days since the last treatment up to which deaths were counted: {value}.",
    ("StatesAnalysis", "classes"): "Classes, from low to high: {value}.",
    ("ProportionComparison", "strata"): "The comparison is stratified by the {value}.",
    (
        "AdverseEventAnalysis",
        "min_percent",
    ): "Shown are terms that at least {value}% of the patients of some group had.",
    (
        "AdverseEventTimeAnalysis",
        "rate_days",
    ): "Rates are per {value} patient-days, with exact Poisson intervals [@garwood].",
    ("LaboratoryShiftAnalysis", "low_multiple"): "Low is below {value} times the lower limit of normal.",
    ("LaboratoryShiftAnalysis", "high_multiple"): "High is above {value} times the upper limit of normal.",
    ("LaboratoryShiftAnalysis", "visits"): "Visits: {value}.",
}
CHOICES: Choices = {
    ("DispositionAnalysis", "total"): {True: "", False: ""},
    ("BaselineAnalysis", "total"): {True: "", False: ""},
    ("BaselineComparison", "numbers"): {"anova": "Numbers were compared between the arms by analysis of variance."},
    ("BaselineComparison", "categories"): {
        "chi-square": "Categories were compared between the arms by Pearson's chi-square test [@pearson]."
    },
    ("AdverseEventAnalysis", "events"): _EVENTS,
    ("AdverseEventAnalysis", "comparison"): {"fisher": f"Each arm was compared with the reference arm by {_FISHER}."},
    ("AdverseEventAnalysis", "risk_difference"): {
        key: f"The difference of proportions has {words}." for key, words in _DIFFERENCES.items()
    },
    ("AdverseEventTimeAnalysis", "events"): _EVENTS,
    ("AdverseEventTimeAnalysis", "conf_type"): {
        "plain": "The {conf} confidence interval of the incidence is on the scale of the probability [@kalbfleisch].",
        "log": "The {conf} confidence interval of the incidence is on the log scale [@kalbfleisch].",
        "log-log": "The {conf} confidence interval of the incidence is on the complementary log-log scale "
        "[@kalbfleisch].",
        "small-sample": "The {conf} confidence interval of the incidence is exact [@clopper] while nobody is censored "
        "before the day, and on the complementary log-log scale after that.",
    },
    ("LaboratoryShiftAnalysis", "categories"): {
        "range": "Categories are low, normal and high by the limits of the laboratory.",
        "reported": "Categories are as the laboratory reported them.",
        "grade": "Categories are CTCAE grades, as from a normal baseline.",
    },
    ("LaboratoryShiftAnalysis", "to"): {
        "worst": "After baseline, the worst value counts.",
        "visits": "After baseline, the value of each visit counts.",
    },
    ("LaboratoryShiftAnalysis", "records"): {
        "all": "All records after baseline count.",
        "analysed": "Records chosen for analysis (ANL01FL) count.",
    },
    ("LaboratoryShiftAnalysis", "native_liver"): _NATIVE,
    ("LaboratoryShiftAnalysis", "comparison"): {
        "fisher": f"Arms were compared in the category after baseline by {_FISHER}.",
        "cmh": "Arms were compared in the mean score after baseline within the categories at baseline by the "
        "Cochran–Mantel–Haenszel test [@mantel].",
    },
    ("LaboratoryLevelsAnalysis", "native_liver"): _NATIVE,
    ("ResponseRule", "of"): dict.fromkeys(_OF, ""),
    ("ResponseRule", "op"): dict.fromkeys(_OP, ""),
    ("ProportionAnalysis", "death"): {
        "not response": "Death before the visit counts as no response (composite strategy)."
    },
    ("ProportionAnalysis", "transplant"): {
        "not response": "Transplantation before the visit counts as no response.",
        "as measured": "After transplantation the value counts as measured (treatment policy).",
    },
    ("ProportionAnalysis", "missing"): {
        "not response": "A patient alive without a value counts as a non-responder.",
        "left out": "A patient alive without a value is left out of the denominator, and counted.",
        "multiple imputation": "The response of a patient alive without a value was imputed; after death or "
        "transplantation nothing was.",
    },
    ("ResponseImputation", "separation"): {
        "firth": "The model has Firth's penalty [@firth logistic], so that separated responses have an estimate.",
        "fail": "Where the measured responses are separated, the analysis has failed.",
    },
    ("ProportionAnalysis", "samples"): SAMPLES,
    ("ProportionAnalysis", "conf_type"): {
        "clopper-pearson": "The {conf} confidence interval of a proportion is the exact one of Clopper and Pearson "
        "[@clopper].",
        "wilson": "The {conf} confidence interval of a proportion is Wilson's [@wilson].",
        "jeffreys": "The {conf} confidence interval of a proportion is Jeffreys' [@brown].",
        "mid-p": "The {conf} confidence interval of a proportion is the exact one with mid-P [@newcombe one].",
    },
    ("ProportionComparison", "measure"): {
        "difference": "Arms were compared by the difference of proportions.",
        "risk ratio": "Arms were compared by the risk ratio.",
        "odds ratio": "Arms were compared by the odds ratio.",
    },
    ("ProportionComparison", "conf_type"): {
        "wald": "Its interval is the t interval of Rubin's rules for the difference, with its binomial variance.",
        "miettinen-nurminen": "Its interval is the score interval of Miettinen and Nurminen [@miettinen].",
        "newcombe": f"Its interval is {_DIFFERENCES['newcombe']}.",
        "exact": "Its interval is exact: of Chan and Zhang for a difference, conditional for an odds ratio [@chan].",
        "mantel-haenszel": "Estimate and interval are Mantel and Haenszel's over the strata [@mantel], a difference "
        "with "
        "Sato's variance [@sato].",
    },
    ("ProportionComparison", "test"): {
        "rubin": "The test of no difference is the t test of Rubin's rules.",
        "fisher": f"The test is {_FISHER}.",
        "barnard": "The test is Barnard's unconditional exact test [@barnard].",
        "boschloo": "The test is Boschloo's unconditional exact test [@boschloo].",
        "pearson": "The test is Pearson's chi-square test [@pearson].",
        "cmh": "The test is that of Cochran, Mantel and Haenszel over the strata [@cochran].",
        "none": "",
    },
    ("ProportionComparison", "tipping_point"): {
        True: "The comparison was repeated for every number of responders among the missing of each arm.",
        False: "",
    },
}  # fmt: skip


def describe_response(rule: ResponseRule) -> Mapping[str, str]:
    """What RESPONSE names."""
    sign = " per cent" if rule.of.startswith("per cent") else ""
    return {"of": _OF[rule.of], "op": _OP[rule.op], "limit": f"{rule.value:g}{sign}"}
