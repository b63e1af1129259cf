"""Edges of small samples: n = 1 and 2, no events, all events, all censored, all tied, an arm that is alike.

Of every estimator, at every edge: a number with its method, or none with a status and a reason; never an exception,
an interval without width shown as certainty, a p-value of 0, or an estimate outside its own limits.
"""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from hepatrial import estimate as e
from hepatrial.errors import EstimateError
from hepatrial.estimate.proportions import _METHODS
from hepatrial.estimate.survival import CONF_TYPES
from hepatrial.estimate.two_proportions import METHODS, STRATIFIED

SAMPLES = {
    "one event": ([5.0], [1]), "one censored": ([5.0], [0]), "two events": ([5.0, 7.0], [1, 1]),
    "two censored": ([5.0, 7.0], [0, 0]), "events tied": ([3.0] * 4, [1] * 4), "censored tied": ([5.0] * 4, [0] * 4),
    "day 0": ([0.0, 0.0], [1, 0]), "all events": ([1.0, 2.0, 3.0, 4.0], [1] * 4),
    "mixed": ([3.0, 5.0, 5.0, 9.0], [1, 0, 1, 0]),
}  # fmt: skip
VALUES = {"one": [3.0], "two": [3.0, 4.0], "tied": [3.0] * 4, "four": [1.0, 2.0, 3.0, 5.0],
          "nearly tied": [3.0] * 11 + [4.0]}  # fmt: skip
COUNTS = [(0, 1, 0, 1), (1, 1, 0, 1), (1, 1, 1, 1), (0, 2, 0, 3), (2, 2, 3, 3), (5, 5, 0, 5), (0, 5, 5, 5),
          (3, 5, 0, 5), (5, 5, 3, 5), (0, 0, 1, 3), (0, 0, 0, 0)]  # fmt: skip
STRATA = [([0, 0], [2, 2], [0, 0], [2, 2]), ([2, 2], [2, 2], [0, 0], [2, 2]),
          ([2, 2], [2, 2], [2, 2], [2, 2]), ([1, 0], [1, 0], [0, 1], [0, 2]),
          ([1, 0], [1, 1], [0, 1], [1, 1]), ([0, 1], [3, 3], [0, 0], [3, 3])]  # fmt: skip
RATIOS = ("exact", "minlike", "mid-p", "score", "log-wald")
DIFFERENCES = [("difference", "score"), ("difference", "wald")]
WITHOUT_TEST = ("newcombe", "newcombe-cc", "mover-jeffreys")
OFF_CENTRE = ("jeffreys-raw", "uniform")
"""Posterior limits without the correction at 0 and n."""
ESTIMATES = ("estimate", "hazard_ratio", "odds_ratio", "survival", "incidence")


def lines_of(found):
    """Every estimate of a frozen result as a dict; a line's own status and message go first."""
    own = {"status": found.status, "message": "; ".join(found.notes)}
    frame = getattr(found, "table", None)
    frame = getattr(found, "at", None) if frame is None else frame
    if not isinstance(frame, pd.DataFrame):
        names = (*ESTIMATES, "conf_low", "conf_high", "p_value")
        return [own | {name: getattr(found, name) for name in names if hasattr(found, name)}]
    rows = frame.to_dict("records")
    return [own | {key: value for key, value in row.items() if key not in own or value} for row in rows]


def assert_sound(found, *, has_test=True, inside=True):
    for line in lines_of(found):
        if line["status"] in ("failed", "not_estimable"):
            assert line["message"] or "; ".join(found.notes), line
            continue
        value = next(line[name] for name in ESTIMATES if name in line) if set(ESTIMATES) & set(line) else math.nan
        low, high = line.get("conf_low", math.nan), line.get("conf_high", math.nan)
        explained = line["message"] != "" or found.notes
        assert low != high, line
        assert line["status"] == "note" or not ("conf_low" in line and math.isnan(low) and math.isfinite(value)), line
        assert explained or not math.isnan(value) or not set(ESTIMATES) & set(line), line
        if inside and math.isfinite(value) and math.isfinite(low) and math.isfinite(high):
            assert low - 1e-9 <= value <= high + 1e-9 or "infinity" in line["message"], line
        if has_test and "p_value" in line:
            assert explained or line["p_value"] > 0, line
            assert line["p_value"] != 0, line


