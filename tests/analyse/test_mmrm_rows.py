"""An mmrm of the study file: its rows by hand, on both scales, its fallback, and its second path."""

import numpy as np
import pytest
from scipy import stats

from analysis_factory import make_data, study_with, value
from hepatrial.analyse import analyse_study

ANALYSIS = """
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
fixed = [["TRT01P", "AVISIT"]]
covariance = "us"
df = "kenward-roger-linear"
margins = "equal"
comparison = "reference"
conf_level = 0.95
"""
VISITS = """[[visits]]
code = "D56"
label = "Day 56"
day = 56
window = [40, 70]
[[visits]]
code = "D28\""""
PARALLEL = {
    'kind = "single arm"': 'kind = "parallel"\nreference_arm = "SOC"\n',
    'label = "MSC" }]': 'label = "MSC" }, { code = "SOC", label = "SOC" }]',
    '[[visits]]\ncode = "D28"': VISITS,
    'variable = "OS"': 'variable = "BILI"',
}
LINEAR = {'scale = "log"': 'scale = "linear"'}
N = 8
BASE = np.array([100.0, 130, 90, 150, 200, 110, 170, 140, 120, 95, 160, 180, 105, 135, 145, 115])
D28 = np.array([80.0, 90, 70, 120, 150, 95, 120, 130, 118, 90, 150, 190, 95, 140, 130, 120])
D56 = np.array([60.0, 75, 66, 80, 120, 70, 100, 95, 110, 85, 155, 170, 90, 125, 120, 100])
ARM = ["MSC"] * N + ["SOC"] * N


def run(folder, analysis=ANALYSIS, *, replacements=None, dropped=(), carried=()):
    """Results of the analysis; ``dropped`` are (patient, visit) without a value, ``carried`` with one of LOCF."""
    study = study_with(folder, analysis, **(PARALLEL | (replacements or {})))
    ids = [f"P{k:02d}" for k in range(2 * N)]
    records = [
        (subject, visit, values[k], BASE[k])
        for visit, values in (("BL", BASE), ("D28", D28), ("D56", D56))
        for k, subject in enumerate(ids)
        if (k, visit) not in dropped
    ]
    dtype = ["LOCF" if (int(subject[1:]), visit) in carried else "" for subject, visit, _, _ in records]
    subject, visit, aval, base = (list(column) for column in zip(*records, strict=True))
    adlb = {
        "USUBJID": subject, "PARAMCD": ["BILI"] * len(subject), "AVAL": aval, "BASE": base, "AVISIT": visit,
        "ABLFL": ["Y" if name == "BL" else "N" for name in visit], "ANL01FL": ["Y"] * len(subject),
        "DTYPE": dtype, "SRCID": [f"r{k}" for k in range(len(subject))],
    }  # fmt: skip
    return analyse_study(study, make_data(ADSL={"USUBJID": ids, "TRT01P": ARM}, ADLB=adlb)).frame


MEAN = {"measure": "least squares mean", "group": "MSC", "visit": "D56"}
DIFFERENCE = {"measure": "least squares mean difference", "group": "MSC", "comparator": "SOC", "visit": "D56"}


def test_complete_data_give_the_two_sample_t_test_at_each_visit(tmp_path):
    frame = run(tmp_path, replacements=LINEAR)
    reference = stats.ttest_ind(D56[:N], D56[N:])
    assert value(frame, "estimate", **DIFFERENCE) == pytest.approx(D56[:N].mean() - D56[N:].mean(), rel=1e-9)
    assert value(frame, "p_value", **DIFFERENCE) == pytest.approx(reference.pvalue, rel=1e-6)
    assert value(frame, "df", **DIFFERENCE) == pytest.approx(2 * N - 2, rel=1e-6)
    assert value(frame, "n", **MEAN) == N


def test_the_log_scale_gives_geometric_means_and_their_ratio(tmp_path):
    frame = run(tmp_path)
    logs = np.log(D56)
    keys = MEAN | {"level": "geometric mean"}
    assert value(frame, "estimate", **keys) == pytest.approx(np.exp(logs[:N].mean()), rel=1e-9)
    ratio = stats.ttest_ind(logs[:N], logs[N:]).confidence_interval(0.95)
    assert value(frame, "conf_high", level="ratio", **DIFFERENCE) == pytest.approx(np.exp(ratio.high), rel=1e-6)


