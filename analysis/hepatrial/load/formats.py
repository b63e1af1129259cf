"""Which reader a file needs, told by its first bytes and never by its name alone."""

from hepatrial.errors import LoadError
from hepatrial.load.datasets import READERS, as_sheet
from hepatrial.load.delimited import read_delimited
from hepatrial.load.files import FileBytes
from hepatrial.load.sheet import Sheet
from hepatrial.load.spreadsheet import read_spreadsheet
from hepatrial.study import ReadingRules, Source

SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def read_sheet(file: FileBytes, source: Source, rules: ReadingRules) -> Sheet:
    """The table that a source names, whatever the format of its file."""
    head = file.content[:200]
    if head.startswith(SPREADSHEETS):
        return read_spreadsheet(
            file.content,
            file.name,
            sheet=source.sheet,
            header_row=source.header_row,
            header_rows=source.header_rows,
        )
    for is_mine, read in READERS:
        if is_mine(head):
            return as_sheet(read(file.content, file.name))
    if source.sheet:
        raise LoadError(f"{file.name}: is no spreadsheet, so it has no sheet {source.sheet!r}; remove sheet")
    return read_delimited(
        file.content,
        file.name,
        encoding=rules.encoding,
        delimiter=rules.delimiter,
        header_row=source.header_row,
        header_rows=source.header_rows,
    )
