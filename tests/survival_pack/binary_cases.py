"""Cases of proportions, tables, rates and ranks."""

from hepatrial.estimate import compare_proportion_to, estimate_proportion


def limits(fit):
    return [fit.conf_low, fit.conf_high]


def binomial(case):
    x, n = case["input"]["x"], case["input"]["n"]

    def by(method, conf_level=0.95):
        return limits(estimate_proportion(x, n, method=method, conf_level=conf_level))

    def p(**options):
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
        "wald": by("wald"),
        "cloglog": by("cloglog"),
        "logit": by("logit"),
        "lrt": by("likelihood-ratio"),
    }


HANDLERS = {"binomial": binomial}
