"""data.toml as frozen models: how one site's exports map to the standard tables. Stable from schema 1 on.

Texts are compared exactly after trimming white space and Unicode NFKC (full-width forms become plain ones).
"""

from datetime import date
from typing import Literal

from pydantic import Field

from hepatrial.study.models import Model

DateFormat = Literal[
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD", "DD.MM.YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "MM/DD/YYYY",
    "DD-MON-YYYY", "DDMONYYYY", "YYYY年MM月DD日", "excel 1900", "excel 1904", "days",
]  # fmt: skip


class ReadingRules(Model):
    """How text becomes values. Given for the whole map under ``[defaults]``, and again per source to override."""

    encoding: str | None = Field(
        default=None, description="utf-8, gb18030, cp1252, utf-16 …; absent: detected and reported"
    )
    delimiter: str | None = Field(default=None, description="absent: detected and reported")
    decimal: Literal[".", ","] | None = Field(
        default=None, description="absent: '.', or a comma where it can be nothing else"
    )
    thousands: Literal["", ",", ".", " ", "'"] | None = Field(default=None, description="absent: none")
    date_formats: tuple[DateFormat, ...] | None = Field(
        default=None,
        description="formats allowed; absent: ISO only. A text that two of them read differently is a finding",
    )
    day_zero: date | None = Field(
        default=None, description="for format 'days': the date that day 0 stands for; shown nowhere"
    )
    missing: tuple[str, ...] | None = Field(default=None, description="texts that mean missing, besides the empty one")
    missing_reasons: dict[str, str] | None = Field(
        default=None, description="texts that mean missing, with the reason they give"
    )


class WideValue(Model):
    """One value column of a wide sheet."""

    column: str = Field(description="column of the file")
    parameter: str = Field(description="parameter code")
    unit: str = Field(default="", description="unit of the column")
    visit: str = Field(default="", description="visit of the column")
    date: str = Field(default="", description="column of its date, where each visit of the row has its own")


class Source(Model):
    """One file (or sheet) that fills one standard table. Several sources may fill the same table."""

    table: str = Field(description="standard table")
    file: str = Field(description="path inside the data folder; export.zip/labs.csv for a file in an archive")
    sheet: str = Field(default="", description="sheet of a workbook; empty: the first")
    header_row: int = Field(default=1, ge=1, description="line of the column names; several header rows: the last")
    header_rows: int = Field(
        default=1, ge=1, description="how many rows make the column names, which are joined as 'upper / lower'"
    )
    where: dict[str, tuple[str, ...]] = Field(
        default={}, description="column of the file = texts; only rows with one of them are records of this table"
    )
    layout: Literal["long", "wide"] = Field(
        default="long", description="long: one result a row; wide: one column a parameter"
    )
    columns: dict[str, str] = Field(description="standard column = column of the file")
    constants: dict[str, str] = Field(default={}, description="standard column = the same text for every row")
    codes: dict[str, dict[str, str]] = Field(
        default={},
        description="per standard column: text of the file = code; others are findings; '' means no record",
    )
    units: dict[str, str] = Field(default={}, description="parameter = unit, where the file has no unit column")
    values: tuple[WideValue, ...] = Field(default=(), description="wide layout: the value columns")
    ignore: tuple[str, ...] = Field(default=(), description="columns left out on purpose; others unmapped are notes")
    drop: tuple[str, ...] = Field(
        default=(), description="columns with personal data: removed before anything reads them"
    )
    dictionary: str = Field(
        default="", description="REDCap data dictionary in the data folder; columns are then named by variable"
    )
    expected_rows: int | None = Field(
        default=None, ge=0, description="rows the file must have; a file cut short is then found"
    )
    sealed: bool = Field(
        default=False,
        description="true: the file tells the arms (dose, lot, volume, schedule); not opened while the study is blind",
    )
    reading: ReadingRules = Field(
        default=ReadingRules(), description="how text becomes values, where it differs from the defaults"
    )


class DataMap(Model):
    """The whole data definition; ``hepatrial.study.read_data_map`` reads it from data.toml."""

    schema_version: Literal[1] = Field(description="version of this file format")
    study_id: str = Field(description="identity.study_id of the study file it belongs to")
    exported_on: date = Field(description="date of the export: 'future' is judged against it, never the clock")
    simulated: bool = Field(default=False, description="true: SIMULATED is shown wherever these data are")
    defaults: ReadingRules = Field(default=ReadingRules(), description="how text becomes values")
    sources: tuple[Source, ...] = Field(default=(), description="the files; may be left out where adam is given")
    adam: dict[str, str] = Field(
        default={},
        description="CDISC ADaM dataset = its file (XPT, SAS7BDAT, Dataset-JSON, Parquet); read as they are",
    )
