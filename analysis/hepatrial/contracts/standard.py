"""The standard tables that exports are mapped to (design, section 5), and how each column is typed by load.

A typed table holds RECORD_COLUMNS and, per column by kind:

========  ==========================================================================================
id text   object: text, or None
code      object: one of the codes, or None (an unmapped text is a finding and stays as written)
flag      object: "Y", "N" or None
date      ``name`` datetime64[ns], only when complete; ``name_low`` and ``name_high``, the earliest and latest
          day it can be; ``name_text`` as written
time      object: "HH:MM" (24 h), or None
number    float64
result    ``result`` as written; ``value`` float64 (NaN when censored or missing); ``qualifier`` one of
          "", "<", "<=", ">", ">="; ``bound`` float64 of a censored result; ``missing_reason`` text or None;
          ``std_value``, ``std_bound``, ``std_unit`` the same in the study's unit of the parameter
========  ==========================================================================================
"""

from hepatrial.contracts.columns import Column, TableSpec

RECORD_COLUMNS = ("record_id", "file", "sheet", "line")
"""Before the columns of every typed table. ``line`` is the physical line (or sheet row); the header is line 1."""

CAUSALITY = ("not related", "unlikely", "possible", "probable", "related")
SUBJECT = Column("subject_id", "id", "subject identifier of the study", required=True)
VISIT = Column("visit", "text", "visit as labelled at the site")
NOTE = Column("note", "text", "remark")

