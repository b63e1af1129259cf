"""One number a patient: area, level, slope, largest change and day of normalisation of a course (while-alive)."""

import numpy as np
import pandas as pd

from hepatrial.analyse.model_rows import collect_rows, is_log
from hepatrial.analyse.rows import Group, Plan, Rows, make_rows, summary_stats
from hepatrial.errors import EstimateError
from hepatrial.estimate import summarise, summarise_trajectories

NAMES = {
    "area": "auc",
    "mean level": "mean_level",
    "slope": "slope",
    "maximum change": "max_change",
    "day of normal": "time_to_normal",
}
ON_LOGS = ("slope", "maximum change")
"""Summaries that are made of logarithms on the log scale, and reported as ratios."""
SHOWN = ("mean", "sd", "median", "q1", "q3", "min", "max")


def analyse_trajectory_summary(plan: Plan, group: Group) -> Rows:
    """Each summary of each parameter over the patients of the group."""
    for code in plan.analysis.parameters:
        rows = collect_rows(plan, [group], code, ())
        for name in plan.analysis.summaries:
            yield from _summary_rows(plan, group, code, name, rows)


def _summary_rows(plan: Plan, group: Group, code: str, name: str, rows: pd.DataFrame) -> Rows:
    ratio = is_log(plan, code) and name in ON_LOGS
    keys = {"variable": code, "level": name, "unit": _unit(plan, code, name, ratio)}
    conditions = [("PARAMCD", "in", [code]), ("AVAL", "not missing", []), ("AFTLTFL", "in", ["N"]),
                  ("AVISIT", "in", list(plan.analysis.visits))]  # fmt: skip
    try:
        own = _summarise_patients(plan, group, code, name, rows)
    except EstimateError as error:
        why = {"status": "failed", "message": str(error)}
        yield from make_rows(plan, group, "trajectory summary", {"n": 0, "median": np.nan}, **keys | why)
        return
    found = own.loc[own["status"] == "ok", "value"].to_numpy(dtype=float)
    found = np.exp(found) if ratio else found
    counts = {"n": len(found), "n_missing": len(own) - len(found)}
    if name == "day of normal":
        counts |= {"n_events": int(np.isfinite(found).sum()), "n_censored": int(np.isinf(found).sum())}
        found = found[np.isfinite(found)]
    why_not = own.loc[own["reason"] != "", "reason"].value_counts().sort_index()
    reasons = "; ".join(f"{count} patients: {reason}" for reason, count in why_not.items())
    more = {"status": "note" if reasons else "ok", "message": reasons, "source": ("ADLB", conditions)}
    stats = counts | summary_stats(summarise(found), *SHOWN)
    yield from make_rows(plan, group, "trajectory summary", stats, **keys | more)


def _summarise_patients(plan: Plan, group: Group, code: str, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """One row a patient of the group, also those without a value."""
    on_logs = name in ON_LOGS or not is_log(plan, code)
    value = rows["AVAL"] if on_logs else np.exp(rows["AVAL"])
    values = pd.DataFrame({"ID": rows["USUBJID"], "DAY": rows["AFUDY"].clip(lower=0.0), "VALUE": value})
    everybody = group.subjects[["USUBJID"]].rename(columns={"USUBJID": "ID"}).merge(values, on="ID", how="left")
    table = summarise_trajectories(
        everybody, subject="ID", time="DAY", value="VALUE", window=plan.analysis.window,
        normal=plan.analysis.normal.get(code),
    ).table  # fmt: skip
    return table[table["summary"] == NAMES[name]]


def _unit(plan: Plan, code: str, name: str, ratio: bool) -> str:
    parameter = plan.study.parameter(code)
    unit = parameter.unit if parameter is not None else ""
    units = {"area": f"{unit} d", "slope": "ratio a day" if ratio else f"{unit}/d", "day of normal": "d"}
    return units.get(name, "" if ratio else unit)
