"""study.lock: the plan as it was signed, so that whatever was changed later can be told from it.

The lock holds the canonical study and one hash per analysis and per output. The hash of an analysis covers what it
rests on: its own options, and every definition that it names, directly or through another (population, parameters,
scores and their inputs, visits, times to event, subject variables, arms, safety). Words that change no number (titles,
labels, notes, digits shown, ``confirm``) are left out.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hepatrial.errors import StudyError
from hepatrial.study.models import Study

LOCK_NAME = "study.lock"
FORMAT = "hepatrial study lock"
WORDS = {
    "title", "title_local", "label", "label_local", "description", "note", "text", "footnotes", "decimals", "confirm",
    "confirm_note", "dictionary",
}  # fmt: skip
_NAMED = {
    "populations": "code", "parameters": "code", "scores": "code", "visits": "code", "times_to_event": "code",
    "subject_variables": "code",
}  # fmt: skip
_BY_METHOD = {
    "eligibility": ("eligibility",), "specimens": ("specimens",), "exposure": ("safety",),
    "adverse events": ("safety",), "adverse event times": ("safety",), "laboratory shift": ("safety",),
    "disposition": ("populations",),
}  # fmt: skip
Raw = dict[str, Any]
ScoreInputs = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Lock:
    """A signed plan: who, when, and the study as it then was."""

    signed_by: str
    signed_on: str
    study: Raw
    score_inputs: ScoreInputs

    @property
    def analyses(self) -> dict[str, str]:
        """Hash of each analysis."""
        return {name: _hash(parts) for name, parts in _analyses(self.study, self.score_inputs).items()}


@dataclass(frozen=True)
class PostHoc:
    """An analysis or output that is not as it was signed, and what changed: ``conf_type: "log" → "plain"``."""

    kind: str
    name: str
    changes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What changed, for the reader."""
        return f"{self.kind} {self.name}: {'; '.join(self.changes)}."


def write_lock(study: Study, path: Path, *, signed_by: str, signed_on: date, score_inputs: ScoreInputs) -> Lock:
    """Write study.lock; ``score_inputs`` names the parameters that each score of the registry is made of.

    Raises
    ------
    StudyError
        When a lock stands there already: a signed plan is never overwritten.
    """
    lock = Lock(signed_by, signed_on.isoformat(), _canonical(study), score_inputs)
    text = json.dumps(
        {
            "format": FORMAT,
            "format_version": 1,
            "signed_by": lock.signed_by,
            "signed_on": lock.signed_on,
            "study_sha256": _hash(lock.study),
            "analyses": lock.analyses,
            "outputs": {name: _hash(parts) for name, parts in _outputs(lock.study).items()},
            "score_inputs": {name: list(codes) for name, codes in score_inputs.items()},
            "study": lock.study,
        },
        indent=1, sort_keys=True, ensure_ascii=False,
    )  # fmt: skip
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text + "\n")
    except FileExistsError as error:
        raise StudyError(
            f"{path} exists already: a signed plan is not overwritten. A later amendment is shown as post hoc; to lock "
            "an amended plan before unblinding, move the old lock away and keep it"
        ) from error
    return lock


def read_lock(path: Path) -> Lock:
    """Read study.lock.

    Raises
    ------
    StudyError
        When it cannot be read, was not written by us, or was changed by hand: its study and its hashes disagree.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        lock = Lock(found["signed_by"], found["signed_on"], found["study"], found["score_inputs"])
        is_whole = found["format"] == FORMAT and found["study_sha256"] == _hash(lock.study)
        is_whole &= found["analyses"] == lock.analyses
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudyError(
            f"{path}: is no study lock that can be read ({error!r}); restore the one that was signed"
        ) from error
    if not is_whole:
        raise StudyError(
            f"{path}: was changed after it was written (its hashes do not fit); restore the one that was signed"
        )
    return lock


def find_post_hoc(lock: Lock, study: Study) -> tuple[PostHoc, ...]:
    """Analyses and outputs of the study that are new or changed since the lock, and those that are gone.

    An option that hepatrial did not have when the plan was signed stands in it at its default, as it was done.
    """
    signed, now = _with_new_options(lock.study), _canonical(study)
    pairs = (
        ("analysis", _analyses(signed, lock.score_inputs), _analyses(now, lock.score_inputs)),
        ("output", _outputs(signed), _outputs(now)),
    )
    return tuple(
        PostHoc(kind, name, tuple(_changes(before.get(name), after.get(name))))
        for kind, before, after in pairs
        for name in [*after, *(gone for gone in before if gone not in after)]
        if before.get(name) != after.get(name)
    )


def _with_new_options(signed: Raw) -> Raw:
    """The signed study with the defaults of options added since; as it is where it can no longer be read."""
    try:
        return _canonical(Study.model_validate_json(json.dumps(signed)))
    except ValidationError:
        return signed


def _canonical(study: Study) -> Raw:
    found: Raw = study.model_dump(mode="json", by_alias=True)
    return found


def _analyses(study: Raw, score_inputs: ScoreInputs) -> dict[str, Raw]:
    """Each analysis with everything that it rests on."""
    return {item["id"]: _strip(_rests_on(item, study, score_inputs)) for item in study["analyses"]}


def _rests_on(item: Raw, study: Raw, score_inputs: ScoreInputs) -> Raw:
    own = {key: value for key, value in item.items() if key != "title"}
    found: Raw = {"analysis": own, "time": study["time"]}
    found |= {key: study[key] for key in _BY_METHOD.get(item["method"], ())}
    if item["by_arm"]:
        found["design"] = {key: study["design"][key] for key in ("arms", "reference_arm")}
    size = -1
    while size != len(found):  # what is named may name more
        size = len(found)
        names = set(_texts(found))
        for key, field in _NAMED.items():
            found |= {f"{key} {part[field]}": part for part in study[key] if part[field] in names}
        inputs = {
            code for part in study["scores"] if part["code"] in names for code in score_inputs.get(part["score"], ())
        }
        found |= {f"parameters {part['code']}": part for part in study["parameters"] if part["code"] in inputs}
        if any(text.startswith("special interest ") for text in names):
            found["safety"] = study["safety"]
    if any(key.startswith(("parameters ", "scores ")) for key in found):
        found["visit_rule"] = study["visit_rule"]
    return found


def _outputs(study: Raw) -> dict[str, Raw]:
    return {item["number"]: _strip(item) for item in study["outputs"]}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _strip(node: Any) -> Any:
    """Without the words that change no number."""
    if isinstance(node, dict):
        return {key: _strip(value) for key, value in node.items() if key not in WORDS}
    return [_strip(value) for value in node] if isinstance(node, list) else node


def _changes(before: Raw | None, after: Raw | None) -> Iterator[str]:
    if before is None or after is None:
        yield "not in the signed plan" if before is None else "in the signed plan, and left out since"
        return
    old, new = dict(_flatten(before)), dict(_flatten(after))
    for path in [*new, *(path for path in old if path not in new)]:
        if old.get(path) != new.get(path):
            yield f"{path.removeprefix('analysis.')}: {_show(old.get(path))} → {_show(new.get(path))}"


def _flatten(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and values; a list of plain values is one value."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flatten(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list) and any(isinstance(value, dict) for value in node):
        for place, value in enumerate(node, start=1):
            yield from _flatten(value, f"{path}[{place}]")
    else:
        yield path, node


def _show(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
