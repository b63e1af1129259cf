"""Group-sequential monitoring of a log-rank test between two arms at the data cut.

Information is the number of events times the product of the shares of patients in the two arms, that of a log hazard
ratio (1/4 an event with equal arms): the bounds depend on its fractions of the planned maximum, the estimates on its
amount. Looks are those done before (as they were reported then), this one with the events observed, and the
planned ones with more events. z is positive in favour of the planned effect.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.data_cut import BoardAnalysis
from hepatrial.analyse.rows import Plan, Row, Rows, find_groups, make_row
from hepatrial.analyse.sample import time_to_event
from hepatrial.contracts import AnalysisData
from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    ConditionalPower,
    Futility,
    GroupSequentialDesign,
    compare_survival,
    compute_spent,
    conditional_power,
    design_group_sequential,
    estimate_after_stopping,
    estimate_repeated_intervals,
    predictive_power,
)
from hepatrial.study import GroupSequential, Study, is_blind

SHAPES = ("obrien-fleming", "pocock", "haybittle-peto")
CONTINUE, EFFICACY, FUTILITY, OTHER_SIDE = (
    "continue", "efficacy boundary crossed", "futility boundary crossed", "boundary of the other side crossed",
)  # fmt: skip
CURVE = tuple(place / 40 for place in range(1, 41))
"""Fractions at which the spending function is drawn."""


@dataclass(frozen=True)
class Look:
    """The looks of the trial so far: z and events of each, the last at this cut; the design at the information seen.

    With coded arms (``is_coded``) the z of earlier looks, whose sign tells the arms, are not used.
    """

    z: tuple[float, ...]
    events: tuple[int, ...]
    share: float
    design: GroupSequentialDesign
    is_coded: bool

    @property
    def first_shown(self) -> int:
        """Index of the first look whose z may be shown."""
        return self.number - 1 if self.is_coded else 0

    @property
    def number(self) -> int:
        return len(self.z)

    @property
    def information(self) -> float:
        return self.design.information[self.number - 1]

    @property
    def is_last(self) -> bool:
        return self.number == len(self.design.information)


def shows_comparison(study: Study, planned: GroupSequential) -> bool:
    """Whether this report may compare the arms.

    Never the open report of a blinded study, which knows one arm only. The closed one, by coded arm, where the study
    file plans a comparison and the test is two-sided: the direction of a one-sided test would tell the arms.
    """
    if len(study.design.arms) != 2:
        return False
    return not is_blind(study) or (study.blinding.compare_at_interim and planned.sided == 2)


def analyse_sequential(study: Study, data: AnalysisData) -> Rows:
    """Boundaries, the observed path, inference and power; none where nothing is declared or may be shown."""
    planned = study.monitoring.group_sequential if study.monitoring else None
    if planned is None or not shows_comparison(study, planned):
        return
    analysis: Any = study.analysis(planned.analysis)
    plan = Plan(study, data, BoardAnalysis(planned.id, analysis.population))
    source = (
        "ADTTE",
        [("PARAMCD", "in", [analysis.parameter]), (study.population(analysis.population).flag, "in", ["Y"])],
    )
    keys: dict[str, Any] = {"group": _other_arm(study), "comparator": study.design.reference_arm, "source": source}
    try:
        look = _look(Plan(study, data, analysis), planned)
    except EstimateError as error:
        more = {"status": "not_estimable", "message": str(error), "variable": "verdict", "level": "not evaluable"}
        yield _row(plan, "sequential decision", "statistic", float("nan"), **more, **keys)
        return
    keys |= {"method": look.design.method, "checked_by": "reference"}
    yield from _boundary_rows(plan, planned, look, keys)
    yield _decision_row(plan, planned, look, keys)
    yield from _interval_rows(plan, planned, look, keys)
    yield from _after_stopping_rows(plan, planned, look, keys)
    yield from _power_rows(plan, planned, look, keys)
    yield from _spending_rows(plan, planned, keys)


def _row(plan: Plan, measure: str, stat: str, value: float, *, group: str, **more: Any) -> Row:
    """A row of the comparison: its group is the arm's code, its records are those of both arms."""
    return make_row(plan, None, measure, stat, value, **more) | {"group": group}


def _other_arm(study: Study) -> str:
    return next(arm.code for arm in study.design.arms if arm.code != study.design.reference_arm)


