"""The numbers of an interim report's first page: patients, outcome, safety, data, and what changed. Never by arm."""

from typing import Any

import pandas as pd

from hepatrial.analyse.data_cut import BoardAnalysis, find_all
from hepatrial.analyse.event_kinds import KINDS
from hepatrial.analyse.rows import Group, Plan, Row, Rows, make_row, make_rows
from hepatrial.contracts import RESULT_COLUMNS, SEVERITIES, AnalysisData, Findings, Results
from hepatrial.results import PreviousReport, Where, compare_results, select_rows
from hepatrial.study import Study

MINUTES, PREVIOUS = "minutes", "previous"
EVENTS = ("any", "related", "serious", "serious and related", "grade 3 or more", "fatal")
STATES: dict[str, Where] = {
    "enrolled": [],
    "treated": [("TRTSDT", "not missing", [])],
    "in follow-up": [("ORIGDT", "not missing", []), ("EOSSTT", "in", ["ONGOING"])],
    "died": [("DTHFL", "in", ["Y"])],
    "transplanted": [("LTFL", "in", ["Y"])],
}
VERDICTS = ("stopping rule", "sequential decision")
CHANGES = ("changed", "added", "gone")


def analyse_minutes(study: Study, data: AnalysisData, findings: Findings | None) -> Rows:
    """Counts of patients, deaths, transplants and treatment-emergent events, and of the findings still open."""
    plan, group = Plan(study, data, BoardAnalysis(MINUTES)), find_all(data)
    screened = data.ledger.frame[data.ledger.frame["population"] == "SCREENED"]
    if len(screened):
        yield make_row(plan, group, "patients", "n", len(screened), variable="screened")
    has_treatments = bool(group.subjects["TRTSDT"].notna().any())  # else its 0 would be an invention
    for variable, where in STATES.items():
        if variable == "treated" and not has_treatments:
            continue
        n = len(select_rows(group.subjects, where))
        yield make_row(plan, group, "patients", "n", n, variable=variable, source=("ADSL", where))
    if has_treatments:
        yield from _count_events(plan, group)
    if findings is not None:
        open_ones = findings.at_or_above(SEVERITIES[0])["severity"].value_counts()
        for severity in SEVERITIES:
            yield make_row(plan, group, "findings", "n", int(open_ones.get(severity, 0)), variable=severity)


def _count_events(plan: Plan, group: Group) -> Rows:
    emergent: Where = [("TRTEMFL", "in", ["Y"])]
    for variable in EVENTS:
        where = [*emergent, *KINDS[variable]]
        events = select_rows(plan.dataset("ADAE", group), where)
        stats = {"n": events["USUBJID"].nunique(), "n_events": len(events)}
        yield from make_rows(plan, group, "adverse events", stats, variable=variable, source=("ADAE", where))


def analyse_changes(study: Study, data: AnalysisData, results: Results, previous: PreviousReport) -> Rows:
    """How many results differ from the previous report, and that report's own numbers of the first page.

    A number of the previous report has ``by_variable`` "previous", its own analysis_id is the ``by_level``.
    """
    plan, group = Plan(study, data, BoardAnalysis(MINUTES)), find_all(data)
    changes = compare_results(*(_without_minutes(each) for each in (previous.results, results)))[
        "change"
    ].value_counts()
    for change in CHANGES:
        yield make_row(plan, group, "changes", "n", int(changes.get(change, 0)), variable=change)
    shown = _shown_in_minutes(study, previous.results.frame)
    for row in shown.to_dict("records"):
        yield _copy(row, f"report of {previous.as_of}")


def _without_minutes(results: Results) -> Results:
    return Results(results.frame[results.frame["analysis_id"] != MINUTES], results.sources)


def _shown_in_minutes(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first page: its own, the status at the cut, the primary endpoints, the verdicts."""
    primary = [item.id for item in study.endpoints if item.role == "primary"]
    estimates = frame["endpoint"].isin(primary) & frame["stat"].isin(["estimate", "conf_low", "conf_high"])
    keep = frame["analysis_id"].isin([MINUTES, "data_cut"]) | estimates | frame["measure"].isin(VERDICTS)
    is_copy = (frame["by_variable"] == PREVIOUS) | frame["measure"].isin(["changes", "quality control"])
    return frame[keep & ~is_copy & (frame["variable"] != "path") & ~frame["level"].str.startswith("curve")]


def _copy(row: dict[Any, Any], method: str) -> Row:
    kept = {name: row[name] for name in RESULT_COLUMNS if name not in ("result_id", "source_id")}
    own = {"analysis_id": MINUTES, "by_variable": PREVIOUS, "by_level": row["analysis_id"], "endpoint": ""}
    return kept | own | {"method": method}