def test_the_change_is_the_log_ratio_and_the_baseline_a_covariate(tmp_path):
    text = ANALYSIS.replace('"value"', '"change"').replace('[["TRT01P", "AVISIT"]]', '["BASE", ["TRT01P", "AVISIT"]]')
    frame = run(tmp_path, text.replace('["D28", "D56"]', '["D56"]'))
    change, arm = np.log(D56 / BASE), np.repeat([1.0, 0.0], N)
    x = np.column_stack([np.ones(2 * N), arm, np.log(BASE)])
    ancova = np.linalg.lstsq(x, change, rcond=None)[0]
    assert value(frame, "estimate", level="ratio", **DIFFERENCE) == pytest.approx(np.exp(ancova[1]), rel=1e-9)
    assert set(frame[frame["measure"] == "least squares mean"]["level"]) == {"ratio to baseline"}


def test_every_number_has_its_second_path_and_they_agree(tmp_path):
    frame = run(tmp_path, dropped=[(1, "D56"), (9, "D56"), (12, "D28")])
    checks = frame[frame["measure"] == "quality control"]
    assert len(checks) == 1 + 4 + 2  # the log-likelihood, four means, two differences
    assert set(frame.loc[frame["checked_by"] == "engine", "status"]) == {"note"}
    assert frame["message"].str.startswith("as if nobody had died").any()


def test_the_covariance_is_the_sample_covariance_of_complete_data(tmp_path):
    frame = run(tmp_path, replacements=LINEAR)
    residuals = np.stack([np.r_[v[:N] - v[:N].mean(), v[N:] - v[N:].mean()] for v in (D28, D56)])
    sigma = residuals @ residuals.T / (2 * N - 2)
    keys = {"measure": "covariance", "visit": "D56", "by_level": "D28", "level": "all"}
    assert value(frame, "estimate", **keys) == pytest.approx(sigma[0, 1], rel=1e-5)
    correlation = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
    assert value(frame, "estimate", **keys | {"measure": "correlation"}) == pytest.approx(correlation, rel=1e-5)


SPARSE = [(k, "D56") for k in range(2 * N) if k not in (0, 8)]


def test_a_refused_structure_gives_no_number_and_says_why(tmp_path):
    frame = run(tmp_path, dropped=SPARSE)
    means = frame[frame["measure"] == "least squares mean"]
    assert means["value"].isna().all()
    assert means["message"].str.contains("fewer than 3 subjects at D56").all()
    differences = frame[frame["measure"] == "least squares mean difference"]
    assert set(zip(differences["group"], differences["comparator"], differences["visit"], strict=True)) == {
        ("MSC", "SOC", "D28"), ("MSC", "SOC", "D56")
    }  # fmt: skip
    assert set(differences["stat"]) >= {"estimate", "p_value"}
    assert differences["message"].str.contains("fewer than 3 subjects at D56").all()
    assert set(differences["status"]) == set(means["status"])


def test_a_declared_fallback_is_used_and_every_attempt_reported(tmp_path):
    text = ANALYSIS.replace("df =", 'fallback = ["cs"]\ndf =').replace('[["TRT01P", "AVISIT"]]', '["TRT01P", "AVISIT"]')
    frame = run(tmp_path, text, dropped=SPARSE)
    tried = frame[(frame["measure"] == "model fit") & (frame["stat"] == "log_likelihood")].set_index("level")
    assert list(tried.loc[["us", "cs"], "status"]) == ["not_estimable", "note"]
    assert "refused" in tried.loc["us", "message"]
    assert np.isfinite(value(frame, "estimate", **MEAN))


def test_a_constrained_baseline_has_one_mean_for_both_arms(tmp_path):
    text = ANALYSIS.replace("covariance =", "constrained_baseline = true\ncovariance =", 1)
    text = text.replace('visits = ["D28"', 'visits = ["BL", "D28"')
    frame = run(tmp_path, text, replacements=LINEAR)
    keys = {"measure": "least squares mean", "visit": "BL"}
    assert value(frame, "estimate", group="MSC", **keys) == pytest.approx(BASE.mean(), rel=1e-9)
    assert value(frame, "estimate", group="SOC", **keys) == pytest.approx(BASE.mean(), rel=1e-9)
    assert set(frame[frame["measure"] == "least squares mean difference"]["visit"]) == {"D28", "D56"}


def test_a_value_carried_forward_never_enters(tmp_path):
    frame = run(tmp_path, replacements=LINEAR, carried=[(0, "D56")])
    assert value(frame, "n", **MEAN) == N - 1


def test_a_single_arm_has_means_and_no_p_value(tmp_path):
    text = ANALYSIS.replace("by_arm = true\n", "").replace('comparison = "reference"\n', "")
    frame = run(tmp_path, text.replace('[["TRT01P", "AVISIT"]]', '["AVISIT"]'))
    own = frame[frame["measure"].str.startswith("least squares")]
    assert set(own["group"]) == {"all"}
    assert "p_value" not in set(own["stat"])
