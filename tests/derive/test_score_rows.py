"""Scores as rows: inputs of one visit, reasons where one is missing, provenance."""

import pytest

from derive_study import derive, make_study, rows
from hepatrial.errors import DeriveError

MELD = '[[scores]]\ncode = "MELD"\nlabel = "MELD"\nscore = "meld"\ndecimals = 0\n'
COSSH = '[[scores]]\ncode = "COSSH"\nlabel = "COSSH-ACLF"\nscore = "cossh"\ndecimals = 2\n'
TABLES = {
    "subjects": "subject_id | age | sex\nS1 | 45 | M",
    "treatments": "subject_id | start_date | start_time\nS1 | 2025-01-10 | 09:00",
    "labs": """
subject_id | date       | time  | parameter | result
S1         | 2025-01-10 | 08:00 | BILI      | 54
S1         | 2025-01-10 | 08:00 | INR       | 2.0
S1         | 2025-01-10 | 07:00 | CREAT     | 170
S1         | 2025-02-07 | 08:00 | BILI      | 22
S1         | 2025-02-06 | 08:00 | INR       | 1.4
S1         | 2025-02-07 | 08:00 | CREAT     | 120
S1         | 2025-01-11 | 08:00 | BILI      | 50
S1         | 2025-01-17 | 08:00 | IL6       | 50
""",
}


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    study = make_study(tmp_path_factory.mktemp("study"), scores=MELD)
    found = derive(study, **TABLES).datasets["ADLB"]
    return found[found["PARAMCD"] == "MELD"]


@pytest.mark.reference
def test_meld_by_visit(scores):
    # facts 1.1: 24.798 and 14.07569 before rounding; a visit with bilirubin alone has the reason, no score;
    # a visit with none of the inputs (day 7) has no row
    assert rows(scores, "AVISIT", "AVAL", "BASE", "CHG", "ABLFL", "ANL01FL", "REASND") == [
        ("BL", 25, 25, None, "Y", "Y", None),
        ("D1", None, 25, None, "N", "N", "missing creatinine, INR"),
        ("D28", 14, 25, -11, "N", "Y", None),
    ]


def test_a_score_is_dated_by_its_latest_input_and_cites_all(scores):
    assert rows(scores, "ADT", "AFUDY", "DTYPE", "PARCAT1") == [
        ("2025-01-10", 0, "SCORE", "SCORE"),
        ("2025-01-11", 1, "SCORE", "SCORE"),
        ("2025-02-07", 28, "SCORE", "SCORE"),
    ]
    assert [len(text.split(";")) for text in scores["SRCID"]] == [3, 1, 3]


def test_inputs_come_from_the_record_that_stands_for_the_visit(tmp_path):
    labs = TABLES["labs"] + "S1 | 2025-02-08 | 08:00 | BILI | 900\n"
    found = derive(make_study(tmp_path, scores=MELD), **{**TABLES, "labs": labs}).datasets["ADLB"]
    assert found.loc[(found["PARAMCD"] == "MELD") & (found["AVISIT"] == "D28"), "AVAL"].tolist() == [14]


def test_a_provisional_score_says_so_and_an_unmeasured_organ_leaves_it_missing(tmp_path):
    found = derive(make_study(tmp_path, scores=COSSH), **TABLES).datasets["ADLB"]
    scores = found[found["PARAMCD"] == "COSSH"]
    assert set(scores["PROVFL"]) == {"Y"}
    assert scores["AVAL"].isna().all()
    assert scores["REASND"].str.contains("HBV SOFA").all()


def test_units_are_those_of_the_formula(tmp_path):
    parameters = """
[[parameters]]
code = "BILI"
label = "Bilirubin"
group = "LABORATORY"
unit = "mg/dL"
decimals = 1
scale = "log"
[[parameters]]
code = "ALB"
label = "Albumin"
group = "LABORATORY"
unit = "g/dL"
decimals = 1
scale = "linear"
"""
    albi = '[[scores]]\ncode = "ALBI"\nlabel = "ALBI"\nscore = "albi"\ndecimals = 2\n'
    labs = "subject_id | date | parameter | result\nS1 | 2025-01-09 | BILI | 10\nS1 | 2025-01-09 | ALB | 2.8"
    found = derive(make_study(tmp_path, parameters=parameters, scores=albi), **{**TABLES, "labs": labs}).datasets[
        "ADLB"
    ]
    # facts 1.6: 171 umol/L and 28 g/L give -0.906223
    assert found.loc[found["PARAMCD"] == "ALBI", "AVAL"].tolist() == [pytest.approx(-0.906223, abs=5e-7)]


def test_a_score_after_transplant_is_flagged(tmp_path):
    outcomes = "subject_id | outcome | date\nS1 | transplant | 2025-02-07"
    found = derive(make_study(tmp_path, scores=MELD), **TABLES, outcomes=outcomes).datasets["ADLB"]
    assert rows(found[found["PARAMCD"] == "MELD"], "AVISIT", "AFTLTFL") == [("BL", "N"), ("D1", "N"), ("D28", "Y")]


def test_an_unknown_score_is_refused(tmp_path):
    with pytest.raises(DeriveError, match=r"scores\[MELD\].score: 'melt' is unknown; known are MELD"):
        derive(make_study(tmp_path, scores=MELD.replace('"meld"', '"melt"')), **TABLES)


ELIGIBLE = '[[eligibility]]\nid = "I1"\nkind = "inclusion"\ntext = "x"\n'


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"extra": ELIGIBLE + 'criterion = { parameter = "COSSH", op = "<", value = 7.4 }\n'}, r"eligibility\[I1\]"),
        ({'variable = "OS"': 'variable = "COSSH"'}, r"endpoints\[os\]"),
    ],
)
def test_a_provisional_score_may_decide_nothing(tmp_path, options, where):
    study = make_study(tmp_path, scores=COSSH, **options)
    with pytest.raises(DeriveError, match=where + ": the score COSSH is provisional"):
        derive(study, **TABLES)


def test_the_sensitivity_dataset_leaves_out_samples_soon_after_a_session(tmp_path):
    rule = 'baseline = "last before origin"'
    study = make_study(tmp_path, scores=MELD, **{rule: rule + "\nsensitivity_hours_after_session = 24.0"})
    tables = {
        **TABLES,
        "treatments": """
subject_id | start_date | start_time | end_date   | end_time
S1         | 2025-01-10 | 09:00      | 2025-01-10 | 15:00
S1         | 2025-02-07 | 01:00      | 2025-02-07 | 07:00
""",
        "labs": TABLES["labs"] + "S1 | 2025-02-05 | 08:00 | BILI | 30\n",
    }
    found = derive(study, **tables).datasets
    chosen = [
        found[name].query("PARAMCD == 'BILI' and ANL01FL == 'Y'")[["AVISIT", "AVAL"]].values.tolist()
        for name in ("ADLB", "ADLBSENS")
    ]
    # day 1 at 08:00 is 17 hours after the first session, day 28 at 08:00 one hour after the second
    assert chosen == [[["BL", 54], ["D1", 50], ["D28", 22]], [["BL", 54], ["D28", 30]]]
    scores = found["ADLBSENS"].query("PARAMCD == 'MELD' and AVISIT == 'D28'")
    assert rows(scores, "REASND") == [("missing creatinine",)]
