"""A data.toml proposed from what lies in a folder, for a person to confirm: nothing here is used unconfirmed.

Columns by their names (``header_words``), analytes by their names and units (hepatrial.units), date formats by the
texts that they all read. Whatever is not recognised is named in a comment.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hepatrial.contracts import STANDARD_TABLES, TableSpec
from hepatrial.errors import LoadError
from hepatrial.load.cells import trim
from hepatrial.load.dates import DateRules, formats_that_fit, read_date
from hepatrial.load.files import FileBytes, read_file, resolve_inside
from hepatrial.load.formats import read_sheet
from hepatrial.load.header_words import HEADER_WORDS, OUTCOME_DATES, STATUS_DATES
from hepatrial.load.numbers import NumberRules
from hepatrial.load.sheet import Sheet, TextColumn
from hepatrial.study import ReadingRules, Source, Study, WideValue, find_codes
from hepatrial.units import find_analyte, normalise_unit

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xpt", ".sas7bdat", ".parquet", ".json", ".ndjson")
SKIPPED = ("decisions.csv", "findings.csv")
OF_SUBJECTS = frozenset({"arm", "sex", "age", "birth_date", "consent_date", "enrolment_date", "randomisation_date"})
HEADERS = ((1, 1), (2, 1), (3, 1), (2, 2), (3, 2), (4, 2))
"""Where the column names may stand: last row of the header, and how many rows it has."""
_SAMPLE = 200


def propose_data_map(folder: Path, study: Study) -> str:
    """Text of a data.toml for the exports in ``folder``, to be confirmed by a person.

    Parameters
    ----------
    folder : Path
        Files of this folder (not of folders in it) are looked at.
    study : Study
        Whose parameters and visits are looked for.

    Raises
    ------
    LoadError
        There is no file that could be an export.
    """
    if not folder.is_dir():
        raise LoadError(f"{folder}: there is no such folder; give the one that holds the export")
    names = sorted(
        path.name for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.name not in SKIPPED
    )
    if not names:
        raise LoadError(f"{folder}: has no export; looked for {', '.join(ENDINGS)}")
    blocks = [_propose_file(folder, name, study) for name in names]
    head = [
        "# Proposed from the files in this folder. Confirm every line, then delete this comment.",
        "schema_version = 1",
        f"study_id = {_quote(study.identity.study_id)}",
        "exported_on = 2000-01-01  # TO CONFIRM: the day of the export",
    ]
    return "\n".join([*head, *(line for block in blocks for line in ("", *block)), ""])


def _propose_file(folder: Path, name: str, study: Study) -> list[str]:
    try:
        content = read_file(resolve_inside(folder, name), name)
        sheet, tables, header = _find_header(content, study)
    except LoadError as error:
        return [f"# {name}: not read ({str(error).splitlines()[0]})"]
    if not tables:
        return [f"# {name}: no standard table recognised; its columns are {', '.join(sheet.columns)}"]
    where = [f"header_row = {header[0]}", f"header_rows = {header[1]}"] if header != (1, 1) else []
    lines = [line for spec in tables for line in _propose_source(spec, name, where, sheet, study)]
    used = {column for spec in tables for column in _columns(spec, sheet).values()}
    used |= {value.column for value in _wide_values(sheet, study)}
    rest = [column for column in sheet.columns if column not in used]
    return [*lines, f"# {name}: not recognised: {', '.join(rest)}"] if rest else lines


def _find_header(content: FileBytes, study: Study) -> tuple[Sheet, list[TableSpec], tuple[int, int]]:
    """The sheet under the first header by which a table is recognised; under its first row where none is."""
    first = _read_under(content, (1, 1))
    for header in HEADERS:
        try:
            sheet = first if header == (1, 1) else _read_under(content, header)
        except LoadError:
            break
        tables = [spec for spec in STANDARD_TABLES.values() if _fits(spec, sheet, study)]
        if tables:
            return sheet, tables, header
    return first, [], (1, 1)


def _read_under(content: FileBytes, header: tuple[int, int]) -> Sheet:
    source = Source(table="", file=content.name, columns={}, header_row=header[0], header_rows=header[1])
    return read_sheet(content, source, ReadingRules())


def fold_header(text: str) -> str:
    """A header without case, unit in brackets, underscores and points."""
    plain = re.sub(r"[(（\[].*?[)）\]]", " ", trim(text).casefold())
    return " ".join(re.sub(r"[_.\-/]+", " ", plain).split())


def _columns(spec: TableSpec, sheet: Sheet) -> dict[str, str]:
    """Standard column = column of the sheet, by its name."""
    by_name = {fold_header(name): name for name in reversed(sheet.columns)}
    found: dict[str, str] = {}
    for column in spec.columns:
        match = next((by_name[word] for word in _words(spec.name, column.name) if word in by_name), None)
        if match is not None and match not in found.values():
            found[column.name] = match
    return found


def _words(table: str, column: str) -> Sequence[str]:
    own = {("outcomes", "date"): OUTCOME_DATES, ("vital_status", "date"): STATUS_DATES,
           ("vital_status", "status"): (*HEADER_WORDS["status"], *HEADER_WORDS["outcome"])}  # fmt: skip
    plain = column.replace("_", " ")
    return (plain, *own.get((table, column), HEADER_WORDS.get(column, ())))


def _fits(spec: TableSpec, sheet: Sheet, study: Study) -> bool:
    """Whether a sheet has the compulsory columns of a table, and something that only this table holds."""
    found = set(_columns(spec, sheet))
    if spec.name == "labs" and _wide_values(sheet, study):
        return "subject_id" in found
    if spec.name == "clinical":
        return False  # told from labs by nobody but a person
    if spec.name == "subjects":
        return "subject_id" in found and len(found & OF_SUBJECTS) > 0
    required = {column.name for column in spec.columns if column.required}
    telling = {"treatments": {"session"}, "medications": {"name"}, "deviations": {"description"}}
    return required <= found and telling.get(spec.name, set()) <= found


def _wide_values(sheet: Sheet, study: Study) -> list[WideValue]:
    """Columns that are an analyte, at a visit where their name says one; a single one is no wide sheet."""
    if "parameter" in _columns(STANDARD_TABLES["labs"], sheet):
        return []
    values = [value for name in sheet.columns if (value := _wide_value(name, study)) is not None]
    return values if len(values) > 1 else []


def _wide_value(name: str, study: Study) -> WideValue | None:
    parts = [part for part in re.split(r"[_/\s]+| - ", re.sub(r"[(（\[].*?[)）\]]", " ", name)) if part]
    code = next((code for part in (fold_header(name), *parts) if (code := find_analyte(part))), None)
    if code is None or code not in {parameter.code for parameter in study.parameters}:
        return None
    unit = re.search(r"[(（\[](.*?)[)）\]]", name)
    known = unit[1].strip() if unit and normalise_unit(unit[1], analyte_code=code) else ""
    visits = {
        text.casefold(): visit.code for visit in study.visits for text in (visit.code, visit.label, *visit.labels)
    }
    visit = next((visits[part.casefold()] for part in parts if part.casefold() in visits), "")
    return WideValue(column=name, parameter=code, unit=known, visit=visit)


def _propose_source(spec: TableSpec, name: str, where: list[str], sheet: Sheet, study: Study) -> Iterator[str]:
    columns = _columns(spec, sheet)
    values = _wide_values(sheet, study) if spec.name == "labs" else []
    yield "[[sources]]"
    yield f"table = {_quote(spec.name)}"
    yield f"file = {_quote(name)}"
    yield from where
    if values:
        yield 'layout = "wide"'
        columns = {key: column for key, column in columns.items() if key in ("subject_id", "visit", "date", "time")}
    yield f"columns = {{ {', '.join(f'{key} = {_quote(column)}' for key, column in columns.items())} }}"
    if values:
        yield "values = ["
        yield from (f"  {_propose_value(value)}," for value in values)
        yield "]"
    yield from _propose_reading(spec, columns, sheet)
    yield from _propose_codes(spec, columns, sheet, study)


def _propose_value(value: WideValue) -> str:
    parts = {"column": value.column, "parameter": value.parameter, "unit": value.unit, "visit": value.visit}
    return f"{{ {', '.join(f'{key} = {_quote(text)}' for key, text in parts.items() if text)} }}"


def _propose_reading(spec: TableSpec, columns: dict[str, str], sheet: Sheet) -> Iterator[str]:
    """Encoding and delimiter as detected, and the date formats that read every date of the sheet."""
    parts = [f"encoding = {_quote(sheet.encoding)}"] if sheet.encoding else []
    parts += [f"delimiter = {_quote(sheet.delimiter)}"] if sheet.delimiter else []
    dates = [sheet.columns[columns[column.name]] for column in spec.columns
             if column.kind == "date" and column.name in columns]  # fmt: skip
    texts = {trim(text) for column in dates for text in column.texts[:_SAMPLE]}
    formats = _date_formats([text for text in texts if NumberRules().reason_missing(text) is None])
    parts += [f"date_formats = {json.dumps(formats, ensure_ascii=False)}"] if formats else []
    if parts:
        yield f"reading = {{ {', '.join(parts)} }}"


def _date_formats(texts: Sequence[str]) -> list[str]:
    """Formats, beyond ISO, that the texts need; of several that fit the same texts all are named, to be chosen from."""
    needed: dict[str, None] = {}
    for text in texts:
        if read_date(text, DateRules()).low is None:
            needed |= dict.fromkeys(name for name in formats_that_fit(text).split(", ") if not name.startswith("none"))
    return list(needed)


def _propose_codes(spec: TableSpec, columns: dict[str, str], sheet: Sheet, study: Study) -> Iterator[str]:
    """Texts of the coded columns, with the code where it is known and '?' where a person must say."""
    for column in spec.columns:
        if column.kind != "code" or column.name not in columns:
            continue
        allowed = find_codes(column, study)
        pairs = _code_pairs(sheet.columns[columns[column.name]], allowed, column.name)
        if pairs:
            yield f"[sources.codes.{column.name}]  # TO CONFIRM: one of {', '.join(allowed)}; '' for no record"
            yield from (f"{_quote(text)} = {_quote(code)}" for text, code in pairs)


def _code_pairs(column: TextColumn, allowed: tuple[str, ...], name: str) -> list[tuple[str, str]]:
    folded = {code.casefold() for code in allowed}
    texts = [text for text in dict.fromkeys(map(trim, column.texts)) if text and text.casefold() not in folded]
    return [(text, _guess(text, allowed) if name == "parameter" else "?") for text in texts[:_SAMPLE]]


def _guess(text: str, allowed: tuple[str, ...]) -> str:
    """The analyte that a laboratory calls so, where the study has it; '?' otherwise."""
    names = (text, re.sub(r"[(（\[].*?[)）\]]", "", text), *re.findall(r"[(（\[](.*?)[)）\]]", text))
    return next((code for one in names if (code := find_analyte(one)) in allowed), "?") or "?"


def _quote(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False)
