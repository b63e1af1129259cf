"""Analysis datasets (design, section 6): ADaM names and rules, the columns that derive promises.

Dates are datetime64[ns]; flags are "Y" or "N" (never missing) unless said; missing text is None.

ADY has no day 0: the day of the origin is ADY 1. ``AFUDY`` is follow-up time, ADT minus the origin, and has a
day 0: "day 28 after treatment" is AFUDY 28 and ADY 29.
"""

from hepatrial.contracts.columns import Column, TableSpec
from hepatrial.contracts.standard import CAUSALITY

PROVENANCE_COLUMNS = ("SRCDOM", "SRCVAR", "SRCSEQ", "SRCID")
"""SRCDOM standard table, SRCVAR its column, SRCSEQ line of the export; SRCID the record_ids, joined by ";"."""

_SOURCE = (
    Column("SRCDOM", "text", "standard table that the value came from"),
    Column("SRCVAR", "text", "column of that table"),
    Column("SRCSEQ", "number", "line of the record in its file"),
    Column("SRCID", "text", "record_id, or several joined by ';' when derived from several records"),
)
_IDS = (
    Column("STUDYID", "id", "study"),
    Column("USUBJID", "id", "unique subject identifier"),
)


def _spec(name: str, description: str, key: tuple[str, ...], *columns: Column, source: bool = True) -> TableSpec:
    return TableSpec(name, description, (*_IDS, *columns, *(_SOURCE if source else ())), key)


