"""Days: the study day, which has no day 0, and follow-up time, which has one.

ADY is 1 on the day of the origin and -1 on the day before (CDISC ADaMIG 1.3, section 3.3.3). AFUDY is ADT minus
the origin: "day 28 after treatment" is AFUDY 28 and ADY 29.
"""

import pandas as pd

DAY = pd.Timedelta(days=1)
LAST_MINUTE = pd.Timedelta(hours=23, minutes=59)
"""From the start of a day to the last minute of it that a time of day can name."""


def derive_follow_up_day(date: pd.Series, origin: pd.Series) -> pd.Series:
    """Whole days from the origin, 0 on its day; missing where either date is."""
    return ((date - origin) / DAY).astype("float64")


def derive_study_day(date: pd.Series, origin: pd.Series) -> pd.Series:
    """Study day without a day 0: 1 on the day of the origin, -1 the day before."""
    day = derive_follow_up_day(date, origin)
    return day.where(day < 0, day + 1)


def combine_moment(date: pd.Series, time: pd.Series) -> pd.Series:
    """Date and time of day (HH:MM) as one moment; missing where either is."""
    clock = pd.to_timedelta(time.astype("object").where(time.notna(), None).map(_with_seconds), errors="coerce")
    return (date + clock).astype("datetime64[ns]")


def _with_seconds(text: object) -> str | None:
    return f"{text}:00" if isinstance(text, str) else None
