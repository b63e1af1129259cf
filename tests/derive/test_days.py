import pandas as pd

from hepatrial.derive.days import combine_moment, derive_follow_up_day, derive_study_day


def test_study_day_has_no_day_0_and_follow_up_time_has_one():
    origin = pd.Series(pd.to_datetime(["2025-03-01"] * 5))
    dates = pd.Series(pd.to_datetime(["2025-02-28", "2025-03-01", "2025-03-02", "2025-03-29", None]))
    assert derive_study_day(dates, origin).tolist()[:4] == [-1, 1, 2, 29]
    assert derive_follow_up_day(dates, origin).tolist()[:4] == [-1, 0, 1, 28]
    assert derive_study_day(dates, origin).isna().tolist() == [False] * 4 + [True]


def test_a_moment_needs_date_and_time():
    moment = combine_moment(
        pd.Series(pd.to_datetime(["2025-03-01", "2025-03-01", None])), pd.Series(["09:30", None, "1:00"])
    )
    assert moment.tolist()[0] == pd.Timestamp("2025-03-01 09:30")
    assert moment.isna().tolist() == [False, True, True]
