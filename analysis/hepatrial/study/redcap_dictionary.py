"""The study's standard tables as a REDCap data dictionary: one instrument a table, ready to be uploaded.

All tables but ``subjects`` are repeating instruments (to be switched on in the project's set-up); the subject
identifier is the project's record id. Somebody who failed screening is a record with the screening instrument only.
"""

import csv
import io

from hepatrial.contracts import STANDARD_TABLES, Column, TableSpec
from hepatrial.study.blank_exports import is_sealed
from hepatrial.study.models import Study
from hepatrial.study.standard_codes import find_codes, find_columns

DICTIONARY = "redcap_dictionary.csv"
EXPORT = "redcap_export.csv"
RECORD = "record_id"
ONE_A_SUBJECT = ("subjects",)
HEADER = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
_PREFIX = {"adverse_events": "ae", "device_deficiencies": "dd", "vital_status": "vs", "medications": "cm"}


def repeats(spec: TableSpec) -> bool:
    """Whether a subject has several rows of the table."""
    return spec.name not in ONE_A_SUBJECT


def field_name(spec: TableSpec, column: Column) -> str:
    """The REDCap variable of a column: at most 26 characters, one of a kind in the project."""
    return f"{_PREFIX.get(spec.name, spec.name[:6])}_{column.name}"[:26]


def own_columns(spec: TableSpec, study: Study) -> tuple[Column, ...]:
    """Columns that are fields of the instrument: all but the subject, who is the record; the screening log has both.

    What tells the arm of a blind study is in no project that the site and the data manager see.
    """
    columns = tuple(column for column in find_columns(spec, study) if not is_sealed(spec, column, study))
    return tuple(column for column in columns if column.name != "subject_id" or not column.required)


def format_redcap_dictionary(study: Study) -> str:
    """The data dictionary as CSV text, with the study's arms, parameters, visits and criteria as choices.

    Dates that may be known in part only (year, or year and month) are plain text fields, because REDCap's date
    validation would force a day to be invented.
    """
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerow(_row(RECORD, "subjects", "text", "Subject identifier of the study", required=True))
    for spec in STANDARD_TABLES.values():
        for column in own_columns(spec, study):
            writer.writerow(_field(spec, column, study))
    return stream.getvalue()


def _field(spec: TableSpec, column: Column, study: Study) -> dict[str, str]:
    choices = _choices(spec, column, study)
    note = "YYYY-MM-DD; YYYY-MM or YYYY when no more is known" if column.kind == "date" else ""
    return _row(
        field_name(spec, column), spec.name, "dropdown" if choices else "text", f"{spec.name}: {column.description}",
        choices=" | ".join(f"{code}, {label}" for code, label in choices.items()), note=note,
        validation={"number": "number", "time": "time"}.get(column.kind, ""), required=column.required,
    )  # fmt: skip


def _row(
    name: str, form: str, kind: str, label: str, *,
    choices: str = "", note: str = "", validation: str = "", required: bool = False,
) -> dict[str, str]:  # fmt: skip
    return {
        HEADER[0]: name, HEADER[1]: form, HEADER[3]: kind, HEADER[4]: label, HEADER[5]: choices, HEADER[6]: note,
        HEADER[7]: validation, HEADER[12]: "y" if required else "",
    }  # fmt: skip


def _choices(spec: TableSpec, column: Column, study: Study) -> dict[str, str]:
    """Raw codes = labels. Both are the code, because data.toml then needs no list of codes."""
    lists = {
        "arm": list(find_codes(column, study)),
        "second_arm": list(find_codes(column, study)),
        "parameter": [item.code for item in study.parameters if (item.group == "LABORATORY") == (spec.name == "labs")],
        "criterion": [item.id for item in study.eligibility],
        "visit": [visit.code for visit in study.visits],
    }
    codes = list(column.codes) or lists.get(column.name, [])
    codes = ["Y", "N"] if column.kind == "flag" else codes
    return {code: code for code in codes}
