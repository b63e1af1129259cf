"""What a comparison with a reference found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CaseOutcome:
    """One method against one reference: how many cases and numbers, and the largest deviation of them.

    ``deviation`` is relative, and absolute where the expected number is small; ``reason`` says why ``tolerance`` is
    what it is. A comparison that gave nothing has an infinite deviation, and ``message`` says why.
    """

    id: str
    method: str
    source: str
    n_cases: int
    n_numbers: int
    deviation: float
    tolerance: float
    reason: str
    passed: bool
    message: str
