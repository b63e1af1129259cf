"""Responses at a visit: counted by hand from the typed patients, and the arms compared."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis_factory import value
from hepatrial.analyse import analyse_study
from hepatrial.errors import StudyError
from hepatrial.estimate import compare_proportions, compare_proportions_stratified, estimate_proportion
from response_factory import COMPARED, PLAN, make_response

NAMES = ("response", "no response", "died", "transplanted", "missing", "not yet due")


@pytest.fixture(scope="module")
def study_and_data(tmp_path_factory):
    return make_response(tmp_path_factory.mktemp("s"))


@pytest.fixture(scope="module")
def results(study_and_data):
    return analyse_study(*study_and_data).frame


def statuses(results, group):
    keys = {"measure": "response status", "by_level": "", "group": group}
    return [value(results, "n", level=name, **keys) for name in NAMES]


def test_every_patient_has_one_status(results):
    assert statuses(results, "PBO") == [1, 2, 2, 0, 1, 0]
    assert statuses(results, "MSC") == [4, 0, 1, 1, 1, 0]


def test_a_status_names_its_patients(study_and_data):
    found = analyse_study(*study_and_data)
    rows = found.frame.merge(found.sources, on="source_id")
    counts = rows[(rows["measure"].isin(["response status", "proportion"])) & (rows["stat"] == "n")]
    counts = counts[counts["by_level"] == ""]
    assert len(counts) > 10
    for row in counts.to_dict("records"):
        assert len(json.loads(row["where"])[-1][2]) == row["value"], (row["level"], row["group"])


@pytest.mark.parametrize(("group", "x", "n"), [("PBO", 1, 6), ("MSC", 4, 7)])
def test_the_proportion_and_its_exact_limits(results, group, x, n):
    keys = {"measure": "proportion", "level": "response", "group": group, "visit": "D28"}
    assert [value(results, stat, **keys) for stat in ("n", "n_total", "estimate")] == [x, n, x / n]
    found = estimate_proportion(x, n)
    assert value(results, "conf_low", **keys) == found.conf_low
    assert value(results, "conf_high", **keys) == found.conf_high


def test_classes_at_baseline_by_hand(results):
    keys = {"measure": "response status", "level": "response", "by_variable": "baseline class"}
    counts = {
        (group, label): tuple(value(results, stat, group=group, by_level=label, **keys) for stat in ("n", "n_total"))
        for group in ("PBO", "MSC")
        for label in ("low", "high", "Missing")
    }
    assert counts == {
        ("PBO", "low"): (1, 2), ("PBO", "high"): (0, 3), ("PBO", "Missing"): (0, 1),
        ("MSC", "low"): (3, 3), ("MSC", "high"): (1, 4), ("MSC", "Missing"): (0, 0),
    }  # fmt: skip


def test_the_comparison_is_of_the_counts_above(results):
    keys = {"group": "MSC", "comparator": "PBO"}
    found = compare_proportions({"m": 4, "p": 1}, {"m": 7, "p": 6}, reference="p")
    for stat in ("estimate", "conf_low", "conf_high"):
        assert value(results, stat, measure="proportion difference", **keys) == getattr(found, stat)
    # of C(13, 5) = 1287 ways: 4 or 5 of the 5 responders in MSC 35 * 6 + 21; none or one 6 + 7 * 15
    p = (35 * 6 + 21 + 6 + 7 * 15) / 1287
    assert value(results, "p_value", measure="proportion test", level="fisher", **keys) == pytest.approx(p, rel=1e-9)


def test_the_missing_are_left_out_where_declared(tmp_path):
    plan = PLAN.replace('missing = "not response"', 'missing = "left out"')
    found = analyse_study(*make_response(tmp_path, plan=plan)).frame
    keys = {"measure": "proportion", "level": "response"}
    assert [value(found, "n_total", group=group, **keys) for group in ("PBO", "MSC")] == [5, 6]
    assert statuses(found, "MSC") == [4, 0, 1, 1, 1, 0]


def test_a_change_from_baseline_and_values_after_transplant(tmp_path):
    plan = PLAN.replace('{ op = "<=", value = 6.0 }', '{ of = "change from baseline", op = "<", value = -1.0 }')
    plan = plan.replace('transplant = "not response"', 'transplant = "as measured"')
    found = analyse_study(*make_response(tmp_path, plan=plan)).frame
    # PBO: -1 (no), 0 (no), died, died, -1 (no), missing; MSC: -2, -4, -4 (responses), died, died, -1 (no), missing
    assert statuses(found, "PBO") == [0, 3, 2, 0, 1, 0]
    assert statuses(found, "MSC") == [3, 1, 2, 0, 1, 0]


def test_a_visit_that_has_not_come_is_not_missing(study_and_data):
    study, data = study_and_data
    early = analyse_study(study, replace(data, as_of=date(2025, 2, 1))).frame  # the window ends on 2 February
    assert statuses(early, "MSC") == [4, 0, 1, 1, 0, 1]
    keys = {"measure": "proportion", "level": "response", "group": "MSC"}
    assert value(early, "n_total", **keys) == 6


def enter_later(data, subjects, days):
    """The data with these patients entering the study that much later, and all that happened to them."""
    adsl = data.datasets["ADSL"].copy()
    for name in ("ORIGDT", "DTHDT", "LTDT"):
        adsl[name] = adsl[name].mask(adsl["USUBJID"].isin(subjects), adsl[name] + pd.Timedelta(days=days))
    return replace(data, datasets={**data.datasets, "ADSL": adsl})


def test_in_an_interim_report_the_day_of_entry_alone_says_who_counts(study_and_data):
    study, data = study_and_data
    later = enter_later(data, ["S02", "S06"], 30)  # one died on day 12, one is a response
    cut = date(2025, 2, 10)
    interim = analyse_study(study, replace(later, as_of=cut, cutoff=cut)).frame
    assert statuses(interim, "PBO") == [1, 2, 1, 0, 1, 1]
    assert statuses(interim, "MSC") == [3, 0, 1, 1, 1, 1]
    keys = {"measure": "proportion", "level": "response"}
    assert [value(interim, "n_total", group=group, **keys) for group in ("PBO", "MSC")] == [5, 6]
    everything = analyse_study(study, replace(later, as_of=cut)).frame  # a report of all data leaves no death out
    assert statuses(everything, "PBO") == [1, 2, 2, 0, 1, 0]
    assert statuses(everything, "MSC") == [4, 0, 1, 1, 1, 0]


def test_an_interim_report_before_anybody_is_due_has_no_proportion(study_and_data):
    study, data = study_and_data
    cut = date(2025, 1, 15)
    frame = analyse_study(study, replace(data, as_of=cut, cutoff=cut)).frame
    assert statuses(frame, "MSC") == [0, 0, 0, 0, 0, 7]
    found = frame[frame["measure"].isin(["proportion", "proportion difference", "proportion test"])]
    shown = found[found["stat"].isin(["estimate", "conf_low", "conf_high", "p_value"])]
    assert len(shown) >= 6
    assert shown["value"].isna().all()
    assert set(shown["status"]) == {"not_estimable"}


def test_strata_give_cmh_and_sato(tmp_path):
    more = COMPARED.replace("miettinen-nurminen", "mantel-haenszel").replace('"fisher"', '"cmh", strata = "STRATUM"')
    found = analyse_study(*make_response(tmp_path, more)).frame
    counts, sizes = {"m": [3, 1], "p": [1, 0]}, {"m": [3, 4], "p": [3, 3]}
    keys = {"group": "MSC", "comparator": "PBO"}
    difference = value(found, "estimate", measure="proportion difference", **keys)
    # weights 3 * 3 / 6 and 4 * 3 / 7: (1.5 * 2 / 3 + 12 / 7 * 1 / 4) / (1.5 + 12 / 7)
    assert difference == pytest.approx((1 + 3 / 7) / (1.5 + 12 / 7), rel=1e-12)
    expected = compare_proportions(counts, sizes, reference="p", method="mantel-haenszel", stratum=["a", "b"])
    assert value(found, "conf_low", measure="proportion difference", **keys) == expected.conf_low
    cmh = compare_proportions_stratified(counts, sizes, reference="p")
    assert value(found, "p_value", measure="proportion test", level="cmh", **keys) == cmh.p_value
    assert np.isnan(value(found, "p_value", measure="homogeneity test", **keys))  # no failure in MSC a: odds infinite
    (reason,) = set(found.loc[found["measure"] == "homogeneity test", "message"])
    assert reason == "the common odds ratio is 0 or infinite"


def test_tipping_point_shows_every_split(tmp_path):
    more = COMPARED.replace('"fisher"', '"fisher", tipping_point = true')
    study, data = make_response(tmp_path, more)
    rows = analyse_study(study, data).frame
    rows = rows[rows["measure"] == "tipping point"]
    splits = rows[(rows["stat"] == "p_value")]
    assert sorted(zip(splits["level"], splits["by_level"], strict=True)) == [
        ("0", "0"), ("0", "1"), ("1", "0"), ("1", "1"),
    ]  # fmt: skip
    best = compare_proportions({"m": 5, "p": 1}, {"m": 7, "p": 6}, reference="p")
    assert value(rows, "estimate", level="1", by_level="0") == best.estimate
    assert [value(rows, stat, level="") for stat in ("n", "n_total", "n_missing")] == [0, 4, 2]


@pytest.mark.parametrize(
    ("conf_type", "measure", "test"),
    [("newcombe", "difference", "barnard"), ("exact", "difference", "boschloo"), ("exact", "odds ratio", "pearson"),
     ("miettinen-nurminen", "risk ratio", "none")],
)  # fmt: skip
def test_each_declared_method_is_the_one_used(tmp_path, conf_type, measure, test):
    more = f'comparison = {{ measure = "{measure}", conf_type = "{conf_type}", test = "{test}" }}'
    found = analyse_study(*make_response(tmp_path, more)).frame
    name = "proportion difference" if measure == "difference" else measure
    keys = {"measure": name, "group": "MSC"}
    low, estimate, high = (value(found, stat, **keys) for stat in ("conf_low", "estimate", "conf_high"))
    assert low < estimate < high
    assert set(found.loc[found["measure"] == "proportion test", "level"]) == ({test} - {"none"})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"miettinen-nurminen": "mantel-haenszel"}, "need strata, a column of ADSL"),
        ({'"fisher"': '"fisher", strata = "STRATUM"'}, "with strata the test is 'cmh' or 'none'"),
        ({'"fisher"': '"cmh", strata = "CENTRE"'}, "'CENTRE' is not a column of ADSL"),
        ({"miettinen-nurminen": "newcombe", '"difference"': '"odds ratio"'}, "'newcombe' is an interval of a diff"),
        ({"miettinen-nurminen": "exact", '"difference"': '"risk ratio"'}, "there is no exact interval of a risk"),
        ({"miettinen-nurminen": "exact", '"fisher"': '"none", strata = "SEX"'}, "a stratified difference needs 'man"),
        ({'"fisher"': '"cmh", strata = "SEX", tipping_point = true'}, "tipping_point: not with strata"),
    ],
)
def test_what_cannot_be_computed_together_is_refused(tmp_path, change, fault):
    more = COMPARED
    for old, new in change.items():
        more = more.replace(old, new)
    with pytest.raises(StudyError) as raised:
        make_response(tmp_path, more)
    assert any(fault in line for line in raised.value.faults), raised.value.faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('parameter = "BILI"', 'parameter = "OS"', "'OS' is not a parameter or score"),
        ('visit = "D28"', 'visit = "W24"', "'W24' is not a visit"),
        ("to = 8.0 }, { label", 'to = 8.0 }, { label = "x", to = 4.0 }, { label', "go from low to high"),
    ],
)
def test_names_and_classes_are_checked(tmp_path, old, new, fault):
    with pytest.raises(StudyError) as raised:
        make_response(tmp_path, plan=PLAN.replace(old, new))
    assert any(fault in line for line in raised.value.faults), raised.value.faults
