"""read_exports: every source of data.toml to the typed standard tables, with what was found on the way."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.contracts import (
    RECORD_COLUMNS,
    SOURCE_FILE_COLUMNS,
    STANDARD_TABLES,
    Exports,
    Findings,
    TableSpec,
    compute_record_ids,
    typed_columns,
)
from hepatrial.load.adam import read_adam
from hepatrial.load.archives import GZIP, read_member, split_member, unpack_gzip
from hepatrial.load.cells import trim
from hepatrial.load.complaints import Place, file_finding, findings_of
from hepatrial.load.files import FileBytes, read_file, resolve_inside
from hepatrial.load.formats import read_sheet
from hepatrial.load.identifiers import find_identifiers, mask_findings
from hepatrial.load.merging import merge_rows
from hepatrial.load.redcap import Field, apply_dictionary, read_dictionary
from hepatrial.load.sealing import find_arms, hash_mapped, hide_unmapped
from hepatrial.load.sheet import Sheet
from hepatrial.load.source import (
    TypedSource,
    describe_columns,
    merge_rules,
    missing_columns,
    type_source,
    unmapped_columns,
)
from hepatrial.load.typed import empty_column, frame_of
from hepatrial.study import DataMap, ReadingRules, Source, Study, is_blind


@dataclass
class _Reading:
    """What has been read so far: a file is read once, however many tables it fills."""

    folder: Path
    files: dict[str, FileBytes] = field(default_factory=dict)
    sheets: dict[tuple[Any, ...], Sheet] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, object]] = field(default_factory=list)


Progress = Callable[[int, int, str], None]
"""Called with how many sources are read, of how many, and the file that comes next ('' at the end)."""


def read_exports(data_map: DataMap, folder: Path, study: Study, *, progress: Progress | None = None) -> Exports:
    """Read the exports that ``data_map`` names from ``folder``.

    Nothing is repaired and nothing dropped in silence: whatever is not read as it is written, or not at all, is a
    finding with its file, line, column and text.

    Parameters
    ----------
    data_map : DataMap
        From ``hepatrial.study.read_data_map``.
    folder : Path
        The data folder; every file lies in it.
    study : Study
        Says which parameters there are, and in which unit their results are wanted.
    progress : callable, optional
        ``progress(n_read, n_sources, next_file)``, for a progress bar.

    Returns
    -------
    Exports
        Every standard table, typed, with record ids; what was found; the files with their SHA-256.

    Raises
    ------
    LoadError
        A file that is there cannot be read at all; the message names it and what to do.
    """
    reading = _Reading(folder)
    sources: list[tuple[Source, TypedSource]] = []
    tell = progress or _tell_nobody
    for number, source in enumerate(data_map.sources):
        tell(number, len(data_map.sources), source.file)
        rules = merge_rules(data_map.defaults, source.reading)
        sheet = _read_sheet(source, rules, reading)
        if sheet is not None:
            same = [other for other in data_map.sources if (other.file, other.sheet) == (source.file, source.sheet)]
            reading.findings += _structure_findings(source, same, sheet)
            if is_blind(study):
                reading.findings += find_arms(sheet, source, study)
                before = "".join(row["sha256"] for row in reading.rows[:-1] if row["file"] == source.file)
                reading.rows[-1] |= {"sha256": hash_mapped(sheet, same, before), "bytes": 0}
            sources.append((source, type_source(source, sheet, rules, study)))
    tell(len(data_map.sources), len(data_map.sources), "")
    adam = {name: _read_adam_dataset(name, file, reading) for name, file in data_map.adam.items()}
    tables = {}
    for spec in STANDARD_TABLES.values():
        own = [(source, typed) for source, typed in sources if source.table == spec.name]
        tables[spec.name], found = _join(spec, own)
        reading.findings += found
    if is_blind(study):
        reading.findings = hide_unmapped(reading.findings, data_map.sources)
    return Exports(
        tables=tables,
        files=pd.DataFrame(reading.rows, columns=list(SOURCE_FILE_COLUMNS)),
        findings=Findings.from_rows(_once(_mask_identifiers(reading.findings))),
        exported_on=data_map.exported_on,
        simulated=data_map.simulated,
        adam={name: frame for name, frame in adam.items() if frame is not None} or None,
    )


def _tell_nobody(n_read: int, n_sources: int, next_file: str) -> None:
    """No progress bar."""


def _read_adam_dataset(dataset: str, file: str, reading: _Reading) -> pd.DataFrame | None:
    content = _read_content(file, dataset, reading)
    if content is None:
        return None
    read = read_adam(content.content, file)
    if read.cut:
        reading.findings.append(file_finding("row-cut", file, line=len(read.frame), column="(row)", raw=read.cut))
    for column, count in read.missing_texts.items():
        detail = f"{count:,} texts such as NA"
        reading.findings.append(file_finding("number-missing", file, column=column, table=dataset, detail=detail))
    reading.rows.append(
        dict.fromkeys(SOURCE_FILE_COLUMNS, "")
        | {"file": file, "table": dataset, "sha256": content.sha256, "bytes": len(content.content)}
        | {"rows": len(read.frame)}
    )
    return read.frame


def _read_sheet(source: Source, rules: ReadingRules, reading: _Reading) -> Sheet | None:
    """The sheet of a source, None with a finding where its file is not there."""
    content = _read_content(source.file, source.table, reading)
    if content is None:
        return None
    key = (source.file, source.sheet, source.header_row, source.header_rows, rules.encoding, rules.delimiter)
    if key not in reading.sheets:
        reading.sheets[key] = read_sheet(content, source, rules)
        reading.findings += _sheet_findings(source, reading.sheets[key])
    sheet = _without(reading.sheets[key], source.drop)
    if source.dictionary:
        fields = _read_fields(source, rules, reading)
        sheet = sheet if fields is None else apply_dictionary(sheet, fields)
    reading.findings += _identifier_findings(source, sheet)
    reading.rows.append(_describe_file(source, content, sheet))
    return sheet


def _read_content(name: str, table: str, reading: _Reading) -> FileBytes | None:
    """Bytes of a file or of a member of an archive; the SHA-256 is that of the file on disk."""
    if name in reading.files:
        return reading.files[name]
    outer, member = split_member(reading.folder, name)
    path = resolve_inside(reading.folder, outer)
    if not path.exists():
        reading.findings.append(file_finding("file-missing", name, table=table, raw=name))
        return None
    file = read_file(path, outer)
    content = read_member(file.content, outer, member) if member else file.content
    content = unpack_gzip(content, name) if content.startswith(GZIP) else content
    reading.files[name] = FileBytes(name, content, file.sha256)
    return reading.files[name]


def _read_fields(source: Source, rules: ReadingRules, reading: _Reading) -> list[Field] | None:
    content = _read_content(source.dictionary, source.table, reading)
    if content is None:
        return None
    plain = source.model_copy(update={"sheet": "", "header_row": 1, "header_rows": 1})
    sheet = read_sheet(content, plain, rules)
    return read_dictionary(sheet, source.dictionary)


def _without(sheet: Sheet, drop: tuple[str, ...]) -> Sheet:
    unwanted = {trim(name) for name in drop}
    return sheet.select([name for name in sheet.columns if name not in unwanted])


def _describe_file(source: Source, content: FileBytes, sheet: Sheet) -> dict[str, Any]:
    return {
        "file": source.file, "sheet": source.sheet, "table": source.table, "sha256": content.sha256,
        "bytes": len(content.content), "rows": sheet.n_rows, "encoding": sheet.encoding,
        "delimiter": sheet.delimiter, "detected": sheet.detected,
    }  # fmt: skip


def _sheet_findings(source: Source, sheet: Sheet) -> Iterator[dict[str, object]]:
    """What is remarkable about the file itself, whatever table it fills."""
    at: dict[str, Any] = {"sheet": source.sheet}
    if sheet.detected:
        yield file_finding("file-detected", source.file, **at, detail=sheet.detected[0].upper() + sheet.detected[1:])
    if sheet.is_unterminated and not any(rule == "row-cut" for _, _, rule in sheet.odd_rows):
        yield file_finding("file-unterminated", source.file, **at)
    if not sheet.n_rows and not sheet.odd_rows:
        yield file_finding("file-no-rows", source.file, **at)
    if sheet.blank_lines:
        yield file_finding("row-blank", source.file, **at, line=sheet.blank_lines[0], detail=_blank(sheet.blank_lines))
    for line, raw, rule in sheet.odd_rows:
        yield file_finding(rule, source.file, **at, line=line, column="(row)", raw=raw[:500])
    for cell in sheet.formulas:
        if cell.column not in map(trim, source.drop):
            rule = "cell-formula" if cell.is_computed else "cell-uncomputed"
            yield file_finding(rule, source.file, **at, line=cell.line, column=cell.column, raw=cell.text)
    for name in sheet.doubled:
        yield file_finding("column-doubled", source.file, **at, line=source.header_row, column=name, raw=name)


def _identifier_findings(source: Source, sheet: Sheet) -> Iterator[dict[str, object]]:
    """Columns that may identify a patient, wherever the map leaves them in."""
    about_persons = source.table in ("subjects", "screening")
    harmless = () if about_persons else {trim(name) for name in source.columns.values()}
    for name, line, masked, kind in find_identifiers(sheet, harmless):
        yield file_finding(
            "identifier", source.file, sheet=source.sheet, line=line, column=name, raw=masked, detail=kind
        )


def _mask_identifiers(findings: list[dict[str, object]]) -> list[dict[str, object]]:
    """The findings without the texts of columns that may identify a patient, or of whole rows of such a file."""
    told = [row for row in findings if row["rule"] == "identifier"]
    columns = {(row["file"], row["column"]) for row in told} | {(row["file"], "(row)") for row in told}
    mask_findings([row for row in findings if row["rule"] != "identifier"], columns)
    return findings


def _blank(lines: tuple[int, ...]) -> str:
    many = "1 empty row is" if len(lines) == 1 else f"{len(lines):,} empty rows are"
    return f"{many} (first: line {lines[0]}, last: line {lines[-1]})"


def _structure_findings(source: Source, same: list[Source], sheet: Sheet) -> Iterator[dict[str, object]]:
    """What does not fit between the source of data.toml and the sheet."""
    at: dict[str, Any] = {"sheet": source.sheet, "table": source.table}
    detail = describe_columns(source, sheet)
    for name in missing_columns(source, sheet):
        yield file_finding("column-missing", source.file, **at, line=source.header_row, column=name, detail=detail)
    for name in unmapped_columns(same, sheet):
        yield file_finding("column-unmapped", source.file, sheet=source.sheet, line=source.header_row, column=name)
    if source.expected_rows is not None and source.expected_rows != sheet.n_rows:
        detail = f"{source.expected_rows:,} rows were expected, the file has {sheet.n_rows:,}"
        yield file_finding("rows-expected", source.file, **at, raw=str(sheet.n_rows), detail=detail)


def _join(spec: TableSpec, sources: list[tuple[Source, TypedSource]]) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """One standard table from its sources, with record ids, and the findings about its records."""
    parts = [_with_place(source, typed, spec) for source, typed in sources]
    table = pd.concat(parts, ignore_index=True) if len(parts) > 1 else (parts[0] if parts else _empty(spec))
    table, places = merge_rows(spec, table, [len(part) for part in parts])
    table["record_id"] = compute_record_ids(spec.name, table, spec.key)
    findings: list[dict[str, object]] = []
    start = 0
    for source, typed in sources:
        own = places[start : start + len(typed.frame)]
        place = Place(source.file, source.sheet, spec.name, typed.sheet, table, own, typed.rows, typed.value_columns)
        findings += findings_of(typed.complaints, place)
        start += len(typed.frame)
    return table, findings


def _with_place(source: Source, typed: TypedSource, spec: TableSpec) -> pd.DataFrame:
    """The records with where they come from, in the order of columns of a typed table."""
    place = {"record_id": None, "file": source.file, "sheet": source.sheet, "line": typed.sheet.lines[typed.rows]}
    own = {name: typed.frame[name] for name in typed_columns(spec)} if len(typed.frame.columns) else {}
    return pd.DataFrame({**place, **own}, index=typed.frame.index, columns=[*RECORD_COLUMNS, *typed_columns(spec)])


def _empty(spec: TableSpec) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for column in spec.columns:
        columns |= empty_column(column, 0)
    nothing = np.zeros(0, dtype=object)
    return frame_of(
        {"record_id": nothing, "file": nothing, "sheet": nothing, "line": np.zeros(0, dtype=np.int64)} | columns
    )


def _once(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Findings without those that two sources make of the same cell of the same file."""
    seen: Mapping[tuple[object, ...], dict[str, object]] = {
        (row["rule"], row["file"], row["sheet"], row["line"], row["column"], row["raw"], row["message"]): row
        for row in reversed(rows)
    }
    return list(seen.values())[::-1]
