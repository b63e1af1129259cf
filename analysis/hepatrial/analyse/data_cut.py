"""The data cut of an interim report: how old each patient's status is, and time to event by the other rule."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hepatrial.analyse.incidence import analyse_incidence
from hepatrial.analyse.rows import Group, Plan, Rows, find_groups, make_n_row, make_row
from hepatrial.analyse.second_stage import name_arms
from hepatrial.analyse.survival import analyse_survival
from hepatrial.contracts import AnalysisData
from hepatrial.results import Where, select_rows
from hepatrial.study import Study, see_stage

TIMES: dict[str, Callable[[Plan, Group], Rows]] = {
    "survival": analyse_survival,
    "cumulative incidence": analyse_incidence,
}
OTHER_RULE = "_other_rule"
"""What the sensitivity analysis adds to the id of the planned one."""


@dataclass(frozen=True)
class BoardAnalysis:
    """An analysis that an interim report makes by itself: the id of its rows, among everybody in the data."""

    id: str
    population: str = ""


def analyse_data_cut(study: Study, data: AnalysisData) -> Rows:
    """Known status at the cut, and every planned time-to-event analysis by the other rule of the cut."""
    yield from _count_status(study, data)
    for planned in study.analyses:
        if planned.method in TIMES:
            yield from _repeat_by_other_rule(study, data, planned)


def find_all(data: AnalysisData) -> Group:
    """Everybody who was enrolled."""
    adsl = data.datasets["ADSL"]
    return Group("all", "All patients", adsl[adsl["ENRLFL"] == "Y"], [("ENRLFL", "in", ["Y"])])


def find_old_status(study: Study, data: AnalysisData) -> Where:
    """Conditions on ADSL: alive, and last known so more than the declared number of days before the cut."""
    assert study.data_cut is not None
    latest: date = data.as_of - timedelta(days=study.data_cut.status_days + 1)
    return [("DTHFL", "in", ["N"]), ("LSTALVDT", "<=", [latest.isoformat()])]


def _count_status(study: Study, data: AnalysisData) -> Rows:
    plan, group = Plan(study, data, BoardAnalysis("data_cut")), find_all(data)
    old = find_old_status(study, data)
    counted: dict[str, Where] = {
        "patients": [],
        "dead": [("DTHFL", "in", ["Y"])],
        "alive": [("DTHFL", "in", ["N"])],
        "alive, older status": old,
        "alive, older status, in follow-up": [*old, ("EOSSTT", "in", ["ONGOING"])],
    }
    yield make_n_row(plan, group)
    for level, where in counted.items():
        n = len(select_rows(group.subjects, where))
        keys = {"variable": "status at the cut", "level": level, "source": ("ADSL", where)}
        yield make_row(plan, group, "patients", "n", n, **keys)
    if study.data_cut is not None and study.data_cut.deaths_after_cut == "listed":
        keys = {"variable": "status at the cut", "level": "died after the cut", "source": ("ADLATE", [])}
        yield make_row(plan, group, "patients", "n", len(plan.dataset("ADLATE", group)), **keys)


def _repeat_by_other_rule(study: Study, data: AnalysisData, planned: Any) -> Rows:
    """The rows of the planned analysis without its comparison, of ADTTESEN in place of ADTTE."""
    study, data = see_stage(study, data, planned)
    times = data.datasets["ADTTESEN"]
    other = replace(data, datasets={**data.datasets, "ADTTE": times})
    analysis = planned.model_copy(update={"id": planned.id + OTHER_RULE, "comparison": None})
    plan = Plan(study, other, analysis)
    for group in find_groups(study, data, planned):
        yield make_n_row(plan, group)
        for row in name_arms(TIMES[planned.method](plan, group), planned):
            dataset, where = row["source"]
            yield row | {"source": ("ADTTESEN" if dataset == "ADTTE" else dataset, where)}
