"""Arms compared at a visit on ranks in which death is worse than any value (worst rank; strategy composite).

State at a visit is that of its target day: who has died (or, where the study says so, been transplanted) by then has
the worst rank, the earlier the worse, whatever was measured before. Others without a value are missing, and counted. In
an interim report patients whose window had not ended at the data cut are left out, the dead too (``analyse.response``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.analyse.model_rows import collect_rows, value_conditions
from hepatrial.analyse.response import find_due
from hepatrial.analyse.rows import Group, Plan, Rows, checked_rows, make_rows
from hepatrial.errors import EstimateError
from hepatrial.estimate import RankComparison, compare_composite, rank_composite
from hepatrial.study import CompositeAnalysis

WORST = {"death": "DTHDT", "transplant": "LTDT"}
Outcomes = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Value and day of the worst event of each patient who has either; NaN for the other."""


@dataclass(frozen=True, eq=False)
class _Arm:
    """An arm at a visit: value and day of the worst event of each patient who has either."""

    group: Group
    value: npt.NDArray[np.float64]
    day: npt.NDArray[np.float64]
    n_missing: int
    n_not_due: int


def analyse_composite(plan: Plan, groups: list[Group]) -> Rows:
    """For each parameter and visit: who has which outcome in each arm, and each arm compared with the reference."""
    reference = plan.study.design.reference_arm
    for code in plan.analysis.parameters:
        rows = collect_rows(plan, groups, code, ())
        if plan.analysis.response == "change":
            rows = rows[rows["BASE"].notna()].assign(AVAL=rows["AVAL"] - rows["BASE"])
        for visit in plan.analysis.visits:
            arms = [_place(plan, group, rows[rows["AVISIT"] == visit], visit) for group in groups]
            for arm in arms:
                yield from _count_rows(plan, arm, code, visit)
            base = next(arm for arm in arms if arm.group.code == reference)
            for arm in arms:
                if arm is not base:
                    yield from _compare(plan, arm, base, code, visit)


def _place(plan: Plan, group: Group, rows: pd.DataFrame, visit: str) -> _Arm:
    planned = next(item for item in plan.study.visits if item.code == visit)
    everybody = group.subjects.set_index("USUBJID")
    is_due = find_due(plan, everybody, planned)
    subjects = everybody if plan.data.cutoff is None else everybody[is_due]
    days = pd.DataFrame({name: (subjects[WORST[name]] - subjects["ORIGDT"]).dt.days for name in plan.analysis.worst})
    day = days.min(axis=1).astype(float)
    day = day.where(day <= planned.day)
    value = rows.set_index("USUBJID")["AVAL"].reindex(subjects.index).where(day.isna())
    has_outcome = value.notna() | day.notna()
    value, day = value[has_outcome], day[has_outcome]
    n_missing, n_not_due = int((~has_outcome).sum()), len(everybody) - len(subjects)
    return _Arm(group, value.to_numpy(float), day.to_numpy(float), n_missing, n_not_due)


def _count_rows(plan: Plan, arm: _Arm, code: str, visit: str) -> Rows:
    counts = {"n": int(np.isfinite(arm.value).sum()), "n_events": int(np.isfinite(arm.day).sum()),
              "n_missing": arm.n_missing}  # fmt: skip
    source = ("ADLB", value_conditions(code, visit))
    yield from make_rows(plan, arm.group, "composite outcome", counts, variable=code, visit=visit, source=source)


def _compare(plan: Plan, arm: _Arm, base: _Arm, code: str, visit: str) -> Rows:
    """Win probability and odds of an arm against the reference, with the rank test."""
    keys = {"variable": code, "visit": visit, "comparator": base.group.code, "n_used": len(arm.day) + len(base.day)}
    try:
        found = compare_ranks(plan.analysis, (arm.value, arm.day), (base.value, base.day))
    except EstimateError as error:
        names = ("estimate", "std_error", "conf_low", "conf_high")
        why = {"status": "not_estimable", "message": str(error)}
        yield from make_rows(plan, arm.group, "win probability", dict.fromkeys(names, np.nan), **keys | why)
        limits = ("estimate", "conf_low", "conf_high")
        yield from make_rows(plan, arm.group, "win odds", dict.fromkeys(limits, np.nan), **keys | why)
        yield from make_rows(
            plan, arm.group, "rank test", dict.fromkeys(("statistic", "p_value"), np.nan), **keys | why
        )
        return
    yield from _comparison_rows(plan, arm, base, found, keys)


def compare_ranks(analysis: CompositeAnalysis, arm: Outcomes, base: Outcomes) -> RankComparison:
    """The planned comparison of an arm with the reference."""
    value, day = (np.concatenate(both) for both in zip(arm, base, strict=True))
    label = np.array(["arm"] * len(arm[1]) + ["reference"] * len(base[1]), dtype=object)
    score = rank_composite(value, day, higher_is_better=analysis.better == "high")
    return compare_composite(score, label, reference="reference", conf_level=analysis.conf_level)


def _comparison_rows(plan: Plan, arm: _Arm, base: _Arm, found: RankComparison, keys: dict[str, object]) -> Rows:
    lost, open_ = arm.n_missing + base.n_missing, arm.n_not_due + base.n_not_due
    notes = [f"{lost} patients left out: no value, and not among the worst outcomes"] if lost else []
    notes += [f"{open_} patients left out: the visit was not yet due at the data cut"] if open_ else []
    more = keys | {"method": found.method, "status": "note" if notes else "ok"}
    more["message"] = "; ".join((*notes, *found.notes))
    probability = {"estimate": found.win_probability, "std_error": found.std_error}
    probability |= {"conf_low": found.conf_low, "conf_high": found.conf_high}
    second = _count_wins(arm, base, plan.analysis.better == "high")
    yield from checked_rows(plan, arm.group, "win probability", probability, "estimate", second, **more)
    odds = {"estimate": found.win_odds, "conf_low": found.win_odds_low, "conf_high": found.win_odds_high}
    odds = {name: value if np.isfinite(value) else np.nan for name, value in odds.items()}
    yield from make_rows(plan, arm.group, "win odds", odds, **more)
    test = {"statistic": found.statistic, "p_value": found.p_value}
    yield from make_rows(plan, arm.group, "rank test", test, **more)


def _count_wins(arm: _Arm, base: _Arm, higher_is_better: bool) -> float:
    """Share of pairs won plus half of those tied, pair by pair: the second path."""
    sign = 1.0 if higher_is_better else -1.0
    day, other_day = (np.nan_to_num(one.day, nan=np.inf) for one in (arm, base))
    value, other = (np.nan_to_num(sign * one.value, nan=0.0) for one in (arm, base))  # of the dead: never compared
    later = 1.0 * (day[:, None] > other_day[None, :]) - (day[:, None] < other_day[None, :])
    both_live = np.isinf(day)[:, None] & np.isinf(other_day)[None, :]
    outcome = np.where(both_live, np.sign(value[:, None] - other[None, :]), later)
    return float((outcome + 1).mean() / 2)
