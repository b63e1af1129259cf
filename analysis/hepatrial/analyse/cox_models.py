"""Hazard ratios of the arms: Cox models by two engines, Firth's fit where it was planned, and what was left out."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Row, Rows, contrast_rows, find_reference
from hepatrial.analyse.sample import ABSENT, Sample, code_covariates, split_present
from hepatrial.estimate import CoxFit, compare_hazards_over_time, fit_cox

SECOND_ENGINES = {"efron": "kernel", "breslow": "statsmodels"}
"""The engine that fits a model again; exact ties and Firth's penalty have none (docs/methods-survival.md)."""


@dataclass(frozen=True, eq=False)
class ArmModel:
    """A Cox model of the arms: ``second`` is the other engine's fit, if there is one."""

    fit: CoxFit
    second: CoxFit | None
    sample: Sample
    design: pd.DataFrame
    method: str
    notes: tuple[str, ...]
    status: str

    def values(self, term: str) -> dict[str, float]:
        """Hazard ratio of a term with its limits and p-value."""
        line = self.fit.table.set_index("term").loc[term]
        stats = {"estimate": float(line["hazard_ratio"])}
        return stats | {name: float(line[name]) for name in ("conf_low", "conf_high", "p_value")}

    def second_value(self, term: str) -> float | None:
        """The other engine's hazard ratio."""
        if self.second is None:
            return None
        return float(self.second.table.set_index("term").loc[term, "hazard_ratio"])


def fit_arms(
    sample: Sample,
    arms: list[str],
    *,
    ties: str,
    conf_level: float,
    covariates: tuple[str, ...] = (),
    firth_fallback: bool = False,
) -> ArmModel:
    """Hazard ratios of ``arms`` to whoever else is in the sample; patients without a covariate are left out."""
    known = sample.rows[list(covariates)].notna().all(axis=1)
    kept = sample.pick(known)
    design = design_of(kept, arms, covariates)
    options = {"ties": ties, "conf_level": conf_level, "stratum": kept.stratum}
    fit = fit_cox(kept.time, kept.event, design, **options)
    method = _describe(fit.method, sample.strata, covariates)
    notes, status = fit.notes, fit.status
    engine = SECOND_ENGINES.get(ties)
    second = fit_cox(kept.time, kept.event, design, engine=engine, **options) if engine else None
    if fit.status == "failed" and firth_fallback:
        plain, second = "; ".join(fit.notes), None
        fit = fit_cox(kept.time, kept.event, design, firth=True, **options)
        method = _describe(fit.method, sample.strata, covariates)
        notes, status = (*fit.notes, f"Firth's fit, as planned where the plain one fails ({plain})"), fit.status
        status = "note" if status == "ok" else status
    if not known.all():
        notes = (*notes, f"{int((~known).sum())} patients without a covariate are left out")
        status = "note" if status == "ok" else status
    return ArmModel(fit, second, kept, design, method, notes, status)


def design_of(sample: Sample, arms: list[str], covariates: tuple[str, ...]) -> pd.DataFrame:
    """Indicators of the arms, then the covariates."""
    indicators = {code: (sample.rows["ARM"] == code).astype(float) for code in arms}
    return pd.concat([pd.DataFrame(indicators), code_covariates(sample.rows, covariates)], axis=1)


def _describe(method: str, strata: str, covariates: tuple[str, ...]) -> str:
    stratified = f", stratified by {strata}" if strata else ""
    return f"{method}{stratified}{', adjusted for ' + ', '.join(covariates) if covariates else ''}"


def hazard_ratio_rows(plan: Plan, groups: list[Group], sample: Sample, keys: Row) -> Rows:
    """The hazard ratio of each arm to the reference arm, and whether it is the same over time."""
    planned, reference = plan.analysis.comparison, find_reference(plan, groups)
    others, absent = split_present(sample, [group for group in groups if group.code != reference.code], reference)
    for group in absent:
        nothing = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"), float("nan"))
        yield from contrast_rows(plan, group, reference, "hazard ratio", nothing, **keys | ABSENT)
    if not others:
        return
    options: dict[str, Any] = {"ties": planned.ties, "conf_level": plan.analysis.conf_level}
    options |= {"covariates": planned.covariates, "firth_fallback": planned.firth_fallback}
    model = fit_arms(sample, [group.code for group in others], **options)
    more: Row = {"method": model.method, "status": model.status, "message": "; ".join(model.notes)}
    more["n_used"] = len(model.sample.rows)
    for group in others:
        values, second = model.values(group.code), model.second_value(group.code)
        yield from contrast_rows(plan, group, reference, "hazard ratio", values, second, **keys | more)
    if planned.proportional_hazards:
        yield from _over_time(plan, others, reference, model, keys)


def _over_time(plan: Plan, others: list[Group], reference: Group, model: ArmModel, keys: Row) -> Rows:
    """Score test of proportional hazards for each arm; not of a fit that has no estimate or a penalty."""
    sample, failed = model.sample, model.fit.status == "failed" or "Firth" in model.method
    for group in others:
        stats = dict.fromkeys(("statistic", "df", "p_value"), float("nan"))
        more: Row = {"status": "not_estimable", "message": "the Cox model has no finite estimate"}
        if not failed and model.fit.n_events:
            ties = plan.analysis.comparison.ties
            found = compare_hazards_over_time(
                sample.time, sample.event, model.design, ties=ties, stratum=sample.stratum
            )
            line = found.table.set_index("term").loc[group.code]
            stats = {name: float(line[name]) for name in stats}
            more = {"status": found.status, "message": "; ".join(found.notes), "method": found.method}
        more["n_used"] = len(sample.rows)
        yield from contrast_rows(plan, group, reference, "proportional hazards test", stats, **keys | more)
