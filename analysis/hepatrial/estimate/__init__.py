"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

from hepatrial.estimate.alive import (
    VisitSummaries,
    summarise_visits,
)
from hepatrial.estimate.censored import (
    CensoredFit,
    fit_censored_mixed,
    substitute_censored,
)
from hepatrial.estimate.competing import (
    CumulativeIncidence,
    estimate_cumulative_incidence,
)
from hepatrial.estimate.composite import (
    RankComparison,
    compare_composite,
    rank_composite,
)
from hepatrial.estimate.contingency import compare_categories_exact, compare_row_means, compare_table_exact
from hepatrial.estimate.cox import (
    CoxFit,
    fit_cox,
)
from hepatrial.estimate.cox_diagnostics import (
    CoxSurvival,
    HazardsOverTime,
    compare_hazards_over_time,
    estimate_cox_survival,
)
from hepatrial.estimate.cumulative_hazard import (
    CumulativeHazard,
    estimate_cumulative_hazard,
)
from hepatrial.estimate.exact_tables import (
    HomogeneityTest,
    PairedDifference,
    TableTest,
    compare_odds_ratios,
    compare_paired_proportions,
    compare_proportions_exact,
    compare_proportions_stratified,
    estimate_paired_difference,
)
from hepatrial.estimate.fine_gray import (
    FineGrayFit,
    fit_fine_gray,
)
from hepatrial.estimate.follow_up import (
    LandmarkSample,
    compute_landmark,
    estimate_follow_up,
)
from hepatrial.estimate.gee import (
    GeeFit,
    fit_gee,
)
from hepatrial.estimate.gray import (
    IncidenceTest,
    compare_cumulative_incidence,
)
from hepatrial.estimate.group_tests import (
    GroupTest,
    compare_categories,
    compare_group_means,
)
from hepatrial.estimate.interaction import (
    InteractionTest,
    compare_hazard_ratios,
)
from hepatrial.estimate.logistic import (
    LogisticFit,
    fit_logistic,
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
    estimate_slopes,
)
from hepatrial.estimate.mixed import (
    MixedFit,
    fit_mixed,
)
from hepatrial.estimate.mixed_diagnostics import (
    diagnose_mixed,
)
from hepatrial.estimate.mixed_profile import (
    VarianceIntervals,
    estimate_random_sd,
)
from hepatrial.estimate.mmrm.diagnostics import (
    MmrmDiagnostics,
    diagnose_mmrm,
)
from hepatrial.estimate.mmrm.fit import (
    MmrmFit,
    fit_mmrm,
)
from hepatrial.estimate.monitoring.conditional_power import (
    ConditionalPower,
    conditional_power,
    predictive_power,
)
from hepatrial.estimate.monitoring.exposure_boundary import (
    ExposureBoundary,
    estimate_exposure_characteristics,
    stopping_boundary_exposure,
)
from hepatrial.estimate.monitoring.exposure_review import (
    ExposureReview,
    review_stopping_exposure,
)
from hepatrial.estimate.monitoring.group_sequential import (
    Futility,
    GroupSequentialDesign,
    compute_exit_probabilities,
    design_group_sequential,
)
from hepatrial.estimate.monitoring.inference import (
    RepeatedIntervals,
    SequentialEstimate,
    estimate_after_stopping,
    estimate_repeated_intervals,
)
from hepatrial.estimate.monitoring.spending import compute_spent
from hepatrial.estimate.monitoring.stopping_boundary import (
    StoppingBoundary,
    stopping_boundary,
)
from hepatrial.estimate.monitoring.stopping_characteristics import (
    StoppingCharacteristics,
    estimate_stopping_characteristics,
)
from hepatrial.estimate.monitoring.stopping_review import (
    StoppingReview,
    review_stopping,
)
from hepatrial.estimate.monitoring.two_stage import (
    TwoStageDesign,
    design_two_stage,
)
from hepatrial.estimate.multiplicity import (
    AdjustedPValues,
    adjust_p_values,
)
from hepatrial.estimate.ordinal import (
    MannWhitney,
    ProportionalOdds,
    estimate_mann_whitney,
    fit_proportional_odds,
)
from hepatrial.estimate.paired_change import (
    PairedChange,
    estimate_paired_change,
)
from hepatrial.estimate.proportions import (
    ProportionEstimate,
    ProportionTest,
    compare_proportion_to,
    estimate_proportion,
)
from hepatrial.estimate.rank_tests import (
    GroupRankTest,
    RankTest,
    compare_group_ranks,
    compare_paired_ranks,
    compare_rank_trend,
    compare_ranks,
    compare_stratified_ranks,
)
from hepatrial.estimate.rates import (
    RateComparison,
    RateEstimate,
    compare_rates,
    estimate_rate,
)
from hepatrial.estimate.reference_based import (
    ReferenceBasedEstimates,
    estimate_reference_based,
    pool_rubin,
)
from hepatrial.estimate.response_imputation import (
    ImputedResponses,
    PooledProportion,
    impute_responses,
    pool_proportion,
    pool_proportion_difference,
)
from hepatrial.estimate.rmst import (
    RestrictedMean,
    RestrictedMeanComparison,
    compare_rmst,
    estimate_rmst,
)
from hepatrial.estimate.summaries import (
    MeanEstimate,
    Summary,
    estimate_mean,
    summarise,
)
from hepatrial.estimate.survival import (
    SurvivalEstimate,
    estimate_survival,
)
from hepatrial.estimate.survival_against_rate import HistoricalComparison, compare_survival_to_rate
from hepatrial.estimate.survival_at import (
    FixedDayComparison,
    compare_survival_at,
)
from hepatrial.estimate.survival_bands import (
    SurvivalBand,
    estimate_survival_band,
)
from hepatrial.estimate.survival_quantile import (
    SurvivalQuantiles,
    estimate_survival_quantile,
)
from hepatrial.estimate.time_basis import (
    compute_time_basis,
)
from hepatrial.estimate.trajectory import (
    TrajectorySummaries,
    summarise_trajectories,
)
from hepatrial.estimate.two_proportions import (
    ProportionComparison,
    compare_proportions,
)
from hepatrial.estimate.wins import (
    TimedEndpoint,
    ValuedEndpoint,
    WinComparison,
    compare_wins,
)

