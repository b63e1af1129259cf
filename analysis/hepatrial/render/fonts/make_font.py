"""Make HepatrialSans.otf: the part of Noto Sans CJK SC that reports need, so that no system font is used.

Run by hand when the font changes, never by the package::

    apt-get install fonts-noto-cjk
    python make_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc HepatrialSans.otf

Kept: Latin, Greek, punctuation, arrows, mathematical and technical signs, CJK punctuation, full-width forms and
every character of GB 2312 (6,763 Chinese characters). The family is renamed, so that it never mixes with an
installed Noto. The same input gives the same bytes.
"""

import sys

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

FAMILY = "Hepatrial Sans"
SIMPLIFIED_CHINESE = 2  # index of Noto Sans CJK SC in the collection
RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x18F, 0x192), (0x1CD, 0x1DC), (0x2C6, 0x2DD), (0x370, 0x3FF), (0x400, 0x45F),
    (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF), (0x2100, 0x214F), (0x2150, 0x218F),
    (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF), (0x2500, 0x257F), (0x25A0, 0x25FF), (0x2600, 0x266F),
    (0x3000, 0x303F), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),
)  # fmt: skip


def gb2312_characters() -> set[int]:
    """Code points of GB 2312, read off Python's own codec."""
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return {ord(text) for text in (pair.decode("gb2312", errors="ignore") for pair in pairs) if text}


def make_font(collection: str, target: str) -> None:
    """Write the subset of the collection's Simplified Chinese font to ``target``."""
    font = TTCollection(collection).fonts[SIMPLIFIED_CHINESE]
    wanted = {code for low, high in RANGES for code in range(low, high + 1)} | gb2312_characters()
    options = subset.Options(hinting=False, desubroutinize=False, layout_features=["kern"], name_IDs=["*"])
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    _rename(font)
    font.recalcTimestamp = False
    font.save(target)


def _rename(font: TTFont) -> None:
    names = {1: FAMILY, 3: f"{FAMILY} Regular", 4: FAMILY, 6: "HepatrialSans-Regular", 16: FAMILY}
    for record in list(font["name"].names):
        if record.langID not in (0, 0x409):
            font["name"].removeNames(platformID=record.platformID, langID=record.langID)
        elif record.nameID in names:
            record.string = names[record.nameID]
    top = font["CFF "].cff
    top.fontNames[0] = names[6]
    top.topDictIndex[0].FullName, top.topDictIndex[0].FamilyName = FAMILY, FAMILY


if __name__ == "__main__":
    make_font(*sys.argv[1:3])
