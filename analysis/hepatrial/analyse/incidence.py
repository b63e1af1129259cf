"""Cumulative incidence of an event with competing ones (Aalen-Johansen), Gray's test and hazard ratios of the arms.

A cause-specific hazard ratio is about the rate among those still free of everything, a subdistribution hazard ratio
about the cumulative incidence: they answer different questions and may point apart.
"""

from typing import Any

import pandas as pd

from hepatrial.analyse.cox_models import design_of, fit_arms
from hepatrial.analyse.known_status import known_status_rows
from hepatrial.analyse.rows import Group, Plan, Row, Rows, checked_rows, contrast_rows, find_reference, make_rows, said
from hepatrial.analyse.sample import ABSENT, CENSORED, EVENT, Sample, make_sample, split_present, time_to_event
from hepatrial.analyse.survival import at_risk_rows
from hepatrial.estimate import compare_cumulative_incidence, estimate_cumulative_incidence, fit_fine_gray

CAUSES = {"event": 1, "competing": 2}
CODES = {"event": 0, "competing": 2}
"""CNSR of each."""
STATUS = {0: 1, 1: 0, 2: 2}
"""CNSR 0 event, 1 censored, 2 competing event, to the estimators' 1, 0, 2."""

CURVE = ("n_risk", "estimate", "conf_low", "conf_high")
AT_DAY = ("n_risk", "n_events", "estimate", "std_error", "conf_low", "conf_high")


def analyse_incidence(plan: Plan, group: Group) -> Rows:
    """Cumulative incidence of the event and of the competing events at each day, and their curves."""
    planned = plan.analysis
    rows = time_to_event(plan, group)
    keys: dict[str, Any] = {
        "variable": planned.parameter,
        "source": ("ADTTE", [("PARAMCD", "in", [planned.parameter])]),
    }
    counts = {
        "n_total": len(rows), "n_events": int((rows["CNSR"] == 0).sum()),
        "n_competing": int((rows["CNSR"] == 2).sum()), "n_censored": int((rows["CNSR"] == 1).sum()),
    }  # fmt: skip
    yield from make_rows(plan, group, "follow-up", counts, **keys)
    if len(rows) == 0:
        return
    for level, cause in CAUSES.items():
        options = {"cause": cause, "conf_type": planned.conf_type, "conf_level": planned.conf_level}
        time, status = rows["AVAL"].to_numpy(dtype=float), _status(rows)
        found = estimate_cumulative_incidence(time, status, at=planned.days, **options)
        second = estimate_cumulative_incidence(time, status, at=planned.days, engine="statsmodels", **options)
        for line, other in zip(found.at.itertuples(), second.at.itertuples(), strict=True):
            more = {"level": level, "time_days": float(line.time), "method": found.method}
            more |= {"status": line.status, "message": line.message}
            stats = _stats(line, AT_DAY)
            yield from checked_rows(
                plan, group, "cumulative incidence", stats, "estimate", other.incidence, **keys, **more
            )
        for line in found.curve.itertuples():
            more = {"level": f"curve {level}", "time_days": float(line.time), "method": found.method, "endpoint": ""}
            yield from make_rows(plan, group, "cumulative incidence", _stats(line, CURVE), **keys, **more)
    yield from at_risk_rows(plan, group, rows, **keys)
    yield from known_status_rows(plan, group, rows, **keys)


def _stats(line: Any, names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(getattr(line, "incidence" if name == "estimate" else name)) for name in names}


def _status(rows: pd.DataFrame) -> Any:
    return rows["CNSR"].map(STATUS).to_numpy()


def compare_incidence(plan: Plan, groups: list[Group]) -> Rows:
    """Gray's test of the event and the hazard ratios of the arms, where the study file plans them."""
    if plan.analysis.comparison is None and plan.analysis.models is None:
        return
    sample = make_sample(plan, groups)
    keys: Row = {"variable": plan.analysis.parameter, "n_used": len(sample.rows)}
    keys["source"] = ("ADTTE", [("PARAMCD", "in", [plan.analysis.parameter])])
    if plan.analysis.comparison == "gray":
        found = compare_cumulative_incidence(sample.time, _status(sample.rows), sample.arm, cause=1)
        stats = {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
        yield from make_rows(plan, None, "gray test", stats, **keys, **said(found))
    if plan.analysis.models is not None:
        reference = find_reference(plan, groups)
        arms = [group for group in groups if group.code != reference.code]
        others, absent = split_present(sample, arms, reference)
        yield from _nothing(plan, absent, reference, keys)
        if others and plan.analysis.models.cause_specific:
            yield from _cause_specific(plan, others, reference, sample, keys)
        if others and plan.analysis.models.fine_gray:
            yield from _subdistribution(plan, others, reference, sample, keys)


def _nothing(plan: Plan, absent: list[Group], reference: Group, keys: Row) -> Rows:
    """The planned hazard ratios of arms that cannot be compared."""
    models, nothing = (
        plan.analysis.models,
        dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"), float("nan")),
    )
    measures = [("cause-specific hazard ratio", level) for level in CODES if models.cause_specific]
    measures += [("subdistribution hazard ratio", "event")] if models.fine_gray else []
    for group in absent:
        for measure, level in measures:
            yield from contrast_rows(plan, group, reference, measure, nothing, **keys | ABSENT | {"level": level})


def _cause_specific(plan: Plan, others: list[Group], reference: Group, sample: Sample, keys: Row) -> Rows:
    """A Cox model of each cause, whoever had another one censored at it."""
    codes = [group.code for group in others]
    options = {"ties": plan.analysis.models.ties, "conf_level": plan.analysis.conf_level}
    for level, code in CODES.items():
        own = sample.rows.assign(CNSR=sample.rows["CNSR"].eq(code).map({True: EVENT, False: CENSORED}))
        model = fit_arms(Sample(own), codes, **options)
        more = keys | {"level": level, "method": f"cause-specific {model.method}", "status": model.status}
        more["message"] = "; ".join(model.notes)
        for group in others:
            values, second = model.values(group.code), model.second_value(group.code)
            yield from contrast_rows(plan, group, reference, "cause-specific hazard ratio", values, second, **more)


def _subdistribution(plan: Plan, others: list[Group], reference: Group, sample: Sample, keys: Row) -> Rows:
    design = design_of(sample, [group.code for group in others], ())
    level = plan.analysis.conf_level
    found = fit_fine_gray(sample.time, _status(sample.rows), design, cause=1, conf_level=level)
    table = found.table.set_index("term")
    for group in others:
        line = table.loc[group.code]
        values = {"estimate": float(line["hazard_ratio"])}
        values |= {name: float(line[name]) for name in ("conf_low", "conf_high", "p_value")}
        more = keys | said(found) | {"level": "event"}
        yield from contrast_rows(plan, group, reference, "subdistribution hazard ratio", values, **more)
