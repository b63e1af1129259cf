"""Every case of the reference pack, mapped by topic to a public function; a topic nobody maps fails."""

import pytest

from survival_pack import (
    binary_cases,
    comparison_cases,
    competing_cases,
    cox_cases,
    km_cases,
    monitoring_cases,
    rank_cases,
)
from survival_pack.pack import check_numbers, read_cases

MODULES = (km_cases, comparison_cases, competing_cases, binary_cases, cox_cases, rank_cases)
HANDLERS = {topic: run for module in MODULES for topic, run in module.HANDLERS.items()}
ELSEWHERE = {"group_sequential", "conditional_power", "toxicity_bayes", "toxicity_freq", "simon"}
CASES = [case for case in read_cases() if case["topic"] not in ELSEWHERE]


@pytest.mark.reference
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_the_reference(case):
    assert case["topic"] in HANDLERS, f"topic {case['topic']} is mapped to no function"
    run = HANDLERS[case["topic"]]
    if case.get("r_error"):
        assert run(case) == "refused", f"R refuses this: {case['r_error']}"
    else:
        check_numbers(case, run(case))


def test_a_case_that_nobody_maps_fails():
    """An unknown topic, and a number that its topic's function does not give."""
    with pytest.raises(AssertionError, match="is mapped to no function"):
        test_agrees_with_the_reference(CASES[0] | {"topic": "a new topic"})
    more = CASES[0] | {"expected": CASES[0]["expected"] | {"a new number": 1.0}}
    with pytest.raises(AssertionError, match="not computed: .*a new number"):
        test_agrees_with_the_reference(more)


def test_every_topic_is_mapped_here_or_with_the_monitoring():
    topics = {case["topic"] for case in read_cases()}
    assert topics - set(HANDLERS) <= ELSEWHERE
    assert set(monitoring_cases.TOPICS) >= ELSEWHERE & topics
