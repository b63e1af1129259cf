"""A study file from a registry record or from nothing: what is said is taken over, what is guessed is marked."""

import json
import tomllib
from pathlib import Path

import pytest

from hepatrial.derive.scores import SCORES
from hepatrial.errors import StudyError
from hepatrial.study import find_confirmations, read_study, start_study
from hepatrial.study.proposal import (
    blank_record,
    format_proposal,
    parse_days,
    propose_study,
    read_registry_record,
    recognise_outcome,
)
from hepatrial.study.proposal.recognise import SCORE_WORDS
from hepatrial.study.proposal.record import split_criteria

RECORDS = Path(__file__).parent / "records"
SINGLE = RECORDS / "single_arm.json"


def changed(tmp_path, **modules):
    """The single-arm record with modules of its protocol section replaced."""
    raw = json.loads(SINGLE.read_text(encoding="utf-8"))
    raw["protocolSection"] |= modules
    path = tmp_path / "record.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("From enrollment to day 28 after treatment", (28,)),
        ("days 1, 3, 5, 7, 14, 28, 56 and 84", (1, 3, 5, 7, 14, 28, 56, 84)),
        ("24 weeks", (168,)),
        ("Baseline to Week 12", (84,)),
        ("12-month follow-up", (365,)),
        ("3, 6 months", (91, 183)),
        ("up to one year", (365,)),
        ("0, 4 and 8 weeks", (28, 56)),
        ("28 days, 12 weeks", (28, 84)),
        ("D7, D14", (7, 14)),
        ("throughout the course of therapy", ()),
        ("at hospital discharge", ()),
    ],
)
def test_days_are_read_from_time_frames(text, days):
    assert parse_days(text) == days


@pytest.mark.parametrize(
    ("measure", "times", "scores", "parameters", "safety"),
    [
        ("Survival rate", ("OS",), (), (), False),
        ("28-day mortality", ("OS",), (), (), False),
        ("Transplant-free survival", ("TFS",), (), (), False),
        ("Survival and liver transplantation", ("OS", "LT"), (), (), False),
        ("Progression-free survival", (), (), (), False),
        ("MELD 3.0 score", (), ("MELD3",), (), False),
        ("MELD and MELD-Na", (), ("MELDNA", "MELD"), (), False),
        ("Child-Turcotte-Pugh score", (), ("CHILDPUG",), (), False),
        ("Proportion of patients with Child A", (), ("CHILDPUG",), (), False),
        ("IL-6, TNF-α, CRP", (), (), ("CRP", "IL6", "TNFA"), False),
        ("Total bilirubin and INR", (), (), ("BILI", "INR"), False),
        ("Treatment-related adverse events", (), (), (), True),
        ("Quality of life; got better with age", (), (), (), False),
    ],
)
def test_outcomes_are_recognised_by_their_words(measure, times, scores, parameters, safety):
    found = recognise_outcome(measure)
    assert found.times_to_event == times
    assert found.scores == scores
    assert set(found.parameters) == set(parameters)
    assert found.is_safety is safety


def test_every_score_named_here_is_a_score_with_those_inputs():
    for words in SCORE_WORDS:
        spec = SCORES[words.code]
        asked = {item.code for item in spec.inputs if item.is_required} - {"AGE", "SEX"}
        made_of = {inner.code for code in asked & set(SCORES) for inner in SCORES[code].inputs if inner.is_required}
        assert (asked - set(SCORES)) | (made_of - {"AGE", "SEX"}) == set(words.inputs), words.code


def test_a_record_becomes_a_study_file_that_every_check_passes(tmp_path):
    folder = start_study(str(SINGLE), tmp_path / "study")
    study = read_study(folder / "study.toml")
    assert (study.identity.study_id, study.design.kind, study.design.planned_n) == ("NCT06904755", "single arm", 10)
    assert [visit.day for visit in study.visits] == [0, 1, 3, 5, 7, 14, 28, 56, 84]
    ends = [visit.window for visit in study.visits]
    assert all(first[1] + 1 == second[0] for first, second in zip(ends, ends[1:], strict=False))
    by_variable = {endpoint.variable: endpoint for endpoint in study.endpoints}
    assert by_variable["LT"].days == (28, 56, 84)
    assert study.analysis("os_km").days == (7, 14, 28, 56, 84)
    assert study.analysis("os_km").conf_type == "beta-product"
    assert {item.code for item in study.scores} == {"MELD", "COSSH"}
    assert [item.id for item in study.eligibility] == ["AGE", "I01", "I02", "E01", "E02"]
    assert (folder / "blank" / "labs.csv").is_file()


