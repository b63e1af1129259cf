"""Is the hazard ratio of two groups the same in every subgroup: a likelihood-ratio test of interaction.

    statistic = 2 [l(group + level + group x level) - l(group + level)],  chi-square on levels - 1

in Cox models with the same ties, strata and covariates (Wang et al. 2007, doi:10.1056/NEJMsr077003).
R: ``anova(coxph(s ~ group + level), coxph(s ~ group * level))``; SAS: ``PROC PHREG`` with ``TYPE3(LR)``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from hepatrial.errors import EstimateError
from hepatrial.estimate.cox import fit_cox
from hepatrial.estimate.inputs import as_groups, as_times, check_reference

NO_ESTIMATE = "a Cox model has no finite estimate: a group has no event, or no subject, at some level"


@dataclass(frozen=True)
class InteractionTest:
    """``statistic`` is a chi-square on ``df``; ``n`` counts the subjects."""

    statistic: float
    df: int
    p_value: float
    n: int
    method: str
    status: str
    notes: tuple[str, ...]


def compare_hazard_ratios(
    time: Any,
    event: Any,
    group: Any,
    level: Any,
    *,
    reference: Any,
    covariates: pd.DataFrame | None = None,
    ties: str = "efron",
    stratum: Any = None,
) -> InteractionTest:
    """Test that the hazard ratio of the other group to ``reference`` is the same at every ``level``.

    Parameters
    ----------
    time, event, ties, stratum
        As in :func:`fit_cox`.
    group : array, shape (n,)
        Two labels.
    level : array, shape (n,)
        The subgroup of each subject, none missing; a level that is the stratum too has no term of its own.
    covariates : DataFrame, shape (n, p), optional
        Numeric columns that adjust both models.

    Returns
    -------
    InteractionTest
        ``not_estimable`` with fewer than two levels, or where a model has no finite estimate (a level in which a
        group has no event).
    """
    times = as_times(time)
    groups, index = as_groups(group, times.size)
    check_reference(reference, groups)
    levels, place = as_groups(level, times.size, "level")
    if covariates is not None and len(covariates) != times.size:
        raise EstimateError(f"covariates has {len(covariates)} rows, time has {times.size}")
    arm = (groups[index] != reference).astype(float)
    dummies = {f"level {levels[j]}": (place == j).astype(float) for j in range(1, levels.size)}
    products = pd.DataFrame({f"group x {name}": column * arm for name, column in dummies.items()})
    own = {} if stratum is not None and _is_nested(place, as_groups(stratum, times.size, "stratum")[1]) else dummies
    main = pd.DataFrame({"group": arm} | own)
    if covariates is not None:
        main = pd.concat([main, covariates.reset_index(drop=True)], axis=1)
    if levels.size < 2:
        return _nothing(times.size, ("fewer than two levels",))
    designs = main, pd.concat([main, products], axis=1)
    fits = [fit_cox(times, event, design, ties=ties, stratum=stratum, engine="kernel") for design in designs]
    if any(fit.status != "ok" for fit in fits):
        return _nothing(times.size, (NO_ESTIMATE,))
    statistic, df = 2 * max(fits[1].log_likelihood - fits[0].log_likelihood, 0.0), products.shape[1]
    method = f"likelihood-ratio test of interaction, {fits[1].method}"
    return InteractionTest(statistic, df, float(chi2.sf(statistic, df)), times.size, method, "ok", ())


def _is_nested(level: Any, stratum: Any) -> bool:
    """Whether the stratum already says the level: its own term would carry no information."""
    return bool(pd.DataFrame({"stratum": stratum, "level": level}).groupby("stratum")["level"].nunique().max() == 1)


def _nothing(n: int, notes: tuple[str, ...]) -> InteractionTest:
    return InteractionTest(np.nan, 0, np.nan, n, "likelihood-ratio test of interaction", "not_estimable", notes)
