"""Tables of the stopping rules at a data cut: verdicts, boundary with the trial's path, exact characteristics."""

from collections.abc import Sequence
from typing import Any

from hepatrial.render.context import Context
from hepatrial.render.objects import Cell, Column, Part, Row, Table, literal
from hepatrial.render.tables.blocks import finish_table
from hepatrial.study import StoppingRule

FOLLOW_UP = "follow-up"


def rules_of(context: Context) -> tuple[StoppingRule, ...]:
    """The declared stopping rules, of the output when it names one."""
    declared = context.study.monitoring.stopping if context.study.monitoring else ()
    return tuple(rule for rule in declared if not context.output.analyses or rule.id in context.output.analyses)


def verdict_of(context: Context, rule: StoppingRule) -> Any:
    """The result row of a rule's verdict: ``level`` says it, ``message`` why."""
    return next(context.rows.select(rule.id, measure="stopping rule", variable="verdict").itertuples(index=False))


def build_no_stopping_rule(context: Context) -> Table:
    """What stands where nothing is declared: never a verdict."""
    rows = [Row("No stopping rule declared", ((),))]
    notes = ["The study file declares no rule with an acceptable probability and an error bound: no verdict is given."]
    return finish_table(context, "", (Column(()),), rows, notes)


def build_stopping_verdicts(context: Context) -> Table:
    """One line a rule: verdict, patients that count, and the events of the others apart."""
    rows, notes = [], []
    for rule in rules_of(context):
        verdict = verdict_of(context, rule)
        rows.append(Row(rule.title, (_verdict_cell(verdict), *_count_cells(context, rule))))
        notes += [f"{rule.title}: {verdict.level}. {verdict.message}."] if verdict.status == "ok" else []
        notes.append(f"{rule.title}: {describe_rule(context, rule)}")
    evaluable = Column(literal("Past the window"), _columns("Patients", "Events", "Unknown"))
    others = Column(literal("Not yet past it"), _columns("Patients", "Events"))
    columns = (Column(literal("Verdict"), align="text"), evaluable, others)
    return finish_table(context, "Rule", columns, rows, notes)


def _columns(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(literal(heading)) for heading in headings)


def _verdict_cell(verdict: Any) -> Cell:
    return (Part(verdict.level.capitalize(), result_id=verdict.result_id),)


def _count_cells(context: Context, rule: StoppingRule) -> Sequence[Cell]:
    keys = {"analysis_id": rule.id, "measure": "stopping rule"}
    if rule.counting == FOLLOW_UP:  # everybody counts from the first day on
        stats = [("n", "entered"), ("n_events", "entered")]
        return [*((context.rows.part("count", stat=stat, variable=name, **keys),) for stat, name in stats), (), (), ()]
    stats = [("n", "evaluable"), ("n_events", "evaluable"), ("n_unknown", "evaluable"),
             ("n", "not yet evaluable"), ("n_events", "not yet evaluable")]  # fmt: skip
    return [(context.rows.part("count", stat=stat, variable=name, **keys),) for stat, name in stats]


def describe_rule(context: Context, rule: StoppingRule) -> str:
    """The rule in words."""
    looks = "after each patient" if rule.looks == "continuous" else f"at {', '.join(map(str, rule.looks))} patients"
    against = f"total follow-up of {rule.n_max} patients" if rule.counting == FOLLOW_UP else looks
    shapes = {"pocock": "Pocock-type boundary (Ivanova 2005)", "obrien-fleming": "O'Brien–Fleming-type boundary"}
    prior = f", Beta({rule.prior[0]:g}, {rule.prior[1]:g}) prior" if rule.prior else ""
    shape = shapes.get(rule.rule, f"posterior probability of exceeding p0{prior}")
    return (
        f"{_event(rule)} within {rule.window_days} days of {context.origin}; {shape}, {against}; acceptable "
        f"probability {rule.p0:g}, probability of stopping under it at most {rule.alpha:g}; {rule.n_max} patients at "
        f"most. Transplant in the window: {rule.transplant}."
    )


def _event(rule: StoppingRule) -> str:
    if rule.toxicity is None:
        return "Death" + (" or transplant" if rule.transplant == "event" else "")
    wanted = rule.toxicity
    related = {"any": "related", None: ""}.get(wanted.related, f"related to {wanted.related}")
    grade = f"of grade {wanted.min_grade} or more" if wanted.min_grade else ""
    special = f"of special interest ({', '.join(wanted.special_interest)})" if wanted.special_interest else ""
    words = ("serious" if wanted.serious else "", related, "adverse event", grade, special)
    text = " ".join(word for word in words if word)
    return f"{text[:1].upper()}{text[1:]} (death without one: {wanted.death})"


def build_stopping_boundary(context: Context) -> Table:
    """Each look with the events that stop the trial, and the events so far among the first n patients."""
    rule = rules_of(context)[0]
    keys = {"analysis_id": rule.id, "variable": "boundary", "measure": "stopping boundary"}
    path = keys | {"measure": "stopping rule", "variable": "path"}
    found = context.rows.select(rule.id, measure="stopping boundary", variable="boundary")
    levels = sorted(dict.fromkeys(found["level"]), key=int)
    if rule.counting == FOLLOW_UP:
        rows = [Row(level, tuple((context.rows.part("fixed0", stat="exposure", level=level, **own),)
                                 for own in (keys, path))) for level in levels]  # fmt: skip
        columns = _columns("Stops when it comes by (patient-days)", "Came at (patient-days)")
        return finish_table(context, "Event", columns, rows)
    rows = []
    for level in levels:
        stop_at = context.rows.part("count", stat="stop_at", level=level, **keys)
        can_stop = isinstance(stop_at.value, float) and stop_at.value <= int(level)
        events, unknown = (
            context.rows.part("count", stat=stat, level=level, **path) for stat in ("n_events", "n_unknown")
        )
        rows.append(Row(level, ((stop_at,) if can_stop else literal("never"), (events,), (unknown,))))
    notes = ["Events and unknown outcomes: among the first n patients in order of entry."]
    columns = _columns("Stops at events", "Events so far", "Unknown outcome")
    return finish_table(context, "Patients past the window", columns, rows, notes)


def build_stopping_characteristics(context: Context) -> Table:
    """How the rule behaves at true probabilities of the event."""
    rule = rules_of(context)[0]
    keys = {"analysis_id": rule.id, "measure": "operating characteristics", "variable": "true probability"}
    found = context.rows.select(rule.id, measure="operating characteristics")
    levels = sorted(dict.fromkeys(found["level"]), key=float)
    shown = [("stop_probability", "Probability of stopping (%)", "proportion1"),
             ("stop_early", "Before the last look (%)", "proportion1"),
             ("expected_n", "Expected patients", "fixed1"), ("expected_exposure", "Expected patient-days", "fixed0"),
             ("expected_events", "Expected events", "fixed2")]  # fmt: skip
    present = [item for item in shown if item[0] in set(found["stat"])]
    rows = [Row(f"{float(level):g}{' (p0)' if float(level) == rule.p0 else ''}",
                tuple((context.rows.part(spec, stat=stat, level=level, **keys),) for stat, _, spec in present))
            for level in levels]  # fmt: skip
    notes = ["Exact, by recursion over the number of events."]
    return finish_table(context, "True probability", _columns(*(label for _, label, _ in present)), rows, notes)
