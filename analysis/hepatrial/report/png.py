"""PNG files of the figures, made from their SVG files, so that the two never show different things."""

from pathlib import Path

import typst

from hepatrial.errors import ReportError

PNG_DPI = 200.0
PAGE = b"""
#set page(width: auto, height: auto, margin: 0pt)
#image(sys.inputs.name)
"""


def write_png(folder: Path) -> None:
    """Beside each SVG file of the folder, the same picture as PNG. Typst leaves Python free meanwhile.

    One at a time: what Typst has drawn stays in its memory for the next ten documents.

    Raises
    ------
    ReportError
        When Typst refuses an image, with its message.
    """
    for path in sorted(folder.glob("*.svg")):
        path.with_suffix(".png").write_bytes(_format_png(path))


def _format_png(path: Path) -> bytes:
    try:
        picture = typst.compile(  # type: ignore[call-overload]  # bytes in, a folder for root: one type variable for both
            PAGE, root=path.parent, ignore_system_fonts=True, format="png", ppi=PNG_DPI,
            sys_inputs={"name": path.name}, timestamp=0,
        )  # fmt: skip
    except typst.TypstError as error:
        raise ReportError(f"{path.stem} as PNG: Typst could not draw it ({error})") from error
    assert isinstance(picture, bytes)
    return picture
