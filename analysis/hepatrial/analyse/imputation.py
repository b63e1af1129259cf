"""What an mmrm of two arms would have found had the missing values of the living been as a strategy supposes.

Patients who died or were transplanted by the visit, for whom it is not yet due, or without a baseline are left out and
counted: nothing is imputed after death. On the log scale differences are ratios and a delta is a factor.
"""

import zlib
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.missingness import OBSERVED, find_reasons
from hepatrial.analyse.model_means import OWN_COLUMNS, model_rows, named_columns, terms_of
from hepatrial.analyse.model_rows import add_columns, back_transform, is_log, value_conditions
from hepatrial.analyse.rows import Group, Plan, Rows, make_row, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import ReferenceBasedEstimates, estimate_reference_based

ALIVE = "among patients alive on the native liver at the visit; nothing is imputed after death or transplantation"
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "p_value")
IMPUTABLE = (OBSERVED, "missing", "withdrawn")


def analyse_imputation(plan: Plan, groups: list[Group]) -> Rows:
    """Difference to the reference arm at the visit under each strategy and delta, and the delta that tips it."""
    model = Plan(plan.study, plan.data, plan.study.analysis(plan.analysis.of))
    for code in model.analysis.parameters:
        rows = model_rows(model, groups, code)
        grid = _make_grid(plan, model, groups, code, rows)
        for group in groups:
            own = grid[(grid["TRT01P"] == group.code) & (grid["AVISIT"] == plan.analysis.visit)]
            counts = {"n": len(own), "n_missing": int(own["AVAL"].isna().sum()), "n_total": group.n}
            keys = {"variable": code, "visit": plan.analysis.visit, "message": ALIVE, "status": "note"}
            yield from make_rows(plan, group, "imputed values", counts, **keys)
        for strategy in plan.analysis.strategies:
            yield from _strategy_rows(plan, model, groups, code, grid, strategy)


def _make_grid(plan: Plan, model: Plan, groups: list[Group], code: str, rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each patient who could have a value at the visit, and visit of the model; AVAL where it was seen."""
    visits = list(model.analysis.visits)
    at_visit = set(rows.loc[rows["AVISIT"] == plan.analysis.visit, "USUBJID"])
    parts = []
    for group in groups:
        reasons = find_reasons(plan, group, at_visit, plan.analysis.visit)
        kept = reasons.index[reasons.isin(IMPUTABLE)].to_numpy()
        columns = {"USUBJID": np.repeat(kept, len(visits)), "TRT01P": group.code, "AVISIT": np.tile(visits, len(kept))}
        parts.append(pd.DataFrame(columns))
    grid = pd.concat(parts, ignore_index=True)
    values = rows[["USUBJID", "AVISIT", "AVAL"]].astype({"AVISIT": "object"})
    grid = grid.merge(values, on=["USUBJID", "AVISIT"], how="left")
    named = [*named_columns(model.analysis, ()), *plan.analysis.adjust]
    if "BASE" in named:
        grid["BASE"] = grid["USUBJID"].map(_find_baselines(plan, code))
    grid = add_columns(plan, grid, [name for name in dict.fromkeys(named) if name not in OWN_COLUMNS])
    arms = pd.Categorical(grid["TRT01P"], list(rows["TRT01P"].cat.categories))
    grid = grid.assign(AVISIT=pd.Categorical(grid["AVISIT"], visits), TRT01P=arms)
    return grid.dropna(subset=[name for name in grid.columns if name != "AVAL"]).reset_index(drop=True)


def _find_baselines(plan: Plan, code: str) -> pd.Series:
    """Baseline value by subject, a logarithm on the log scale."""
    adlb = plan.data.datasets["ADLB"]
    found = adlb[(adlb["PARAMCD"] == code) & (adlb["ABLFL"] == "Y")].drop_duplicates("USUBJID")
    values = found.set_index("USUBJID")["AVAL"].astype(float)
    return np.log(values.where(values > 0)) if is_log(plan, code) else values


def _strategy_rows(plan: Plan, model: Plan, groups: list[Group], code: str, grid: pd.DataFrame, strategy: str) -> Rows:
    analysis, log = plan.analysis, is_log(plan, code)
    reference = plan.study.design.reference_arm
    active = next(group for group in groups if group.code != reference)
    none = 1.0 if log else 0.0
    deltas = [none, *(delta for delta in analysis.delta if delta != none)]
    keys: dict[str, Any] = {"variable": code, "visit": analysis.visit, "comparator": reference, "level": strategy}
    keys["source"] = ("ADLB", value_conditions(code, analysis.visit))
    try:
        found = estimate_reference_based(
            f"AVAL ~ {terms_of(model.analysis)}", grid, subject="USUBJID", visit="AVISIT", group="TRT01P",
            reference=reference, at_visit=analysis.visit, strategy=strategy, inference=analysis.inference,
            adjust=" + ".join(analysis.adjust), delta=[float(np.log(d)) if log else d for d in deltas],
            covariance=model.analysis.covariance, n_imputations=analysis.n_imputations,
            conf_level=analysis.conf_level, rng=_make_rng(plan, code, strategy),
        )  # fmt: skip
    except EstimateError as error:
        why = {"status": "failed", "message": str(error)}
        yield from make_rows(plan, active, "imputed difference", dict.fromkeys(NUMBERS, np.nan), **keys | why)
        return
    yield from _delta_rows(plan, active, found, deltas, log, keys)
    if analysis.delta:
        yield _tipping_row(plan, active, found, log, keys)


def _delta_rows(
    plan: Plan, active: Group, found: ReferenceBasedEstimates, deltas: list[float], log: bool, keys: dict[str, Any]
) -> Rows:
    for delta, line in zip(deltas, found.table.to_dict("records"), strict=True):
        scaled = back_transform({name: line[name] for name in ("estimate", "conf_low", "conf_high")}, log=log)
        stats = {name: scaled.get(name, line[name]) for name in NUMBERS}
        if np.isfinite(line["df"]):
            stats["df"] = line["df"]
        notes = "; ".join([ALIVE, *found.notes])
        status = "note" if line["status"] == "ok" else str(line["status"])
        more = {"method": found.method, "status": status, "message": notes, "n_used": found.n_subjects}
        place = {"by_variable": "delta", "by_level": f"{delta:g}"}
        yield from make_rows(plan, active, "imputed difference", stats, **keys | more | place)


def _tipping_row(
    plan: Plan, active: Group, found: ReferenceBasedEstimates, log: bool, keys: dict[str, Any]
) -> dict[str, Any]:
    tip = float(np.exp(found.tipping_delta)) if log else found.tipping_delta
    message = "" if np.isfinite(tip) else "no delta of the list makes a significant difference non-significant"
    status = "ok"
    if found.status == "failed":
        status, message = "failed", "; ".join([ALIVE, *found.notes])
    more = {"method": found.method, "status": status, "message": message, "n_used": found.n_subjects}
    return make_row(plan, active, "tipping delta", "estimate", tip, **keys | more)


def _make_rng(plan: Plan, code: str, strategy: str) -> np.random.Generator:
    """One stream for each analysis, parameter and strategy, whatever the order they run in."""
    name = f"{plan.analysis.id} {code} {strategy}".encode()
    return np.random.default_rng([plan.study.seed, zlib.crc32(name)])
