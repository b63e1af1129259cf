"""PNG files of the figures, made from their SVG files, so that the two never show different things."""

import json
from pathlib import Path

import typst

from hepatrial.errors import ReportError

PNG_DPI = 200.0
TOGETHER = 8  # figures at once: Typst keeps the pages of a document in memory until the last one is drawn
PAGES = b"""
#set page(width: auto, height: auto, margin: 0pt)
#for name in json(bytes(sys.inputs.names)) { page(image(name)) }
"""


def write_png(folder: Path) -> None:
    """Beside each SVG file of the folder, the same picture as PNG. Typst leaves Python free meanwhile.

    Raises
    ------
    ReportError
        When Typst refuses an image, with its message.
    """
    paths = sorted(folder.glob("*.svg"))
    for start in range(0, len(paths), TOGETHER):
        some = paths[start : start + TOGETHER]
        for path, image in zip(some, _format_png(folder, some), strict=True):
            path.with_suffix(".png").write_bytes(image)


def _format_png(folder: Path, paths: list[Path]) -> list[bytes]:
    names = json.dumps([path.name for path in paths])
    try:
        pages = typst.compile(  # type: ignore[call-overload]  # bytes in, a folder for root: one type variable for both
            PAGES, root=folder, ignore_system_fonts=True, format="png", ppi=PNG_DPI, sys_inputs={"names": names},
            timestamp=0,
        )  # fmt: skip
    except typst.TypstError as error:
        raise ReportError(f"figures as PNG: Typst could not draw them ({error})") from error
    assert pages is not None
    return [pages] if isinstance(pages, bytes) else list(pages)