@pytest.mark.parametrize("method", list(_METHODS))
def test_single_proportions(method):
    for x, n in [(0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (0, 10), (10, 10), (0, 0)]:
        assert_sound(e.estimate_proportion(x, n, method=method), inside=method not in OFF_CENTRE)


@pytest.mark.parametrize(("measure", "method"), [(name, item) for name, items in METHODS.items() for item in items])
def test_two_proportions(measure, method):
    for x, n, y, m in COUNTS:
        found = e.compare_proportions({"a": x, "b": y}, {"a": n, "b": m}, reference="b", measure=measure, method=method)
        assert_sound(found, has_test=method not in WITHOUT_TEST)


@pytest.mark.parametrize("method", STRATIFIED)
@pytest.mark.parametrize("counts", STRATA)
def test_proportions_in_strata(method, counts):
    x, n, y, m = counts
    options = {"reference": "b", "method": method, "stratum": ["s", "t"]}
    for measure in METHODS if method.startswith("mantel") else ("difference",):
        if not method.endswith("ivs"):  # which refuses strata without events, saying so
            assert_sound(e.compare_proportions({"a": x, "b": y}, {"a": n, "b": m}, measure=measure, **options))


def test_wald_at_the_border_has_an_estimate_and_no_limits():
    found = e.compare_proportions({"a": 5, "b": 0}, {"a": 5, "b": 5}, reference="b", method="wald")
    assert (found.estimate, found.status) == (1.0, "note")
    assert math.isnan(found.conf_low)
    assert math.isnan(found.p_value)
    assert found.notes == ("the standard error is 0: wald limits do not exist",)
    assert e.estimate_proportion(0, 9, method="wald").notes[0].startswith("0 of 9: the standard error is 0")


@pytest.mark.parametrize("method", ["exact", "mid-p", "log-wald"])
def test_rates(method):
    for events, time in [(0, 10.0), (1, 1.0), (0, 0.0), (3, 1.0)]:
        assert_sound(e.estimate_rate(events, time, method=method))


@pytest.mark.parametrize(("measure", "method"), [*itertools.product(["ratio"], RATIOS), *DIFFERENCES])
def test_two_rates(measure, method):
    for x, y in [(0, 0), (3, 0), (0, 3), (1, 1)]:
        options = {"reference": "b", "measure": measure, "method": method}
        assert_sound(e.compare_rates({"a": x, "b": y}, {"a": 10.0, "b": 10.0}, **options))


@pytest.mark.parametrize("name", SAMPLES)
def test_one_sample_of_times(name):
    time, event = SAMPLES[name]
    for conf_type in CONF_TYPES:
        assert_sound(e.estimate_survival(time, event, at=[3, 5, 30], conf_type=conf_type))
    for conf_type, cause in itertools.product(("plain", "log", "log-log", "small-sample"), (1, 2)):
        days = {"at": [0, 3, 5, 30], "cause": cause, "conf_type": conf_type}
        assert_sound(e.estimate_cumulative_incidence(time, event, **days))
    for tau in (2, 4):
        assert_sound(e.estimate_rmst(time, event, tau=tau))
    assert_sound(e.compare_survival_to_rate(time, event, at=3, rate=0.5))


def test_a_restricted_mean_without_events_has_no_limits():
    found = e.estimate_rmst([5.0, 6.0], [0, 0], tau=4)
    assert (found.estimate, found.status) == (4.0, "note")
    assert math.isnan(found.conf_low)
    tied = e.estimate_rmst([3.0] * 4, [1] * 4, tau=4)
    assert tied.estimate == 3.0
    assert tied.notes == ("everybody had the event at one time before tau = 4: the standard error is 0",)


@pytest.mark.parametrize("pair", list(itertools.product(SAMPLES, SAMPLES)), ids=" : ".join)
def test_two_samples_of_times(pair):
    (t1, e1), (t0, e0) = (SAMPLES[name] for name in pair)
    time, event = np.r_[t1, t0], np.r_[e1, e0].astype(int)
    group = np.array(["a"] * len(t1) + ["b"] * len(t0))
    arm = pd.DataFrame({"a": (group == "a").astype(float)})
    for method in ("plain", "cloglog", "melded"):
        found = e.compare_survival_at(time, event, group, reference="b", at=4, method=method)
        assert_sound(found)
        assert found.p_value != 0
    assert_sound(e.compare_rmst(time, event, group, reference="b", tau=3))
    assert_sound(e.fit_cox(time, event, arm))
    assert_sound(e.fit_cox(time, event, arm, firth=True))
    assert_sound(e.fit_fine_gray(time, event * 2, arm, cause=2))
    for test in (e.compare_survival(time, event, group), e.compare_cumulative_incidence(time, event, group, cause=1)):
        assert test.p_value > 0 or test.status == "not_estimable"
        assert test.notes or test.status == "ok"


@pytest.mark.parametrize("name", VALUES)
def test_one_sample_of_values(name):
    values = VALUES[name]
    for scale in ("linear", "log"):
        assert_sound(e.estimate_mean(values, scale=scale))
        change = e.estimate_paired_change([1.0] * len(values), values, scale=scale)
        assert_sound(change)
        assert change.hl_conf_low != change.hl_conf_high


@pytest.mark.parametrize("pair", list(itertools.product(VALUES, VALUES)), ids=" : ".join)
def test_two_samples_of_values(pair):
    x, y = (VALUES[name] for name in pair)
    group = np.array(["a"] * len(x) + ["b"] * len(y))
    for method in ("exact", "normal"):
        assert_sound(e.compare_ranks(x, y, method=method))
    assert_sound(e.estimate_mann_whitney(np.r_[x, y], group, reference="b"))
    wins = e.compare_wins(group, [e.ValuedEndpoint(np.r_[x, y])], reference="b")
    assert_sound(wins)
    assert wins.p_value > 0 or wins.notes
    if np.ptp(np.r_[x, y]):
        assert_sound(e.fit_proportional_odds(np.r_[x, y], pd.DataFrame({"a": (group == "a").astype(float)})))


def test_one_patient_has_no_variance_between_patients():
    rows = pd.DataFrame({"USUBJID": ["1"] * 3, "Y": [1.0, 2.0, 4.0], "V": pd.Categorical(["w", "w", "x"])})
    with pytest.raises(EstimateError, match="one subject only"):
        e.fit_mixed("Y ~ V", rows, subject="USUBJID", random="1", random_covariance="unstructured", df="residual")


@pytest.mark.parametrize("responders", [0, 5])
def test_imputed_proportions_at_the_border_have_limits_and_no_standard_error(responders):
    found = e.pool_proportion(np.full(20, responders), 5)
    assert 0 <= found.conf_low < found.conf_high <= 1
    assert (math.isnan(found.std_error), found.status) == (True, "note")
    assert "no standard error" in found.notes[0]


def test_strata_in_which_nobody_was_seen_do_not_count():
    with_empty = e.compare_proportions_stratified({"a": [3, 0], "b": [1, 0]}, {"a": [5, 0], "b": [5, 0]}, reference="b")
    without = e.compare_proportions_stratified({"a": [3], "b": [1]}, {"a": [5], "b": [5]}, reference="b")
    assert (with_empty.p_value, with_empty.estimate) == (without.p_value, without.estimate)
    nobody = e.compare_proportions_stratified({"a": [0], "b": [0]}, {"a": [0], "b": [0]}, reference="b")
    assert nobody.status == "not_estimable"


def test_a_single_patient_in_a_cell_has_no_standard_error():
    """Independence estimating equations: the residual of somebody alone at a visit is 0, and no spread is known."""
    rows = pd.DataFrame({
        "USUBJID": ["1", "2", "3", "3"], "Y": [1.0, 2.0, 4.0, 9.0], "V": pd.Categorical(["w", "w", "w", "x"]),
    })  # fmt: skip
    means = e.estimate_means(e.fit_gee("Y ~ V", rows, subject="USUBJID", sandwich="CR0", df="satterthwaite"), ["V"])
    assert means.table.set_index("V")["status"].to_dict() == {"w": "ok", "x": "not_estimable"}
