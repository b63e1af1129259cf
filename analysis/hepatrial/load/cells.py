"""White space and Unicode forms of a cell."""

import unicodedata


def trim(text: str) -> str:
    """NFKC (full-width forms become plain, no-break spaces become spaces), then no white space at either end."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip(" \t\r\n\v\f\ufeff\u200b")
