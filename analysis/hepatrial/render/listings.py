"""Listings: rows of the analysis datasets, each cell naming the export records that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from hepatrial.render.context import Context
from hepatrial.render.methods.names import label_codes, name_event
from hepatrial.render.objects import Cell, Column, Listing, Part, literal
from hepatrial.render.tables.blocks import source_line

TEXT, COUNT = "text", "count"
NO_RECORDS = "No records."
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
         ("Hours", "ADURHR", "fixed1"), ("Dose", "DOSE", "significant6"), ("Unit", "DOSU", TEXT),
         ("As planned", "COMPLFL", TEXT), ("Why not", "REASON", TEXT)),
        ("USUBJID", "EXSEQ"),
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
        ("Fatal events: grade 5, by preferred term.",),
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
         ("Indication", "CMINDC", TEXT), ("Start", "ASTDT", TEXT), ("End", "AENDT", TEXT), ("Day", "ASTDY", COUNT)),
        ("USUBJID", "ASTDT", "CMTRT"),
    ),
    "list_laboratory": _Spec(
        "ADLB",
        (_SUBJECT, ("Parameter", "PARAM", TEXT), ("Visit", "AVISIT", TEXT), ("Date", "ADT", TEXT),
         ("Time", "ATM", TEXT), ("Day", "AFUDY", COUNT), ("Result", "AVALC", TEXT),
         ("Value analysed", "AVAL", "number"),
         ("Unit", "AVALU", TEXT), ("Range", "ANRIND", TEXT), ("Change", "CHG", "number"), ("Baseline", "ABLFL", TEXT),
         ("Analysed", "ANL01FL", TEXT), ("After transplant", "AFTLTFL", TEXT), ("After product", "BPFL", TEXT),
         ("Kind", "DTYPE", TEXT)),
        ("PARAMCD", "USUBJID", "ADT", "ATM"),
        ("Day: follow-up day from the origin, with a day 0. After product: can have been taken soon after plasma "
         "exchange, albumin or plasma, as the study file says. Kind: LOQ, substituted at a limit of quantification; "
         "SCORE, derived.",),
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
    known = [column for column in spec.columns if context.data.has(spec.dataset, column[1])]
    cells = [_column_cells(context, frame, name, form) for _, name, form in known]
    kept = [at for at, column in enumerate(cells) if any(column) or not len(frame)]
    shown, columns = [known[at] for at in kept], [cells[at] for at in kept]
    return Listing(
        number=context.output.number,
        title=context.output.title,
        population=context.population_line,
        template=context.output.template,
        footnotes=(
            *(() if len(frame) else (NO_RECORDS,)),
            *context.output.footnotes,
            *spec.notes,
            *_emptiness(frame, known, shown),
        ),
        source=f"Source: {spec.dataset}. {source_line(context, ())}",
        columns=tuple(
            Column(literal(_heading(context, head)), align="text" if form == TEXT else "number")
            for head, _, form in shown
        ),
        rows=tuple(zip(*columns, strict=True)),
        records=tuple(frame["SRCID"].fillna("").astype(str)),
    )


def _order(context: Context, column: pd.Series) -> pd.Series:
    """Parameters in the order of the output, or of the study; anything else by its value."""
    if column.name != "PARAMCD":
        return column
    codes = [*context.output.parameters, *label_codes(context.study)]
    return column.map({code: place for place, code in reversed(list(enumerate(codes)))}).fillna(len(codes))


def _heading(context: Context, head: str) -> str:
    """Sessions are doses where the arms have dosing days."""
    return head.replace("Session", context.treatment_word.capitalize())


def _emptiness(frame: pd.DataFrame, known: list[_Column], shown: list[_Column]) -> tuple[str, ...]:
    """Which columns have no entry in any record."""
    left = [head for head, name, _ in known if name not in {name for _, name, _ in shown}]
    return (f"Without an entry, and left out: {', '.join(left)}.",) if left and len(frame) else ()


def _column_cells(context: Context, frame: pd.DataFrame, name: str, form: str) -> list[Cell]:
    """Equal values are one cell: a long listing holds few different ones."""
    forms = _number_forms(context, frame) if form == "number" else [form] * len(frame)
    keys = [(type(value), value, spec) for value, spec in zip(_shown_values(context, frame, name), forms, strict=True)]
    cells: dict[tuple[type, object, str], Cell] = {
        key: (Part(key[1], key[2]),) if key[1] is not None else () for key in set(keys)
    }
    return [cells[key] for key in keys]


def _shown_values(context: Context, frame: pd.DataFrame, name: str) -> list[object]:
    column = frame[name]
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


def _number_forms(context: Context, frame: pd.DataFrame) -> list[str]:
    """Decimals of each row's parameter, as measured."""
    items = {code: context.study.parameter(code) for code in frame["PARAMCD"].unique()}
    forms = {code: f"fixed{item.decimals}" if item else "significant6" for code, item in items.items()}
    return [forms[code] for code in frame["PARAMCD"]]
