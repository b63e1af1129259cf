"""Comparison rows of the survival and incidence tables, and the quality table's methods without a second engine."""

from hepatrial.render.tables import build_incidence, build_quality_control, build_survival
from mayo_factory import EXPECTED, make_trial
from table_texts import context_of, texts

DAYS = 'parameter = "OS"\ndays = [1826]\nconf_type = "log-log"\nconf_level = 0.95\n'
KEYS = (
    'test = "stratified log-rank", strata = "STRATUM", hazard_ratio = true, ties = "efron", '
    'covariates = ["AGE", "SEX"], proportional_hazards = true, fixed_days = "cloglog", number_needed_to_treat = true, '
    "restricted_mean_day = 1826"
)


def test_every_comparison_has_its_row(tmp_path):
    study, data = make_trial(tmp_path, "survival", f"{DAYS}comparison = {{ {KEYS} }}")
    table = build_survival(context_of(study, data, "table", "survival", "first"))
    shown = texts(table)
    assert shown["Stratified log-rank test, p-value"][3] == f"{EXPECTED['stratified log-rank p_value']:.4f}"
    assert shown["Adjusted hazard ratio"][3:5] == ["1.02", "0.71 to 1.47"]
    labels = [row.label for row in table.rows]
    place = labels.index("Cells compared with Placebo")
    assert labels[place + 1 :] == [
        "Stratified log-rank test, p-value",
        "Adjusted hazard ratio",
        "Proportional hazards, p-value",
        "Difference at day 1826 (percentage points)",
        "p-value",
        "Number needed to treat, day 1826",
        "Difference of restricted mean time to day 1826 (days)",
        "p-value",
        "Ratio of restricted mean times to day 1826",
        "p-value",
    ]


def test_hazard_ratios_stand_under_their_cause(tmp_path):
    more = DAYS + 'comparison = "gray"\nmodels = { cause_specific = true, fine_gray = true, ties = "efron" }'
    study, data = make_trial(tmp_path, "cumulative incidence", more, event=1)
    shown = texts(build_incidence(context_of(study, data, "table", "incidence", "first")))
    assert shown["Cause-specific hazard ratio"][3:] == [
        "", "1.07", "0.43 to 2.62", "", "1.06", "0.75 to 1.50",
    ]  # fmt: skip
    assert shown["Subdistribution hazard ratio (Fine–Gray)"][4] == "1.07"


def test_the_quality_table_names_what_has_no_second_engine(tmp_path):
    study, data = make_trial(tmp_path, "survival", f"{DAYS}comparison = {{ {KEYS} }}")
    shown = texts(build_quality_control(context_of(study, data, "table", "quality_control", "first")))
    assert shown["Proportional hazards test: score test of proportional hazards, Kaplan–Meier time"] == [
        "", "", "", "", "", "", "reference values",
    ]  # fmt: skip
    assert not [label for label in shown if label.startswith("Hazard ratio: Cox") and shown[label][-1]]
    assert shown["Overall survival"][-1] == "agrees"


def test_the_quality_table_shows_the_arms_side_by_side_in_the_studys_order(tmp_path):
    study, data = make_trial(tmp_path, "survival", f"{DAYS}comparison = {{ {KEYS} }}")
    table = build_quality_control(context_of(study, data, "table", "quality_control", "first"))
    assert [column.heading[0].text for column in table.columns] == [
        *(arm.label for arm in study.design.arms), "Model or comparison", "Agreement",
    ]  # fmt: skip
    day = next(row for row in table.rows if row.label.startswith("Day "))
    results = [part.result_id for cell in day.cells for part in cell if part.result_id]
    assert len(results) == len(set(results)) == 4
