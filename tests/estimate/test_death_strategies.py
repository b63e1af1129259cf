"""Biomarker-driven death: each strategy hits its own truth and misses the others' (10,000 patients, fixed
seed).

Two visits, y ~ N(mu, S). A patient dies after the first visit if Z + a + b y_1 > 0, Z ~ N(0, 1): death
depends on what was seen, so y_2 is missing at random. With s^2 = 1 + b^2 S_11, m = a + b mu_1: P(alive) =
Phi(-m / s), and among those alive E y_2 = mu_2 - b S_12 / s * phi(m / s) / Phi(-m / s) (Heckman).
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hepatrial.estimate import (
    compare_composite,
    compare_means,
    estimate_means,
    fit_gee,
    fit_mmrm,
    rank_composite,
    summarise_visits,
)

SIGMA = np.array([[4.0, 3.0], [3.0, 5.0]])
MEANS = {"control": np.array([10.0, 9.0]), "cells": np.array([8.0, 6.5])}
A, B = -10.0, 1.0

pytestmark = pytest.mark.reference


def alive_truth(arm):
    mu, s = MEANS[arm], np.sqrt(1 + B**2 * SIGMA[0, 0])
    m = (A + B * mu[0]) / s
    return mu[1] - B * SIGMA[0, 1] / s * stats.norm.pdf(m) / stats.norm.cdf(-m)


def draw(arm, n, rng):
    y = rng.multivariate_normal(MEANS[arm], SIGMA, size=n)
    return y, rng.normal(size=n) + A + B * y[:, 0] > 0


@cache
def trial():
    rng = np.random.default_rng(20260101)
    parts = []
    for arm in MEANS:
        y, dead = draw(arm, 5000, rng)
        state = np.where(dead, "dead", "alive")
        first = pd.DataFrame({"ARM": arm, "VISIT": "D07", "Y": y[:, 0], "S": "alive"})
        last = pd.DataFrame({"ARM": arm, "VISIT": "D28", "Y": np.where(dead, np.nan, y[:, 1]), "S": state})
        name = [f"{arm} {k}" for k in range(5000)]
        parts += [first.assign(ID=name), last.assign(ID=name)]
    data = pd.concat(parts, ignore_index=True)
    data["ARM"] = pd.Categorical(data["ARM"], categories=["control", "cells"])
    return data


def z_score(estimate, std_error, truth):
    return (estimate - truth) / std_error


HYPOTHETICAL = MEANS["cells"][1] - MEANS["control"][1]
WHILE_ALIVE = alive_truth("cells") - alive_truth("control")


def test_the_truths_differ_enough_to_be_told_apart():
    assert pytest.approx(-2.5) == HYPOTHETICAL
    assert WHILE_ALIVE > HYPOTHETICAL + 0.5


def test_mmrm_hits_the_hypothetical_truth_and_misses_the_while_alive_one():
    fit = fit_mmrm("Y ~ ARM * VISIT", trial(), subject="ID", visit="VISIT", df="residual")
    row = compare_means(fit, ["VISIT"], contrast="ARM").table.iloc[-1]
    assert abs(z_score(row["estimate"], row["std_error"], HYPOTHETICAL)) < 3
    assert abs(z_score(row["estimate"], row["std_error"], WHILE_ALIVE)) > 4


def test_gee_with_independence_hits_the_while_alive_truth_and_misses_the_hypothetical_one():
    fit = fit_gee("Y ~ ARM * VISIT", trial(), subject="ID")
    row = compare_means(fit, ["VISIT"], contrast="ARM").table.iloc[-1]
    assert abs(z_score(row["estimate"], row["std_error"], WHILE_ALIVE)) < 3
    assert abs(z_score(row["estimate"], row["std_error"], HYPOTHETICAL)) > 4
    means = estimate_means(fit, ["ARM", "VISIT"]).table.set_index(["ARM", "VISIT"])
    for arm in MEANS:
        row = means.loc[(arm, "D28")]
        assert abs(z_score(row["estimate"], row["std_error"], alive_truth(arm))) < 3


def test_visit_summaries_hit_the_while_alive_truth_and_count_the_dead():
    table = summarise_visits(trial(), visit="VISIT", value="Y", state="S", group="ARM").table
    last = table[table["VISIT"] == "D28"].set_index("ARM")
    for arm, mu in MEANS.items():
        row = last.loc[arm]
        assert abs(z_score(row["mean"], row["std_error"], alive_truth(arm))) < 3
        p = stats.norm.sf(-(A + B * mu[0]) / np.sqrt(1 + B**2 * SIGMA[0, 0]))
        assert row["n_dead"] / 5000 == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 5000))


def test_worst_rank_hits_the_composite_truth():
    data = trial()
    last = data[data["VISIT"] == "D28"]
    death = np.where(last["S"] == "dead", 14.0, np.nan)
    score = rank_composite(last["Y"].to_numpy(), death, higher_is_better=False)
    got = compare_composite(score, last["ARM"].to_numpy(dtype=object), reference="control")
    # the truth by drawing a million pairs: lower is better, any death is worse than any value, deaths tie
    rng = np.random.default_rng(1)
    (x, x_dead), (y, y_dead) = (draw(arm, 1_000_000, rng) for arm in ("cells", "control"))
    value = [np.where(dead, np.inf, v[:, 1]) for v, dead in ((x, x_dead), (y, y_dead))]
    truth = np.mean(value[0] < value[1]) + 0.5 * np.mean(x_dead & y_dead)
    assert abs(z_score(got.win_probability, got.std_error, truth)) < 3
    alive_only = stats.norm.cdf((MEANS["control"][1] - MEANS["cells"][1]) / np.sqrt(2 * SIGMA[1, 1]))
    assert abs(z_score(got.win_probability, got.std_error, alive_only)) > 3
