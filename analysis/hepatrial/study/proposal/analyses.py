"""Endpoints, analyses and outputs of a proposed study file."""

from typing import Any

from hepatrial.study.proposal.plan import Answered, Plan

Toml = dict[str, Any]
CONF_LEVEL = 0.95
FIXED_COLUMNS = ["AGE", "SEX"]
ANALYSIS_OF = {"OS": "os_km", "TFS": "tfs_km", "LT": "lt_cif"}
TITLES = {"OS": "Overall survival", "TFS": "Transplant-free survival", "LT": "Liver transplantation, death competing"}


def propose_endpoints(plan: Plan) -> list[Toml]:
    """One endpoint an outcome and variable, in the record's order; survival last where the record names none."""
    found = [endpoint for one in plan.answered for endpoint in _endpoints_of(one, plan)]
    if not any(endpoint["variable"] == "OS" for endpoint in found):
        note = "Not an outcome of the record; proposed because every trial of liver failure needs it."
        found.append(_endpoint("overall_survival", "supplementary", "Overall survival", "", "OS", (), "os_km", note))
    return _number(found)


def _endpoints_of(one: Answered, plan: Plan) -> list[Toml]:
    outcome, means = one.outcome, one.means
    note = f"Wording of the record: {outcome.measure}; time frame: {outcome.time_frame or 'none'}."
    pairs = [(code, ANALYSIS_OF[code]) for code in means.times_to_event]
    pairs += [(code, "scores_by_visit") for code in means.scores]
    pairs += [(code, "parameters_by_visit") for code in means.parameters]
    pairs += [("ADAE", "adverse_events")] if means.is_safety else []
    return [
        _endpoint(
            code.lower(), outcome.role, outcome.measure, outcome.time_frame, code,
            () if code == "ADAE" else one.days, analysis, note,
        )
        for code, analysis in pairs
    ]  # fmt: skip


def _endpoint(
    name: str, role: str, title: str, frame: str, variable: str, days: tuple[int, ...], analysis: str, note: str
) -> Toml:
    return {
        "id": name, "role": role, "title": title, "time_frame": frame, "variable": variable, "days": list(days),
        "analyses": [analysis], "confirm": True, "confirm_note": note,
    }  # fmt: skip


def _number(endpoints: list[Toml]) -> list[Toml]:
    """Ids made unique by a number where a variable answers several outcomes."""
    seen: dict[str, int] = {}
    for endpoint in endpoints:
        name = endpoint["id"]
        seen[name] = seen.get(name, 0) + 1
        endpoint["id"] = name if seen[name] == 1 else f"{name}_{seen[name]}"
    return endpoints


def propose_analyses(plan: Plan) -> list[Toml]:
    """Disposition, eligibility, baseline, each time to event, values by visit, adverse events."""
    arms = {"by_arm": True} if plan.is_parallel else {}
    visits = [code for code, _, _ in plan.visits]
    own = [code for code in plan.parameters if code not in plan.scores]
    rows = [
        _analysis("disposition", "disposition", "Disposition", "ENR"),
        _analysis("eligibility", "eligibility", "Eligibility on the data beside the investigator's answers", "ENR"),
        _analysis("baseline", "baseline", "Baseline characteristics", "FAS",
                  columns=FIXED_COLUMNS, parameters=[*own, *plan.scores], **arms),
        _analysis("exposure", "exposure", "Doses and sessions", "SAF", **arms),
        *(_time_to_event(code, plan) | arms for code in plan.times),
    ]  # fmt: skip
    for name, codes, title in (
        ("parameters_by_visit", own, "Laboratory and bedside values"),
        ("scores_by_visit", list(plan.scores), "Liver scores"),
    ):
        if codes:
            rows.append(
                _analysis(
                    name, "by visit", f"{title} by visit among patients alive on the native liver", "FAS",
                    parameters=codes, visits=visits, death_strategy="while-alive", conf_level=CONF_LEVEL, min_pairs=5,
                    **arms,
                )
            )  # fmt: skip
    return [
        *rows,
        _analysis("adverse_events", "adverse events", "Adverse events", "SAF", conf_level=CONF_LEVEL, **arms),
    ]


