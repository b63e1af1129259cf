"""The whole report before any writer: every planned output in the study's order, and the facts of the title page."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from hepatrial.contracts import SEVERITIES, AnalysisData, Findings, Results
from hepatrial.errors import RenderError
from hepatrial.render import tables
from hepatrial.render.board import BOARD_TABLES, MINUTES, board_outputs
from hepatrial.render.context import Context
from hepatrial.render.drawing_process import DrawingProcess
from hepatrial.render.figure_jobs import FIGURES, collect_figures, draw_figures, send_figures
from hepatrial.render.listings import LISTINGS, build_listing
from hepatrial.render.methods import describe_methods
from hepatrial.render.objects import Cell, Figure, Listing, RenderedReport, Table
from hepatrial.render.post_hoc import describe_plan, mark_methods, mark_output
from hepatrial.render.rows import RowIndex
from hepatrial.render.to_confirm import describe_confirmations
from hepatrial.results import PreviousReport
from hepatrial.study import Endpoint, Lock, Output, Study, describe_masking, find_post_hoc, see_output

TABLES: Mapping[str, Callable[[Context], Table]] = {
    "disposition": tables.build_disposition,
    "eligibility": tables.build_eligibility,
    "baseline": tables.build_baseline,
    "exposure": tables.build_exposure,
    "specimens": tables.build_specimens,
    "states": tables.build_states,
    "survival": tables.build_survival,
    "subgroups": tables.build_subgroups,
    "survival_status": tables.build_survival_status,
    "incidence": tables.build_incidence,
    "proportion": tables.build_proportion,
    "response_tipping": tables.build_response_tipping,
    "ordinal": tables.build_ordinal,
    "wins": tables.build_wins,
    "multiplicity": tables.build_multiplicity,
    "by_visit": tables.build_by_visit,
    "mixed_model": tables.build_mixed_model,
    "slopes": tables.build_slopes,
    "mmrm": tables.build_mmrm,
    "mmrm_covariance": tables.build_mmrm_covariance,
    "influence": tables.build_influence,
    "gee": tables.build_gee,
    "composite": tables.build_composite,
    "missingness": tables.build_missingness,
    "trajectory_summary": tables.build_trajectory_summary,
    "censored_model": tables.build_censored_model,
    "imputation": tables.build_imputation,
    "ae_overview": tables.build_ae_overview,
    "ae_terms": tables.build_ae_terms,
    "ae_grades": tables.build_ae_grades,
    "ae_device": tables.build_ae_device,
    "ae_special": tables.build_ae_special,
    "ae_action": tables.build_ae_action,
    "ae_common": tables.build_ae_common,
    "ae_times": tables.build_ae_times,
    "deaths": tables.build_deaths,
    "medications": tables.build_medications,
    "liver_injury": tables.build_liver_injury,
    "lab_shift": tables.build_lab_shift,
    "lab_categories": tables.build_lab_categories,
    "lab_levels": tables.build_lab_levels,
    "quality_control": tables.build_quality_control,
}
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "table": tuple(TABLES),
    "figure": tuple(FIGURES),
    "listing": tuple(LISTINGS),
}


def render_report(
    study: Study,
    data: AnalysisData,
    results: Results,
    findings: Findings,
    decisions: pd.DataFrame | None = None,
    lock: Lock | None = None,
    unblinded: Study | None = None,
    previous: PreviousReport | None = None,
    helper: DrawingProcess | None = None,
    *,
    marking: str = "",
    notices: Sequence[str] = (),
) -> RenderedReport:
    """Every table, figure and listing of the study, in the order of its outputs.

    Parameters
    ----------
    decisions : DataFrame, optional
        Columns DECISION_COLUMNS, ``status`` and ``note``: what a person decided about the data.
    lock : Lock, optional
        The plan as it was signed; outputs of what was changed since are marked post hoc.
    unblinded : Study, optional
        The study as the lock knows it, where ``study`` is the pooled or coded one of a blinded report.
    previous : PreviousReport, optional
        The report before this interim report, for its first page.
    helper : DrawingProcess, optional
        Draws part of the figures, all of which are images then; it may have got some before (``send_record_figures``).
    marking : str
        What stands on every page, and on every figure for its own file (OPEN REPORT, CLOSED REPORT).
    notices : sequence of str
        What the title page says that the report does not show.

    Raises
    ------
    RenderError
        When an output names a template that does not exist for its kind, or its rows cannot be shown.
    """
    check_templates(study)
    rows = RowIndex(results)
    post_hoc = find_post_hoc(lock, unblinded or study) if lock else ()
    planned = (*board_outputs(study, data, rows), *study.outputs)
    made = _render_outputs([Context(*see_output(study, data, item), rows, item, marking) for item in planned], helper)
    outputs = [mark_output(item, of, post_hoc) for of, items in zip(planned, made, strict=True) for item in items]
    return RenderedReport(
        study_id=study.identity.study_id,
        title=study.identity.title,
        title_local=study.identity.title_local,
        is_simulated=data.simulated,
        dates=data.dates,
        facts=(*_facts(study, data), ("Analysis plan", describe_plan(lock, post_hoc))),
        populations=_population_counts(study, rows),
        endpoints=describe_endpoints(study),
        confirmations=describe_confirmations(study),
        findings_summary=_summarise_findings(findings),
        decisions=_describe_decisions(study, decisions),
        marking=marking,
        notices=tuple(notices),
        minutes=_minutes(study, data, rows, previous),
        outputs=tuple(outputs),
        methods=mark_methods(describe_methods(study), post_hoc),
        post_hoc=post_hoc,
    )


def _minutes(study: Study, data: AnalysisData, rows: RowIndex, previous: PreviousReport | None) -> Table | None:
    """The first page of an interim report."""
    if data.cutoff is None or study.data_cut is None:
        return None
    return tables.build_minutes(Context(study, data, rows, MINUTES), previous)


def check_templates(study: Study) -> None:
    """Raise RenderError naming every output whose template does not exist for its kind."""
    wrong = [
        f"output {item.number}: {item.template!r} is not a template of a {item.kind}; allowed are "
        f"{', '.join(TEMPLATES[item.kind])}"
        for item in study.outputs
        if item.template not in TEMPLATES[item.kind]
    ]
    if wrong:
        raise RenderError("\n".join(wrong))


def _render_outputs(contexts: list[Context], helper: DrawingProcess | None) -> list[list[Table | Listing | Figure]]:
    """What each context's output consists of; with a helper the figures are drawn while the tables are made."""
    if helper is None:
        return [_render_output(context) for context in contexts]
    places = [place for place, context in enumerate(contexts) if context.output.kind == "figure"]
    figures = [contexts[place] for place in places]
    send_figures(figures, helper)
    made = {place: _render_output(contexts[place]) for place in range(len(contexts)) if place not in places}
    made |= {place: list(found) for place, found in zip(places, collect_figures(figures, helper), strict=True)}
    return [made[place] for place in range(len(contexts))]


