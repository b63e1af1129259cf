"""A study record of ClinicalTrials.gov (data API version 2, one study as JSON), reduced to what a study file needs."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hepatrial.errors import StudyError

KINDS = {"SINGLE_GROUP": "single arm", "PARALLEL": "parallel"}
MASKED = {
    "PARTICIPANT": "participants",
    "CARE_PROVIDER": "care providers",
    "INVESTIGATOR": "investigators",
    "OUTCOMES_ASSESSOR": "outcome assessors",
}
"""The registry's words for who is masked, and ours."""


@dataclass(frozen=True)
class RecordArm:
    """One arm group of the record; ``kind`` is EXPERIMENTAL, PLACEBO_COMPARATOR and so on, or ''."""

    label: str
    kind: str
    description: str


@dataclass(frozen=True)
class Outcome:
    """One outcome measure; ``role`` is primary, secondary or exploratory."""

    role: str
    measure: str
    time_frame: str


@dataclass(frozen=True)
class RegistryRecord:
    """What a public record says; empty texts and tuples where it is silent, ``planned_n`` None likewise."""

    nct_id: str
    title: str
    sponsor: str
    phase: str
    status: str
    version: str
    kind: str
    masking: str
    masked: tuple[str, ...]
    planned_n: int | None
    arms: tuple[RecordArm, ...]
    outcomes: tuple[Outcome, ...]
    inclusion: tuple[str, ...]
    exclusion: tuple[str, ...]
    minimum_age: int | None
    maximum_age: int | None

    @property
    def is_blank(self) -> bool:
        return not self.nct_id


def blank_record() -> RegistryRecord:
    """The record of a study that is in no registry: one arm, nothing said."""
    return RegistryRecord("", "", "", "", "", "", "single arm", "open", (), None, (), (), (), (), None, None)


