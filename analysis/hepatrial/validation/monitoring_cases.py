"""Cases of group-sequential designs, conditional power, stopping rules and two-stage designs."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from hepatrial.estimate import (
    Futility,
    compute_exit_probabilities,
    conditional_power,
    design_group_sequential,
    design_two_stage,
    estimate_repeated_intervals,
    estimate_stopping_characteristics,
    predictive_power,
    stopping_boundary,
)
from hepatrial.validation.pack import SAME, Handler, Spec, require, require_close

LAN_DEMETS = "lan-demets-obrien-fleming"
SPENDING = {
    "OF": "obrien-fleming",
    "P": "pocock",
    "WT": "wang-tsiatis",
    "HP": "haybittle-peto",
    "asOF": LAN_DEMETS,
    "asP": "lan-demets-pocock",
    "asKD": "kim-demets",
    "asHSD": "hwang-shih-decani",
}
RULES = {"Pocock": "pocock", "OBF": "obrien-fleming", "WT": "wang-tsiatis", "BB": "beta-binomial", "SPRT": "sprt"}
SHAPE_NAME = {"WT": "delta", "BB": "prior", "SPRT": "p1"}


def rpact_design(case: Spec) -> Any:
    given: Any = case["input"]
    name, _, parameter = given["type"].partition(":")
    design: Any = design_group_sequential(
        given["information_rates"],
        alpha=given["alpha"],
        sided=given["sided"],
        beta=given["beta"],
        spending=SPENDING[name],
        parameter=float(parameter) if parameter else None,
    )
    no_effect, half, planned = design.expected_size
    return {
        "information_rates": design.information,
        "critical_values": design.upper,
        "stage_levels_onesided": design.nominal_levels,
        "alpha_spent": design.alpha_spent,
        "n_fixed": design.fixed_drift**2,
        "inflation_factor": design.inflation,
        "shift": design.drift**2,
        "cum_power": design.power,
        "asn_h0": no_effect,
        "asn_h01": half,
        "asn_h1": planned,
    }


def rpact_beta_spending(_: Spec) -> Any:
    design: Any = design_group_sequential(
        [0.4, 0.7, 1], alpha=0.025, beta=0.1, sided=1, spending=LAN_DEMETS, futility=Futility(spending=LAN_DEMETS)
    )
    return {
        "critical_values": design.upper,
        "futility": design.lower[:-1],
        "alpha_spent": design.alpha_spent,
        "beta_spent": design.beta_spent,
        "inflation_factor": design.inflation,
    }


def rpact_binding(_: Spec) -> Any:
    rule = Futility(bounds=(0, 0.5), is_binding=True)
    design: Any = design_group_sequential([1, 2, 3], alpha=0.025, beta=0.2, sided=1, spending=LAN_DEMETS, futility=rule)
    return {
        "critical_values": design.upper,
        "alpha_spent": design.alpha_spent,
        "inflation_factor": design.inflation,
        "cum_power": design.power,
    }


def gsdesign_futility(_: Spec) -> Any:
    rule = Futility(spending="hwang-shih-decani", parameter=-2)
    looks = [0.33, 0.67, 1]
    design: Any = design_group_sequential(looks, alpha=0.025, beta=0.1, sided=1, spending=LAN_DEMETS, futility=rule)
    exits = [compute_exit_probabilities(design, effect=effect) for effect in (0.0, design.drift)]
    return {
        "upper": design.upper,
        "lower": design.lower,
        "n_I": np.array(looks) * design.inflation,
        "prob_upper": np.concatenate([e["upper"] for e in exits]),
        "prob_lower": np.concatenate([e["lower"] for e in exits]),
    }


def ldbounds(case: Spec) -> Any:
    """Bounds to the reference's own 1e-4: its grid is coarse (test_ldbounds_is_the_one_that_is_off)."""
    given, expected = case["input"], case["expected"]
    design: Any = design_group_sequential(
        given["t"],
        alpha=float(np.sum(given["alpha"])),
        sided=given["sides"],
        spending=LAN_DEMETS if np.ravel(given["iuse"])[0] == 1 else "lan-demets-pocock",
    )
    require_close(design.upper, expected["upper"], rtol=case["rel_tol"])
    # its nominal levels say nothing of their own: the tails of its bounds
    require_close(given["sides"] * ndtr(-np.asarray(expected["upper"])), expected["nominal"], rtol=1e-10)
    return {"upper": SAME, "exit_pr": design.alpha_spent, "nominal": SAME}


