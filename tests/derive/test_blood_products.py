"""Samples within 48 hours of albumin or plasma, and 24 of plasma exchange; first session 2025-01-10 at 09:00."""

import pytest

from derive_study import derive, make_study, rows
from hepatrial.errors import StudyError

RULES = """
[[visit_rule.blood_products]]
label = "albumin or plasma"
names = ["albumin", "血浆"]
hours = 48.0
parameters = ["INR", "BILI"]
[[visit_rule.blood_products]]
label = "plasma exchange"
kinds = ["plasma exchange"]
hours = 24.0
parameters = ["BILI"]
"""
MEDICATIONS = """
subject_id | name          | kind            | start_date | end_date
S1         | human Albumin | blood product   | 2025-01-12 | 2025-01-13
S1         | 新鲜冰冻血浆   | blood product   | 2025-01    | 2025-01-20
S1         | PE            | plasma exchange | 2025-02-05 |
S2         | human albumin | blood product   | 2025-01-09 |
S2         | lactulose     | medication      | 2025-01-11 |
"""
LABS = """
subject_id | date | time | parameter | result
S1 | 2025-02-04 | 23:59 | BILI  | 1
S1 | 2025-02-05 | 08:00 | BILI  | 2
S1 | 2025-02-06 | 23:59 | BILI  | 3
S1 | 2025-02-07 |       | BILI  | 4
S1 | 2025-02-07 | 00:00 | BILI  | 5
S1 | 2025-02-06 | 12:00 | INR   | 6
S2 | 2025-01-09 | 08:00 | BILI  | 7
S2 | 2025-01-11 | 23:59 | INR   | 1.5
S2 | 2025-01-12 | 00:00 | INR   | 1.6
S2 | 2025-01-11 | 12:00 | CREAT | 80
S1 | 2025-02-04 |       | BILI  | 1
"""
TABLES = {
    "subjects": "subject_id\nS1\nS2",
    "treatments": "subject_id | start_date | start_time\nS1 | 2025-01-10 | 09:00\nS2 | 2025-01-10 | 09:00",
    "medications": MEDICATIONS,
    "labs": LABS,
}
MELD = '[[scores]]\ncode = "MELD"\nlabel = "MELD"\nscore = "MELD"\ndecimals = 0\n'


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    study = make_study(tmp_path_factory.mktemp("study"), scores=MELD, extra=RULES)
    return derive(study, **TABLES).datasets


def test_a_sample_is_flagged_unless_the_dates_rule_it_out(datasets):
    adlb = datasets["ADLB"]
    found = adlb[adlb["DTYPE"] != "SCORE"].sort_values("SRCSEQ")
    assert rows(found, "SRCSEQ", "BPFL", "BPDESC") == [
        (2, "N", None),  # before the exchange
        (3, "Y", "PE 2025-02-05"),  # that day, the order is not known
        (4, "Y", "PE 2025-02-05"),  # at most 23:59 after the end of its day
        (5, "N", None),  # 24 hours after the end of its day at the earliest
        (6, "N", None),
        (7, "N", None),  # an exchange changes BILI only, by this study file
        (8, "Y", "human albumin 2025-01-09"),
        (9, "Y", "human albumin 2025-01-09"),
        (10, "N", None),
        (11, "N", None),  # creatinine is in no rule
        (12, "N", None),  # the day before the exchange, at whatever time
    ]


def test_a_product_with_an_unknown_day_counts_from_its_first_to_its_last(tmp_path):
    labs = LABS.splitlines()[1] + "\nS1 | 2025-01-01 | 08:00 | INR | 1.1\nS1 | 2025-01-22 | 23:00 | INR | 1.2"
    found = derive(make_study(tmp_path, extra=RULES), **TABLES | {"labs": labs}).datasets["ADLB"]
    assert rows(found, "BPFL", "BPDESC") == [
        ("Y", "新鲜冰冻血浆 2025-01 to 2025-01-20"),
        ("Y", "新鲜冰冻血浆 2025-01 to 2025-01-20"),
    ]


def test_the_sensitivity_dataset_is_without_them_but_keeps_what_came_before_the_origin(datasets):
    sens = datasets["ADLBSENS"]
    kept = sens[sens["DTYPE"] != "SCORE"]
    assert sorted(kept["SRCSEQ"]) == [2, 5, 6, 7, 8, 10, 11, 12]  # 8 is flagged and before the origin: the baseline
    assert rows(kept[kept["SRCSEQ"] == 8], "BPFL", "ABLFL") == [("Y", "Y")]


def test_a_score_is_flagged_by_its_inputs(tmp_path):
    labs = LABS.splitlines()[1] + "".join(
        f"\nS2 | 2025-01-11 | 08:00 | {name} | {value}" for name, value in (("BILI", 50), ("INR", 1.5), ("CREAT", 80))
    )
    found = derive(make_study(tmp_path, scores=MELD, extra=RULES), **TABLES | {"labs": labs}).datasets["ADLB"]
    assert rows(found[found["PARAMCD"] == "MELD"], "BPFL", "BPDESC") == [("Y", "human albumin 2025-01-09")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["INR", "BILI"]', '["INR", "PTA"]', "visit_rule.blood_products[1].parameters: 'PTA' is not a parameter"),
        ('kinds = ["plasma exchange"]\n', "", "visit_rule.blood_products[2]: names no product"),
    ],
)
def test_a_rule_that_leads_nowhere_is_a_fault_of_the_study_file(tmp_path, old, new, message):
    with pytest.raises(StudyError) as caught:
        make_study(tmp_path, extra=RULES.replace(old, new))
    assert any(fault.startswith(message) for fault in caught.value.faults), caught.value.faults
