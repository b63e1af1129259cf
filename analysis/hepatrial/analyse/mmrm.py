"""Mixed model for repeated measures of a parameter over visits: the hypothetical "as if nobody had died".

The model borrows from the living for the dead, so it never describes the patients themselves: by_visit does. Every
mean and difference, and the log-likelihood, are computed a second time subject by subject (``diagnose_mmrm``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.model_rows import back_transform, collect_rows, is_log, name_scale, value_conditions
from hepatrial.analyse.rows import Group, Plan, Row, Rows, checked_rows, make_row, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    LinearEstimates,
    MmrmDiagnostics,
    MmrmFit,
    compare_means,
    diagnose_mmrm,
    estimate_means,
    fit_mmrm,
)

HYPOTHETICAL = "as if nobody had died or been transplanted"
OWN_COLUMNS = ("TRT01P", "AVISIT", "BASE")
BASELINE = "BL"
NUMBERS = ("estimate", "std_error", "df", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class _Model:
    """One fitted model with what its rows need."""

    plan: Plan
    groups: list[Group]
    code: str
    rows: pd.DataFrame
    fit: MmrmFit
    check: MmrmDiagnostics | None
    keys: dict[str, Any]

    @property
    def by(self) -> list[str]:
        return [name for name in ("TRT01P", "AVISIT") if name in self.fit.design.factors.columns]


def analyse_mmrm(plan: Plan, groups: list[Group]) -> Rows:
    """Means, differences, fit and covariance for each parameter; a model that cannot be fitted says why."""
    for code in plan.analysis.parameters:
        model = _fit(plan, groups, code)
        if isinstance(model, str):
            yield from _failed_rows(plan, groups, code, {"status": "failed", "message": model})
        else:
            yield from _fit_rows(model)
            if model.fit.converged:
                yield from _mean_rows(model)
                yield from _difference_rows(model)
                yield from _covariance_rows(model)
            else:
                message = {"status": model.fit.status, "message": "; ".join(model.fit.notes)}
                yield from _failed_rows(plan, groups, code, message)


def model_formula(analysis: Any) -> str:
    """``AVAL ~ terms``; a list of columns is crossed. The study file was checked: every term is a known column."""
    terms = [term if isinstance(term, str) else " * ".join(term) for term in analysis.fixed]
    return f"AVAL ~ {' + '.join(terms)}"


def model_rows(plan: Plan, groups: list[Group], code: str) -> pd.DataFrame:
    """The rows of the model; AVAL is the response."""
    analysis = plan.analysis
    named = [name for term in analysis.fixed for name in ([term] if isinstance(term, str) else term)]
    extra = [name for name in (*named, analysis.covariance_group) if name and name not in OWN_COLUMNS]
    rows = collect_rows(plan, groups, code, list(dict.fromkeys(extra)))
    if analysis.response == "change":
        rows = rows[rows["BASE"].notna()]
        rows = rows.assign(AVAL=rows["AVAL"] - rows["BASE"])
    if analysis.constrained_baseline:
        first = rows["TRT01P"].cat.categories[0]
        rows = rows.assign(OWNARM=rows["TRT01P"], TRT01P=rows["TRT01P"].mask(rows["AVISIT"] == BASELINE, first))
    return rows.reset_index(drop=True)


def _fit(plan: Plan, groups: list[Group], code: str) -> _Model | str:
    """The model, or why there is none."""
    analysis, rows = plan.analysis, model_rows(plan, groups, code)
    group = analysis.covariance_group or None
    if analysis.constrained_baseline and group == "TRT01P":
        group = "OWNARM"
    try:
        fit = fit_mmrm(
            model_formula(analysis), rows, subject="USUBJID", visit="AVISIT", covariance=analysis.covariance,
            covariance_group=group, reml=True, df=analysis.df, sandwich=analysis.sandwich, fallback=analysis.fallback,
            conf_level=analysis.conf_level,
        )  # fmt: skip
        check = None
        if fit.converged:
            check = diagnose_mmrm(fit, rows, subject="USUBJID", visit="AVISIT", covariance_group=group)
    except EstimateError as error:
        return str(error)
    notes = "; ".join([HYPOTHETICAL, *fit.notes])
    keys = {"variable": code, "n_used": fit.n_obs, "method": fit.method, "status": "note", "message": notes}
    return _Model(plan, groups, code, rows, fit, check, keys)


def _fit_rows(model: _Model) -> Rows:
    """Size and convergence; each structure tried with its reason; the log-likelihood by both paths."""
    plan, fit, keys = model.plan, model.fit, dict(model.keys)
    counts = {"n": fit.n_subjects, "n_total": fit.n_obs, "converged": float(fit.converged)}
    yield from make_rows(plan, None, "model fit", counts, **keys)
    for tried in fit.attempts.itertuples(index=False):
        own = keys | {"level": tried.structure}
        if tried.status == "ok" and model.check is not None:
            stats, second = {"log_likelihood": fit.log_likelihood}, model.check.log_likelihood
            yield from checked_rows(plan, None, "model fit", stats, "log_likelihood", second, **own)
        else:
            reason = {"status": tried.status, "message": f"covariance {tried.structure}: {tried.reason}"}
            yield make_row(plan, None, "model fit", "log_likelihood", np.nan, **own | reason)


def _mean_rows(model: _Model) -> Rows:
    analysis = model.plan.analysis
    means = estimate_means(model.fit, model.by, weights=analysis.margins, conf_level=analysis.conf_level)
    scale = name_scale(model.plan, model.code, analysis.response)[0]
    for group in model.groups:
        for visit in analysis.visits:
            place = _find_cell(model, means, group, visit)
            more = model.keys | scale | {"source": ("ADLB", value_conditions(model.code, visit)), "visit": visit}
            n_values = _count_values(model, group, visit)
            yield make_row(model.plan, group, "least squares mean", "n", n_values, **more)
            yield from _estimate_rows(model, group, "least squares mean", means, place, NUMBERS, more)


def _find_cell(model: _Model, means: LinearEstimates, group: Group, visit: str) -> int | None:
    """The line of a mean; at a constrained baseline every arm has the reference arm's."""
    table = means.table
    keep = pd.Series(True, index=table.index)
    if "AVISIT" in table:
        keep &= table["AVISIT"] == visit
    if "TRT01P" in table:
        constrained = model.plan.analysis.constrained_baseline and visit == BASELINE
        keep &= table["TRT01P"] == (table["TRT01P"].cat.categories[0] if constrained else group.code)
    found = np.flatnonzero(keep)
    return int(found[0]) if len(found) else None


