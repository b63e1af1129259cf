"""Where a simulated trial stops by its declared monitoring: the rules of an interim report, at every look in turn.

The boundaries and what stops a trial are those of ``stopping`` and ``sequential``; a board that looks exactly when the
plan says and follows every boundary is supposed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from hepatrial.analyse.sequential import EFFICACY, FUTILITY, OTHER_SIDE, Look, decide, design_at
from hepatrial.estimate import (
    ExposureBoundary,
    GroupSequentialDesign,
    StoppingBoundary,
    compare_survival,
    compute_exit_probabilities,
    estimate_stopping_characteristics,
    review_stopping_exposure,
    stopping_boundary,
    stopping_boundary_exposure,
)
from hepatrial.study import GroupSequential, StoppingRule

Days = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
REACHED: Final = "boundary reached"
TOO_FEW: Final = "too few events for the last look"


@dataclass(frozen=True)
class Stop:
    """How a trial ended: the look (0: no boundary was reached), why, on which day of the trial, with what.

    ``n`` counts what the looks count: patients past the window, or events.
    """

    look: int
    reason: str
    day: float
    n: int
    n_events: int


@lru_cache(maxsize=32)
def _boundary(rule: StoppingRule) -> StoppingBoundary:
    looks = range(1, rule.n_max + 1) if rule.looks == "continuous" else rule.looks
    return stopping_boundary([*looks], p0=rule.p0, rule=rule.rule, alpha=rule.alpha, prior=rule.prior)


@lru_cache(maxsize=32)
def _exposure_boundary(rule: StoppingRule) -> ExposureBoundary:
    longest = rule.n_max * rule.window_days
    return stopping_boundary_exposure(longest, p0=rule.p0, window=rule.window_days, rule=rule.rule, alpha=rule.alpha)


def list_looks(rule: StoppingRule) -> tuple[int, ...]:
    """What each look of a rule counts: patients past the window, or events."""
    return _boundary(rule).looks if rule.counting == "patients past the window" else _exposure_boundary(rule).events


def measure_stopping(rule: StoppingRule, entry: Days, time: Days, event: Flags) -> Stop:
    """Where a single-arm trial stops.

    Parameters
    ----------
    rule : StoppingRule
    entry : ndarray, shape (n,)
        Day of the trial on which each patient starts, rising.
    time, event : ndarray, shape (n,)
        Days from entry to the event or, without one, to the last contact; whoever leaves without it has none.
    """
    if rule.counting == "follow-up":
        return _measure_exposure(_exposure_boundary(rule), entry, time, event)
    boundary, window = _boundary(rule), float(rule.window_days)
    happened = np.cumsum(event & (time <= window))
    for look, (n, stop_at) in enumerate(zip(boundary.looks, boundary.stop_at, strict=True), start=1):
        if n > len(entry):
            break
        if happened[n - 1] >= stop_at:
            return Stop(look, REACHED, float(entry[n - 1] + window), n, int(happened[n - 1]))
    n = min(boundary.looks[-1], len(entry))
    return Stop(0, "", float(entry[n - 1] + window), n, int(happened[n - 1]))


def _measure_exposure(boundary: ExposureBoundary, entry: Days, time: Days, event: Flags) -> Stop:
    end = float((entry + np.maximum(time, boundary.window)).max())
    path = review_stopping_exposure(boundary, entry, time, event, cut=end).path
    dates = np.sort((entry + time)[event & (time <= boundary.window)])
    reached = np.flatnonzero(path["exposure"].to_numpy() <= path["deadline"].to_numpy())
    if not reached.size:
        return Stop(0, "", end, len(path), len(path))
    first = int(reached[0])
    look = boundary.events.index(first + 1) + 1
    return Stop(look, REACHED, float(dates[first]), first + 1, first + 1)


def compute_stopping_theory(rule: StoppingRule, p: float) -> tuple[list[float], float, float] | None:
    """Exact, when a patient's event is seen in the window with probability ``p``: probability of stopping at each look,
    expected patients and events at the end.

    None for a rule on follow-up, whose theory supposes a constant hazard that simulated patients do not have.
    """
    if rule.counting == "follow-up":
        return None
    found = estimate_stopping_characteristics(_boundary(rule), [p])
    line = found.table.iloc[0]
    return [*found.by_look["stop_probability"]], float(line["expected_n"]), float(line["expected_events"])


@lru_cache(maxsize=32)
def _design(planned: GroupSequential, share: float) -> GroupSequentialDesign:
    return design_at(planned, planned.events[:1], share)


def measure_sequential(planned: GroupSequential, entry: Days, time: Days, event: Flags, is_other: Flags) -> Stop:
    """Where a trial of two arms stops; the look is held when the planned number of events is reached.

    A trial that ends with too few events for the last look is tested at its end against the bound of that look.
    ``time``: days from entry to the event or the end of follow-up; ``is_other``: not in the reference arm.
    """
    dates = np.sort((entry + time)[event])
    share = float(is_other.mean() * (1 - is_other.mean()))
    design, end = _design(planned, share), float((entry + time).max())
    for number, due in enumerate(planned.events, start=1):
        if due > len(dates) and number < len(planned.events):
            continue
        cut = float(dates[due - 1]) if due <= len(dates) else end
        z = (*(0.0,) * (number - 1), _z_at(planned, entry, time, event, is_other, cut))
        counts = (*planned.events[: number - 1], int((dates <= cut).sum()))
        verdict = decide(planned, Look(z, counts, share, design, is_coded=False))
        if verdict in (EFFICACY, FUTILITY, OTHER_SIDE):
            return Stop(number, verdict, cut, counts[-1], counts[-1])
    reason = "" if len(dates) >= planned.events[-1] else TOO_FEW
    return Stop(0, reason, cut, int((dates <= cut).sum()), int((dates <= cut).sum()))


def _z_at(planned: GroupSequential, entry: Days, time: Days, event: Flags, is_other: Flags, cut: float) -> float:
    """The log-rank z at a data cut, positive in favour of the planned effect."""
    known = entry < cut
    seen = np.minimum(time, cut - entry)[known]
    found = compare_survival(seen, (event & (entry + time <= cut))[known], is_other[known].astype(int))
    return -found.z if planned.hazard_ratio < 1 else found.z


def compute_sequential_theory(planned: GroupSequential, ratio: Sequence[int]) -> list[dict[str, float]]:
    """Probability of each reason at each look when the arms are alike, by normal theory; ``ratio`` of the two arms."""
    first = ratio[0] / sum(ratio)
    found = compute_exit_probabilities(_design(planned, first * (1 - first)), effect=0.0)
    below = OTHER_SIDE if planned.sided == 2 else FUTILITY
    return [{EFFICACY: float(line.upper), below: float(line.lower)} for line in found.itertuples()]
