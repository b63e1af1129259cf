"""The methods section: every option of every analysis has its sentence, and what is said is what was planned."""

import re
from string import Formatter
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from hepatrial.render.methods import describe, describe_methods, references
from hepatrial.render.methods.proportions import describe_response
from hepatrial.study import Analysis, read_study, templates_dir
from hepatrial.study.models import Safety, TimeOrigin, VisitRule
from hepatrial.study.response_analyses import ResponseRule


def models(kind, found):
    """Every model that a type holds, itself included, those of its fields too."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind not in found:
            found.append(kind)
            for field in kind.model_fields.values():
                models(field.annotation, found)
    elif get_origin(kind) in (Union, UnionType, Annotated, tuple):
        for part in get_args(kind):
            models(part, found)
    return found


def choices(kind):
    """The closed list of values of a type: those of its Literals, and of bool."""
    if kind is bool:
        return [True, False]
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if get_origin(kind) in (Union, UnionType, Annotated):
        return [value for part in get_args(kind) for value in choices(part)]
    return []


def options():
    for model in [*models(Analysis, []), TimeOrigin, VisitRule, Safety]:
        for name, field in model.model_fields.items():
            yield pytest.param(model, name, field, id=f"{model.__name__}.{name}")


LISTED = {"Hypothesis", "ScoreClass", "SpecialInterest", "Subgroup", "WinComponent"}
"""Models that are an item of a list: the sentence of the list names them."""


@pytest.mark.parametrize(("model", "name", "field"), list(options()))
def test_every_option_of_the_study_file_has_its_sentence(model, name, field):
    owner = model.__name__
    if owner in LISTED or name in describe.COMMON:
        return
    assert owner in describe.LEADS, f"render/methods has no first sentence (LEADS) of {owner}"
    lead = {part for _, part, _, _ in Formatter().parse(describe.LEADS[owner])}
    nested = [part for part in models(field.annotation, []) if part.__name__ not in LISTED]
    if name in lead or nested:
        return
    values = choices(field.annotation)
    if not values:
        assert (owner, name) in describe.VALUES or name == "conf_level", f"no sentence in VALUES of {owner}.{name}"
    for value in values:
        assert describe.says(owner, name, value) is not None, f"no sentence in CHOICES of {owner}.{name} = {value!r}"


@pytest.mark.parametrize("model", models(Analysis, []), ids=lambda model: model.__name__)
def test_every_analysis_has_its_first_sentence(model):
    if model.__name__ not in LISTED:
        assert model.__name__ in describe.LEADS


def test_kinds_of_events_are_named_by_the_study():
    study = read_study(templates_dir() / "nct06904755" / "study.toml")
    (part,) = (part for part in describe.describe_methods(study).parts if part.analysis_id == "adverse_event_times")
    assert "(any, related, serious, grade 3 or more, bleeding, infection and hypotension)" in part.sentences[0]


def test_every_citation_leads_to_the_literature():
    texts = [*describe.LEADS.values(), *describe.VALUES.values()]
    texts += [text for table in describe.CHOICES.values() for text in table.values()]
    cited = set(re.findall(r"\[@([^\]]+)\]", " ".join([*texts, *describe.conduct.NUMBERS])))
    assert cited == set(references.REFERENCES)


def test_every_reference_has_a_doi():
    for key, text in references.REFERENCES.items():
        assert re.search(r"doi:10\.\d{4,5}/\S+$", text), key


@pytest.mark.parametrize("name", ["nct06904755", "mayo-pbc", "cdiscpilot01"])
def test_the_section_of_a_template_is_whole_sentences_with_their_literature(name):
    study = read_study(templates_dir() / name / "study.toml")
    methods = describe_methods(study)
    assert [part.analysis_id for part in methods.parts if part.analysis_id] == [item.id for item in study.analyses]
    numbers = []
    for part in methods.parts:
        assert part.sentences, part.title
        for sentence in part.sentences:
            assert sentence.endswith("."), sentence
            assert "{" not in sentence
            assert "[@" not in sentence
            numbers += [int(found) for found in re.findall(r"\[(\d+)\]", sentence)]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(methods.references) + 1))
    assert methods.software[0].startswith("hepatrial ")


def test_the_primary_analysis_of_the_example_in_words():
    study = read_study(templates_dir() / "nct06904755" / "study.toml")
    part = next(part for part in describe_methods(study).parts if part.analysis_id == "os_km")
    text = " ".join(part.sentences)
    assert "Kaplan–Meier method" in text
    assert "days 7, 14, 28, 56 and 84" in text
    assert "95% confidence interval is the beta product interval" in text


def test_text_of_the_study_is_never_a_citation_or_a_place_holder():
    study = read_study(templates_dir() / "nct06904755" / "study.toml")
    planned = study.analyses[0].model_copy(update={"title": "{conf} [@kaplan]"})
    event = study.times_to_event[0].model_copy(update={"label": "{value} [@kaplan] {0.__class__}"})
    changed = study.model_copy(update={"analyses": (planned, *study.analyses[1:]), "times_to_event": (event,)})
    parts = describe_methods(changed).parts
    assert any(part.title == "{conf} [@kaplan]" for part in parts)
    assert any("{value} [ @kaplan] {0.__class__}" in sentence for part in parts for sentence in part.sentences)


def test_an_option_without_a_sentence_is_printed_not_left_out(monkeypatch):
    monkeypatch.setattr(describe, "CHOICES", {})
    study = read_study(templates_dir() / "nct06904755" / "study.toml")
    part = next(part for part in describe_methods(study).parts if part.analysis_id == "os_km")
    assert "conf type: beta-product." in part.sentences


def section(template, title):
    study = read_study(templates_dir() / template / "study.toml")
    return " ".join(
        next(part for part in describe_methods(study).parts if title in (part.analysis_id, part.title)).sentences
    )


def test_drawn_allocations_are_said_only_of_a_permutation_test():
    text = section("nct05985863", "os_km")
    assert "Its p-value is from the chi-square distribution." in text
    assert "allocations" not in text


def test_subgroups_are_named_with_their_cut_points():
    text = section("nct05985863", "os_km")
    assert (
        "levels of sex, Age (up to 50, above), stratum of the randomisation, Hepatitis B, MELD score (up to 25, above)"
        in text
    )
    assert "()" not in text


def test_model_terms_and_structures_are_words_not_columns():
    text = section("nct06242405", "liver_model")
    assert "Fixed effects: stratum of the randomisation, arm × visit and baseline value × visit." in text
    assert "heterogeneous Toeplitz, heterogeneous first-order autoregressive and compound symmetry" in text


def test_events_are_named_by_their_labels():
    text = section("nct06242405", "decomp_cif")
    assert "Event: gastrointestinal bleeding or ascites, new or worse or hepatic encephalopathy, new or worse" in text
    assert "competing events: death and transplantation;" in text


def test_a_response_is_one_sentence_even_with_a_limit_of_zero():
    assert "A patient is a responder with a value of at most 6 at the visit." in section("nct06242405", "child_a")
    rule = ResponseRule(of="change from baseline", op="<", value=0.0)
    assert describe_response(rule) == {"of": "a change from baseline", "op": "below", "limit": "0"}


def test_blood_products_are_a_sentence_and_device_effects_need_a_device():
    text = section("nct06242405", "Data and populations")
    assert (
        "Values of Albumin, International normalised ratio, Prothrombin time and Total bilirubin from samples taken "
        "less than 48 hours after albumin or plasma are flagged" in text
    )
    assert "device" not in text
    assert "ISO 14155" in section("nct06904755", "Data and populations")
