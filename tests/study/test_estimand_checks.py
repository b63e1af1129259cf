"""A strategy that the derivation contradicts is a fault of the study file; one that it follows is none."""

import pytest

from hepatrial.study.estimand_checks import check_estimands

OS = {"code": "T", "events": ["death"], "censor_at": ["withdrawal"], "competing": []}
METHODS = {"by visit": "while on treatment", "mixed model": "hypothetical"}


def faults(variable="T", *, analyses=("km",), during=(), lists=None):
    estimand = {"intercurrent_events": list(during)}
    raw = {
        "times_to_event": [OS | (lists or {})],
        "analyses": [
            {"id": "km", "method": "survival"}, {"id": "visits", "method": "by visit"},
            {"id": "model", "method": "mixed model"}, {"id": "other", "method": "responder"},
        ],
        "endpoints": [
            {"id": "e", "variable": variable, "analyses": list(analyses), "estimand": estimand}
        ],
    }  # fmt: skip
    return list(check_estimands(raw))


def ice(event, strategy, **more):
    return {"event": event, "strategy": strategy, **more}


@pytest.mark.parametrize(
    ("strategy", "lists"),
    [
        ("treatment policy", {}),
        ("composite", {"events": ["death", "transplant"]}),
        ("competing risk", {"competing": ["transplant"]}),
        ("hypothetical", {"censor_at": ["transplant"]}),
        ("while on treatment", {"censor_at": ["transplant"]}),
    ],
)
def test_each_strategy_of_a_time_to_event_has_its_place(strategy, lists):
    event = ice("Liver transplantation", strategy)
    assert faults(during=[event], lists=lists) == []
    places = [{}, {"events": ["death", "transplant"]}, {"competing": ["transplant"]}, {"censor_at": ["transplant"]}]
    assert all(len(faults(during=[event], lists=other)) == 1 for other in places if other != lists)


def test_treatment_policy_with_data_after_transplant_dropped_is_refused():
    found = faults(during=[ice("liver transplantation", "treatment policy")], lists={"censor_at": ["transplant"]})
    assert found == [
        "endpoints[1] (e).estimand.intercurrent_events: 'treatment policy' of 'liver transplantation' follows through "
        "'transplant', times_to_event T has it in censor_at"
    ]


def test_an_event_in_other_words_names_its_outcomes():
    named = ice("abandoned by the family", "composite", outcomes=["discharge against advice"])
    assert "needs 'discharge against advice' in events" in faults(during=[named])[0]
    assert faults(during=[ice("sessions stopped early", "treatment policy")]) == []


def test_values_after_death_or_transplant_are_used_by_no_method():
    policy = ice("liver transplantation", "treatment policy")
    assert "no value after it is used, method 'by visit' is 'while on treatment'" in faults(
        "BILI", analyses=["visits"], during=[policy]
    )[0]  # fmt: skip
    assert faults("BILI", analyses=["visits"], during=[ice("death", "while on treatment")]) == []
    assert len(faults("BILI", analyses=["model"], during=[ice("death", "while on treatment")])) == 2


def test_two_methods_need_a_strategy_each():
    both = [ice("death or transplantation", "while on treatment"), ice("death", "hypothetical")]
    found = faults("BILI", analyses=["visits", "model"], during=both)
    assert len(found) == 1
    assert found[0].endswith("method 'mixed model' is 'hypothetical' for transplant; say so")
    assert faults("BILI", analyses=["visits", "model"], during=[*both, ice("transplantation", "hypothetical")]) == []


def test_methods_that_choose_their_own_handling_are_left_alone():
    assert faults("BILI", analyses=["other"], during=[ice("death", "composite")]) == []
