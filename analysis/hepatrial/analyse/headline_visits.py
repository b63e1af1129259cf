"""The numbers of analyses of values at visits alone: what thousands of simulated trials need of them.

The same estimators with the same options as in a report, without means, counts and the second path.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.analyse.composite import compare_ranks
from hepatrial.analyse.headline import KEYS, LIMITS, NOTHING, Number
from hepatrial.analyse.mmrm import fit_planned, prepare_rows
from hepatrial.analyse.model_rows import back_transform, to_scale
from hepatrial.analyse.proportion import MEASURES, SIDES, compare_counts, count_sides, find_counted, run_test
from hepatrial.analyse.response import RESPONSE
from hepatrial.errors import EstimateError
from hepatrial.estimate import MmrmFit, compare_means, estimate_proportion
from hepatrial.study import CompositeAnalysis, MmrmAnalysis, ProportionAnalysis, Study

BASELINE = "BL"
DIFFERENCE = "least squares mean difference"


def measure_mmrm(study: Study, analysis: MmrmAnalysis, code: str, rows: pd.DataFrame) -> Iterator[Number]:
    """Differences (ratios on the log scale) of each arm to the reference arm by visit, of one parameter.

    Parameters
    ----------
    study : Study
    analysis : MmrmAnalysis
        Compared with the reference arm; its fixed effects are TRT01P, AVISIT, BASE and STRATUM.
    code : str
        Parameter or score.
    rows : DataFrame
        A row a patient and visit with a value: USUBJID, ARM, STRATUM, AVISIT, AVAL, BASE.

    Yields
    ------
    dict
        As of :func:`measure_survival`; a model that cannot be fitted gives NaN with status failed.
    """
    is_log = getattr(study.parameter(code), "scale", "") == "log"
    rows, group = prepare_rows(analysis, _model_rows(study, analysis, rows, is_log))
    try:
        fit = fit_planned(analysis, rows, group)
        lines = _differences(study, analysis, fit) if fit.converged else []
    except EstimateError:
        lines = []
    found = {(line["level"], line.get("AVISIT", analysis.visits[0])): line for line in lines}
    others = [arm.code for arm in study.design.arms if arm.code != study.design.reference_arm]
    for arm in others:
        for visit in analysis.visits:
            if analysis.constrained_baseline and visit == BASELINE:
                continue
            line = found.get((arm, visit), {"status": "failed"})
            scaled = back_transform({name: float(line.get(name, np.nan)) for name in LIMITS}, log=is_log)
            numbers = scaled | {"p_value": float(line.get("p_value", np.nan)), "status": line["status"]}
            keys = {"measure": DIFFERENCE, "variable": code, "visit": visit}
            keys |= {"group": arm, "comparator": study.design.reference_arm}
            yield {"analysis_id": analysis.id} | KEYS | NOTHING | keys | numbers


def _model_rows(study: Study, analysis: MmrmAnalysis, rows: pd.DataFrame, is_log: bool) -> pd.DataFrame:
    """As ``model_rows`` makes them of ADLB."""
    rows = to_scale(rows) if is_log else rows
    if analysis.response == "change":
        rows = rows[rows["BASE"].notna()]
        rows = rows.assign(AVAL=rows["AVAL"] - rows["BASE"])
    first = study.design.reference_arm
    codes = [arm.code for arm in study.design.arms if (rows["ARM"] == arm.code).any()]
    arms = sorted(codes, key=lambda arm: arm != first)
    seen = [visit for visit in analysis.visits if (rows["AVISIT"] == visit).any()]
    return rows.assign(
        TRT01P=pd.Categorical(rows["ARM"], arms), AVISIT=pd.Categorical(rows["AVISIT"], seen),
        STRATUM=rows["STRATUM"].astype("category"),
    ).reset_index(drop=True)  # fmt: skip


def _differences(study: Study, analysis: MmrmAnalysis, fit: MmrmFit) -> list[dict[Any, Any]]:
    by = [name for name in ("AVISIT",) if name in fit.design.factors.columns]
    reference = study.design.reference_arm
    found = compare_means(
        fit, by, contrast="TRT01P", reference=reference, weights=analysis.margins, conf_level=analysis.conf_level
    )
    lines: list[dict[Any, Any]] = found.table.to_dict("records")
    return lines


def measure_composite(
    study: Study, analysis: CompositeAnalysis, code: str, visit: str, rows: pd.DataFrame
) -> Iterator[Number]:
    """Win probability and rank test of each arm against the reference arm at one visit.

    ``rows``: a row a patient, ARM, AVAL (NaN where missing or among the worst outcomes) and DAY, of the worst outcome
    by the visit's target day (NaN without one).
    """
    known = rows[rows["AVAL"].notna() | rows["DAY"].notna()]
    parts = {arm: part for arm, part in known.groupby("ARM")}
    reference = study.design.reference_arm
    for arm in (item.code for item in study.design.arms if item.code != reference):
        keys = {"variable": code, "visit": visit, "group": arm, "comparator": reference}
        own: Any = {"analysis_id": analysis.id} | KEYS | NOTHING | keys
        try:
            sides = [(parts[name]["AVAL"].to_numpy(float), parts[name]["DAY"].to_numpy(float))
                     for name in (arm, reference)]  # fmt: skip
            found = compare_ranks(analysis, *sides)
        except (EstimateError, KeyError):
            yield own | {"measure": "win probability", "status": "not_estimable"}
            yield own | {"measure": "rank test", "status": "not_estimable"}
            continue
        limits = {"estimate": found.win_probability, "conf_low": found.conf_low, "conf_high": found.conf_high}
        yield own | {"measure": "win probability", "status": found.status} | limits
        yield own | {"measure": "rank test", "status": found.status, "p_value": found.p_value}


def measure_proportion(study: Study, analysis: ProportionAnalysis, rows: pd.DataFrame) -> Iterator[Number]:
    """The proportion of each arm (or of all), and each arm against the reference arm, with the planned test.

    ``rows``: a row a patient, ARM, STRATUM and STATUS (``hepatrial.analyse.response``).
    """
    own: Any = {"analysis_id": analysis.id} | KEYS | NOTHING | {"variable": analysis.parameter, "visit": analysis.visit}
    rows = rows.loc[find_counted(analysis, rows["STATUS"]).index]
    rows = rows.assign(IS_RESPONSE=rows["STATUS"] == RESPONSE)
    arms = [arm.code for arm in study.design.arms]
    for name in arms if analysis.by_arm else ["all"]:
        part = rows if name == "all" else rows[rows["ARM"] == name]
        n = int(part["IS_RESPONSE"].sum())
        one = estimate_proportion(n, len(part), method=analysis.conf_type, conf_level=analysis.conf_level)
        yield own | {"measure": "proportion", "group": name, "status": one.status} | _limits(one)
    reference = study.design.reference_arm
    for name in (arm for arm in arms if analysis.comparison and arm != reference):
        pair = rows[rows["ARM"].isin([name, reference])]
        keys = {"group": name, "comparator": reference}
        yield from (own | keys | number for number in _compare_sides(analysis, pair, reference))


def _compare_sides(analysis: ProportionAnalysis, pair: pd.DataFrame, reference: str) -> Iterator[Number]:
    planned = analysis.comparison
    assert planned is not None  # the caller has seen it
    pair = pair.assign(SIDE=np.where(pair["ARM"] == reference, SIDES[1], SIDES[0]))
    pair = pair if planned.strata else pair.assign(STRATUM="")
    counts, sizes, strata = count_sides(pair, is_stratified=bool(planned.strata))
    found = compare_counts(analysis, counts, sizes, strata)
    yield {"measure": MEASURES[planned.measure], "status": found.status} | _limits(found)
    if planned.test != "none":
        tested = run_test(planned.test, counts, sizes)
        yield {"measure": "proportion test", "status": tested.status, "p_value": float(tested.p_value)}


def _limits(found: Any) -> Number:
    """Estimate and limits; an infinite one has no value."""
    values = {name: float(getattr(found, name)) for name in LIMITS}
    return {name: value if np.isfinite(value) else np.nan for name, value in values.items()}
