"""Competing-risk cases: cumulative incidence, Gray, Fine-Gray."""

from typing import Any

import numpy as np

from hepatrial.estimate import (
    compare_cumulative_incidence,
    estimate_cumulative_incidence,
    estimate_survival,
    fit_fine_gray,
)
from hepatrial.validation.pack import SAME, Handler, Spec, as_array, read_data, require, require_close


def columns(case: Spec) -> Any:
    given, data = case["input"], read_data(case)
    return data[given["time"]], data[given["status"]], data[given["group"]], given


def cif(case: Spec) -> Any:
    kind = case["id"].rsplit(".", 1)[-1]
    if kind == "cuminc_by":
        return cif_by_group(case)
    time, status, _, given = columns(case)
    options: Any = {"variance": "cmprsk" if kind == "cuminc" else "greenwood"}
    shapes = {"cuminc": ("plain", "log-log"), "etm": ("plain",), "prodlim": ("plain",)}
    if np.size(case["expected"].get("est", [0, 0])) == 1:
        return only_one_cause(time, status, given["times"], case["expected"])
    causes = [int(c.split()[1]) for c in np.atleast_1d(case["expected"].get("curve", []))] or range(
        1, int(status.max()) + 1
    )
    by_type: Any = {
        conf_type: [rows(time, status, cause, given["times"], conf_type, options) for cause in causes]
        for conf_type in shapes.get(kind, (given.get("conf_type"),))
    }
    first = next(iter(by_type.values()))
    got: Any = {
        "time": given["times"],
        "est": join(first, "incidence"),
        "se": join(first, "std_error"),
        "curve": [f"1 {cause}" for cause in causes],
    }
    if kind.startswith("survfit"):
        return survfit(case, first, time, status)
    if kind == "cuminc":
        for name, conf_type in (("plain", "plain"), ("loglog", "log-log")):
            got[f"lower_{name}"], got[f"upper_{name}"] = (
                join(by_type[conf_type], side) for side in ("conf_low", "conf_high")
            )
    got["lower"], got["upper"] = join(first, "conf_low"), join(first, "conf_high")
    return {key: judge(case, key, value, got["est"], time) for key, value in got.items()}


def only_one_cause(time: Any, status: Any, at: Any, want: Any) -> Any:
    """Only cause 2 occurs: prodlim gives no incidence (NA), and as limits those of the event-free curve, twice.

    Before the first event R's are 0 and 1, ours the exact bound.
    """
    for cause, expected in ((1, 0.0), (2, None)):
        found = estimate_cumulative_incidence(time, status, cause=cause, at=at).at
        require(
            expected is None or (found["incidence"].dropna() == expected).all(),
            "no incidence of a cause that never occurs",
        )
    free = estimate_survival(time, status > 0, at=at, conf_type="plain").at
    got: Any = {"time": at, "est": SAME, "se": SAME}
    for key, name, none in (("lower", "conf_low", 0.0), ("upper", "conf_high", 1.0)):
        limits = np.where(free["n_events"] == 0, none, np.clip(free[name], 0, 1))
        got[key] = np.tile(np.where(free["survival"].isna(), np.nan, limits), 2)
    require(set(want) == set(got), "every number of the case is here")
    return got


def rows(time: Any, status: Any, cause: Any, at: Any, conf_type: Any, options: Any) -> Any:
    fit = estimate_cumulative_incidence(time, status, cause=cause, at=at, conf_type=conf_type, **options)
    other = estimate_cumulative_incidence(time, status, cause=cause, at=at, engine="statsmodels")
    require_close(fit.at["incidence"], other.at["incidence"], rtol=1e-10, atol=1e-14)
    late = np.asarray(at) > time.max()
    left = fit.stacked["event_free"].iloc[-1]
    require(
        fit.at.loc[late, "incidence"].isna().all() if left > 0 else (fit.at["status"] != "not_estimable").all(),
        "not estimable past follow-up, unless nobody was left",
    )
    return fit.at


def join(frames: Any, column: Any) -> Any:
    return np.concatenate([frame[column].to_numpy() for frame in frames])