ADSL = _spec(
    "ADSL", "subject level", ("USUBJID",),
    Column("SUBJID", "id", "subject identifier as exported"),
    Column("SITEID", "text", "site"),
    Column("AGE", "number", "age at consent, years"),
    Column("SEX", "code", "F or M"),
    Column("ARM", "text", "planned arm, label"),
    Column("TRT01P", "text", "planned treatment, code"),
    Column("TRT01A", "text", "actual treatment, code"),
    Column("AETIOL", "text", "aetiology"),
    Column("STAGE", "text", "stage at entry"),
    Column("STRATUM", "text", "stratum of the randomisation"),
    Column("RFICDT", "date", "consent"),
    Column("ENRLDT", "date", "enrolment"),
    Column("RANDDT", "date", "randomisation"),
    Column("RAND2DT", "date", "second randomisation"),
    Column("TRT02P", "text", "planned treatment after the second randomisation, code"),
    Column("TRTSDT", "date", "first treatment started"),
    Column("TRTEDT", "date", "last treatment ended"),
    Column("ORIGDT", "date", "time origin of the study file"),
    Column("DTHFL", "flag", "died"),
    Column("DTHDT", "date", "death"),
    Column("DTHCAUS", "text", "cause of death"),
    Column("LTFL", "flag", "transplanted"),
    Column("LTDT", "date", "first transplant"),
    Column("WDRDT", "date", "withdrawal of consent"),
    Column("LSTALVDT", "date", "last date known alive"),
    Column("EOSSTT", "code", "COMPLETED, DISCONTINUED or ONGOING"),
    Column("DCSREAS", "text", "why discontinued"),
    Column("EOSDT", "date", "end of study"),
    Column("ENRLFL", "flag", "enrolled"),
    Column("FASFL", "flag", "full analysis set"),
    Column("SAFFL", "flag", "safety set"),
    Column("PPROTFL", "flag", "per-protocol set"),
)  # fmt: skip
ADTTE = _spec(
    "ADTTE", "time to event", ("USUBJID", "PARAMCD"),
    Column("PARAMCD", "code", "time-to-event parameter of study.toml"),
    Column("PARAM", "text", "its label"),
    Column("STARTDT", "date", "origin"),
    Column("ADT", "date", "event or censoring"),
    Column("AVAL", "number", "days from origin, with a day 0"),
    Column("CNSR", "number", "0 event, 1 censored, 2 competing event"),
    Column("EVNTDESC", "text", "which event"),
    Column("CNSDTDSC", "text", "why censored"),
)  # fmt: skip
ADSTAT = _spec(
    "ADSTAT", "known status at the fixed days of the study's analyses", ("USUBJID", "PARAMCD", "DAY"),
    Column("PARAMCD", "code", "time-to-event parameter"),
    Column("DAY", "number", "follow-up day"),
    Column("STATUS", "code", "alive (known without the event), dead (had it), competing, or unknown"),
    Column("REASON", "text", "why unknown"),
)  # fmt: skip
ADLB = _spec(
    "ADLB", "laboratory, clinical and derived parameters by visit", ("USUBJID", "PARAMCD", "ADT", "ATM", "SRCID"),
    Column("PARAMCD", "code", "parameter"),
    Column("PARAM", "text", "its label with unit"),
    Column("PARCAT1", "code", "LABORATORY, CLINICAL or SCORE"),
    Column("AVAL", "number", "value; beyond a limit of quantification, by the rule of the study file"),
    Column("AVALC", "text", "value as shown, with < or > where censored"),
    Column("AVALU", "text", "unit"),
    Column("ACENS", "code", "L below, R above a limit of quantification, '' measured"),
    Column("ABOUND", "number", "the limit where censored"),
    Column("DTYPE", "code", "'' measured, LOQ substituted, SCORE derived, AVERAGE of several records"),
    Column("ANRLO", "number", "lower limit of the reference range"),
    Column("ANRHI", "number", "upper limit of the reference range"),
    Column("ANRIND", "code", "LOW, NORMAL or HIGH"),
    Column("LBNRIND", "code", "LOW, NORMAL or HIGH as the laboratory reported it (ADaM input only)"),
    Column("ADT", "date", "date"),
    Column("ATM", "time", "time"),
    Column("ADY", "number", "study day without a day 0"),
    Column("AFUDY", "number", "days from the origin, with a day 0"),
    Column("VISIT", "text", "visit as labelled at the site"),
    Column("AVISIT", "text", "analysis visit by window, code of study.toml"),
    Column("AVISITN", "number", "its target day"),
    Column("AWTARGET", "number", "target day of the window"),
    Column("AWTDIFF", "number", "distance to the target, days"),
    Column("ABLFL", "flag", "baseline record"),
    Column("ANL01FL", "flag", "record analysed in its window"),
    Column("AFTLTFL", "flag", "after liver transplantation"),
    Column("BASE", "number", "baseline value"),
    Column("CHG", "number", "change from baseline"),
    Column("PCHG", "number", "per cent change from baseline"),
    Column("HRSSESS", "number", "hours since the end of the last session, where known"),
    Column("BPFL", "flag", "can be soon after a product of visit_rule.blood_products that changes it"),
    Column("BPDESC", "text", "which products, with their days"),
    Column("REASND", "text", "why there is no value"),
    Column("PROVFL", "flag", "score whose formula is provisional"),
)  # fmt: skip
ADAE = _spec(
    "ADAE", "adverse events", ("USUBJID", "AESEQ"),
    Column("AESEQ", "number", "running number"),
    Column("AETERM", "text", "term as reported"),
    Column("AEDECOD", "text", "preferred term as coded at the site"),
    Column("AEBODSYS", "text", "system organ class as coded at the site"),
    Column("ASTDT", "date", "start (earliest possible day when partial)"),
    Column("ASTDTF", "code", "'' complete, D or M imputed"),
    Column("AENDT", "date", "end"),
    Column("ASTDTC", "text", "start as written"),
    Column("AENDTC", "text", "end as written"),
    Column("ASTDY", "number", "study day of start, no day 0"),
    Column("AENDY", "number", "study day of end, no day 0"),
    Column("AETOXGR", "number", "grade 1 to 5"),
    Column("AESER", "flag", "serious"),
    *(Column(name, "code", "as recorded", codes=CAUSALITY) for name in ("AERELDEV", "AERELPRC", "AERELCEL")),
    Column("AEREL", "flag", "related to device, procedure or cells (possible or more)"),
    Column("AEEXPECT", "code", "in the list of foreseen terms; missing without a list", codes=("Y", "N")),
    Column("AEADE", "code", "adverse device effect (ISO 14155): Y, N, or U not assessable", codes=("Y", "N", "U")),
    Column("AESADE", "code", "serious adverse device effect: Y, N, or U not assessable", codes=("Y", "N", "U")),
    Column("AEUSADE", "code", "unanticipated serious adverse device effect: Y, N or U", codes=("Y", "N", "U")),
    Column("AEACN", "text", "as recorded"),
    Column("AEOUT", "text", "as recorded"),
    Column("TRTEMFL", "flag", "treatment-emergent"),
    Column("ONTRTFL", "flag", "on therapy: first session start to last session end plus the declared lag"),
    Column("EXSEQ", "number", "last session started at or before the event"),
)  # fmt: skip
ADEX = _spec(
    "ADEX", "sessions and doses", ("USUBJID", "EXSEQ"),
    Column("EXSEQ", "number", "running number"),
    Column("EXTRT", "text", "treatment"),
    Column("ASTDT", "date", "start"),
    Column("ASTTM", "time", "start time"),
    Column("AENDT", "date", "end"),
    Column("AENTM", "time", "end time"),
    Column("ASTDY", "number", "study day of start"),
    Column("ADURHR", "number", "duration, hours"),
    Column("DOSE", "number", "dose"),
    Column("DOSU", "text", "unit"),
    Column("COMPLFL", "flag", "given as planned"),
    Column("REASON", "text", "why not"),
)  # fmt: skip
ADEL = _spec(
    "ADEL", "eligibility on the data beside the investigator's answer", ("USUBJID", "CRITID"),
    Column("CRITID", "id", "criterion of study.toml"),
    Column("CRITTYPE", "code", "inclusion or exclusion"),
    Column("CRIT", "text", "wording"),
    Column("DATARES", "code", "met, not met or not assessable"),
    Column("VALUES", "text", "values used"),
    Column("INVRES", "text", "answer of the investigator"),
    Column("DIFFFL", "flag", "data and investigator disagree"),
)  # fmt: skip
ADSP = _spec(
    "ADSP", "specimens due and collected", ("USUBJID", "AVISIT", "SPEC"),
    Column("AVISIT", "text", "visit"),
    Column("AVISITN", "number", "target day"),
    Column("SPEC", "code", "blood, urine or faeces"),
    Column("EXPFL", "flag", "expected (alive, on study and past the visit)"),
    Column("COLLFL", "flag", "collected"),
    Column("REASON", "text", "why not"),
)  # fmt: skip
ADDV = _spec(
    "ADDV", "protocol deviations", ("USUBJID", "SRCID"),
    Column("ADT", "date", "date"),
    Column("DVCAT", "text", "as recorded"),
    Column("DVTERM", "text", "as recorded"),
    Column("MAJORFL", "flag", "major"),
)  # fmt: skip
ADDD = _spec(
    "ADDD", "device deficiencies", ("USUBJID", "SRCID"),
    Column("ADT", "date", "date"),
    Column("EXSEQ", "number", "session"),
    Column("DDTERM", "text", "what happened"),
    Column("AEFL", "flag", "led to an adverse event"),
)  # fmt: skip
ADCM = _spec(
    "ADCM", "medications and blood products", ("USUBJID", "SRCID"),
    *(Column(name, "text", "as recorded") for name in ("CMTRT", "CMCAT", "CMINDC", "CMDOSE")),
    Column("ASTDT", "date", "start"),
    Column("AENDT", "date", "end"),
    Column("ASTDY", "number", "study day of start"),
)  # fmt: skip

