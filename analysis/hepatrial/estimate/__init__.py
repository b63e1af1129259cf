"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from hepatrial.estimate.competing import (
    CumulativeIncidence,
    estimate_cumulative_incidence,
)
from hepatrial.estimate.cumulative_hazard import (
    CumulativeHazard,
    estimate_cumulative_hazard,
)
from hepatrial.estimate.logrank import (
    LogrankHazardRatio,
    SurvivalTest,
    compare_survival,
    compare_survival_trend,
    estimate_logrank_hazard_ratio,
)
from hepatrial.estimate.means import (
    LinearEstimates,
    compare_means,
    compare_terms,
    compute_geometric_means,
    estimate_contrasts,
    estimate_means,
)
from .mixed import MixedFit, fit_mixed
from .mmrm.fit import MmrmFit, fit_mmrm

__all__ = [
    "CumulativeHazard",
    "CumulativeIncidence",
    "LinearEstimates",
    "LogrankHazardRatio",
    "MeanEstimate",
    "MixedFit",
    "MmrmFit",
    "compare_means",
    "compare_proportion_to",
    "compare_rmst",
    "compare_survival",
    "compare_survival_trend",
    "compare_terms",
    "compute_geometric_means",
    "estimate_contrasts",
    "estimate_cumulative_hazard",
    "estimate_cumulative_incidence",
    "estimate_logrank_hazard_ratio",
    "estimate_mean",
    "estimate_means",
    "estimate_paired_change",
    "estimate_proportion",
    "estimate_rmst",
    "estimate_survival",
    "estimate_survival_band",
    "estimate_survival_quantile",
    "fit_mixed",
    "fit_mmrm",
]
