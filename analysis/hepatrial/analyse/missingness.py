"""Who has a value at each visit, and why the others have none; death and transplantation are not missing data."""

import pandas as pd

from hepatrial.analyse.by_visit import pick_visit, visit_conditions
from hepatrial.analyse.rows import Group, Plan, Rows, count_and_percent, make_rows

OBSERVED = "observed"
REASONS = (OBSERVED, "died", "transplanted", "withdrawn", "not yet due", "missing")


def analyse_missingness(plan: Plan, group: Group) -> Rows:
    """Patients by reason at each visit, per parameter; the reasons add up to the group."""
    adlb = plan.dataset("ADLB", group)
    native = adlb[(adlb["AFTLTFL"] != "Y") & adlb["AVAL"].notna()]
    for code in plan.analysis.parameters:
        mine = native[native["PARAMCD"] == code]
        for visit in plan.analysis.visits:
            reasons = find_reasons(plan, group, set(pick_visit(mine, visit)["USUBJID"]), visit)
            for reason in REASONS:
                counts = count_and_percent(int((reasons == reason).sum()), group.n)
                source = ("ADLB", visit_conditions(code, visit)) if reason == OBSERVED else ("ADSL", [])
                keys = {"variable": code, "level": reason, "visit": visit, "source": source}
                yield from make_rows(plan, group, "missingness", counts, **keys)


def find_reasons(plan: Plan, group: Group, seen: set[str], visit: str) -> pd.Series:
    """Reason of each subject of the group at a visit (index: USUBJID); ``seen`` have a value there."""
    day, last = visit_days(plan, visit)
    subjects = group.subjects.set_index("USUBJID")
    origin = subjects["ORIGDT"]
    at = origin + pd.Timedelta(days=day)
    left = subjects["WDRDT"].where(subjects["EOSSTT"] != "DISCONTINUED", subjects[["WDRDT", "EOSDT"]].min(axis=1))
    tests = {
        OBSERVED: pd.Series(subjects.index.isin(seen), index=subjects.index),
        "died": subjects["DTHDT"] <= at,
        "transplanted": subjects["LTDT"] <= at,
        "withdrawn": left <= at,
        "not yet due": pd.Timestamp(plan.data.as_of) < origin + pd.Timedelta(days=last),
    }
    reasons = pd.Series("missing", index=subjects.index)
    for reason, holds in reversed(tests.items()):
        reasons = reasons.mask(holds, reason)
    return reasons


def visit_days(plan: Plan, visit: str) -> tuple[int, int]:
    """Target follow-up day of a visit and the last of its window; the baseline is at the origin."""
    found = next((item for item in plan.study.visits if item.code == visit), None)
    return (0, 0) if found is None else (max(found.day, 0), max(found.window[1], 0))
