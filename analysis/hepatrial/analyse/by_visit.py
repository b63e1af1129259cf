"""Biomarkers and scores by visit among the patients alive on their native liver (death strategy while-alive).

Nothing is carried forward and nothing is imputed past death or transplant: every visit describes the patients who
were there, beside how many could have been.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hepatrial.analyse.rows import Group, Plan, Rows, make_row, make_rows, summary_stats
from hepatrial.estimate import MeanEstimate, PairedChange, estimate_mean, estimate_paired_change, summarise

OBSERVED = ("n", "mean", "sd", "median", "q1", "q3", "min", "max")


def analyse_by_visit(plan: Plan, group: Group) -> Rows:
    """Observed values, geometric mean and paired change from baseline, per parameter and visit."""
    adlb = plan.dataset(plan.results_name, group)
    native = adlb[(adlb["AFTLTFL"] != "Y") & adlb["AVAL"].notna()]
    present = {visit: find_native(plan, group, visit) for visit in plan.analysis.visits}
    for code in plan.analysis.parameters:
        mine = native[native["PARAMCD"] == code]
        for visit in plan.analysis.visits:
            yield from _describe(plan, group, code, visit, pick_visit(mine, visit), present[visit])


def pick_visit(rows: pd.DataFrame, visit: str) -> pd.DataFrame:
    """The analysed record of each subject at a visit; BL is the baseline record."""
    if visit == "BL":
        return rows[rows["ABLFL"] == "Y"]
    return rows[(rows["AVISIT"] == visit) & (rows["ANL01FL"] == "Y")]


def visit_conditions(code: str, visit: str) -> list[tuple[str, str, list[object]]]:
    """The conditions that pick_visit and the native-liver rule put on ADLB, for the source of a number."""
    chosen: list[tuple[str, str, list[object]]] = [("PARAMCD", "in", [code]), ("AVAL", "not missing", [])]
    if visit == "BL":
        return [*chosen, ("ABLFL", "in", ["Y"])]
    return [*chosen, ("AVISIT", "in", [visit]), ("ANL01FL", "in", ["Y"]), ("AFTLTFL", "in", ["N"])]


def _describe(
    plan: Plan, group: Group, code: str, visit: str, rows: pd.DataFrame, present: frozenset[str]
) -> Rows:  # fmt: skip
    parameter = plan.study.parameter(code)
    assert parameter is not None  # the study file was cross-checked
    keys = {"variable": code, "visit": visit, "unit": parameter.unit, "n_used": len(rows)}
    keys["source"] = (plan.results_name, visit_conditions(code, visit))
    counts = {
        "n_native": len(present.union(rows["USUBJID"])),  # measured for the visit, if not on its day: was there too
        "n_below_limit": int((rows["ACENS"] == "L").sum()),
        "n_above_limit": int((rows["ACENS"] == "R").sum()),
    }
    observed = summary_stats(summarise(rows["AVAL"]), *OBSERVED)
    yield from make_rows(plan, group, "observed value", counts | observed, **keys)
    level = plan.analysis.conf_level
    if parameter.scale == "log":
        found = estimate_mean(_positive(rows["AVAL"]), scale="log", conf_level=level)
        yield from _mean_rows(plan, group, "geometric mean", found, **keys)
    if visit != "BL":
        pairs = rows[rows["BASE"].notna()]
        if parameter.scale == "log":
            pairs = pairs[(pairs["BASE"] > 0) & (pairs["AVAL"] > 0)]
        change = estimate_paired_change(
            pairs["BASE"], pairs["AVAL"], scale=parameter.scale, min_pairs=plan.analysis.min_pairs, conf_level=level
        )
        scale = "ratio" if parameter.scale == "log" else "difference"
        keys |= {"level": scale, "n_used": len(pairs), "unit": "" if scale == "ratio" else parameter.unit}
        yield make_row(plan, group, "change from baseline", "n_pairs", len(pairs), **keys)
        yield from _mean_rows(plan, group, "change from baseline", change, **keys)
        yield from _hodges_rows(plan, group, change, **keys)


def _hodges_rows(plan: Plan, group: Group, found: PairedChange, **keys: object) -> Rows:
    """Hodges-Lehmann estimate of the change; where few pairs allow no interval of the level, the level it has."""
    stats = {"estimate": found.hl_estimate, "conf_low": found.hl_conf_low, "conf_high": found.hl_conf_high}
    level, status, notes = found.hl_conf_level, found.status, "; ".join(found.notes)
    if level < found.conf_level:
        status = "note"
        notes = f"Hodges–Lehmann interval of {found.n} pairs: exact level {100 * level:.1f}%, the widest there is"
    more = {"method": "Hodges-Lehmann, exact signed-rank interval", "status": status, "message": notes}
    yield from make_rows(plan, group, "hodges-lehmann change", stats | {"conf_level": level}, **keys, **more)


def _mean_rows(plan: Plan, group: Group, measure: str, found: MeanEstimate | PairedChange, **keys: object) -> Rows:
    stats = {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}
    more = {"method": found.method, "status": found.status, "message": "; ".join(found.notes)}
    yield from make_rows(plan, group, measure, stats, **keys, **more)


def _positive(values: pd.Series) -> NDArray[np.float64]:
    array: NDArray[np.float64] = values.to_numpy(dtype=float)
    return array[array > 0]


def find_native(plan: Plan, group: Group, visit: str) -> frozenset[str]:
    """Patients known alive on their native liver at the visit's target day (baseline: at the origin)."""
    day = next((item.day for item in plan.study.visits if item.code == visit), 0)
    subjects = group.subjects
    at = subjects["ORIGDT"] + pd.Timedelta(days=max(day, 0))
    gone = (subjects["DTHDT"] <= at) | (subjects["LTDT"] <= at)
    known = (subjects["LSTALVDT"] >= at) | (subjects["DTHDT"] > at)
    return frozenset(subjects.loc[~gone & known, "USUBJID"])
