"""Reads one spreadsheet in a process of its own: standard input to a pickle of its cells on standard output.

calamine is fast, but a damaged file can make it ask for all the memory there is, which ends the process it runs in.
Run as a script by ``workbook_process`` and importing nothing of hepatrial, so that it starts in a moment.
"""

import io
import pickle
import sys

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

MEMORY = 1 << 30


def read(content: bytes, wanted: str) -> tuple[str, object]:
    """``("cells", (sheet names, chosen, cells, merged ranges))`` or ``("error", text)``."""
    import python_calamine  # here, so that the memory limit holds while it loads

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = list(book.sheet_names)
        if wanted and wanted not in names:
            return "error", f"has no sheet {wanted!r}; it has {', '.join(map(repr, names))}"
        chosen = names.index(wanted) if wanted else 0
        sheet = book.get_sheet_by_index(chosen)
        cells = sheet.to_python(skip_empty_area=False)
        return "cells", (names, chosen, cells, list(sheet.merged_cell_ranges or ()))
    except BaseException as error:  # a panic of the reader is no Exception, and this process does nothing else
        return "error", f"is damaged or no spreadsheet ({error}); open it, save it as XLSX again"


if __name__ == "__main__":
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.buffer.write(pickle.dumps(read(sys.stdin.buffer.read(), sys.argv[1])))