ADAM_DATASETS: dict[str, TableSpec] = {
    spec.name: spec for spec in (ADSL, ADTTE, ADLB, ADAE, ADEX, ADEL, ADSP, ADDV, ADDD, ADCM)
}

ADLBSENS = TableSpec("ADLBSENS", "ADLB without samples soon after a session or blood product", ADLB.columns, ADLB.key)
ADTOX = _spec(
    "ADTOX", "CTCAE grades of laboratory values", ("USUBJID", "PARAMCD", "ATOXTERM", "ADT", "ATM", "SRCID"),
    Column("PARAMCD", "code", "parameter"),
    Column("ATOXTERM", "text", "CTCAE term"),
    Column("ATOXVER", "code", "CTCAE version"),
    Column("ADT", "date", "date"),
    Column("ATM", "time", "time"),
    Column("AVISIT", "text", "analysis visit"),
    Column("AVAL", "number", "value graded"),
    Column("ATOXGR", "number", "grade 0 to 4 by the rule for the subject's baseline"),
    Column("ATOXGRN", "number", "grade as from a normal baseline (multiples of the limits)"),
    Column("BTOXGR", "number", "ATOXGRN of the baseline record: where a shift starts"),
    Column("AVALULN", "number", "value as a multiple of the upper limit of normal"),
    Column("POSTFL", "flag", "after the origin"),
    Column("AFTLTFL", "flag", "after liver transplantation"),
    Column("WORSTFL", "flag", "highest ATOXGR after the origin (the first of equals)"),
    Column("WORSTNFL", "flag", "highest ATOXGRN after the origin (the first of equals)"),
    Column("REASND", "text", "why there is no grade"),
)  # fmt: skip
ADDILI = _spec(
    "ADDILI", "liver injury: peak multiples of transaminases and bilirubin", ("USUBJID", "BASIS"),
    Column("BASIS", "code", "what the multiples are of", codes=("upper-limit", "baseline", "nadir")),
    Column("PEAKTA", "number", "peak ALT or AST after the origin, multiple of the basis"),
    Column("PEAKTAP", "code", "which of the two"),
    Column("PEAKTADY", "number", "its study day"),
    Column("PEAKTB", "number", "peak total bilirubin after the origin, multiple of the basis"),
    Column("PEAKTBDY", "number", "its study day"),
    Column("QUADRANT", "code", "quadrant of the two peaks", codes=("RUQ", "LUQ", "RLQ", "LLQ")),
    Column("QUADTXT", "text", "what the quadrant is called; never a diagnosis"),
    Column("PAIRFL", "flag", "bilirubin reached its limit within 30 days after the transaminase"),
    Column("PAIRTADY", "number", "study day of that transaminase"),
    Column("PAIRTBDY", "number", "study day of that bilirubin"),
    Column("PAIRALP", "number", "alkaline phosphatase of that transaminase's day, multiple of the upper limit"),
    Column("ADJUDFL", "flag", "such a pair without cholestasis: requires adjudication"),
    Column("RRATIO", "number", "R ratio of the sample of the highest ALT"),
    Column("RPATTERN", "text", "its pattern"),
    Column("BILIBULN", "number", "baseline bilirubin, multiple of the upper limit"),
    Column("ABNBLFL", "flag", "baseline bilirubin at 2 x the upper limit or above: multiples of it only describe"),
    Column("NNOREF", "number", "values without a reference to divide by"),
)  # fmt: skip

