"""Cases of proportions, tables and rates."""

from typing import Any

import numpy as np

from hepatrial.errors import DeviationError, EstimateError
from hepatrial.estimate import (
    compare_odds_ratios,
    compare_paired_proportions,
    compare_proportion_to,
    compare_proportions,
    compare_proportions_exact,
    compare_proportions_stratified,
    compare_rates,
    estimate_paired_difference,
    estimate_proportion,
    estimate_rate,
)
from hepatrial.validation.pack import SAME, Handler, Spec, as_array, none_where_flat, require, require_close


def limits(fit: Any) -> Any:
    return [fit.conf_low, fit.conf_high]


def three(fit: Any) -> Any:
    return [fit.conf_low, fit.estimate, fit.conf_high]


def binomial(case: Spec) -> Any:
    x, n = case["input"]["x"], case["input"]["n"]

    def by(method: Any, conf_level: Any = 0.95) -> Any:
        return limits(estimate_proportion(x, n, method=method, conf_level=conf_level))

    def p(**options: Any) -> Any:
        return compare_proportion_to(x, n, null=0.2, **options).p_value

    return {
        "est": estimate_proportion(x, n).estimate,
        "clopper_pearson": by("clopper-pearson"),
        "cp90": by("clopper-pearson", 0.9),
        "upper_onesided95": by("clopper-pearson", 0.9)[1],
        "p_two_sided_vs_0.2": p(),
        "p_greater_vs_0.2": p(alternative="greater"),
        "wilson": by("wilson"),
        # prop.test drops its continuity correction at x = n/2, where its own null value .5 is met
        "wilson_cc": by("wilson" if 2 * x == n else "wilson-cc"),
        "midp": by("mid-p"),
        "midp_p_vs_0.2": p(method="mid-p"),
        "blaker": by("blaker"),
        "blaker_p_vs_0.2": p(method="blaker"),
        "jeffreys_raw": by("jeffreys-raw"),
        "jeffreys_edge": by("jeffreys"),
        "uniform_prior": by("uniform"),
        "agresti_coull": by("agresti-coull"),
        "wald": none_where_flat(by("wald"), case["expected"].get("wald")),
        "cloglog": by("cloglog"),
        "logit": by("logit"),
        "lrt": by("likelihood-ratio"),
    }


def solved(ours: Any, theirs: Any) -> Any:
    """R finds conditional odds ratios by uniroot with tol = eps^0.25 = 1.2e-4 on o or 1/o; ours are solved
    to 1e-12.
    """
    a, b = np.atleast_1d(ours).astype(float), as_array(theirs)
    with np.errstate(divide="ignore"):
        scale = [np.where(v > 1, 2 - 1 / v, v) for v in (a, b)]
    require_close(scale[0], scale[1], atol=1.3e-4, rtol=0)
    return SAME


def table(case: Spec) -> Any:
    given: Any = case["input"]
    counts: Any = {1: given["x1"], 2: given["x2"]}, {1: given["n1"], 2: given["n2"]}
    return counts, {"reference": 2}


def prop_diff(case: Spec) -> Any:
    counts, options = table(case)

    def by(method: Any) -> Any:
        return compare_proportions(*counts, method=method, **options)

    if case["id"].endswith("diff_exact"):
        return {key: exact_difference(counts, method) for key, method in EXACT.items()}
    return {
        "miettinen_nurminen": three(by("miettinen-nurminen")),
        "mn_p": by("miettinen-nurminen").p_value,
        "mee": three(by("mee")),
        "mee_p": by("mee").p_value,
        "gart_nam_scas": three(by("gart-nam")),
        "newcombe_wilson": three(by("newcombe")),
        "mover_jeffreys": three(by("mover-jeffreys")),
        "newcombe_cc": three(by("newcombe-cc")),
        "wald": none_where_flat(limits(by("wald")), case["expected"].get("wald")),
        "wald_cc": none_where_flat(limits(by("wald-cc")), case["expected"].get("wald_cc")),
    }


