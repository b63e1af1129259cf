"""Rows of the stopping rules at a data cut: six patients counted by hand, and the boundary of the facts file.

Window 28 days, cut 2025-02-25. Potential follow-up: S1 55, S2 48, S3 41, S4 34, S5 24, S6 5 days, so four count.
S1 died on day 5. S2 was transplanted on day 10 and lived. S3 had a related grade 3 event on day 3 and died on day 20.
S4 was last seen on day 26. S5 died on day 2. S6 was not seen again.
"""

from datetime import date

import pytest

from analysis_factory import value
from derive_study import derive, make_study
from hepatrial.analyse import analyse_study
from hepatrial.contracts import Findings
from hepatrial.errors import StudyError
from hepatrial.render import Table, cell_text, render_report
from hepatrial.study import read_study
from study_factory import MINIMAL, write_study

CUT = date(2025, 2, 25)
STARTS = {"S1": "01-01", "S2": "01-08", "S3": "01-15", "S4": "01-22", "S5": "02-01", "S6": "02-20"}
TABLES = {
    "subjects": "subject_id | consent_date | enrolment_date\n"
    + "\n".join(f"{name} | 2025-{day} | 2025-{day}" for name, day in STARTS.items()),
    "treatments": "subject_id | session | start_date | end_date | completed\n"
    + "\n".join(f"{name} | 1 | 2025-{day} | 2025-{day} | Y" for name, day in STARTS.items()),
    "outcomes": "subject_id | outcome | date\nS1 | death | 2025-01-06\nS2 | transplant | 2025-01-18\n"
    "S3 | death | 2025-02-04\nS5 | death | 2025-02-03",
    "vital_status": "subject_id | date | status\nS2 | 2025-02-17 | alive\nS4 | 2025-02-17 | alive",
    "adverse_events": "subject_id | term | start_date | grade | serious | related_device | related_procedure | "
    "related_cells\nS3 | a | 2025-01-18 | 3 | N | possible | not related | not related\n"
    "S4 | b | 2025-01-25 | 4 | N | not related | unlikely | not related\n"
    "S2 | c | 2025-01-09 | 2 | Y | related | not related | not related",
}
RULE = """
[[monitoring.stopping]]
id = "stop"
title = "Early death"
population = "FAS"
endpoint = "death"
transplant = "not an event"
window_days = 28
rule = "pocock"
p0 = 0.1
alpha = 0.05
counting = "patients past the window"
looks = [3, 6]
n_max = 6
probabilities = [0.3]
"""
TOXICITY = '\n[monitoring.stopping.toxicity]\nmin_grade = 3\nrelated = "any"\ndeath = "not an event"\n'


def results(folder, rule=RULE, **changes):
    tables = TABLES | changes
    study = make_study(folder, extra=rule)
    data = derive(study, cutoff=CUT, **tables)
    return study, data, analyse_study(study, data)


def counts(frame):
    rows = frame[frame["measure"] == "stopping rule"]
    keys = [("n", "evaluable"), ("n_events", "evaluable"), ("n_unknown", "evaluable"), ("n", "not yet evaluable"),
            ("n_events", "not yet evaluable")]  # fmt: skip
    return [int(value(rows, stat, variable=variable)) for stat, variable in keys]


def verdict(frame):
    return frame[frame["variable"] == "verdict"].iloc[0]


def test_deaths_among_patients_past_the_window_and_the_others_apart(tmp_path):
    frame = results(tmp_path)[2].frame
    assert counts(frame) == [4, 2, 0, 2, 1]
    path = frame[frame["variable"] == "path"]
    assert [int(value(path, "n_events", level=str(n))) for n in range(1, 5)] == [1, 1, 2, 2]
    assert (verdict(frame)["level"], verdict(frame)["value"]) == ("boundary reached", 2)
    assert verdict(frame)["message"] == "2 events among the first 3 patients; the rule stops at 2"


def test_a_transplant_counts_where_declared(tmp_path):
    frame = results(tmp_path, RULE.replace('transplant = "not an event"', 'transplant = "event"'))[2].frame
    assert counts(frame) == [4, 3, 0, 2, 1]


def test_toxicity_is_the_event_that_meets_every_criterion(tmp_path):
    """S4's is not related, S2's of grade 2; S1 died without one, which is known, not unknown."""
    rule = RULE.replace('endpoint = "death"', 'endpoint = "toxicity"') + TOXICITY
    frame = results(tmp_path, rule)[2].frame
    assert counts(frame) == [4, 1, 0, 2, 0]
    assert verdict(frame)["level"] == "continue"
    with_death = rule.replace('death = "not an event"\n', 'death = "event"\n')
    assert counts(results(tmp_path, with_death)[2].frame) == [4, 2, 0, 2, 1]
    serious = rule.replace("min_grade = 3", "serious = true")
    assert counts(results(tmp_path, serious)[2].frame) == [4, 1, 0, 2, 0]


def test_the_path_ends_where_status_is_unknown_and_it_matters(tmp_path):
    """S4 seen on day 24 only, four days before the end of the window with three tolerated."""
    seen = TABLES["vital_status"].replace("S4 | 2025-02-17", "S4 | 2025-02-15")
    assert counts(results(tmp_path, vital_status=seen)[2].frame) == [4, 2, 1, 2, 1]
    lost = {"vital_status": seen, "outcomes": TABLES["outcomes"].replace("S1 | death | 2025-01-06\n", "")}
    decides = RULE.replace("looks = [3, 6]\nn_max = 6", "looks = [4]\nn_max = 4")
    frame = results(tmp_path, decides, **lost)[2].frame
    row = verdict(frame)
    assert (row["level"], row["status"]) == ("not evaluable", "not_estimable")
    assert "of the first 4 patients have an unknown outcome at 28 days" in row["message"]


