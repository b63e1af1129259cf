"""Comparison cases: log-rank and its kin, permutation, hazard ratio, RMST, survival at a fixed day."""

import numpy as np
import pytest

from hepatrial.estimate import (
    compare_survival,
    compare_survival_trend,
    estimate_logrank_hazard_ratio,
)
from survival_pack.pack import SAME, read_data

WEIGHTS = {"gehan": "gehan", "tw": "tarone-ware", "peto": "peto", "peto_mod": "peto-modified"}
COIN = {"logrank": "logrank", "Gehan-Breslow": "gehan", "Tarone-Ware": "tarone-ware"}


def columns(case):
    given, data = case["input"], read_data(case)
    return data[given["time"]], data[given["event"]], data[given["group"]], given, data


def logrank(case):
    time, event, group, given, data = columns(case)
    stratum = data[given["strata"]] if given.get("strata") else None
    if "scores" in given:
        test = compare_survival_trend(time, event, group, stratum=stratum)
        return {"scores": SAME, "chisq": test.statistic, "df": test.df, "p": test.p_value}
    kind = WEIGHTS.get(case["id"].rsplit(".", 1)[-1])
    options = (
        {"weights": kind} if kind else {"weights": "fleming-harrington", "rho": given["rho"], "gamma": given["gamma"]}
    )
    test = compare_survival(time, event, group, stratum=stratum, **options)
    check_second_engine(test, time, event, group, stratum, options)
    rows = test.groups
    return {
        "n": rows["n"],
        "obs": rows["observed"],
        "exp": rows["expected"],
        "var": test.variance.ravel(),
        "V": test.variance.ravel(),
        "U": rows["observed"] - rows["expected"],
        "chisq": test.statistic,
        "df": test.df,
        "p": test.p_value,
        "z": test.z,
    }


def check_second_engine(test, time, event, group, stratum, options):
    if options["weights"].startswith("peto") or options.get("gamma"):
        return
    other = compare_survival(time, event, group, stratum=stratum, engine="statsmodels", **options)
    assert other.statistic == pytest.approx(test.statistic, rel=1e-9)
    assert other.p_value == pytest.approx(test.p_value, rel=1e-9)


def logrank_hr(case):
    """R's two-group formulas; with more groups it still reads the first two rows of O, E and V."""
    time, event, group, *_ = columns(case)
    levels = sorted(set(group))
    if len(levels) > 2:
        return more_groups_hr(compare_survival(time, event, group))
    fit = estimate_logrank_hazard_ratio(time, event, group, reference=levels[0])
    return {
        "logHR_peto": fit.log_hazard_ratio,
        "se": fit.std_error,
        "HR_peto": fit.hazard_ratio,
        "lower": fit.conf_low,
        "upper": fit.conf_high,
        "HR_pike": fit.pike,
    }


def more_groups_hr(test):
    o, e = test.groups["observed"], test.groups["expected"]
    v, u = test.variance[1, 1], o[1] - e[1]
    half = 1.959963984540054 / np.sqrt(v)
    return {
        "logHR_peto": u / v,
        "se": 1 / np.sqrt(v),
        "HR_peto": np.exp(u / v),
        "lower": np.exp(u / v - half),
        "upper": np.exp(u / v + half),
        "HR_pike": (o[1] / e[1]) / (o[0] / e[0]),
    }


def logrank_permutation(case):
    time, event, group, given, _ = columns(case)
    exact = given.get("distribution") == "exact"
    test = compare_survival(
        time, event, group, weights=COIN[given.get("type", "logrank")], variance="permutation", exact=exact
    )
    many = len(set(group)) > 2
    # coin scores survival, we score events: the sign of z for the first group is that of ours for the last
    return {"statistic": test.statistic if many else test.z, "p": test.p_value}


HANDLERS = {
    "logrank": logrank,
    "logrank_hr": logrank_hr,
    "logrank_permutation": logrank_permutation,
}
