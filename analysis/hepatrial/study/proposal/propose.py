"""A registry record as a study file: what it says is taken over, everything else is proposed and marked to confirm."""

import re
from collections.abc import Iterable
from typing import Any

import tomli_w

from hepatrial.study.masking import describe_masked
from hepatrial.study.proposal.analyses import propose_analyses, propose_endpoints, propose_outputs
from hepatrial.study.proposal.plan import Plan, make_plan
from hepatrial.study.proposal.recognise import SCORE_WORDS
from hepatrial.study.proposal.record import RegistryRecord
from hepatrial.units import ANALYTES

Toml = dict[str, Any]
DEFAULT_N = 10
_PLAIN_LIST = re.compile(r"(?<= = )\[\n(?: +[\w.\"-]+,\n)+\]")
"""A list of numbers or one-word texts, an item a line, as the writer lays it out."""
CLINICAL = {"HEGRADE": ("0", "1", "2", "3", "4"), "ASCITES": ("0", "1", "2", "3"), "MAP": ()}
LINEAR = {"PTA", "SODIUM", "ALB", "HGB", "PH", "HEGRADE", "ASCITES", "MAP", "TEMP", "SYSBP", "DIABP", "PULSE"}


def propose_study(record: RegistryRecord) -> Toml:
    """A study definition, ready to be written as TOML, that passes every check of a study file.

    Parameters
    ----------
    record : RegistryRecord
        From :func:`read_registry_record`, or :func:`blank_record`.

    Returns
    -------
    dict
        Keys of study.toml. Guesses carry ``confirm = true`` and say in ``confirm_note`` what the record says.
    """
    plan = make_plan(record)
    return {
        "schema_version": 1,
        "findings_limit": "error",
        "seed": 20250101,
        "identity": _identity(record),
        "design": _design(record, plan),
        "time": _time(plan),
        "visit_rule": {
            "choose": "nearest", "tie": "earlier", "same_day": "first", "baseline": "last before origin",
        },
        "visits": _visits(plan),
        "parameters": [_parameter(code) for code in plan.parameters],
        "scores": [_score(code) for code in plan.scores],
        "times_to_event": _times_to_event(plan),
        "populations": _populations(plan),
        "eligibility": _eligibility(record),
        "endpoints": propose_endpoints(plan),
        "analyses": propose_analyses(plan),
        "safety": _proposed(
            "The record names no grading. Proposed: CTCAE v5.0, and one day after the last treatment.",
            on_therapy_lag_days=1, grading="CTCAE v5.0",
        ),
        "outputs": propose_outputs(plan),
    }  # fmt: skip


def format_proposal(record: RegistryRecord) -> str:
    """The proposed study file as text, with what the record holds and this file does not at its head."""
    plan = make_plan(record)
    head = [
        f"# Proposed from the registry record {record.nct_id}." if record.nct_id else "# A study file to fill in.",
        "# `confirm = true` marks every guess: set it right, then take the mark away.",
        "# docs/study-file.md explains each key.",
    ]
    if plan.unrecognised:
        head += [
            "# Outcomes of the record that no analysis below answers:",
            *(f"#   {text}" for text in plan.unrecognised),
        ]
    return "\n".join(head) + "\n" + write_toml(propose_study(record))


def write_toml(content: Toml) -> str:
    """TOML text with short lists on one line."""
    text = tomli_w.dumps(content)
    return _PLAIN_LIST.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(", ]", "]"), text)


def _proposed(note: str, **keys: Any) -> Toml:
    return {**keys, "confirm": True, "confirm_note": note}


def _identity(record: RegistryRecord) -> Toml:
    version = f", version of {record.version}" if record.version else ""
    source = f"ClinicalTrials.gov record {record.nct_id}{version}" if record.nct_id else "to be filled in"
    return {
        "study_id": record.nct_id or "MYSTUDY",
        "registry_id": record.nct_id,
        "title": record.title or "Title of the study",
        "phase": record.phase,
        "status": record.status,
        "sponsor": record.sponsor,
        "source": source,
    }


