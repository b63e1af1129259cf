"""Who can be evaluated on a follow-up day, for criteria ``{ predicate = "evaluable at", parameter = "OS", day = 28 }``.

A subject is evaluable when it is known whether the time to event has happened by the day (``derive_status``: alive or
dead on it, or a competing outcome before), or died or was transplanted by it. Who never reached the origin is not.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from hepatrial.derive.status import UNKNOWN, derive_status
from hepatrial.derive.verdicts import Verdict, decide
from hepatrial.study.criteria import PredicateTest, leaves
from hepatrial.study.models import Study

EVALUABLE = "evaluable at"
Status = dict[tuple[str, int], Verdict]


def judge_evaluable(
    subjects: pd.DataFrame, adtte: pd.DataFrame, study: Study, as_of: date
) -> Mapping[str, Mapping[tuple[str, int], Verdict]]:
    """Verdicts by subject, and by time to event and day, for every such predicate of the study file."""
    found: dict[str, Status] = {}
    for code, day in sorted(_asked_for(study)):
        tolerance = study.time.status_tolerance_days
        rows = derive_status(adtte[adtte["PARAMCD"] == code], [day], tolerance_days=tolerance, as_of=as_of)
        known = {row.USUBJID: row for row in rows.itertuples(index=False)}
        for subject in subjects.itertuples(index=False):
            found.setdefault(subject.USUBJID, {})[code, day] = _judge(subject, known.get(subject.USUBJID), code, day)
    return found


def _asked_for(study: Study) -> set[tuple[str, int]]:
    criteria = [step.keep for population in study.populations for step in population.steps]
    criteria += [item.criterion for item in study.eligibility if item.criterion is not None]
    tests = [leaf for criterion in criteria for leaf in leaves(criterion)]
    wanted = [test for test in tests if isinstance(test, PredicateTest) and test.predicate == EVALUABLE]
    return {(test.parameter, int(test.day)) for test in wanted if test.day is not None}


def _judge(subject: object, row: object, code: str, day: int) -> Verdict:
    ended = _first_end(subject, day)
    record = getattr(subject, "SRCID", "").split(";")[0]
    if ended:
        return decide(True, ended, [record])
    if row is None:
        return decide(False, f"{code}: not followed from the origin", [record])
    status, cited = getattr(row, "STATUS", UNKNOWN), [getattr(row, "SRCID", record)]
    if status == UNKNOWN:
        return decide(False, f"{code} on day {day} unknown: {getattr(row, 'REASON', '')}", cited)
    return decide(True, f"{code} on day {day}: {status}", cited)


def _first_end(subject: object, day: int) -> str:
    """Death or transplantation from the origin to the day, in words."""
    origin = getattr(subject, "ORIGDT", pd.NaT)
    limit = origin + pd.Timedelta(days=day)
    ends = {"died": getattr(subject, "DTHDT", pd.NaT), "transplanted": getattr(subject, "LTDT", pd.NaT)}
    found = [f"{name} on {at.date()}" for name, at in ends.items() if origin <= at <= limit]
    return ", ".join(found)
