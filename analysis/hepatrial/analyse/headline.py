"""The numbers of a survival analysis alone, by our kernel: what thousands of simulated trials need of it.

The same estimators with the same options as in a report, without curves, counts and the second engine.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from hepatrial.analyse.cox_models import design_of
from hepatrial.analyse.sample import Sample
from hepatrial.analyse.survival_comparison import WEIGHTS
from hepatrial.estimate import compare_rmst, compare_survival, compare_survival_at, estimate_survival, fit_cox
from hepatrial.study import Study, SurvivalAnalysis

Number = dict[str, Any]
LIMITS = ("estimate", "conf_low", "conf_high")
KEYS: Number = {"variable": "", "visit": "", "group": "", "comparator": "", "time_days": 0.0}
NOTHING = dict.fromkeys((*LIMITS, "p_value"), float("nan"))


def measure_survival(study: Study, analysis: SurvivalAnalysis, rows: pd.DataFrame) -> Iterator[Number]:
    """Headline numbers of one survival analysis.

    Parameters
    ----------
    study : Study
    analysis : SurvivalAnalysis
        With a comparison: its test, hazard ratios and differences; without: survival at its days.
    rows : DataFrame
        A row a patient: USUBJID, AVAL (days), CNSR (0 event), ARM, and STRATUM where the comparison has strata.

    Yields
    ------
    dict
        analysis_id, measure, variable, visit, group, comparator, time_days (0 where there is no day), estimate,
        conf_low, conf_high, p_value, status; NaN where there is no such number.
    """
    numbers = _compare(study, analysis, rows) if analysis.comparison else _estimate(study, analysis, rows)
    for number in numbers:
        yield {"analysis_id": analysis.id} | KEYS | NOTHING | number


def _estimate(study: Study, analysis: SurvivalAnalysis, rows: pd.DataFrame) -> Iterator[Number]:
    groups = [arm.code for arm in study.design.arms] if analysis.by_arm else ["all"]
    options: dict[str, Any] = {"conf_type": analysis.conf_type, "conf_level": analysis.conf_level, "engine": "kernel"}
    for group in groups:
        own = rows if group == "all" else rows[rows["ARM"] == group]
        at = estimate_survival(own["AVAL"], own["CNSR"] == 0, at=analysis.days, **options).at
        for line in at.itertuples():
            limits = {"estimate": line.survival, "conf_low": line.conf_low, "conf_high": line.conf_high}
            yield {"measure": "survival", "group": group, "time_days": float(line.time), "status": line.status} | limits


def _compare(study: Study, analysis: SurvivalAnalysis, rows: pd.DataFrame) -> Iterator[Number]:
    planned, reference = analysis.comparison, study.design.reference_arm
    assert planned is not None  # the caller has seen it
    sample = Sample(rows.rename(columns={"STRATUM": planned.strata}) if planned.strata else rows, planned.strata)
    others = [arm.code for arm in study.design.arms if arm.code != reference]
    weights: dict[str, Any] = {"weights": WEIGHTS.get(planned.test, planned.test), "rho": planned.rho}
    test = compare_survival(*sample.columns, stratum=sample.stratum, gamma=planned.gamma, **weights)
    yield {"measure": "log-rank test", "p_value": test.p_value, "status": test.status}
    if planned.hazard_ratio:
        yield from _hazard_ratios(analysis, sample, others, reference)
    for arm in others:
        for number in _differences(analysis, sample.arms(arm, reference), reference):
            yield {"group": arm, "comparator": reference} | number


def _hazard_ratios(analysis: Any, sample: Sample, others: list[str], reference: str) -> Iterator[Number]:
    """The Cox model without covariates, which replicates do not have."""
    planned, design = analysis.comparison, design_of(sample, others, ())
    options: dict[str, Any] = {"ties": planned.ties, "conf_level": analysis.conf_level, "stratum": sample.stratum}
    found = fit_cox(sample.time, sample.event, design, engine="kernel", **options)
    if found.status == "failed" and planned.firth_fallback:
        found = fit_cox(sample.time, sample.event, design, firth=True, **options)
    for line in found.table.to_dict("records"):
        numbers = {name: line["hazard_ratio" if name == "estimate" else name] for name in (*LIMITS, "p_value")}
        if found.status == "failed":  # what the search ended with is no estimate: a report shows none either
            numbers = NOTHING
        yield {
            "measure": "hazard ratio",
            "group": line["term"],
            "comparator": reference,
            "status": found.status,
        } | numbers


def _differences(analysis: Any, pair: Sample, reference: str) -> Iterator[Number]:
    planned = analysis.comparison
    options: dict[str, Any] = {"reference": reference, "conf_level": analysis.conf_level}
    for day in analysis.days if planned.fixed_days else ():
        at = compare_survival_at(*pair.columns, at=day, method=planned.fixed_days, **options)
        line = _line(at.table, "difference")
        limits = {name: float(line[name]) for name in LIMITS}
        more = {"time_days": float(day), "p_value": at.p_value, "status": at.status}
        yield {"measure": "survival difference"} | limits | more
    if planned.restricted_mean_day:
        means = compare_rmst(*pair.columns, tau=planned.restricted_mean_day, **options)
        for name in ("difference", "ratio"):
            line = _line(means.table, name)
            numbers = {key: float(line[key]) for key in (*LIMITS, "p_value")}
            more = {"time_days": float(planned.restricted_mean_day), "status": means.status}
            yield {"measure": f"restricted mean {name}"} | numbers | more


def _line(table: pd.DataFrame, measure: str) -> Any:
    return table.set_index("measure").loc[measure]
