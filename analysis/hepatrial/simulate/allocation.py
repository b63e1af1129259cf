"""Who gets which arm: permuted blocks by the ratio of the study file, within each stratum."""

from collections.abc import Sequence

from hepatrial.errors import SimulateError
from hepatrial.simulate.draws import Draws
from hepatrial.study import Arm, Study

FIRST, SECOND = 2, 14
"""Streams of the two randomisations."""


class Allocation:
    """The lists of one trial; each stratum's is made when its first patient comes."""

    def __init__(self, study: Study, seed: int) -> None:
        self._seed = seed
        self._block = make_block(study.design.arms, study.design.allocation)
        second = study.design.second
        self._second = _Blocks(make_block(second.arms, second.allocation), Draws(seed, SECOND)) if second else None
        self._lists: dict[str, _Blocks] = {}

    def next_arm(self, stratum: str) -> str:
        """Arm of the next patient of a stratum."""
        if stratum not in self._lists:
            place = (len(self._lists),) if self._lists else ()
            self._lists[stratum] = _Blocks(self._block, Draws(self._seed, FIRST, *place))
        return self._lists[stratum].next()

    def next_second_arm(self) -> str:
        """Arm of the next patient who is randomised again."""
        if self._second is None:
            raise SimulateError("the study has no second randomisation")
        return self._second.next()


class _Blocks:
    """One list of permuted blocks."""

    def __init__(self, block: Sequence[str], draws: Draws) -> None:
        self._full, self._draws = tuple(block), draws
        self._left: list[str] = []

    def next(self) -> str:
        if not self._left:
            self._left = list(self._full)
        return self._left.pop(self._draws.integer(0, len(self._left) - 1))


def make_block(arms: Sequence[Arm], ratio: str) -> list[str]:
    """A block: each arm as often as the ratio says; twice that where the ratio is equal or not given."""
    parts = [int(part) for part in ratio.split(":")] if ratio else [1] * len(arms)
    if len(parts) != len(arms):
        raise SimulateError(f"allocation {ratio!r} has {len(parts)} parts for {len(arms)} arms")
    codes = [arm.code for arm, n in zip(arms, parts, strict=True) for _ in range(n)]
    return 2 * codes if len(set(parts)) == 1 else codes


def find_ratio(study: Study) -> list[int]:
    """How often each arm is allocated, beside the others."""
    ratio = study.design.allocation
    return [int(part) for part in ratio.split(":")] if ratio else [1] * len(study.design.arms)
