"""data.toml for exports that are made from the study file itself: the blank tables, and a REDCap project."""

from collections.abc import Iterable
from typing import Any

from hepatrial.contracts import STANDARD_TABLES, TableSpec
from hepatrial.study.blank_exports import SEALED_FOLDER, list_files
from hepatrial.study.models import Study
from hepatrial.study.proposal import write_toml
from hepatrial.study.redcap_dictionary import DICTIONARY, EXPORT, RECORD, field_name, own_columns, repeats

Toml = dict[str, Any]
NOT_KNOWN_YET = "2000-01-01"


def format_blank_data_map(study: Study) -> str:
    """data.toml of the filled-in tables of ``blank/``: every column under its own name."""
    sources = [
        {"table": spec.name, "file": place}
        | ({"sealed": True} if place.startswith(SEALED_FOLDER) else {})
        | {"columns": {column.name: column.name for column in columns}}
        for spec in STANDARD_TABLES.values()
        for place, columns in list_files(spec, study).items()
    ]
    return _format(study, "the tables of blank/, once filled in", {"encoding": "utf-8", "delimiter": ","}, sources)


def format_redcap_data_map(study: Study) -> str:
    """data.toml of one raw or labelled export of the REDCap project that the study's dictionary makes."""
    sources = [_redcap_source(spec, study) for spec in STANDARD_TABLES.values()]
    return _format(study, f"{EXPORT}, exported from the project of {DICTIONARY}", {}, sources)


def _redcap_source(spec: TableSpec, study: Study) -> Toml:
    own = {column.name: field_name(spec, column) for column in own_columns(spec, study)}
    record = {} if "subject_id" in own else {"subject_id": RECORD}
    ignored = {} if repeats(spec) else {"ignore": ["redcap_repeat_instance"]}
    instrument = {"where": {"redcap_repeat_instrument": [spec.name if repeats(spec) else ""]}}
    return (
        {"table": spec.name, "file": EXPORT, "dictionary": DICTIONARY}
        | instrument
        | ignored
        | {"columns": record | own}
    )


def _format(study: Study, what: str, reading: Toml, sources: Iterable[Toml]) -> str:
    head = [
        f"# Data map of {study.identity.study_id} for {what}. Made from the study file.",
        "# Set exported_on to the day of the export.",
    ]
    content: Toml = {
        "schema_version": 1,
        "study_id": study.identity.study_id,
        "defaults": {**reading, "date_formats": ["YYYY-MM-DD"], "missing": ["NA"]},
        "sources": list(sources),
    }
    text = write_toml(content).replace("[defaults]", f"exported_on = {NOT_KNOWN_YET}\n\n[defaults]", 1)
    return "\n".join(head) + "\n" + text
