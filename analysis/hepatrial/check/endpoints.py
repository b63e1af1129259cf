"""Rules about completeness: what the endpoints of the study need, and who lacks it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.check.dates import death_dates
from hepatrial.check.problem import Data, Problem
from hepatrial.study import Endpoint, TimeToEvent


def check_tables_present(data: Data) -> Iterator[Problem]:
    """The tables that the time origin and the endpoints need have rows."""
    if data.study.time.origin == "first treatment" and data.table("treatments").empty:
        yield Problem("treatments", "there is no treatment, but the time origin is the first treatment")
    survival = [endpoint for endpoint in data.study.endpoints if _is_time_to_event(data, endpoint)]
    if survival and data.table("outcomes").empty and data.table("vital_status").empty:
        ids = ", ".join(endpoint.id for endpoint in survival)
        yield Problem("outcomes", f"neither outcomes nor vital status is there, but needed for: {ids}")
    adverse = [endpoint.id for endpoint in data.study.endpoints if endpoint.variable == "ADAE"]
    if adverse and not data.has_source("adverse_events"):
        yield Problem("adverse_events", f"no file of adverse events is mapped, but needed for: {', '.join(adverse)}")


def check_parameters_present(data: Data) -> Iterator[Problem]:
    """Each parameter that an endpoint is about has at least one result in the study's unit."""
    needed = {endpoint.variable: endpoint.id for endpoint in data.study.endpoints}
    found: set[Any] = set()
    for name in ("labs", "clinical"):
        frame = data.table(name)
        found |= set(frame.loc[frame["std_value"].notna() | frame["std_bound"].notna(), "parameter"])
    for parameter in data.study.parameters:
        if parameter.code in needed and parameter.code not in found:
            table = "labs" if parameter.group == "LABORATORY" else "clinical"
            text = f"there is no result of {parameter.code} ({parameter.label}), needed for: {needed[parameter.code]}"
            yield Problem(table, text)


def check_baseline(data: Data) -> Iterator[Problem]:
    """Each parameter that an endpoint is about has a result at or before the origin, for everyone who has one."""
    origin = origin_dates(data)
    needed = {endpoint.variable for endpoint in data.study.endpoints}
    for parameter in data.study.parameters:
        if parameter.code not in needed:
            continue
        seen: set[Any] = set()
        for name in ("labs", "clinical"):
            frame = data.table(name)
            own = frame[
                (frame["parameter"] == parameter.code) & (frame["std_value"].notna() | frame["std_bound"].notna())
            ]
            seen |= set(own.loc[own["date_low"] <= own["subject_id"].map(origin), "subject_id"])
        lacking = [subject for subject in origin.index if subject not in seen]
        yield from _at_subjects(
            data, lacking, f"no baseline of {parameter.code} ({parameter.label})", "", parameter.code
        )


def check_origin(data: Data) -> Iterator[Problem]:
    """Every subject has the date that follow-up is counted from."""
    origin = origin_dates(data)
    frame = data.table("subjects")
    known = frame["subject_id"].map(origin).notna()
    places = np.flatnonzero(frame["subject_id"].notna() & ~known & ~frame["subject_id"].duplicated())
    if places.size and len(data.subjects):
        text = f"no complete date of the time origin ({data.study.time.origin}): no follow-up time"
        yield Problem("subjects", text, places, "subject_id")


def origin_dates(data: Data) -> "pd.Series[Any]":
    """Complete date of the study's time origin by subject_id, for those who have one."""
    if data.study.time.origin == "first treatment":
        return data.table("treatments").groupby("subject_id")["start_date"].min().dropna()
    return data.subjects[f"{data.study.time.origin}_date"].dropna()


def check_vital_status(data: Data) -> Iterator[Problem]:
    """For the last day of each primary time-to-event endpoint it is known who lives, within the study's tolerance."""
    for endpoint in data.study.endpoints:
        if endpoint.role != "primary" or not _is_time_to_event(data, endpoint):
            continue
        yield from _vital_status_for(data, endpoint)


def _vital_status_for(data: Data, endpoint: Endpoint) -> Iterator[Problem]:
    origin = origin_dates(data)
    last = last_known_dates(data).reindex(origin.index)
    alive = ~origin.index.isin(death_dates(data).index) & ~origin.index.isin(_dead(data))
    day = last_day_of(data, endpoint)
    due = origin + pd.to_timedelta(day, unit="D")
    tolerance = pd.to_timedelta(data.study.time.status_tolerance_days, unit="D")
    is_due = due <= pd.Timestamp(data.exports.exported_on)
    none = origin.index[(alive & last.isna() & is_due).to_numpy()]
    yield from _at_subjects(data, none, "neither death nor a date known alive: needed for " + endpoint.id, "error")
    old = origin.index[alive & is_due & (last < due - tolerance).to_numpy() & (day > 0)]
    text = f"vital status is older than day {day:g}, which {endpoint.id} asks for: censored before it"
    yield from _at_subjects(data, old, text, "warning")


def last_day_of(data: Data, endpoint: Endpoint) -> float:
    """Last day that a time-to-event endpoint answers for: its own days, else those of its analyses; 0 for none."""
    analyses = (data.study.analysis(one) for one in endpoint.analyses)
    days = [*endpoint.days] or [day for one in analyses for day in getattr(one, "days", ())]
    return float(max(days, default=0))


def _dead(data: Data) -> "pd.Series[Any]":
    frame = data.table("outcomes")
    return frame.loc[frame["outcome"] == "death", "subject_id"]


def last_known_dates(data: Data) -> "pd.Series[Any]":
    """Last date that each subject is known to be alive on or to have left, from vital status and outcomes."""
    status, outcomes = data.table("vital_status"), data.table("outcomes")
    seen = pd.concat(
        [
            status.loc[status["status"].isin(["alive", "dead"]), ["subject_id", "date"]],
            outcomes.loc[:, ["subject_id", "date"]],
        ]
    )
    return seen.groupby("subject_id")["date"].max()


def _at_subjects(data: Data, subjects: Any, message: str, severity: str, raw: str | None = None) -> Iterator[Problem]:
    frame = data.table("subjects")
    places = np.flatnonzero(frame["subject_id"].isin(list(subjects)) & ~frame["subject_id"].duplicated())
    if places.size:
        raws = None if raw is None else [raw] * len(places)
        yield Problem("subjects", message, places, "subject_id", raws, severity)


def check_deaths_agree(data: Data) -> Iterator[Problem]:
    """A death told by vital status or by an adverse event is an outcome too."""
    dead = set(_dead(data))
    status = data.table("vital_status")
    places = np.flatnonzero((status["status"] == "dead") & ~status["subject_id"].isin(dead))
    if places.size:
        yield Problem("vital_status", "dead here, but outcomes has no death", places, "status")
    events = data.table("adverse_events")
    places = np.flatnonzero((events["grade"] == "5") & ~events["subject_id"].isin(dead))
    if places.size:
        yield Problem("adverse_events", "grade 5 (death), but outcomes has no death", places, "grade")


def _is_time_to_event(data: Data, endpoint: Endpoint) -> bool:
    known: tuple[TimeToEvent, ...] = data.study.times_to_event
    return endpoint.variable in {one.code for one in known}
