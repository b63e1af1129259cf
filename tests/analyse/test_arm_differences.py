"""Survival differences between arms, worked from the survival rows of the same table."""

from statistics import NormalDist

import pytest

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study

Z = NormalDist().inv_cdf(0.975)
ANALYSES = """
[[analyses]]
id = "os_km"
method = "survival"
title = "Survival by arm"
population = "FAS"
by_arm = true
parameter = "OS"
days = [10, 28]
conf_type = "plain"
conf_level = 0.95
comparison = { test = "log-rank", hazard_ratio = false, ties = "efron", fixed_days = "plain", restricted_mean_day = 20 }
"""
ARMS = """kind = "parallel"
reference_arm = "SOC"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    replacements = {
        'kind = "single arm"': ARMS,
        'label = "MSC" }]': 'label = "MSC" }, { code = "SOC", label = "SOC" }]',
        'origin = "first treatment"': 'origin = "randomisation"',
    }
    study = study_with(tmp_path_factory.mktemp("s"), ANALYSES, **replacements)
    ids = [str(n) for n in range(12)]
    adsl = {"USUBJID": ids, "TRT01P": ["MSC"] * 6 + ["SOC"] * 6}
    adtte = {
        "USUBJID": ids,
        "PARAMCD": ["OS"] * 12,
        "AVAL": [5.0, 12, 30, 30, 30, 30, 2, 4, 8, 15, 30, 30],
        "CNSR": [0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1],
        "SRCID": ids,
    }
    return analyse_study(study, make_data(ADSL=adsl, ADTTE=adtte)).frame


@pytest.mark.parametrize("day", [10, 28])
def test_the_difference_and_its_limits_follow_from_the_two_curves(results, day):
    keys = {"measure": "survival", "level": "", "time_days": day}
    s1, s0 = (value(results, "estimate", group=arm, **keys) for arm in ("MSC", "SOC"))
    e1, e0 = (value(results, "std_error", group=arm, **keys) for arm in ("MSC", "SOC"))
    own = {"measure": "survival difference", "group": "MSC", "comparator": "SOC", "time_days": day}
    assert value(results, "estimate", **own) == pytest.approx(s1 - s0, rel=1e-12)
    half = Z * (e1**2 + e0**2) ** 0.5
    assert value(results, "conf_low", **own) == pytest.approx(s1 - s0 - half, rel=1e-9)
    z = (s1 - s0) / (e1**2 + e0**2) ** 0.5
    assert value(results, "p_value", **own) == pytest.approx(2 * NormalDist().cdf(-abs(z)), rel=1e-9)


def test_the_restricted_mean_difference_by_hand(results):
    """To day 20: MSC (5 + 12 + 4 x 20) / 6, SOC (2 + 4 + 8 + 15 + 2 x 20) / 6, nobody censored before."""
    own = {"measure": "restricted mean difference", "group": "MSC", "time_days": 20}
    assert value(results, "estimate", **own) == pytest.approx((97 - 69) / 6, rel=1e-12)
