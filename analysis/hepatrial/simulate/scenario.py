"""How a simulated trial goes: the disease, who takes part, the sites, and what is missing in the end.

A scenario holds what a study file does not say. ``SCENARIOS`` names those that come with the package; none of them
gives the arms different courses unless ``drift_shift`` of ``simulate_exports`` says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from hepatrial.simulate.events import INFUSION_EVENTS, SESSION_EVENTS, EventPrior
from hepatrial.simulate.priors import KNOWN, Prior

Shares = tuple[tuple[str, float], ...]


AETIOLOGIES: Final[Shares] = (
    ("药物性 drug-induced", 0.35),
    ("乙型肝炎病毒 hepatitis B virus", 0.3),
    ("自身免疫性 autoimmune", 0.12),
    ("戊型肝炎病毒 hepatitis E virus", 0.08),
    ("不明原因 indeterminate", 0.15),
)
"""Of acute liver failure."""


@dataclass(frozen=True)
class Disease:
    """The course of severity: drift ~ N(mean + slope z0, sd), and outcomes a day as (hazard at 0, log ratio).

    ``pace`` multiplies the lag with which everything follows severity; transplantation happens between
    ``transplant_days``.
    """

    priors: Mapping[str, Prior]
    drift: tuple[float, float, float]
    pace: float
    hazards: Mapping[str, tuple[float, float]]
    transplant_days: tuple[int, int]


ACUTE: Final = Disease(
    priors=KNOWN,
    drift=(-2.6, 1.1, 0.9),
    pace=1.0,
    hazards=MappingProxyType({"death": (0.009, 1.25), "transplant": (0.0035, 0.9), "withdrawal": (0.0012, 0.0)}),
    transplant_days=(4, 45),
)


@dataclass(frozen=True)
class Site:
    """A centre, its share of the patients, how much sicker they are, and how often it misses a visit."""

    name: str
    share: float = 1.0
    severity: float = 0.0
    missed_visit: float = 0.06


@dataclass(frozen=True)
class Scenario:
    """Everything about a simulated trial that its study file does not state.

    ``stages``: none gives early and intermediate by severity. ``stratum``: what the randomisation is stratified by
    (``stage``, ``child`` class or ``encephalopathy``), as the subjects table writes it. ``lost`` and
    ``against_advice`` are shares of those who withdraw and who die; ``untreated`` of those enrolled, ``excluded``
    of the otherwise eligible by a criterion that only the investigator judges; ``transfused`` is the chance of albumin
    or plasma in the two days before a later visit; ``no_result`` words in place of a laboratory result, with how often.
    """

    disease: Disease = ACUTE
    aetiologies: Shares = AETIOLOGIES
    ages: tuple[int, int] = (19, 68)
    stages: Shares = ()
    sites: tuple[Site, ...] = (Site("模拟中心 Simulated centre"),)
    stratum: str = ""
    events: tuple[EventPrior, ...] = SESSION_EVENTS
    lost: float = 0.0
    against_advice: float = 0.0
    untreated: float = 0.0
    excluded: float = 0.0
    transfused: float = 0.0
    no_result: Shares = (("未查", 0.012), ("溶血", 0.006))


_CIRRHOSIS_LEVELS: Final = {
    "BILI": (42, 0.45, 0.30), "INR": (1.48, 0.13, 0.07), "PTA": (56, -0.20, 0.08), "ALT": (44, 0.25, 0.40),
    "AST": (58, 0.25, 0.40), "ALB": (30.5, -2.0, 2.6), "PLAT": (78, -0.15, 0.35), "AMMONIA": (62, 0.25, 0.25),
    "HEGRADE": (0.15, 0.35, 0.30), "ASCITES": (0.95, 0.55, 0.45), "CREAT": (76, 0.10, 0.20), "CRP": (9, 0.40, 0.50),
}  # fmt: skip
"""Middle, slope and spread between patients where decompensated cirrhosis differs from acute failure."""


def _at_level(prior: Prior, level: tuple[float, float, float] | None) -> Prior:
    return prior if level is None else replace(prior, middle=level[0], slope=level[1], between=level[2])


CIRRHOSIS: Final = Disease(
    priors=MappingProxyType({code: _at_level(prior, _CIRRHOSIS_LEVELS.get(code)) for code, prior in KNOWN.items()}),
    drift=(-0.9, 0.35, 0.9),
    pace=4.0,
    hazards=MappingProxyType({"death": (0.0011, 1.0), "transplant": (0.0006, 0.7), "withdrawal": (0.0006, 0.3)}),
    transplant_days=(14, 168),
)
ACUTE_ON_CHRONIC: Final = Disease(
    priors=MappingProxyType({**KNOWN, "ASCITES": replace(KNOWN["ASCITES"], middle=1.3)}),
    drift=(-1.7, 0.8, 0.9),
    pace=1.6,
    hazards=MappingProxyType({"death": (0.0055, 1.0), "transplant": (0.0014, 0.7), "withdrawal": (0.0006, 0.2)}),
    transplant_days=(4, 100),
)
_VIRAL: Final = (
    ("乙型肝炎病毒 hepatitis B virus", 0.68),
    ("酒精性 alcohol", 0.14),
    ("自身免疫性 autoimmune", 0.08),
    ("药物性 drug-induced", 0.10),
)

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "acute": Scenario(),
        "cirrhosis": Scenario(
            disease=CIRRHOSIS,
            aetiologies=_VIRAL,
            ages=(24, 78),
            stages=(("decompensated cirrhosis", 1.0),),
            stratum="child",
            events=INFUSION_EVENTS,
            lost=0.5,
            excluded=0.12,
            untreated=0.02,
            transfused=0.10,
        ),
        "acute-on-chronic": Scenario(
            disease=ACUTE_ON_CHRONIC,
            aetiologies=_VIRAL,
            stages=(("ACLF", 1.0),),
            sites=(
                Site("模拟中心一 Simulated centre 1", 0.40, -0.15, 0.04),
                Site("模拟中心二 Simulated centre 2", 0.25, 0.10, 0.06),
                Site("模拟中心三 Simulated centre 3", 0.20, 0.00, 0.09),
                Site("模拟中心四 Simulated centre 4", 0.15, 0.45, 0.16),
            ),
            stratum="encephalopathy",
            events=INFUSION_EVENTS,
            lost=0.5,
            against_advice=0.25,
            excluded=0.12,
            untreated=0.02,
            transfused=0.08,
        ),
        "acute or acute-on-chronic": Scenario(
            disease=ACUTE_ON_CHRONIC,
            aetiologies=_VIRAL,
            stages=(("ACLF", 0.75), ("ALF", 0.25)),
            stratum="stage",
            events=INFUSION_EVENTS,
            lost=0.3,
            against_advice=0.25,
            excluded=0.12,
            untreated=0.03,
            transfused=0.08,
        ),
    }
)
"""By name: what ``hepatrial simulate --scenario`` takes. ``acute`` is blood purification in acute liver failure."""
