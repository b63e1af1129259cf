"""Patients beyond the FDA's levels 1, 2, 3 of laboratory values after baseline, and beyond extreme values (ADLEV)."""

from typing import Any

import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Rows, add_patients, count_and_percent, make_rows
from hepatrial.estimate import estimate_proportion

SIDES = ("low", "high")


def analyse_levels(plan: Plan, group: Group) -> Rows:
    """Per parameter and side: patients at each level or beyond, those not so at baseline, and extreme values."""
    adlev = plan.dataset("ADLEV", group)
    after = adlev[adlev["POSTFL"] == "Y"]
    if plan.analysis.native_liver:
        after = after[after["AFTLTFL"] != "Y"]
    everybody = plan.dataset("ADLEV", plan.everybody)
    for code in plan.analysis.parameters:
        for side in SIDES:
            known = everybody[(everybody["PARAMCD"] == code) & (everybody["SIDE"] == side)]
            mine = after[(after["PARAMCD"] == code) & (after["SIDE"] == side)]
            if known["LEVEL"].notna().any():
                stated = range(1, int(known["NLEVELS"].max()) + 1)
                yield from _levels(plan, group, mine[mine["LEVEL"].notna()], code, side, stated)
            if not known.empty:
                yield from _extremes(plan, group, mine, code, side)


def _where(code: str, side: str) -> list[tuple[str, str, list[object]]]:
    return [("PARAMCD", "in", [code]), ("SIDE", "in", [side]), ("POSTFL", "in", ["Y"])]


def _levels(plan: Plan, group: Group, rows: pd.DataFrame, code: str, side: str, stated: range) -> Rows:
    worst = rows.groupby("USUBJID").agg(LEVEL=("LEVEL", "max"), BLEVEL=("BLEVEL", "first"))
    keys: dict[str, Any] = {"variable": code, "by_variable": "side", "by_level": side, "n_used": len(worst)}
    source = ("ADLEV", [*_where(code, side), ("LEVEL", "not missing", [])])
    yield from make_rows(plan, group, "laboratory levels", {"n_total": len(worst)}, level="", source=source, **keys)
    for level in stated:
        n = int((worst["LEVEL"] >= level).sum())
        source = ("ADLEV", [*_where(code, side), ("LEVEL", "in", list(range(level, 4)))])
        stats = count_and_percent(n, len(worst))
        if len(worst):
            found = estimate_proportion(n, len(worst), method="clopper-pearson", conf_level=plan.analysis.conf_level)
            stats |= {"conf_low": 100 * found.conf_low, "conf_high": 100 * found.conf_high}
        named = {"level": f"level {level}", "source": source, "method": "clopper-pearson"}
        yield from make_rows(plan, group, "laboratory levels", stats, **named, **keys)
        new = worst.index[(worst["LEVEL"] >= level) & ~(worst["BLEVEL"] >= level)]
        more = keys | {"level": f"level {level}, not at baseline", "source": add_patients(source, new)}
        yield from make_rows(plan, group, "laboratory levels", {"n": len(new)}, **more)


def _extremes(plan: Plan, group: Group, rows: pd.DataFrame, code: str, side: str) -> Rows:
    found = rows[rows["EXTRFL"] == "Y"]
    source = ("ADLEV", [*_where(code, side), ("EXTRFL", "in", ["Y"])])
    keys = {"variable": code, "level": "extreme", "by_variable": "side", "by_level": side, "source": source}
    stats = {"n": found["USUBJID"].nunique(), "n_events": len(found)}
    yield from make_rows(plan, group, "laboratory levels", stats, **keys)