def _analysis(name: str, method: str, title: str, population: str, **keys: Any) -> Toml:
    return {"id": name, "method": method, "title": title, "population": population, **keys}


def _days(code: str, plan: Plan) -> list[int]:
    asked = {day for one in plan.answered if code in one.means.times_to_event for day in one.days}
    return sorted(asked) or [plan.end_day]


def _time_to_event(code: str, plan: Plan) -> Toml:
    common = {"parameter": code, "days": _days(code, plan), "conf_level": CONF_LEVEL}
    proposed = {"confirm": True, "confirm_note": "The record names no method of analysis; proposed for its size."}
    if code == "LT":
        keys = common | {"conf_type": "small-sample" if plan.is_small else "log-log"} | proposed
        compare = {"comparison": "gray"} if plan.is_parallel else {}
        return _analysis(ANALYSIS_OF[code], "cumulative incidence", TITLES[code], "FAS", **keys, **compare)
    keys = common | {"conf_type": "beta-product" if plan.is_small else "log-log", "quantiles": [0.5]} | proposed
    comparison: Toml = (
        {"comparison": {"test": "log-rank", "hazard_ratio": True, "ties": "efron"}} if plan.is_parallel else {}
    )
    return _analysis(ANALYSIS_OF[code], "survival", TITLES[code], "FAS", **keys, **comparison)


def propose_outputs(plan: Plan) -> list[Toml]:
    """The numbered tables, figures and listings (ICH E3, section 14 and 16.2)."""
    rows = [
        _output("14.1.1", "table", "disposition", "Disposition of patients", ["disposition"], "ENR"),
        _output("14.1.2", "table", "eligibility", "Eligibility", ["eligibility"], "ENR"),
        _output("14.1.3", "table", "baseline", "Baseline characteristics", ["baseline"], "FAS"),
        _output("14.1.4", "table", "exposure", "Doses and sessions", ["exposure"], "SAF"),
        _output("14.1.5", "figure", "consort", "Flow of patients", ["disposition"], "ENR"),
    ]
    for place, code in enumerate(plan.times, start=1):
        table, figure = ("incidence", "cumulative_incidence") if code == "LT" else ("survival", "kaplan_meier")
        analyses = [ANALYSIS_OF[code]]
        rows.append(_output(f"14.2.{place}.1", "table", table, TITLES[code], analyses, "FAS"))
        rows.append(_output(f"14.2.{place}.2", "figure", figure, TITLES[code], analyses, "FAS"))
    place = len(plan.times) + 1
    if [code for code in plan.parameters if code not in plan.scores]:
        rows.append(_output(f"14.2.{place}.1", "table", "by_visit", "Values by visit", ["parameters_by_visit"], "FAS"))
    if plan.scores:
        rows.append(_output(f"14.2.{place}.2", "table", "by_visit", "Scores by visit", ["scores_by_visit"], "FAS"))
    return [*rows, *_safety_outputs(plan)]


def _safety_outputs(plan: Plan) -> list[Toml]:
    events = ["adverse_events"]
    checked = [ANALYSIS_OF[code] for code in plan.times]
    listings = (("1", "list_subjects", "Patients"), ("2", "list_deviations", "Protocol deviations"),
                ("5", "list_exposure", "Doses and sessions"), ("6", "list_time_to_event", "Time to event"),
                ("7", "list_adverse_events", "Adverse events"), ("8", "list_laboratory", "Values"))  # fmt: skip
    return [
        _output("14.3.1.1", "table", "ae_overview", "Adverse events: overview", events, "SAF"),
        _output("14.3.1.2", "table", "ae_terms", "Adverse events by class and preferred term", events, "SAF"),
        _output("14.3.1.3", "table", "ae_grades", "Adverse events by grade", events, "SAF"),
        _output("16.1.9", "table", "quality_control", "Numbers computed a second way", checked, ""),
        *(_output(f"16.2.{number}", "listing", name, title, [], "ENR") for number, name, title in listings),
    ]


def _output(number: str, kind: str, template: str, title: str, analyses: list[str], population: str) -> Toml:
    keys: Toml = {"number": number, "kind": kind, "template": template, "title": title}
    return keys | ({"analyses": analyses} if analyses else {}) | ({"population": population} if population else {})
