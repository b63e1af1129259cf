"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from hepatrial.estimate.summaries import (
    MeanEstimate,
    Summary,
    estimate_mean,
    estimate_paired_change,
    summarise,
)

__all__ = [
    "MeanEstimate",
    "Summary",
    "estimate_mean",
    "estimate_paired_change",
    "summarise",
]
