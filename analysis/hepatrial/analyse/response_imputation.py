"""Responses of the living without a value imputed, and the arms compared over the imputations.

Whoever died or was transplanted before the visit has no response, in every imputation: only who is alive on the native
liver without a value is imputed, from a model of those who have one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hepatrial.analyse.response import (
    MISSING,
    NO_RESPONSE,
    NOT_DUE,
    RESPONSE,
    find_baseline,
    find_responses,
    value_conditions,
)
from hepatrial.analyse.rows import Group, Plan, Row, Rows, contrast_rows, find_reference, make_rows, said
from hepatrial.estimate import (
    ImputedResponses,
    PooledProportion,
    impute_responses,
    pool_proportion,
    pool_proportion_difference,
)

IMPUTED = "multiple imputation"
"""The value of ``missing`` that this module answers."""
UNKNOWN = "Missing"
ESTIMATES = ("estimate", "std_error", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class Completed:
    """Status of every patient who is counted, by USUBJID in order; one column of ``responses`` an imputation."""

    status: pd.Series
    responses: NDArray[np.bool_]
    model: ImputedResponses
    notes: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        """Whether the model gave imputations; else it says why not."""
        return self.model.status == "ok"

    def select(self, group: Group) -> tuple[pd.Series, NDArray[np.bool_]]:
        """The rows of a group."""
        own = self.status.index.isin(group.subjects["USUBJID"])
        return self.status[own], self.responses[own]


def complete_responses(plan: Plan) -> Completed:
    """Every counted patient's response in each imputation; the draws do not depend on the order of the records."""
    everybody, rule = plan.everybody, plan.analysis.imputation
    status = find_responses(plan, everybody).sort_index()
    status = status[status != NOT_DUE]
    modelled = status[status.isin((RESPONSE, NO_RESPONSE, MISSING))]
    covariates, notes = _make_covariates(plan, everybody, modelled.index)
    seen = modelled.map({RESPONSE: 1.0, NO_RESPONSE: 0.0}).to_numpy(dtype=float)
    model = impute_responses(
        seen, covariates, n_imputations=rule.n_imputations, rng=plan.rng(), firth=rule.separation == "firth"
    )
    responses = np.repeat((status == RESPONSE).to_numpy()[:, None], len(model.draws), axis=1)
    responses[(status == MISSING).to_numpy()] = model.draws.T
    return Completed(status, responses, model, notes)


def _make_covariates(plan: Plan, everybody: Group, subjects: pd.Index) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The arm and the declared terms; a number that is missing is the mean of the others, a category its own level."""
    adsl = everybody.subjects.set_index("USUBJID").reindex(subjects)
    frame = pd.DataFrame(index=subjects)
    if plan.analysis.by_arm:
        frame["TRT01P"] = adsl["TRT01P"].astype(str)
    notes = []
    for term in plan.analysis.imputation.terms:
        values = find_baseline(plan, everybody).reindex(subjects) if term == "BASE" else adsl[term]
        if pd.api.types.is_numeric_dtype(values):
            if n_missing := int(values.isna().sum()):
                notes.append(f"{term} of {n_missing} patients is the mean of the others in the imputation model")
            mean = values.mean()
            frame[term] = values.fillna(0.0 if np.isnan(mean) else mean).astype(float)
        else:
            frame[term] = values.fillna(UNKNOWN).astype(str)
    return frame, tuple(notes)


def imputed_rows(plan: Plan, group: Group, keys: Row) -> Rows:
    """The group's proportion over the imputations, and how many responses were imputed."""
    done = complete_responses(plan)
    status, responses = done.select(group)
    counts = {"n": len(status), "n_missing": int((status == MISSING).sum()), "n_total": group.n}
    source: Row = {"source": (plan.results_name, value_conditions(plan))}
    yield from make_rows(plan, group, "imputed values", counts, **keys, **source)
    more: Row = {"level": RESPONSE, "n_used": len(status)} | source
    stats = {"n": int((status == RESPONSE).sum()), "n_total": len(status)}
    yield from make_rows(plan, group, "proportion", stats, **keys, **more)
    level = plan.analysis.conf_level
    found = pool_proportion(responses.sum(axis=0), len(status), conf_level=level) if done.is_ok else done.model
    pooled = {name: getattr(found, name, np.nan) for name in ESTIMATES}
    yield from make_rows(plan, group, "proportion", pooled, **keys, **more, **_say(done, found))


def compare_imputed(plan: Plan, groups: list[Group]) -> Rows:
    """Each arm against the reference arm by Rubin's rules."""
    done, reference = complete_responses(plan), find_reference(plan, groups)
    planned = plan.analysis.comparison
    for group in groups:
        if group.code == reference.code:
            continue
        counts, sizes = _count(plan, done, {"arm": group, "reference": reference})
        options = {"reference": "reference", "method": planned.conf_type, "conf_level": plan.analysis.conf_level}
        found = pool_proportion_difference(counts, sizes, **options) if done.is_ok else done.model
        keys: Row = {"variable": plan.analysis.parameter, "visit": plan.analysis.visit} | _say(done, found)
        keys |= {
            "source": (plan.results_name, value_conditions(plan)),
            "n_used": int(sum(size.sum() for size in sizes.values())),
        }
        stats = {name: getattr(found, name, np.nan) for name in ESTIMATES}
        yield from contrast_rows(plan, group, reference, "proportion difference", stats, **keys)
        if planned.test != "none":
            stats = {name: getattr(found, name, np.nan) for name in ("statistic", "df", "p_value")}
            yield from contrast_rows(plan, group, reference, "proportion test", stats, **keys, level=planned.test)


def _count(
    plan: Plan, done: Completed, sides: dict[str, Group]
) -> tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.int64]]]:
    """Responders by imputation and stratum, and patients by stratum, of each side."""
    column = plan.analysis.comparison.strata
    strata = plan.everybody.subjects.set_index("USUBJID")[column].fillna(UNKNOWN) if column else None
    both = [done.status.index.isin(side.subjects["USUBJID"]) for side in sides.values()]
    levels = [""] if strata is None else sorted(strata.reindex(done.status.index)[both[0] | both[1]].unique())
    counts, sizes = {}, {}
    for name, side in sides.items():
        status, responses = done.select(side)
        own = pd.Series("", index=status.index) if strata is None else strata.reindex(status.index)
        is_in = [(own == level).to_numpy() for level in levels]
        counts[name] = np.column_stack([responses[rows].sum(axis=0) for rows in is_in])
        sizes[name] = np.array([rows.sum() for rows in is_in])
    return counts, sizes


def _say(done: Completed, found: PooledProportion | ImputedResponses) -> Row:
    notes = [*done.notes, *done.model.notes, *(found.notes if found is not done.model else ())]
    status = "note" if notes and found.status == "ok" else found.status
    return said(found) | {"status": status, "message": "; ".join(notes)}