EXACT = {"score_central": "chan-zhang", "score_square": "agresti-min", "fisheradj_central": None}


def exact_difference(counts: Any, method: Any) -> Any:
    """R's is p2 - p1: the reference is the first group here. FisherAdj orderings are not offered."""
    if method is None:
        return SAME
    fit = compare_proportions(*counts, reference=1, method=method)
    return {"est_p2_minus_p1": fit.estimate, "ci": limits(fit), "p": fit.p_value}


def prop_ratio(case: Spec) -> Any:
    counts, options = table(case)

    def by(measure: Any, method: Any) -> Any:
        return three(compare_proportions(*counts, measure=measure, method=method, **options))

    def by_log(measure: Any, method: Any, key: Any) -> Any:
        """With a count of 0 R's log-Wald text multiplies 0 by infinity; ours has no limits and says so."""
        got = by(measure, method)
        return SAME if np.isnan(as_array(case["expected"][key])).any() and np.isnan(got[::2]).all() else got

    return {
        "rr_koopman": by("ratio", "koopman"),
        "rr_mn": by("ratio", "miettinen-nurminen"),
        "or_mn": by("odds-ratio", "miettinen-nurminen"),
        "or_wald": by_log("odds-ratio", "wald", "or_wald"),
        "rr_katz": by_log("ratio", "katz", "rr_katz"),
    }


def fisher(case: Spec) -> Any:
    counts, options = table(case)

    def by(method: Any, **more: Any) -> Any:
        return compare_proportions_exact(*counts, method=method, **(options | more))

    plain, mid, want = by("fisher"), by("mid-p"), case["expected"]
    # without events R calls the odds ratio 0; ours is not there, with a note
    empty = case["input"]["x1"] + case["input"]["x2"] == 0
    require(plain.status == ("note" if empty else "ok"), "a table without events has a note")
    return {
        "p": plain.p_value,
        "or_cmle": SAME if empty else solved(plain.estimate, want["or_cmle"]),
        "or_ci": solved(limits(plain), want["or_ci"]),
        "p_less": by("fisher", alternative="less").p_value,
        "p_greater": by("fisher", alternative="greater").p_value,
        "p_central": by("fisher-central").p_value,
        "ci_central": solved(limits(by("fisher-central")), want["ci_central"]),
        "p_blaker": by("fisher-blaker").p_value,
        "p_midp_central": mid.p_value,
        "ci_midp": solved(limits(mid), want["ci_midp"]),
    }


def barnard_boschloo(case: Spec) -> Any:
    counts, options = table(case)

    def by(method: Any, alternative: Any = "two-sided") -> Any:
        return compare_proportions_exact(*counts, method=method, alternative=alternative, **options).p_value

    return {
        "barnard_zpooled": by("barnard"),
        "barnard_zunpooled": by("barnard-unpooled"),
        "boschloo": by("boschloo"),
        "boschloo_less": by("boschloo", "less"),
        "boschloo_greater": by("boschloo", "greater"),
    }


def cmh(case: Spec) -> Any:
    counts, options = table(case)
    kind = case["id"].rsplit(".", 1)[-1]
    if kind == "test":
        plain, corrected, exact = (
            compare_proportions_stratified(*counts, **(options | more))
            for more in ({}, {"continuity": True}, {"exact": True})
        )
        return {
            "chisq": plain.statistic,
            "p": plain.p_value,
            "or_mh": plain.estimate,
            "or_ci": limits(plain),
            "chisq_cc": corrected.statistic,
            "p_cc": corrected.p_value,
            "p_exact": exact.p_value,
            "or_cmle": solved(exact.estimate, case["expected"]["or_cmle"]),
            "or_exact_ci": solved(limits(exact), case["expected"]["or_exact_ci"]),
        }
    if kind == "breslow_day":
        test = compare_odds_ratios(*counts, **options)
        return {
            "breslow_day": test.statistic,
            "df": test.df,
            "p": test.p_value,
            "tarone": test.tarone_statistic,
            "p_tarone": test.tarone_p_value,
        }
    strata = range(len(case["input"]["x1"]))

    def by(method: Any, measure: Any = "difference") -> Any:
        return compare_proportions(*counts, method=method, measure=measure, stratum=strata, **options)

    if kind == "mn_strat":
        fit = by("miettinen-nurminen")
        got = {"mh_weights": three(fit), "mh_p": fit.p_value}
        if "sparse" in case["id"]:
            return got | {"ivs_weights": refused_weights(by)}
        return got | {"ivs_weights": three(by("miettinen-nurminen-ivs"))}
    sato, ratio = by("mantel-haenszel"), by("mantel-haenszel", "ratio")
    return {
        "rd_mh": sato.estimate,
        "se_sato": sato.std_error,
        "se_greenland": by("mantel-haenszel-greenland").std_error,
        "ci_sato": limits(sato),
        "metafor_rd": sato.estimate,
        "metafor_se": sato.std_error,
        "log_rr_mh": np.log(ratio.estimate),
        "log_rr_se": ratio.std_error,
        "rr_ci": limits(ratio),
    }


