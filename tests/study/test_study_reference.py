"""docs/study-file.md and the JSON Schemas are made from the models, and are fresh."""

import json
import tomllib

import pytest

from hepatrial.study import format_study_reference, make_json_schema, templates_dir, write_study_reference
from hepatrial.study.data_map import DataMap
from hepatrial.study.models import Study
from hepatrial.study.reference import walk_models

DOCS = templates_dir().parent / "docs"


def test_the_committed_pages_are_fresh(tmp_path):
    paths = write_study_reference(tmp_path)
    assert len(paths) == 3
    stale = [
        str(p.relative_to(tmp_path)) for p in paths if p.read_bytes() != (DOCS / p.relative_to(tmp_path)).read_bytes()
    ]
    assert not stale, f"run python -m hepatrial.study: {stale}"


@pytest.mark.parametrize("model", [Study, DataMap])
def test_every_key_is_explained(model):
    for path, part in walk_models(model):
        for key, field in part.model_fields.items():
            assert key == "method" or field.description, f"{path}.{key} has no description"


def test_the_reference_names_every_method_and_every_form_of_a_criterion():
    text = format_study_reference()
    for method in ("survival", "cumulative incidence", "by visit", "mixed model", "adverse events", "disposition"):
        assert f'## analyses, method = "{method}"' in text
    for form in ("all", "any", "not", "predicate", "parameter", "column"):
        assert f"\n## {form}\n" in text
    assert "| **study_id** | text |" in text


def resolve(schema: dict, node: dict) -> dict:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node


def keys_outside(schema: dict, node: dict, value: object, path: str) -> list[str]:
    """Keys of a TOML value that the schema has no place for; of alternatives the one that fits best counts."""
    node = resolve(schema, node)
    choices = node.get("anyOf") or node.get("oneOf")
    if choices:
        return min((keys_outside(schema, choice, value, path) for choice in choices), key=len)
    if isinstance(value, list) and node.get("type") == "array":
        return [key for item in value for key in keys_outside(schema, node.get("items", {}), item, f"{path}[]")]
    if not isinstance(value, dict) or "properties" not in node:
        return []
    known = node["properties"]
    inside = [
        key
        for name in value
        if name in known
        for key in keys_outside(schema, known[name], value[name], f"{path}.{name}")
    ]
    return [*inside, *(f"{path}.{name}" for name in value if name not in known)]


@pytest.mark.parametrize("template", ["nct06904755", "mayo-pbc"])
@pytest.mark.parametrize("name", ["study", "data"])
def test_the_schema_has_a_place_for_every_key_of_the_templates(template, name):
    raw = tomllib.loads((templates_dir() / template / f"{name}.toml").read_text(encoding="utf-8"))
    schema = json.loads((DOCS / "schema" / f"{name}.json").read_text(encoding="utf-8"))
    assert keys_outside(schema, schema, raw, name) == []
    assert keys_outside(schema, schema, raw | {"surprise": 1}, name) == [f"{name}.surprise"]


@pytest.mark.parametrize("name", ["study", "data"])
def test_the_schema_lets_no_unknown_key_pass(name):
    schema = make_json_schema(name)
    objects = [schema, *schema["$defs"].values()]
    assert all(item["additionalProperties"] is False for item in objects if "properties" in item)
