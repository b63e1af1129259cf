"""Published results of trials in liver failure, computed again from the counts that their reports print.

Tolerances are half a unit of the last printed digit, or one unit where the report rounded before it added.
"""

from hepatrial.estimate import compare_categories, estimate_proportion, estimate_survival

LIN = "Lin 2017, doi 10.1002/hep.29189 (abstract)"
GRAFT = "Engelmann 2021 (GRAFT), doi 10.1016/j.jhep.2021.07.033 (abstract)"
WEEK_24 = 168

PRINTED_LIN = {
    "MSC survival": 73.2, "MSC lower": 61.6, "MSC upper": 84.8,
    "standard survival": 55.6, "standard lower": 42.3, "standard upper": 68.9,
}  # fmt: skip
PRINTED_INFECTION = {"MSC": 16.1, "standard": 33.3}
PRINTED_GRAFT = {"G-CSF": 34.1, "standard": 37.5}
NOT_REPRODUCED = (
    ("Lin 2017, survival compared, P = 0.03", "needs the days of death; the counts alone give 0.053 (chi-square)"),
    ("GRAFT, hazard ratios and their p-values", "need the days of the events"),
    ("Lin 2017, upper limit 68.9 %", "ours is 68.8: 55.6 and 13.3 were rounded before they were added"),
    ("Shi 2012, survival 79.2 v. 52.6 %, P = 0.015", "the report was not seen; 19/24 and 10/19 agree with the quote"),
)
"""What could not be computed again, and why."""


def reproduce_lin_survival() -> dict[str, float]:
    """Survival at 24 weeks in per cent: 41 of 56 and 30 of 54 alive, nobody censored, plain limits."""
    found: dict[str, float] = {}
    for name, alive, n in (("MSC", 41, 56), ("standard", 30, 54)):
        event = [1] * (n - alive) + [0] * alive
        time = [WEEK_24 / 2] * (n - alive) + [WEEK_24] * alive
        row = estimate_survival(time, event, at=[WEEK_24], conf_type="plain").at.iloc[0]
        values = (("survival", "survival"), ("lower", "conf_low"), ("upper", "conf_high"))
        found |= {f"{name} {label}": 100 * float(row[column]) for label, column in values}
    return found


def reproduce_lin_infection() -> dict[str, float]:
    """Severe infection in per cent: 9 of 56 and 18 of 54."""
    counts = {"MSC": (9, 56), "standard": (18, 54)}
    return {name: 100 * estimate_proportion(x, n, method="wilson").estimate for name, (x, n) in counts.items()}


def reproduce_lin_infection_test() -> dict[str, float]:
    """Pearson's chi-square without correction; Fisher's exact test gives 0.046, which is not what was printed."""
    arms = ["MSC"] * 56 + ["standard"] * 54
    infected = [1] * 9 + [0] * 47 + [1] * 18 + [0] * 36
    return {"P": compare_categories(infected, arms).p_value}


def reproduce_graft() -> dict[str, float]:
    """Transplant-free survival at 90 days in per cent: 30 of 88 and 33 of 88."""
    counts = {"G-CSF": (30, 88), "standard": (33, 88)}
    return {name: 100 * estimate_proportion(x, n, method="wilson").estimate for name, (x, n) in counts.items()}
