"""What a report keeps so that a later one can be compared with it: study.json, decisions.csv, records.parquet.

records.parquet has what each export record said. Columns: ``record_id``, ``table``, ``USUBJID``, ``label`` (the
record's key within its subject), ``date`` (its day or earliest possible day), ``end`` (likewise), ``content`` (JSON of
its standard columns as written). Dates of birth and remarks are left out. Records after the data cut are there only
where a result rests on them (evidence of life).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from hepatrial.contracts import DECISION_COLUMNS, STANDARD_TABLES, Column, Exports, TableSpec
from hepatrial.results import guard_formula
from hepatrial.study import Study, format_study

STUDY_FILE = "study.json"
RECORD_FILE_COLUMNS = ("record_id", "table", "USUBJID", "label", "date", "end", "content")
LEFT_OUT = ("subject_id", "birth_date", "note")
WHEN = ("date", "start_date", "consent_date")


def describe_records(
    known: Mapping[str, pd.DataFrame], whole: Mapping[str, pd.DataFrame], used: pd.Index
) -> pd.DataFrame:
    """The records of ``known`` (the tables as of the cut), and those of ``whole`` that are ``used`` besides."""
    frames = []
    for name, spec in STANDARD_TABLES.items():
        table, other = known[name], whole[name]
        later = other[~other["record_id"].isin(table["record_id"])]
        later = later[later["record_id"].isin(used)]
        frames += [_describe_table(spec, rows) for rows in (table, later) if len(rows)]
    columns = list(RECORD_FILE_COLUMNS)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns, dtype="object")


def write_basis(
    folder: Path, study: Study, known: Mapping[str, pd.DataFrame], exports: Exports, decisions: pd.DataFrame | None
) -> None:
    """Write study.json, decisions.csv and records.parquet beside results and sources.

    ``known`` are the standard tables as of the data cut; ``decisions`` those of decisions.csv with what became of each.
    """
    (folder / STUDY_FILE).write_text(format_study(study), encoding="utf-8", newline="\n")
    given = pd.DataFrame(columns=[*DECISION_COLUMNS, "status", "note"]) if decisions is None else decisions
    columns = [*DECISION_COLUMNS, "status", "note"]
    given[columns].map(guard_formula).to_csv(folder / "decisions.csv", index=False, lineterminator="\n")
    used = pd.Index(read_sources(folder, ["record_id"])["record_id"].cat.categories)
    records = describe_records(known, exports.tables, used)
    records = records.sort_values(["table", "USUBJID", "record_id"], kind="stable", ignore_index=True)
    records.to_parquet(folder / "records.parquet", index=False)


def read_sources(folder: Path, columns: list[str]) -> pd.DataFrame:
    """Columns of text of sources.parquet as categories: of a large study each text is there once, not once a row."""
    return pd.read_parquet(folder / "sources.parquet", columns=columns, read_dictionary=columns)


def _describe_table(spec: TableSpec, table: pd.DataFrame) -> pd.DataFrame:
    texts = pd.DataFrame(dict(_texts(spec, table)), index=table.index)
    content = texts.drop(columns=[name for name in LEFT_OUT if name in texts])
    keys = [name.removesuffix("_text") for name in spec.key if name not in ("subject_id", "screening_id")]
    dates = [f"{name}_low" for name in WHEN if f"{name}_low" in table]
    return pd.DataFrame(
        {
            "record_id": table["record_id"],
            "table": spec.name,
            "USUBJID": texts["subject_id"],
            "label": _join(texts[key] for key in keys) if keys else "",
            "date": _days(table[dates[0]]) if dates else "",
            "end": _days(table["end_date_low"]) if "end_date_low" in table else "",
            "content": _format_rows(content),
        }
    )


def _texts(spec: TableSpec, table: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    for column in spec.columns:
        yield column.name, _as_text(column, table[f"{column.name}_text" if column.kind == "date" else column.name])


def _as_text(column: Column, values: pd.Series) -> pd.Series:
    if column.kind == "number":
        return values.map(lambda value: "" if value != value else f"{value:.12g}").astype("object")
    return values.astype("object").where(values.notna(), "").astype(str)


def _days(dates: pd.Series) -> pd.Series:
    return pd.to_datetime(dates).dt.strftime("%Y-%m-%d").fillna("").astype("object")


def _join(texts: Iterable[pd.Series]) -> list[str]:
    """The words of several columns, a space between two."""
    return [" ".join(" ".join(row).split()) for row in zip(*texts, strict=True)]


def _format_rows(texts: pd.DataFrame) -> list[str]:
    """Each row as a JSON object of its texts that are not empty."""
    columns = [_format_members(str(name), texts[name].tolist()) for name in texts]
    return [f"{{{', '.join(filter(None, row))}}}" for row in zip(*columns, strict=True)]


def _format_members(name: str, texts: Sequence[str]) -> list[str]:
    """``"name": "text"`` of each text, nothing of an empty one; a text that comes back is encoded once."""
    known = {text: f"{json.dumps(name)}: {json.dumps(text, ensure_ascii=False)}" if text else "" for text in set(texts)}
    return [known[text] for text in texts]
