"""Every denominator of a report comes from the ledger: N of headers, totals, per cents, numbers at risk."""

import re
from pathlib import Path

import pytest

from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.render import Table, iter_parts, render_report
from hepatrial.run import run_check

ROOT = Path(__file__).parents[2]
STUDIES = {
    "example": ("data_templates/nct06904755/study.toml", "data_templates/nct06904755"),
    "mayo-pbc": ("data_templates/mayo-pbc/study.toml", "tests/reference/mayo_pbc"),
}


@pytest.fixture(scope="module", params=STUDIES)
def made(request):
    study_path, data_path = (ROOT / path for path in STUDIES[request.param])
    checked = run_check(study_path, data_path)
    study = checked.inputs.study
    data = derive_analysis_data(checked.exports, study)
    return study, data, analyse_study(study, data), checked


def kept(data, part):
    """Subjects whom the ledger keeps through every step of a part."""
    steps = data.ledger.frame[data.ledger.frame["population"] == part]
    return set(steps.groupby("subject_id")["kept"].all().loc[lambda all_kept: all_kept].index)


def members(study, data, population, group):
    """Subjects of a group by the ledger: an arm as planned, or all."""
    inside = kept(data, population)
    if group in ("all", ""):
        return inside
    arm = data.datasets["ADSL"].set_index("USUBJID")["TRT01P"]
    return {subject for subject in inside if arm[subject] == group}


def test_every_subject_is_in_every_part_of_the_ledger_and_the_flags_follow_it(made):
    study, data, _, _ = made
    adsl = data.datasets["ADSL"]
    for population in study.populations:
        steps = data.ledger.frame[data.ledger.frame["population"] == population.code]
        assert set(steps["subject_id"]) == set(adsl["USUBJID"])
        assert kept(data, population.code) == set(adsl.loc[adsl[population.flag] == "Y", "USUBJID"])
        left = steps[~steps["kept"]]
        assert left["subject_id"].is_unique
        assert (left["reason"] != "").all()


def test_every_n_of_a_header_is_a_count_of_the_ledger(made):
    study, data, results, _ = made
    rows = results.frame
    headers = rows[(rows["measure"] == "patients") & (rows["stat"] == "n_total") & (rows["variable"] == "N")]
    assert set(headers["analysis_id"]) == {analysis.id for analysis in study.analyses}
    for row in headers.itertuples(index=False):
        assert row.value == len(members(study, data, row.population, row.group)), row.analysis_id


def test_every_percentage_has_such_an_n_below_it(made):
    study, data, results, _ = made
    payload = {"stat", "value", "result_id", "endpoint", "unit", "method", "message", "checked_by", "status"}
    keys = [name for name in results.frame.columns if name not in payload]
    wide = results.frame[results.frame["measure"].isin(["patients", "adverse events", "baseline"])]
    pairs = wide[wide["stat"].isin(["n", "percent"])].set_index(keys).pivot(columns="stat", values="value").dropna()
    assert len(pairs)
    for key, n, percent in zip(pairs.index, pairs["n"], pairs["percent"], strict=True):
        row = dict(zip(keys, key, strict=True))
        total = len(members(study, data, row["population"], row["group"]))
        if row["measure"] == "baseline":
            assert row["n_used"] <= total
            total = row["n_used"]  # those with a value
        assert percent == pytest.approx(100 * n / total), row


def test_time_to_event_starts_with_those_who_reached_the_origin(made):
    study, data, results, _ = made
    reached = kept(data, "ORIGIN")
    planned = {item.id: item for item in study.analyses if item.method in ("survival", "cumulative incidence")}
    rows = results.frame[results.frame["analysis_id"].isin(planned) & (results.frame["stat"] == "estimate")]
    rows = rows[rows["measure"].isin(["survival", "cumulative incidence"])]
    assert set(rows["analysis_id"]) == set(planned)
    for row in rows.itertuples(index=False):
        at_risk = members(study, data, row.population, row.group) & reached
        adtte = data.datasets["ADTTE"]
        mine = adtte[adtte["PARAMCD"] == planned[row.analysis_id].parameter]
        assert row.n_used == len(at_risk) == mine["USUBJID"].isin(at_risk).sum()


def test_the_flow_adds_up(made):
    study, data, results, _ = made
    rows = results.frame.query("measure == 'patients' and stat == 'n'")
    for (analysis, group), mine in rows[rows["variable"] == "enrolled"].groupby(["analysis_id", "group"]):
        enrolled = mine["value"].item()
        own = rows[(rows["analysis_id"] == analysis) & (rows["group"] == group)]
        for population in study.populations:
            inside = own[(own["variable"] == population.code) & (own["level"] == "")]["value"].item()
            out = own[(own["variable"] == "excluded") & (own["by_level"] == population.code)]["value"].sum()
            assert inside + out == enrolled, (analysis, group, population.code)


def test_every_n_printed_in_a_table_names_a_header_row(made):
    study, data, results, checked = made
    rendered = render_report(study, data, results, checked.findings, checked.decisions)
    headers = set(results.frame.query("stat == 'n_total' and variable == 'N'")["result_id"])
    found = 0
    for table in (item for item in rendered.outputs if isinstance(item, Table)):
        parts = list(iter_parts(table))
        for before, part in zip(parts, parts[1:], strict=False):
            if re.search(r"\(N=$", before.text):
                assert part.result_id in headers, (table.number, part)
                found += 1
    assert found
