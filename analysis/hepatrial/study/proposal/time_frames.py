"""Days in the time frame of an outcome: "days 1, 3 and 7", "week 24", "up to 12 months"."""

import re

DAYS_IN = {"day": 1.0, "d": 1.0, "week": 7.0, "wk": 7.0, "month": 365.25 / 12, "year": 365.25}
"""Days of one unit; a month is a twelfth of a year of 365.25 days, rounded to a whole day in the end."""
WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "nine": 9, "twelve": 12}

_UNIT = r"(day|week|wk|month|year)s?"
_NUMBER = r"\d+(?:\.\d+)?"
_LIST = rf"{_NUMBER}(?:(?:\s*(?:,|;|/|-|–|and|or|to|&)\s*)+{_NUMBER})*"
_FRAME = re.compile(
    rf"\b(?P<first>{_UNIT})\s*(?P<after>{_LIST})|(?P<before>{_LIST})[\s-]*(?P<last>{_UNIT})\b|\bd(?P<short>\d+)\b"
)


def parse_days(text: str) -> tuple[int, ...]:
    """Days after day 0 that a time frame names, sorted; none where it names none.

    Examples
    --------
    >>> parse_days("Days 1, 3 and 7 after treatment, week 4"), parse_days("24-week follow-up"), parse_days("discharge")
    ((1, 3, 7, 28), (168,), ())
    """
    plain = re.sub(rf"\b({'|'.join(WORDS)})\b", lambda word: str(WORDS[word[0]]), text.casefold())
    days = {round(number * DAYS_IN[unit]) for match in _FRAME.finditer(plain) for number, unit in _numbers(match)}
    return tuple(sorted(days - {0}))


def _numbers(match: re.Match[str]) -> list[tuple[float, str]]:
    if match["short"]:
        return [(float(match["short"]), "day")]
    unit = (match["first"] or match["last"]).rstrip("s")
    return [(float(number), unit) for number in re.findall(_NUMBER, match["after"] or match["before"])]
