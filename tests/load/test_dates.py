from datetime import date

import pytest

from hepatrial.errors import LoadError
from hepatrial.load.dates import DateRules, Days, formats_that_fit, read_date, read_time
from hepatrial.study import ReadingRules


def rules(*formats: str, day_zero: date | None = None) -> DateRules:
    return DateRules.from_reading(ReadingRules(date_formats=formats, day_zero=day_zero))


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("2014-03-05", ()),
        ("2014-3-5", ()),
        ("2014-03-05T10:20", ()),
        ("2014-03-05 00:00:00", ()),
        ("2014/3/5", ("YYYY/MM/DD",)),
        ("2014.03.05", ("YYYY.MM.DD",)),
        ("20140305", ("YYYYMMDD",)),
        ("05.03.2014", ("DD.MM.YYYY",)),
        ("05/03/2014", ("DD/MM/YYYY",)),
        ("05-03-2014", ("DD-MM-YYYY",)),
        ("03/05/2014", ("MM/DD/YYYY",)),
        ("05-MAR-2014", ("DD-MON-YYYY",)),
        ("5 March 2014", ("DD-MON-YYYY",)),
        ("05MAR2014", ("DDMONYYYY",)),
        ("2014年3月5日", ("YYYY年MM月DD日",)),
        ("41703", ("excel 1900",)),
        ("40241", ("excel 1904",)),
        ("2014-03-05", ("DD.MM.YYYY",)),
    ],
)
def test_a_complete_date(text, formats):
    day = date(2014, 3, 5)
    assert read_date(text, rules(*formats)) == Days(day, day)


@pytest.mark.parametrize(
    ("text", "formats", "low", "high"),
    [
        ("2012-02", (), date(2012, 2, 1), date(2012, 2, 29)),
        ("2003", (), date(2003, 1, 1), date(2003, 12, 31)),
        ("2003-UN-UN", (), date(2003, 1, 1), date(2003, 12, 31)),
        ("UN-MAR-2014", ("DD-MON-YYYY",), date(2014, 3, 1), date(2014, 3, 31)),
        ("UN-UNK-2003", ("DD-MON-YYYY",), date(2003, 1, 1), date(2003, 12, 31)),
        ("05/2012", ("DD/MM/YYYY", "MM/DD/YYYY"), date(2012, 5, 1), date(2012, 5, 31)),
        ("2014年5月", ("YYYY年MM月DD日",), date(2014, 5, 1), date(2014, 5, 31)),
    ],
)
def test_a_partial_date_keeps_the_days_it_can_be(text, formats, low, high):
    assert read_date(text, rules(*formats)) == Days(low, high, "date-partial")


@pytest.mark.parametrize(
    ("text", "formats", "fault"),
    [
        ("02/09/2013", ("DD/MM/YYYY", "MM/DD/YYYY"), "date-ambiguous"),
        ("2014-02-30", (), "date-impossible"),
        ("2014-13-01", (), "date-impossible"),
        ("05-MAR-2014", (), "date-unreadable"),
        ("05-FOO-2014", ("DD-MON-YYYY",), "date-unreadable"),
        ("14-03-05", (), "date-unreadable"),
        ("0214-03-05", (), "date-impossible"),
        ("soon", (), "date-unreadable"),
    ],
)
def test_a_date_that_is_not_sure_is_none(text, formats, fault):
    assert read_date(text, rules(*formats)) == Days(fault=fault)


@pytest.mark.parametrize(
    ("text", "formats"),
    [("03/04/2014", "DD/MM/YYYY, MM/DD/YYYY"), ("05-MAR-2014", "DD-MON-YYYY"), ("soon", "none that is known")],
)
def test_the_formats_that_would_fit_are_named(text, formats):
    assert formats_that_fit(text) == formats


def test_two_orders_agree_where_only_one_is_possible():
    assert read_date("13/04/2012", rules("DD/MM/YYYY", "MM/DD/YYYY")).low == date(2012, 4, 13)


def test_days_are_counted_from_day_zero():
    counted = rules("days", day_zero=date(2000, 1, 1))
    assert read_date("28", counted).low == date(2000, 1, 29)
    assert read_date("-1", counted).low == date(1999, 12, 31)
    assert read_date("2000-01-29", counted).fault == "date-unreadable"


def test_days_need_a_day_zero_and_stand_alone():
    with pytest.raises(LoadError, match="needs day_zero"):
        rules("days")
    with pytest.raises(LoadError, match="stands alone"):
        rules("days", "YYYY-MM-DD", day_zero=date(2000, 1, 1))


@pytest.mark.parametrize(
    ("text", "time"),
    [("8:05", "08:05"), ("08:05:30", "08:05"), ("1:15 PM", "13:15"), ("12:00 AM", "00:00"), ("0805", "08:05"),
     ("2014-03-05T10:20", "10:20")],
)  # fmt: skip
def test_a_time_of_day(text, time):
    assert read_time(text) == (time, "")


@pytest.mark.parametrize("text", ["25:00", "10:61", "noon", "2014-03-05"])
def test_what_is_no_time_is_none(text):
    assert read_time(text) == (None, "time-unreadable")