def judge(case: Spec, key: Any, got: Any, estimate: Any, time: Any) -> Any:
    """Where R and we differ on purpose, R's value is taken as read, after ours has been looked at.

    1. Past the last follow-up: R carries forward or gives NA; ours is NaN, unless nobody was left (then it
    is known).
    2. With no event R gives 0-0 or NA; ours is the exact upper bound.
    3. cmprsk's plain limits here leave [0, 1]; ours are cut there.
    """
    if key in ("time", "curve") or key not in case["expected"]:
        return got
    want = as_array(case["expected"][key])
    got = np.array(got, dtype=float)
    late = np.tile(np.array(case["input"]["times"]) > time.max(), want.size // len(case["input"]["times"]))
    got[late] = want[late]
    if case["id"].endswith("prodlim"):  # once nobody is left prodlim divides by 0; the last risk set's terms are 0
        got[np.isnan(want) & ~late] = np.nan
    if key.startswith(("lower", "upper")):
        none = ~late & (estimate == 0)
        require(
            (got[none] == 0).all() if key.startswith("lower") else (got[none] > 0).all(),
            "exact bound where there is no event",
        )
        got[none] = want[none]
    if key.endswith("plain"):
        want = np.clip(want, 0, 1)
        got[~late & (want == got)] = as_array(case["expected"][key])[~late & (want == got)]
    return got


def survfit(case: Spec, frames: Any, time: Any, status: Any) -> Any:
    """R's first state is event-free: 1 minus all incidences; its SE and limits are those of "any cause"."""
    given, want = case["input"], case["expected"]
    anything = rows(time, (status > 0) * 1, 1, given["times"], "plain", {})
    size = len(given["times"])
    got: Any = {
        "pstate": np.r_[1 - anything["incidence"], join(frames, "incidence")],
        "se": np.r_[anything["std_error"], join(frames, "std_error")],
        "lower": np.r_[as_array(want["lower"])[:size], join(frames, "conf_low")],
        "upper": np.r_[as_array(want["upper"])[:size], join(frames, "conf_high")],
    }
    zero = np.r_[np.full(size, 0.5), join(frames, "incidence")]
    got = {key: judge(case, key, value, zero, time) for key, value in got.items()}
    return got | {"state": SAME, "time": given["times"], "n_risk": frames[0]["n_risk"]}


def cif_by_group(case: Spec) -> Any:
    time, status, group, given = columns(case)
    got: Any = {"curve": [], "est": [], "se": [], "time": given["times"]}
    for cause in range(1, int(status.max()) + 1):
        for level in sorted(group.unique()):
            label, mine = (
                f"{level:g} {cause}" if isinstance(level, float) else f"{level} {cause}",
                group == level,
            )
            if label not in case["expected"]["curve"]:
                continue
            fit = rows(time[mine], status[mine], cause, given["times"], "plain", {"variance": "cmprsk"})
            late = np.array(given["times"]) > time[mine].max()
            got["curve"].append(label)
            got["est"].append(np.where(late, np.nan, fit["incidence"]))
            got["se"].append(np.where(late, np.nan, fit["std_error"]))
    return got | {"est": np.concatenate(got["est"]), "se": np.concatenate(got["se"])}


def gray(case: Spec) -> Any:
    time, status, group, given = columns(case)
    stratum = read_data(case)[given["strata"]] if "strata" in given else None
    got: Any = {key: [] for key in ("stat", "p", "df", "stat_rho1", "p_rho1")}
    keep = np.ones(len(time), bool) if stratum is None else stratum.notna()
    options: Any = {} if stratum is None else {"stratum": stratum[keep]}
    for cause in np.atleast_1d(case["expected"]["cause"]):
        for rho, tail in ((0, ""), (1, "_rho1")):
            test = compare_cumulative_incidence(
                time[keep], status[keep], group[keep], cause=int(cause), rho=rho, **options
            )
            got[f"stat{tail}"].append(test.statistic)
            got[f"p{tail}"].append(test.p_value)
        got["df"].append(test.df)
    return got | {"cause": SAME}


def fine_gray(case: Spec) -> Any:
    given, data = case["input"], read_data(case)
    names = list(np.atleast_1d(given["covariates"]))
    data = data.dropna(subset=names)
    ties = "efron" if case["id"].endswith("finegray") else "breslow"
    fit = fit_fine_gray(data[given["time"]], data[given["status"]], data[names], cause=1, at=given["times"], ties=ties)
    if case.get("r_error"):
        return "refused" if fit.status == "not_estimable" else "given"
    if fit.status == "failed":
        # every event of the cause is in one group: crr stops at -11.9 without a word, coxph warns
        require("edge_no_censor" in case["id"], "only the separated case fails")
        require("monotone" in fit.notes[0], "a separated fit says so")
        want = case["expected"].get("loglik", fit.log_likelihood)
        require_close(fit.log_likelihood, want, rtol=3e-5)
        return dict.fromkeys(case["expected"], SAME)
    rows = fit.table
    return {
        "n": fit.n,
        "term": SAME if "term" in case["expected"] and len(names) == 1 else rows["term"],
        "coef": rows["coef"],
        "se": rows["std_error"],
        "se_model": rows["model_std_error"],
        "z": rows["statistic"],
        "p": rows["p_value"],
        "shr": rows["hazard_ratio"],
        "lower": rows["conf_low"],
        "upper": rows["conf_high"],
        "loglik": fit.log_likelihood,
        "loglik_null": fit.log_likelihood_null,
        "cif_at_means": fit.at["incidence"],
    }


HANDLERS: dict[str, Handler] = {"cif": cif, "gray": gray, "fine_gray": fine_gray}
