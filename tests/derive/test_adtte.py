"""Time to event, every expected value counted by hand from 2025-01-01 (day 0)."""

import pytest

from derive_study import derive, make_study, rows
from hepatrial.errors import DeriveError
from hepatrial.estimate import estimate_cumulative_incidence, estimate_survival

TREATED = "subject_id | session | start_date\nS1 | 1 | 2025-01-01"
SUBJECT = "subject_id | enrolment_date\nS1 | 2024-12-31"


def parameter(**fields):
    lines = [f"{name} = {value}" for name, value in fields.items()]
    return "\n".join(["[[times_to_event]]", 'code = "T"', 'label = "Time"', *lines]) + "\n"


OS = parameter(events='["death"]')
TFS = parameter(events='["death", "transplant"]')
LT_CIF = parameter(events='["transplant"]', competing='["death"]')
DEATH_CIF = parameter(events='["death"]', competing='["transplant"]')
DEATH_CENSORED = parameter(events='["death"]', censor_at='["transplant"]')
OS_28 = parameter(events='["death"]', censor_at_day=28)
WITHDRAWN = parameter(events='["death"]', censor_at='["withdrawal"]')


def adtte(folder, times, outcomes="", status=""):
    study = make_study(folder, times=OS.replace('"T"', '"OS"') + times)
    data = derive(
        study,
        subjects=SUBJECT,
        treatments=TREATED,
        outcomes=f"subject_id | outcome | date\n{outcomes}",
        vital_status=f"subject_id | date | status\n{status}",
    )
    frame = data.datasets["ADTTE"]
    return frame[frame["PARAMCD"] == "T"]


