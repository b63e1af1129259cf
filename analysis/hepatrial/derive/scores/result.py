"""What a score function returns, and the facts of a score that travel with its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from hepatrial.derive.scores.inputs import BoolArray, FloatArray, Rows, TextArray


@dataclass(frozen=True)
class ScoreFacts:
    """A score's identity: code (PARAMCD), label, unit, display decimals, bounds, reference.

    ``provisional`` says why the score may not drive eligibility, a stopping rule or a primary endpoint; empty
    when nothing speaks against it.
    """

    code: str
    label: str
    doi: str
    unit: str = "points"
    decimals: int = 0
    low: float | None = None
    high: float | None = None
    provisional: str = ""


@dataclass(frozen=True, eq=False)
class ScoreResult:
    """One score for n rows.

    Attributes
    ----------
    score : ScoreFacts
    variant : str
        Which published form, ``""`` where there is one.
    value : ndarray of float, shape (n,)
        The score as its source reports it (rounded and bounded where the source does); NaN where missing.
    unrounded : ndarray of float, shape (n,)
        Before rounding and before the final cap.
    reason : ndarray of str, shape (n,)
        Why the value is missing (``missing INR``), else ``""``.
    category : ndarray of str, shape (n,), or None
        Class or grade where the score has one; ``""`` where the value is missing.
    parts : mapping of str to ndarray of float
        Sub-scores by name.
    """

    score: ScoreFacts
    variant: str
    value: FloatArray
    unrounded: FloatArray
    reason: TextArray
    category: TextArray | None = None
    parts: Mapping[str, FloatArray] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_provisional(self) -> bool:
        return bool(self.score.provisional)


def make_result(
    score: ScoreFacts,
    rows: Rows,
    value: FloatArray,
    *,
    variant: str = "",
    unrounded: FloatArray | None = None,
    category: TextArray | None = None,
    parts: Mapping[str, FloatArray] | None = None,
    needs: Mapping[str, FloatArray] | None = None,
) -> ScoreResult:
    """Result of a score; ``needs`` names what must be there (every input unless given)."""
    is_missing = np.isnan(value)
    reason = explain_missing(is_missing, rows.values if needs is None else needs, rows.is_unusable)
    if category is not None:
        category = np.where(is_missing, "", category).astype(object)
    return ScoreResult(
        score,
        variant,
        value,
        value if unrounded is None else unrounded,
        reason,
        category,
        MappingProxyType(dict(parts or {})),
    )


def explain_missing(
    is_missing: BoolArray, needs: Mapping[str, FloatArray], is_unusable: Mapping[str, BoolArray]
) -> TextArray:
    """Text per row: which needs are missing, which inputs cannot be used; ``""`` where nothing is missing."""
    reason = np.full(is_missing.size, "", dtype=object)
    index = np.flatnonzero(is_missing)
    if not index.size:
        return reason
    bad = {name: mask[index] for name, mask in is_unusable.items()}
    none = np.zeros(index.size, dtype=bool)
    gone = {name: np.isnan(values[index]) & ~bad.get(name, none) for name, values in needs.items()}
    names = [("missing", _words(name)) for name in gone] + [("not usable", _words(name)) for name in bad]
    masks = [*gone.values(), *bad.values()]
    codes = sum(
        (mask.astype(np.int64) << bit for bit, mask in enumerate(masks)), np.zeros(index.size, np.int64)
    )
    patterns, which = np.unique(codes, return_inverse=True)
    reason[index] = np.array([_sentence(int(code), names) for code in patterns], dtype=object)[which]
    return reason


def _words(name: str) -> str:
    return name.replace("_", " ")


def _sentence(code: int, names: list[tuple[str, str]]) -> str:
    chosen = [name for bit, name in enumerate(names) if code >> bit & 1]
    groups = {kind: [word for k, word in chosen if k == kind] for kind in ("missing", "not usable")}
    return "; ".join(f"{kind} {', '.join(words)}" for kind, words in groups.items() if words)


def round_half_up(values: FloatArray) -> FloatArray:
    """To whole numbers, half away from zero (values are not negative here)."""
    return np.floor(values + 0.5)


def label_by(codes: FloatArray, labels: Mapping[int, str]) -> TextArray:
    """Text of each whole code; ``""`` for NaN."""
    text = np.full(codes.size, "", dtype=object)
    for code, label in labels.items():
        text[codes == code] = label
    return text
