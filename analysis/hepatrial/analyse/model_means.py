"""Least-squares means by arm and visit and differences between arms of any fitted linear model, as result rows.

Each estimate is computed a second time from the coefficients of a second path, and compared.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.model_rows import back_transform, collect_rows, is_log, name_scale, value_conditions
from hepatrial.analyse.rows import Group, Plan, Rows, checked_rows, make_row, make_rows
from hepatrial.estimate import CensoredFit, GeeFit, LinearEstimates, MixedFit, MmrmFit, compare_means, estimate_means

OWN_COLUMNS = ("TRT01P", "AVISIT", "BASE")
BASELINE = "BL"
NUMBERS = ("estimate", "std_error", "df", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class LinearModel:
    """One fitted model with what its rows need; ``beta`` are its coefficients by the second path, None without."""

    plan: Plan
    groups: list[Group]
    code: str
    rows: pd.DataFrame
    fit: MmrmFit | GeeFit | MixedFit | CensoredFit
    beta: pd.Series | None
    keys: dict[str, Any]

    @property
    def by(self) -> list[str]:
        """The factors of the model that means are made for."""
        return [name for name in ("TRT01P", "AVISIT") if name in self.fit.design.factors.columns]

    @property
    def margins(self) -> str:
        """Weights of the other factors in a mean."""
        return str(getattr(self.plan.analysis, "margins", "equal"))

    @property
    def response(self) -> str:
        """``value`` or ``change``."""
        return str(getattr(self.plan.analysis, "response", "value"))

    @property
    def is_constrained(self) -> bool:
        """Whether all arms have one baseline mean."""
        return bool(getattr(self.plan.analysis, "constrained_baseline", False))


def model_formula(analysis: Any) -> str:
    """``AVAL ~ terms``; a list of columns is crossed. The study file was checked: every term is a known column."""
    return f"AVAL ~ {terms_of(analysis)}"


def terms_of(analysis: Any) -> str:
    """The fixed effects as the right-hand side of a formula."""
    return " + ".join(term if isinstance(term, str) else " * ".join(term) for term in analysis.fixed)


def named_columns(analysis: Any, own: tuple[str, ...]) -> list[str]:
    """Columns of ADSL that the fixed effects and the covariance groups name, ``own`` columns of the model left out."""
    named = [name for term in analysis.fixed for name in ([term] if isinstance(term, str) else term)]
    named.append(getattr(analysis, "covariance_group", ""))
    return [name for name in dict.fromkeys(named) if name and name not in own]


def model_rows(plan: Plan, groups: list[Group], code: str) -> pd.DataFrame:
    """The rows of the model; AVAL is the response."""
    analysis = plan.analysis
    rows = collect_rows(plan, groups, code, named_columns(analysis, OWN_COLUMNS))
    if analysis.response == "change":
        rows = rows[rows["BASE"].notna()]
        rows = rows.assign(AVAL=rows["AVAL"] - rows["BASE"])
    return rows.reset_index(drop=True)


def mean_rows(model: LinearModel, measure: str = "least squares mean") -> Rows:
    """Mean of every arm at every visit, with the number of values there."""
    analysis = model.plan.analysis
    means = estimate_means(model.fit, model.by, weights=model.margins, conf_level=analysis.conf_level)
    scale = name_scale(model.plan, model.code, model.response)[0]
    for group in model.groups:
        for visit in analysis.visits:
            place = _find_cell(model, means, group, visit)
            more = model.keys | scale | {"source": ("ADLB", value_conditions(model.code, visit)), "visit": visit}
            n_values = _count_values(model, group, visit)
            yield make_row(model.plan, group, measure, "n", n_values, **more)
            yield from estimate_rows(model, group, measure, means, place, NUMBERS, more)


def _find_cell(model: LinearModel, means: LinearEstimates, group: Group, visit: str) -> int | None:
    """The line of a mean; at a constrained baseline every arm has the reference arm's."""
    table = means.table
    keep = pd.Series(True, index=table.index)
    if "AVISIT" in table:
        keep &= table["AVISIT"] == visit
    if "TRT01P" in table:
        constrained = model.is_constrained and visit == BASELINE
        keep &= table["TRT01P"] == (table["TRT01P"].cat.categories[0] if constrained else group.code)
    found = np.flatnonzero(keep)
    return int(found[0]) if len(found) else None


def _count_values(model: LinearModel, group: Group, visit: str) -> int:
    used = model.rows.iloc[model.fit.design.rows]
    return int((used["USUBJID"].isin(group.subjects["USUBJID"]) & (used["AVISIT"] == visit)).sum())


