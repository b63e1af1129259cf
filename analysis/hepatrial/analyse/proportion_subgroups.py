"""Proportions compared in subgroups, with the test that the odds ratio is the same in all of them."""

from hepatrial.analyse.proportion import INFINITE, MEASURES, compare_counts, count_by_stratum, find_counted
from hepatrial.analyse.response import RESPONSE, find_responses, value_conditions
from hepatrial.analyse.rows import Group, Plan, Row, Rows, contrast_rows, find_reference, make_rows, said
from hepatrial.analyse.subgroups import LIMITS, explain_missing, iterate_levels
from hepatrial.estimate import compare_odds_ratios
from hepatrial.study import Subgroup

SIDES = ("arm", "reference")


def proportion_subgroup_rows(plan: Plan, groups: list[Group]) -> Rows:
    """Responders, patients and the comparison in every level of every subgroup, and the interaction of each."""
    keys: Row = {"variable": plan.analysis.parameter, "visit": plan.analysis.visit}
    keys["source"] = (plan.results_name, value_conditions(plan))
    reference = find_reference(plan, groups)
    for item in plan.analysis.comparison.subgroups:
        levels = list(iterate_levels(plan, groups, item))
        for members, own in levels:
            yield from _counts(plan, members, keys | own)
        for place, group in enumerate(groups):
            if group.code != reference.code:
                pairs = [(members[place], find_reference(plan, members)) for members, _ in levels]
                for (arm, base), (_, own) in zip(pairs, levels, strict=True):
                    yield from _one_level(plan, arm, base, keys | own)
                yield from _interaction(plan, pairs, item, keys)


def _counts(plan: Plan, members: list[Group], keys: Row) -> Rows:
    for group in members:
        counted = find_counted(plan.analysis, find_responses(plan, group))
        stats = {"n": len(counted), "n_events": int((counted == RESPONSE).sum())}
        yield from make_rows(plan, group, "subgroup", stats, **keys | {"n_used": len(counted)})


def _one_level(plan: Plan, arm: Group, base: Group, keys: Row) -> Rows:
    counts, sizes, strata = count_by_stratum(plan, arm, base)
    more: Row = {"n_used": sum(map(sum, sizes.values()))}
    measure = MEASURES[plan.analysis.comparison.measure]
    if not all(sum(sizes[name]) for name in SIDES):
        nothing = dict.fromkeys(LIMITS, float("nan"))
        more |= {"status": "not_estimable", "message": "an arm has no patients in this subgroup"}
        yield from contrast_rows(plan, arm, base, measure, nothing, **keys | more)
        return
    found = compare_counts(plan.analysis, counts, sizes, strata)
    for name in LIMITS:
        value, own = getattr(found, name), more | said(found)
        if abs(value) == float("inf"):
            value, own = float("nan"), own | {"status": "not_estimable", "message": INFINITE}
        yield from contrast_rows(plan, arm, base, measure, {name: value}, **keys | own)


def _interaction(plan: Plan, pairs: list[tuple[Group, Group]], item: Subgroup, keys: Row) -> Rows:
    """Are the odds ratios alike in the levels (whatever the measure of the comparison)."""
    tables = [count_by_stratum(plan, arm, base) for arm, base in pairs]
    counts = {name: [sum(x[name]) for x, _, _ in tables] for name in SIDES}
    sizes = {name: [sum(n[name]) for _, n, _ in tables] for name in SIDES}
    found = compare_odds_ratios(counts, sizes, reference="reference")
    stats = {"statistic": found.tarone_statistic, "df": found.df, "p_value": found.tarone_p_value}
    method = "Breslow–Day test with Tarone's correction: odds ratios alike in the subgroups"
    more = keys | said(found) | {"subgroup": item.variable, "method": method}
    more["n_used"] = sum(map(sum, sizes.values()))
    if found.status == "ok":
        more |= explain_missing(plan, item)
    yield from contrast_rows(plan, *pairs[0], "interaction test", stats, **more)
