"""ADAEGR: adverse events whose recorded grade is not the grade of the laboratory value that they name.

An event's grade is the worst of its course, so it is held against the worst CTCAE grade of the matching laboratory term
from 3 days before its start to 3 days after its end; without an end the event goes on and every later value counts.
Both ways to grade an abnormal baseline are heard (ATOXGR, ATOXGRN): a row is made where the recorded grade is more than
one grade from both. It is a question to the site, no correction: the record stands.
"""

import pandas as pd

from hepatrial.contracts import OPTIONAL_DATASETS
from hepatrial.derive.days import derive_study_day
from hepatrial.derive.frames import conform, join_ids
from hepatrial.study.models import Study

WINDOW = pd.Timedelta(days=3)
TOLERANCE = 1.0
HIGHEST = 4.0
"""A value has no grade 5: a fatal event is compared as grade 4."""
FOREVER = pd.Timestamp("2200-12-31")

TERMS: dict[str, tuple[str, ...]] = {
    "Anemia": ("anemia", "hemoglobin decreased"),
    "Platelet count decreased": ("thrombocytopenia", "platelet count decreased"),
    "Thrombocytopenia": ("thrombocytopenia", "platelet count decreased"),
    "White blood cell decreased": ("leukopenia", "white blood cell count decreased", "white blood cell decreased"),
    "Neutrophil count decreased": ("neutropenia", "neutrophil count decreased"),
    "Lymphocyte count decreased": ("lymphopenia", "lymphocyte count decreased"),
    "Hypokalemia": ("hypokalemia", "blood potassium decreased"),
    "Hyperkalemia": ("hyperkalemia", "blood potassium increased"),
    "Hyponatremia": ("hyponatremia", "blood sodium decreased"),
    "Hypernatremia": ("hypernatremia", "blood sodium increased"),
    "Hypoalbuminemia": ("hypoalbuminemia", "blood albumin decreased"),
    "Hypoglycemia": ("hypoglycemia", "blood glucose decreased"),
    "Blood bilirubin increased": ("hyperbilirubinemia", "blood bilirubin increased"),
    "Creatinine increased": ("blood creatinine increased", "creatinine increased"),
    "INR increased": ("international normalised ratio increased", "inr increased"),
    "Fibrinogen decreased": ("blood fibrinogen decreased", "fibrinogen decreased", "hypofibrinogenemia"),
    "Alanine aminotransferase increased": ("alanine aminotransferase increased",),
    "Aspartate aminotransferase increased": ("aspartate aminotransferase increased",),
}
"""Preferred terms of MedDRA (lower case, ``ae`` written ``e``) that mean a laboratory term of CTCAE."""


def derive_adaegr(adae: pd.DataFrame, adtox: pd.DataFrame, adsl: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row an event and laboratory term whose grades are more than one apart; SRCID names both records.

    Parameters
    ----------
    adae, adtox, adsl : DataFrame
        Derived datasets; ADTOX is empty where ``safety.grading`` names no CTCAE version, and then so is this.
    """
    spec = OPTIONAL_DATASETS["ADAEGR"]
    is_dated = adae["ASTDT"].notna() & (adae["ASTDTF"].fillna("") == "")
    events = _name_terms(adae[adae["AETOXGR"].notna() & is_dated])
    values = adtox[adtox["ATOXGRN"].notna() & adtox["ADT"].notna()]
    wanted = ["USUBJID", "ATOXTERM", "PARAMCD", "ADT", "AVAL", "ATOXGR", "ATOXGRN", "SRCID"]
    pairs = events.merge(values[wanted], on=["USUBJID", "ATOXTERM"], suffixes=("", "_LB"))
    end = pairs["AENDT"].fillna(FOREVER)
    pairs = pairs[(pairs["ADT"] >= pairs["ASTDT"] - WINDOW) & (pairs["ADT"] <= end + WINDOW)]
    if pairs.empty:
        return conform(pd.DataFrame(columns=list(spec.names)), spec)
    worst = _keep_worst(pairs)
    recorded = worst["AETOXGR"].clip(upper=HIGHEST)
    apart = pd.concat([(recorded - worst[name]).abs() for name in ("WORSTGR", "ATOXGRN")], axis=1).min(axis=1)
    found = worst[apart > TOLERANCE]
    if found.empty:
        return conform(pd.DataFrame(columns=list(spec.names)), spec)
    origin = found["USUBJID"].map(adsl.set_index("USUBJID")["ORIGDT"]).astype("datetime64[ns]")
    found = found.assign(ADY=derive_study_day(found["ADT"], origin), ATOXGR=found["WORSTGR"])
    units = {parameter.code: parameter.unit for parameter in study.parameters}
    found["GRNOTE"] = [_say(row, units) for row in found.to_dict("records")]
    found["SRCID"] = [join_ids(ids) for ids in zip(found["SRCID"], found["SRCID_LB"], strict=True)]
    return conform(found.assign(SRCVAR="grade"), spec)


def _name_terms(adae: pd.DataFrame) -> pd.DataFrame:
    """A row an event and CTCAE term that its preferred term (as reported where not coded) means."""
    pairs = [(written, term) for term, names in TERMS.items() for written in names]
    table = pd.DataFrame(pairs, columns=["WRITTEN", "ATOXTERM"])
    text = adae["AEDECOD"].fillna(adae["AETERM"]).fillna("").astype(str)
    return adae.assign(WRITTEN=text.str.strip().str.lower().str.replace("ae", "e")).merge(table, on="WRITTEN")


def _keep_worst(pairs: pd.DataFrame) -> pd.DataFrame:
    """The first record of the highest ATOXGRN; WORSTGR is the highest ATOXGR of any record in the window."""
    key = ["USUBJID", "AESEQ", "ATOXTERM"]
    highest = pairs.groupby(key)["ATOXGR"].transform("max")
    ordered = pairs.assign(WORSTGR=highest, DOWN=-pairs["ATOXGRN"]).sort_values([*key, "DOWN", "ADT", "SRCID_LB"])
    return ordered.drop_duplicates(key)


def _say(row: dict[str, object], units: dict[str, str]) -> str:
    shown = f"{row['PARAMCD']} {row['AVAL']:.6g} {units[str(row['PARAMCD'])]} on study day {row['ADY']:.0f}"
    return f"recorded grade {row['AETOXGR']:.0f}; {row['ATOXTERM']} grade {row['ATOXGRN']:.0f} by {shown}"
