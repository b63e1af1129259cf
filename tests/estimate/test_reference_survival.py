"""Every case of the reference packs, mapped by topic to a public function; a topic nobody maps fails.

Half of them ship with the package (hepatrial.validation); those on data of R's survival package (LGPL) do not.
"""

from pathlib import Path

import pytest

from hepatrial.errors import DeviationError
from hepatrial.validation import monitoring_cases
from hepatrial.validation.pack import read_cases
from hepatrial.validation.reference import HANDLERS, TITLES, compare_case, tolerance_of

FOLDER = Path(__file__).parents[1] / "reference" / "survival"
CASES = [*read_cases(), *read_cases(FOLDER)]


@pytest.mark.reference
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_the_reference(case):
    count, deviation = compare_case(case)
    assert count > 0 or case["topic"] in (
        "cox",
        "cox_zph",
        "fine_gray",
    )  # of separated fits only the likelihood is held to
    assert deviation <= (0 if case.get("r_error") else tolerance_of(case)[0])


def test_all_cases_are_here():
    assert len({case["id"] for case in CASES}) == len(CASES) == 917
    assert sum(case["topic"] in monitoring_cases.TOPICS for case in CASES) == 74


def test_a_case_that_nobody_maps_fails():
    """An unknown topic, and a number that its topic's function does not give."""
    with pytest.raises(DeviationError, match="is mapped to no function"):
        compare_case(CASES[0] | {"topic": "a new topic"})
    more = CASES[0] | {"expected": CASES[0]["expected"] | {"a new number": 1.0}}
    with pytest.raises(DeviationError, match="not computed: .*a new number"):
        compare_case(more)


def test_every_topic_is_mapped_once_and_the_shipped_have_a_title():
    topics = {case["topic"] for case in CASES}
    assert topics == set(HANDLERS) | monitoring_cases.TOPICS
    assert not set(HANDLERS) & monitoring_cases.TOPICS
    assert set(TITLES) == {case["topic"] for case in read_cases()}
