"""Patients in response at a visit: status, proportion with its interval, baseline class, and the arms compared."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.response import (
    COLUMNS,
    DIED,
    MISSING,
    NO_CLASS,
    NO_RESPONSE,
    NOT_DUE,
    RESPONSE,
    STATUSES,
    TRANSPLANTED,
    find_baseline,
    find_classes,
    find_responses,
    value_conditions,
)
from hepatrial.analyse.response_imputation import IMPUTED, compare_imputed, imputed_rows
from hepatrial.analyse.rows import (
    Group,
    Plan,
    Row,
    Rows,
    add_patients,
    contrast_rows,
    count_and_percent,
    find_reference,
    make_rows,
    said,
)
from hepatrial.estimate import (
    compare_categories,
    compare_odds_ratios,
    compare_proportions,
    compare_proportions_exact,
    compare_proportions_stratified,
    estimate_proportion,
)
from hepatrial.results import Where

MEASURES = {"difference": "proportion difference", "risk ratio": "risk ratio", "odds ratio": "odds ratio"}
ESTIMATORS = {"difference": "difference", "risk ratio": "ratio", "odds ratio": "odds-ratio"}
NO_STRATUM = "Missing"
SIDES = ("arm", "reference")
OPPOSITE = {"<": ">=", "<=": ">", ">=": "<", ">": "<="}

INFINITE = "infinite: a count is 0"

Counts = dict[str, list[int]]
Numbers = tuple[str, dict[str, float], Row]
"""Measure, stats, and further keys of rows."""


def analyse_proportion(plan: Plan, group: Group) -> Rows:
    """Every row of one group."""
    planned, status = plan.analysis, find_responses(plan, group)
    keys: dict[str, Any] = {"variable": planned.parameter, "visit": planned.visit}
    for name in STATUSES:
        own = status.index[status == name]
        source = add_patients(_source(plan, name), own)
        stats = count_and_percent(len(own), group.n)
        yield from make_rows(plan, group, "response status", stats, level=name, source=source, **keys)
    if planned.missing == IMPUTED:
        yield from imputed_rows(plan, group, keys)
        return
    counted = find_counted(planned, status)
    x, n = int((counted == RESPONSE).sum()), len(counted)
    found = estimate_proportion(x, n, method=planned.conf_type, conf_level=planned.conf_level)
    more: Row = {"level": RESPONSE, "n_used": n, "source": (plan.results_name, value_conditions(plan))}
    own = add_patients(more["source"], counted.index[counted == RESPONSE])
    yield from make_rows(plan, group, "proportion", {"n": x}, **keys, **(more | {"source": own}))
    yield from make_rows(plan, group, "proportion", {"n_total": n}, **keys, **more)
    stats = {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}
    yield from make_rows(plan, group, "proportion", stats, **keys, **more, **said(found))
    yield from _by_class(plan, group, counted, keys)


def find_counted(analysis: Any, status: pd.Series) -> pd.Series:
    """The statuses in the denominator."""
    left_out = [NOT_DUE, *([MISSING] if analysis.missing == "left out" else [])]
    return status[~status.isin(left_out)]


def _source(plan: Plan, status: str) -> tuple[str, Where]:
    """The rows behind the count of a status; the exact day of a death or transplant is judged patient by patient."""
    rule = plan.analysis.response
    judged = {RESPONSE: rule.op, NO_RESPONSE: OPPOSITE[rule.op]}
    if status in judged:
        return plan.results_name, [*value_conditions(plan), (COLUMNS[rule.of], judged[status], [rule.value])]
    flags = {DIED: "DTHFL", TRANSPLANTED: "LTFL"}
    return "ADSL", [(flags[status], "in", ["Y"])] if status in flags else []


def _by_class(plan: Plan, group: Group, counted: pd.Series, keys: Row) -> Rows:
    """Responders and patients in each class of the baseline value."""
    planned = plan.analysis
    if not planned.baseline_classes:
        return
    everybody = plan.everybody
    classes = find_classes(plan, everybody, planned.baseline_classes, find_baseline(plan, everybody))
    own, labels = classes.reindex(counted.index), [item.label for item in planned.baseline_classes]
    for label in [*labels, *({NO_CLASS} & set(classes))]:
        in_class = own == label
        x, n = int((in_class & (counted == RESPONSE)).sum()), int(in_class.sum())
        stats = count_and_percent(x, n) | {"n_total": n}
        more = {"level": RESPONSE, "by_variable": "baseline class", "by_level": label, "n_used": n}
        source = (plan.results_name, [("PARAMCD", "in", [planned.parameter]), ("ABLFL", "in", ["Y"])])
        yield from make_rows(plan, group, "response status", stats, source=source, **keys, **more)


def compare_responses(plan: Plan, groups: list[Group]) -> Rows:
    """Each arm against the reference arm."""
    if plan.analysis.missing == IMPUTED:
        yield from compare_imputed(plan, groups)
        return
    reference = find_reference(plan, groups)
    for group in groups:
        if group.code != reference.code:
            counts, sizes, strata = count_by_stratum(plan, group, reference)
            rows = [*_estimate_rows(plan, counts, sizes, strata), *_test_rows(plan, counts, sizes, strata)]
            keys: Row = {"variable": plan.analysis.parameter, "visit": plan.analysis.visit}
            keys |= {"source": (plan.results_name, value_conditions(plan)), "n_used": sum(map(sum, sizes.values()))}
            for measure, stats, more in rows:
                yield from contrast_rows(plan, group, reference, measure, stats, **keys, **more)


def count_by_stratum(plan: Plan, group: Group, reference: Group) -> tuple[Counts, Counts, list[str]]:
    """Responders and patients of ``arm`` and ``reference`` by stratum; one stratum when there are none."""
    column = plan.analysis.comparison.strata
    parts = []
    for name, side in zip(SIDES, (group, reference), strict=True):
        counted = find_counted(plan.analysis, find_responses(plan, side))
        strata = side.subjects.set_index("USUBJID")[column] if column else pd.Series("", index=counted.index)
        frame = pd.DataFrame({"IS_RESPONSE": counted == RESPONSE, "STRATUM": strata.reindex(counted.index)})
        parts.append(frame.assign(SIDE=name))
    return count_sides(pd.concat(parts).fillna({"STRATUM": NO_STRATUM}), is_stratified=bool(column))


def count_sides(rows: pd.DataFrame, *, is_stratified: bool) -> tuple[Counts, Counts, list[str]]:
    """The same of a row a patient: SIDE (``arm`` or ``reference``), STRATUM and IS_RESPONSE."""
    levels = sorted(rows["STRATUM"].unique()) or [""]
    by = rows.groupby(["SIDE", "STRATUM"])["IS_RESPONSE"].agg(["sum", "size"])
    table = by.reindex(pd.MultiIndex.from_product([SIDES, levels]), fill_value=0).astype(int)
    counts, sizes = ({name: table.loc[name, column].tolist() for name in SIDES} for column in ("sum", "size"))
    return counts, sizes, levels if is_stratified else []


def _estimate_rows(plan: Plan, counts: Counts, sizes: Counts, strata: list[str]) -> Iterator[Numbers]:
    """The difference or ratio of the arms with its interval; an infinite limit is not estimable."""
    found = compare_counts(plan.analysis, counts, sizes, strata)
    measure = MEASURES[plan.analysis.comparison.measure]
    for stat in ("estimate", "conf_low", "conf_high"):
        value, more = getattr(found, stat), said(found)
        if np.isinf(value):
            value, more = float("nan"), more | {"status": "not_estimable", "message": INFINITE}
        yield measure, {stat: value}, more


def compare_counts(analysis: Any, counts: Counts, sizes: Counts, strata: list[str]) -> Any:
    """The planned estimator on these counts."""
    planned, level = analysis.comparison, analysis.conf_level
    options: dict[str, Any] = {"reference": "reference", "conf_level": level}
    if planned.conf_type == "exact" and planned.measure == "odds ratio":
        return compare_proportions_exact(_first(counts), _first(sizes), method="fisher-central", **options)
    options["measure"] = ESTIMATORS[planned.measure]
    if strata:
        return compare_proportions(counts, sizes, method=planned.conf_type, stratum=strata, **options)
    method = "chan-zhang" if planned.conf_type == "exact" else planned.conf_type
    return compare_proportions(_first(counts), _first(sizes), method=method, **options)


def _test_rows(plan: Plan, counts: Counts, sizes: Counts, strata: list[str]) -> Iterator[Numbers]:
    """The planned test; an exact one has a p-value only. With strata also whether their odds ratios are alike."""
    name = plan.analysis.comparison.test
    if name == "none":
        return
    found = run_test(name, counts, sizes)
    stats = {"statistic": found.statistic, "df": found.df} if found.df else {}
    yield "proportion test", stats | {"p_value": found.p_value}, said(found) | {"level": name}
    if strata:
        same = compare_odds_ratios(counts, sizes, reference="reference")
        stats = {"statistic": same.tarone_statistic, "df": same.df, "p_value": same.tarone_p_value}
        yield "homogeneity test", stats, said(same) | {"method": "Breslow–Day test with Tarone's correction"}


def run_test(test: str, counts: Counts, sizes: Counts) -> Any:
    """The named test of equal proportions; ``cmh`` over strata, the others of the only one."""
    if test == "cmh":
        return compare_proportions_stratified(counts, sizes, reference="reference")
    if test == "pearson":
        x, n = _first(counts), _first(sizes)
        labels = [name for name in n for _ in range(n[name])]
        values = [place < x[name] for name in n for place in range(n[name])]
        return compare_categories(values, labels)
    return compare_proportions_exact(_first(counts), _first(sizes), reference="reference", method=test)


def _first(counts: Counts) -> dict[str, int]:
    return {name: values[0] for name, values in counts.items()}
