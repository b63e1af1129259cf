"""Descriptive summaries, means with a t interval, geometric means.

Quartiles are type 2 of Hyndman and Fan (1996, doi:10.1080/00031305.1996.10473566), SAS PCTLDEF=5; R
``quantile(x, type = 2)``. The t interval is R ``t.test(x)`` and SAS PROC MEANS CLM; the geometric mean is
exp(mean(log x)) with the t interval taken on the log scale, SAS PROC SURVEYMEANS GEOMEAN or ``exp(t.test(log(x)))``.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.stats

from hepatrial.errors import EstimateError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """Description of a sample; NaN where it cannot be computed (nothing observed; SD of one value)."""

    n: int
    n_missing: int
    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    min: float
    max: float


@dataclass(frozen=True)
class MeanEstimate:
    """A mean (or geometric mean, ratio, change) with its t interval on the scale it was computed on."""

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    n: int
    df: float
    method: str
    status: str
    notes: tuple[str, ...]


def summarise(values: npt.ArrayLike) -> Summary:
    """Summary of the values.

    Parameters
    ----------
    values : array of float, shape (n,)
        NaN is missing: counted in ``n_missing`` and left out of everything else.
    """
    array = np.asarray(values, dtype=np.float64)
    seen = array[~np.isnan(array)]
    n = len(seen)
    if n == 0:
        return Summary(0, len(array), *([np.nan] * 7))
    q1, median, q3 = (float(np.quantile(seen, p, method="averaged_inverted_cdf")) for p in (0.25, 0.5, 0.75))
    sd = float(np.std(seen, ddof=1)) if n > 1 else np.nan
    return Summary(n, len(array) - n, float(seen.mean()), sd, median, q1, q3, float(seen.min()), float(seen.max()))


def estimate_mean(
    values: npt.ArrayLike, *, scale: str = "linear", min_n: int = 2, conf_level: float = 0.95
) -> MeanEstimate:
    """Mean with its t interval; on the log scale, the geometric mean.

    Parameters
    ----------
    values : array of float, shape (n,)
        Without missing values; positive where ``scale`` is "log".
    scale : {"linear", "log"}
    min_n : int
        Fewer values give status ``not_estimable``.
    """
    array = complete_values(values)
    if scale not in ("linear", "log"):
        raise EstimateError(f"scale must be 'linear' or 'log', not {scale!r}")
    if scale == "log" and (array <= 0).any():
        raise EstimateError(
            f"a value of {array.min():g} has no logarithm; use the linear scale or a rule for the limit"
        )
    name = "geometric mean" if scale == "log" else "mean"
    method = f"{name}, t interval" + (" on the log scale" if scale == "log" else "")
    n = len(array)
    if n < max(min_n, 2):
        note = f"{n} value{'s' if n != 1 else ''}; at least {max(min_n, 2)} are needed"
        return MeanEstimate(np.nan, np.nan, np.nan, conf_level, n, np.nan, method, "not_estimable", (note,))
    if np.ptp(array) == 0:
        alike = f"all {n} values are equal: an interval would have no width"
        return MeanEstimate(float(array[0]), np.nan, np.nan, conf_level, n, n - 1, method, "note", (alike,))
    scaled = np.log(array) if scale == "log" else array
    half = float(scipy.stats.t.ppf(0.5 + conf_level / 2, n - 1)) * float(scaled.std(ddof=1)) / np.sqrt(n)
    centre = float(scaled.mean())
    limits = np.array([centre, centre - half, centre + half])
    estimate, low, high = (float(x) for x in (np.exp(limits) if scale == "log" else limits))
    return MeanEstimate(estimate, low, high, conf_level, n, n - 1, method, "ok", ())


def complete_values(values: npt.ArrayLike) -> Floats:
    """The values as an array; NaN and infinity are refused."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise EstimateError("values hold NaN or infinity; leave missing values out and say how many there were")
    return array