def _count_values(model: _Model, group: Group, visit: str) -> int:
    used = model.rows.iloc[model.fit.design.rows]
    return int((used["USUBJID"].isin(group.subjects["USUBJID"]) & (used["AVISIT"] == visit)).sum())


def _difference_rows(model: _Model) -> Rows:
    """Differences between arms at each visit: to the reference arm, and of the later to the earlier other arms."""
    analysis = model.plan.analysis
    if analysis.comparison is None or "TRT01P" not in model.by:
        return
    arms = list(model.fit.design.factors["TRT01P"].cat.categories)
    references = arms[:1] if analysis.comparison == "reference" else arms[:-1]
    by = [name for name in model.by if name != "TRT01P"]
    for reference in references:
        found = compare_means(
            model.fit, by, contrast="TRT01P", reference=reference, weights=analysis.margins,
            conf_level=analysis.conf_level,
        )  # fmt: skip
        later = arms[arms.index(reference) + 1 :]
        for place, line in enumerate(found.table.to_dict("records")):
            visit = str(line.get("AVISIT", analysis.visits[0]))
            constrained = analysis.constrained_baseline and visit == BASELINE
            if line["level"] in later and not constrained:
                yield from _difference_row(model, found, place, visit)


def _difference_row(model: _Model, found: LinearEstimates, place: int, visit: str) -> Rows:
    line = found.table.iloc[place]
    group = next(group for group in model.groups if group.code == line["level"])
    scale = name_scale(model.plan, model.code, model.plan.analysis.response)[1]
    more = model.keys | scale | {"visit": visit, "comparator": line["reference"]}
    more["source"] = ("ADLB", value_conditions(model.code, visit))
    names = (*NUMBERS, "p_value")
    yield from _estimate_rows(model, group, "least squares mean difference", found, place, names, more)


def _estimate_rows(
    model: _Model, group: Group, measure: str, found: LinearEstimates, place: int | None, names: tuple[str, ...],
    more: dict[str, Any],
) -> Rows:  # fmt: skip
    """The numbers of one mean or difference, its estimate by both paths; not estimable ones with the reason."""
    if place is None or found.table["status"].iloc[place] != "ok":
        reason = "no value at this visit" if place is None else "the data cannot tell it apart from other effects"
        nothing = dict.fromkeys(names, np.nan)
        yield from make_rows(model.plan, group, measure, nothing, **more | {"message": reason, "status": "note"})
        return
    line, log = found.table.iloc[place], is_log(model.plan, model.code)
    scaled = back_transform({name: float(line[name]) for name in ("estimate", "conf_low", "conf_high")}, log=log)
    stats = {name: scaled.get(name, float(line[name])) for name in names}
    assert model.check is not None  # a converged fit was checked
    second = back_transform({"estimate": float(found.rows[place] @ model.check.beta)}, log=log)["estimate"]
    yield from checked_rows(model.plan, group, measure, stats, "estimate", second, **more)


def _covariance_rows(model: _Model) -> Rows:
    """Lower triangle of each covariance matrix, and the correlations below its diagonal."""
    for level, sigma in model.fit.covariances.items():
        deviations = np.sqrt(np.diag(sigma))
        for row, visit in enumerate(sigma.index):
            for column, other in enumerate(sigma.columns[: row + 1]):
                value = float(sigma.iloc[row, column])
                place = {"visit": visit, "by_variable": "visit", "by_level": other, "level": level}
                yield _cell_row(model, "covariance", value, place)
                if column < row:
                    correlation = value / float(deviations[row] * deviations[column])
                    yield _cell_row(model, "correlation", correlation, place)


def _cell_row(model: _Model, measure: str, value: float, place: dict[str, str]) -> Row:
    return make_row(model.plan, None, measure, "estimate", value, **model.keys, **place)


def _failed_rows(plan: Plan, groups: list[Group], code: str, why: dict[str, str]) -> Rows:
    """A model that gave nothing says so at every visit."""
    more = {"variable": code, **name_scale(plan, code, plan.analysis.response)[0], **why}
    for group in groups:
        for visit in plan.analysis.visits:
            yield from make_rows(plan, group, "least squares mean", dict.fromkeys(NUMBERS, np.nan), visit=visit, **more)
