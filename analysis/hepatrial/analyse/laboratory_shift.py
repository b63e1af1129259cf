"""Laboratory shift: the category at baseline against the worst one after it, or against that of each visit.

Categories are low, normal, high (by the limits of the reference range or multiples of them, or as reported) or the
CTCAE grade as from a normal baseline. Bilirubin and INR are abnormal at baseline in nearly every patient with liver
failure, so their multiples of the upper limit stand beside the shift.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.event_kinds import Conditions
from hepatrial.analyse.rows import (
    SUMMARY,
    Group,
    Plan,
    Rows,
    add_patients,
    count_and_percent,
    make_rows,
    summary_stats,
)
from hepatrial.estimate import compare_categories_exact, compare_row_means, summarise

KEYS = ["USUBJID", "ITEM"]
RANGE = ("low", "normal", "high")
GRADES = ("0", "1", "2", "3", "4")
MISSING = "missing"
BESIDE_MULTIPLES = ("BILI", "INR")
NEAR = 1e-9
"""A value that equals a limit within rounding is inside it."""


def analyse_shift(plan: Plan, group: Group) -> Rows:
    """Patients by category at baseline and after it, per parameter (or CTCAE term) and visit."""
    for item, visit, rows in _shifts(plan):
        mine = rows[rows["USUBJID"].isin(group.subjects["USUBJID"])]
        yield from _count(plan, group, mine, variable=item, visit=visit, source=_source(plan, item))
    for code in BESIDE_MULTIPLES:
        if code in plan.analysis.parameters:
            yield from _multiples(plan, group, code)


def compare_shift(plan: Plan, groups: list[Group]) -> Rows:
    """The planned test between the arms, per parameter and visit."""
    if plan.analysis.comparison is None:
        return
    arms = {subject: group.code for group in groups if group.code != "all" for subject in group.subjects["USUBJID"]}
    order = {name: place for place, name in enumerate(_levels(plan))}
    for item, visit, rows in _shifts(plan):
        kept = rows[rows["USUBJID"].isin(arms)]
        arm = kept["USUBJID"].map(arms)
        if plan.analysis.comparison == "fisher":
            measure, found = "fisher test", compare_categories_exact(kept["AFTER"], arm)
            stats = {"p_value": found.p_value}
        else:
            has_base = (kept["BEFORE"] != MISSING).to_numpy()
            kept, arm, measure = kept[has_base], arm[has_base], "cmh test"
            found = compare_row_means(kept["AFTER"].map(order).astype(float), arm, kept["BEFORE"])
            stats = {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
        more = {"method": found.method, "status": found.status, "message": "; ".join(found.notes), "n_used": found.n}
        yield from make_rows(plan, None, measure, stats, variable=item, visit=visit, source=_source(plan, item), **more)


def _levels(plan: Plan) -> tuple[str, ...]:
    return GRADES if plan.analysis.categories == "grade" else RANGE


def _source(plan: Plan, item: str) -> tuple[str, list[tuple[str, str, list[object]]]]:
    if plan.analysis.categories == "grade":
        return "ADTOX", [("ATOXTERM", "in", [item])]
    return "ADLB", [("PARAMCD", "in", [item]), ("AVAL", "not missing", [])]


def _count(plan: Plan, group: Group, rows: pd.DataFrame, **keys: Any) -> Rows:
    """After baseline alone (per cent of those with a value), then by the category at baseline (per cent of it)."""
    keys = {"n_used": len(rows), **keys}
    yield from _count_after(plan, group, rows, **keys)
    for before in (*_levels(plan), MISSING):
        of_before = rows[rows["BEFORE"] == before]
        yield from _count_after(plan, group, of_before, **keys, by_variable="baseline", by_level=before)


def _count_after(plan: Plan, group: Group, rows: pd.DataFrame, **keys: Any) -> Rows:
    """Patients, and those in each category after baseline; the source names them."""
    shared = keys.pop("source")
    source = add_patients(shared, rows["USUBJID"])
    yield from make_rows(plan, group, "laboratory shift", {"n": len(rows)}, level="total", source=source, **keys)
    for after in _levels(plan):
        mine = rows.loc[rows["AFTER"] == after, "USUBJID"]
        source = add_patients(shared, mine)
        stats = count_and_percent(len(mine), len(rows))
        yield from make_rows(plan, group, "laboratory shift", stats, level=after, source=source, **keys)


def _shifts(plan: Plan) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Parameter or term, visit ("" for the worst), and one row a subject: USUBJID, BEFORE, AFTER."""
    records = _graded(plan) if plan.analysis.categories == "grade" else _ranged(plan)
    records = records[records["USUBJID"].isin(plan.everybody.subjects["USUBJID"])]
    base = records[records["IS_BASE"]].drop_duplicates(KEYS).set_index(KEYS)["CATEGORY"].rename("BEFORE")
    after = records[records["IS_AFTER"]]
    by = ["ITEM", "USUBJID", "BADNESS", "ADT", "ATM", "SRCID"]
    for item in records["ITEM"].drop_duplicates():
        mine = after[after["ITEM"] == item]
        for visit in plan.analysis.visits if plan.analysis.to == "visits" else ("",):
            chosen = mine[(mine["AVISIT"] == visit) & (mine["ANL01FL"] == "Y")] if visit else mine
            ascending = [name != "BADNESS" for name in by]
            one = chosen.sort_values(by, kind="stable", ascending=ascending).drop_duplicates(KEYS).join(base, on=KEYS)
            yield item, visit, one.assign(AFTER=one["CATEGORY"], BEFORE=one["BEFORE"].fillna(MISSING))


