"""Words of the data that no column holds, and signs that the font of a page does not have."""

import re
import unicodedata

LONGEST, PIECE = 24, 8
"""Letters of a word that is left whole; of a longer one, how many stay together."""
BREAK = "\u200b"
"""Zero-width space: a line may be broken here, and nothing is seen."""
_LONG = re.compile(rf"[!-~]{{{LONGEST + 1},}}")
_PIECE = re.compile(rf".{{{PIECE}}}(?=.)")
_PICTURE = re.compile("[\u200d\ufe0f\U0001f000-\U0001faff]")


def break_words(text: str) -> str:
    """The text with places in its longest words where a line may be broken."""
    return _LONG.sub(lambda word: _PIECE.sub(rf"\g<0>{BREAK}", word[0]), text)


def name_pictures(text: str) -> str:
    """The text with the name of each emoji in its place: the fonts of the PDF have none, and would show nothing."""
    return _PICTURE.sub(lambda sign: f"[{_name(sign[0])}]" if sign[0] > "\uffff" else "", text)


def _name(sign: str) -> str:
    return unicodedata.name(sign, f"U+{ord(sign):04X}").lower()
