"""Adverse device effects by ISO 14155:2020 (section 3): ADE, SADE, USADE.

* adverse device effect: an adverse event related to the use of the investigational device;
* serious adverse device effect: one that is serious;
* unanticipated: its nature, incidence, severity or outcome is not in the current risk assessment.

Which causalities count as related to the device is ``safety.device_effects`` of the study file (a procedure or cells
may belong to the device), possible or more. Three answers: Y, N, and U, not assessable, where the record does not
say. What is certain wins: an event that is recorded as not serious is no SADE whatever its causality.
"""

import numpy as np
import pandas as pd

from hepatrial.study.models import Safety

RELATED = ("possible", "probable", "related")
UNKNOWN = "U"


def derive_device_effects(events: pd.DataFrame, safety: Safety | None) -> pd.DataFrame:
    """AEEXPECT, AEADE, AESADE and AEUSADE of each row of ``adverse_events``, with its index.

    AEEXPECT: whether the preferred term (or term, where it is not coded) is in ``safety.anticipated_effects``; None
    without that list.
    """
    names = ("device",) if safety is None else safety.device_effects
    effect = _any_related(events[[f"related_{name}" for name in names]])
    expected = _expected(events, None if safety is None else safety.anticipated_effects)
    serious = events["serious"].fillna(UNKNOWN)
    serious_effect = _both(effect, serious)
    unforeseen = expected.map({"Y": "N", "N": "Y"}).fillna(UNKNOWN)
    return pd.DataFrame(
        {"AEEXPECT": expected, "AEADE": effect, "AESADE": serious_effect, "AEUSADE": _both(serious_effect, unforeseen)},
        index=events.index,
    )


def _any_related(answers: pd.DataFrame) -> pd.Series:
    """Y when any causality is possible or more, N when all are recorded and none is, else U."""
    is_related = answers.isin(RELATED).any(axis=1)
    level = np.select([is_related, answers.isna().any(axis=1)], ["Y", UNKNOWN], default="N")
    return pd.Series(level, index=answers.index, dtype="object")


def _expected(events: pd.DataFrame, anticipated: tuple[str, ...] | None) -> pd.Series:
    if anticipated is None:
        return pd.Series(None, index=events.index, dtype="object")
    terms = {term.strip().casefold() for term in anticipated}
    name = events["preferred_term"].fillna(events["term"]).astype("object")
    return name.map(lambda text: "Y" if str(text).strip().casefold() in terms else "N")


def _both(left: pd.Series, right: pd.Series) -> pd.Series:
    """Y when both are, N as soon as one is N, else U."""
    is_no = (left == "N") | (right == "N")
    is_yes = (left == "Y") & (right == "Y")
    return pd.Series(np.select([is_no, is_yes], ["N", "Y"], default=UNKNOWN), index=left.index, dtype="object")
