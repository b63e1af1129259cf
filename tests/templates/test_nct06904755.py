"""The shipped study file of NCT06904755 holds what the public record says, and marks what it does not."""

import pytest

from hepatrial.study import find_confirmations, leaves, read_study, templates_dir

DAYS = (1, 3, 5, 7, 14, 28, 56, 84)


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / "nct06904755" / "study.toml")


def test_the_primary_endpoint_is_survival_at_day_28_through_transplantation(study):
    (primary,) = [endpoint for endpoint in study.endpoints if endpoint.role == "primary"]
    assert (primary.variable, primary.days) == ("OS", (28,))
    strategies = {event.event: event.strategy for event in primary.estimand.intercurrent_events}
    assert strategies["liver transplantation"] == "treatment policy"
    assert study.time_to_event("OS").events == ("death",)
    assert study.time_to_event("OS").censor_at == ()


@pytest.mark.parametrize(
    ("variable", "days"),
    [
        ("OS", (7, 14, 56, 84)),
        ("LT", (28, 56, 84)),
        *((code, DAYS) for code in ("IL6", "TNFA", "CRP", "LACTATE", "AMMONIA", "AFP", "FERRITIN", "PTA")),
        ("MELD", DAYS),
        ("COSSH", DAYS),
    ],
)
def test_every_secondary_outcome_of_the_record_is_an_endpoint(study, variable, days):
    found = [endpoint for endpoint in study.endpoints if endpoint.role == "secondary" and endpoint.variable == variable]
    assert [endpoint.days for endpoint in found] == [days]


def test_every_endpoint_has_an_estimand_and_a_visit_for_each_day(study):
    targets = {visit.day for visit in study.visits}
    for endpoint in study.endpoints:
        assert endpoint.estimand is not None, endpoint.id
        assert set(endpoint.days) <= targets, endpoint.id


def test_every_number_about_adverse_events_answers_the_safety_endpoint(study):
    assert study.endpoint_of("adverse_events", "related") == "ae_related"
    assert study.endpoint_of("adverse_events", "any") == "ae_related"
    assert study.endpoint_of("os_km", "related") == ""


def test_every_endpoint_reaches_an_output(study):
    shown = {analysis for output in study.outputs for analysis in output.analyses}
    for endpoint in study.endpoints:
        assert set(endpoint.analyses) <= shown, endpoint.id


def test_each_biomarker_has_its_own_trajectory_figure(study):
    drawn = [output.parameters for output in study.outputs if output.template == "trajectory"]
    wanted = [("IL6",), ("TNFA",), ("CRP",), ("LACTATE",), ("AMMONIA",), ("AFP",), ("FERRITIN",), ("PTA",)]
    assert drawn == [*wanted, ("MELD",), ("COSSH",)]


def test_the_eight_inclusion_criteria_are_there_and_only_one_rests_on_the_tick(study):
    assert [item.kind for item in study.eligibility] == ["inclusion"] * 8
    assert [item.id for item in study.eligibility if item.criterion is None] == ["I07"]
    values = {leaf.value for item in study.eligibility if item.criterion for leaf in leaves(item.criterion)}
    assert values >= {18, 65, 171.0, 17.1, 20.0, 40.0, 1.5, 2.6, 2}


def test_windows_take_the_nearest_day_with_ties_to_the_earlier(study):
    for day in range(1, 7):
        nearest = min((visit for visit in study.visits if visit.day > 0), key=lambda v: (abs(v.day - day), v.day))
        assert nearest.window[0] <= day <= nearest.window[1]


def test_what_the_record_does_not_say_is_marked(study):
    paths = {item.path for item in find_confirmations(study)}
    assert {f"visits[D{day}]" for day in DAYS} <= paths
    assert {"time", "scores[MELD]", "scores[COSSH]", "safety", "endpoints[os_d28].estimand", "endpoints[pta]"} <= paths
    assert all(item.note for item in find_confirmations(study))


def test_a_single_arm_study_compares_nothing(study):
    assert not any(getattr(analysis, "comparison", None) for analysis in study.analyses)


def test_outputs_are_in_the_order_of_their_numbers(study):
    numbers = [tuple(map(int, output.number.split("."))) for output in study.outputs]
    assert numbers == sorted(numbers)


def test_each_patient_is_shown_before_any_number_about_the_group(study):
    efficacy = [output.template for output in study.outputs if output.number.startswith("14.2.")]
    per_patient = ("swimmer", "heat_map", "waterfall", "patient_profile")
    assert {*efficacy[:5]} == {*per_patient}
    assert not {*efficacy[5:]} & {*per_patient}


def test_no_historical_rate_is_shipped(study):
    assert all(getattr(analysis, "historical", None) is None for analysis in study.analyses)
