"""A finished report as far as a comparison needs it: results, records, sources, study file, decisions, versions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from hepatrial.contracts import DECISION_COLUMNS
from hepatrial.errors import ReportError
from hepatrial.report import read_manifest
from hepatrial.results import read_results

Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class FinishedReport:
    """A finished report as far as a comparison needs it."""

    as_of: str
    results: Any
    sources: dict[str, frozenset[str]]
    records: pd.DataFrame
    study: dict[str, str]
    methods: dict[str, str]
    decisions: pd.DataFrame
    software: dict[str, str]
    banners: tuple[str, ...]

    @cached_property
    def source_of(self) -> dict[str, str]:
        """Source of each result."""
        frame = self.results.frame
        return dict(zip(frame["result_id"], frame["source_id"], strict=True))

    @cached_property
    def patients_of(self) -> dict[Key, frozenset[str]]:
        """Records of the patients of each analysis and group: those behind its N."""
        frame = self.results.frame
        sizes = frame[(frame["measure"] == "patients") & (frame["variable"] == "N")]
        return {(row.analysis_id, row.group): self.behind(row.result_id) for row in sizes.itertuples(index=False)}

    def behind(self, result_id: str) -> frozenset[str]:
        """Records behind a result; none when the report does not have it."""
        return self.sources.get(self.source_of.get(result_id, ""), frozenset())


def read_finished(folder: Path) -> FinishedReport:
    """Read what a comparison needs.

    Raises
    ------
    ReportError
        When the folder holds no report, or one that an older version wrote without its records.
    """
    manifest = read_manifest(folder)
    if not (folder / "records.parquet").is_file() or not (folder / "study.json").is_file():
        raise ReportError(f"{folder}: was written without its records by an older version: make it again")
    sources = pd.read_parquet(folder / "sources.parquet", columns=["source_id", "record_id"])
    study = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    path = folder / "decisions.csv"
    columns = [*DECISION_COLUMNS, "status", "note"]
    decisions = pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else pd.DataFrame(columns=columns)
    return FinishedReport(
        as_of=manifest["data"]["as_of"],
        results=read_results(folder),
        sources={str(key): frozenset(part) - {""} for key, part in sources.groupby("source_id")["record_id"]},
        records=pd.read_parquet(folder / "records.parquet").set_index("record_id"),
        study=dict(_flatten(study, "")) | {"data.toml": manifest["inputs"].get("data.toml", "")},
        methods={item["id"]: item["method"] for item in study["analyses"]},
        decisions=decisions,
        software=manifest["software"],
        banners=tuple(_find_banners(manifest["data"])),
    )


def _find_banners(data: Mapping[str, Any]) -> Iterator[str]:
    """What must be said wherever the report is shown."""
    if data.get("view", "plain") != "plain":
        yield f"{data['view'].upper()} REPORT" + (": confidential, by coded arm" if data["view"] == "closed" else "")
    if data["simulated"]:
        yield "SIMULATED DATA: no patient was observed. For testing and training only."


def _flatten(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every leaf of a study file with its path; items of a list by their id, code or number."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flatten(item, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for place, item in enumerate(value, start=1):
            name = next((item[key] for key in ("id", "code", "number", "value") if key in item), place)
            yield from _flatten(item, f"{path}.{name}")
    else:
        yield path, json.dumps(value, ensure_ascii=False)
