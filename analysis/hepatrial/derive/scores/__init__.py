"""Liver scores, one function each: arrays in, a :class:`ScoreResult` out.

Every function takes keywords only, checks units, and leaves a score missing, with the reason, where an input
is missing: there is no partial sum. A score whose formula rests on something that nobody could look up is
provisional and says why. The ALFSG prognostic index is not offered: its coefficients could not be confirmed.
"""

from hepatrial.derive.scores.aclf import (
    HbvSofaTable,
    compute_aarc,
    compute_clif_c_aclf,
    compute_clif_c_aclf_mortality,
    compute_clif_c_ad,
    compute_cossh,
    compute_cossh_2,
    compute_hbv_sofa,
)
from hepatrial.derive.scores.hepatic import (
    compute_albi,
    compute_apri,
    compute_child_pugh,
    compute_fib4,
    compute_r_ratio,
    compute_sofa_liver,
)
from hepatrial.derive.scores.kings import compute_kings_college
from hepatrial.derive.scores.meld import compute_meld, compute_meld_3, compute_meld_na, compute_ukeld
from hepatrial.derive.scores.organs import (
    OrganInputs,
    compute_clif_c_of,
    compute_clif_sofa,
    compute_easl_clif_grade,
    compute_organ_failures,
)
from hepatrial.derive.scores.registry import SCORES, ScoreInput, ScoreSpec, compute_score
from hepatrial.derive.scores.result import ScoreFacts, ScoreResult

__all__ = [
    "SCORES",
    "HbvSofaTable",
    "OrganInputs",
    "ScoreFacts",
    "ScoreInput",
    "ScoreResult",
    "ScoreSpec",
    "compute_aarc",
    "compute_albi",
    "compute_apri",
    "compute_child_pugh",
    "compute_clif_c_aclf",
    "compute_clif_c_aclf_mortality",
    "compute_clif_c_ad",
    "compute_clif_c_of",
    "compute_clif_sofa",
    "compute_cossh",
    "compute_cossh_2",
    "compute_easl_clif_grade",
    "compute_fib4",
    "compute_hbv_sofa",
    "compute_kings_college",
    "compute_meld",
    "compute_meld_3",
    "compute_meld_na",
    "compute_organ_failures",
    "compute_r_ratio",
    "compute_score",
    "compute_sofa_liver",
    "compute_ukeld",
]