def _design(record: RegistryRecord, plan: Plan) -> Toml:
    arms = [
        {"code": arm.code, "label": arm.label} | ({"description": arm.description} if arm.description else {})
        for arm in plan.arms
    ]
    notes = [f"Arm codes are proposed: {', '.join(arm.code for arm in plan.arms)}; write those of your data."]
    design: Toml = {
        "kind": record.kind, "masking": record.masking, "planned_n": record.planned_n or DEFAULT_N,
    } | ({"masked": list(record.masked)} if record.masked else {})  # fmt: skip
    if record.planned_n is None:
        notes.append(f"The record gives no number of patients; {DEFAULT_N} stands in.")
    if record.kind == "parallel":
        design |= {"allocation": ":".join("1" for _ in arms), "reference_arm": plan.reference_arm}
        notes.append("The record gives no allocation ratio; equal arms and the reference arm are proposed.")
    if record.masking == "observer":
        notes.append(
            f"The record masks {describe_masked(record.masked)}: reports stay blind until it is unblinded, unless "
            "blinding.arms_known = true says that whoever reads them knows the arms."
        )
    notes += [f"Outcome of the record that no analysis answers: {text}" for text in plan.unrecognised]
    return design | _proposed(" ".join(notes), arms=arms)


def _time(plan: Plan) -> Toml:
    return _proposed(
        "Proposed: day 0, the last day of follow-up (the latest of the outcomes) and the tolerance.",
        origin=plan.origin, study_end_day=plan.end_day, status_tolerance_days=3,
    )  # fmt: skip


def _visits(plan: Plan) -> list[Toml]:
    return [
        _proposed(
            "The record names no windows; days between two visits belong to the nearer." if day else
            "The record names no baseline visit; proposed: the week up to day 0.",
            code=code, label=f"Day {day}" if day else "Baseline", day=day, window=list(window), labels=[code],
        )
        for code, day, window in plan.visits
    ]  # fmt: skip


def _parameter(code: str) -> Toml:
    analyte = ANALYTES[code]
    codes = CLINICAL.get(code, ())
    return _proposed(
        "Unit and scale are proposed; results in other units are converted. Name the limits of quantification.",
        code=code, label=analyte.label, group="CLINICAL" if code in CLINICAL else "LABORATORY", unit=analyte.si_unit,
        decimals=0 if codes or code == "MAP" else 2, scale="linear" if code in LINEAR else "log",
        **({"codes": list(codes)} if codes else {}),
    )  # fmt: skip


def _score(code: str) -> Toml:
    words = next(words for words in SCORE_WORDS if words.code == code)
    return _proposed(
        "Version and variant of the score are proposed.",
        code=code, label=words.label, score=code, decimals=words.decimals,
    )  # fmt: skip


_TIMES = {
    "OS": ("Overall survival", ["death"], [], "Deaths after transplantation count (treatment policy)."),
    "TFS": (
        "Transplant-free survival",
        ["death", "transplant"],
        [],
        "Death or transplantation, the first (composite).",
    ),
    "LT": ("Liver transplantation", ["transplant"], ["death"], "Death before transplantation competes."),
}


def _times_to_event(plan: Plan) -> list[Toml]:
    return [
        {"code": code, "label": label, "events": events}
        | ({"competing": competing} if competing else {})
        | {"censor_at_day": plan.end_day, "note": note}
        for code, (label, events, competing, note) in _TIMES.items()
        if code in plan.times
    ]


def _populations(plan: Plan) -> list[Toml]:
    enrolled = {"reason": "not enrolled", "keep": {"predicate": "enrolled"}}
    treated = {"reason": "not treated", "keep": {"predicate": "treated"}}
    randomised = {"reason": "not randomised", "keep": {"predicate": "randomised"}}
    full = [enrolled, randomised if plan.is_parallel else treated]
    note = "The record defines no analysis sets; these are proposed."
    return [
        {"code": "ENR", "label": "Enrolled", "flag": "ENRLFL", "steps": [enrolled]},
        _proposed(note, code="FAS", label="Full analysis set", flag="FASFL", steps=full),
        _proposed(note, code="SAF", label="Safety set", flag="SAFFL", steps=[treated]),
    ]


def _eligibility(record: RegistryRecord) -> list[Toml]:
    items = _criteria("I", "inclusion", record.inclusion) + _criteria("E", "exclusion", record.exclusion)
    limits = [(">=", record.minimum_age), ("<=", record.maximum_age)]
    tests = [{"column": "age", "op": op, "value": age} for op, age in limits if age is not None]
    if tests:
        words = [f"{'at least' if test['op'] == '>=' else 'at most'} {test['value']} years" for test in tests]
        items.insert(0, {
            "id": "AGE", "kind": "inclusion", "text": f"Age {' and '.join(words)}", "criterion": {"all": tests},
        })  # fmt: skip
    return items


def _criteria(letter: str, kind: str, texts: Iterable[str]) -> list[Toml]:
    note = "As the investigator ticked it; add a criterion where the data can tell."
    return [
        _proposed(note, id=f"{letter}{place:02d}", kind=kind, text=text) for place, text in enumerate(texts, start=1)
    ]
