"""The door of every estimator: arrays are typed and refused here, once, so that kernels may trust them.

Events are bool or 0/1; R's 1/2 coding is refused by name, because half of it would be read as "all died".
Missing values are an error: who is left out is the caller's decision, and is counted there.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from hepatrial.errors import EstimateError

FloatArray = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def as_float_array(values: Any, name: str) -> FloatArray:
    """One-dimensional finite floats, or an error that names the argument."""
    array: FloatArray = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise EstimateError(f"{name} must be one-dimensional, got shape {array.shape}")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise EstimateError(f"{name}[{bad}] is {array[bad]}: missing or infinite values are not allowed")
    return array


def as_times(values: Any, name: str = "time") -> FloatArray:
    """Follow-up times: finite and not negative."""
    time = as_float_array(values, name)
    if time.size and time.min() < 0:
        raise EstimateError(f"{name} holds {time.min()}: follow-up times count from the origin, so must be >= 0")
    return time


def as_events(values: Any, n: int, name: str = "event") -> IntArray:
    """Event indicators as 0/1 integers of length ``n``."""
    event = as_codes(values, n, name)
    if event.max(initial=0) <= 1:
        return event
    seen = set(np.unique(event).tolist())
    if seen <= {1, 2}:
        raise EstimateError(f"{name} is coded 1/2, R's censored/event coding: pass {name} == 2 instead")
    raise EstimateError(f"{name} must be bool or 0/1 (1 = event), got values {sorted(seen)[:5]}")


def as_codes(values: Any, n: int, name: str = "status") -> IntArray:
    """Whole non-negative codes (0 censored, 1.. causes) of length ``n``."""
    array = np.asarray(values)
    if array.dtype == bool and array.shape == (n,):
        return array.astype(np.int64)
    code = as_float_array(array, name)
    if code.ndim != 1 or code.size != n:
        raise EstimateError(f"{name} has {code.size} values, time has {n}")
    if code.size and (code.min() < 0 or (code != np.floor(code)).any()):
        raise EstimateError(f"{name} must hold whole numbers >= 0 (0 = censored)")
    return code.astype(np.int64)


def as_groups(values: Any, n: int, name: str = "group") -> tuple[npt.NDArray[Any], IntArray]:
    """Sorted distinct levels and the index of each row's level."""
    array = np.asarray(values)
    if array.ndim != 1 or array.size != n:
        raise EstimateError(f"{name} has {array.size} values, time has {n}")
    missing = array.dtype.kind == "f" and np.isnan(array).any()
    if missing or (array.dtype.kind == "O" and any(v is None or v != v for v in array)):
        raise EstimateError(f"{name} has missing values: leave those rows out first, and count them")
    levels, index = np.unique(array, return_inverse=True)
    return levels, index.astype(np.int64)


def as_entry(values: Any, time: FloatArray) -> FloatArray | None:
    """Delayed-entry times, each before its own follow-up time."""
    if values is None:
        return None
    entry = as_times(values, "entry")
    if entry.size != time.size:
        raise EstimateError(f"entry has {entry.size} values, time has {time.size}")
    if (entry >= time).any():
        bad = int(np.flatnonzero(entry >= time)[0])
        raise EstimateError(f"entry[{bad}] = {entry[bad]} is not before time[{bad}] = {time[bad]}")
    return entry


def check_conf_level(conf_level: float) -> float:
    """A confidence level as a fraction, e.g. 0.95."""
    if not 0 < conf_level < 1:
        raise EstimateError(f"conf_level must be between 0 and 1 (0.95 for 95 %), got {conf_level}")
    return float(conf_level)


def check_choice(value: str, allowed: tuple[str, ...], name: str) -> str:
    """One of a closed list of option names."""
    if value not in allowed:
        raise EstimateError(f"{name} must be one of {', '.join(allowed)}; got {value!r}")
    return value


def check_reference(reference: Any, levels: npt.NDArray[Any]) -> tuple[int, int]:
    """Positions of the reference level and of the other one among exactly two."""
    found = np.flatnonzero(levels == reference)
    if levels.size != 2 or found.size != 1:
        raise EstimateError(f"group must have two levels, one of them the reference {reference!r}; got {levels}")
    return int(found[0]), 1 - int(found[0])


def normal_quantile(conf_level: float) -> float:
    """Two-sided standard normal quantile, 1.959964 at 0.95."""
    return float(norm.isf((1 - check_conf_level(conf_level)) / 2))
