"""What must hold for every trial: invented trials of eight subjects, derived as they are and with one thing changed."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive_study import derive, make_study

pytestmark = pytest.mark.property

TIMES = """
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
[[times_to_event]]
code = "TFS"
label = "Transplant-free survival"
events = ["death", "transplant"]
[[times_to_event]]
code = "LT"
label = "Transplant"
events = ["transplant"]
competing = ["death"]
[[times_to_event]]
code = "OS28"
label = "Overall survival to day 28"
events = ["death"]
censor_at_day = 28
"""
ORIGIN = date(2025, 3, 1)
DAYS = st.integers(0, 90)
SUBJECT = st.fixed_dictionaries(
    {
        "death": st.one_of(st.none(), DAYS),
        "transplant": st.one_of(st.none(), DAYS),
        "last contact": st.one_of(st.none(), DAYS),
        "labs": st.lists(
            st.tuples(st.integers(-10, 40), st.integers(0, 23), st.integers(1, 999)),
            max_size=8,
            unique_by=lambda x: x[:2],
        ),
    }
)
TRIAL = st.lists(SUBJECT, min_size=8, max_size=8)
QUICK = settings(max_examples=5, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"), times=TIMES)


def tables(trial, shift=0, turn=False):
    """The trial as text tables, every date moved by ``shift`` days, the rows in turned order."""
    start = ORIGIN + timedelta(days=shift)
    names = [f"S{number}" for number in range(len(trial))]
    outcomes, labs = [], []
    for name, subject in zip(names, trial, strict=True):
        for what in ("death", "transplant", "last contact"):
            day = subject[what]
            if day is not None and (what == "death" or subject["death"] is None or day <= subject["death"]):
                outcomes.append(f"{name} | {what} | {start + timedelta(days=day)}")
        for day, hour, value in subject["labs"]:
            if subject["death"] is None or day <= subject["death"]:
                labs.append(f"{name} | {start + timedelta(days=day)} | {hour:02}:00 | BILI | {value}")
    order = -1 if turn else 1
    return {
        "subjects": "\n".join(["subject_id", *names[::order]]),
        "treatments": "\n".join(
            ["subject_id | start_date | start_time", *(f"{n} | {start} | 09:00" for n in names[::order])]
        ),
        "outcomes": "\n".join(["subject_id | outcome | date", *outcomes[::order]]),
        "labs": "\n".join(["subject_id | date | time | parameter | result", *labs[::order]]),
    }


def times(data):
    return data.datasets["ADTTE"].pivot(index="USUBJID", columns="PARAMCD", values=["AVAL", "CNSR"])


@QUICK
@given(trial=TRIAL)
def test_times_to_event_agree_with_each_other(study, trial):
    found = times(derive(study, **tables(trial)))
    value, status = found["AVAL"], found["CNSR"]
    assert (value >= 0).all(axis=None)
    assert (value["TFS"] <= value["OS"]).all()
    assert (value["LT"] == value["TFS"]).all()
    # transplant-free survival ends with whichever of the two the competing risk sees first
    assert ((status["LT"] != 1) == (status["TFS"] == 0)).all()
    assert (value["OS28"] == np.minimum(value["OS"], 28)).all()
    assert ((status["OS28"] == 0) == ((status["OS"] == 0) & (value["OS"] <= 28))).all()


@QUICK
@given(trial=TRIAL, shift=st.integers(-400, 200))
def test_moving_every_date_changes_no_time_and_no_visit(study, trial, shift):
    first, second = derive(study, **tables(trial)), derive(study, **tables(trial, shift, turn=True))
    assert times(first).equals(times(second))
    columns = ["USUBJID", "PARAMCD", "AFUDY", "ATM", "AVAL", "AVISIT", "ANL01FL", "ABLFL", "BASE", "CHG"]
    left, right = (data.datasets["ADLB"][columns].reset_index(drop=True) for data in (first, second))
    assert left.equals(right)


@QUICK
@given(trial=TRIAL)
def test_one_record_stands_for_a_visit_and_it_is_the_nearest(study, trial):
    adlb = derive(study, **tables(trial)).datasets["ADLB"]
    chosen = adlb[adlb["ANL01FL"] == "Y"]
    assert not chosen.duplicated(["USUBJID", "PARAMCD", "AVISIT"]).any()
    windowed = adlb[adlb["AVISIT"].notna() & (adlb["AVISIT"] != "BL")]
    nearest = windowed.groupby(["USUBJID", "AVISIT"])["AWTDIFF"].min()
    mine = chosen[chosen["AVISIT"] != "BL"].set_index(["USUBJID", "AVISIT"])["AWTDIFF"]
    assert mine.sort_index().equals(nearest.sort_index())
    after = adlb[adlb["CHG"].notna()]
    assert (after["AFUDY"] >= 0).all()
    assert np.allclose(after["AVAL"] - after["BASE"], after["CHG"])


@QUICK
@given(trial=TRIAL, cut=st.integers(0, 90))
def test_a_data_cut_never_knows_more_than_the_whole(study, trial, cut):
    everything = times(derive(study, **tables(trial)))
    known = times(derive(study, cutoff=ORIGIN + timedelta(days=cut), **tables(trial)))
    assert (known["AVAL"]["OS"] <= np.minimum(everything["AVAL"]["OS"], cut)).all()
    had = known["CNSR"]["OS"] == 0
    assert (everything["CNSR"]["OS"][had] == 0).all()
    assert (known["AVAL"]["OS"][had] == everything["AVAL"]["OS"][had]).all()
