"""Sentences on orders and families: ordinal outcomes, hierarchies of outcomes, subgroups, multiplicity."""

from hepatrial.render.methods.kinds import Choices, Leads, Values

LEADS: Leads = {
    "OrdinalAnalysis": "{parameter} at {visit} was described and compared as an order{population}{arms}, by the "
    "Mann–Whitney "
    "probability with {conf} limits.",
    "OrdinalComparison": "",
    "WinsAnalysis": "Every patient of an arm was compared with every patient of the reference arm on the first "
    "outcome that "
    "decides [@pocock]{population}: win ratio, win odds and net benefit with {conf} limits [@bebu].",
    "MultiplicityAnalysis": "The familywise error of the hypotheses below is kept over all of them.",
    "Subgroup": "",
}
VALUES: Values = {
    ("OrdinalAnalysis", "classes"): "Classes, from low to high: {value}.",
    ("WinsAnalysis", "components"): "Outcomes, from the most important on: {value}.",
    ("MultiplicityAnalysis", "alpha"): "The two-sided familywise error rate is {value}.",
    ("MultiplicityAnalysis", "hypotheses"): "Hypotheses: {value}.",
    ("MultiplicityAnalysis", "weights"): "Shares of the error rate at the start: {value}.",
    ("MultiplicityAnalysis", "transitions"): "Shares passed on after a rejection, a row for each hypothesis: {value}.",
    ("ProportionComparison", "subgroups"): "The comparison was made again in the levels of {value}, with a test of "
    "interaction.",
    ("SurvivalComparison", "subgroups"): "The hazard ratio was estimated again in the levels of {value}, with a test "
    "of "
    "interaction.",
}
CHOICES: Choices = {
    ("OrdinalAnalysis", "worse"): {"high": "High values are worse.", "low": "Low values are worse."},
    ("OrdinalAnalysis", "death"): {
        "worst rank": "Death before the visit is worse than any value.",
        "while alive": "Only patients alive at the visit are described and compared.",
    },
    ("OrdinalAnalysis", "transplant"): {
        "as death": "Transplantation before the visit ranks as death does.",
        "next to death": "Transplantation before the visit ranks between death and any value.",
        "as measured": "After transplantation the value counts as measured.",
    },
    ("OrdinalAnalysis", "missing"): {"left out": "Patients alive without a value are not compared, and are counted."},
    ("OrdinalComparison", "wilcoxon"): {
        "exact": "The test is Wilcoxon's rank-sum test by all permutations [@mann].",
        "asymptotic": "The test is Wilcoxon's rank-sum test by the normal law [@mann].",
    },
    ("OrdinalComparison", "shift"): {True: "The shift is that of Hodges and Lehmann [@hodges].", False: ""},
    ("OrdinalComparison", "proportional_odds"): {
        True: "The common odds ratio of a better level is from a proportional odds model [@mccullagh].",
        False: "",
    },
    ("WinsAnalysis", "p_value"): {
        "asymptotic": "The p-value is from the normal law.",
        "permutation": "The p-value is from the permutation distribution of the allocations.",
    },
    ("MultiplicityAnalysis", "procedure"): {
        "fixed sequence": "Hypotheses were tested in the order written, each only while all before it were rejected.",
        "holm": "P-values were adjusted by Holm's method [@holm].",
        "hochberg": "P-values were adjusted by Hochberg's method [@hochberg].",
        "hommel": "P-values were adjusted by Hommel's method [@hommel].",
        "bonferroni": "P-values were adjusted by Bonferroni's method.",
        "graphical": "P-values were adjusted by the graphical procedure of Bretz and others [@bretz].",
    },
}
