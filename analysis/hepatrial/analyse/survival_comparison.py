"""Arms compared by their survival, as the study file plans it: test, hazard ratio, differences at declared days.

The log-rank test, also weighted and stratified, is computed by our kernel and by statsmodels, the Cox model by
lifelines and our kernel (Breslow ties: our kernel and statsmodels).
"""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.cox_models import hazard_ratio_rows
from hepatrial.analyse.rows import Group, Plan, Row, Rows, checked_rows, contrast_rows, find_reference, make_rows, said
from hepatrial.analyse.sample import ABSENT, Sample, make_sample, split_present
from hepatrial.analyse.survival_subgroups import survival_subgroup_rows
from hepatrial.estimate import compare_rmst, compare_survival, compare_survival_at, estimate_rmst

WEIGHTS = {"log-rank": "logrank", "stratified log-rank": "logrank"}
"""Names of the study file that the estimator calls otherwise."""


def compare_groups(plan: Plan, groups: list[Group]) -> Rows:
    """Every row of the comparison, where the study file plans one."""
    planned = plan.analysis.comparison
    if planned is None:
        return
    sample = make_sample(plan, groups, *planned.covariates, strata=planned.strata)
    keys: Row = {"variable": plan.analysis.parameter, "n_used": len(sample.rows)}
    keys["source"] = ("ADTTE", [("PARAMCD", "in", [plan.analysis.parameter])])
    yield from _test(plan, sample, keys)
    if planned.hazard_ratio:
        yield from hazard_ratio_rows(plan, groups, sample, keys)
    reference = find_reference(plan, groups)
    if planned.restricted_mean_day:
        for group in groups:
            yield from _restricted_mean(plan, group, sample.arms(group.code), keys)
    for group in groups:
        if group.code != reference.code:
            yield from _differences(plan, group, reference, sample.arms(group.code, reference.code), keys)
    yield from survival_subgroup_rows(plan, groups, sample, keys)


def _test(plan: Plan, sample: Sample, keys: Row) -> Rows:
    """The planned test; a permutation test and late weights have no second engine."""
    planned, is_exact = plan.analysis.comparison, plan.analysis.comparison.p_value == "permutation"
    options: dict[str, Any] = {"weights": WEIGHTS.get(planned.test, planned.test), "stratum": sample.stratum}
    options |= {"rho": planned.rho, "gamma": planned.gamma}
    drawn: dict[str, Any] = {"exact": is_exact, "n_permutations": planned.permutations, "rng": plan.rng()}
    found = compare_survival(*sample.columns, **options | drawn)
    stats = {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
    dataset, where = keys["source"]
    more = keys | said(found) | {"source": (dataset, [*plan.everybody.where, *where])}
    if is_exact or planned.gamma or found.status == "not_estimable":
        yield from make_rows(plan, None, "log-rank test", stats, **more)
        return
    second = compare_survival(*sample.columns, engine="statsmodels", **options).statistic
    yield from checked_rows(plan, None, "log-rank test", stats, "statistic", second, **more)


def _differences(plan: Plan, group: Group, reference: Group, pair: Sample, keys: Row) -> Rows:
    """Survival at each fixed day and mean survival time to a day, the arm against the reference arm."""
    planned = plan.analysis.comparison
    options = {"reference": reference.code, "conf_level": plan.analysis.conf_level}
    keys = keys | {"n_used": len(pair.rows)}
    if not split_present(pair, [group], reference)[0]:
        yield from _no_differences(plan, group, reference, keys | ABSENT)
        return
    for day in plan.analysis.days if planned.fixed_days else ():
        found = compare_survival_at(*pair.columns, at=day, method=planned.fixed_days, **options)
        more = keys | {"time_days": float(day)} | said(found)
        stats = _limits(found.table, "difference") | {"p_value": found.p_value}
        yield from contrast_rows(plan, group, reference, "survival difference", stats, **more)
        if planned.number_needed_to_treat:
            yield from _number_needed(plan, group, reference, found, more)
    if planned.restricted_mean_day:
        means = compare_rmst(*pair.columns, tau=planned.restricted_mean_day, **options)
        more = keys | {"time_days": float(planned.restricted_mean_day)} | said(means)
        for side in (group, reference):
            more["message"] = more["message"].replace(f"{side.code}: ", f"{side.label}: ")
        for name, unit in (("difference", "days"), ("ratio", "")):
            stats = _limits(means.table, name, "p_value")
            measure = f"restricted mean {name}"
            yield from contrast_rows(plan, group, reference, measure, stats, **more | {"unit": unit})


def _no_differences(plan: Plan, group: Group, reference: Group, keys: Row) -> Rows:
    """Every planned difference of an arm where one of the two has nobody."""
    planned = plan.analysis.comparison
    limits = dict.fromkeys(("estimate", "conf_low", "conf_high"), float("nan"))
    tested = limits | {"p_value": float("nan")}
    for day in plan.analysis.days if planned.fixed_days else ():
        at = keys | {"time_days": float(day)}
        yield from contrast_rows(plan, group, reference, "survival difference", tested, **at)
        if planned.number_needed_to_treat:
            yield from contrast_rows(plan, group, reference, "number needed to treat", limits, **at)
    if planned.restricted_mean_day:
        at = keys | {"time_days": float(planned.restricted_mean_day)}
        for name, unit in (("difference", "days"), ("ratio", "")):
            yield from contrast_rows(plan, group, reference, f"restricted mean {name}", tested, unit=unit, **at)


def _restricted_mean(plan: Plan, group: Group, arm: Sample, keys: Row) -> Rows:
    """Mean survival time of an arm up to the day, its area under the curve by two engines; limits within 0 and it."""
    day, level = float(plan.analysis.comparison.restricted_mean_day), plan.analysis.conf_level
    found = estimate_rmst(arm.time, arm.event, tau=day, conf_level=level)
    second = estimate_rmst(arm.time, arm.event, tau=day, conf_level=level, engine="lifelines").estimate
    stats = {"estimate": found.estimate, "std_error": found.std_error}
    stats |= {"conf_low": float(np.clip(found.conf_low, 0, day)), "conf_high": float(np.clip(found.conf_high, 0, day))}
    more = keys | said(found) | {"time_days": day, "unit": "days", "n_used": len(arm.rows)}
    yield from checked_rows(plan, group, "restricted mean", stats, "estimate", second, **more)


def _number_needed(plan: Plan, group: Group, reference: Group, found: Any, more: Row) -> Rows:
    """Patients to treat so that one more survives to the day; its limits may run through infinity."""
    line = found.table.set_index("measure").loc["number_needed_to_treat"]
    own = {"status": line["status"], "message": line["message"] or more["message"]}
    stats = _limits(found.table, "number_needed_to_treat")
    if more["status"] == "not_estimable" or np.isnan(stats["estimate"]):
        stats = dict.fromkeys(stats, float("nan"))
        own = {"status": "not_estimable", "message": more["message"] or "the difference is 0"}
    yield from contrast_rows(plan, group, reference, "number needed to treat", stats, **more | own)


def _limits(table: pd.DataFrame, measure: str, *more: str) -> dict[str, float]:
    """The numbers of a row; an infinite one, such as 1 / 0, has no value."""
    line = table.set_index("measure").loc[measure].replace([np.inf, -np.inf], np.nan)
    return {name: float(line[name]) for name in ("estimate", "conf_low", "conf_high", *more)}
