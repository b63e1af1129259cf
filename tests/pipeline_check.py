"""Replicates through exports, reading, derivation and analysis, beside the numbers that the arrays give."""

from datetime import timedelta

import numpy as np

from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.load import read_exports
from hepatrial.simulate import export_trial
from hepatrial.simulate.replicate import Replicate

STATS = ("estimate", "conf_low", "conf_high", "p_value")
KEYS = ("variable", "visit", "group", "comparator")


def derive_replicate(drawn, data_map, folder):
    """Analysis data of a replicate that went through the exports of the data map."""
    study = drawn.study
    first = data_map.exported_on - timedelta(days=study.time.study_end_day + 300)
    dates = {"first_date": first, "exported_on": data_map.exported_on}
    tables = export_trial(drawn.plan, drawn.trial, drawn.seen, **dates)
    for source in data_map.sources:
        path = folder / source.file
        path.parent.mkdir(parents=True, exist_ok=True)
        tables[source.table].rename(columns=source.columns)[list(source.columns.values())].to_csv(path, index=False)
    return derive_analysis_data(read_exports(data_map, folder, study), study)


def find_values(results, number):
    """Values by stat of the result rows that a number of a replicate belongs to."""
    is_tested = {"log-rank test"}  # variable is the parameter, which the replicate leaves out
    rows = results[(results["analysis_id"] == number["analysis_id"]) & (results["measure"] == number["measure"])]
    rows = rows[(rows["subgroup"] == "") & (rows["by_variable"] == "") & (rows["level"] != "curve")]
    for key in KEYS:
        if number[key] and number["measure"] not in is_tested:
            rows = rows[rows[key] == number[key]]
    if number["time_days"]:
        rows = rows[rows["time_days"] == number["time_days"]]
    values = rows.set_index("stat")["value"]
    assert values.index.is_unique, number
    return values


def compare_replicate(plan, data_map, number, folder):
    """Relative differences of every number of one replicate, by analysis, measure, visit and stat."""
    drawn = Replicate(plan.trial, number)
    data = derive_replicate(drawn, data_map, folder)
    analyses = tuple(item for item in plan.study.analyses if item.id in plan.analyses)
    results = analyse_study(plan.study.model_copy(update={"analyses": analyses}), data).frame
    found = {}
    for analysis in analyses:
        for own in drawn.measure(analysis):
            values = find_values(results, own)
            if own["status"] == "failed":  # replicates give no number, a report the one that it marks as failed
                continue
            for stat in (name for name in STATS if name in values.index):
                key = (analysis.id, own["measure"], own["variable"], own["visit"], own["time_days"], stat)
                one, other = own[stat], values[stat]
                is_same = one == other or (np.isnan(one) and np.isnan(other))  # infinite limits too
                difference = 0.0 if is_same else abs(one - other) / max(abs(other), 1e-12)
                found[key] = np.inf if np.isnan(difference) else difference
    return found