def read_registry_record(path: Path) -> RegistryRecord:
    """Read one study as the registry's data API gives it (``/api/v2/studies/NCT…``).

    Raises
    ------
    StudyError
        When the file is no such record, or its design is neither single arm nor parallel.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        missing = "there is no such file; save the record of the registry as JSON (docs/new-study.md)"
        why = missing if isinstance(error, FileNotFoundError) else f"cannot be read as JSON in UTF-8 ({error})"
        raise StudyError(f"{path}: {why}") from error
    while isinstance(raw, dict) and "protocolSection" not in raw and "study" in raw:
        raw = raw["study"]
    if not isinstance(raw, dict) or not isinstance(raw.get("protocolSection"), dict):
        raise StudyError(
            f"{path}: has no protocolSection; save one study of ClinicalTrials.gov as JSON (data API version 2)"
        )
    return _reduce(_Section(raw["protocolSection"]), path)


class _Section:
    """Text and lists of a nested mapping by a dotted path; a missing or ill-typed part reads as empty."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def get(self, path: str) -> Any:
        here: Any = self.raw
        for part in path.split("."):
            here = here.get(part) if isinstance(here, Mapping) else None
        return here

    def text(self, path: str) -> str:
        found = self.get(path)
        return " ".join(str(found).split()) if isinstance(found, str | int | float) else ""

    def items(self, path: str) -> list["_Section"]:
        found = self.get(path)
        return [_Section(item) for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []

    def texts(self, path: str) -> list[str]:
        found = self.get(path)
        return [str(item) for item in found] if isinstance(found, list) else []


def _reduce(section: _Section, path: Path) -> RegistryRecord:
    inclusion, exclusion = split_criteria(str(section.get("eligibilityModule.eligibilityCriteria") or ""))
    count = section.get("designModule.enrollmentInfo.count")
    return RegistryRecord(
        nct_id=section.text("identificationModule.nctId"),
        title=section.text("identificationModule.officialTitle") or section.text("identificationModule.briefTitle"),
        sponsor=section.text("sponsorCollaboratorsModule.leadSponsor.name"),
        phase=", ".join(_phase(text) for text in section.texts("designModule.phases")),
        status=section.text("statusModule.overallStatus").lower().replace("_", " "),
        version=section.text("statusModule.lastUpdatePostDateStruct.date"),
        kind=_kind(section, path),
        masking=_masking(section),
        masked=_masked(section),
        planned_n=count if isinstance(count, int) and count > 0 else None,
        arms=tuple(
            RecordArm(arm.text("label"), arm.text("type"), arm.text("description"))
            for arm in section.items("armsInterventionsModule.armGroups")
        ),
        outcomes=tuple(_outcomes(section)),
        inclusion=inclusion,
        exclusion=exclusion,
        minimum_age=_age(section.text("eligibilityModule.minimumAge")),
        maximum_age=_age(section.text("eligibilityModule.maximumAge")),
    )


def _phase(text: str) -> str:
    return "Not applicable" if text == "NA" else re.sub(r"(?<=[A-Z])(?=\d)", " ", text.replace("_", " ")).capitalize()


def _kind(section: _Section, path: Path) -> str:
    """Single arm or parallel; a record that does not say is told by its number of arms."""
    if section.text("designModule.studyType") not in ("", "INTERVENTIONAL"):
        raise StudyError(f"{path}: the record is of an observational study; only trials can be analysed")
    model = section.text("designModule.designInfo.interventionModel")
    if not model:
        return "parallel" if len(section.items("armsInterventionsModule.armGroups")) > 1 else "single arm"
    if model not in KINDS:
        raise StudyError(
            f"{path}: the record's design is {model.lower()}; only single-arm and parallel designs can be analysed"
        )
    return KINDS[model]


def _masked(section: _Section) -> tuple[str, ...]:
    """The people who are masked, in the order of MASKED; empty where the record does not list them."""
    listed = section.texts("designModule.designInfo.maskingInfo.whoMasked")
    return tuple(words for name, words in MASKED.items() if name in listed)


def _masking(section: _Section) -> str:
    """Open, participant, observer (anybody but the patients) or double; a single mask of nobody named is an observer's.

    Which is the safe side: the report of such a study stays blind.
    """
    masked = _masked(section)
    named = section.text("designModule.designInfo.maskingInfo.masking")
    if not masked:
        return {"": "open", "NONE": "open", "SINGLE": "observer"}.get(named, "double")
    if MASKED["PARTICIPANT"] not in masked:
        return "observer"
    return "double" if len(masked) > 1 else "participant"


def _outcomes(section: _Section) -> list[Outcome]:
    groups = {"primary": "primaryOutcomes", "secondary": "secondaryOutcomes", "exploratory": "otherOutcomes"}
    return [
        Outcome(role, item.text("measure"), item.text("timeFrame"))
        for role, key in groups.items()
        for item in section.items(f"outcomesModule.{key}")
    ]


def _age(text: str) -> int | None:
    """Whole years; months where they are whole years (216 Months is 18)."""
    found = re.fullmatch(r"(\d+) (year|month)s?", text.casefold())
    if not found:
        return None
    years, rest = (int(found[1]), 0) if found[2] == "year" else divmod(int(found[1]), 12)
    return None if rest else years


def split_criteria(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Inclusion and exclusion criteria, one text each, from the record's free text (plain or simple markup)."""
    plain = re.sub(r"<\s*(?:br|/?p|/?li|/?ul|/?ol)\s*/?>", "\n", text)
    plain = re.sub(r"<[^>]+>", "", plain)
    lists: tuple[list[str], list[str]] = ([], [])
    into = lists[0]
    for line in plain.splitlines():
        words = re.sub(r"^(?:[*•·○●-]|\(?\d{1,2}[.)、](?!\d))\s*", "", line.strip()).strip()
        heading = words.casefold().rstrip(":：")
        if re.fullmatch(r"(?:key |main )?(?:in|ex)clusion(?: criteria)?", heading):
            into = lists[1] if "exclusion" in heading else lists[0]
        elif words:
            into.append(words)
    return tuple(lists[0]), tuple(lists[1])
