"""The study in sentences says what the study file decides."""

from hepatrial.study import describe_criterion, explain_study, find_confirmations, read_study, templates_dir
from hepatrial.study.criteria import AllOf, AnyOf, ColumnTest, NotOf, ParameterTest, PredicateTest

STUDY = read_study(templates_dir() / "nct06904755" / "study.toml")


def test_every_decision_is_said():
    text = explain_study(STUDY)
    assert "Day 0 is the day of first treatment; follow-up ends on day 84." in text
    for visit in STUDY.visits:
        assert f"records of days {visit.window[0]} to {visit.window[1]}" in text
    for items in (STUDY.eligibility, STUDY.analyses):
        assert all(
            f"{item.id} {item.kind}" in text if hasattr(item, "kind") else f"({item.id})" in text for item in items
        )
    assert all(endpoint.title in text for endpoint in STUDY.endpoints)
    assert all(place.note in text for place in find_confirmations(STUDY))
    assert "transformation of the interval: beta-product." in text


def test_a_criterion_in_words():
    age = ColumnTest(column="age", op=">=", value=18)
    stage = ColumnTest(column="stage", op="in", values=("early", "late"))
    rise = PredicateTest(predicate="rise per day", parameter="BILI", op=">=", value=17.1, unit="umol/L")
    inr = ParameterTest(parameter="INR", op="<", value=2.6, unit="ratio")
    near = PredicateTest(
        predicate="within weeks of", parameter="ASCITES", op=">=", value=1, weeks=4.0, of="consent_date"
    )
    words = describe_criterion(AllOf(all=(age, AnyOf(any=(stage, rise)), NotOf(**{"not": inr}), near)))
    assert words == (
        "(age at least 18 and (stage one of early, late or BILI rise per day at least 17.1 umol/L) "
        "and not INR at baseline below 2.6 ratio and ASCITES within weeks of 4 consent_date at least 1)"
    )
