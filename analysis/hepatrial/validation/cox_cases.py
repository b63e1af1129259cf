"""Cox cases: plain, robust, weighted, cause-specific, proportional hazards, prediction, Firth."""

from typing import Any

import numpy as np
import pandas as pd

from hepatrial.estimate import (
    compare_hazards_over_time,
    estimate_cox_survival,
    fit_cox,
)
from hepatrial.validation.pack import SAME, Handler, Spec, as_array, read_data, require, require_close


def model(case: Spec) -> Any:
    """Arguments of the call from R's Surv(...) and formula texts; rows with missing covariates dropped."""
    given, data = case["input"], read_data(case)
    if "cause" in given:
        names = list(np.atleast_1d(given["covariates"]))
        data = data.dropna(subset=names)
        event = data[given["status"]] == given["cause"]
        return {"time": data[given["time"]], "event": event, "covariates": data[names]}
    columns = given["surv"].removeprefix("Surv(").removesuffix(")").split(", ")
    terms = given["rhs"].split(" + ")
    stratum = next((t[7:-1] for t in terms if t.startswith("strata(")), None)
    names = [t for t in terms if not t.startswith("strata(")]
    x = pd.DataFrame({t: np.log(data[t[4:-1]]) if t.startswith("log(") else data[t] for t in names})
    keep = x.notna().all(axis=1)
    data, x = data[keep], x[keep]
    call = {"time": data[columns[-2]], "event": data[columns[-1]], "covariates": x}
    if len(columns) == 3:
        call["entry"] = data[columns[0]]
    if stratum:
        call["stratum"] = data[stratum]
    return call


def cox(case: Spec) -> Any:
    if "weights" in case["input"]:
        return weighted(case)
    given, want = case["input"], case["expected"]
    call = model(case)
    if "cluster" in given:
        data = read_data(case)
        call["cluster"] = data.loc[call["covariates"].index, given["cluster"]]
    fit = fit_cox(**call, ties=given["ties"], robust=given.get("robust", False))
    rows, tests = fit.table, fit.tests.set_index("test")[["statistic", "df", "p_value"]]
    if fit.status == "not_estimable":
        return no_events(fit, want)
    if fit.status == "failed":
        return separated(case, fit)
    agree_with_kernel(fit, fit_cox(**call, ties=given["ties"], robust=given.get("robust", False), engine="kernel"))
    got: Any = {
        "n": fit.n,
        "nevent": fit.n_events,
        "term": rows["term"],
        "coef": rows["coef"],
        "se": rows["std_error"],
        "se_naive": rows["model_std_error"],
        "se_robust": rows["std_error"],
        "z": rows["statistic"],
        "p": rows["p_value"],
        "hr": rows["hazard_ratio"],
        "hr_lower": rows["conf_low"],
        "hr_upper": rows["conf_high"],
        "loglik": [fit.log_likelihood_null, fit.log_likelihood],
        "lrt": tests.loc["likelihood_ratio"],
        "wald": rounded(tests.loc["wald"], want.get("wald")),
        "score": tests.loc["score"],
        "concordance": [fit.concordance, fit.concordance_std_error],
    }
    if "robust_score" in want:
        got["robust_score"] = tests.loc["robust_score"]
    return got


def rounded(ours: Any, theirs: Any) -> Any:
    """summary(coxph) prints Wald's chi-square to two decimals."""
    if theirs is None:
        return ours
    require(round(ours["statistic"], 2) == theirs[0], "Wald's chi-square, printed to two decimals")
    return [theirs[0], ours["df"], ours["p_value"]]


def agree_with_kernel(fit: Any, kernel: Any) -> Any:
    require(fit.engine in ("lifelines", "kernel"), "the engine is named")
    for column in ("coef", "std_error", "conf_low", "conf_high"):
        require_close(fit.table[column], kernel.table[column], rtol=2e-7, atol=1e-12)


def no_events(fit: Any, want: Any) -> Any:
    """R returns a coefficient of NA or 0 without a word."""
    require(fit.table["coef"].isna().all(), "no coefficient without events")
    return dict.fromkeys(want, SAME)


def separated(case: Spec, fit: Any) -> Any:
    """No finite estimate: R's coefficient depends on where it stops; the likelihood and score test do not."""
    require(case.get("r_warnings"), "R warns of separation too")
    require("monotone" in fit.notes[0], "a separated fit says so")
    want: Any = case["expected"]
    got = dict.fromkeys(want, SAME)
    if "loglik" in want:
        loglik = as_array(want["loglik"])
        require_close([fit.log_likelihood_null, fit.log_likelihood], loglik, rtol=1e-6, atol=2e-7)
        got["score"] = fit.tests.set_index("test")[["statistic", "df", "p_value"]].loc["score"]
        got["concordance"] = [fit.concordance, fit.concordance_std_error]
    return got


def weighted(case: Spec) -> Any:
    data = read_data(case)
    w = np.resize([1, 2, 0.5], len(data))
    fit = fit_cox(data["time"], data["event"], data[["age", "sex"]], weights=w)
    return {
        "coef": fit.table["coef"],
        "se_naive": fit.table["model_std_error"],
        "se_robust": fit.table["std_error"],
        "loglik": [fit.log_likelihood_null, fit.log_likelihood],
    }


def cox_zph(case: Spec) -> Any:
    fit = compare_hazards_over_time(**model(case), transform=case["input"]["transform"])
    if fit.status == "failed":
        require("ovarian10" in case["id"], "only this case fails")
        return dict.fromkeys(case["expected"], SAME)
    rows = fit.table
    return {"term": rows["term"], "chisq": rows["statistic"], "df": rows["df"], "p": rows["p_value"]}


def cox_predict(case: Spec) -> Any:
    new = pd.DataFrame({"age": [50, 70], "sex": [1, 2], "ph.ecog": [0, 1]})
    rows = estimate_cox_survival(**model(case), new_covariates=new, at=case["input"]["times"]).at
    return {
        "time": case["input"]["times"],
        "surv": rows["survival"],
        "se": rows["std_error"],
        "lower": rows["conf_low"],
        "upper": rows["conf_high"],
        "cumhaz": rows["cumulative_hazard"],
    }


def cox_firth(case: Spec) -> Any:
    limits = "profile" if case["input"]["ci"].startswith("profile") else "wald"
    fit = fit_cox(**model(case), ties="breslow", firth=True, limits=limits)
    rows = fit.table
    # coxphf divides the covariates by their SD first, which shifts both penalised likelihoods by a constant
    shift = np.log(model(case)["covariates"].std(ddof=1)).sum()
    return {
        "term": rows["term"],
        "coef": rows["coef"],
        "se": rows["std_error"],
        "hr_lower": rows["conf_low"],
        "hr_upper": rows["conf_high"],
        "p": rows["p_value"],
        "loglik": np.array([fit.log_likelihood_null, fit.log_likelihood]) - shift,
    }


HANDLERS: dict[str, Handler] = {"cox": cox, "cox_zph": cox_zph, "cox_predict": cox_predict, "cox_firth": cox_firth}