def _render_output(context: Context) -> list[Table | Listing | Figure]:
    template = context.output.template
    if context.output.kind == "table":
        return [{**TABLES, **BOARD_TABLES}[template](context)]
    if context.output.kind == "listing":
        return [build_listing(context)]
    return list(draw_figures(context))


def _facts(study: Study, data: AnalysisData) -> tuple[tuple[str, str], ...]:
    extract = data.extracted_on.isoformat() if data.cutoff and data.extracted_on else ""
    dates = (("Data as of", data.as_of.isoformat()), ("Extract of", extract))
    return (*describe_design(study), *((name, text) for name, text in dates if text))


def describe_design(study: Study) -> tuple[tuple[str, str], ...]:
    """What the title page says of the study itself."""
    identity, design = study.identity, study.design
    is_pooled = design.kind == "parallel" and len(design.arms) == 1  # the open report of a blinded study
    arms = "not shown" if is_pooled else "; ".join(arm.label for arm in design.arms)
    facts = (
        ("Study", identity.study_id),
        ("Registry", identity.registry_id),
        ("Phase", identity.phase),
        ("Status in the registry", identity.status),
        ("Sponsor", identity.sponsor),
        ("Design", _design(study)),
        ("Treatment" if design.kind == "single arm" else "Arms", arms),
        ("Day 0", study.time.origin),
        ("Unblinded on", study.unblinded_on.isoformat() if study.unblinded_on else ""),
    )
    return tuple((name, text) for name, text in facts if text)


