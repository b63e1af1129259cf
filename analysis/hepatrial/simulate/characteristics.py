"""From the numbers of many replicates to bias, coverage, power and size, each with its Monte Carlo error."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.simulate.allocation import find_ratio
from hepatrial.simulate.model_truth import Truths
from hepatrial.simulate.times import find_curve
from hepatrial.study import Study

ALPHA = 0.05
KEYS = ["analysis_id", "measure", "variable", "visit", "group", "comparator", "time_days"]


def summarise_operating(
    rows: pd.DataFrame, truth: pd.DataFrame, simulated: Truths, study: Study, drift_shift: Mapping[str, float]
) -> pd.DataFrame:
    """Operating characteristics of each number.

    Parameters
    ----------
    rows : DataFrame
        replicate, analysis_id, measure, variable, visit, group, comparator, time_days, estimate, conf_low, conf_high,
        p_value, status.
    truth : DataFrame
        Of ``compute_truth``.
    simulated : dict
        Of ``estimate_truths``.

    Returns
    -------
    DataFrame
        A row a number: replicates, ``estimable`` (share), ``truth`` with ``truth_error`` (0: no simulation in it),
        ``mean``, ``bias`` with ``bias_error``, ``coverage`` with ``coverage_error``, ``width`` (mean), and ``rejected``
        (share of two-sided p at most 0.05, of all replicates) with ``rejected_error``. An error is one Monte Carlo
        standard error. The truth of a hazard ratio is 1 where the arms are alike, and none otherwise: the simulated
        hazards are not proportional.
    """
    found = []
    for values, part in rows.groupby(KEYS, sort=True, dropna=False):
        key = dict(zip(KEYS, values, strict=True))
        true = _find_truth(key, truth, simulated, study, drift_shift)
        found.append(key | _describe(part, *true))
    return pd.DataFrame(found, columns=None if found else KEYS)


def _find_truth(
    key: dict[str, Any], truth: pd.DataFrame, simulated: Truths, study: Study, drift_shift: Mapping[str, float]
) -> tuple[float, float]:
    """True value and its error; NaN for a test, which has none."""
    if study.analysis(key["analysis_id"]).method == "survival":
        return _true_value(key, truth, study, drift_shift), 0.0
    names = (key["analysis_id"], key["measure"], key["variable"], key["visit"], key["group"])
    return simulated.get(names, (np.nan, np.nan))


def _describe(part: pd.DataFrame, true: float, true_error: float) -> dict[str, float]:
    is_known = part["estimate"].notna()
    estimate = part.loc[is_known, "estimate"]
    has_limits = part["conf_low"].notna() & part["conf_high"].notna()
    limits = part[has_limits]
    covers = (limits["conf_low"] <= true) & (limits["conf_high"] >= true)
    coverage = float(covers.mean()) if len(limits) and np.isfinite(true) else np.nan
    tested = part["p_value"].notna().any()
    rejected = float((part["p_value"] <= ALPHA).mean()) if tested else np.nan
    n, known = len(part), max(len(estimate), 1)
    return {
        "replicates": n,
        "estimable": float((is_known | part["p_value"].notna()).mean()),
        "truth": true,
        "truth_error": true_error if np.isfinite(true) else np.nan,
        "mean": float(estimate.mean()) if len(estimate) else np.nan,
        "bias": float(estimate.mean() - true) if len(estimate) else np.nan,
        "bias_error": float(estimate.std(ddof=1) / np.sqrt(known)) if len(estimate) > 1 else np.nan,
        "coverage": coverage,
        "coverage_error": _error(coverage, len(limits)),
        "width": float((limits["conf_high"] - limits["conf_low"]).mean()) if len(limits) else np.nan,
        "rejected": rejected,
        "rejected_error": _error(rejected, n),
    }


def _error(share: float, n: int) -> float:
    """Standard error of a share."""
    return float(np.sqrt(share * (1 - share) / n)) if n else np.nan


def _true_value(key: dict[str, Any], truth: pd.DataFrame, study: Study, drift_shift: Mapping[str, float]) -> float:
    analysis: Any = study.analysis(key["analysis_id"])
    curve = find_curve(study.time_to_event(analysis.parameter))
    if key["measure"] == "hazard ratio":
        shifts = {drift_shift.get(arm.code, 0.0) for arm in study.design.arms}
        return 1.0 if len(shifts) == 1 else np.nan
    arms = [key["group"], key["comparator"]]
    if key["measure"] == "survival":
        return _mean_of(truth, study, curve, key["group"], key["time_days"])
    if key["measure"] == "survival difference":
        one, other = (_mean_of(truth, study, curve, arm, key["time_days"]) for arm in arms)
        return one - other
    if key["measure"].startswith("restricted mean"):
        one, other = (_restricted_mean(truth, curve, arm, key["time_days"]) for arm in arms)
        return one - other if key["measure"].endswith("difference") else one / other
    return np.nan


def _mean_of(truth: pd.DataFrame, study: Study, curve: str, group: str, day: float) -> float:
    """The true probability of an arm at a day; of everybody, over arms as they are allocated."""
    at = truth[truth["day"] == day].set_index("arm")[curve]
    if group != "all":
        return float(at[group])
    return float(np.average([at[arm.code] for arm in study.design.arms], weights=find_ratio(study)))


def _restricted_mean(truth: pd.DataFrame, curve: str, arm: str, day: float) -> float:
    """Area under a curve that drops on whole days: 1 up to day 1, then its value of the day before."""
    own = truth[(truth["arm"] == arm) & (truth["day"] < day)][curve]
    return float(1 + own.sum())