CASES = [
    (OS, "S1 | death | 2025-01-21", "", (20, 0, "death", None)),
    (OS, "S1 | death | 2025-01-01", "", (0, 0, "death", None)),
    (OS, "", "S1 | 2025-03-26 | alive", (84, 1, None, "last date known alive")),
    # alive in a registry long after the last visit
    (OS, "S1 | last contact | 2025-02-01", "S1 | 2025-06-01 | alive", (151, 1, None, "last date known alive")),
    (OS, "", "", (0, 1, None, "last date known alive")),
    # treatment policy: followed through the transplant
    (OS, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-31", "", (30, 0, "death", None)),
    (TFS, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-31", "", (10, 0, "transplant", None)),
    (LT_CIF, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-31", "", (10, 0, "transplant", None)),
    (LT_CIF, "S1 | death | 2025-01-31", "", (30, 2, "death", None)),
    (DEATH_CIF, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-31", "", (10, 2, "transplant", None)),
    # on one day death is the last thing that happens
    (DEATH_CIF, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-11", "", (10, 2, "transplant", None)),
    (LT_CIF, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-11", "", (10, 0, "transplant", None)),
    (DEATH_CENSORED, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-31", "", (10, 1, None, "transplant")),
    # events beat censorings of the same day
    (WITHDRAWN, "S1 | withdrawal | 2025-01-11\nS1 | death | 2025-01-11", "", (10, 0, "death", None)),
    (WITHDRAWN, "S1 | withdrawal | 2025-01-11\nS1 | death | 2025-01-12", "", (10, 1, None, "withdrawal")),
    (OS, "S1 | withdrawal | 2025-01-11\nS1 | death | 2025-01-12", "", (11, 0, "death", None)),
    (OS_28, "S1 | death | 2025-01-29", "", (28, 0, "death", None)),
    (OS_28, "S1 | death | 2025-01-30", "", (28, 1, None, "end of the period, day 28")),
    (OS_28, "", "S1 | 2025-01-28 | alive", (27, 1, None, "last date known alive")),
    (OS_28, "", "S1 | 2025-01-29 | alive", (28, 1, None, "end of the period, day 28")),
    # death ends the follow-up of what can no longer happen
    (parameter(events='["transplant"]'), "S1 | death | 2025-01-31", "", (30, 1, None, "death")),
    # discharge against advice: an event where the study file says so, else followed for death
    (parameter(events='["death", "discharge against advice"]'), "S1 | discharge against advice | 2025-01-06", "",
     (5, 0, "discharge against advice", None)),
    (OS, "S1 | discharge against advice | 2025-01-06", "S1 | 2025-01-09 | dead", (8, 0, "death", None)),
    (OS, "S1 | discharge against advice | 2025-01-06", "", (5, 1, None, "last date known alive")),
]  # fmt: skip


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """Every case as one subject, and every parameter of the cases, derived at once."""
    codes = {times: f"T{number}" for number, times in enumerate(dict.fromkeys(case[0] for case in CASES))}
    names = [f"S{number:02}" for number in range(len(CASES))]
    study = make_study(
        tmp_path_factory.mktemp("study"),
        times="".join(times.replace('"T"', f'"{code}"') for times, code in codes.items()) + OS.replace('"T"', '"OS"'),
    )
    frame = derive(study, **{
        "subjects": "\n".join(["subject_id", *names]),
        "treatments": "\n".join(["subject_id | start_date", *(f"{name} | 2025-01-01" for name in names)]),
        "outcomes": "\n".join(["subject_id | outcome | date", *lines_of(names, 1)]),
        "vital_status": "\n".join(["subject_id | date | status", *lines_of(names, 2)]),
    }).datasets["ADTTE"]  # fmt: skip
    return [
        frame[(frame["USUBJID"] == name) & (frame["PARAMCD"] == codes[case[0]])]
        for name, case in zip(names, CASES, strict=True)
    ]


def lines_of(names, place):
    texts = [(name, case[place]) for name, case in zip(names, CASES, strict=True)]
    return [line.replace("S1", name) for name, text in texts for line in text.splitlines()]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_what_decides(decided, number):
    assert rows(decided[number], "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC") == [CASES[number][3]]


def test_an_outcome_before_the_origin_is_not_an_event(tmp_path):
    found = adtte(tmp_path, TFS, "S1 | transplant | 2024-12-31", "S1 | 2025-01-05 | alive")
    assert rows(found, "AVAL", "CNSR") == [(4, 1)]


def test_each_row_cites_the_record_that_decided(tmp_path):
    event = adtte(tmp_path, OS, "S1 | transplant | 2025-01-11\nS1 | death | 2025-01-31")
    assert rows(event, "SRCDOM", "SRCVAR", "SRCSEQ") == [("outcomes", "date", 3)]
    censored = adtte(tmp_path, OS, "", "S1 | 2025-03-26 | alive")
    assert rows(censored, "SRCDOM", "SRCVAR", "SRCSEQ") == [("vital_status", "date", 2)]


def test_a_last_visit_before_a_fixed_day_does_not_hide_a_later_call(tmp_path):
    found = adtte(tmp_path, OS, "S1 | last contact | 2025-03-24", "S1 | 2025-03-27 | alive")
    assert rows(found, "AVAL") == [(85,)]


def test_an_unknown_outcome_in_the_study_file_is_refused(tmp_path):
    with pytest.raises(DeriveError, match=r"times_to_event\[T\].events: 'deth' is not an outcome"):
        adtte(tmp_path, parameter(events='["deth"]'))


FACTS_6 = [(3, "death"), (5, "death"), (5, "transplant"), (8, ""), (12, "transplant"), (14, "death"), (14, "death"),
           (20, "transplant"), (28, ""), (28, "")]  # fmt: skip


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    """Times 3,5,5,8,12,14,14,20,28,28; death, death, LT, censored, LT, death, death, LT, censored, censored."""
    names = [f"S{number:02}" for number in range(10)]
    day = {name: f"2025-01-{1 + time:02}" for name, (time, _) in zip(names, FACTS_6, strict=True)}
    happened = [f"{name} | {what} | {day[name]}" for name, (_, what) in zip(names, FACTS_6, strict=True) if what]
    alive = [f"{name} | {day[name]} | alive" for name, (_, what) in zip(names, FACTS_6, strict=True) if not what]
    codes = {"DTH": DEATH_CIF, "LT": LT_CIF, "TFS": TFS, "DTHCENS": DEATH_CENSORED, "OS": OS}
    times = "".join(text.replace('"T"', f'"{code}"') for code, text in codes.items())
    found = derive(
        make_study(tmp_path_factory.mktemp("study"), times=times),
        subjects="\n".join(["subject_id", *names]),
        treatments="\n".join(["subject_id | start_date", *(f"{name} | 2025-01-01" for name in names)]),
        outcomes="\n".join(["subject_id | outcome | date", *happened]),
        vital_status="\n".join(["subject_id | date | status", *alive]),
    ).datasets["ADTTE"]
    return {code: frame for code, frame in found.groupby("PARAMCD")}


@pytest.mark.reference
def test_the_ten_patients_of_the_competing_risk_example(ten):
    times = [time for time, _ in FACTS_6]
    assert rows(ten["DTH"], "AVAL", "CNSR") == list(zip(times, [0, 0, 2, 1, 2, 0, 0, 2, 1, 1], strict=True))
    assert rows(ten["LT"], "AVAL", "CNSR") == list(zip(times, [2, 2, 0, 1, 0, 2, 2, 0, 1, 1], strict=True))
    assert rows(ten["TFS"], "AVAL", "CNSR") == list(zip(times, [0, 0, 0, 1, 0, 0, 0, 0, 1, 1], strict=True))
    assert rows(ten["DTHCENS"], "AVAL", "CNSR") == list(zip(times, [0, 0, 1, 1, 1, 0, 0, 1, 1, 1], strict=True))


DAYS_6 = (3, 5, 12, 14, 20)


@pytest.mark.reference
def test_the_ten_patients_give_the_four_curves(ten):
    """Facts, section 6: Aalen-Johansen of death and of transplant, transplant-free survival, and 1 - KM of death."""

    def incidence(code):
        status = ten[code]["CNSR"].map({0: 1, 1: 0, 2: 2}).to_numpy()
        found = estimate_cumulative_incidence(ten[code]["AVAL"].to_numpy(), status, cause=1, at=DAYS_6)
        return found.at["incidence"].tolist()

    def survival(code):
        frame = ten[code]
        found = estimate_survival(frame["AVAL"].to_numpy(), (frame["CNSR"] == 0).to_numpy(), at=DAYS_6)
        return found.at["survival"].tolist()

    assert incidence("DTH") == pytest.approx([0.1, 0.2, 0.2, 0.433333, 0.433333], abs=5e-7)
    assert incidence("LT") == pytest.approx([0, 0.1, 0.216667, 0.216667, 0.333333], abs=5e-7)
    assert survival("TFS") == pytest.approx([0.9, 0.7, 0.583333, 0.35, 0.233333], abs=5e-7)
    assert [1 - value for value in survival("DTHCENS")] == pytest.approx([0.1, 0.2, 0.2, 0.52, 0.52], abs=5e-7)


SPECIAL = """
[safety]
on_therapy_lag_days = 0
grading = "CTCAE v5.0"
special_interest = [{ code = "DECOMP", label = "Decompensation", terms = ["Ascites", "Hepatic encephalopathy"] }]
"""


def test_first_decompensation_with_death_and_transplant_competing(tmp_path):
    decompensation = parameter(events='["special interest DECOMP"]', competing='["death", "transplant"]')
    found = derive(
        make_study(tmp_path, times=decompensation.replace('"T"', '"OS"'), extra=SPECIAL),
        subjects="subject_id\nS1\nS2\nS3",
        treatments="subject_id | start_date\nS1 | 2025-01-01\nS2 | 2025-01-01\nS3 | 2025-01-01",
        adverse_events="""
subject_id | term            | preferred_term | start_date
S1         | belly full      | ASCITES        | 2025-01-15
S1         | belly full      | Ascites        | 2025-01-08
S2         | fever           | Pyrexia        | 2025-01-03
S3         | ascites         |                | 2025-01-21
""",
        outcomes="subject_id | outcome | date\nS2 | death | 2025-01-11\nS3 | transplant | 2025-01-11",
    ).datasets["ADTTE"]
    assert rows(found, "USUBJID", "AVAL", "CNSR", "EVNTDESC", "SRCDOM") == [
        ("S1", 7, 0, "special interest DECOMP", "adverse_events"),
        ("S2", 10, 2, "death", "outcomes"),
        ("S3", 10, 2, "transplant", "outcomes"),
    ]
