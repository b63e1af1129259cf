"""Numbers worked by hand or printed in papers: a call, and what it must give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hepatrial.estimate import (
    compare_survival,
    estimate_cumulative_incidence,
    estimate_paired_change,
    estimate_proportion,
    estimate_survival,
    stopping_boundary,
)
from hepatrial.validation import published

TEN_TIMES = (3, 5, 5, 8, 12, 14, 14, 20, 28, 28)
TEN_STATUS = (1, 1, 2, 0, 2, 1, 1, 2, 0, 0)
"""Ten patients: 1 death, 2 transplant, 0 censored."""


@dataclass(frozen=True)
class Case:
    """``compute`` gives named numbers, ``expected`` what they must be within ``tolerance``; ``reason`` is why."""

    id: str
    method: str
    source: str
    compute: Callable[[], Mapping[str, float]]
    expected: Mapping[str, float]
    tolerance: float
    reason: str


def _kaplan_meier() -> dict[str, float]:
    at = estimate_survival(TEN_TIMES, [s > 0 for s in TEN_STATUS], at=[5, 12, 14, 20], conf_type="log-log").at
    found = {f"S({t:g})": s for t, s in zip(at["time"], at["survival"], strict=True)}
    return found | {"lower(14)": float(at["conf_low"].iloc[2]), "upper(14)": float(at["conf_high"].iloc[2])}


def _incidence() -> dict[str, float]:
    found: dict[str, float] = {}
    for cause, name in ((1, "death"), (2, "transplant")):
        at = estimate_cumulative_incidence(TEN_TIMES, TEN_STATUS, cause=cause, at=[5, 14, 20]).at
        found |= {f"{name}({t:g})": f for t, f in zip(at["time"], at["incidence"], strict=True)}
    return found


def _beta_product() -> dict[str, float]:
    found: dict[str, float] = {}
    for name, dead in (("7/10", 3), ("10/10", 0)):
        event = [1] * dead + [0] * (10 - dead)
        row = estimate_survival([10] * dead + [84] * (10 - dead), event, at=[84], conf_type="beta-product").at.iloc[0]
        found |= {f"{name} lower": float(row["conf_low"]), f"{name} upper": float(row["conf_high"])}
    return found


def _clopper_pearson() -> dict[str, float]:
    limits = {n: estimate_proportion(n, 10, method="clopper-pearson") for n in (0, 3, 10)}
    return {f"{n}/10 {side}": getattr(limits[n], f"conf_{side}") for n in limits for side in ("low", "high")}


def _logrank() -> dict[str, float]:
    arm_1 = ((10, 15, 16, 22, 24, 28, 28, 28, 28, 28), (1, 0, 1, 1, 1, 0, 0, 0, 0, 0))
    event = [s > 0 for s in TEN_STATUS] + [s > 0 for s in arm_1[1]]
    groups = compare_survival([*TEN_TIMES, *arm_1[0]], event, [0] * 10 + [1] * 10).groups
    return {f"expected {g}": e for g, e in zip(groups["group"], groups["expected"], strict=True)}


def _paired() -> dict[str, float]:
    drug_1 = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
    drug_2 = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
    found = estimate_paired_change(drug_1, drug_2)
    return {"mean": found.estimate, "lower": found.conf_low, "upper": found.conf_high}


def _pocock() -> dict[str, float]:
    boundary = stopping_boundary(range(1, 11), p0=0.3, rule="pocock", alpha=0.1)
    return {f"b({n})": float(b) for n, b in zip(boundary.looks, boundary.stop_at, strict=True)}


CASES: tuple[Case, ...] = (
    Case(
        id="survival.kaplan_meier",
        method="Kaplan–Meier with log-log limits",
        source="ten patients worked by hand, checked in R survival",
        compute=_kaplan_meier,
        expected={
            "S(5)": 0.7,
            "S(12)": 0.7 * 5 / 6,
            "S(14)": 0.35,
            "S(20)": 0.35 * 2 / 3,
            "lower(14)": 0.0848,
            "upper(14)": 0.640,
        },
        tolerance=5e-4,
        reason="the limits are printed to three figures",
    ),
    Case(
        id="competing.aalen_johansen",
        method="Aalen–Johansen cumulative incidence",
        source="ten patients worked by hand",
        compute=_incidence,
        expected={
            "death(5)": 0.2,
            "death(14)": 0.2 + 0.35 * 2 / 3,
            "death(20)": 0.2 + 0.35 * 2 / 3,
            "transplant(5)": 0.1,
            "transplant(14)": 0.1 + 0.7 / 6,
            "transplant(20)": 0.1 + 0.7 / 6 + 0.35 / 3,
        },
        tolerance=1e-12,
        reason="fractions",
    ),
    Case(
        id="survival.beta_product",
        method="beta-product limits at a fixed day",
        source="equal to Clopper–Pearson with nobody censored before the day",
        compute=_beta_product,
        expected={"7/10 lower": 0.347547, "7/10 upper": 0.933260, "10/10 lower": 0.691503, "10/10 upper": 1.0},
        tolerance=1e-6,
        reason="printed to six decimals or more",
    ),
    Case(
        id="proportions.clopper_pearson",
        method="Clopper–Pearson limits",
        source="Clopper and Pearson 1934; R binom.test",
        compute=_clopper_pearson,
        expected={
            "0/10 low": 0.0,
            "0/10 high": 0.308497,
            "3/10 low": 0.066740,
            "3/10 high": 0.652453,
            "10/10 low": 0.691503,
            "10/10 high": 1.0,
        },
        tolerance=1e-6,
        reason="printed to six decimals or more",
    ),
    Case(
        id="survival.logrank",
        method="log-rank expected events",
        source="twenty patients worked by hand, checked in R survdiff",
        compute=_logrank,
        expected={"expected 0": 3.98, "expected 1": 7.02},
        tolerance=5e-3,
        reason="printed to two decimals",
    ),
    Case(
        id="summaries.paired_change",
        method="paired change with t interval",
        source="Student 1908; R t.test(paired = TRUE)",
        compute=_paired,
        expected={"mean": 1.58, "lower": 0.7001142, "upper": 2.4598858},
        tolerance=1e-6,
        reason="printed to six decimals or more",
    ),
    Case(
        id="monitoring.pocock_boundary",
        method="Pocock-type stopping boundary",
        source="Ivanova 2005; R stoppingrule",
        compute=_pocock,
        expected={f"b({n})": float(b) for n, b in enumerate((2, 3, 3, 4, 4, 5, 5, 5, 6, 6), start=1)},
        tolerance=0.0,
        reason="whole numbers",
    ),
    Case(
        id="published.lin_survival",
        method="published: survival at 24 weeks with plain limits",
        source=published.LIN,
        compute=published.reproduce_lin_survival,
        expected=published.PRINTED_LIN,
        tolerance=0.1 / 68.9,
        reason="printed to one decimal, and 68.9 is 55.6 + 13.3, rounded before they were added",
    ),
    Case(
        id="published.lin_infection",
        method="published: patients with severe infection",
        source=published.LIN,
        compute=published.reproduce_lin_infection,
        expected=published.PRINTED_INFECTION,
        tolerance=0.05 / 16.1,
        reason="half of the last printed digit",
    ),
    Case(
        id="published.lin_infection_test",
        method="published: chi-square test of severe infection",
        source=published.LIN,
        compute=published.reproduce_lin_infection_test,
        expected={"P": 0.04},
        tolerance=0.005,
        reason="half of the last printed digit",
    ),
    Case(
        id="published.graft_survival",
        method="published: transplant-free survival at 90 days",
        source=published.GRAFT,
        compute=published.reproduce_graft,
        expected=published.PRINTED_GRAFT,
        tolerance=0.05 / 34.1,
        reason="half of the last printed digit",
    ),
)