def refused_weights(by: Any) -> Any:
    """Strata without events have infinite weight at 0: refused."""
    try:
        by("miettinen-nurminen-ivs")
    except EstimateError as error:
        require("every stratum" in str(error), "the refusal says why")
        return SAME
    raise DeviationError("strata without events were weighted by their inverse variance")


def poisson_rate(case: Spec) -> Any:
    x, t = case["input"]["events"], case["input"]["exposure"]

    def by(method: Any, conf_level: Any = 0.95) -> Any:
        return estimate_rate(x, t, method=method, conf_level=conf_level)

    return {
        "rate": by("exact").estimate,
        "exact": limits(by("exact")),
        "midp": limits(by("mid-p")),
        "log_wald": limits(by("log-wald")) if x else np.nan,
        "upper_onesided95": by("exact", 0.9).conf_high,
    }


def poisson_ratio(case: Spec) -> Any:
    given: Any = case["input"]
    counts: Any = {1: given["events1"], 2: given["events2"]}, {1: given["exposure1"], 2: given["exposure2"]}

    def by(method: Any, measure: Any = "ratio") -> Any:
        return compare_rates(*counts, reference=2, measure=measure, method=method)

    wald = limits(by("log-wald"))
    if given["events1"] == 0:  # R multiplies 0 by exp(+-Inf); ours has no log limits
        require(np.isnan(wald).all(), "no log limits without events")
        wald = as_array(case["expected"]["rr_logwald"])
    return {
        "ratio": by("exact").estimate,
        "exact_ci": limits(by("exact")),
        "p_minlike": by("minlike").p_value,
        "p_central": by("exact").p_value,
        "midp_ci": limits(by("mid-p")),
        "midp_p": by("mid-p").p_value,
        "rr_logwald": wald,
        "rd": by("wald", "difference").estimate,
        "rd_wald": limits(by("wald", "difference")),
        "rd_score_mn": limits(by("score", "difference")),
        "rr_score": limits(by("score")),
    }


def mcnemar(case: Spec) -> Any:
    pairs = case["input"]["table"]

    def by(method: Any) -> Any:
        return compare_paired_proportions(*pairs, method=method)

    return {
        "chisq": by("chi-square").statistic,
        "p": by("chi-square").p_value,
        "chisq_cc": by("continuity").statistic,
        "p_cc": by("continuity").p_value,
        "p_exact": by("exact").p_value,
        "or_exact": by("exact").estimate,
        "or_ci": limits(by("exact")),
        "p_midp": by("mid-p").p_value,
        "diff_tango": three(estimate_paired_difference(*pairs)),
    }


HANDLERS: dict[str, Handler] = {
    "binomial": binomial,
    "prop_diff": prop_diff,
    "prop_ratio": prop_ratio,
    "fisher": fisher,
    "barnard_boschloo": barnard_boschloo,
    "cmh": cmh,
    "poisson_rate": poisson_rate,
    "poisson_ratio": poisson_ratio,
    "mcnemar": mcnemar,
}
