"""Clinical priors: what each analyte is at a given severity of liver failure, how it varies, what goes with it.

Severity is a latent number: 0 is the middle of the patients whom such trials enrol (bilirubin about 300 µmol/L,
INR about 2), 1 a standard deviation sicker, -3 recovered. Medians, spreads and lags are our judgement from the
entry criteria of the trials and the published courses of acute liver failure; they make plausible data and claim
nothing about any treatment.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hepatrial.units import convert


@dataclass(frozen=True)
class Prior:
    """One analyte.

    ``middle`` is the value at severity 0; ``slope`` its change a unit of severity (of the logarithm when
    ``is_log``); ``lag_days`` how long it takes to follow severity; ``between`` and ``within`` the standard
    deviations between patients and between visits; ``group`` the analytes it is correlated with, with the ``sign``
    of that; ``regrowth`` the rise that regeneration of the liver brings (AFP).
    """

    middle: float
    slope: float
    lag_days: float
    between: float
    within: float
    unit: str
    low: float
    high: float
    reference: tuple[float | None, float | None] = (None, None)
    is_log: bool = True
    group: str = ""
    sign: int = 1
    regrowth: float = 0.0


INFLAMMATION: Final = "inflammation"
COAGULATION: Final = "coagulation"
CYTOLYSIS: Final = "cytolysis"
PERFUSION: Final = "perfusion"
WITHIN_GROUP: Final = {INFLAMMATION: 0.5, COAGULATION: 0.85, CYTOLYSIS: 0.8, PERFUSION: 0.4}
"""Correlation of two analytes of a group at the same severity."""

# fmt: off
PRIORS: Final = MappingProxyType({
    "IL6": Prior(55, 0.95, 5, 0.45, 0.35, "pg/mL", 0.3, 20000, (0, 7), group=INFLAMMATION),
    "TNFA": Prior(17, 0.50, 8, 0.35, 0.25, "pg/mL", 0.5, 2000, (0, 8.1), group=INFLAMMATION),
    "CRP": Prior(22, 0.60, 6, 0.50, 0.30, "mg/L", 0.1, 400, (0, 8), group=INFLAMMATION),
    "FERRITIN": Prior(1150, 0.65, 14, 0.50, 0.15, "ug/L", 10, 60000, (30, 400), group=INFLAMMATION),
    "WBC": Prior(8.2, 0.15, 7, 0.25, 0.15, "10^9/L", 0.8, 60, (3.5, 9.5), group=INFLAMMATION),
    "INR": Prior(2.0, 0.23, 9, 0.10, 0.06, "ratio", 0.85, 9, (0.8, 1.2), group=COAGULATION),
    "PTA": Prior(34, -0.34, 9, 0.12, 0.08, "%", 6, 125, (70, 130), group=COAGULATION, sign=-1),
    "BILI": Prior(300, 0.62, 18, 0.22, 0.07, "umol/L", 6, 900, (5, 21)),
    "ALT": Prior(420, 0.75, 9, 0.60, 0.15, "U/L", 8, 9000, (9, 50), group=CYTOLYSIS),
    "AST": Prior(350, 0.70, 8, 0.60, 0.18, "U/L", 8, 9000, (15, 40), group=CYTOLYSIS),
    "LACTATE": Prior(2.6, 0.33, 5, 0.20, 0.18, "mmol/L", 0.3, 20, (0.5, 2.2), group=PERFUSION),
    "AMMONIA": Prior(78, 0.32, 6, 0.25, 0.18, "umol/L", 10, 400, (9, 33), group=PERFUSION),
    "CREAT": Prior(78, 0.14, 9, 0.22, 0.10, "umol/L", 30, 900, (57, 111), group=PERFUSION),
    "AFP": Prior(14, 0.0, 1, 0.60, 0.12, "ng/mL", 0.9, 5000, (0, 7), regrowth=1.0),
    "SODIUM": Prior(136, -1.2, 10, 1.8, 1.6, "mmol/L", 118, 150, (137, 147), is_log=False),
    "ALB": Prior(31, -1.8, 30, 2.2, 1.2, "g/L", 18, 48, (40, 55), is_log=False),
    "PLAT": Prior(112, -0.16, 15, 0.30, 0.12, "10^9/L", 12, 450, (125, 350)),
    "HGB": Prior(108, -5.0, 25, 11, 4.0, "g/L", 55, 165, (115, 150), is_log=False),
    "HEGRADE": Prior(0.7, 0.8, 5, 0.35, 0.30, "grade", 0, 4, is_log=False),
    "ASCITES": Prior(0.9, 0.4, 20, 0.50, 0.25, "grade", 0, 3, is_log=False),
    "MAP": Prior(82, -4.0, 5, 4.0, 4.0, "mmHg", 45, 120, is_log=False),
    "PF": Prior(400, -28, 6, 25, 20, "mmHg", 70, 540, is_log=False),
})
# fmt: on
"""By parameter code, in the order of the draws: a new one goes to ADDED, or every simulated value moves."""

ADDED: Final = MappingProxyType(
    {
        "ALP": Prior(135, 0.10, 15, 0.35, 0.10, "U/L", 30, 900, (45, 125)),
        "PT": Prior(24.8, 0.23, 9, 0.10, 0.06, "s", 9, 110, (11, 14.3)),
    }
)
"""Analytes that came later: drawn from a stream of their own, so that the others keep their values."""

PROPORTIONAL: Final = MappingProxyType({"PT": ("INR", 12.4)})
"""What is a multiple of another analyte: the prothrombin time of a reagent of sensitivity 1."""

KNOWN: Final = MappingProxyType({**PRIORS, **ADDED})

GRADED: Final = ("HEGRADE", "ASCITES")
"""Whole grades: rounded where they are judged or written."""

SUPPORT: Final = MappingProxyType(
    {"VASOPR": ("MAP", "<", 68.0), "VENT": ("HEGRADE", ">", 3.5), "RRT": ("CREAT", ">", 330.0)}
)
"""Organ support is given (1) or not (0) by what another parameter shows at the visit."""

SPELLINGS: Final = MappingProxyType({"umol/L": "μmol/L", "ratio": "", "grade": "", "ug/L": "μg/L"})
"""How the simulated laboratory writes a unit."""


def convert_value(code: str, value: float, unit: str) -> float:
    """A value of the simulator in another unit of the analyte."""
    known = KNOWN[code].unit if code in KNOWN else unit
    return value if unit in ("", known) else float(convert([value], code, known, unit)[0])


def compute_correlation() -> list[list[float]]:
    """Correlation of the analytes' deviations from what severity explains, in the order of PRIORS."""
    priors = list(PRIORS.values())
    return [[1.0 if a is b else _correlation(a, b) for b in priors] for a in priors]


def _correlation(a: Prior, b: Prior) -> float:
    return a.sign * b.sign * WITHIN_GROUP[a.group] if a.group and a.group == b.group else 0.0
