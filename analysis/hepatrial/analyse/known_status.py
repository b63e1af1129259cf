"""Who is known event-free, known to have had the event, or unknown at each fixed day, with best and worst case.

From ADSTAT where the data have it, which also tells apart who had a competing event and whose day had not come at
the data cut. Without it: known event-free is followed to the day, or last seen at most ``status_tolerance_days``
before it.
"""

from typing import Any

import pandas as pd

from hepatrial.analyse.rows import Group, Plan, Rows, make_rows

ALIVE, DEAD, COMPETING, UNKNOWN, PENDING = "alive", "dead", "competing", "unknown", "pending"
NOT_COME = "the day had not come at the data cut"
"""What ADSTAT gives as the reason of an unknown status that nobody could know yet."""


def known_status_rows(plan: Plan, group: Group, rows: pd.DataFrame, **keys: Any) -> Rows:
    """Counts that sum to N (the pending are among the unknown), and the bounds if the unknown had the event or not."""
    for day in plan.analysis.days:
        states = _read(plan, group, day) if "ADSTAT" in plan.data.datasets else _judge(plan, rows, day)
        counts = {name: int((states == name).sum()) for name in (ALIVE, DEAD, COMPETING, UNKNOWN, PENDING)}
        free = counts[ALIVE] + counts[COMPETING]
        open_ = counts[UNKNOWN] + counts[PENDING]
        stats = {
            "n_alive": counts[ALIVE], "n_dead": counts[DEAD], "n_competing": counts[COMPETING],
            "n_unknown": open_, "n_pending": counts[PENDING],
            "best_case": (free + open_) / len(rows), "worst_case": free / len(rows),
        }  # fmt: skip
        yield from make_rows(plan, group, "known status", stats, time_days=float(day), **keys)


def _read(plan: Plan, group: Group, day: int) -> pd.Series:
    adstat = plan.dataset("ADSTAT", group)
    mine = adstat[(adstat["PARAMCD"] == plan.analysis.parameter) & (adstat["DAY"] == day)]
    is_pending = (mine["STATUS"] == UNKNOWN) & (mine["REASON"] == NOT_COME)
    return mine["STATUS"].mask(is_pending, PENDING)


def _judge(plan: Plan, rows: pd.DataFrame, day: int) -> pd.Series:
    is_reached = rows["AVAL"] <= day
    is_known = rows["AVAL"] >= day - plan.study.time.status_tolerance_days
    states = pd.Series(UNKNOWN, index=rows.index, dtype="object").mask(is_known, ALIVE)
    return states.mask(is_reached & (rows["CNSR"] == 0), DEAD).mask(is_reached & (rows["CNSR"] == 2), COMPETING)
