"""Small exports as text, for tests that say what a file holds and ask what was read and found."""

from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import pandas as pd

from hepatrial.check import check_exports
from hepatrial.contracts import Exports
from hepatrial.load import read_exports
from hepatrial.study import DataMap, Study, read_study
from study_factory import MINIMAL, write_study

EXPORTED_ON = date(2024, 12, 31)
CLEAN = {
    "subjects": """
        subject_id,arm,consent_date,enrolment_date,birth_date,age,sex
        S01,MSC,2024-01-01,2024-01-02,1970,53,F
        S02,MSC,2024-02-01,2024-02-02,1980-05,43,M
    """,
    "treatments": """
        subject_id,session,start_date,end_date
        S01,1,2024-01-03,2024-01-03
        S02,1,2024-02-03,2024-02-03
    """,
    "labs": """
        subject_id,visit,date,time,parameter,result,unit
        S01,D1,2024-01-03,08:00,BILI,300,umol/L
        S01,D7,2024-01-10,,BILI,250,umol/L
        S02,D1,2024-02-03,,BILI,320,umol/L
    """,
    "outcomes": """
        subject_id,outcome,date
        S02,death,2024-02-20
    """,
    "vital_status": """
        subject_id,date,status
        S01,2024-03-01,alive
    """,
    "adverse_events": """
        subject_id,event,term,start_date,end_date,ongoing,grade
        S01,1,Fever,2024-01-04,2024-01-05,N,2
        S02,1,Hepatic failure,2024-02-15,2024-02-20,N,5
    """,
}
"""Two subjects without one finding above a note."""


def text_of(block: str) -> str:
    return dedent(block).strip() + "\n"


def study_in(folder: Path, **replacements: str) -> Study:
    return read_study(write_study(folder, MINIMAL, **replacements))


def map_of(sources: list[dict[str, Any]], **defaults: Any) -> DataMap:
    """A data map of sources; declared UTF-8 and comma unless said."""
    reading = {"encoding": "utf-8", "delimiter": ","} | defaults
    return DataMap.model_validate(
        {"schema_version": 1, "study_id": "T1", "exported_on": EXPORTED_ON, "defaults": reading, "sources": sources},
        strict=False,
    )


def read_tables(folder: Path, tables: dict[str, str], study: Study | None = None) -> tuple[Exports, DataMap, Study]:
    """Standard tables given as CSV text under their own column names, written and read."""
    sources = []
    for name, block in tables.items():
        text = text_of(block)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        header = text.splitlines()[0].split(",")
        sources.append({"table": name, "file": f"{name}.csv", "columns": {column: column for column in header}})
    study = study or study_in(folder)
    data_map = map_of(sources)
    return read_exports(data_map, folder, study), data_map, study


def read_one(folder: Path, content: bytes | str, source: dict[str, Any], study: Study | None = None, **defaults: Any):
    """Exports of one file whose bytes are given."""
    name = source.setdefault("file", "export.csv")
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_exports(map_of([source], **defaults), folder, study or study_in(folder))


def check_tables(folder: Path, study: Study | None = None, **changes: str) -> pd.DataFrame:
    """Findings of the clean export with whole tables replaced."""
    exports, data_map, study = read_tables(folder, CLEAN | changes, study)
    return check_exports(exports, study, data_map).frame


def of_rule(findings: pd.DataFrame, rule: str) -> list[tuple[str, int, str, str]]:
    """(file, line, column, raw) of each finding of a rule."""
    own = findings[findings["rule"] == rule]
    return list(own[["file", "line", "column", "raw"]].itertuples(index=False, name=None))
