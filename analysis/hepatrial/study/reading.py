"""TOML files to models: every fault collected, each with its path in the file, then one StudyError."""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from hepatrial.errors import StudyError
from hepatrial.study.cross_checks import cross_check_data_map, cross_check_study
from hepatrial.study.data_map import DataMap
from hepatrial.study.models import Model, Study

AnyModel = TypeVar("AnyModel", bound=Model)
LONGEST_LINE = 80
LABEL_KEYS = ("id", "code", "number", "table", "study_id")


def read_study(path: Path) -> Study:
    """Read study.toml.

    Raises
    ------
    StudyError
        With every fault of the file: unknown or missing keys, wrong types, and references that lead nowhere.
    """
    raw = _read_toml(path)
    return _validate(Study, raw, path, cross_check_study(raw))


def read_data_map(path: Path, study: Study | None = None) -> DataMap:
    """Read data.toml; with ``study`` its arms and parameters are checked against the study's."""
    raw = _read_toml(path)
    return _validate(DataMap, raw, path, cross_check_data_map(raw, study))


def compute_study_hash(study: Study) -> str:
    """SHA-256 of the canonical study: independent of comments, order of keys and white space."""
    text = json.dumps(study.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def format_study(study: Study) -> str:
    """The whole study as JSON with every default written out, one key a line: what a report keeps of it."""
    text = json.dumps(study.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False, indent=1)
    return f"{text}\n"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StudyError(f"{path}: there is no such file; give the path of a study.toml or data.toml") from error
    except IsADirectoryError as error:
        raise StudyError(f"{path}: is a folder; give the path of the study.toml in it") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyError(f"{path}: cannot be read as TOML (UTF-8)", [f"{error}{_advise(path, error)}"]) from error


def _advise(path: Path, error: Exception) -> str:
    """What is usually wrong in the line: a Windows path in double quotes, or a text without quotes."""
    found = re.search(r"at line (\d+)", str(error))
    if not isinstance(error, tomllib.TOMLDecodeError) or not found:
        return ""
    line = path.read_text(encoding="utf-8-sig").splitlines()[int(found[1]) - 1].strip()
    advice = "; in double quotes a backslash starts a sign: write / or single quotes" if "\\" in line else ""
    return f": {line[:LONGEST_LINE]}{advice}"


def _validate(model: type[AnyModel], raw: dict[str, Any], path: Path, cross_faults: list[str]) -> AnyModel:
    faults = []
    result = None
    try:
        result = model.model_validate_json(json.dumps(raw, default=_iso), strict=True)
    except ValidationError as error:
        faults = _describe(error, raw)
    other = {Study: "sources", DataMap: "design"}.get(model)
    if other in raw:
        raise StudyError(f"{path}: is the other of the two files; give study.toml first, then data.toml")
    faults = list(dict.fromkeys([*faults, *cross_faults]))
    if faults or result is None:
        count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
        raise StudyError(f"{path}: {count}", faults)
    return result


def _iso(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise TypeError(f"unexpected TOML value {value!r}")


def _describe(error: ValidationError, raw: Mapping[str, Any]) -> list[str]:
    """One line a fault; that a list is short because its items are wrong is not a fault of its own."""
    faults = [
        fault for fault in error.errors(include_url=False) if not (fault["type"] == "too_short" and fault["input"])
    ]
    return [f"{_locate(fault['loc'], raw)}: {_sentence(fault)}" for fault in faults]


def _locate(loc: tuple[int | str, ...], raw: Any) -> str:
    """The path in the file; names of union members, which are not in the file, are left out."""
    path, here = "", raw
    for index, part in enumerate(loc):
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) and part < len(here) else None
            path += f"[{part + 1}]{_label(here)}"
        elif isinstance(here, Mapping) and (part in here or index == len(loc) - 1):
            here = here.get(part)
            path += f".{part}" if path else part
    return path


def _label(item: Any) -> str:
    if not isinstance(item, Mapping):
        return ""
    found = next((str(item[key]) for key in LABEL_KEYS if isinstance(item.get(key), str)), "")
    return f" ({found})" if found else ""


def _sentence(fault: Any) -> str:
    kind, seen = fault["type"], fault["input"]
    if kind == "extra_forbidden":
        return "unknown key; check its spelling against the study file reference, or remove it"
    if kind == "missing":
        return "is missing; add it"
    shown = "" if isinstance(seen, dict | list) else f" (found {seen!r})"
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}{shown}"