__all__ = [
    "AdjustedPValues",
    "CensoredFit",
    "ConditionalPower",
    "CoxFit",
    "CoxSurvival",
    "CumulativeHazard",
    "CumulativeIncidence",
    "ExposureBoundary",
    "ExposureReview",
    "FineGrayFit",
    "FixedDayComparison",
    "Futility",
    "GeeFit",
    "GroupRankTest",
    "GroupSequentialDesign",
    "GroupTest",
    "HazardsOverTime",
    "HistoricalComparison",
    "HomogeneityTest",
    "ImputedResponses",
    "IncidenceTest",
    "InteractionTest",
    "LandmarkSample",
    "LinearEstimates",
    "LogisticFit",
    "LogrankHazardRatio",
    "MannWhitney",
    "MeanEstimate",
    "MixedFit",
    "MmrmDiagnostics",
    "MmrmFit",
    "PairedChange",
    "PairedDifference",
    "PooledProportion",
    "ProportionComparison",
    "ProportionEstimate",
    "ProportionTest",
    "ProportionalOdds",
    "RankComparison",
    "RankTest",
    "RateComparison",
    "RateEstimate",
    "ReferenceBasedEstimates",
    "RepeatedIntervals",
    "RestrictedMean",
    "RestrictedMeanComparison",
    "SequentialEstimate",
    "StoppingBoundary",
    "StoppingCharacteristics",
    "StoppingReview",
    "Summary",
    "SurvivalBand",
    "SurvivalEstimate",
    "SurvivalQuantiles",
    "SurvivalTest",
    "TableTest",
    "TimedEndpoint",
    "TrajectorySummaries",
    "TwoStageDesign",
    "ValuedEndpoint",
    "VarianceIntervals",
    "VisitSummaries",
    "WinComparison",
    "adjust_p_values",
    "compare_categories",
    "compare_categories_exact",
    "compare_composite",
    "compare_cumulative_incidence",
    "compare_group_means",
    "compare_group_ranks",
    "compare_hazard_ratios",
    "compare_hazards_over_time",
    "compare_means",
    "compare_odds_ratios",
    "compare_paired_proportions",
    "compare_paired_ranks",
    "compare_proportion_to",
    "compare_proportions",
    "compare_proportions_exact",
    "compare_proportions_stratified",
    "compare_rank_trend",
    "compare_ranks",
    "compare_rates",
    "compare_rmst",
    "compare_row_means",
    "compare_stratified_ranks",
    "compare_survival",
    "compare_survival_at",
    "compare_survival_to_rate",
    "compare_survival_trend",
    "compare_table_exact",
    "compare_terms",
    "compare_wins",
    "compute_exit_probabilities",
    "compute_geometric_means",
    "compute_landmark",
    "compute_spent",
    "compute_time_basis",
    "conditional_power",
    "design_group_sequential",
    "design_two_stage",
    "diagnose_mixed",
    "diagnose_mmrm",
    "estimate_after_stopping",
    "estimate_contrasts",
    "estimate_cox_survival",
    "estimate_cumulative_hazard",
    "estimate_cumulative_incidence",
    "estimate_exposure_characteristics",
    "estimate_follow_up",
    "estimate_logrank_hazard_ratio",
    "estimate_mann_whitney",
    "estimate_mean",
    "estimate_means",
    "estimate_paired_change",
    "estimate_paired_difference",
    "estimate_proportion",
    "estimate_random_sd",
    "estimate_rate",
    "estimate_reference_based",
    "estimate_repeated_intervals",
    "estimate_rmst",
    "estimate_slopes",
    "estimate_stopping_characteristics",
    "estimate_survival",
    "estimate_survival_band",
    "estimate_survival_quantile",
    "fit_censored_mixed",
    "fit_cox",
    "fit_fine_gray",
    "fit_gee",
    "fit_logistic",
    "fit_mixed",
    "fit_mmrm",
    "fit_proportional_odds",
    "impute_responses",
    "pool_proportion",
    "pool_proportion_difference",
    "pool_rubin",
    "predictive_power",
    "rank_composite",
    "review_stopping",
    "review_stopping_exposure",
    "stopping_boundary",
    "stopping_boundary_exposure",
    "substitute_censored",
    "summarise",
    "summarise_trajectories",
    "summarise_visits",
]

_REMOVED = {"estimate_paired_changes": "estimate_paired_change, once for each visit"}


def __getattr__(name: str) -> object:
    """Say what took the place of a name that was removed."""
    instead = f"; it was removed: use {_REMOVED[name]}" if name in _REMOVED else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{instead}")