def _design(study: Study) -> str:
    """Kind, allocation, masking and planned size in words."""
    design = study.design
    allocation = f"randomised {design.allocation}" if design.allocation else ""
    again = f"second randomisation on day {design.second.day}" if design.second else ""
    parts = (design.kind, allocation, again, describe_masking(design), f"planned size {design.planned_n}")
    return ", ".join(part for part in parts if part)


def _population_counts(study: Study, rows: RowIndex) -> tuple[tuple[str, Cell], ...]:
    """Size of each population: the disposition's count of it."""
    ids = [item.id for item in study.analyses if item.method == "disposition"]
    counts = []
    for population in study.populations:
        keys = {"measure": "patients", "variable": population.code, "stat": "n"}
        parts = [rows.part("count", analysis_id=name, **keys) for name in ids]
        counts += [(population.label, (part,)) for part in parts[:1] if part.result_id]
    return tuple(counts)


def describe_endpoints(study: Study) -> tuple[tuple[str, ...], ...]:
    """Role, title, time frame, where it is shown: one row an endpoint."""
    return tuple(
        (item.role.capitalize(), item.title, item.time_frame, _name_outputs(_outputs_of(study, item)))
        for item in study.endpoints
    )


def _name_outputs(outputs: list[Output]) -> str:
    """``Tables 14.2.1.1, 14.2.1.3; Figure 14.2.1.2``."""
    numbers = {kind: [item.number for item in outputs if item.kind == kind] for kind in ("table", "figure", "listing")}
    parts = [f"{kind.capitalize()}{'s' * (len(of) > 1)} {', '.join(of)}" for kind, of in numbers.items() if of]
    return "; ".join(parts) or "not in this report"


def _outputs_of(study: Study, endpoint: Endpoint) -> list[Output]:
    """Outputs that show the endpoint's analyses, of its own parameter where they name parameters."""
    return [
        item
        for item in study.outputs
        if set(item.analyses) & set(endpoint.analyses)
        and endpoint.variable in (item.parameters or (endpoint.variable,))
        and item.template not in ("quality_control", "swimmer")
    ]


def _describe_decisions(study: Study, decisions: pd.DataFrame | None) -> tuple[str, ...]:
    """One sentence a decision; one dated after unblinding says so."""
    rows = [] if decisions is None else decisions.to_dict("records")
    return tuple(_describe_decision(study, row) for row in rows)


def _describe_decision(study: Study, row: dict[Hashable, Any]) -> str:
    change = f" {row['column']} from {row['seen']!r} to {row['value']!r}" if row["action"] == "correct" else ""
    note = f" ({row['note']})" if row["note"] and row["action"] != "correct" else ""
    late = study.unblinded_on is not None and str(row["date"]) > study.unblinded_on.isoformat()
    return (
        f"{str(row['status']).capitalize()}{note}: {row['action']}{change}, {row['id']}. {row['reason']} "
        f"({row['who']}, {row['date']}{', after unblinding' if late else ''})"
    )


def _summarise_findings(findings: Findings) -> tuple[tuple[str, int, int], ...]:
    frame = findings.frame
    settled = frame["status"].isin(["accepted", "resolved"])
    return tuple(
        (severity, int((~settled & (frame["severity"] == severity)).sum()),
         int((settled & (frame["severity"] == severity)).sum()))
        for severity in reversed(SEVERITIES)
    )  # fmt: skip
