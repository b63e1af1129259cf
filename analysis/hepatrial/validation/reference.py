"""The shipped reference packs, compared method by method: R, and SAS through mmrm's listings.

A row of the outcome is a topic at one tolerance, because what a reference can be held to differs with how it was found:
R's closed forms to 1e-6 and better, its root searches to about 1e-4, its grids to a few 1e-3.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from hepatrial.errors import DeviationError, HepatrialError
from hepatrial.estimate import adjust_p_values
from hepatrial.validation import (
    binary_cases,
    comparison_cases,
    competing_cases,
    cox_cases,
    km_cases,
    monitoring_cases,
    rank_cases,
)
from hepatrial.validation.outcome import CaseOutcome
from hepatrial.validation.pack import SHIPPED, Handler, Spec, compare_numbers, read_cases

MODULES = (km_cases, comparison_cases, competing_cases, binary_cases, cox_cases, rank_cases)
HANDLERS: Mapping[str, Handler] = {topic: run for module in MODULES for topic, run in module.HANDLERS.items()}
TITLES = {
    "barnard_boschloo": "Barnard's and Boschloo's unconditional tests",
    "binomial": "one proportion: limits and tests",
    "cif": "cumulative incidence: estimates, standard errors, limits",
    "cmh": "stratified tables: Cochran–Mantel–Haenszel, Breslow–Day, stratified score limits",
    "conditional_power": "conditional and predictive power, repeated intervals",
    "cox": "Cox regression: coefficients, standard errors, tests, likelihood",
    "cox_firth": "Cox regression with Firth's penalty",
    "fine_gray": "Fine–Gray regression",
    "firth_logistic": "logistic regression with Firth's penalty",
    "fisher": "Fisher's exact test, mid-P and conditional odds ratios",
    "fixed_time": "survival compared at a fixed day, melded limits among them",
    "gray": "Gray's test",
    "group_sequential": "group-sequential boundaries, spending, power",
    "km": "Kaplan–Meier: survival, standard errors, limits of every type",
    "km_band": "simultaneous bands",
    "km_quantile": "survival quantiles with limits",
    "logrank": "log-rank tests, weighted, stratified, trend",
    "logrank_hr": "hazard ratios from the log-rank test",
    "logrank_permutation": "log-rank tests by permutation",
    "mcnemar": "paired proportions",
    "nelson_aalen": "cumulative hazard",
    "poisson_rate": "one rate",
    "poisson_ratio": "two rates",
    "prop_diff": "difference of proportions: score, Newcombe, exact limits",
    "prop_ratio": "ratio and odds ratio of proportions",
    "rmst": "restricted mean survival",
    "simon": "two-stage designs",
    "toxicity_bayes": "stopping rules by posterior probability",
    "toxicity_freq": "stopping rules by frequentist boundaries",
    "wilcoxon": "rank tests and Hodges–Lehmann limits",
}
RECURSIONS = ("toxicity_bayes", "toxicity_freq", "simon")
REASONS = (
    (1e-8, "closed form or recursion on both sides"),
    (1e-6, "both in double precision; R's searches stop near 1e-9"),
    (1e-5, "searched by R or integrated on its grid: good to 1e-5"),
    (1e-4, "R's root search stops at 1.2e-4 or prints to 1e-4"),
    (1.0, "R searches a grid over the nuisance parameter, or interpolates"),
)


def tolerance_of(case: Spec) -> tuple[float, float]:
    """Relative tolerance and absolute floor of a case: what its reference itself can be trusted for.

    Monitoring is held closer than its pack says: recursions and closed forms are exact, and our integration agrees with
    rpact's and gsDesign's to 1e-5.
    """
    if case["topic"] in monitoring_cases.TOPICS:
        exact = case["topic"] in RECURSIONS or case["rel_tol"] < 1e-8
        return (1e-9 if exact else 1e-5), 1e-10
    tolerance = float(case["rel_tol"])
    return tolerance, tolerance if tolerance > 1e-6 else 1e-9


def compare_case(case: Spec) -> tuple[int, float]:
    """One case: how many numbers, and the largest deviation by :func:`~hepatrial.validation.pack.compare_numbers`.

    Raises
    ------
    DeviationError
        Nobody answers the topic, a number is missing, or what the handler requires does not hold.
    """
    run = monitoring_cases.handler_of(case) if case["topic"] in monitoring_cases.TOPICS else HANDLERS.get(case["topic"])
    if run is None:
        raise DeviationError(f"{case['id']}: topic {case['topic']} is mapped to no function")
    if case.get("r_error"):
        if run(case) != "refused":
            raise DeviationError(f"{case['id']}: R refuses this: {case['r_error']}")
        return 1, 0.0
    rtol, atol = tolerance_of(case)
    return compare_numbers(case, run(case), rtol=rtol, atol=atol)


def compare_pack(cases: Sequence[Spec] | None = None) -> Iterator[CaseOutcome]:
    """Every case of the shipped pack, a row for each topic and tolerance."""

    def place(case: Spec) -> tuple[str, float]:
        return case["topic"], 0.0 if case.get("r_error") else tolerance_of(case)[0]

    ordered = sorted(read_cases() if cases is None else cases, key=place)
    for (topic, tolerance), members in groupby(ordered, key=place):
        yield _compare_group(topic, tolerance, list(members))


def _compare_group(topic: str, tolerance: float, members: Sequence[Spec]) -> CaseOutcome:
    count, largest, faults = 0, 0.0, []
    for case in members:
        try:
            more, deviation = compare_case(case)
        except (HepatrialError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            more, deviation = 0, float("inf")
            faults.append(f"{case['id']}: {type(error).__name__}: {error}")
        if deviation > tolerance and deviation < float("inf"):
            faults.append(f"{case['id']}: deviation {deviation:.1e}")
        count, largest = count + more, max(largest, deviation)
    reason = next(text for limit, text in REASONS if tolerance <= limit) if tolerance else "R refuses, and so do we"
    return CaseOutcome(
        id=f"r.{topic}", method=TITLES[topic], source=_describe_software(members), n_cases=len(members),
        n_numbers=count, deviation=largest, tolerance=tolerance, reason=reason, passed=not faults,
        message="; ".join(faults),
    )  # fmt: skip


def compare_multiplicity() -> CaseOutcome:
    """Adjusted p-values against R's ``p.adjust``, for p-values made up here."""
    rows = pd.read_csv(io.BytesIO((SHIPPED / "multiplicity" / "expected.csv").read_bytes()))
    families = rows.groupby(["case", "method"])
    gaps = [
        np.abs(np.array(adjust_p_values(family["p"].to_numpy(), method=method).adjusted) - family["adjusted"]).max()
        for (_, method), family in families
    ]
    return CaseOutcome(
        id="r.multiplicity", method="Bonferroni, Holm, Hochberg and Hommel", source="R 4.2.2: stats::p.adjust",
        n_cases=len(gaps), n_numbers=len(rows), deviation=float(max(gaps)), tolerance=1e-14,
        reason="sums and products of the p-values", passed=bool(max(gaps) <= 1e-14), message="",
    )  # fmt: skip


def _describe_software(members: Sequence[Spec]) -> str:
    """``R 4.2.2: cmprsk 2.2.11, survival 3.5.3``."""
    named = {part for case in members for part in case["software"].split(", ")}
    base = sorted(part for part in named if part.startswith("R "))
    packages = sorted(named - set(base), key=str.lower)
    return ": ".join([", ".join(base), *([", ".join(packages)] if packages else [])])