def test_what_no_analysis_answers_is_said_and_every_guess_is_marked(tmp_path):
    record = read_registry_record(SINGLE)
    assert "#   Quality of life (secondary)" in format_proposal(record)
    path = tmp_path / "study.toml"
    path.write_text(format_proposal(record), encoding="utf-8")
    places = {place.path: place.note for place in find_confirmations(read_study(path))}
    assert "Quality of life" in places["design"]
    for place in ("time", "visits[D28]", "populations[FAS]", "analyses[os_km]", "endpoints[os]", "safety"):
        assert place in places


def test_a_parallel_blinded_record(tmp_path):
    path = changed(
        tmp_path,
        designModule={
            "studyType": "INTERVENTIONAL",
            "designInfo": {
                "interventionModel": "PARALLEL",
                "maskingInfo": {"masking": "QUADRUPLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
            },
            "enrollmentInfo": {"count": 150},
        },
        armsInterventionsModule={
            "armGroups": [
                {"label": "UC-MSC", "type": "EXPERIMENTAL"},
                {"label": "Saline", "type": "PLACEBO_COMPARATOR"},
            ]
        },
    )
    study = read_study(start_study(str(path), tmp_path / "study") / "study.toml")
    assert (study.design.kind, study.design.masking, study.design.reference_arm) == ("parallel", "double", "SALINE")
    analysis = study.analysis("os_km")
    assert analysis.by_arm
    assert analysis.conf_type == "log-log"
    assert analysis.comparison is not None


def test_a_blank_study_and_an_empty_record_are_readable(tmp_path):
    study = read_study(start_study("blank", tmp_path / "blank") / "study.toml")
    assert [endpoint.variable for endpoint in study.endpoints] == ["OS"]
    path = changed(tmp_path, outcomesModule={}, eligibilityModule={}, designModule={})
    assert read_study(start_study(str(path), tmp_path / "study") / "study.toml").design.planned_n == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "cannot be read as JSON in UTF-8"),
        ("[]", "has no protocolSection"),
        ('{"protocolSection": {"designModule": {"studyType": "OBSERVATIONAL"}}}', "observational"),
        ('{"protocolSection": {"designModule": {"designInfo": {"interventionModel": "CROSSOVER"}}}}', "crossover"),
    ],
)
def test_other_files_and_designs_are_refused(tmp_path, text, message):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        read_registry_record(path)
    with pytest.raises(StudyError):
        start_study(str(path), tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_criteria_keep_their_numbers():
    text = "Key Inclusion Criteria:\n1. Age 18-65\n2) INR 1.5 or more\n- 3 days ill\nExclusion Criteria\n• 2.5 x ULN"
    assert split_criteria(text) == (("Age 18-65", "INR 1.5 or more", "3 days ill"), ("2.5 x ULN",))


def test_text_of_a_record_stays_text(tmp_path):
    arm = {"label": 'A"]\n[evil]\nx = "', "description": "'''\n[time]\norigin = 1"}
    path = changed(tmp_path, armsInterventionsModule={"armGroups": [arm]})
    record = read_registry_record(path)
    assert tomllib.loads(format_proposal(record)) == propose_study(record)
    assert "evil" not in tomllib.loads(format_proposal(record))


def test_short_lists_on_one_line_read_back_equal():
    content = propose_study(blank_record())
    text = format_proposal(blank_record())
    assert "window = [-7, 0]" in text
    assert tomllib.loads(text) == content


def test_a_record_of_another_disease_that_the_code_was_not_written_for(tmp_path):
    """Passes `check` once its lines are confirmed, and says which outcomes it left to a person."""
    study = read_study(start_study(str(RECORDS / "nct03722472.json"), tmp_path / "study") / "study.toml")
    assert (study.design.kind, study.design.masking, study.design.planned_n) == ("parallel", "double", 48)
    assert study.design.reference_arm == "TWOVIA"
    assert study.time.study_end_day == 421
    assert [item.id for item in study.eligibility if item.kind == "exclusion"] == ["E01", "E02", "E03"]
    assert {endpoint.variable for endpoint in study.endpoints} == {"ADAE", "OS"}
    for measure in ("Local Injection Site Reactogenicity", "IgG Antibody Response Rate", "Cytokine Response"):
        assert measure in study.design.confirm_note
    confirmed = (tmp_path / "study" / "study.toml").read_text(encoding="utf-8").replace("confirm = true\n", "")
    (tmp_path / "confirmed.toml").write_text(confirmed, encoding="utf-8")
    assert find_confirmations(read_study(tmp_path / "confirmed.toml")) == ()