def test_total_follow_up_counts_everybody_from_the_first_day(tmp_path):
    """5 + 28 + 20 + 28 (S4 counts as followed) + 2 + 0 days; the deaths came on 6 January, 3 and 4 February.

    On 3 February S1 had 5 days, S2 26, S3 19, S4 12, S5 2.
    """
    rule = RULE.replace(
        'counting = "patients past the window"\nlooks = [3, 6]', 'counting = "follow-up"\nlooks = "continuous"'
    )
    frame = results(tmp_path, rule)[2].frame
    assert value(frame, "exposure", variable="entered") == 5 + 28 + 20 + 28 + 2
    path = frame[frame["variable"] == "path"]
    assert [value(path, "exposure", level=level) for level in "123"] == [5, 64, 5 + 27 + 20 + 13 + 2]


@pytest.mark.reference
def test_boundary_and_characteristics_of_stoppingrule(tmp_path):
    """stoppingrule 0.5.2: Pocock at 3, 6, 10 patients, p0 0.2, alpha 0.05."""
    text = RULE.replace("p0 = 0.1", "p0 = 0.2").replace("[3, 6]", "[3, 6, 10]").replace("n_max = 6", "n_max = 10")
    frame = results(tmp_path, text.replace("[0.3]", "[0.4, 0.6]"))[2].frame
    assert [value(frame, "stop_at", level=n) for n in ("3", "6", "10")] == [3, 4, 5]
    found = [value(frame, "stop_probability", level=p) for p in ("0.2", "0.4", "0.6")]
    assert found == pytest.approx([0.042440, 0.391382, 0.844201], abs=1e-6)


def texts(rendered, template):
    return [
        [row.label, *map(cell_text, row.cells)]
        for item in rendered.outputs
        if isinstance(item, Table) and item.template == template
        for row in item.rows
    ]


def test_the_report_shows_verdict_boundary_and_figure(tmp_path):
    rendered = render_report(*results(tmp_path), Findings.from_rows([]))
    assert texts(rendered, "stopping_verdicts") == [["Early death", "Boundary reached", "4", "2", "0", "2", "1"]]
    assert texts(rendered, "stopping_boundary") == [["3", "2", "2", "0"], ["6", "3", "–", "–"]]
    shown = texts(rendered, "stopping_characteristics")
    assert [row[0] for row in shown] == ["0.1 (p0)", "0.3"]
    figure = next(item for item in rendered.outputs if item.number == "11.4.2")
    assert "Verdict: boundary reached. 2 events among the first 3 patients; the rule stops at 2." in figure.alt


def test_without_a_declared_rule_there_is_no_verdict(tmp_path):
    study, data, found = results(tmp_path, "")
    assert not set(found.frame["measure"]) & {"stopping rule", "stopping boundary", "operating characteristics"}
    rendered = render_report(study, data, found, Findings.from_rows([]))
    assert texts(rendered, "no_stopping_rule") == [["No stopping rule declared", ""]]
    assert not any("erdict at" in item.title for item in rendered.outputs)


def test_a_final_report_has_no_monitoring(tmp_path):
    study = make_study(tmp_path, extra=RULE)
    data = derive(study, **TABLES)
    rendered = render_report(study, data, analyse_study(study, data), Findings.from_rows([]))
    assert [item.number for item in rendered.outputs] == ["14.2.1"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("looks = [3, 6]", "looks = [6, 3]", "must be rising numbers"),
        ("n_max = 6", "n_max = 7", "the last look 6 is not n_max (7)"),
        ('rule = "pocock"', 'rule = "beta-binomial"', "needs prior = [a, b]"),
        ("p0 = 0.1", "p0 = 0.1\nprior = [1.0, 1.0]", "only rule = 'beta-binomial' has one"),
        ('endpoint = "death"', 'endpoint = "toxicity"', "endpoint = 'toxicity' needs this table"),
        ('population = "FAS"', 'population = "XYZ"', "'XYZ' is not a population"),
        ('id = "stop"', 'id = "os_km"', "another rule or analysis has this id"),
        ("alpha = 0.05\n", "", "alpha: is missing"),
        ("p0 = 0.1\n", "", "p0: is missing"),
        ('counting = "patients past the window"', 'counting = "follow-up"', "looks at every event"),
    ],
)
def test_faults_of_a_rule_are_named(tmp_path, old, new, fault):
    assert old in RULE
    path = write_study(tmp_path, MINIMAL + RULE.replace(old, new))

    with pytest.raises(StudyError) as caught:
        read_study(path)
    assert any(fault in text for text in caught.value.faults), caught.value.faults


def test_arms_criteria_and_numbers_of_outputs_are_checked(tmp_path):

    two = 'kind = "parallel"\nmasking = "open"\nreference_arm = "MSC"'
    text = MINIMAL.replace('kind = "single arm"\nmasking = "open"', two).replace(
        'number = "14.2.1"', 'number = "11.4.1"'
    )
    rule = RULE.replace('endpoint = "death"', 'endpoint = "toxicity"') + (
        '[monitoring.stopping.toxicity]\nspecial_interest = ["X"]\ndeath = "event"\n'
    )
    with pytest.raises(StudyError) as caught:
        read_study(write_study(tmp_path, text + rule))
    faults = "\n".join(caught.value.faults)
    assert "stopping rules are for a single-arm study" in faults
    assert "'X' is not a code of safety.special_interest" in faults
    assert "outputs (11.4.1): numbers 11.4 are those of the interim report" in faults
