"""Listings: rows of the analysis datasets, each cell naming the export records that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import pandas as pd

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.methods.names import label_codes, name_event
from hepatrial.render.objects import Cell, Column, Listing, Part, cell_text, literal
from hepatrial.render.tables.blocks import source_line
from hepatrial.render.times_listing import arrange_times, fits_one_row

TEXT, COUNT = "text", "count"
NO_RECORDS = "No records."
STUDY_DAY = "Study day: the day of the origin is day 1."
MANY = 10
"""Records from which on a column that says the same of all of them is a note."""
POPULATION_FLAGS = ("FASFL", "SAFFL", "PPROTFL")
_Column = tuple[str, str, str]
"""Heading, column of the dataset, format."""


@dataclass(frozen=True)
class _Spec:
    """One listing: its dataset, columns (heading, column, format) and order; ``keep``: column = value of its rows."""

    dataset: str
    columns: tuple[tuple[str, str, str], ...]
    order: tuple[str, ...]
    notes: tuple[str, ...] = ()
    keep: tuple[tuple[str, str], ...] = ()


_SUBJECT = ("Subject", "USUBJID", TEXT)
LISTINGS: Mapping[str, _Spec] = {
    "list_subjects": _Spec(
        "ADSL",
        (
            _SUBJECT, ("Site", "SITEID", TEXT), ("Arm", "ARM", TEXT), ("Age", "AGE", COUNT), ("Sex", "SEX", TEXT),
            ("Aetiology", "AETIOL", TEXT), ("Stage", "STAGE", TEXT), ("Consent", "RFICDT", TEXT),
            ("Origin", "ORIGDT", TEXT), ("First treatment", "TRTSDT", TEXT), ("Status", "EOSSTT", TEXT),
            ("Why discontinued", "DCSREAS", TEXT), ("Death", "DTHDT", TEXT), ("Cause", "DTHCAUS", TEXT),
            ("Transplant", "LTDT", TEXT), ("Last alive", "LSTALVDT", TEXT), ("FAS", "FASFL", TEXT),
            ("SAF", "SAFFL", TEXT), ("PPS", "PPROTFL", TEXT),
        ),
        ("USUBJID",),
    ),
    "list_deviations": _Spec(
        "ADDV",
        (_SUBJECT, ("Date", "ADT", TEXT), ("Category", "DVCAT", TEXT), ("Deviation", "DVTERM", TEXT),
         ("Major", "MAJORFL", TEXT)),
        ("USUBJID", "ADT"),
    ),
    "list_eligibility": _Spec(
        "ADEL",
        (_SUBJECT, ("Criterion", "CRITID", TEXT), ("Wording", "CRIT", TEXT), ("On the data", "DATARES", TEXT),
         ("Values used", "VALUES", TEXT), ("Investigator", "INVRES", TEXT), ("Differs", "DIFFFL", TEXT)),
        ("USUBJID", "CRITTYPE", "CRITID"),
    ),
    "list_exposure": _Spec(
        "ADEX",
        (_SUBJECT, ("Session", "EXSEQ", COUNT), ("Treatment", "EXTRT", TEXT), ("Start", "ASTDT", TEXT),
         ("Time", "ASTTM", TEXT), ("End", "AENDT", TEXT), ("Time", "AENTM", TEXT), ("Study day", "ASTDY", COUNT),
         ("Hours", "ADURHR", "fixed1"), ("Amount", "DOSE", "amount"), ("Unit", "DOSU", TEXT),
         ("As planned", "COMPLFL", TEXT), ("Why not", "REASON", TEXT)),
        ("USUBJID", "EXSEQ"),
        (STUDY_DAY,),
    ),
    "list_time_to_event": _Spec(
        "ADTTE",
        (_SUBJECT, ("Parameter", "PARAM", TEXT), ("Origin", "STARTDT", TEXT), ("Date", "ADT", TEXT),
         ("Days", "AVAL", COUNT), ("CNSR", "CNSR", COUNT), ("Event", "EVNTDESC", TEXT),
         ("Why censored", "CNSDTDSC", TEXT)),
        ("PARAMCD", "USUBJID"),
        ("CNSR: 0 event, 1 censored, 2 competing event.",),
    ),
    "list_adverse_events": _Spec(
        "ADAE",
        (_SUBJECT, ("No.", "AESEQ", COUNT), ("Reported term", "AETERM", TEXT), ("Preferred term", "AEDECOD", TEXT),
         ("Class", "AEBODSYS", TEXT), ("Start", "ASTDTC", TEXT), ("End", "AENDTC", TEXT), ("Day", "ASTDY", COUNT),
         ("Grade", "AETOXGR", COUNT), ("Serious", "AESER", TEXT), ("Device", "AERELDEV", TEXT),
         ("Procedure", "AERELPRC", TEXT), ("Cells", "AERELCEL", TEXT), ("Action", "AEACN", TEXT),
         ("Outcome", "AEOUT", TEXT), ("Emergent", "TRTEMFL", TEXT), ("On therapy", "ONTRTFL", TEXT)),
        ("USUBJID", "ASTDT", "AESEQ"),
        ("Day: study day of the start; the day of the origin is day 1.",),
    ),
    "list_grade_check": _Spec(
        "ADAEGR",
        (_SUBJECT, ("Event no.", "AESEQ", COUNT), ("Preferred term", "AEDECOD", TEXT), ("Start", "ASTDT", TEXT),
         ("Recorded grade", "AETOXGR", COUNT), ("Laboratory term", "ATOXTERM", TEXT), ("Date", "ADT", TEXT),
         ("Value", "AVAL", "number"), ("Grade by baseline", "ATOXGR", COUNT),
         ("Grade from normal", "ATOXGRN", COUNT), ("Note", "GRNOTE", TEXT)),
        ("USUBJID", "AESEQ", "ATOXTERM"),
        ("Events whose recorded grade is more than one from both laboratory grades, the worst from 3 days before the "
         "start to 3 days after the end of the event. A question to the site: the recorded grade stands.",),
    ),
    "list_deaths": _Spec(
        "ADDTH",
        (_SUBJECT, ("Age", "AGE", COUNT), ("Sex", "SEX", TEXT), ("Sessions", "NSESS", COUNT),
         ("Study day", "DTHDY", COUNT), ("Days after the last treatment", "DTHLSTD", COUNT),
         ("Cause of death", "DTHCAUS", TEXT), ("Fatal events", "DTHTERM", TEXT),
         ("After transplant", "AFTLTFL", TEXT)),
        ("DTHDY", "USUBJID"),
        ("Fatal events: grade 5, by preferred term.", STUDY_DAY),
    ),
    "list_serious_events": _Spec(
        "ADAE",
        (_SUBJECT, ("No.", "AESEQ", COUNT), ("Reported term", "AETERM", TEXT), ("Preferred term", "AEDECOD", TEXT),
         ("Start", "ASTDTC", TEXT), ("Day", "ASTDY", COUNT), ("End day", "AENDY", COUNT), ("Grade", "AETOXGR", COUNT),
         ("Session before", "EXSEQ", COUNT), ("Device", "AERELDEV", TEXT), ("Procedure", "AERELPRC", TEXT),
         ("Cells", "AERELCEL", TEXT), ("ADE", "AEADE", TEXT), ("SADE", "AESADE", TEXT), ("USADE", "AEUSADE", TEXT),
         ("Action", "AEACN", TEXT), ("Outcome", "AEOUT", TEXT)),
        ("USUBJID", "ASTDT", "AESEQ"),
        ("Day: study day; the day of the origin is day 1. U: not assessable from the record.",),
        keep=(("AESER", "Y"),),
    ),
    "list_narratives": _Spec(
        "ADNARR",
        (_SUBJECT, ("Event no.", "AESEQ", COUNT), ("About", "NARRKIND", TEXT), ("Draft", "NARRTXT", TEXT)),
        ("USUBJID", "AESEQ"),
        ("DRAFT: sentences made from the record, to be finished and judged by a person. Days are study days.",),
    ),
    "list_medications": _Spec(
        "ADCM",
        (_SUBJECT, ("Kind", "CMCAT", TEXT), ("Name", "CMTRT", TEXT), ("Dose as written", "CMDOSE", TEXT),
         ("Indication", "CMINDC", TEXT), ("Start", "ASTDT", TEXT), ("End", "AENDT", TEXT),
         ("Study day", "ASTDY", COUNT)),
        ("USUBJID", "ASTDT", "CMTRT"),
        (STUDY_DAY,),
    ),
    "list_laboratory": _Spec(
        "ADLB",
        (_SUBJECT, ("Parameter", "PARAM", TEXT), ("Visit", "AVISIT", TEXT), ("Date", "ADT", TEXT),
         ("Time", "ATM", TEXT), ("Day", "AFUDY", COUNT), ("Result", "AVALC", TEXT),
         ("Value", "AVAL", "number"),
         ("Unit", "AVALU", TEXT), ("Range", "ANRIND", TEXT), ("Change", "CHG", "number"), ("Baseline", "ABLFL", TEXT),
         ("Analysed", "ANL01FL", TEXT), ("After LT", "AFTLTFL", TEXT), ("After product", "BPFL", TEXT),
         ("Kind", "DTYPE", TEXT)),
        ("PARAMCD", "USUBJID", "ADT", "ATM"),
        ("Day: follow-up day from the origin, with a day 0. Value: as analysed. LT, liver transplantation. "
         "After product: can have been taken soon after plasma exchange, albumin or plasma, as the study file says. "
         "Kind: LOQ, substituted at a limit of quantification; SCORE, derived.",),
    ),
    "list_extreme_values": _Spec(
        "ADLEV",
        (_SUBJECT, ("Parameter", "PARAM", TEXT), ("Side", "SIDE", TEXT), ("Date", "ADT", TEXT), ("Time", "ATM", TEXT),
         ("Day", "AFUDY", COUNT), ("Result", "AVALC", TEXT), ("Value analysed", "AVAL", "number"),
         ("Unit", "AVALU", TEXT), ("× ULN", "AVALULN", "fixed1")),
        ("PARAMCD", "USUBJID", "ADT", "ATM"),
        ("Limits of the FDA's Standard Safety Tables and Figures guide (version 2.0), tables 58 to 60.",),
        keep=(("EXTRFL", "Y"),),
    ),
    "list_specimens": _Spec(
        "ADSP",
        (_SUBJECT, ("Visit", "AVISIT", TEXT), ("Specimen", "SPEC", TEXT), ("Expected", "EXPFL", TEXT),
         ("Collected", "COLLFL", TEXT), ("Why not", "REASON", TEXT)),
        ("USUBJID", "AVISITN", "SPEC"),
    ),
    "list_device": _Spec(
        "ADDD",
        (_SUBJECT, ("Date", "ADT", TEXT), ("Session", "EXSEQ", COUNT), ("Deficiency", "DDTERM", TEXT),
         ("Led to an event", "AEFL", TEXT)),
        ("USUBJID", "ADT"),
    ),
    "list_late_deaths": _Spec(
        "ADLATE",
        (_SUBJECT, ("Death", "ADT", TEXT), ("Cause", "DTHCAUS", TEXT)),
        ("USUBJID",),
        ("For information: these deaths are known from the extract and count in no number of this report.",),
    ),
}  # fmt: skip


def build_listing(context: Context) -> Listing:
    """The rows of the listing's dataset, of the output's parameters when it names any."""
    spec = LISTINGS[context.output.template]
    frame = context.data.datasets[spec.dataset]
    for name, value in spec.keep:
        frame = frame[frame[name] == value]
    if context.output.parameters and "PARAMCD" in frame.columns:
        frame = frame[frame["PARAMCD"].isin(context.output.parameters)]
    if context.output.population:
        frame = frame[frame["USUBJID"].isin(context.subjects(context.output.population)["USUBJID"])]
    frame = frame.sort_values(list(spec.order), kind="stable", key=partial(_order, context))
    if context.output.template == "list_time_to_event" and fits_one_row(frame):
        columns, rows, records, notes = arrange_times(context, frame)
    else:
        columns, rows, records, notes = _arrange(context, spec, frame)
    return Listing(
        number=context.output.number,
        title=context.output.title,
        population=context.population_line,
        template=context.output.template,
        footnotes=(
            *(() if len(frame) else (NO_RECORDS,)),
            *context.output.footnotes,
            *notes,
        ),
        source=f"Source: {spec.dataset}. {source_line(context, ())}",
        columns=columns,
        rows=rows,
        records=records,
    )


def _arrange(
    context: Context, spec: _Spec, frame: pd.DataFrame
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...], tuple[str, ...], tuple[str, ...]]:
    """One row a record: columns, rows, their records, and the notes on what is left out."""
    known = [column for column in spec.columns if context.data.has(spec.dataset, column[1])]
    cells = [_column_cells(context, frame, name, form) for _, name, form in known]
    said = _said_elsewhere(context, frame)
    kept = [at for at, column in enumerate(cells) if any(column) or not len(frame)]
    same = [at for at in kept if len(frame) >= MANY and len(set(cells[at])) == 1]
    shown = [at for at in kept if at not in same and known[at][1] not in said]
    columns = tuple(
        Column(literal(_heading(context, *known[at][:2])), align="text" if known[at][2] == TEXT else "number")
        for at in shown
    )
    alike = [
        f"{_heading(context, *known[at][:2])} {cell_text(cells[at][0])}" for at in same if known[at][1] not in said
    ]
    notes = (
        *spec.notes,
        *_emptiness(context, frame, [known[at] for at in range(len(known)) if at not in kept]),
        *([f"The same in every record, and left out: {'; '.join(alike)}."] if alike else []),
        *filter(None, said.values()),
    )
    rows = tuple(zip(*(cells[at] for at in shown), strict=True))
    return columns, rows, tuple(frame["SRCID"].fillna("").astype(str)), notes


def _said_elsewhere(context: Context, frame: pd.DataFrame) -> dict[str, str]:
    """Columns that repeat what a table or the name of the parameter says, each with a note or none."""
    found: dict[str, str] = {}
    tables = [item.number for item in context.study.outputs if item.template == "eligibility"]
    if tables and "CRIT" in frame.columns:
        found["CRIT"] = f"Wording of the criteria: Table {tables[0]}."
    if {"PARAM", "AVALU"} <= set(frame.columns):
        units = frame[["PARAM", "AVALU"]].fillna("").drop_duplicates()
        if all(param.endswith(f"({unit})") for param, unit in units.itertuples(index=False)):
            found["AVALU"] = ""
    return found


def _order(context: Context, column: pd.Series) -> pd.Series:
    """Parameters in the order of the output, or of the study; anything else by its value."""
    if column.name != "PARAMCD":
        return column
    codes = [*context.output.parameters, *label_codes(context.study)]
    return column.map({code: place for place, code in reversed(list(enumerate(codes)))}).fillna(len(codes))


def _heading(context: Context, head: str, name: str) -> str:
    """Sessions and cells by the study's words for them, flags of populations by its codes."""
    if name in POPULATION_FLAGS:
        return next((item.code for item in context.study.populations if item.flag == name), head)
    head = head.replace("Session", context.treatment_word.capitalize())
    return head.replace("Cells", context.product.capitalize())


