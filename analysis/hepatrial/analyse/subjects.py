"""Disposition, eligibility, exposure and specimens: counts and descriptions of the subjects."""

from collections.abc import Callable

import pandas as pd

from hepatrial.analyse.rows import (
    SUMMARY,
    Group,
    Plan,
    Rows,
    count_and_percent,
    make_row,
    make_rows,
    only_patients,
    summary_stats,
)
from hepatrial.estimate import summarise
from hepatrial.results import Where

ELIGIBILITY_LEVELS = ("met", "not met", "not assessable")

_STATES: dict[str, tuple[str, Callable[[pd.DataFrame], pd.Series]]] = {
    "reached origin": ("ORIGDT", lambda s: s["ORIGDT"].notna()),
    "not enrolled to origin": ("ORIGDT", lambda s: s["ORIGDT"].isna()),
    "died before origin": (
        "DTHDT", lambda s: s["DTHDT"].notna() & (s["ORIGDT"].isna() | (s["DTHDT"] < s["ORIGDT"])),
    ),
    "treated": ("TRTSDT", lambda s: s["TRTSDT"].notna()),
    "completed": ("EOSSTT", lambda s: s["EOSSTT"] == "COMPLETED"),
    "discontinued": ("EOSSTT", lambda s: s["EOSSTT"] == "DISCONTINUED"),
    "ongoing": ("EOSSTT", lambda s: s["EOSSTT"] == "ONGOING"),
    "died": ("DTHFL", lambda s: s["DTHFL"] == "Y"),
    "transplanted": ("LTFL", lambda s: s["LTFL"] == "Y"),
    "withdrawn": ("WDRDT", lambda s: s["WDRDT"].notna()),
}  # fmt: skip
"""The column of ADSL that a state rests on, and who is in it."""
_STATE_SOURCES: dict[str, Where] = {
    "reached origin": [("ORIGDT", "not missing", [])], "treated": [("TRTSDT", "not missing", [])],
    "completed": [("EOSSTT", "in", ["COMPLETED"])], "discontinued": [("EOSSTT", "in", ["DISCONTINUED"])],
    "ongoing": [("EOSSTT", "in", ["ONGOING"])], "died": [("DTHFL", "in", ["Y"])],
    "transplanted": [("LTFL", "in", ["Y"])], "withdrawn": [("WDRDT", "not missing", [])],
}  # fmt: skip
"""The same as conditions of a source; a state that needs more than these names its patients."""


def _has_no_treatments(plan: Plan, name: str) -> bool:
    """Whether this is the count of the treated and no treatment was exported at all: then nobody can be counted."""
    return name == "treated" and bool(plan.data.datasets["ADSL"]["TRTSDT"].isna().all())


def analyse_disposition(plan: Plan, group: Group) -> Rows:
    """Screened, enrolled, treated, outcomes and populations, with the ledger's reasons."""
    ledger = plan.data.ledger.frame
    screening = ledger[ledger["population"] == "SCREENED"]
    if group.code == "all" and len(screening):
        yield make_row(plan, group, "patients", "n", len(screening), variable="screened")
        failed = screening[~screening["kept"]]
        yield make_row(plan, group, "patients", "n", len(failed), variable="screen failed")
        yield from _reasons(plan, group, failed, "SCREENED")
    yield from make_rows(plan, group, "patients", count_and_percent(group.n, group.n), variable="enrolled")
    for name, (column, test) in _STATES.items():
        if plan.data.has("ADSL", column) and not _has_no_treatments(plan, name):
            inside = group.subjects.loc[test(group.subjects), "USUBJID"]
            n, source = len(inside), ("ADSL", _STATE_SOURCES.get(name, only_patients(inside)))
            yield from make_rows(plan, group, "patients", count_and_percent(n, group.n), variable=name, source=source)
    yield from _randomised_again(plan, group)
    yield from _why_discontinued(plan, group)
    for population in plan.study.populations:
        members = group.subjects[group.subjects[population.flag] == "Y"]
        stats = count_and_percent(len(members), group.n)
        source = ("ADSL", [(population.flag, "in", ["Y"])])
        yield from make_rows(plan, group, "patients", stats, variable=population.code, source=source)
        left = ledger[(ledger["population"] == population.code) & ~ledger["kept"]]
        left = left[left["subject_id"].isin(group.subjects["SUBJID"])]
        yield from _reasons(plan, group, left, population.code)


def _randomised_again(plan: Plan, group: Group) -> Rows:
    """Patients of the second randomisation, and of each of its arms."""
    second = plan.study.design.second
    if second is None:
        return
    again = group.subjects[group.subjects["RAND2DT"].notna()]
    source: tuple[str, Where] = ("ADSL", [("TRT02P", "in", [arm.code for arm in second.arms])])
    stats = count_and_percent(len(again), group.n)
    yield from make_rows(plan, group, "patients", stats, variable="randomised again", source=source)
    for arm in second.arms:
        source = ("ADSL", [("TRT02P", "in", [arm.code])])
        stats = count_and_percent(int((again["TRT02P"] == arm.code).sum()), group.n)
        keys = {"variable": "randomised again", "level": arm.code, "source": source}
        yield from make_rows(plan, group, "patients", stats, **keys)