def _look(plan: Plan, planned: GroupSequential) -> Look:
    """This look's log-rank test, and the design at the information of the looks so far and those still planned."""
    groups = find_groups(plan.study, plan.data, plan.analysis)
    rows = pd.concat([time_to_event(plan, group).assign(ARM=group.code) for group in groups], ignore_index=True)
    other = _other_arm(plan.study)
    is_other = (rows["ARM"] == other).to_numpy()
    found = compare_survival(rows["AVAL"].to_numpy(dtype=float), (rows["CNSR"] == 0).to_numpy(), is_other.astype(int))
    if not np.isfinite(found.z):
        raise EstimateError("the log-rank test cannot be computed yet: " + "; ".join(found.notes))
    z = -found.z if planned.hazard_ratio < 1 else found.z  # more events than expected in the other arm: z > 0
    done = planned.looks_done
    events = (*(look.events for look in done), int((rows["CNSR"] == 0).sum()))
    if len(events) > 1 and events[-1] <= events[-2]:
        raise EstimateError(f"{events[-1]} events at this cut, {events[-2]} at the look before: there is nothing new")
    share = float(is_other.mean() * (1 - is_other.mean()))
    is_coded = is_blind(plan.study)
    earlier = (0.0 if is_coded else look.z for look in done)
    return Look((*earlier, z), events, share, design_at(planned, events, share), is_coded)


def design_at(planned: GroupSequential, events: tuple[int, ...], share: float) -> GroupSequentialDesign:
    """The design with the events of the looks so far and those planned later; ``share`` makes them information."""
    largest = planned.events[-1]
    later = [number for number in planned.events if number > events[-1]]
    looks = np.array([*events, *later], dtype=float)
    spend_at = np.minimum(looks / largest, 1.0)
    spend_at[-1] = 1.0  # whatever the events at the end, the rest of alpha is spent there
    is_rising = bool((np.diff(spend_at) > 0).all())
    if not is_rising:
        raise EstimateError(f"an earlier look had the {largest} events of the last one: the design has ended")
    rule = planned.futility
    futility = None if rule is None else Futility(rule.bounds, rule.spending, rule.parameter, rule.binding)
    return design_group_sequential(
        (looks * share).tolist(),
        alpha=planned.alpha,
        sided=planned.sided,
        spending=planned.spending,
        beta=1 - planned.power,
        parameter=planned.parameter,
        spend_at=None if planned.spending in SHAPES else spend_at.tolist(),
        futility=futility,
    )


def _boundary_rows(plan: Plan, planned: GroupSequential, look: Look, keys: dict[str, Any]) -> Rows:
    """One look a level: events, fraction, bounds, spent alpha, and z where it was done."""
    design = look.design
    note = _unplanned(planned, look)
    has_lower = planned.sided == 1 and planned.futility is not None
    events = np.rint(np.array(design.information) / look.share)
    for k, number in enumerate(events):
        stats = {
            "n_events": float(number), "information_fraction": float(number) / planned.events[-1],
            "upper_bound": design.upper[k], "nominal_level": design.nominal_levels[k] * planned.sided,
            "alpha_spent": design.alpha_spent[k],
        }  # fmt: skip
        stats |= {"lower_bound": design.lower[k]} if has_lower else {}
        stats |= {"statistic": look.z[k]} if look.first_shown <= k < look.number else {}
        own = {"variable": "look", "level": str(k + 1)} | (note if k == look.number - 1 else {})
        for stat, value in stats.items():
            yield _finite(_row(plan, "sequential boundary", stat, value, **own, **keys))


def _finite(row: Row) -> Row:
    """A bound that nothing can cross is no number."""
    if np.isfinite(row["value"]):
        return row
    return row | {"value": float("nan"), "status": "not_estimable", "message": "the trial cannot stop at this look"}


def _unplanned(planned: GroupSequential, look: Look) -> dict[str, str]:
    """A shape keeps its level at the planned information; said where the information is another."""
    if planned.spending not in SHAPES[:2] or set(look.events) <= set(planned.events):
        return {}
    text = "this look has other than the planned events: a boundary shape keeps its level at the planned ones only"
    return {"status": "note", "message": text}


def decide(planned: GroupSequential, look: Look) -> str:
    """What the boundary says at this look."""
    z, k = look.z[-1], look.number - 1
    if z >= look.design.upper[k]:
        return EFFICACY
    if planned.sided == 2 and z <= look.design.lower[k]:
        return OTHER_SIDE
    if planned.sided == 1 and planned.futility is not None and z < look.design.lower[k]:
        return FUTILITY
    return "end without crossing" if look.is_last else CONTINUE


