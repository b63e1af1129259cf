"""Time to the first adverse event of a kind: Aalen-Johansen with death competing, beside the crude proportion, and
rates per patient-time.

A patient is observed from the first treatment to death, the end of study or the last contact, whichever is known
first in this order; where the study file limits treatment-emergent events to some days after the last treatment, not
longer. Time to an event counts from day 0; patient-days of a rate count both the first and the last day. Rates are
exact Poisson (Garwood 1936): all events over all patient-days, and first events over the patient-days before them.
"""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.event_kinds import Conditions, Events, emergent, list_kinds
from hepatrial.analyse.rows import Group, Plan, Rows, checked_rows, make_rows, summary_stats
from hepatrial.estimate import estimate_cumulative_incidence, estimate_proportion, estimate_rate, summarise

EVENT, DEATH = 1, 2
AT_DAY = ("n_risk", "n_events", "estimate", "std_error", "conf_low", "conf_high")
TO_FIRST = ("n", "median", "q1", "q3", "min", "max")


def analyse_event_times(plan: Plan, group: Group) -> Rows:
    """Rates, incidence and crude proportions of every planned kind of event."""
    observed = _observe(plan, group)
    kinds = list_kinds(plan)
    events = Events.of(plan, group)
    for variable in plan.analysis.kinds:
        if variable in kinds and len(observed):
            mine = events.frame[events.of_kind(kinds[variable])]
            yield from _describe(plan, group, variable, kinds[variable], observed, mine)


def _observe(plan: Plan, group: Group) -> pd.DataFrame:
    """By subject: START, END (observation), DIED; those who were treated and seen at least on that day."""
    adsl = group.subjects[group.subjects["TRTSDT"].notna()].set_index("USUBJID")
    end = adsl["DTHDT"].fillna(adsl["EOSDT"]).fillna(adsl["LSTALVDT"])
    end = end.where(end.notna() & (end >= adsl["TRTSDT"]), adsl["TRTSDT"])
    safety = plan.study.safety
    if safety is not None and safety.treatment_emergent_days is not None:
        last = adsl["TRTEDT"].fillna(adsl["TRTSDT"]) + pd.Timedelta(days=safety.treatment_emergent_days)
        end = end.where(end <= last, last)
    died = adsl["DTHDT"].notna() & (adsl["DTHDT"] <= end)
    return pd.DataFrame({"START": adsl["TRTSDT"], "END": end, "DIED": died})


def _describe(
    plan: Plan, group: Group, variable: str, where: Conditions, observed: pd.DataFrame, events: pd.DataFrame
) -> Rows:
    mine = events[events["USUBJID"].isin(observed.index)]
    keys: dict[str, Any] = {"variable": variable, "source": ("ADAE", [*emergent(plan), *where])}
    table = _first_events(mine, observed)
    days = (observed["END"] - observed["START"]).dt.days.to_numpy(dtype=float) + 1
    firsts = int((table["STATUS"] == EVENT).sum())
    yield from _rate(plan, group, "per patient-time", len(mine), float(days.sum()), **keys)
    to_first = float((table["TIME"] + 1).sum())
    yield from _rate(plan, group, "first event per patient-time", firsts, to_first, **keys)
    found = summary_stats(summarise(table.loc[table["STATUS"] == EVENT, "TIME"]), *TO_FIRST)
    yield from make_rows(plan, group, "observed value", found, level="days to first event", unit="days", **keys)
    yield from _incidence(plan, group, table, **keys)


def _first_events(events: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    """TIME and STATUS of every subject: 1 the first event, 2 death before one, 0 observation ended.

    An event whose start is not known counts from the first day; one that is recorded after the last day known ends
    the observation there.
    """
    start = events["USUBJID"].map(observed["START"])
    day = (events["ASTDT"] - start).dt.days.clip(lower=0).fillna(0)
    first = day.groupby(events["USUBJID"]).min().reindex(observed.index)
    end = (observed["END"] - observed["START"]).dt.days.astype(float)
    status = np.select([first.notna(), observed["DIED"]], [EVENT, DEATH], default=0)
    return pd.DataFrame({"TIME": first.fillna(end), "STATUS": status}, index=observed.index)


def _rate(plan: Plan, group: Group, level: str, n_events: int, days: float, **keys: Any) -> Rows:
    counts = {"n_events": n_events, "n_total": days}
    yield from make_rows(plan, group, "rate", counts, level=level, unit="patient-days", **keys)
    per = plan.analysis.rate_days
    found = estimate_rate(n_events, days / per, method="exact", conf_level=plan.analysis.conf_level)
    stats = {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}
    unit = f"per {per} patient-days"
    yield from make_rows(plan, group, "rate", stats, level=level, unit=unit, method=found.method, **keys)


def _incidence(plan: Plan, group: Group, table: pd.DataFrame, **keys: Any) -> Rows:
    planned = plan.analysis
    time, status = table["TIME"].to_numpy(dtype=float), table["STATUS"].to_numpy()
    options = {"cause": EVENT, "conf_type": planned.conf_type, "conf_level": planned.conf_level}
    found = estimate_cumulative_incidence(time, status, at=planned.days, **options)
    second = estimate_cumulative_incidence(time, status, at=planned.days, engine="statsmodels", **options)
    for line, other in zip(found.at.itertuples(), second.at.itertuples(), strict=True):
        day = float(line.time)
        more = {"level": "event", "time_days": day, "method": found.method}
        more |= {"status": line.status, "message": line.message}
        stats = {name: float(getattr(line, "incidence" if name == "estimate" else name)) for name in AT_DAY}
        yield from checked_rows(plan, group, "cumulative incidence", stats, "estimate", other.incidence, **keys, **more)
        yield from _crude(plan, group, time, status, day, **keys)


def _crude(plan: Plan, group: Group, time: Any, status: Any, day: float, **keys: Any) -> Rows:
    """Patients with an event by the day over all patients, whoever was lost or died before."""
    n = int(((status == EVENT) & (time <= day)).sum())
    level = plan.analysis.conf_level
    found = estimate_proportion(n, len(time), method="clopper-pearson", conf_level=level)
    stats = {"n_events": n, "n_total": len(time), "estimate": n / len(time)}
    stats |= {"conf_low": found.conf_low, "conf_high": found.conf_high}
    yield from make_rows(plan, group, "proportion", stats, time_days=day, method=found.method, **keys)