def closed_form(case: Spec) -> Any:
    given: Any = case["input"]
    alpha = float(ndtr(-given["final_critical_value"]))
    design: Any = design_group_sequential([1], alpha=alpha, sided=1, spending="pocock")

    def power(effect: Any) -> Any:
        return conditional_power(design, information=given["t"], z=given["z"], effect=effect).probability

    return {
        "cp_null": power("null"),
        "cp_trend": power("trend"),
        "cp_h1": power(given["drift_h1"]),
        "predictive_flat": predictive_power(design, information=given["t"], z=given["z"]).probability,
    }


def gsdesign_conditional(case: Spec) -> Any:
    given: Any = case["input"]
    options: Any = {"alpha": given["alpha"], "beta": given["beta"], "sided": 1, "spending": SPENDING[given["spending"]]}
    looks: Any = np.array(given["timing"]) * design_group_sequential(given["timing"], **options).inflation
    design: Any = design_group_sequential(looks, **options)
    now = {"information": looks[given["interim"] - 1], "z": given["z"]}
    powers = [conditional_power(design, **now, effect=effect) for effect in ("trend", "null", "planned")]
    return {
        "n_I": looks,
        "bounds": design.upper,
        "theta": [power.effect for power in powers],
        "cond_bounds": powers[0].conditional_bounds,
        "cond_prob": np.concatenate([power.by_look for power in powers]),
        "colsum": [power.probability for power in powers],
        "predictive": predictive_power(design, **now, prior_mean=2, prior_sd=1).probability,
    }


def rpact_conditional(case: Spec) -> Any:
    """Information of a log hazard ratio with 1:1 allocation is events / 4."""
    given = case["input"]
    events: Any = np.array(case["expected"]["events"])
    z: Any = np.atleast_1d(given["overall_logrank_z"])
    size, done = events.size, given["interim"]
    design: Any = design_group_sequential(events / 4, alpha=given["alpha"], sided=1, spending=SPENDING[given["type"]])
    table = estimate_repeated_intervals(design, z).table
    power = conditional_power(design, information=events[done - 1] / 4, z=z[-1], effect=np.log(given["thetaH1_hr"]))
    rejection = [
        conditional_power(design, information=n / 4, z=value, effect="null").probability
        for n, value in zip(events, z, strict=False)
    ]
    return {
        "events": events,
        "critical_values": design.upper,
        "cond_rejection_prob": padded(rejection, size),
        "cond_power": [np.nan] * done + np.cumsum(power.by_look).tolist(),
        "rci_lower": padded(np.exp(table["conf_low"]), size),
        "rci_upper": padded(np.exp(table["conf_high"]), size),
        # rpact searches alpha up to 0.499999 only, and prints that for every larger p
        "repeated_p": padded(np.minimum(table["p_value"], 0.499999046327591), size),
    }


def padded(values: Any, size: Any) -> Any:
    return [*values, *[np.nan] * (size - len(values))]


