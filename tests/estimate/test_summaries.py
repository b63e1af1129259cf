import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatrial.errors import EstimateError
from hepatrial.estimate import estimate_mean, summarise

SLEEP = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


@pytest.mark.reference
def test_quartiles_are_type_2():
    """House style, section 3: first quartile of 1..10 is 3 by type 2 (SAS PCTLDEF=5), 3.25 by numpy's default."""
    found = summarise(np.arange(1, 11))
    assert (found.q1, found.median, found.q3) == (3.0, 5.5, 8.0)
    assert summarise([1, 2, 3, 4]).q1 == 1.5


def test_missing_values_are_counted_and_nothing_gives_nothing():
    assert (summarise([1.0, np.nan]).n, summarise([1.0, np.nan]).n_missing) == (1, 1)
    assert np.isnan(summarise([1.0]).sd)
    assert summarise([]).n == 0


def test_geometric_mean_by_hand():
    """1, 10, 100: logs 0, 2.302585, 4.605170; mean 2.302585, SD 2.302585; t(2) quantile in closed form."""
    found = estimate_mean([1, 10, 100], scale="log")
    assert found.estimate == pytest.approx(10, rel=1e-12)
    half = 0.95 * np.sqrt(2 / (1 - 0.95**2)) * np.log(10) / np.sqrt(3)
    assert found.conf_high == pytest.approx(10 * np.exp(half), rel=1e-12)


def test_impossible_input_is_refused():
    with pytest.raises(EstimateError, match="no logarithm"):
        estimate_mean([0.0, 1.0], scale="log")
    with pytest.raises(EstimateError, match="NaN"):
        estimate_mean([np.nan, 1.0])
    with pytest.raises(EstimateError, match="scale"):
        estimate_mean([1.0, 2.0], scale="sqrt")


@pytest.mark.property
@given(st.lists(st.floats(0.01, 1e4), min_size=2, max_size=30), st.floats(0.1, 100))
def test_rescaling_rescales_and_limits_hold_the_estimate(values, factor):
    found, scaled = (estimate_mean(np.array(values) * k, scale="log") for k in (1, factor))
    if found.status == "ok":
        assert found.conf_low <= found.estimate * (1 + 1e-12)
        assert found.estimate <= found.conf_high * (1 + 1e-12)
    else:
        assert len(set(values)) == 1
        assert np.isnan(found.conf_low)
    assert scaled.estimate == pytest.approx(found.estimate * factor, rel=1e-9)
