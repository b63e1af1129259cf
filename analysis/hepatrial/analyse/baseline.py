"""Baseline characteristics: columns of ADSL and parameters at baseline, described and, where planned, compared."""

from typing import Any

import pandas as pd

from hepatrial.analyse.rows import SUMMARY, Group, Plan, Row, Rows, count_and_percent, make_rows, summary_stats
from hepatrial.estimate import compare_categories, compare_group_means, summarise
from hepatrial.study import Parameter

MEASURES = {True: "analysis of variance", False: "chi-square test"}
MISSING = "Missing"


def analyse_baseline(plan: Plan, group: Group) -> Rows:
    """Continuous and categorical characteristics at baseline."""
    for column in plan.analysis.columns:
        if _is_number(plan, column):
            found = summary_stats(summarise(group.subjects[column].astype(float)), *SUMMARY)
            more = {"variable": column, "unit": _unit(plan, column), "source": ("ADSL", [])}
            yield from make_rows(plan, group, "baseline", found, **more)
        else:
            yield from _categories(plan, group, column)
    for code in plan.analysis.parameters:
        if _grades(plan, code):
            yield from _graded(plan, group, code)
            continue
        found = summary_stats(summarise(_at_baseline(plan, group, code)), *SUMMARY)
        yield from make_rows(plan, group, "baseline", found, **_parameter_keys(plan, code))


def compare_baseline(plan: Plan, groups: list[Group]) -> Rows:
    """A test between the arms of every characteristic, where the study file plans it."""
    if plan.analysis.comparison is None:
        return
    arms = [group for group in groups if group.code != "all"]
    labels = [group.code for group in arms for _ in range(group.n)]
    for column in plan.analysis.columns:
        values = pd.concat([group.subjects[column] for group in arms])
        yield from _test(plan, values, labels, _is_number(plan, column), variable=column, source=("ADSL", []))
    for code in plan.analysis.parameters:
        values = pd.concat([_at_baseline(plan, group, code) for group in arms])
        is_number = not _grades(plan, code)
        yield from _test(plan, values, labels, is_number, **_parameter_keys(plan, code) | {"unit": ""})


def _test(plan: Plan, values: pd.Series, labels: list[str], is_number: bool, **keys: Any) -> Rows:
    found = compare_group_means(values, labels) if is_number else compare_categories(values, labels)
    stats = {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
    dataset, where = keys["source"]
    keys["source"] = (dataset, [*plan.everybody.where, *where])
    more: Row = {"method": found.method, "status": found.status, "message": "; ".join(found.notes), "n_used": found.n}
    yield from make_rows(plan, None, MEASURES[is_number], stats, **keys, **more)


def _is_number(plan: Plan, column: str) -> bool:
    item = plan.study.subject_variable(column)
    return column == "AGE" if item is None else item.kind == "number"


def _unit(plan: Plan, column: str) -> str:
    item = plan.study.subject_variable(column)
    return "years" if item is None else item.unit


def _parameter_keys(plan: Plan, code: str) -> Row:
    parameter = plan.study.parameter(code)
    source = ("ADLB", [("PARAMCD", "in", [code]), ("ABLFL", "in", ["Y"])])
    return {"variable": code, "visit": "BL", "unit": parameter.unit if parameter else "", "source": source}


def _grades(plan: Plan, code: str) -> tuple[str, ...]:
    """The grades of a graded parameter, such as 0 to 4; none for a measured one."""
    parameter = plan.study.parameter(code)
    codes = parameter.codes if isinstance(parameter, Parameter) else ()
    return codes if all(code.isdecimal() for code in codes) else ()


def _graded(plan: Plan, group: Group, code: str) -> Rows:
    """Patients at each grade that the study file names: a mean grade says nothing."""
    values, everybody = _at_baseline(plan, group, code), _at_baseline(plan, plan.everybody, code)
    dataset, where = _parameter_keys(plan, code)["source"]
    keys = {"variable": code, "visit": "BL"}
    for grade in _grades(plan, code):
        stats = count_and_percent(int((values == float(grade)).sum()), group.n)
        source = (dataset, [*where, ("AVAL", "in", [float(grade)])])
        yield from make_rows(plan, group, "baseline", stats, level=grade, source=source, **keys)
    if everybody.isna().any():
        stats = count_and_percent(int(values.isna().sum()), group.n)
        yield from make_rows(plan, group, "baseline", stats, level=MISSING, **keys)


def _at_baseline(plan: Plan, group: Group, code: str) -> pd.Series:
    adlb = plan.dataset("ADLB", group)
    rows = adlb[(adlb["PARAMCD"] == code) & (adlb["ABLFL"] == "Y")]
    return rows.set_index("USUBJID")["AVAL"].reindex(group.subjects["USUBJID"])


def _categories(plan: Plan, group: Group, column: str) -> Rows:
    """Every category that the study file names or anybody of the population has, so that an arm has its 0."""
    values, everybody = group.subjects[column], plan.everybody.subjects[column]
    item = plan.study.subject_variable(column)
    planned = [level.value for level in item.levels] if item else []
    for level in planned or sorted(everybody.dropna().astype(str).unique()):
        stats = count_and_percent(int((values == level).sum()), group.n)
        source = ("ADSL", [(column, "in", [level])])
        yield from make_rows(plan, group, "baseline", stats, variable=column, level=level, source=source)
    if everybody.isna().any():
        stats = count_and_percent(int(values.isna().sum()), group.n)
        yield from make_rows(plan, group, "baseline", stats, variable=column, level=MISSING)