def _ranged(plan: Plan) -> pd.DataFrame:
    """Records of the parameters with their category and how bad they are, in the order of the study file."""
    analysis, adlb = plan.analysis, plan.data.datasets["ADLB"]
    rows = adlb[adlb["PARAMCD"].isin(analysis.parameters) & adlb["AVAL"].notna() & (adlb["DTYPE"] != "AVERAGE")]
    low, high = rows["ANRLO"] * analysis.low_multiple, rows["ANRHI"] * analysis.high_multiple
    is_low, is_high = rows["AVAL"] < low * (1 - NEAR), rows["AVAL"] > high * (1 + NEAR)
    category = pd.Series(np.select([is_low, is_high], ["low", "high"], default="normal"), index=rows.index)
    category = category.where(low.notna() | high.notna())
    if analysis.categories == "reported":
        category = rows["LBNRIND"].str.lower()
    after = (rows["AFUDY"] >= 0) & (rows["ABLFL"] != "Y") & (rows["CHG"].notna() | rows["BASE"].isna())
    with np.errstate(divide="ignore"):
        badness = np.fmax(rows["AVAL"] / high, low / rows["AVAL"])
    return _prepare(plan, rows.assign(ITEM=rows["PARAMCD"], CATEGORY=category, BADNESS=badness, IS_AFTER=after))


def _graded(plan: Plan) -> pd.DataFrame:
    """Records of ADTOX by term."""
    adtox = plan.data.datasets.get("ADTOX")
    if adtox is None:
        return pd.DataFrame(columns=[*KEYS, "CATEGORY", "BADNESS", "IS_BASE", "IS_AFTER", "AVISIT", "ANL01FL"])
    rows = adtox[adtox["PARAMCD"].isin(plan.analysis.parameters)]
    category = rows["ATOXGRN"].map("{:.0f}".format, na_action="ignore")
    flags = plan.data.datasets["ADLB"][["USUBJID", "PARAMCD", "SRCID", "ABLFL", "ANL01FL"]]
    rows = rows.assign(ITEM=rows["ATOXTERM"], CATEGORY=category, BADNESS=rows["ATOXGRN"])
    joined = rows.merge(flags.drop_duplicates(["USUBJID", "PARAMCD", "SRCID"]), on=["USUBJID", "PARAMCD", "SRCID"])
    return _prepare(plan, joined.assign(IS_AFTER=joined["POSTFL"] == "Y"))


def _prepare(plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Which records are the baseline, and which of those after it count; parameters in the study file's order."""
    after = rows["IS_AFTER"]
    if plan.analysis.records == "analysed":
        after = after & (rows["ANL01FL"] == "Y")
    if plan.analysis.native_liver:
        after = after & (rows["AFTLTFL"] != "Y")
    order = {code: place for place, code in enumerate(plan.analysis.parameters)}
    kept = rows.assign(IS_AFTER=after, IS_BASE=rows["ABLFL"] == "Y", PLACE=rows["PARAMCD"].map(order))
    return kept[kept["CATEGORY"].notna()].sort_values(["PLACE", "ITEM"], kind="stable")


def _multiples(plan: Plan, group: Group, code: str) -> Rows:
    """Multiples of the upper limit at baseline and at the highest value after it."""
    adlb = plan.dataset("ADLB", group)
    rows = adlb[(adlb["PARAMCD"] == code) & (adlb["ANRHI"] > 0) & adlb["AVAL"].notna()]
    rows = rows.assign(TIMES=rows["AVAL"] / rows["ANRHI"])
    after = rows[(rows["AFUDY"] >= 0) & (rows["ABLFL"] != "Y") & (rows["CHG"].notna() | rows["BASE"].isna())]
    if plan.analysis.native_liver:
        after = after[after["AFTLTFL"] != "Y"]
    values = {"baseline": rows.loc[rows["ABLFL"] == "Y", "TIMES"], "worst": after.groupby("USUBJID")["TIMES"].max()}
    later: Conditions = [("AFUDY", ">=", [0]), ("ABLFL", "not in", ["Y"])]
    native: Conditions = [("AFTLTFL", "not in", ["Y"])] if plan.analysis.native_liver else []
    which: dict[str, Conditions] = {"baseline": [("ABLFL", "in", ["Y"])], "worst": [*later, *native]}
    for level, found in values.items():
        conditions = [("PARAMCD", "in", [code]), ("AVAL", "not missing", []), ("ANRHI", "not missing", [])]
        source = ("ADLB", [*conditions, *which[level]])
        stats = summary_stats(summarise(found), *SUMMARY)
        keys = {"variable": code, "level": level, "source": source, "n_used": len(found)}
        yield from make_rows(plan, group, "times upper limit", stats, **keys)