ADTTESEN = TableSpec("ADTTESEN", "ADTTE by the other rule of the data cut", ADTTE.columns, ADTTE.key)
ADLATE = _spec(
    "ADLATE", "deaths of the extract after the data cut, for listings only", ("USUBJID",),
    Column("ADT", "date", "death"),
    Column("DTHCAUS", "text", "cause of death"),
)  # fmt: skip
ADLEV = _spec(
    "ADLEV", "laboratory values by the FDA's levels, and extreme ones",
    ("USUBJID", "PARAMCD", "SIDE", "ADT", "ATM", "SRCID"),
    Column("PARAMCD", "code", "parameter"),
    Column("PARAM", "text", "its label with unit"),
    Column("SIDE", "code", "low or high"),
    Column("ADT", "date", "date"),
    Column("ATM", "time", "time"),
    Column("AFUDY", "number", "days from the origin, with a day 0"),
    Column("AVISIT", "text", "analysis visit"),
    Column("AVAL", "number", "value"),
    Column("AVALC", "text", "value as shown"),
    Column("AVALU", "text", "unit"),
    Column("ANRLO", "number", "lower limit of the reference range"),
    Column("ANRHI", "number", "upper limit of the reference range"),
    Column("LEVEL", "number", "0 to 3; missing where no level is stated or it cannot be told"),
    Column("NLEVELS", "number", "levels that the guide states"),
    Column("BLEVEL", "number", "LEVEL of the baseline record"),
    Column("AVALULN", "number", "value as a multiple of the upper limit of normal"),
    Column("EXTRFL", "flag", "so extreme that the guide suspects an error of the data"),
    Column("POSTFL", "flag", "after the origin"),
    Column("AFTLTFL", "flag", "after liver transplantation"),
)  # fmt: skip

ADDTH = _spec(
    "ADDTH", "deaths of treated subjects", ("USUBJID",),
    Column("AGE", "number", "age at consent, years"),
    Column("SEX", "code", "F or M"),
    Column("DTHDT", "date", "death"),
    Column("DTHDY", "number", "study day of death"),
    Column("DTHLSTD", "number", "days from the end of the last treatment to death"),
    Column("NSESS", "number", "sessions started"),
    Column("DTHCAUS", "text", "cause of death"),
    Column("DTHTERM", "text", "fatal events (grade 5): preferred terms"),
    Column("AFTLTFL", "flag", "after liver transplantation"),
)  # fmt: skip
ADNARR = _spec(
    "ADNARR", "draft narratives of deaths and serious events", ("USUBJID", "AESEQ"),
    Column("AESEQ", "number", "event of ADAE; missing for a death without a fatal event"),
    Column("NARRKIND", "code", "event or death"),
    Column("NARRTXT", "text", "sentences made from the record; a draft for a person to finish"),
)  # fmt: skip

ADAEGR = _spec(
    "ADAEGR", "adverse events graded otherwise than their laboratory value", ("USUBJID", "AESEQ", "ATOXTERM"),
    Column("AESEQ", "number", "event of ADAE"),
    Column("AEDECOD", "text", "its preferred term"),
    Column("ASTDT", "date", "its start"),
    Column("AETOXGR", "number", "grade as recorded"),
    Column("ATOXTERM", "text", "CTCAE laboratory term that the preferred term means"),
    Column("PARAMCD", "code", "parameter"),
    Column("ADT", "date", "date of the laboratory record with the highest ATOXGRN near the event"),
    Column("ADY", "number", "its study day"),
    Column("AVAL", "number", "its value"),
    Column("ATOXGR", "number", "highest grade near the event by the rule for the subject's baseline"),
    Column("ATOXGRN", "number", "highest grade near the event as from a normal baseline"),
    Column("GRNOTE", "text", "both grades, in words"),
)  # fmt: skip

OPTIONAL_DATASETS: dict[str, TableSpec] = {
    spec.name: spec for spec in (ADSTAT, ADLBSENS, ADTOX, ADDILI, ADTTESEN, ADLATE, ADLEV, ADDTH, ADNARR, ADAEGR)
}
"""Datasets that derive adds and that adopted ADaM input may lack."""
