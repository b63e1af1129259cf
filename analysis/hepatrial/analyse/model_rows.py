"""The rows that a model of repeated measures is fitted to, and the names of what it gives.

A row is a patient's value at a visit, measured on the native liver: never one after transplantation or death, never one
carried forward (DTYPE). On the log scale of a parameter, value and baseline are natural logarithms.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.by_visit import pick_visit, visit_conditions
from hepatrial.analyse.rows import Group, Plan

IMPUTED = ("LOCF", "BOCF", "WOCF", "SOCF", "POCF", "EXTRAP", "INTERP", "WC", "BC")
"""DTYPE of values that nobody measured (CDISC derivation types)."""
DAYS_A_YEAR = 365.25
ROW_COLUMNS = ("USUBJID", "TRT01P", "AVISIT", "AVAL", "BASE", "AFUDY", "ACENS", "ABOUND")
Conditions = list[tuple[str, str, list[object]]]


def is_log(plan: Plan, code: str) -> bool:
    """Whether the parameter is analysed on the log scale."""
    parameter = plan.study.parameter(code)
    return parameter is not None and parameter.scale == "log"


def collect_rows(plan: Plan, groups: list[Group], code: str, columns: Sequence[str]) -> pd.DataFrame:
    """One row a patient and visit: USUBJID, TRT01P (reference arm first), AVISIT (in order), AVAL, BASE, ``columns``.

    ``columns`` are further columns of ADSL; those of kind number stay numbers, others are factors.
    """
    parts = []
    for group in groups:
        mine = _measured(plan, group, code)
        parts += [pick_visit(mine, visit).assign(AVISIT=visit, TRT01P=group.code) for visit in plan.analysis.visits]
    rows = pd.concat(parts, ignore_index=True)[list(ROW_COLUMNS)]
    rows = to_scale(rows) if is_log(plan, code) else rows
    seen = [visit for visit in plan.analysis.visits if (rows["AVISIT"] == visit).any()]
    rows = rows.assign(AVISIT=pd.Categorical(rows["AVISIT"], seen), TRT01P=_order_arms(plan, groups, rows))
    return add_columns(plan, rows, columns)


def collect_all_rows(plan: Plan, groups: list[Group], code: str, columns: Sequence[str]) -> pd.DataFrame:
    """As collect_rows with every measurement from the baseline on, and TIME in the unit of the analysis."""
    parts = []
    for group in groups:
        mine = _measured(plan, group, code)
        keep = ((mine["ABLFL"] == "Y") | (mine["AFUDY"] > 0)) & (mine["DTYPE"] != "AVERAGE")
        parts.append(mine[keep].assign(TRT01P=group.code))
    rows = pd.concat(parts, ignore_index=True)[["USUBJID", "TRT01P", "AVAL", "BASE", "AFUDY"]]
    rows = to_scale(rows) if is_log(plan, code) else rows
    days = rows["AFUDY"].clip(lower=0.0)
    rows = rows.assign(TIME=days / time_unit(plan), DAY=days, TRT01P=_order_arms(plan, groups, rows))
    return add_columns(plan, rows, columns)


def time_unit(plan: Plan) -> float:
    """Days in the unit of TIME."""
    return DAYS_A_YEAR if plan.analysis.time == "years" else 1.0


def _measured(plan: Plan, group: Group, code: str) -> pd.DataFrame:
    adlb = plan.dataset("ADLB", group)
    keep = (adlb["PARAMCD"] == code) & (adlb["AFTLTFL"] != "Y") & adlb["AVAL"].notna()
    return adlb[keep & ~adlb["DTYPE"].isin(IMPUTED)]


def _order_arms(plan: Plan, groups: list[Group], rows: pd.DataFrame) -> pd.Categorical:
    first = plan.study.design.reference_arm
    arms = sorted((group.code for group in groups), key=lambda arm: arm != first)
    return pd.Categorical(rows["TRT01P"], [arm for arm in arms if (rows["TRT01P"] == arm).any()])


def value_conditions(code: str, visit: str) -> Conditions:
    """The conditions that collect_rows puts on ADLB, for the source of a number."""
    return [*visit_conditions(code, visit), ("DTYPE", "not in", list(IMPUTED))]


def name_scale(plan: Plan, code: str, response: str = "value") -> tuple[dict[str, str], dict[str, str]]:
    """Level and unit of a mean, and of a difference of means."""
    parameter = plan.study.parameter(code)
    unit = parameter.unit if parameter else ""
    if not is_log(plan, code):
        return {"level": "mean" if response == "value" else "mean change", "unit": unit}, {
            "level": "difference",
            "unit": unit,
        }
    ratio = {"level": "ratio", "unit": ""}
    if response == "change":
        return {"level": "ratio to baseline", "unit": ""}, ratio
    return {"level": "geometric mean", "unit": unit}, ratio


def back_transform(values: dict[str, float], *, log: bool) -> dict[str, float]:
    """Estimate and limits on the scale of the report."""
    return {name: float(np.exp(value)) for name, value in values.items()} if log else values


def to_scale(rows: pd.DataFrame) -> pd.DataFrame:
    """Value and baseline as logarithms; rows without one are left out."""
    rows = rows[rows["AVAL"] > 0]
    base = rows["BASE"].where(rows["BASE"] > 0)
    return rows.assign(AVAL=np.log(rows["AVAL"]), BASE=np.log(base))


def add_columns(plan: Plan, rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows with columns of ADSL: numbers stay numbers, the rest are factors."""
    adsl = plan.data.datasets["ADSL"].set_index("USUBJID")
    for name in columns:
        found: Any = rows["USUBJID"].map(adsl[name])
        variable = plan.study.subject_variable(name)
        is_number = name == "AGE" if variable is None else variable.kind == "number"
        rows[name] = pd.to_numeric(found) if is_number else found.astype("object").astype("category")
    return rows