def bayes_cutoff(case: Spec) -> Any:
    given, expected = case["input"], case["expected"]
    a, b = given["prior"]
    boundary: Any = stopping_boundary(
        given["looks"], p0=given["p0"], rule="beta-binomial", prior=(a, b), cutoff=given["cutoff"]
    )
    n = np.array(boundary.looks)
    stop_at = np.where(np.array(boundary.stop_at) > n, np.nan, boundary.stop_at)
    table = estimate_stopping_characteristics(boundary, expected["oc_p"]).table
    return {
        "n": n,
        "min_events_to_stop": stop_at,
        "post_prob_at_boundary": SAME,  # not a number of ours; the boundary above is what it decides
        "oc_p": table["p"],
        "oc_stop_prob": table["stop_probability"],
        "oc_expected_n": table["expected_n"],
    }


def stopping_rule(case: Spec) -> Any:
    given, expected = case["input"], case["expected"]
    shape: Any = {SHAPE_NAME[given["type"]]: given["param"]} if given["type"] in SHAPE_NAME else {}
    boundary: Any = stopping_boundary(
        given["ns"], p0=given["p0"], alpha=given["alpha"], rule=RULES[given["type"]], **shape
    )
    truths: Any = np.reshape(expected["oc"], (-1, 3))[:, 0]
    table = estimate_stopping_characteristics(boundary, truths).table
    # any critical value of the interval gives the boundary; bisection prints one within 1e-6 of it
    low, high = sorted([boundary.critical_value_above, boundary.critical_value])
    require(low - 1e-6 <= expected["cval"] <= high + 1e-6, "critical value in its interval")
    return {
        "n": boundary.looks,
        "reject_at": boundary.stop_at,
        "cval": SAME,
        "oc": table[["p", "stop_probability", "expected_events"]].to_numpy().ravel(),
        "oc_cols": ["p", "Reject Prob", "E(events)"],
    }


def toxbdry(case: Spec) -> Any:
    """clinfun stops when events exceed its table: one less than ours; ``lo`` is the next more liberal boundary."""
    given, expected = case["input"], case["expected"]
    boundary: Any = stopping_boundary(
        given["looks"], p0=given["pLo"], alpha=given["cP0"], rule="wang-tsiatis-exact", delta=given["delta"]
    )
    truths: Any = np.reshape(expected["oc"], (-1, 7))[:, 0]
    columns = ["stop_probability", "stop_early", "expected_n"]
    above: Any = replace(boundary, stop_at=boundary.stop_at_above)
    low, high = (estimate_stopping_characteristics(b, truths).table[columns] for b in (above, boundary))
    return {
        "looks": boundary.looks,
        "lo": np.array(boundary.stop_at_above) - 1,
        "hi": np.array(boundary.stop_at) - 1,
        "alpha": np.nan,
        "oc": np.column_stack([truths, low, high]).ravel(),
        "oc_cols": expected["oc_cols"],
    }


def simon(case: Spec) -> Any:
    given: Any = case["input"]
    designs = design_two_stage(given["pu"], given["pa"], alpha=given["alpha"], beta=given["beta"], n_max=given["nmax"])
    minimax, optimal = ([d.r1, d.n1, d.r, d.n, d.expected_n, d.stop_early] for d in designs)
    return {"minimax": minimax, "optimal": optimal, "columns": case["expected"]["columns"]}


BY_ID: dict[str, Handler] = {
    "gs.futility_bsOF": rpact_beta_spending,
    "gs.futility_fixed": rpact_binding,
    "gs.gsdesign_LDOF_HSD": gsdesign_futility,
    "gs.ldbounds.": ldbounds,
    "gs.": rpact_design,
    ".closed_final": closed_form,
    ".gsdesign": gsdesign_conditional,
    ".rpact_survival": rpact_conditional,
    "tox.bb.": bayes_cutoff,
    "tox.sr.": stopping_rule,
    "tox.toxbdry.": toxbdry,
    "simon.": simon,
}
TOPICS = {"group_sequential", "conditional_power", "toxicity_bayes", "toxicity_freq", "simon"}


def handler_of(case: Spec) -> Any:
    """The first part of the case's id that is known; None when the case is mapped to nothing."""
    return next((run for part, run in BY_ID.items() if part in case["id"]), None)
