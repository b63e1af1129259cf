"""Arms compared by their patients in response, and the tipping point of that comparison.

Tipping point: the comparison again for every number of responders among the missing patients of each arm. It assumes
nothing about why values are missing: every split is shown, from no responder among them to all (Yan, Lee and Li 2009,
J Biopharm Stat 19, 1085-1098).
"""

from typing import Any

from hepatrial.analyse.proportion import compare_counts, compare_responses, count_by_stratum, run_test
from hepatrial.analyse.proportion_subgroups import proportion_subgroup_rows
from hepatrial.analyse.response import MISSING, find_responses, value_conditions
from hepatrial.analyse.rows import Group, Plan, Row, Rows, contrast_rows, find_reference


def compare_proportion(plan: Plan, groups: list[Group]) -> Rows:
    """Each arm against the reference arm, and every split of the missing, where the study file plans them."""
    planned = plan.analysis.comparison
    if planned is None:
        return
    yield from compare_responses(plan, groups)
    yield from proportion_subgroup_rows(plan, groups)
    if not planned.tipping_point:
        return
    reference = find_reference(plan, groups)
    for group in groups:
        if group.code != reference.code and group.n and reference.n:
            yield from _splits(plan, group, reference)


def _splits(plan: Plan, group: Group, reference: Group) -> Rows:
    counts, sizes, _ = count_by_stratum(plan, group, reference)
    sides = {"arm": group, "reference": reference}
    missing = {name: int((find_responses(plan, side) == MISSING).sum()) for name, side in sides.items()}
    if plan.analysis.missing == "left out":
        sizes = {name: [sizes[name][0] + missing[name]] for name in sides}
    keys: dict[str, Any] = {"variable": plan.analysis.parameter, "visit": plan.analysis.visit}
    keys |= {"source": (plan.results_name, value_conditions(plan)), "n_used": sum(map(sum, sizes.values()))}
    n_low = 0
    splits = [(own, other) for own in range(missing["arm"] + 1) for other in range(missing["reference"] + 1)]
    for own, other in splits:
        supposed = {"arm": [counts["arm"][0] + own], "reference": [counts["reference"][0] + other]}
        row = _one_split(plan, supposed, sizes)
        n_low += row["stats"].get("p_value", 1.0) < 1 - plan.analysis.conf_level
        more = {"level": str(own), "by_variable": "comparator", "by_level": str(other), "method": row["method"]}
        yield from contrast_rows(plan, group, reference, "tipping point", row["stats"], **keys, **more)
    total: Row = {"n": n_low, "n_total": len(splits), "n_missing": sum(missing.values())}
    yield from contrast_rows(plan, group, reference, "tipping point", total, **keys)


def _one_split(plan: Plan, counts: dict[str, list[int]], sizes: dict[str, list[int]]) -> Row:
    """Estimate, limits (an exact interval takes too long for every split) and the p-value of the planned test."""
    planned = plan.analysis.comparison
    stats: dict[str, float] = {}
    method = ""
    if planned.conf_type != "exact":
        found = compare_counts(plan.analysis, counts, sizes, [])
        limits = {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}
        stats |= {name: value for name, value in limits.items() if abs(value) != float("inf")}
        method = found.method
    if planned.test != "none":
        tested = run_test(planned.test, counts, sizes)
        stats["p_value"] = tested.p_value
        method = "; ".join(part for part in (method, tested.method) if part)
    return {"stats": stats, "method": method}