def _decision_row(plan: Plan, planned: GroupSequential, look: Look, keys: dict[str, Any]) -> Row:
    verdict = decide(planned, look)
    binding = planned.futility is not None and planned.futility.binding
    more = "" if verdict != FUTILITY or binding else " (not binding: it may be overruled)"
    bound = look.design.upper[look.number - 1]
    against = f"the bound {bound:.3f}" if np.isfinite(bound) else "no bound at this look"
    text = f"z {look.z[-1]:.3f} against {against} at {look.events[-1]} of {planned.events[-1]} planned events{more}"
    own = {"variable": "verdict", "level": verdict, "message": text}
    return _row(plan, "sequential decision", "statistic", look.z[-1], **own, **keys)


def _ratio(planned: GroupSequential, low: float, middle: float, high: float) -> dict[str, float]:
    """An effect in favour of the plan as the hazard ratio of the other arm to the reference arm."""
    sign = -1.0 if planned.hazard_ratio < 1 else 1.0
    limits = sorted(float(np.exp(sign * value)) for value in (low, high))
    return {"estimate": float(np.exp(sign * middle)), "conf_low": limits[0], "conf_high": limits[1]}


def _interval_rows(plan: Plan, planned: GroupSequential, look: Look, keys: dict[str, Any]) -> Rows:
    found = estimate_repeated_intervals(look.design, look.z)
    for k, line in list(enumerate(found.table.itertuples()))[look.first_shown :]:
        stats = _ratio(planned, line.conf_low, line.estimate, line.conf_high) | {"p_value": line.p_value}
        own = keys | {"variable": "hazard ratio", "level": str(k + 1), "method": found.method}
        for stat, value in stats.items():
            more = {"message": "; ".join(found.notes)} if np.isnan(value) else {}
            yield _row(plan, "repeated interval", stat, value, **more, **own)
        yield _row(plan, "repeated interval", "conf_level", found.conf_level, **own)


def _after_stopping_rows(plan: Plan, planned: GroupSequential, look: Look, keys: dict[str, Any]) -> Rows:
    level = 1 - planned.alpha * (2 if planned.sided == 1 else 1)
    found = estimate_after_stopping(look.design, look=look.number, z=look.z[-1], conf_level=level)
    stats = _ratio(planned, found.conf_low, found.estimate, found.conf_high) | {"p_value": found.p_value}
    more = {"method": found.method, "status": found.status, "message": "; ".join(found.notes)}
    for stat, value in stats.items():
        yield _row(plan, "stage-wise estimate", stat, value, variable="hazard ratio", **keys | more)


def _power_rows(plan: Plan, planned: GroupSequential, look: Look, keys: dict[str, Any]) -> Rows:
    """Conditional power for the planned effect, the present trend and none; predictive power with a flat prior."""
    if look.is_last:
        return
    now = {"information": look.information, "z": look.z[-1]}
    effect = abs(float(np.log(planned.hazard_ratio)))
    assumed: dict[str, float | str] = {"planned effect": effect, "present trend": "trend", "no effect": "null"}
    if look.is_coded:  # in favour of which arm the plan is, is not known here
        del assumed["planned effect"]
    found: dict[tuple[str, str], ConditionalPower] = {
        ("conditional power", name): conditional_power(look.design, effect=value, **now)
        for name, value in assumed.items()
    }
    found["predictive power", "flat prior"] = predictive_power(look.design, **now)
    for (measure, variable), power in found.items():
        own = keys | {"method": power.method, "variable": variable}
        yield _row(plan, measure, "estimate", power.probability, **own)


def _spending_rows(plan: Plan, planned: GroupSequential, keys: dict[str, Any]) -> Rows:
    """The spending function, for its figure; a boundary shape has none."""
    if planned.spending in SHAPES:
        return
    one_side = planned.alpha / planned.sided
    spent = planned.sided * compute_spent(
        np.array(CURVE), total=one_side, spending=planned.spending, parameter=planned.parameter
    )
    for fraction, value in zip(CURVE, spent, strict=True):
        level = {"variable": "function", "level": f"{fraction:g}"}
        yield _row(plan, "alpha spending", "alpha_spent", float(value), **level, **keys)