SUBJECTS = TableSpec(
    "subjects",
    "one row a subject",
    (
        SUBJECT,
        Column("site", "text", "site or centre"),
        Column("arm", "code", "arm as randomised or allocated (code of study.toml, design.arms)"),
        Column("consent_date", "date", "written informed consent"),
        Column("enrolment_date", "date", "enrolment"),
        Column("randomisation_date", "date", "randomisation"),
        Column("birth_date", "date", "birth, or its year"),
        Column("age", "number", "age in years at consent"),
        Column("sex", "code", "sex", codes=("F", "M")),
        Column("aetiology", "text", "cause of the liver failure"),
        Column("stage", "text", "stage or type at entry"),
        Column("stratum", "text", "stratum of the randomisation"),
        Column("onset_date", "date", "onset of the liver failure"),
        Column("second_randomisation_date", "date", "second randomisation"),
        Column("second_arm", "code", "arm of the second randomisation (code of study.toml, design.second.arms)"),
    ),
    ("subject_id",),
)
SCREENING = TableSpec(
    "screening",
    "one row a person screened",
    (
        Column("screening_id", "id", "screening number", required=True),
        Column("subject_id", "id", "subject identifier when enrolled"),
        Column("date", "date", "screening date"),
        Column("outcome", "code", "enrolled or failed", required=True, codes=("enrolled", "failed")),
        Column("reason", "text", "why not enrolled"),
    ),
    ("screening_id",),
)
ELIGIBILITY = TableSpec(
    "eligibility",
    "one row a subject and criterion, as the investigator ticked it",
    (
        SUBJECT,
        Column("criterion", "id", "criterion id of study.toml, eligibility", required=True),
        Column("answer", "code", "answer", required=True, codes=("met", "not met", "not applicable")),
    ),
    ("subject_id", "criterion"),
)
TREATMENTS = TableSpec(
    "treatments",
    "one row a dose or blood purification session",
    (
        SUBJECT,
        Column("session", "number", "running number of the session"),
        Column("treatment", "text", "what was given"),
        Column("start_date", "date", "start", required=True),
        Column("start_time", "time", "start time"),
        Column("end_date", "date", "end"),
        Column("end_time", "time", "end time"),
        Column("dose", "number", "dose"),
        Column("dose_unit", "text", "unit of the dose"),
        Column("completed", "flag", "given as planned"),
        Column("reason", "text", "why not given as planned"),
    ),
    ("subject_id", "session", "start_date_text"),
)
RESULT_LIKE = (
    SUBJECT,
    VISIT,
    Column("date", "date", "sampling or assessment date"),
    Column("time", "time", "sampling time"),
    Column("parameter", "code", "parameter code of study.toml", required=True),
    Column("result", "result", "result as written", required=True),
    Column("unit", "text", "unit as written"),
)
LABS = TableSpec(
    "labs",
    "one row a laboratory result",
    (
        *RESULT_LIKE,
        Column("ref_low", "number", "lower limit of the reference range, in the unit as written"),
        Column("ref_high", "number", "upper limit of the reference range, in the unit as written"),
    ),
    ("subject_id", "parameter", "visit", "date_text", "time"),
)
CLINICAL = TableSpec(
    "clinical",
    "one row a bedside assessment (encephalopathy grade, ascites, blood pressure, organ support)",
    RESULT_LIKE,
    ("subject_id", "parameter", "visit", "date_text", "time"),
)
VITAL_STATUS = TableSpec(
    "vital_status",
    "one row each time it was ascertained whether the subject lives, apart from visits",
    (
        SUBJECT,
        Column("date", "date", "date of the information", required=True),
        Column("status", "code", "status", required=True, codes=("alive", "dead", "unknown")),
        Column("source", "text", "telephone, registry, visit, …"),
    ),
    ("subject_id", "date_text", "status"),
)
OUTCOMES = TableSpec(
    "outcomes",
    "one row an outcome with its date",
    (
        SUBJECT,
        Column(
            "outcome", "code", "what happened", required=True,
            codes=("death", "transplant", "withdrawal", "discharge against advice", "lost to follow-up",
                   "last contact", "completed"),
        ),
        Column("date", "date", "date of it", required=True),
        Column("cause", "text", "cause or reason"),
    ),
    ("subject_id", "outcome"),
)  # fmt: skip
ADVERSE_EVENTS = TableSpec(
    "adverse_events",
    "one row an adverse event",
    (
        SUBJECT,
        Column("event", "id", "running number of the event of the subject"),
        Column("term", "text", "term as reported", required=True),
        Column("preferred_term", "text", "coded term"),
        Column("system_organ_class", "text", "coded class"),
        Column("start_date", "date", "start", required=True),
        Column("end_date", "date", "end"),
        Column("ongoing", "flag", "ongoing at the export"),
        Column("grade", "code", "CTCAE grade", codes=("1", "2", "3", "4", "5")),
        Column("serious", "flag", "serious"),
        Column("related_device", "code", "causality to the device", codes=CAUSALITY),
        Column("related_procedure", "code", "causality to the procedure", codes=CAUSALITY),
        Column("related_cells", "code", "causality to the cells or vesicles", codes=CAUSALITY),
        Column("action", "text", "action taken with the treatment"),
        Column("outcome", "text", "outcome of the event"),
    ),
    ("subject_id", "event", "term", "start_date_text"),
)
DEVICE_DEFICIENCIES = TableSpec(
    "device_deficiencies",
    "one row a device deficiency",
    (
        SUBJECT,
        Column("date", "date", "date"),
        Column("session", "number", "session in which it happened"),
        Column("description", "text", "what happened", required=True),
        Column("led_to_event", "flag", "led to an adverse event"),
    ),
    ("subject_id", "date_text", "description"),
)
SPECIMENS = TableSpec(
    "specimens",
    "one row a specimen that was due",
    (
        SUBJECT,
        VISIT,
        Column("date", "date", "date"),
        Column("kind", "code", "specimen", required=True, codes=("blood", "urine", "faeces")),
        Column("collected", "flag", "collected", required=True),
        Column("reason", "text", "why not"),
    ),
    ("subject_id", "visit", "kind"),
)
DEVIATIONS = TableSpec(
    "deviations",
    "one row a protocol deviation",
    (
        SUBJECT,
        Column("date", "date", "date"),
        Column("category", "text", "category"),
        Column("description", "text", "what happened", required=True),
        Column("major", "flag", "major"),
    ),
    ("subject_id", "date_text", "description"),
)
MEDICATIONS = TableSpec(
    "medications",
    "one row a concomitant medication or blood product",
    (
        SUBJECT,
        Column("name", "text", "medication or product", required=True),
        Column("kind", "code", "kind", codes=("medication", "blood product", "plasma exchange")),
        Column("start_date", "date", "start"),
        Column("end_date", "date", "end"),
        Column("dose", "text", "dose"),
        Column("indication", "text", "indication"),
    ),
    ("subject_id", "name", "start_date_text"),
)

STANDARD_TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        SUBJECTS, SCREENING, ELIGIBILITY, TREATMENTS, LABS, CLINICAL, VITAL_STATUS, OUTCOMES, ADVERSE_EVENTS,
        DEVICE_DEFICIENCIES, SPECIMENS, DEVIATIONS, MEDICATIONS,
    )
}  # fmt: skip

_TYPED: dict[str, tuple[str, ...]] = {
    "date": ("{0}", "{0}_low", "{0}_high", "{0}_text"),
    "result": ("{0}", "value", "qualifier", "bound", "missing_reason", "std_value", "std_bound", "std_unit"),
}


def typed_columns(spec: TableSpec) -> tuple[str, ...]:
    """Names of the columns of a typed table, in order, without RECORD_COLUMNS."""
    return tuple(
        pattern.format(column.name) for column in spec.columns for pattern in _TYPED.get(column.kind, ("{0}",))
    )
