"""The reference of study.toml and data.toml, and their JSON Schemas: made from the models, so never behind them.

``python -m hepatrial.study`` rewrites docs/study-file.md and docs/schema/ in a checkout; a test fails when they
are stale.
"""

import inspect
import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hepatrial.study.criteria import AllOf, Criterion
from hepatrial.study.data_map import DataMap
from hepatrial.study.models import Study

Schema = dict[str, Any]
FILES: dict[str, type[BaseModel]] = {"study": Study, "data": DataMap}
CRITERION = "a criterion"
SIMPLE = {str: "text", int: "whole number", float: "number", bool: "true or false"}
INTRODUCTION = """# The study file and the data file

Two files describe a study: `study.toml` is the protocol and the analysis plan as data, `data.toml` says how one site's
exports map to the standard tables. Both are TOML. An unknown key, a missing key or a wrong type is an error that names
its path; every fault of a file is reported at once. Bold keys are compulsory. For editors, the same as JSON Schema:
`schema/study.json` and `schema/data.json`.

`confirm = true` marks what the source of a study does not state: proposed by whoever wrote the file, listed on the
report's title page, to be confirmed by the investigator. This page is made from the code: do not edit."""


def write_study_reference(docs: Path) -> list[Path]:
    """Write ``study-file.md`` and ``schema/study.json``, ``schema/data.json`` into the docs folder."""
    (docs / "schema").mkdir(parents=True, exist_ok=True)
    texts = {docs / "study-file.md": format_study_reference()}
    for name in FILES:
        schema = json.dumps(make_json_schema(name), indent=1, ensure_ascii=False)
        texts[docs / "schema" / f"{name}.json"] = schema + "\n"
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def make_json_schema(name: str) -> Schema:
    """JSON Schema (2020-12) of ``study`` or ``data``: what an editor needs to complete and check the TOML file."""
    schema = FILES[name].model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{name}.toml"} | schema


def format_study_reference() -> str:
    """Every key of both files, as Markdown."""
    parts = [INTRODUCTION]
    for name, model in FILES.items():
        parts.append(f"# {name}.toml")
        parts += [text for part in walk_models(model) for text in _section(*part)]
    return "\n\n".join([*parts, *_criteria()]) + "\n"


def walk_models(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """The model and every model inside it, each with its place in the file."""
    yield path, model
    for key, field in model.model_fields.items():
        for inner in _inner_models(field.annotation):
            place = f"{path}.{key}".lstrip(".")
            method = inner.model_fields.get("method")
            yield from walk_models(inner, place if method is None else f'{place}, method = "{_type(method)}"')


def _inner_models(annotation: Any) -> list[type[BaseModel]]:
    if _is_criterion(annotation):
        return []
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _inner_models(part)]


def _is_criterion(annotation: Any) -> bool:
    """Whether a key holds a criterion, whose forms have a section of their own."""
    return annotation == Criterion or AllOf in _leaves(annotation)


def _leaves(annotation: Any) -> list[Any]:
    parts = get_args(annotation)
    return [leaf for part in parts for leaf in _leaves(part)] if parts else [annotation]


def _section(path: str, model: type[BaseModel]) -> list[str]:
    rows = [
        f"| {_key(key, field)} | {_form(field)} | {_default(field)} | {_meaning(key, field)} |"
        for key, field in model.model_fields.items()
    ]
    table = "\n".join(["| key | value | when absent | meaning |", "| --- | --- | --- | --- |", *rows])
    parts = [f"## {path}" if path else "", _explanation(model), table]
    return [part for part in parts if part]


def _explanation(model: type[BaseModel]) -> str:
    """The model's own docstring, as Markdown."""
    return inspect.cleandoc(model.__doc__ or "").replace("``", "`")


def _key(key: str, field: FieldInfo) -> str:
    name = field.alias or key
    return f"**{name}**" if field.is_required() else name


def _form(field: FieldInfo) -> str:
    return f"{_type(field)}{_bounds(field)}".replace("|", "\\|")


def _type(field: FieldInfo) -> str:
    return _describe(field.annotation)


def _describe(annotation: Any) -> str:
    """A type in words a reader of TOML knows."""
    if _is_criterion(annotation):
        return CRITERION if get_origin(annotation) is not tuple else "list of criteria"
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " · ".join(str(part) for part in parts)
    if origin is Annotated:
        return _describe(parts[0])
    if origin in (Union, types.UnionType):
        return _describe_union([part for part in parts if part is not type(None)])
    if origin is tuple:
        return f"list of {_describe(parts[0])}" if parts[-1] is Ellipsis else f"{len(parts)} × {_describe(parts[0])}"
    if origin is dict:
        return f"table of {_describe(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return SIMPLE.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _describe_union(parts: list[Any]) -> str:
    words = list(dict.fromkeys(_describe(part) for part in parts))
    return " or ".join(word for word in words if word != SIMPLE[int] or SIMPLE[float] not in words)


def _bounds(field: FieldInfo) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    pairs = [(sign, getattr(item, name, None)) for item in field.metadata for name, sign in signs.items()]
    found = [f"{sign} {limit}" for sign, limit in pairs if limit is not None]
    return f" ({', '.join(found)})" if found else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    if isinstance(field.default, BaseModel) or field.default in (None, "", (), {}):
        return "–"
    return str(field.default).lower() if isinstance(field.default, bool) else str(field.default)


def _meaning(key: str, field: FieldInfo) -> str:
    return "which analysis this is" if key == "method" else (field.description or "").replace("|", "\\|")


def _criteria() -> Iterator[str]:
    """The forms of a criterion: groups and leaves."""
    yield "# Criteria"
    yield "A criterion is one of the forms below. Groups join criteria; nothing is an expression."
    seen = [part for part in _leaves(Criterion) if isinstance(part, type) and issubclass(part, BaseModel)]
    for model in dict.fromkeys(seen):
        key = next(field.alias or name for name, field in model.model_fields.items())
        yield f"## {key}"
        yield from _section("", model)
