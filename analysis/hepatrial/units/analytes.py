"""What an analyte is: its units, the factors between kinds of unit, its ranges."""

from dataclasses import dataclass
from typing import Final

from hepatrial.units.text import UNITS

AMA: Final = "AMA/JAMA table of SI conversion factors"
JUDGEMENT: Final = "judgement"


@dataclass(frozen=True)
class Factor:
    """``to_unit`` value = ``from_unit`` value x ``multiply`` (decimal text, so that it is exact)."""

    from_unit: str
    to_unit: str
    multiply: str
    source: str = AMA
    is_provisional: bool = False


@dataclass(frozen=True)
class Limits:
    """A closed range in one unit; ``None`` is open."""

    low: float | None
    high: float | None
    unit: str
    source: str = JUDGEMENT


@dataclass(frozen=True)
class Analyte:
    """One laboratory or clinical parameter, named by its ADaM-like PARAMCD (at most 8 characters)."""

    code: str
    label: str
    si_unit: str
    plausible: Limits | None = None
    impossible: Limits | None = None
    factors: tuple[Factor, ...] = ()
    names: tuple[str, ...] = ()
    needs_laboratory_factor: bool = False

    @property
    def family(self) -> str:
        """Dimension of the SI unit."""
        return UNITS[self.si_unit].dimension

    @property
    def units(self) -> tuple[str, ...]:
        """Every canonical unit that :func:`hepatrial.units.convert` accepts without a laboratory factor."""
        ends = {unit for factor in self.factors for unit in (factor.from_unit, factor.to_unit)}
        dimensions = {UNITS[unit].dimension for unit in ends | {self.si_unit}}
        return tuple(text for text, unit in UNITS.items() if unit.dimension in dimensions)
