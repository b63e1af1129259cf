"""How each kind of number is made: its formula in words, and the Python that makes it again from the analysis rows.

``{name}`` in a call is a key of the result or an option of its analysis; the page fills it in. The rows come from
``hepatrial.run.read_rows``, with the dataset and the conditions of the number's source.
"""

from collections.abc import Mapping

_COUNT = "Patients with at least one of the rows below."
_MODEL = (
    "From the model of the parameter, fitted to n values of all its patients and visits; the rows below, where there "
    "are any, are those of this group, at the visit where one is named."
)
_PRODUCT = "S(t) = product over event times up to t of (1 − events / at risk)."

FORMULAS: Mapping[str, str] = {
    "adverse events": "n: patients with such an event; n_events: events; percent: 100 n / N; limits: exact binomial.",
    "analysis of variance": "F = mean square between arms / mean square within arms.",
    "at risk": "Followed to the day or beyond; events, competing events and censorings before it complete it to N.",
    "baseline": "Mean = sum / n; SD with n − 1; quartiles of type 2; a category: its patients, and 100 n / N.",
    "beyond a limit": _COUNT,
    "coefficient": _MODEL,
    "cause-specific hazard ratio": "exp(coefficient) of the Cox model in which other causes are censored.",
    "common odds ratio": "exp(coefficient) of the proportional odds model.",
    "distribution": "Patients by level; percent: 100 n / patients compared.",
    "hodges-lehmann shift": "Median of all differences between the values of the two arms.",
    "hypothesis": "The p-value of the row named, adjusted by the procedure.",
    "interaction test": "Squared difference of the log hazard ratios of the levels, over its variance.",
    "mann-whitney probability": "(pairs in which the arm is better + ties / 2) / pairs.",
    "net benefit": "(wins − losses) / pairs.",
    "number needed to treat": "1 / difference of survival at the day.",
    "pairs": "Pairs of patients that an outcome decides, one of each arm.",
    "proportional hazards test": "Score test of the slope of the log hazard ratio over time.",
    "restricted mean ratio": "Ratio of the areas under the survival curves up to the day.",
    "subdistribution hazard ratio": "exp(coefficient) of the Fine–Gray model.",
    "subgroup": "As the whole population, in the level.",
    "wilcoxon test": "Sum of the ranks of an arm less its expectation, over its standard deviation.",
    "win ratio": "Wins / losses over all pairs of patients.",
    "win test": "Wins less losses over their standard deviation under permutation.",
    "alpha spending": "Error spent by the looks so far: the declared spending function at the information fraction.",
    "changes": "Results that differ from the previous report, are new in this one, or are gone.",
    "conditional power": "Probability to cross the last boundary, given the data so far and the drift named.",
    "findings": "Findings of the data check, by whether they are settled.",
    "influence": "Change of all coefficients when the patient is left out, over their covariance (Cook’s distance).",
    "liver injury": "Patients by their highest multiples of the limit or of baseline; for adjudication only.",
    "predictive power": "Conditional power averaged over what the data so far say of the drift.",
    "repeated interval": "Estimate ± the boundary of the look × standard error.",
    "residual": "(observed − fitted) / standard error.",
    "sequential boundary": "Limits of z at which the error spent by the looks is the declared one.",
    "sequential decision": "z of the look against its boundaries.",
    "stage-wise estimate": "Drift at which the stage-wise p-value is one half, and 2.5 and 97.5 per cent.",
    "historical difference": "Survival of the patients − the declared rate; p from the exact limits that exclude it.",
    "change from baseline": "Mean of the paired differences ± t × SD / √n; on the log scale of log ratios, then exp.",
    "chi-square test": "Sum over cells of (observed − expected)² / expected.",
    "composite outcome": "Patients by what ranks them: the event that ranks lowest, else their value.",
    "correlation": _MODEL,
    "cmh test": "Squared sum over strata of (observed − expected) / variance.",
    "count": "Number of the rows below.",
    "covariance": _MODEL,
    "deaths": _COUNT,
    "cumulative incidence": "Sum over event times up to t of S(t−) × events of the cause / at risk.",
    "event time quantile": "First time at which 1 − S(t) is at least the probability; the middle of a flat stretch.",
    "fisher test": "Sum of the probabilities of all tables with the same margins that are no more likely.",
    "follow-up": "Rows of the parameter: all, with the event (CNSR 0), with a competing event (2), censored (1).",
    "geometric mean": "exp(mean of logarithms); limits exp(mean ± t × SD / √n).",
    "hazard ratio": "exp(coefficient) of the Cox model; limits exp(coefficient ± z × standard error).",
    "hodges-lehmann change": "Median of the means of all pairs of changes (Walsh averages).",
    "homogeneity test": "Squared differences of the strata from the common odds ratio, over their variance.",
    "imputed difference": "Difference of the arms by analysis of covariance on observed and imputed values.",
    "imputed values": "Patients alive on the native liver whose value was imputed.",
    "known status": "Followed to the day (or last seen within the tolerance before it), had the event, or unknown.",
    "laboratory levels": _COUNT,
    "laboratory shift": "Patients by category at baseline and after it.",
    "least squares mean": _MODEL,
    "least squares mean difference": _MODEL,
    "log-rank test": "(observed − expected events)² / variance, expected from the hypergeometric law at each event "
    "time.",
    "gray test": "Difference of weighted subdistribution hazards between the arms, squared, over its variance.",
    "medications": _COUNT,
    "missingness": "Patients with a value, and the others by why they have none; they sum to the population.",
    "model fit": _MODEL,
    "observed value": "Mean = sum / n; SD with n − 1; quartiles of type 2; n_native: alive on the native liver then.",
    "odds ratio": "(a / b) / (c / d) of responders and others in the two arms.",
    "operating characteristics": "Exact probabilities over all courses that the rule can take.",
    "patients": _COUNT,
    "person time": "Sum of the days at risk.",
    "proportion": "Responders, or patients with a first event by the day named / patients counted.",
    "proportion difference": "Proportion of the arm − proportion of the reference arm.",
    "proportion test": "Two-sided p of the 2 × 2 table of arm and response.",
    "quality control": "The same number by a second, independent computation.",
    "rank test": "Wilcoxon: sum of the ranks of an arm less its expectation, over its standard deviation.",
    "rate": "Events / exposure; limits: exact Poisson.",
    "response status": _COUNT,
    "restricted mean": "Area under the survival curve up to the day; limits kept within 0 and the day.",
    "restricted mean difference": "Difference of the areas under the survival curves up to the day.",
    "risk difference": "Proportion of the arm − proportion of the reference arm.",
    "risk ratio": "Proportion of the arm / proportion of the reference arm.",
    "slope": _MODEL,
    "slope difference": _MODEL,
    "specimens": "n: collected; n_total: due; percent: 100 n / n_total.",
    "stopping boundary": "Fewest events at which the rule stops, for so many patients or so much follow-up.",
    "stopping rule": "The data against the boundary of the rule.",
    "states": "Patients in the state at the visit; the states sum to the population.",
    "survival": _PRODUCT,
    "survival difference": "S of the arm − S of the reference arm at the day; test on the declared scale.",
    "substituted mean": _MODEL,
    "tipping delta": "The comparison with so much added to the imputed values of the active arm.",
    "tipping point": "The comparison with so many responders among those without a value.",
    "times upper limit": "Value / upper limit of normal: at baseline, or a patient’s highest after it; described as "
    "observed values are.",
    "trajectory summary": "One number a patient over the window; described as observed values are.",
    "variance component": _MODEL,
    "win odds": "(wins + ties / 2) / (losses + ties / 2) over all pairs of patients.",
    "win probability": "(wins + ties / 2) / pairs.",
}
"""One line a measure of ``hepatrial.results.MEASURES``."""

