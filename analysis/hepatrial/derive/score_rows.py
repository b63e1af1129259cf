"""Liver scores as rows of ADLB: one row a subject, visit and score of the study file.

Inputs are the records that stand for that visit (ANL01FL), age and sex of the subject, and the upper reference
limit of the record where a formula asks for it. A subject has a row at each visit where at least one measured
input exists; a missing input gives AVAL missing with the reason, never a partial sum.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from hepatrial.derive.frames import flag, join_ids, join_texts, stack_rows
from hepatrial.derive.scores import SCORES, ScoreInput, ScoreResult, compute_score
from hepatrial.errors import DeriveError
from hepatrial.study.criteria import leaves
from hepatrial.study.models import Parameter, Score, Study
from hepatrial.units import ANALYTES, convert

VISIT_KEY = ["USUBJID", "AVISIT"]
LIMIT = "ULN"
OF_SUBJECT = {"AGE": "AGE", "SEX": "SEX"}
"""Inputs that are a column of ADSL."""

CARRIED = ["STUDYID", "ORIGDT", "ORIGTM", "DTHDT", "LTDT", "AVISITN", "AWTARGET"]


def derive_score_rows(results: pd.DataFrame, subjects: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Score rows with the columns of ``results`` (the output of ``derive_results``); BASE and CHG not yet filled.

    The date of a score is the latest date of its inputs, its time that record's; ABLFL is Y at visit BL.
    """
    standing = results[results["ANL01FL"] == "Y"]
    frames = [_derive_score(standing, subjects, study, score) for score in study.scores]
    return stack_rows([results.iloc[0:0], *frames])


def find_score(score: Score) -> str:
    """Code of the registry that a score of the study file names (case and underscores do not matter)."""
    code = score.score.upper().replace("_", "").replace("-", "")
    if code not in SCORES:
        raise DeriveError(f"scores[{score.code}].score: {score.score!r} is unknown; known are {', '.join(SCORES)}")
    return code


def check_provisional_scores(study: Study) -> None:
    """Refuse a study file in which a provisional score decides: a criterion, a population or a primary endpoint."""
    reasons = {score.code: SCORES[find_score(score)].facts.provisional for score in study.scores}
    criteria = [(f"eligibility[{item.id}]", item.criterion) for item in study.eligibility if item.criterion]
    criteria += [(f"populations[{item.code}]", step.keep) for item in study.populations for step in item.steps]
    uses = [(where, getattr(leaf, "parameter", "")) for where, criterion in criteria for leaf in leaves(criterion)]
    uses += [(f"endpoints[{item.id}]", item.variable) for item in study.endpoints if item.role == "primary"]
    for where, code in uses:
        if reasons.get(code):
            raise DeriveError(f"{where}: the score {code} is provisional ({reasons[code]}) and cannot decide this")


def _derive_score(standing: pd.DataFrame, subjects: pd.DataFrame, study: Study, score: Score) -> pd.DataFrame:
    code = find_score(score)
    inputs = list_inputs(code)
    measured = [name for item in inputs for name in list_codes(item) if isinstance(study.parameter(name), Parameter)]
    rows = standing[standing["PARAMCD"].isin(_with_limits(measured, inputs))]
    if rows.empty:
        return standing.iloc[0:0]
    visits = rows.groupby(VISIT_KEY, sort=True)
    values = _gather_values(rows, subjects, study, inputs, pd.MultiIndex.from_tuples(list(visits.groups)))
    result = compute_score(code, values, variant=score.variant)
    return _build_rows(rows, result, score)


def list_inputs(code: str) -> list[ScoreInput]:
    """Inputs of a score; where one is itself a score, that score's inputs too."""
    found: list[ScoreInput] = []
    for item in SCORES[code].inputs:
        found.append(item)
        found.extend(list_inputs(item.code) if item.code in SCORES else [])
    return found


def list_codes(item: ScoreInput) -> tuple[str, ...]:
    return (item.code, *item.alternatives)


def _with_limits(measured: list[str], inputs: list[ScoreInput]) -> set[str]:
    limits = [item.code.removesuffix(LIMIT) for item in inputs if item.code.endswith(LIMIT)]
    return {*measured, *limits}


def _gather_values(
    rows: pd.DataFrame, subjects: pd.DataFrame, study: Study, inputs: list[ScoreInput], index: pd.MultiIndex
) -> dict[str, np.ndarray]:
    """Array per input code in the input's unit; an optional input that the study does not measure is left out."""
    of_subject = subjects.set_index("USUBJID")
    who = index.get_level_values(0)
    values: dict[str, np.ndarray] = {}
    for item in inputs:
        if item.code in OF_SUBJECT:
            values[item.code] = of_subject[OF_SUBJECT[item.code]].reindex(who).to_numpy()
        elif item.code.endswith(LIMIT) and item.code.removesuffix(LIMIT) in set(rows["PARAMCD"]):
            values[item.code] = _column(rows, item.code.removesuffix(LIMIT), "ANRHI", item, study)(index)
        else:
            for name in list_codes(item):
                if isinstance(study.parameter(name), Parameter):
                    values[name] = _column(rows, name, "AVAL", item, study)(index)
    return values


def _column(
    rows: pd.DataFrame, name: str, column: str, item: ScoreInput, study: Study
) -> Callable[[pd.MultiIndex], np.ndarray]:
    unit = getattr(study.parameter(name), "unit", "")
    series = rows[rows["PARAMCD"] == name].set_index(VISIT_KEY)[column]

    def on(index: pd.MultiIndex) -> np.ndarray:
        numbers = np.asarray(series.reindex(index), dtype="float64")
        if name in ANALYTES and item.unit and unit != item.unit:
            return convert(numbers, name, unit, item.unit)
        return numbers

    return on


def _build_rows(rows: pd.DataFrame, result: ScoreResult, score: Score) -> pd.DataFrame:
    ordered = rows.sort_values([*VISIT_KEY, "ADT", "ATM", "PARAMCD"], kind="stable", na_position="first")
    groups = ordered.groupby(VISIT_KEY, sort=True)
    last = groups.tail(1).set_index(VISIT_KEY, drop=False).sort_index()
    value = pd.Series(result.value, index=last.index)
    frame = last[[*VISIT_KEY, *CARRIED, "ADT", "ATM", "ADY", "AFUDY", "IS_BEFORE", "VISIT", "AWTDIFF", "HRSSESS"]]
    frame = frame.assign(
        PARAMCD=score.code, PARAM=f"{score.label} ({score.unit})", PARCAT1="SCORE", AVALU=score.unit,
        AVAL=value, AVALC=None if result.category is None else pd.Series(result.category, index=last.index),
        ACENS="", ABOUND=np.nan, DTYPE="SCORE", ANRLO=np.nan, ANRHI=np.nan, ANRIND=None,
        REASND=pd.Series(result.reason, index=last.index).replace("", None),
        PROVFL="Y" if result.is_provisional else "N",
        BPFL=groups["BPFL"].max(), BPDESC=groups["BPDESC"].agg(join_texts),
        AFTLTFL=flag((ordered["AFTLTFL"] == "Y").groupby([ordered[name] for name in VISIT_KEY]).any()),
        SRCDOM=groups["SRCDOM"].agg(join_ids), SRCVAR=groups["SRCVAR"].agg(join_ids), SRCSEQ=np.nan,
        SRCID=groups["SRCID"].agg(join_ids),
    )  # fmt: skip
    has_value = frame["AVAL"].notna()
    frame = frame.assign(ANL01FL=flag(has_value), ABLFL=flag(has_value & (frame["AVISIT"] == "BL")))
    return frame.reset_index(drop=True)
