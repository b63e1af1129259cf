"""First decompensation, from adverse events and results, with death and transplant competing. Day 0 is 2025-01-10."""

import pytest

from derive_study import derive, make_study, rows
from hepatrial.errors import StudyError

SOURCE = """
[[event_sources]]
code = "DECOMP"
label = "First decompensation"
terms = ["gastrointestinal haemorrhage"]
min_grade = 2
results = [
  { parameter = "HEGRADE", op = ">=", value = 1.0, baseline = "worse" },
  { parameter = "ASCITES", op = ">=", value = 1.0, baseline = "new" },
  { parameter = "BILI", op = ">", value = 20.0, unit = "mg/dL", baseline = "any" },
]
"""
TIMES = """
[[times_to_event]]
code = "OS"
label = "Overall survival"
events = ["death"]
[[times_to_event]]
code = "TTD"
label = "Decompensation"
events = ["event DECOMP"]
competing = ["death", "transplant"]
"""
NAMES = [f"S{number}" for number in range(1, 10)]
EVENTS = """
subject_id | term | preferred_term | start_date | grade
S1 | melaena | Gastrointestinal Haemorrhage | 2025-01-20 | 3
S1 | melaena | Gastrointestinal Haemorrhage | 2025-01-15 | 1
S2 | gastrointestinal haemorrhage |        | 2025-01-18 |
S9 | melaena | Gastrointestinal haemorrhage | 2025-01-09 | 3
"""
CLINICAL = """
subject_id | date | time | parameter | result
S3 | 2025-01-09 |       | HEGRADE | 1
S3 | 2025-01-12 |       | HEGRADE | 1
S3 | 2025-01-14 |       | HEGRADE | 2
S4 | 2025-01-09 |       | ASCITES | none
S4 | 2025-01-12 |       | ASCITES | mild
S5 | 2025-01-09 |       | ASCITES | mild
S5 | 2025-01-12 |       | ASCITES | moderate
S6 | 2025-01-14 |       | HEGRADE | 1
S7 | 2025-01-12 |       | HEGRADE | 2
"""
LABS = """
subject_id | date | parameter | result
S8 | 2025-01-12 | BILI | 342
S8 | 2025-01-13 | BILI | 343
"""
OUTCOMES = """
subject_id | outcome | date
S5 | transplant | 2025-02-01
S7 | death | 2025-01-11
"""


def test_the_first_of_all_records_decides(tmp_path):
    found = derive(
        make_study(tmp_path, times=TIMES, extra=SOURCE),
        subjects="\n".join(["subject_id", *NAMES]),
        treatments="\n".join(["subject_id | start_date", *(f"{name} | 2025-01-10" for name in NAMES)]),
        adverse_events=EVENTS, clinical=CLINICAL, labs=LABS, outcomes=OUTCOMES,
        vital_status="subject_id | date | status\nS9 | 2025-03-01 | alive",
    ).datasets["ADTTE"]  # fmt: skip
    found = found[found["PARAMCD"] == "TTD"]
    assert rows(found, "USUBJID", "AVAL", "CNSR", "EVNTDESC", "SRCDOM", "SRCVAR", "SRCSEQ") == [
        ("S1", 10, 0, "event DECOMP: melaena", "adverse_events", "start_date", 2),  # grade 1 does not count
        (
            "S2",
            8,
            0,
            "event DECOMP: gastrointestinal haemorrhage",
            "adverse_events",
            "start_date",
            4,
        ),  # no grade counts
        ("S3", 4, 0, "event DECOMP: Encephalopathy 2", "clinical", "result", 4),  # grade I was there at baseline
        ("S4", 2, 0, "event DECOMP: Ascites mild", "clinical", "result", 6),
        ("S5", 22, 2, "transplant", "outcomes", "date", 2),  # had ascites at baseline: nothing new
        ("S6", 4, 0, "event DECOMP: Encephalopathy 1", "clinical", "result", 9),  # no baseline: it counts
        ("S7", 1, 2, "death", "outcomes", "date", 3),
        ("S8", 3, 0, "event DECOMP: Bilirubin 343", "labs", "result", 3),  # 20 mg/dL is 342 umol/L
        ("S9", 50, 1, None, "vital_status", "date", 2),  # bled before the origin
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'parameter = "ASCITES"',
            'parameter = "ASCITE"',
            "event_sources[1] (DECOMP).results: 'ASCITE' is not a parameter",
        ),
        (SOURCE[SOURCE.index("terms") :], "", "event_sources[1] (DECOMP): names nothing"),
    ],
)
def test_a_source_that_leads_nowhere_is_a_fault_of_the_study_file(tmp_path, old, new, message):
    with pytest.raises(StudyError) as caught:
        make_study(tmp_path, times=TIMES, extra=SOURCE.replace(old, new))
    assert any(fault.startswith(message) for fault in caught.value.faults), caught.value.faults


RULE = TIMES.replace('events = ["death"]', 'events = ["death"]\nunknown_after_discharge = "event"')


@pytest.mark.parametrize(
    ("times", "more", "expected"),
    [
        (TIMES, "", (5, 1, None)),
        (RULE, "", (5, 0, "discharge against advice, not heard of since")),
        (RULE, "S1 | 2025-01-16 | alive", (6, 1, None)),  # heard of again: censored when last known alive
        (RULE, "S1 | 2025-01-20 | dead", (10, 0, "death")),  # followed for death
    ],
)
def test_discharge_against_advice_when_nothing_is_known_later(tmp_path, times, more, expected):
    found = derive(
        make_study(tmp_path, times=times, extra=SOURCE),
        subjects="subject_id\nS1", treatments="subject_id | start_date\nS1 | 2025-01-10",
        outcomes="subject_id | outcome | date\nS1 | discharge against advice | 2025-01-15",
        vital_status=f"subject_id | date | status\n{more}",
    ).datasets["ADTTE"]  # fmt: skip
    assert rows(found[found["PARAMCD"] == "OS"], "AVAL", "CNSR", "EVNTDESC") == [expected]
