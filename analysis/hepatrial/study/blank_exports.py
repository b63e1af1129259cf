"""Blank exports and their codebook: what a site fills in when it has no export of its own yet."""

from collections.abc import Iterator
from pathlib import Path

from hepatrial.contracts import STANDARD_TABLES, Column, TableSpec
from hepatrial.study.blinding import SEALED, is_blind
from hepatrial.study.models import Parameter, Study
from hepatrial.study.standard_codes import find_columns

KINDS = {
    "id": "text",
    "text": "text",
    "code": "one of the codes",
    "flag": "Y or N",
    "date": "YYYY-MM-DD, or YYYY-MM, or YYYY when no more is known",
    "time": "HH:MM, 24 hours",
    "number": "number",
    "result": "result as the laboratory wrote it, such as 12.3, <0.5 or >2000",
}
CODEBOOK = "CODEBOOK.md"
SEALED_FOLDER = "blank/sealed/"


SEALED_NOTE = (
    "",
    f"The study is blind: what tells the arm is in files of its own, in `{SEALED_FOLDER}`, which nothing",
    "opens before it is unblinded.",
)


def write_blank_exports(study: Study, folder: Path) -> list[Path]:
    """Write ``CODEBOOK.md`` and, in ``blank/``, one CSV with only the header for each standard table."""
    (folder / "blank").mkdir(parents=True, exist_ok=True)
    files = {
        folder / place: ",".join(column.name for column in columns) + "\n"
        for spec in STANDARD_TABLES.values()
        for place, columns in list_files(spec, study).items()
    }
    files[folder / CODEBOOK] = format_codebook(study)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def list_files(spec: TableSpec, study: Study) -> dict[str, tuple[Column, ...]]:
    """The blank files of a table with their columns; while the study is blind, what tells the arm has its own."""
    columns = tuple(find_columns(spec, study))
    sealed = tuple(column for column in columns if is_sealed(spec, column, study))
    if not sealed:
        return {f"blank/{spec.name}.csv": columns}
    named = {name.removesuffix("_text") for name in spec.key}
    keys = tuple(column for column in columns if column.name in named)
    rest = tuple(column for column in columns if column not in sealed)
    return {f"blank/{spec.name}.csv": rest, f"{SEALED_FOLDER}{spec.name}.csv": (*keys, *sealed)}


def is_sealed(spec: TableSpec, column: Column, study: Study) -> bool:
    """Whether a column tells the arm of a study that is blind."""
    return is_blind(study) and column.name in SEALED.get(spec.name, ())


def format_codebook(study: Study) -> str:
    """The codebook of a study's standard tables, as Markdown."""
    head = [
        f"# Codebook of {study.identity.study_id}",
        "",
        "One file a table, in `blank/` with the header only. Bold columns are compulsory; of the tables only",
        "`subjects` and those that an endpoint needs are. An empty cell means missing. Made from the study file:",
        "do not edit.",
        *(SEALED_NOTE if is_blind(study) else ()),
    ]
    return "\n".join([*head, *_tables(study), *_code_lists(study)]) + "\n"


def _tables(study: Study) -> Iterator[str]:
    for spec in STANDARD_TABLES.values():
        yield from ("", f"## {spec.name}", "", f"{spec.description}. One record is named by {_key(spec)}.", "")
        yield from _table(
            ("column", "what it holds", "how it is written"),
            ((_name(column), column.description, _form(spec, column, study)) for column in find_columns(spec, study)),
        )


def _key(spec: TableSpec) -> str:
    return ", ".join(name.removesuffix("_text") for name in spec.key)


def _name(column: Column) -> str:
    return f"**{column.name}**" if column.required else column.name


def _form(spec: TableSpec, column: Column, study: Study) -> str:
    if column.codes:
        return " · ".join(column.codes)
    lists = {
        "arm": "arms, below",
        "second_arm": "arms of the second randomisation, below",
        "parameter": "parameters, below",
        "criterion": "criteria, below",
    }
    if column.name == "visit" and spec.name in ("labs", "clinical", "specimens"):
        return "visits, below" if study.visits else "text"
    return lists.get(column.name, KINDS[column.kind])


def _code_lists(study: Study) -> Iterator[str]:
    yield from ("", "## Arms", "")
    yield from _table(("code", "arm"), ((arm.code, arm.label) for arm in study.design.arms))
    if study.design.second:
        yield from ("", "## Arms of the second randomisation", "")
        yield from _table(("code", "arm"), ((arm.code, arm.label) for arm in study.design.second.arms))
    yield from ("", "## Visits", "")
    yield from _table(
        ("code", "visit", "follow-up days", "also written"),
        (
            (v.code, v.label, f"{v.window[0]} to {v.window[1]}", " · ".join(t for t in v.labels if t != v.code))
            for v in study.visits
        ),
    )
    yield from ("", "## Parameters", "")
    yield from _table(
        ("code", "parameter", "table", "unit", "codes", "limits of quantification"),
        ((p.code, _label(p), _table_of(p), p.unit, " · ".join(p.codes), _limits(p)) for p in study.parameters),
    )
    if study.eligibility:
        yield from ("", "## Criteria", "")
        yield from _table(("id", "kind", "criterion"), ((item.id, item.kind, item.text) for item in study.eligibility))


def _label(parameter: Parameter) -> str:
    return f"{parameter.label} {parameter.label_local}".strip()


def _table_of(parameter: Parameter) -> str:
    return "labs" if parameter.group == "LABORATORY" else "clinical"


def _limits(parameter: Parameter) -> str:
    low = "" if parameter.lower_limit is None else f"from {parameter.lower_limit:g}"
    high = "" if parameter.upper_limit is None else f"to {parameter.upper_limit:g}"
    return f"{low} {high}".strip()


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|" + " --- |" * len(header)
    for row in rows:
        yield "| " + " | ".join(row).replace("  ", " ") + " |"
