"""The reference pack: read its cases and data, and measure how far what we compute is from what R computed.

A case is one call of R: ``topic`` and ``id`` say which of our functions answers it, ``data`` and ``input`` what it is
given, ``expected`` the numbers, ``rel_tol`` how far the reference itself can be trusted. Handlers of a topic give our
numbers by the names of R's, or ``SAME`` where the comparison needs judgement and the handler made it itself, with the
reason beside it.
"""

import gzip
import io
import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.errors import DeviationError

Spec = dict[str, Any]
"""One case of the pack, with ``folder``, where its data are."""
Handler = Callable[[Spec], Any]
"""Our numbers by the names of the reference's; ``"refused"`` where R refuses and we do too."""

SHIPPED = files("hepatrial.validation") / "data"
SAME: Any = object()
"""Stands for a value of the case that its handler has checked itself, with the reason beside it."""


def read_cases(folder: Traversable = SHIPPED / "survival") -> list[Spec]:
    """Every case of a folder's ``expected.json.gz``."""
    text = gzip.decompress((folder / "expected.json.gz").read_bytes())
    return [case | {"folder": folder} for case in json.loads(text)["cases"]]


def read_table(case: Spec, name: str) -> Any:
    """A data set that lies beside the case."""
    return pd.read_csv(io.BytesIO((case["folder"] / f"{name}.csv").read_bytes()), float_precision="round_trip")


def read_data(case: Spec) -> Any:
    """The case's data set with its R filter applied."""
    data = read_table(case, case["data"])
    rule = case["input"].get("filter") if case["input"] else None
    if rule:
        for part in rule.split(" & "):
            data = data[FILTERS[part](data) if part in FILTERS else data["set"] == part.split('"')[1]]
    return data.reset_index(drop=True)


FILTERS: Mapping[str, Any] = {
    "!is.na(ph.ecog)": lambda d: d["ph.ecog"].notna(),
    "ph.ecog < 3": lambda d: d["ph.ecog"] < 3,
    "!is.na(trt)": lambda d: d["trt"].notna(),
    "futime > 0": lambda d: d["futime"] > 0,
    "!is.na(age)": lambda d: d["age"].notna(),
}


def as_array(value: Any) -> Any:
    """R's numbers: null is NaN, "Inf" is infinity, a bare number has length 1."""
    values = value if isinstance(value, list) else [value]
    special = {None: np.nan, "Inf": np.inf, "-Inf": -np.inf}
    return np.array([special[v] if v is None or isinstance(v, str) else v for v in values], dtype=float)


def require(claim: Any, says: str) -> None:
    """What a handler's judgement rests on; where it does not hold, the case has failed."""
    if not bool(claim):
        raise DeviationError(f"does not hold: {says}")


def none_where_flat(ours: Any, theirs: Any) -> Any:
    """Our limits; where the reference's have no width we give none, and the reference's are taken as read."""
    low, high = (float(v) for v in ours)
    if theirs and np.isnan([low, high]).any():
        width = as_array(theirs)[[0, -1]]
        require(np.isnan([low, high]).all() and width[0] == width[1], "only an interval without width is not given")
        return width
    return [low, high]


def require_close(ours: Any, theirs: Any, *, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Numbers that a handler compares itself, because the reference is good to its own tolerance only."""
    if not np.allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=rtol, atol=atol, equal_nan=True):
        raise DeviationError(f"differs by more than rtol {rtol:g}, atol {atol:g}: {ours} for {theirs}")


def compare_numbers(case: Spec, got: Mapping[str, Any], *, rtol: float, atol: float) -> tuple[int, float]:
    """How many numbers were compared, and the largest deviation: abs(ours - theirs) / (abs(theirs) + atol / rtol).

    It is at most ``rtol`` exactly where every number is within ``atol + rtol * abs(theirs)``.

    Raises
    ------
    DeviationError
        A number that the reference has and we do not give, another count of numbers, another text.
    """
    missing = sorted(set(case["expected"]) - set(got))
    if missing:
        raise DeviationError(f"{case['id']}: not computed: {', '.join(missing)}")
    count, largest = 0, 0.0
    for key, value in case["expected"].items():
        if got[key] is SAME:
            continue
        if isinstance(value, dict):
            part = {**case, "expected": value, "id": f"{case['id']}.{key}"}
            more, deviation = compare_numbers(part, got[key], rtol=rtol, atol=atol)
        elif _is_text(value):
            more, deviation = _compare_texts(case, key, got[key])
        else:
            more, deviation = _compare_values(f"{case['id']} {key}", got[key], as_array(value), atol / rtol)
        count, largest = count + more, max(largest, deviation)
    return count, largest


def _is_text(value: Any) -> bool:
    return any(isinstance(v, str) and v not in ("Inf", "-Inf") for v in (value if isinstance(value, list) else [value]))


def _compare_texts(case: Spec, key: str, got: Any) -> tuple[int, float]:
    ours, theirs = ([str(v) for v in np.atleast_1d(x)] for x in (got, case["expected"][key]))
    if ours != theirs:
        raise DeviationError(f"{case['id']} {key}: {ours} for {theirs}")
    return 0, 0.0


def _compare_values(name: str, got: Any, want: Any, floor: float) -> tuple[int, float]:
    have = np.atleast_1d(np.asarray(got, dtype=float))
    if have.shape != want.shape:
        raise DeviationError(f"{name}: {have.size} numbers for {want.size}")
    finite = np.isfinite(want)
    same = (np.isnan(have) & np.isnan(want)) | (have == want)
    if not same[~finite].all():
        raise DeviationError(f"{name}: {have} for {want}")
    gaps = np.abs(have[finite] - want[finite]) / (np.abs(want[finite]) + floor)
    if np.isnan(gaps).any():
        raise DeviationError(f"{name}: {have} for {want}")
    return int(want.size), float(gaps.max(initial=0.0))
