"""Which planned analyses replicates can do, and why not the others: another method is never run in one's place."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from hepatrial.derive.score_rows import find_score, list_codes, list_inputs
from hepatrial.errors import SimulateError
from hepatrial.simulate.scenario import Scenario
from hepatrial.simulate.times import find_curve
from hepatrial.simulate.values import has_prior
from hepatrial.simulate.visits import list_visits
from hepatrial.study import GroupSequential, Parameter, PredicateTest, Score, StoppingRule, Study

STRATUM: Final = "STRATUM"
MODEL_COLUMNS: Final = ("TRT01P", "AVISIT", "BASE", STRATUM)
EVERYBODY: Final = ("enrolled", "randomised", "treated")
"""Predicates that every patient of a replicate meets."""


def find_reason(study: Study, scenario: Scenario, analysis: Any) -> str:
    """Why replicates cannot do an analysis; empty where they can."""
    find = REASONS.get(analysis.method)
    if find is None:
        return f"replicates have no {analysis.method!r}"
    if not _is_everybody(study, analysis.population):
        return f"population {analysis.population}: replicates have populations that everybody is in"
    return find(study, scenario, analysis)


def find_monitoring_reason(study: Study, scenario: Scenario, rule: StoppingRule | GroupSequential) -> str:
    """Why replicates cannot follow a declared rule; empty where they can."""
    if isinstance(rule, GroupSequential):
        if len(study.design.arms) != 2:
            return "two arms are compared"
        reason = find_reason(study, scenario, study.analysis(rule.analysis))
        return f"{rule.analysis}: {reason}" if reason else ""
    if rule.endpoint == "toxicity":
        return "replicates have no adverse events"
    if not _is_everybody(study, rule.population):
        return f"population {rule.population}: replicates have populations that everybody is in"
    return "" if rule.window_days <= study.time.study_end_day else "the window is longer than the follow-up"


def list_rules(study: Study) -> dict[str, StoppingRule | GroupSequential]:
    """Every declared rule by its id."""
    if study.monitoring is None:
        return {}
    found: dict[str, StoppingRule | GroupSequential] = {rule.id: rule for rule in study.monitoring.stopping}
    planned = study.monitoring.group_sequential
    return found | ({planned.id: planned} if planned else {})


def _is_everybody(study: Study, code: str) -> bool:
    steps = study.population(code).steps
    return all(isinstance(step.keep, PredicateTest) and step.keep.predicate in EVERYBODY for step in steps)


def _survival(study: Study, scenario: Scenario, analysis: Any) -> str:
    if analysis.second_randomisation:
        return _cannot(["the second randomisation"])
    try:
        find_curve(study.time_to_event(analysis.parameter))
    except SimulateError as error:
        return str(error)
    planned = analysis.comparison
    if planned is None:
        return ""
    wrong = {"p_value = 'permutation'": planned.p_value == "permutation", "covariates": bool(planned.covariates),
             f"strata = {planned.strata!r}": planned.strata not in ("", STRATUM)}  # fmt: skip
    return _cannot([what for what, is_there in wrong.items() if is_there])


def _mmrm(study: Study, scenario: Scenario, analysis: Any) -> str:
    if analysis.comparison is None or len(study.design.arms) < 2:
        return "no comparison of arms is planned"
    if analysis.comparison == "all pairs" and len(study.design.arms) > 2:
        return "replicates compare arms with the reference arm only, not all pairs"
    named = {name for term in analysis.fixed for name in ([term] if isinstance(term, str) else term)}
    named |= {analysis.covariance_group} - {""}
    if STRATUM in named and not scenario.stratum:
        return "the scenario has no strata"
    wrong = [f"the column {name}" for name in sorted(named - {*MODEL_COLUMNS})]
    return _cannot(wrong) or _at_visits(study, analysis.parameters, analysis.visits)


def _composite(study: Study, scenario: Scenario, analysis: Any) -> str:
    return _at_visits(study, analysis.parameters, analysis.visits)


def _proportion(study: Study, scenario: Scenario, analysis: Any) -> str:
    planned = analysis.comparison
    wrong = {
        "missing = 'multiple imputation'": analysis.missing == "multiple imputation",
        "samples = 'undisturbed' (they have no sessions and blood products)": analysis.samples == "undisturbed",
    }
    if any(wrong.values()):
        return _cannot([what for what, is_there in wrong.items() if is_there])
    if planned is not None and planned.strata not in ("", STRATUM):
        return _cannot([f"strata = {planned.strata!r}"])
    if planned is not None and planned.strata and not scenario.stratum:
        return "the scenario has no strata"
    return _at_visits(study, (analysis.parameter,), (analysis.visit,))


def _at_visits(study: Study, parameters: tuple[str, ...], visits: tuple[str, ...]) -> str:
    """Whether values of the parameters at the visits can be drawn as the export would have them."""
    rule = study.visit_rule
    wrong = [] if rule.choose == "nearest" else [f"visit_rule.choose = {rule.choose!r}"]
    wrong += [] if rule.baseline == "last before origin" else [f"visit_rule.baseline = {rule.baseline!r}"]
    drawn = {visit.code for visit in list_visits(study)}
    wrong += [f"the visit {visit}" for visit in (*visits, "BL") if visit not in drawn]
    wrong += [f"the parameter {code}" for code in parameters if not _can_draw(study, code)]
    return _cannot(wrong)


def _can_draw(study: Study, code: str) -> bool:
    item = study.parameter(code)
    if not isinstance(item, Score):
        return has_prior(code)
    inputs = list_inputs(find_score(item))
    measured = [name for one in inputs for name in list_codes(one) if isinstance(study.parameter(name), Parameter)]
    return all(has_prior(name) for name in measured) and not any(one.code.endswith("ULN") for one in inputs)


def _cannot(wrong: list[str]) -> str:
    return f"replicates cannot do {', '.join(wrong)}" if wrong else ""


REASONS: Final[Mapping[str, Callable[[Study, Scenario, Any], str]]] = MappingProxyType(
    {"survival": _survival, "mmrm": _mmrm, "composite": _composite, "proportion": _proportion}
)
"""By method; the others are not simulated."""