def _why_discontinued(plan: Plan, group: Group) -> Rows:
    """Every reason that anybody of the population has, so that an arm without it has its 0."""
    where: list[tuple[str, str, list[object]]] = [("EOSSTT", "in", ["DISCONTINUED"])]
    everybody = plan.everybody.subjects
    left = everybody[everybody["EOSSTT"] == "DISCONTINUED"]
    mine = left[left["USUBJID"].isin(group.subjects["USUBJID"])]
    for reason in sorted(left["DCSREAS"].dropna().unique()):
        source = ("ADSL", [*where, ("DCSREAS", "in", [reason])])
        stats = count_and_percent(int((mine["DCSREAS"] == reason).sum()), group.n)
        yield from make_rows(plan, group, "patients", stats, variable="discontinued", level=str(reason), source=source)


def _reasons(plan: Plan, group: Group, left: pd.DataFrame, population: str) -> Rows:
    for reason, rows in left.groupby("reason", sort=True):
        keys = {"variable": "excluded", "level": str(reason), "by_variable": "population", "by_level": population}
        yield make_row(plan, group, "patients", "n", len(rows), **keys)


def analyse_eligibility(plan: Plan, group: Group) -> Rows:
    """Each criterion on the data, beside the investigator's answer."""
    rows = plan.dataset("ADEL", group)
    for criterion in plan.study.eligibility:
        mine = rows[rows["CRITID"] == criterion.id]
        for level in ELIGIBILITY_LEVELS:
            source = ("ADEL", [("CRITID", "in", [criterion.id]), ("DATARES", "in", [level])])
            n = int((mine["DATARES"] == level).sum())
            yield make_row(plan, group, "patients", "n", n, variable=criterion.id, level=level, source=source)
        source = ("ADEL", [("CRITID", "in", [criterion.id]), ("DIFFFL", "in", ["Y"])])
        keys = {"variable": criterion.id, "level": "differs from investigator", "source": source}
        yield make_row(plan, group, "patients", "n", int((mine["DIFFFL"] == "Y").sum()), **keys)


def analyse_exposure(plan: Plan, group: Group) -> Rows:
    """Sessions per patient, their duration, and how many went as planned."""
    rows = plan.dataset("ADEX", group)
    per_patient = rows.groupby("USUBJID").size().reindex(group.subjects["USUBJID"], fill_value=0)
    source: tuple[str, Where] = ("ADEX", [])
    described = {"sessions per patient": (per_patient, "sessions"), "session hours": (rows["ADURHR"], "hours")}
    for variable, (values, unit) in described.items():
        stats = summary_stats(summarise(values.astype(float)), *SUMMARY)
        yield from make_rows(plan, group, "observed value", stats, variable=variable, unit=unit, source=source)
    members = plan.data.datasets["ADEX"]["USUBJID"]
    for number in sorted({*per_patient, *members.value_counts()}):
        own = only_patients(per_patient.index[per_patient == number])
        keys = {"variable": "sessions", "level": str(number), "source": ("ADEX" if number else "ADSL", own)}
        n = int((per_patient == number).sum())
        yield from make_rows(plan, group, "patients", count_and_percent(n, group.n), **keys)
    completed = ("ADEX", [("COMPLFL", "in", ["Y"])])
    yield make_row(plan, group, "count", "n_total", len(rows), variable="sessions", source=source)
    n_completed = int((rows["COMPLFL"] == "Y").sum())
    yield make_row(plan, group, "count", "n_total", n_completed, variable="sessions completed", source=completed)
    n_device = len(plan.dataset("ADDD", group))
    yield make_row(plan, group, "count", "n_total", n_device, variable="device deficiencies", source=("ADDD", []))


def analyse_specimens(plan: Plan, group: Group) -> Rows:
    """Specimens collected of those expected, by kind and visit."""
    if plan.study.specimens is None:
        return
    rows = plan.dataset("ADSP", group)
    for kind in plan.study.specimens.kinds:
        for visit in plan.study.specimens.visits:
            mine = rows[(rows["SPEC"] == kind) & (rows["AVISIT"] == visit)]
            expected = int((mine["EXPFL"] == "Y").sum())
            collected = int((mine["COLLFL"] == "Y").sum())
            where = [("SPEC", "in", [kind]), ("AVISIT", "in", [visit])]
            stats = count_and_percent(collected, expected) | {"n_total": expected}
            yield from make_rows(
                plan, group, "specimens", stats, variable=kind, visit=visit, source=("ADSP", where), n_used=expected
            )
