"""Hazard ratios in subgroups with the test of interaction.

Interaction: likelihood-ratio test of the products of arm and subgroup in a Cox model with both, with the strata, ties
and covariates of the comparison.
"""

from typing import Any

import pandas as pd

from hepatrial.analyse.cox_models import ArmModel, fit_arms
from hepatrial.analyse.rows import Group, Plan, Row, Rows, contrast_rows, find_reference, make_rows, said
from hepatrial.analyse.sample import ABSENT, Sample, code_covariates, split_present
from hepatrial.analyse.subgroups import LIMITS, explain_missing, find_levels, iterate_levels
from hepatrial.estimate import compare_hazard_ratios
from hepatrial.study import Subgroup


def survival_subgroup_rows(plan: Plan, groups: list[Group], sample: Sample, keys: Row) -> Rows:
    """Patients, events and hazard ratio in every level of every subgroup, and the interaction of each."""
    reference = find_reference(plan, groups)
    others = [group for group in groups if group.code != reference.code]
    for item in plan.analysis.comparison.subgroups:
        for members, own in iterate_levels(plan, groups, item):
            part = sample.pick(sample.rows["USUBJID"].isin(pd.concat([group.subjects["USUBJID"] for group in members])))
            yield from _counts(plan, members, part, keys | own)
            yield from _hazard_ratios(plan, others, reference, part, item, keys | own)
        yield from _interaction(plan, others, reference, sample, item, keys)


def _counts(plan: Plan, members: list[Group], part: Sample, keys: Row) -> Rows:
    for group in members:
        own = part.arms(group.code)
        stats = {"n": len(own.rows), "n_events": int(own.event.sum())}
        yield from make_rows(plan, group, "subgroup", stats, **keys | {"n_used": len(own.rows)})


def _hazard_ratios(plan: Plan, others: list[Group], reference: Group, part: Sample, item: Subgroup, keys: Row) -> Rows:
    for group in others:
        pair = part.arms(group.code, reference.code)
        more = keys | {"n_used": len(pair.rows)}
        reason = _why_not(pair, group, reference)
        model = None if reason else _fit(plan, pair, [group.code], item)
        if model is not None and model.status == "failed":
            reason = "; ".join(model.notes)
        if model is None or reason:
            nothing = dict.fromkeys(LIMITS, float("nan"))
            more |= {"status": "not_estimable", "message": reason}
            yield from contrast_rows(plan, group, reference, "hazard ratio", nothing, **more)
            continue
        values = {name: value for name, value in model.values(group.code).items() if name in LIMITS}
        more |= {"method": model.method, "status": model.status, "message": "; ".join(model.notes)}
        second = model.second_value(group.code)
        yield from contrast_rows(plan, group, reference, "hazard ratio", values, second, **more)


def _why_not(pair: Sample, *groups: Group) -> str:
    if any(not len(pair.arms(group.code).rows) for group in groups):
        return "an arm has no patients in this subgroup"
    return "" if pair.event.any() else "no event in this subgroup"


def _options(plan: Plan, item: Subgroup) -> dict[str, Any]:
    planned = plan.analysis.comparison
    covariates = tuple(name for name in planned.covariates if name != item.variable)
    return {"ties": planned.ties, "conf_level": plan.analysis.conf_level, "covariates": covariates}


def _fit(plan: Plan, pair: Sample, arms: list[str], item: Subgroup) -> ArmModel:
    return fit_arms(pair, arms, firth_fallback=plan.analysis.comparison.firth_fallback, **_options(plan, item))


def _interaction(plan: Plan, others: list[Group], reference: Group, sample: Sample, item: Subgroup, keys: Row) -> Rows:
    """The test of each arm against the reference arm over the levels."""
    planned, covariates = plan.analysis.comparison, _options(plan, item)["covariates"]
    levels, _ = find_levels(plan, item)
    for group in others:
        pair = sample.arms(group.code, reference.code)
        if not split_present(pair, [group], reference)[0]:
            nothing = dict.fromkeys(("statistic", "df", "p_value"), float("nan"))
            more = keys | ABSENT | {"subgroup": item.variable}
            yield from contrast_rows(plan, group, reference, "interaction test", nothing, **more)
            continue
        level = pair.rows["USUBJID"].map(levels)
        known = level.notna() & pair.rows[list(covariates)].notna().all(axis=1)
        kept = pair.pick(known)
        adjusting = code_covariates(kept.rows, covariates) if covariates else None
        options = {"covariates": adjusting, "ties": planned.ties, "stratum": kept.stratum}
        found = compare_hazard_ratios(*kept.columns, level[known].to_numpy(), reference=reference.code, **options)
        stats = {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
        more = keys | said(found) | {"subgroup": item.variable, "n_used": found.n}
        if found.status == "ok":
            more |= explain_missing(plan, item)
        yield from contrast_rows(plan, group, reference, "interaction test", stats, **more)
