"""What load does while a study is blind: only the mapped columns of a file leave a trace, and an arm in it is found.

A hash of a whole file is a hash of its columns that nobody mapped too. Among them may be the arm under another name,
and with 20 patients every allocation can be tried until the hash fits. So the hash is of the mapped columns, and no
text of another column reaches a finding.
"""

import hashlib
from collections.abc import Iterator, Sequence

from hepatrial.contracts import compute_finding_id
from hepatrial.load.cells import trim
from hepatrial.load.complaints import file_finding
from hepatrial.load.sheet import Sheet
from hepatrial.load.source import named_columns
from hepatrial.study import Source, Study, arm_words

Finding = dict[str, object]


def hash_mapped(sheet: Sheet, sources: Sequence[Source], before: str = "") -> str:
    """SHA-256 of the columns of a sheet that its sources read, by name; ``before``: that of the file's other sheets."""
    used = _mapped(sources)
    digest = hashlib.sha256(before.encode())
    for name in sorted(used & set(sheet.columns)):
        column = sheet.columns[name]
        texts = column.spread(column.texts).tolist()
        digest.update("\x1f".join([name, str(len(texts)), *texts, ""]).encode())
    return digest.hexdigest()


def find_arms(sheet: Sheet, source: Source, study: Study) -> Iterator[Finding]:
    """A finding for each column, mapped or not, that holds nothing but names of arms."""
    words = {trim(word).casefold() for word in arm_words(study)}
    for name, column in sheet.columns.items():
        texts = {trim(text).casefold() for text in column.texts} - {""}
        if texts and texts <= words:
            yield file_finding("arm-in-export", source.file, sheet=source.sheet, line=source.header_row, column=name)


def hide_unmapped(findings: Sequence[Finding], sources: Sequence[Source]) -> list[Finding]:
    """The findings of load without a text of a column that is not mapped, nor of a whole row."""
    used = {file: _mapped([source for source in sources if source.file == file]) for file in {s.file for s in sources}}
    kept = []
    for row in findings:
        if row["column"] == "(row)":
            kept.append(_hide(row, f"line {row['line']}, not shown"))
        elif not row["column"] or row["column"] in used.get(str(row["file"]), ()):
            kept.append(row)
        elif str(row["rule"]).startswith("column-") or row["rule"] in ("arm-in-export", "identifier"):
            kept.append(_hide(row, ""))
    return kept


def _hide(row: Finding, raw: str) -> Finding:
    """The finding with another text, and the id that goes with it: the id is a hash of the text."""
    rule, record, file, column = (str(row[name]) for name in ("rule", "record_id", "file", "column"))
    return row | {"raw": raw, "finding_id": compute_finding_id(rule, record, file, column, raw)}


def _mapped(sources: Sequence[Source]) -> set[str]:
    """Columns that the sources read, those that they ignore or drop left out."""
    left_out = {trim(name) for source in sources for name in (*source.ignore, *source.drop)}
    return {trim(name) for source in sources for name in named_columns(source)} - left_out - {""}
