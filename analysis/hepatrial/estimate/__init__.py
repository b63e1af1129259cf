"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from .alive import VisitSummaries, summarise_visits
from .censored import CensoredFit, fit_censored_mixed, substitute_censored
from .composite import RankComparison, compare_ranks, rank_composite
from .gee import GeeFit, fit_gee
from .means import (
    LinearEstimates,
    compare_means,
    compare_terms,
    compute_geometric_means,
    estimate_contrasts,
    estimate_means,
)
from .mixed import MixedFit, fit_mixed
from .mmrm.fit import MmrmFit, fit_mmrm
from .trajectory import (
    PairedChanges,
    TrajectorySummaries,
    estimate_paired_changes,
    summarise_trajectories,
)

__all__ = [
    "CensoredFit",
    "GeeFit",
    "LinearEstimates",
    "MixedFit",
    "MmrmFit",
    "PairedChanges",
    "RankComparison",
    "TrajectorySummaries",
    "VisitSummaries",
    "compare_means",
    "compare_ranks",
    "compare_terms",
    "compute_geometric_means",
    "estimate_contrasts",
    "estimate_means",
    "estimate_paired_changes",
    "fit_censored_mixed",
    "fit_gee",
    "fit_mixed",
    "fit_mmrm",
    "rank_composite",
    "substitute_censored",
    "summarise_trajectories",
    "summarise_visits",
]