_EVENT = 'rows["AVAL"], rows["CNSR"] == 0'
_STATUS = 'rows["AVAL"], rows["CNSR"].map({0: 1, 1: 0, 2: 2})'

CALLS: Mapping[str, tuple[str, str]] = {
    "survival": (
        "estimate_survival",
        f"estimate_survival({_EVENT}, at=[{{time_days}}], conf_type={{conf_type}}, conf_level={{conf_level}}).at",
    ),
    "event time quantile": (
        "estimate_survival_quantile",
        f"estimate_survival_quantile({_EVENT}, probs=[{{number}}], conf_type={{conf_type}}, "
        f"conf_level={{conf_level}}).table",
    ),
    "restricted mean": ("estimate_rmst", f"estimate_rmst({_EVENT}, tau={{time_days}}, conf_level={{conf_level}})"),
    "cumulative incidence": (
        "estimate_cumulative_incidence",
        f"estimate_cumulative_incidence({_STATUS}, cause={{cause}}, at=[{{time_days}}], conf_type={{conf_type}}, "
        "conf_level={conf_level}).at",
    ),
    "log-rank test": ("compare_survival", f'compare_survival({_EVENT}, rows["TRT01P"])'),
    "gray test": ("compare_cumulative_incidence", f'compare_cumulative_incidence({_STATUS}, rows["TRT01P"], cause=1)'),
    "observed value": ("summarise", 'summarise(rows["AVAL"])'),
    "geometric mean": (
        "estimate_mean",
        'estimate_mean(rows.loc[rows["AVAL"] > 0, "AVAL"], scale="log", conf_level={conf_level})',
    ),
    "change from baseline": (
        "estimate_paired_change",
        'pairs = rows[rows["BASE"].notna()]\n'
        'estimate_paired_change(pairs["BASE"], pairs["AVAL"], scale={scale}, min_pairs={min_pairs}, '
        "conf_level={conf_level})",
    ),
}
"""The function of ``hepatrial.estimate`` and its call, of the measures that are one call on the rows of ADTTE or "
    "ADLB."""

CALLED = ("ADTTE", "ADLB")
"""Datasets whose rows the calls take."""

COUNT_CALL = 'rows["USUBJID"].nunique()'
COUNTED = ("adverse events", "patients", "specimens", "baseline")
"""Measures whose stat ``n`` is the number of patients in the rows."""
