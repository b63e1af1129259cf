"""Texts that may say who a patient is: identity numbers, telephone numbers, e-mail addresses.

Chinese identity numbers are told by their check digit (GB 11643-1999: weights 2^(18-i) mod 11), so that an ordinary
number of 18 digits is not taken for one. A name in free text cannot be told from any other word: columns that hold
names are found by their headers when the exports are read (``load.identifiers``).
"""

import re
from typing import Final

_IDENTITY: Final = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dXx])")
_MOBILE: Final = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d{9}(?![\d.])")
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}")
_SHORTEST: Final = 6


def find_personal_text(text: str) -> str:
    """What a text may hold of a person, '' when nothing."""
    if len(text) < _SHORTEST:
        return ""
    if any(_has_check_digit(number) for number in _IDENTITY.findall(text)):
        return "a Chinese identity number"
    if _MOBILE.search(text):
        return "a telephone number"
    return "an e-mail address" if "@" in text and _MAIL.search(text) else ""


def mask_text(text: str) -> str:
    """The length of a text and nothing else of it."""
    return "*" * min(len(text), 40)


def _has_check_digit(number: str) -> bool:
    total = sum(int(digit) * (1 << (17 - place)) for place, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17].upper()
