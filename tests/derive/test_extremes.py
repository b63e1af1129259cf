"""Worst and last value after baseline; the first session is 2025-01-10 at 09:00."""

import pytest

from derive_study import derive, make_study, rows
from hepatrial.derive import select_after_baseline
from hepatrial.errors import DeriveError

TABLES = {
    "subjects": "subject_id\nS1",
    "treatments": "subject_id | start_date | start_time\nS1 | 2025-01-10 | 09:00",
    "labs": """
subject_id | date       | time  | parameter | result
S1         | 2025-01-08 | 08:00 | BILI      | 999
S1         | 2025-01-10 | 08:00 | BILI      | 300
S1         | 2025-01-10 | 20:00 | BILI      | 310
S1         | 2025-01-12 | 08:00 | BILI      | 400
S1         | 2025-01-13 | 08:00 | BILI      | 400
S1         | 2025-01-14 | 08:00 | BILI      | 100
S1         | 2025-01-16 | 08:00 | BILI      | 500
S1         | 2025-01-17 | 08:00 | BILI      | not done
""",
    "outcomes": "subject_id | outcome | date\nS1 | transplant | 2025-01-15",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(
        tmp_path_factory.mktemp("study"), **{'label = "Bilirubin"': 'label = "Bilirubin"\nworse = "high"'}
    )


@pytest.fixture(scope="module")
def adlb(study):
    return derive(study, **TABLES).datasets["ADLB"]


@pytest.mark.parametrize(
    ("which", "native_liver", "expected"),
    [
        ("worst", True, (400, "2025-01-12")),
        ("worst", False, (500, "2025-01-16")),
        ("last", True, (100, "2025-01-14")),
        ("last", False, (500, "2025-01-16")),
    ],
)
def test_worst_and_last_after_baseline(study, adlb, which, native_liver, expected):
    found = select_after_baseline(adlb, study, which, native_liver=native_liver)
    assert rows(found, "AVAL", "ADT") == [expected]
    assert list(found.columns) == list(adlb.columns)


def test_the_worst_needs_a_side(tmp_path, adlb):
    with pytest.raises(DeriveError, match=r"parameters\[BILI\].worse is missing"):
        select_after_baseline(adlb, make_study(tmp_path), "worst")