def _emptiness(context: Context, frame: pd.DataFrame, left: list[_Column]) -> tuple[str, ...]:
    """Which columns have no entry in any record."""
    heads = [_heading(context, head, name) for head, name, _ in left]
    return (f"Without an entry, and left out: {', '.join(heads)}.",) if heads and len(frame) else ()


def _column_cells(context: Context, frame: pd.DataFrame, name: str, form: str) -> list[Cell]:
    """Equal values are one cell: a long listing holds few different ones."""
    forms = _number_forms(context, frame) if form == "number" else [_amount_form(frame, name, form)] * len(frame)
    keys = [(type(value), value, spec) for value, spec in zip(_shown_values(context, frame, name), forms, strict=True)]
    cells: dict[tuple[type, object, str], Cell] = {
        key: (Part(key[1], key[2]),) if key[1] is not None else () for key in set(keys)
    }
    return [cells[key] for key in keys]


def _shown_values(context: Context, frame: pd.DataFrame, name: str) -> list[object]:
    column = frame[name]
    if name == "PARAM" and "PARAMCD" in frame.columns:
        items = {code: context.study.parameter(code) for code in frame["PARAMCD"].unique()}
        labels = {code: parameter_label(item) for code, item in items.items() if item}
        column = frame["PARAMCD"].map(labels).fillna(column)
    if name == "EVNTDESC":
        column = column.map(lambda text: _name_source(context, text), na_action="ignore")
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if stamp is pd.NaT else stamp.date() for stamp in column]
    return [None if value is None or value == "" or value != value else value for value in column.tolist()]


def _name_source(context: Context, text: str) -> str:
    """``event ASC: fluid in the belly`` with the label of the event; the outcome alone as it is."""
    source, _, detail = text.partition(": ")
    named = name_event(context.study, source)
    return f"{named}: {detail}" if detail else named


def _amount_form(frame: pd.DataFrame, name: str, form: str) -> str:
    """As many decimals as the amounts were written with."""
    if form != "amount":
        return form
    exponents = [Decimal(repr(float(value))).normalize().as_tuple().exponent for value in frame[name].dropna()]
    return f"fixed{max([-power for power in exponents if isinstance(power, int) and power < 0], default=0)}"


def _number_forms(context: Context, frame: pd.DataFrame) -> list[str]:
    """Decimals of each row's parameter, as measured."""
    items = {code: context.study.parameter(code) for code in frame["PARAMCD"].unique()}
    forms = {code: f"fixed{item.decimals}" if item else "significant6" for code, item in items.items()}
    return [forms[code] for code in frame["PARAMCD"]]
