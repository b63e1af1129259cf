"""Comparison cases: log-rank and its kin, permutation, hazard ratio, RMST, survival at a fixed day."""

from typing import Any

import numpy as np

from hepatrial.estimate import (
    compare_rmst,
    compare_survival,
    compare_survival_at,
    compare_survival_trend,
    estimate_logrank_hazard_ratio,
    estimate_rmst,
)
from hepatrial.validation.pack import SAME, Handler, Spec, as_array, none_where_flat, read_data, require, require_close

WEIGHTS = {"gehan": "gehan", "tw": "tarone-ware", "peto": "peto", "peto_mod": "peto-modified"}
COIN = {"logrank": "logrank", "Gehan-Breslow": "gehan", "Tarone-Ware": "tarone-ware"}


def columns(case: Spec) -> Any:
    given, data = case["input"], read_data(case)
    return data[given["time"]], data[given["event"]], data[given["group"]], given, data


def logrank(case: Spec) -> Any:
    time, event, group, given, data = columns(case)
    stratum = data[given["strata"]] if given.get("strata") else None
    if "scores" in given:
        test = compare_survival_trend(time, event, group, stratum=stratum)
        return {"scores": SAME, "chisq": test.statistic, "df": test.df, "p": test.p_value}
    kind = WEIGHTS.get(case["id"].rsplit(".", 1)[-1])
    options: Any = (
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


def check_second_engine(test: Any, time: Any, event: Any, group: Any, stratum: Any, options: Any) -> Any:
    if options["weights"].startswith("peto") or options.get("gamma"):
        return
    other = compare_survival(time, event, group, stratum=stratum, engine="statsmodels", **options)
    ours, theirs = ((one.statistic, one.p_value) for one in (test, other))
    require_close(ours, theirs, rtol=1e-9)


def logrank_hr(case: Spec) -> Any:
    """R's two-group formulas. With more groups the case reads the second row of O, E and V: that is the second group
    against everybody else, for which O, E and V are the same; its Pike ratio is of the first two groups' O / E."""
    time, event, group, *_ = columns(case)
    levels = sorted(set(group))
    fit = estimate_logrank_hazard_ratio(time, event, group == levels[1], reference=False)
    o, e = compare_survival(time, event, group).groups[["observed", "expected"]].to_numpy().T
    if len(levels) == 2:
        require_close(fit.pike, (o[1] / e[1]) / (o[0] / e[0]), rtol=1e-12)
    return {
        "logHR_peto": fit.log_hazard_ratio,
        "se": fit.std_error,
        "HR_peto": fit.hazard_ratio,
        "lower": fit.conf_low,
        "upper": fit.conf_high,
        "HR_pike": (o[1] / e[1]) / (o[0] / e[0]),
    }


def logrank_permutation(case: Spec) -> Any:
    time, event, group, given, _ = columns(case)
    exact = given.get("distribution") == "exact"
    test = compare_survival(
        time, event, group, weights=COIN[given.get("type", "logrank")], variance="permutation", exact=exact
    )
    many = len(set(group)) > 2
    # coin scores survival, we score events: the sign of z for the first group is that of ours for the last
    return {"statistic": test.statistic if many else test.z, "p": test.p_value}


def rmst(case: Spec) -> Any:
    given, data = case["input"], read_data(case)
    time, event, arm = data[given["time"]], data[given["event"]], data[given["arm01"]]
    if "rmst" in case["expected"]:
        fits = [estimate_rmst(time[arm == g], event[arm == g], tau=given["tau"]) for g in (0, 1)]
        got: Any = {"rmst": [f.estimate for f in fits], "se": [f.std_error for f in fits]}
        return {k: carried(fits, v, as_array(case["expected"][k])) for k, v in got.items()}
    fit = compare_rmst(time, event, arm, reference=0, tau=given["tau"])
    if fit.status == "not_estimable":
        require(given["tau"] > min(time[arm == g].max() for g in (0, 1)), "refused only past the follow-up of an arm")
        return dict.fromkeys(case["expected"], SAME)
    got = {}
    for name, one in (("0", fit.arms[0]), ("1", fit.arms[1])):
        low, high = none_where_flat([one.conf_low, one.conf_high], case["expected"].get(f"rmst{name}", [])[2:])
        got[f"rmst{name}"] = [one.estimate, one.std_error, low, high]
        got[f"rmtl{name}"] = [given["tau"] - one.estimate, one.std_error, given["tau"] - high, given["tau"] - low]
    rows = fit.table.set_index("measure")[["estimate", "conf_low", "conf_high", "p_value"]]
    return got | {
        "diff": rows.loc["difference"],
        "ratio": rows.loc["ratio"],
        "rmtl_ratio": rows.loc["ratio_lost"],
    }


def carried(fits: Any, ours: Any, theirs: Any) -> Any:
    """survfit(rmean = tau) carries the curve past the last follow-up; we refuse there."""
    refused = np.array([f.status == "not_estimable" for f in fits])
    require(np.isnan(np.array(ours)[refused]).all(), "refused past follow-up")
    return np.where(refused, theirs, ours)


def fixed_time(case: Spec) -> Any:
    given, data = case["input"], read_data(case)
    columns: Any = (data[given["time"]], data[given["event"]], data[given["arm"]])
    options: Any = {"at": given["day"], "reference": min(columns[2])}

    def by(method: Any, **more: Any) -> Any:
        return compare_survival_at(*columns, **{"method": method, **options, **more})

    if "trans" in given:
        method = given["trans"].replace("identity", "plain")
        return {"p_unpooled": by(method).p_value, "p_pooled": by(method, variance="pooled").p_value}
    if "method" in given:
        fit = by("melded", convention="bpcp")
        row = fit.table.iloc[0]
        return {"est": row["estimate"], "lower": row["conf_low"], "upper": row["conf_high"], "p": fit.p_value}
    plain = by("plain")
    row = plain.table.iloc[0]
    got: Any = {
        "surv": plain.arms["survival"],
        "se": plain.arms["std_error"],
        "diff": row["estimate"],
        "se_diff": row["std_error"],
        "lower": row["conf_low"],
        "upper": row["conf_high"],
    }
    for name in ("identity", "log", "cloglog", "logit", "arcsin"):
        fit = by(name.replace("identity", "plain"))
        got[name] = [fit.scale_difference, fit.scale_std_error, fit.statistic, fit.p_value]
    return got


HANDLERS: dict[str, Handler] = {
    "logrank": logrank,
    "logrank_hr": logrank_hr,
    "logrank_permutation": logrank_permutation,
    "rmst": rmst,
    "fixed_time": fixed_time,
}
