"""Contradictions of the models of repeated measures are faults of the study file, with what to write instead."""

import pytest

from hepatrial.errors import StudyError
from hepatrial.study import read_study
from study_factory import MINIMAL, write_study

MMRM = """
[[analyses]]
id = "model"
method = "mmrm"
title = "Model"
population = "FAS"
by_arm = true
parameters = ["BILI"]
visits = ["D28", "D56"]
death_strategy = "hypothetical"
response = "value"
fixed = ["BASE", ["TRT01P", "AVISIT"]]
covariance = "us"
df = "kenward-roger-linear"
margins = "equal"
comparison = "reference"
conf_level = 0.95
[[outputs]]"""
VISIT = """[[visits]]
code = "D56"
label = "Day 56"
day = 56
window = [40, 70]
[[visits]]
code = "D28\""""
TEXT = (
    MINIMAL.replace("[[outputs]]", MMRM)
    .replace('kind = "single arm"', 'kind = "parallel"\nreference_arm = "SOC"')
    .replace('label = "MSC" }]', 'label = "MSC" }, { code = "SOC", label = "SOC" }]')
    .replace('[[visits]]\ncode = "D28"', VISIT)
)


def faults_of(folder, old, new):
    assert old in TEXT
    with pytest.raises(StudyError) as caught:
        read_study(write_study(folder, TEXT.replace(old, new)))
    return caught.value.faults


def test_a_right_model_is_read(tmp_path):
    study = read_study(write_study(tmp_path, TEXT))
    assert study.analysis("model").fixed == ("BASE", ("TRT01P", "AVISIT"))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '"hypothetical"',
            '"while-alive"',
            "method 'mmrm' cannot be while-alive; methods 'by visit' and 'gee' are while-alive",
        ),
        ('["BASE", ["TRT01P"', '["ARM", ["TRT01P"', "fixed: 'ARM' is not a column of the model"),
        ('["BASE", ["TRT01P"', '["exp(BASE)", ["TRT01P"', "'exp(BASE)' is not a column of the model"),
        ('["TRT01P", "AVISIT"]', '"AVISIT"', "fixed: TRT01P must be among the columns with by_arm"),
        ('["TRT01P", "AVISIT"]', '"TRT01P"', "fixed: AVISIT must be among the columns"),
        ('["D28", "D56"]', '["BL", "D28"]', "the baseline is an outcome; leave BASE or 'BL' out"),
        ("margins =", "constrained_baseline = true\nmargins =", "constrained_baseline: needs by_arm = true"),
        ("margins =", 'sandwich = "CR2"\nmargins =', "sandwich: not with Kenward-Roger"),
        ("margins =", 'fallback = ["cs", "us"]\nmargins =', "fallback: 'us' is tried twice"),
        ("margins =", 'covariance_group = "AVISIT"\nmargins =', "covariance_group: 'AVISIT' is not constant"),
        ("by_arm = true\nparameters", "parameters", "comparison, models and total need by_arm = true"),
    ],
)
def test_a_contradiction_is_a_fault(tmp_path, old, new, fault):
    assert any(fault in text for text in faults_of(tmp_path, old, new))
