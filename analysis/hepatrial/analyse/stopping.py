"""Stopping rules of a single arm at the data cut: boundary, exact characteristics, path of the trial, verdict.

A patient is in n as soon as the cut lies the whole window after the origin, whatever the outcome (``review_stopping``).
Followed to the end of the window: dead, or last known alive at most ``status_tolerance_days`` before its last day, as
in the table of known status. A death that is not the event leaves nothing unknown: the event can no longer happen.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.analyse.event_kinds import RELATED
from hepatrial.analyse.rows import Group, Plan, Rows, make_n_row, make_row, make_rows
from hepatrial.contracts import AnalysisData
from hepatrial.estimate import (
    StoppingBoundary,
    estimate_exposure_characteristics,
    estimate_stopping_characteristics,
    review_stopping,
    review_stopping_exposure,
    stopping_boundary,
    stopping_boundary_exposure,
)
from hepatrial.results import Where
from hepatrial.study import StoppingRule, Study

RELATION = {"any": ("AEREL", ["Y"]), "device": ("AERELDEV", list(RELATED)), "procedure": ("AERELPRC", list(RELATED)),
            "cells": ("AERELCEL", list(RELATED))}  # fmt: skip
Days = npt.NDArray[np.float64]


def analyse_stopping(study: Study, data: AnalysisData) -> Rows:
    """Every row of every declared rule; none where there is none."""
    for rule in study.monitoring.stopping if study.monitoring else ():
        plan = Plan(study, data, rule)
        group = plan.everybody
        yield make_n_row(plan, group)
        review = _review_window if rule.counting == "patients past the window" else _review_follow_up
        yield from review(plan, group)


def _review_window(plan: Plan, group: Group) -> Rows:
    rule: StoppingRule = plan.analysis
    looks = range(1, rule.n_max + 1) if rule.looks == "continuous" else rule.looks
    boundary = stopping_boundary([*looks], p0=rule.p0, rule=rule.rule, alpha=rule.alpha, prior=rule.prior)
    yield from _boundary_rows(plan, group, boundary)
    entry, time, event, source = _follow_up(plan, group)
    found = review_stopping(boundary, entry, time, event, cut=plan.data.as_of, window=rule.window_days)
    keys = {"method": found.method, "source": source}
    counts = {"n": found.n_evaluable, "n_events": found.n_events, "n_unknown": found.n_unknown}
    yield from make_rows(plan, group, "stopping rule", counts, variable="evaluable", **keys)
    others = {"n": found.n_entered - found.n_evaluable, "n_events": found.n_events_others}
    yield from make_rows(plan, group, "stopping rule", others, variable="not yet evaluable", **keys)
    for line in found.path.itertuples():
        stats = {"n_events": line.n_events, "n_unknown": line.n_unknown}
        yield from make_rows(plan, group, "stopping rule", stats, variable="path", level=str(line.n), **keys)
    reached = found.path[found.path["stop_at"].notna()]
    stop_at = float(reached["stop_at"].iloc[-1]) if len(reached) else float("nan")
    yield _verdict_row(plan, group, found, "stop_at", stop_at, **keys)


def _boundary_rows(plan: Plan, group: Group, boundary: StoppingBoundary) -> Rows:
    keys = {"method": boundary.method, "checked_by": "reference"}
    for n, stop_at in zip(boundary.looks, boundary.stop_at, strict=True):
        stats = {"n": n, "stop_at": stop_at}
        yield from make_rows(plan, group, "stopping boundary", stats, variable="boundary", level=str(n), **keys)
    found = estimate_stopping_characteristics(boundary, _truths(plan.analysis))
    yield from _characteristics_rows(plan, group, found.table, method=f"{boundary.method}, {found.method}")


def _review_follow_up(plan: Plan, group: Group) -> Rows:
    rule: StoppingRule = plan.analysis
    longest = rule.n_max * rule.window_days
    boundary = stopping_boundary_exposure(
        longest, p0=rule.p0, window=rule.window_days, rule=rule.rule, alpha=rule.alpha
    )
    keys: dict[str, Any] = {"method": f"{boundary.method}, events and total follow-up", "checked_by": "reference"}
    for events, deadline in zip(boundary.events, boundary.deadlines, strict=True):
        level = {"variable": "boundary", "level": str(events), "unit": "days"}
        yield make_row(plan, group, "stopping boundary", "exposure", deadline, **level, **keys)
    table = estimate_exposure_characteristics(boundary, _truths(rule))
    yield from _characteristics_rows(plan, group, table, method=keys["method"])
    entry, time, event, source = _follow_up(plan, group)
    found = review_stopping_exposure(boundary, entry, time, event, cut=plan.data.as_of)
    keys = {"method": keys["method"], "source": source}
    counts = {"n": found.n_entered, "n_events": found.n_events, "exposure": found.exposure}
    yield from make_rows(plan, group, "stopping rule", counts, variable="entered", **keys)
    for line in found.path.itertuples():
        level = {"variable": "path", "level": f"{line.n_events:g}", "unit": "days"}
        yield make_row(plan, group, "stopping rule", "exposure", line.exposure, **level, **keys)
    yield _verdict_row(plan, group, found, "n_events", float(found.n_events), **keys)


def _verdict_row(plan: Plan, group: Group, found: Any, stat: str, value: float, **keys: Any) -> dict[str, Any]:
    """``level`` is the verdict, the message its reason; not evaluable is not estimable."""
    more = {"variable": "verdict", "level": found.verdict, "message": "; ".join((found.reason, *found.notes))}
    if found.status != "ok":
        value, more = float("nan"), more | {"status": found.status}
    return make_row(plan, group, "stopping rule", stat, value, **more, **keys)


def _characteristics_rows(plan: Plan, group: Group, table: pd.DataFrame, **keys: Any) -> Rows:
    for line in table.to_dict("records"):
        stats = {str(name): float(value) for name, value in line.items() if name != "p"}
        level = {"variable": "true probability", "level": f"{line['p']:g}", "checked_by": "reference"}
        yield from make_rows(plan, group, "operating characteristics", stats, **level, **keys)


def _truths(rule: StoppingRule) -> list[float]:
    return sorted({rule.p0, *rule.probabilities})


def _follow_up(plan: Plan, group: Group) -> tuple[Any, Days, Any, tuple[str, Any]]:
    """Day 0 of each patient at risk, days to the event or known to be without it, whether it happened; the source."""
    rule: StoppingRule = plan.analysis
    rows = group.subjects[group.subjects["ORIGDT"].notna() & ~(group.subjects["DTHDT"] < group.subjects["ORIGDT"])]
    death, transplant, known = (_days(rows, name) for name in ("DTHDT", "LTDT", "LSTALVDT"))
    potential = (pd.Timestamp(plan.data.as_of) - rows["ORIGDT"]).dt.days.to_numpy(dtype=float)
    causes = [death]
    source: tuple[str, Where] = ("ADSL", [])
    if rule.toxicity is not None:
        toxicity, ids = _find_toxicity(plan, rows)
        causes, source = [toxicity], ("ADAE", [("SRCID", "in", ids)])
        causes += [death] if rule.toxicity.death == "event" else []
    causes += [transplant] if rule.transplant == "event" else []
    first = np.fmin.reduce([*causes, np.full(len(rows), np.nan)])
    is_known = (known >= rule.window_days - plan.study.time.status_tolerance_days) | ~np.isnan(death)
    followed = np.where(is_known, np.fmax(rule.window_days, known), known)
    free = np.minimum(np.fmax(followed, 0.0), potential)
    event = ~np.isnan(first)
    return rows["ORIGDT"].to_numpy(), np.where(event, first, free), event, source


def _days(rows: pd.DataFrame, column: str) -> Days:
    days = (rows[column] - rows["ORIGDT"]).dt.days.to_numpy(dtype=float)
    return np.where(days >= 0, days, np.nan)


def _find_toxicity(plan: Plan, rows: pd.DataFrame) -> tuple[Days, list[str]]:
    """First day of such an event by subject (by the earliest day possible), and the records of the events."""
    criteria = plan.analysis.toxicity
    events = plan.data.datasets["ADAE"]
    keep = events["USUBJID"].isin(rows["USUBJID"]) & (events["TRTEMFL"] == "Y")
    if criteria.min_grade is not None:
        keep &= events["AETOXGR"] >= criteria.min_grade
    if criteria.related is not None:
        column, texts = RELATION[criteria.related]
        keep &= events[column].isin(texts)
    if criteria.serious:
        keep &= events["AESER"] == "Y"
    if criteria.special_interest:
        keep &= _names(events).isin(_terms(plan.study, criteria.special_interest))
    chosen = events[keep]
    origin = chosen["USUBJID"].map(rows.set_index("USUBJID")["ORIGDT"])
    day = (chosen["ASTDT"] - origin).dt.days.fillna(0).clip(lower=0)  # emergent, so not before the origin
    first = rows["USUBJID"].map(day.groupby(chosen["USUBJID"]).min()).to_numpy(dtype=float)
    return first, sorted(chosen["SRCID"])


def _names(events: pd.DataFrame) -> pd.Series:
    return events["AEDECOD"].fillna(events["AETERM"]).astype("object").str.strip().str.casefold()


def _terms(study: Study, codes: tuple[str, ...]) -> set[str]:
    groups = study.safety.special_interest if study.safety else ()
    return {term.strip().casefold() for item in groups if item.code in codes for term in item.terms}
