"""Deaths of the treated, and their medications and blood products: patients counted."""

from typing import Any

import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Rows, count_and_percent, make_rows, only_patients
from hepatrial.estimate import estimate_proportion
from hepatrial.results import Where

NO_CAUSE = "not recorded"


def analyse_deaths(plan: Plan, group: Group) -> Rows:
    """All deaths, those soon after the last treatment, after transplantation, and by cause."""
    if group.n == 0:
        return
    dead = group.subjects[group.subjects["DTHFL"] == "Y"]
    yield from _count(plan, group, dead, variable="all")
    since = (dead["DTHDT"] - dead["TRTEDT"]).dt.days
    for days in plan.analysis.within_days:
        is_soon = (since <= days) | dead["TRTEDT"].isna()
        soon = dead[is_soon]
        yield from _count(plan, group, soon, only_patients(soon["USUBJID"]), variable="within days", level=str(days))
    late = dead[dead["LTDT"] <= dead["DTHDT"]]
    yield from _count(plan, group, late, only_patients(late["USUBJID"]), variable="after transplantation")
    everybody = plan.everybody.subjects
    causes = everybody.loc[everybody["DTHFL"] == "Y", "DTHCAUS"].fillna(NO_CAUSE)
    for cause in sorted(causes.unique()):
        recorded: list[object] = [None if cause == NO_CAUSE else cause]
        mine = dead[dead["DTHCAUS"].fillna(NO_CAUSE) == cause]
        yield from _count(plan, group, mine, [("DTHCAUS", "in", recorded)], variable="cause", level=str(cause))


def _count(plan: Plan, group: Group, dead: pd.DataFrame, where: Where = (), **keys: Any) -> Rows:
    found = estimate_proportion(len(dead), group.n, method="clopper-pearson", conf_level=plan.analysis.conf_level)
    stats = count_and_percent(len(dead), group.n)
    stats |= {"conf_low": 100 * found.conf_low, "conf_high": 100 * found.conf_high}
    source = ("ADSL", [("DTHFL", "in", ["Y"]), *where])
    yield from make_rows(plan, group, "deaths", stats, method=found.method, source=source, **keys)


def analyse_medications(plan: Plan, group: Group) -> Rows:
    """Patients with a medication of each kind, and of each name, given on or after the day of the first treatment.

    One that started before and had not ended by then counts; so does one without dates.
    """
    everybody = _given(plan, plan.everybody)
    mine = everybody[everybody["USUBJID"].isin(group.subjects["USUBJID"])]
    for kind, rows in everybody.groupby("CMCAT", sort=True, dropna=False):
        is_kind: list[tuple[str, str, list[object]]] = [("CMCAT", "in", [None if pd.isna(kind) else kind])]
        of_kind = mine[mine.index.isin(rows.index)]
        level = "not stated" if pd.isna(kind) else str(kind)
        yield from _patients(plan, group, of_kind, is_kind, level=level, by_level="")
        for name in sorted(rows["CMTRT"].dropna().unique()):
            where = [*is_kind, ("CMTRT", "in", [name])]
            yield from _patients(plan, group, of_kind[of_kind["CMTRT"] == name], where, level=level, by_level=str(name))


def _given(plan: Plan, group: Group) -> pd.DataFrame:
    adcm = plan.dataset("ADCM", group)
    start = adcm["USUBJID"].map(group.subjects.set_index("USUBJID")["TRTSDT"])
    return adcm[(adcm["AENDT"].isna() | (adcm["AENDT"] >= start)) & start.notna()]


def _patients(plan: Plan, group: Group, rows: pd.DataFrame, where: Where, **keys: str) -> Rows:
    stats = count_and_percent(int(rows["USUBJID"].nunique()), group.n)
    source = ("ADCM", list(where))
    yield from make_rows(plan, group, "medications", stats, variable="kind", by_variable="name", source=source, **keys)
