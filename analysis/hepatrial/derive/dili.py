"""Drug-induced liver injury in people whose liver has already failed: eDISH, modified eDISH, R ratio.

The rules of the FDA (guidance of July 2009; Standard Safety Tables and Figures, 2025, figure 7 and table
21) were made for people with a normal liver: ALT or AST at 3 x ULN or more and bilirubin at 2 x ULN or more
on or after it. In liver failure every bilirubin is there on day 0, so those multiples of the upper limit
describe and no more. The modified form takes multiples of the subject's own baseline, or of the lowest
transaminase so far (PMC4014460; SafetyGraphics mDISH). Neither calls a case: the strongest answer is
"requires adjudication".

Quadrants (x transaminase, y bilirubin): RUQ both high, LUQ bilirubin only (cholestasis range), RLQ
transaminase only (Temple's corollary range), LLQ neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hepatrial.derive.scores import compute_r_ratio
from hepatrial.derive.scores.inputs import NEAR, FloatArray, TextArray, align, number
from hepatrial.errors import DeriveError

Basis = Literal["upper-limit", "baseline", "nadir"]

BASES: Final = ("upper-limit", "baseline", "nadir")
QUADRANTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RUQ": "requires adjudication",
        "LUQ": "cholestasis range",
        "RLQ": "Temple's corollary range",
        "LLQ": "normal or near normal",
    }
)
INPUT_COLUMNS: Final = ("USUBJID", "PARAMCD", "ADY", "AVAL", "ANRHI", "BASE")
OUTPUT_COLUMNS: Final = (
    "USUBJID",
    "PEAKTA",
    "PEAKTAP",
    "PEAKTADY",
    "PEAKTB",
    "PEAKTBDY",
    "QUADRANT",
    "PAIRFL",
    "PAIRTADY",
    "PAIRTBDY",
    "PAIRALP",
    "ADJUDFL",
    "RRATIO",
    "RPATTERN",
    "NNOREF",
)


def compute_edish_quadrant(
    *,
    transaminase: object,
    bilirubin: object,
    transaminase_limit: float = 3.0,
    bilirubin_limit: float = 2.0,
    is_strict: bool = False,
) -> TextArray:
    """Quadrant of peak multiples, ``""`` where one is missing.

    Parameters
    ----------
    transaminase, bilirubin : array_like of float, shape (n,)
        Peak multiples (of the upper limit, or of baseline).
    is_strict : bool
        False: a multiple of exactly the limit is high (FDA 2025, admiral). True: only above it.

    Examples
    --------
    >>> compute_edish_quadrant(transaminase=[3.0, 2.99], bilirubin=[2.0, 1.99]).tolist()
    ['RUQ', 'LLQ']
    """
    rows = align(transaminase=number(transaminase, low=0), bilirubin=number(bilirubin, low=0))
    right = _is_high(rows["transaminase"], transaminase_limit, is_strict)
    upper = _is_high(rows["bilirubin"], bilirubin_limit, is_strict)
    quadrant = np.where(upper, np.where(right, "RUQ", "LUQ"), np.where(right, "RLQ", "LLQ")).astype(object)
    quadrant[np.isnan(rows["transaminase"]) | np.isnan(rows["bilirubin"])] = ""
    return quadrant


def derive_edish(
    labs: pd.DataFrame,
    *,
    basis: Basis,
    transaminase_limit: float = 3.0,
    bilirubin_limit: float = 2.0,
    alp_limit: float = 2.0,
    is_strict: bool = False,
    window_days: int = 30,
) -> pd.DataFrame:
    """One row a subject: peaks, quadrant, and whether bilirubin rose after the transaminase.

    Parameters
    ----------
    labs : DataFrame
        Post-baseline rows of ALT, AST, BILI, ALP: USUBJID, PARAMCD, ADY, AVAL, ANRHI, BASE, the three
        numbers of a row in one unit. Other parameters are ignored.
    basis : {"upper-limit", "baseline", "nadir"}
        What the multiples are of. ``nadir``: transaminases as multiples of the lowest of baseline and all
        earlier values, bilirubin of baseline.
    alp_limit : float
        A pair with alkaline phosphatase at this multiple of the upper limit, on the day of the
        transaminase, is a cholestatic picture and not flagged. Without that measurement it is flagged.
    window_days : int
        Bilirubin counts from the day of the transaminase to so many days after it.

    Returns
    -------
    DataFrame
        Columns ``OUTPUT_COLUMNS``, sorted by USUBJID. PEAKTA and PEAKTB are the peak multiples of
        transaminase (PEAKTAP says ALT or AST) and bilirubin; PAIRFL is Y when the two limits were reached
        in order and in time; ADJUDFL is Y when such a pair requires adjudication; RRATIO and RPATTERN
        belong to the sample of the highest ALT; NNOREF counts values without a reference to divide by.
    """
    _require(labs, basis)
    rows = labs.loc[labs["PARAMCD"].isin(["ALT", "AST", "BILI", "ALP"]), list(INPUT_COLUMNS)].copy()
    rows = rows.sort_values(["USUBJID", "PARAMCD", "ADY"], kind="stable")
    rows["REFERENCE"] = _reference(rows, basis)
    rows["MULTIPLE"] = rows["AVAL"] / rows["REFERENCE"].where(rows["REFERENCE"] > 0)
    rows["TIMESULN"] = rows["AVAL"] / rows["ANRHI"].where(rows["ANRHI"] > 0)
    limits = (transaminase_limit, bilirubin_limit, alp_limit)
    subjects = rows["USUBJID"].to_numpy()
    firsts = np.flatnonzero(np.r_[True, subjects[1:] != subjects[:-1]]) if len(rows) else np.array([], dtype=int)
    parts = _Values.of(rows).split(firsts)
    found = [_subject(part, limits, is_strict, window_days) for part in parts]
    result = pd.DataFrame(found, columns=list(OUTPUT_COLUMNS)).assign(USUBJID=subjects[firsts], **_patterns(parts))
    result["QUADRANT"] = compute_edish_quadrant(
        transaminase=result["PEAKTA"].astype(float),
        bilirubin=result["PEAKTB"].astype(float),
        transaminase_limit=transaminase_limit,
        bilirubin_limit=bilirubin_limit,
        is_strict=is_strict,
    )
    return result


def _require(labs: pd.DataFrame, basis: str) -> None:
    missing = [column for column in INPUT_COLUMNS if column not in labs.columns]
    if missing:
        raise DeriveError(f"derive_edish needs the columns {', '.join(missing)}")
    if basis not in BASES:
        raise DeriveError(f"basis={basis!r} is not one of {', '.join(BASES)}")


def _is_high(multiples: FloatArray, limit: float, is_strict: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    high = multiples > limit * (1 + NEAR) if is_strict else multiples >= limit * (1 - NEAR)
    return np.asarray(high, dtype=bool)


def _reference(rows: pd.DataFrame, basis: str) -> pd.Series:
    if basis == "upper-limit":
        return rows["ANRHI"]
    if basis == "baseline":
        return rows["BASE"]
    return rows["BASE"].where(~rows["PARAMCD"].isin(["ALT", "AST"]), _nadir(rows))


def _nadir(rows: pd.DataFrame) -> pd.Series:
    """Lowest of baseline and the values of all earlier days; missing where baseline is."""
    keys = ["USUBJID", "PARAMCD"]
    by_day = rows.groupby([*keys, "ADY"], sort=True)["AVAL"].min().groupby(level=keys).cummin()
    earlier = by_day.groupby(level=keys).shift().rename("EARLIER")
    joined = rows.join(earlier, on=[*keys, "ADY"])
    return joined["BASE"].where(~(joined["EARLIER"] < joined["BASE"]), joined["EARLIER"])


@dataclass(frozen=True)
class _Values:
    """Values in the order of their rows, as arrays."""

    parameter: TextArray
    day: FloatArray
    value: FloatArray
    reference: FloatArray
    multiple: FloatArray
    times_limit: FloatArray

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "_Values":
        names = ("ADY", "AVAL", "REFERENCE", "MULTIPLE", "TIMESULN")
        return cls(rows["PARAMCD"].to_numpy(), *(rows[name].to_numpy(dtype="float64") for name in names))

    def split(self, firsts: NDArray[np.intp]) -> "list[_Values]":
        """Those of each subject, whose first place is given."""
        columns = (np.split(column, firsts[1:]) for column in self._columns)
        return [_Values(*parts) for parts in zip(*columns, strict=True)] if firsts.size else []

    def pick(self, where: NDArray[np.bool_] | NDArray[np.intp]) -> "_Values":
        return _Values(*(column[where] for column in self._columns))

    def named(self, *parameters: str) -> "_Values":
        return self.pick(np.isin(self.parameter.astype(str), parameters))

    @property
    def _columns(self) -> tuple[Any, ...]:
        return self.parameter, self.day, self.value, self.reference, self.multiple, self.times_limit

    @property
    def peak(self) -> int | None:
        """Place of the highest multiple, the first of equals."""
        return None if np.isnan(self.multiple).all() else int(np.nanargmax(self.multiple))


def _subject(
    values: _Values, limits: tuple[float, float, float], is_strict: bool, window_days: int
) -> dict[str, object]:
    enzymes, bilirubin = values.named("ALT", "AST"), values.named("BILI")
    enzymes = enzymes.pick(np.argsort(enzymes.day, kind="stable"))
    top, highest = enzymes.peak, bilirubin.peak
    return {
        "PEAKTA": np.nan if top is None else enzymes.multiple[top],
        "PEAKTAP": "" if top is None else enzymes.parameter[top],
        "PEAKTADY": np.nan if top is None else enzymes.day[top],
        "PEAKTB": np.nan if highest is None else bilirubin.multiple[highest],
        "PEAKTBDY": np.nan if highest is None else bilirubin.day[highest],
        **_pair(enzymes, bilirubin, values.named("ALP"), limits, is_strict, window_days),
        "NNOREF": int((~np.isnan(values.value) & np.isnan(values.multiple)).sum()),
    }


def _pair(
    enzymes: _Values,
    bilirubin: _Values,
    alp: _Values,
    limits: tuple[float, float, float],
    is_strict: bool,
    window_days: int,
) -> dict[str, object]:
    """First transaminase with a bilirubin in its window, one to adjudicate before a cholestatic one."""
    high_enzyme = np.unique(enzymes.day[_is_high(enzymes.multiple, limits[0], is_strict)])
    high_bilirubin = np.unique(bilirubin.day[_is_high(bilirubin.multiple, limits[1], is_strict)])
    pairs = []
    for day in high_enzyme:
        followers = high_bilirubin[(high_bilirubin >= day) & (high_bilirubin <= day + window_days)]
        if followers.size:
            times = alp.times_limit[(alp.day == day) & ~np.isnan(alp.times_limit)].max(initial=-np.inf)
            is_cholestatic = bool(_is_high(np.array([times]), limits[2], False)[0])
            pairs.append((is_cholestatic, day, followers[0], times if np.isfinite(times) else np.nan))
    if not pairs:
        return {"PAIRFL": "N", "PAIRTADY": np.nan, "PAIRTBDY": np.nan, "PAIRALP": np.nan, "ADJUDFL": "N"}
    is_cholestatic, day, follower, times = min(pairs, key=lambda pair: pair[:2])
    flag = "N" if is_cholestatic else "Y"
    return {"PAIRFL": "Y", "PAIRTADY": day, "PAIRTBDY": follower, "PAIRALP": times, "ADJUDFL": flag}


def _patterns(subjects: Sequence[_Values]) -> dict[str, Any]:
    """R ratio of each subject's sample of the highest ALT, if alkaline phosphatase was measured in it."""
    sample = np.full((4, len(subjects)), np.nan)
    for place, values in enumerate(subjects):
        alt, alp = values.named("ALT"), values.named("ALP")
        top = alt.peak
        same = np.flatnonzero(alp.day == alt.day[top]) if top is not None else np.array([], dtype=int)
        if top is not None and same.size:
            first = same[0]
            sample[:, place] = alt.value[top], alt.reference[top], alp.value[first], alp.reference[first]
    ratio = compute_r_ratio(alt=sample[0], alt_reference=sample[1], alp=sample[2], alp_reference=sample[3])
    patterns = np.full(len(subjects), "", dtype=object) if ratio.category is None else ratio.category
    return {"RRATIO": ratio.value, "RPATTERN": patterns}
