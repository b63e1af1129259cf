"""Every planned analysis of a study, in the order of the study file, as one results table."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from hepatrial.analyse.adverse_event_times import analyse_event_times
from hepatrial.analyse.adverse_events import analyse_adverse_events
from hepatrial.analyse.baseline import analyse_baseline, compare_baseline
from hepatrial.analyse.board import analyse_board
from hepatrial.analyse.by_visit import analyse_by_visit
from hepatrial.analyse.censored import analyse_censored
from hepatrial.analyse.composite import analyse_composite
from hepatrial.analyse.deaths import analyse_deaths, analyse_medications
from hepatrial.analyse.gee import analyse_gee
from hepatrial.analyse.imputation import analyse_imputation
from hepatrial.analyse.incidence import analyse_incidence, compare_incidence
from hepatrial.analyse.laboratory_levels import analyse_levels
from hepatrial.analyse.laboratory_shift import analyse_shift, compare_shift
from hepatrial.analyse.liver_injury import analyse_liver_injury
from hepatrial.analyse.minutes import analyse_changes
from hepatrial.analyse.missingness import analyse_missingness
from hepatrial.analyse.mmrm import analyse_mmrm
from hepatrial.analyse.multiplicity import adjust_hypotheses
from hepatrial.analyse.ordinal import analyse_ordinal, compare_ordinal
from hepatrial.analyse.proportion import analyse_proportion
from hepatrial.analyse.rows import Group, Plan, Row, Rows, find_groups, make_n_row
from hepatrial.analyse.second_stage import name_arms
from hepatrial.analyse.states import analyse_states
from hepatrial.analyse.subjects import (
    analyse_disposition,
    analyse_eligibility,
    analyse_exposure,
    analyse_specimens,
)
from hepatrial.analyse.survival import analyse_survival
from hepatrial.analyse.survival_comparison import compare_groups
from hepatrial.analyse.tipping import compare_proportion
from hepatrial.analyse.trajectory import analyse_trajectory
from hepatrial.analyse.trajectory_summary import analyse_trajectory_summary
from hepatrial.analyse.wins import compare_by_pairs
from hepatrial.contracts import AnalysisData, Findings, Results
from hepatrial.results import PreviousReport, bind_results, make_source
from hepatrial.study import Study, see_stage

PER_GROUP: dict[str, Callable[[Plan, Group], Rows]] = {
    "disposition": analyse_disposition,
    "baseline": analyse_baseline,
    "eligibility": analyse_eligibility,
    "exposure": analyse_exposure,
    "specimens": analyse_specimens,
    "survival": analyse_survival,
    "cumulative incidence": analyse_incidence,
    "proportion": analyse_proportion,
    "states": analyse_states,
    "ordinal": analyse_ordinal,
    "by visit": analyse_by_visit,
    "adverse event times": analyse_event_times,
    "deaths": analyse_deaths,
    "medications": analyse_medications,
    "liver injury": analyse_liver_injury,
    "laboratory shift": analyse_shift,
    "laboratory levels": analyse_levels,
    "missingness": analyse_missingness,
    "trajectory summary": analyse_trajectory_summary,
}
ACROSS_GROUPS: dict[str, Callable[[Plan, list[Group]], Rows]] = {
    "adverse events": analyse_adverse_events,
    "baseline": compare_baseline,
    "laboratory shift": compare_shift,
    "survival": compare_groups,
    "cumulative incidence": compare_incidence,
    "proportion": compare_proportion,
    "ordinal": compare_ordinal,
    "wins": compare_by_pairs,
    "mixed model": analyse_trajectory,
    "mmrm": analyse_mmrm,
    "gee": analyse_gee,
    "composite": analyse_composite,
    "imputation": analyse_imputation,
    "censored model": analyse_censored,
}


def analyse_study(
    study: Study, data: AnalysisData, *, findings: Findings | None = None, previous: PreviousReport | None = None
) -> Results:
    """Run every planned analysis.

    Parameters
    ----------
    study : Study
    data : AnalysisData
        Of the same study; populations are read from the flags of ADSL.
    findings : Findings, optional
        Of the check; an interim report counts those still open.
    previous : PreviousReport, optional
        The report before this interim report.

    Returns
    -------
    Results
        All rows of docs/results.md, those of an interim report among them where the data were cut, sorted by key;
        an analysis that fails gives rows with status ``failed``.
    """
    rows: list[Row] = []
    sources: dict[str, dict[str, str]] = {}
    planned = (_run_stage(study, data, item) for item in study.analyses)
    for row in chain(*planned, analyse_board(study, data, findings), _adjust(study, data, rows)):
        if "source" in row:
            source = make_source(*row.pop("source"))
            sources[source["source_id"]] = source
            row["source_id"] = source["source_id"]
        rows.append(row)
    results = bind_results(rows, sources.values())
    if previous is None:
        return results
    return bind_results([*rows, *analyse_changes(study, data, results, previous)], sources.values())


def _adjust(study: Study, data: AnalysisData, rows: list[Row]) -> Rows:
    """The families of hypotheses, which need the p-values of every other analysis: so they come last."""
    for item in study.analyses:
        if item.method == "multiplicity":
            yield from adjust_hypotheses(Plan(study, data, item), rows)


def _run_stage(study: Study, data: AnalysisData, item: Any) -> Rows:
    seen, of_stage = see_stage(study, data, item)
    return name_arms(_run(Plan(seen, of_stage, item), find_groups(seen, of_stage, item)), item)


def _run(plan: Plan, groups: list[Group]) -> Rows:
    method = plan.analysis.method
    for group in groups:
        yield make_n_row(plan, group)
        if method in PER_GROUP:
            yield from PER_GROUP[method](plan, group)
    if method in ACROSS_GROUPS:
        yield from ACROSS_GROUPS[method](plan, groups)
