"""A short document of tables as PDF: the same font and look as the report, text always shown as text."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typst

from hepatrial.errors import ReportError
from hepatrial.render import FONT_FAMILY, FONT_PATH

TEMPLATE = Path(__file__).parent / "assets" / "certificate.typ"


@dataclass(frozen=True)
class CertificateTable:
    """A heading, a sentence below it, column heads and rows of text."""

    heading: str
    note: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def write_certificate(
    title: str, facts: Sequence[tuple[str, str]], tables: Sequence[CertificateTable], path: Path
) -> Path:
    """Write the PDF.

    Parameters
    ----------
    title : str
    facts : sequence of (label, text)
        Stand below the title.
    tables : sequence of CertificateTable
    path : Path

    Raises
    ------
    ReportError
        When Typst refuses the document, with its message.
    """
    content = {"font": FONT_FAMILY, "title": title, "facts": list(facts), "tables": [asdict(one) for one in tables]}
    try:
        page = typst.compile(  # type: ignore[misc]  # bytes in, folders of fonts: one type variable for both
            TEMPLATE.read_bytes(), font_paths=[FONT_PATH.parent], ignore_system_fonts=True, timestamp=0,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )  # fmt: skip
    except typst.TypstError as error:
        raise ReportError(f"{path.name}: Typst could not set the document ({error})") from error
    assert isinstance(page, bytes)
    path.write_bytes(page)
    return path