def difference_rows(model: LinearModel) -> Rows:
    """Differences between arms at each visit: to the reference arm, and of the later to the earlier other arms."""
    analysis = model.plan.analysis
    if analysis.comparison is None or "TRT01P" not in model.by:
        return
    arms = list(model.fit.design.factors["TRT01P"].cat.categories)
    references = arms[:1] if analysis.comparison == "reference" else arms[:-1]
    by = [name for name in model.by if name != "TRT01P"]
    for reference in references:
        found = compare_means(
            model.fit, by, contrast="TRT01P", reference=reference, weights=model.margins,
            conf_level=analysis.conf_level,
        )  # fmt: skip
        later = arms[arms.index(reference) + 1 :]
        for place, line in enumerate(found.table.to_dict("records")):
            visit = str(line.get("AVISIT", analysis.visits[0]))
            constrained = model.is_constrained and visit == BASELINE
            if line["level"] in later and not constrained:
                yield from _difference_row(model, found, place, visit)


def _difference_row(model: LinearModel, found: LinearEstimates, place: int, visit: str) -> Rows:
    line = found.table.iloc[place]
    group = next(group for group in model.groups if group.code == line["level"])
    scale = name_scale(model.plan, model.code, model.response)[1]
    more = model.keys | scale | {"visit": visit, "comparator": line["reference"]}
    more["source"] = ("ADLB", value_conditions(model.code, visit))
    names = (*NUMBERS, "p_value")
    yield from estimate_rows(model, group, "least squares mean difference", found, place, names, more)


def estimate_rows(
    model: LinearModel, group: Group, measure: str, found: LinearEstimates, place: int | None, names: tuple[str, ...],
    more: dict[str, Any],
) -> Rows:  # fmt: skip
    """The numbers of one mean or difference, its estimate by both paths; not estimable ones with the reason."""
    if place is None or found.table["status"].iloc[place] != "ok":
        reason = "no value at this visit" if place is None else _why_not(found, place)
        nothing = dict.fromkeys(names, np.nan)
        yield from make_rows(model.plan, group, measure, nothing, **more | {"message": reason, "status": "note"})
        return
    line, log = found.table.iloc[place], is_log(model.plan, model.code)
    scaled = back_transform({name: float(line[name]) for name in ("estimate", "conf_low", "conf_high")}, log=log)
    stats = {name: scaled.get(name, float(line[name])) for name in names}
    stats = {name: value for name, value in stats.items() if np.isfinite(value)}  # a normal quantile has no df
    if model.beta is None:
        yield from make_rows(model.plan, group, measure, stats, **more)
        return
    second = back_transform({"estimate": float(found.rows[place] @ model.beta)}, log=log)["estimate"]
    yield from checked_rows(model.plan, group, measure, stats, "estimate", second, **more)


def _why_not(found: LinearEstimates, place: int) -> str:
    if np.isfinite(found.table["estimate"].iloc[place]):
        return "too few values for a standard error"
    return "the data cannot tell it apart from other effects"


def failed_rows(
    plan: Plan, groups: list[Group], code: str, why: dict[str, str], measure: str = "least squares mean"
) -> Rows:
    """A model that gave nothing says so at every visit."""
    more = {"variable": code, **name_scale(plan, code, getattr(plan.analysis, "response", "value"))[0], **why}
    for group in groups:
        for visit in plan.analysis.visits:
            yield from make_rows(plan, group, measure, dict.fromkeys(NUMBERS, np.nan), visit=visit, **more)
    if measure == "least squares mean" and getattr(plan.analysis, "comparison", None) and len(groups) > 1:
        yield from _failed_differences(plan, groups, code, why)


def _failed_differences(plan: Plan, groups: list[Group], code: str, why: dict[str, str]) -> Rows:
    """The differences that difference_rows would have made."""
    analysis, first = plan.analysis, plan.study.design.reference_arm
    arms = sorted(groups, key=lambda group: group.code != first)
    nothing = dict.fromkeys((*NUMBERS, "p_value"), np.nan)
    more = {"variable": code, **name_scale(plan, code, getattr(analysis, "response", "value"))[1], **why}
    pairs = [(one, two) for one, two in combinations(arms, 2) if analysis.comparison != "reference" or one is arms[0]]
    for reference, group in pairs:
        for visit in analysis.visits:
            if not (getattr(analysis, "constrained_baseline", False) and visit == BASELINE):
                keys = more | {"visit": visit, "comparator": reference.code}
                yield from make_rows(plan, group, "least squares mean difference", nothing, **keys)
