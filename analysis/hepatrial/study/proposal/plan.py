"""What a proposal is made of: arms, visits, variables and days, worked out once from the record."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from hepatrial.study.proposal.recognise import SCORE_WORDS, Recognised, recognise_outcome
from hepatrial.study.proposal.record import Outcome, RecordArm, RegistryRecord
from hepatrial.study.proposal.time_frames import parse_days

DEFAULT_DAYS = (28, 90)
"""Days that are asked for where the record names none."""
BASELINE_WINDOW = (-7, 0)
LAST_WINDOW = 14
"""Days that the last visit's window may go on, at most."""
SMALL = 30
"""Planned size up to which limits are the exact small-sample ones."""
REFERENCE_KINDS = ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION", "ACTIVE_COMPARATOR")


@dataclass(frozen=True)
class Answered:
    """An outcome of the record with what it was understood to mean and the days that it names."""

    outcome: Outcome
    means: Recognised
    days: tuple[int, ...]


@dataclass(frozen=True)
class PlannedArm:
    code: str
    label: str
    description: str
    kind: str


@dataclass(frozen=True)
class Plan:
    """``visits``: code, day, window; ``times``: OS first; ``unrecognised``: outcomes that no analysis answers."""

    arms: tuple[PlannedArm, ...]
    reference_arm: str
    origin: str
    is_parallel: bool
    is_small: bool
    end_day: int
    visits: tuple[tuple[str, int, tuple[int, int]], ...]
    parameters: tuple[str, ...]
    scores: tuple[str, ...]
    times: tuple[str, ...]
    answered: tuple[Answered, ...]
    unrecognised: tuple[str, ...]


def make_plan(record: RegistryRecord) -> Plan:
    """Read the outcomes once; survival is always planned, since its absence from a record is no reason to skip it."""
    read = [Answered(one, recognise_outcome(one.measure), parse_days(one.time_frame)) for one in record.outcomes]
    answered = tuple(one for one in read if not one.means.is_nothing)
    scores = _ordered(code for one in answered for code in one.means.scores)
    own = _ordered(code for one in answered for code in one.means.parameters)
    inputs = [code for words in SCORE_WORDS if words.code in scores for code in words.inputs]
    days = sorted({day for one in answered for day in one.days}) or list(DEFAULT_DAYS)
    arms = _arms(record)
    return Plan(
        arms=arms,
        reference_arm=_reference(arms),
        origin="randomisation" if record.kind == "parallel" else "first treatment",
        is_parallel=record.kind == "parallel",
        is_small=(record.planned_n or 0) <= SMALL,
        end_day=days[-1],
        visits=_visits(days),
        parameters=_ordered((*own, *inputs)),
        scores=scores,
        times=tuple(code for code in ("OS", "TFS", "LT") if code == "OS" or _asked(code, answered)),
        answered=answered,
        unrecognised=tuple(f"{one.outcome.measure} ({one.outcome.role})" for one in read if one.means.is_nothing),
    )


def _asked(code: str, answered: tuple[Answered, ...]) -> bool:
    return any(code in one.means.times_to_event for one in answered)


def _ordered(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def _arms(record: RegistryRecord) -> tuple[PlannedArm, ...]:
    """The record's arms with codes of their first letters; a parallel record without arms gets two."""
    named = record.arms or (
        (RecordArm("Experimental", "EXPERIMENTAL", ""), RecordArm("Control", "NO_INTERVENTION", ""))
        if record.kind == "parallel"
        else (RecordArm("Treatment", "EXPERIMENTAL", ""),)
    )
    kept = named if record.kind == "parallel" else named[:1]
    arms: list[PlannedArm] = []
    for arm in kept:
        code = _arm_code(arm.label, {one.code for one in arms})
        arms.append(PlannedArm(code, arm.label or code, arm.description, arm.kind))
    return tuple(arms)


def _arm_code(label: str, taken: set[str]) -> str:
    stem = re.sub(r"[^A-Z0-9]", "", label.upper())[:6] or "ARM"
    return next(code for code in (stem, *(f"{stem}{n}" for n in range(2, 99))) if code not in taken)


def _reference(arms: tuple[PlannedArm, ...]) -> str:
    return next((arm.code for kind in REFERENCE_KINDS for arm in arms if arm.kind == kind), arms[-1].code)


def _visits(days: list[int]) -> tuple[tuple[str, int, tuple[int, int]], ...]:
    """Baseline and every day; windows meet half-way, the earlier visit takes the middle day."""
    middles = [(before + after) // 2 for before, after in pairwise(days)]
    firsts = [1, *(middle + 1 for middle in middles)]
    lasts = [*middles, days[-1] + min(LAST_WINDOW, max(1, days[-1] // 10))]
    visits = [(f"D{day}", day, (first, last)) for day, first, last in zip(days, firsts, lasts, strict=True)]
    return (("BL", 0, BASELINE_WINDOW), *visits)
