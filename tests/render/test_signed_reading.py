"""What reading three reports as the one who signs found: words, denominators, rows and columns that mislead."""

import pandas as pd
import pytest

from hepatrial.analyse import analyse_study
from hepatrial.render import Figure, cell_text, render_report
from hepatrial.render.listings import build_listing
from hepatrial.render.render import describe_endpoints
from hepatrial.render.tables import (
    build_ae_overview,
    build_by_visit,
    build_exposure,
    build_proportion,
    build_survival,
)
from hepatrial.render.to_confirm import describe_confirmations
from hepatrial.study import read_study, templates_dir
from parallel_factory import EVENTS, make_parallel
from report_factory import make_data, make_findings, make_study
from response_factory import COMPARED, PLAN, make_response
from table_texts import context_of, headings, texts

BY_VISIT = 'parameters = ["BILI"]\nvisits = ["D28"]\ndeath_strategy = "while-alive"\nconf_level = 0.95\nmin_pairs = 2'
TIMES = {
    "USUBJID": ["P0", "P0", "P1", "P1", "P2", "P2"], "PARAMCD": ["OS", "LT"] * 3,
    "PARAM": ["Overall survival", "Liver transplantation"] * 3, "STARTDT": [pd.Timestamp("2025-01-01")] * 6,
    "EVNTDESC": ["death", "death", "", "transplant", "", ""], "CNSR": [0.0, 2, 1, 0, 1, 1],
    "AVAL": [9.0, 9, 84, 40, 12, 12],
    "CNSDTDSC": ["", "", "end of the period, day 84", "", "last date known alive", "last date known alive"],
}  # fmt: skip


def template(name):
    return read_study(templates_dir() / name / "study.toml")


def test_a_pooled_percentage_never_stands_behind_a_count_that_it_is_not_of(tmp_path):
    plan = PLAN.replace('missing = "not response"', 'missing = "multiple imputation"')
    plan = plan.replace("clopper-pearson", "wilson").partition("baseline_classes")[0]
    plan += 'imputation = { terms = ["BASE"], separation = "firth", n_imputations = 20 }\n'
    more = COMPARED.replace('"fisher"', '"rubin"').replace("miettinen-nurminen", "wald")
    study, data = make_response(tmp_path, more, plan)
    shown = texts(build_proportion(context_of(study, data, "table", "proportion", "first")))
    (label,) = [label for label in shown if label.startswith("Bilirubin ≤ 6 at Day 28")]
    assert label.endswith(", % over the imputations")
    assert not [text for text in shown[label] if "/" in text or "(" in text]


def test_what_events_are_related_to_is_called_as_the_study_says(tmp_path):
    study, data = make_parallel(tmp_path, "adverse events", "conf_level = 0.95", ADAE=EVENTS)
    safety = template("nct05940610").safety
    study = study.model_copy(update={"safety": safety})
    context = context_of(study, data, "table", "ae_overview", "first")
    table = build_ae_overview(context)
    assert "Related to the vesicles" in texts(table)
    assert not [row.label for row in table.rows if "cells" in row.label]
    assert "to procedure or vesicles" in " ".join(table.footnotes)
    assert "Cells" not in headings(build_listing(context_of(study, data, "listing", "list_adverse_events")))


def test_one_treatment_is_called_as_the_study_says(tmp_path):
    study, data = make_parallel(tmp_path, "exposure", ADEX={"USUBJID": ["P0", "P0"], "EXSEQ": [1.0, 2]})
    design = study.design.model_copy(update={"treatment_word": "infusion"})
    study = study.model_copy(update={"design": design})
    labels = [row.label for row in build_exposure(context_of(study, data, "table", "exposure", "first")).rows]
    assert {"Number of infusions", "Duration per infusion (hours)", "Infusions started"} <= set(labels)


def test_every_output_names_the_data_their_date_and_the_program(tmp_path):
    study = make_study(tmp_path)
    data = make_data(study)
    report = render_report(study, data, analyse_study(study, data), make_findings())
    for output in report.outputs:
        assert data.dates in output.source, output.number
        assert f"template {output.template}" in output.source, output.number
    swimmers = [item for item in report.outputs if isinstance(item, Figure) and item.template == "swimmer"]
    assert all(item.source.startswith("Source: ADEX, ADSL.") and len(item.rows) for item in swimmers)
    assert swimmers


def test_sections_of_a_table_by_visit_say_how_many_patients_and_what_a_change_is(tmp_path):
    study, data = make_parallel(tmp_path, "by visit", BY_VISIT)
    study = study.model_copy(update={"parameters": (study.parameters[0].model_copy(update={"scale": "log"}),)})
    table = build_by_visit(context_of(study, data, "table", "by_visit", "first"))
    heads = [f"{row.label}{cell_text(row.size)}" for row in table.rows if row.is_heading]
    assert heads[0].endswith(" (N=4)")
    assert all("change as ratio" in head for head in heads)


def test_days_of_a_quantile_have_decimals_only_where_one_is_between_days(tmp_path):
    study = make_study(tmp_path)
    data = make_data(study)
    shown = texts(build_survival(context_of(study, data, "table", "survival", "os_km")))
    assert not [text for label in shown if "had the event" in label for text in shown[label] if text.endswith(".0")]


def test_times_to_event_are_one_row_a_patient(tmp_path):
    study, data = make_parallel(tmp_path, "exposure", ADTTE=TIMES)
    listing = build_listing(context_of(study, data, "listing", "list_time_to_event"))
    assert headings(listing) == ["Subject", "Origin", "Overall survival", "Liver transplantation"]
    assert [[cell_text(cell) for cell in row[2:]] for row in listing.rows] == [
        ["9 death", "9 (death)"], ["84 +", "40 transplantation"], ["12 +", "12 +"],
    ]  # fmt: skip
    assert [row[2][-1].mark for row in listing.rows] == ["", "", "a"]
    assert "a, last date known alive" in " ".join(listing.footnotes)


def test_a_second_origin_keeps_one_row_an_event(tmp_path):
    other = [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01")] * 3
    study, data = make_parallel(tmp_path, "exposure", ADTTE=TIMES | {"STARTDT": other})
    listing = build_listing(context_of(study, data, "listing", "list_time_to_event"))
    assert "CNSR" in headings(listing)
    assert len(listing.rows) == 6


def test_a_column_that_says_the_same_of_everybody_is_a_note(tmp_path):
    dosed = {"USUBJID": ["P0"] * 12, "EXSEQ": [float(at) for at in range(1, 13)], "COMPLFL": ["Y"] * 12,
             "DOSE": [0.4, *[1.0] * 11]}  # fmt: skip
    study, data = make_parallel(tmp_path, "exposure", ADEX=dosed)
    listing = build_listing(context_of(study, data, "listing", "list_exposure"))
    assert "As planned" not in headings(listing)
    assert any("left out: " in note and "As planned Y" in note for note in listing.footnotes)
    place = headings(listing).index("Amount")
    assert [cell_text(row[place]) for row in listing.rows[:2]] == ["0.4", "1.0"]


@pytest.mark.parametrize("name", ["nct06242405", "nct05985863"])
def test_endpoints_say_where_they_are_shown(name):
    shown = {title: where for _, title, _, where in describe_endpoints(template(name))}
    assert all(shown.values())
    assert any(where.startswith("Table") and "; Figure" in where for where in shown.values())


def test_nothing_to_confirm_says_its_kind_twice():
    found = [item.what for item in describe_confirmations(template("nct05985863"))]
    assert "MELD score" in found
    assert "Population Full analysis set" in found
