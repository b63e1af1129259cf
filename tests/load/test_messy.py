"""The messy pack (tests/reference/messy): every row of its truth is read, every item it asks for is reported."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hepatrial.check import check_exports
from hepatrial.load import read_exports
from hepatrial.study import read_data_map, read_study
from hepatrial.units import convert
from study_factory import MINIMAL, write_study

PACK = Path(__file__).parents[1] / "reference" / "messy"
CASES = {case["id"]: case for case in json.loads((PACK / "expected.json").read_text(encoding="utf-8"))["cases"]}
MAPS = ["s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08_raw", "s08_labels", "s09", "s10", "s12"]
UNITS = {"ALT": "U/L", "AST": "U/L", "ALP": "U/L", "CK": "U/L", "ALB": "g/L", "BILI": "umol/L", "CREAT": "umol/L"}
KEY = ["usubjid", "visit", "analyte"]
BY_DESIGN = {"subjects-absent", "subject-unknown", "table-absent", "arm-mismatch"}
"""What follows from a case that is one file and no whole study."""

pytestmark = pytest.mark.reference


def study_text() -> str:
    parameters = "".join(
        f'[[parameters]]\ncode = "{code}"\nlabel = "{code}"\ngroup = "LABORATORY"\nunit = "{unit}"\n'
        'decimals = 1\nscale = "log"\n'
        for code, unit in UNITS.items()
    )
    arms = ", ".join(f'{{ code = "{code}", label = "{code}" }}' for code in ("PBO", "LOW", "HIGH", "DPCA"))
    start = MINIMAL.index("[[parameters]]")
    end = MINIMAL.index("[[times_to_event]]")
    text = MINIMAL[:start] + parameters + MINIMAL[end:]
    text = text.replace('kind = "single arm"', 'kind = "parallel"').replace("first treatment", "enrolment")
    return text.replace('arms = [{ code = "MSC", label = "MSC" }]', f'arms = [{arms}]\nreference_arm = "PBO"')


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return read_study(write_study(tmp_path_factory.mktemp("study"), study_text()))


@pytest.fixture(scope="module")
def loaded(study):
    """Exports and all findings by name of the map."""
    result = {}
    for name in MAPS:
        data_map = read_data_map(PACK / "maps" / f"{name}.toml", study)
        exports = read_exports(data_map, PACK, study)
        result[name] = exports, check_exports(exports, study, data_map).frame
    return result


def truth(case: str) -> pd.DataFrame:
    frame = pd.read_csv(PACK / "truth" / f"{case}.csv", dtype={"usubjid": str, "id": str})
    return frame.rename(columns={"ALT": "value"}).assign(analyte="ALT") if "ALT" in frame else frame


def labs_as_truth(exports, unit_of: pd.Series) -> pd.DataFrame:
    """The labs as the truth writes them: value and limit in its unit."""
    labs = exports.tables["labs"].rename(columns={"subject_id": "usubjid", "parameter": "analyte"})
    for name, std in (("value", "std_value"), ("limit", "std_bound")):
        labs[name] = [
            convert(number, code, unit, unit_of.get(code, unit))[()] if unit else np.nan
            for number, code, unit in zip(labs[std], labs["analyte"], labs["std_unit"], strict=True)
        ]
    return labs


@pytest.mark.parametrize("name", ["s01", "s02", "s03", "s05", "s06", "s07", "s08_raw", "s08_labels", "s09"])
def test_the_rows_of_the_truth_are_read(loaded, name):
    exports, findings = loaded[name]
    wanted = truth(name[:3]).assign(qualifier=lambda frame: frame.get("qualifier", pd.Series(dtype=str)))
    units = wanted.groupby("analyte")["unit"].first() if "unit" in wanted else pd.Series(UNITS)
    labs = labs_as_truth(exports, units)
    left_out = ["record-conflict", "record-copied", *([] if exports.tables["subjects"].empty else ["subject-unknown"])]
    out = findings.loc[findings["rule"].isin(left_out), "record_id"]
    labs = labs.loc[~labs["record_id"].isin(out)].copy()
    if name == "s09":
        labs = labs[labs["missing_reason"].isna()].copy()
    assert len(labs) == len(wanted)
    keys = [*KEY, "date"] if "date" in wanted and name != "s09" else KEY
    labs["date"] = labs["date"].dt.strftime("%Y-%m-%d")
    both = wanted.merge(labs, on=keys, how="outer", suffixes=("", "_read"), indicator=True, validate="1:1")
    assert both["_merge"].eq("both").all(), both[both["_merge"] != "both"]
    both = both[both["kind"] != "conflict"] if "kind" in both else both
    np.testing.assert_allclose(both["value_read"], both["value"], rtol=0.005)
    if "limit" in wanted:
        np.testing.assert_allclose(both["limit_read"], both["limit"], rtol=0.005)
        used = both[both["std_unit"].notna()]
        assert (used["qualifier_read"] == used["qualifier"].fillna("")).all()


@pytest.mark.parametrize("name", MAPS)
def test_everything_that_must_be_reported_is_a_finding(loaded, name):
    findings = loaded[name][1]
    places = findings[["file", "line", "column", "raw"]].itertuples(index=False, name=None)
    found = {(file, line, column.casefold(), raw) for file, line, column, raw in places}
    items = CASES[name[:3]]["must_report"]
    wanted = {(item["file"], item["line"], item["column"].casefold(), item["raw"]) for item in items}
    assert wanted <= found
    assert {case["id"] for case in CASES.values()} == {one[:3] for one in MAPS}


@pytest.mark.parametrize("name", MAPS)
def test_nothing_else_is_an_error(loaded, name):
    findings = loaded[name][1]
    errors = findings[findings["severity"].isin(["error", "fatal"]) & ~findings["rule"].isin(BY_DESIGN)]
    wanted = {(item["file"], item["line"]) for item in CASES[name[:3]]["must_report"]}
    assert set(errors[["file", "line"]].itertuples(index=False, name=None)) <= wanted


def test_a_finding_has_at_least_the_severity_asked_for(loaded):
    order = {"note": 0, "info": 0, "warning": 1, "error": 2, "fatal": 3}
    for name in MAPS:
        findings = loaded[name][1]
        for item in CASES[name[:3]]["must_report"]:
            at = (
                (findings["file"] == item["file"])
                & (findings["line"] == item["line"])
                & (findings["raw"] == item["raw"])
            )
            assert max(order[one] for one in findings.loc[at, "severity"]) >= order[item["severity"]], item


def test_s03_reads_randomisation_dates_of_three_forms(loaded):
    subjects = loaded["s03"][0].tables["subjects"].set_index("subject_id")["randomisation_date"]
    wanted = truth("s03").drop_duplicates("usubjid").set_index("usubjid")["randomised_date"]
    assert subjects.dt.strftime("%Y-%m-%d").to_dict() == wanted.to_dict()
    assert len(subjects) == 16


def test_s04_keeps_partial_dates_partial(loaded):
    events = loaded["s04"][0].tables["adverse_events"]
    wanted = truth("s04")
    assert events["event"].tolist() == wanted["aeseq"].astype(str).tolist()
    for precision, length in (("day", 10), ("month", 7), ("year", 4)):
        own = wanted["precision"].to_numpy() == precision
        read = events.loc[own, "start_date_low"].dt.strftime("%Y-%m-%d").str[:length]
        assert read.tolist() == wanted.loc[own, "start_iso_partial"].astype(str).tolist()
        assert events.loc[own, "start_date"].notna().all() == (precision == "day")
    ambiguous = wanted["precision"].to_numpy() == "ambiguous"
    assert events.loc[ambiguous, ["start_date", "start_date_low"]].isna().all(axis=None)
    assert events["end_date"].dt.strftime("%Y-%m-%d").fillna("").tolist() == wanted["end"].fillna("").tolist()


def test_s06_an_exact_copy_names_the_line_that_it_repeats(loaded):
    findings = loaded["s06"][1]
    for item in CASES["s06"]["must_report"]:
        own = findings[(findings["line"] == item["line"]) & findings["rule"].str.startswith("record-")]
        assert own["message"].str.contains(f"line {item['other_line']}").all()


@pytest.mark.parametrize("name", ["s08_raw", "s08_labels"])
def test_s08_both_redcap_exports_read_alike(loaded, name):
    tables = loaded[name][0].tables
    right = CASES["s08"]["right_reading"]
    assert len(tables["subjects"]) == right["records"]
    assert tables["subjects"]["arm"].value_counts().to_dict() == {"PBO": 6, "LOW": 6, "HIGH": 2}
    assert tables["subjects"]["stratum"].value_counts().to_dict() == right["race_checked"]
    assert len(tables["adverse_events"]) == right["ae_rows"]
    assert (tables["adverse_events"]["serious"] == "Y").sum() == right["serious_ae"]
    assert tables["adverse_events"]["grade"].isin(["1", "2", "3"]).all()


def test_s10_reads_the_whole_rows(loaded):
    exports, findings = loaded["s10"]
    assert len(exports.tables["labs"]) == CASES["s10"]["right_reading"]["whole_rows"]
    assert findings.query("rule == 'row-cut'")["severity"].tolist() == ["fatal"]


def test_s12_gives_times_and_outcomes(loaded):
    tables, findings = loaded["s12"][0].tables, loaded["s12"][1]
    entered = tables["subjects"].set_index("subject_id")["enrolment_date"]
    last = tables["vital_status"].set_index("subject_id")["date"]
    outcome = tables["outcomes"].set_index("subject_id")["outcome"].map({"death": 2.0, "transplant": 1.0})
    refused = set(findings.query("rule == 'follow-up-before-entry'")["subject"])
    unknown = set(findings.query("rule == 'code-unknown'")["subject"])
    wanted = truth("s12").set_index("id")
    days = (last - entered).dt.days.drop(list(refused))
    pd.testing.assert_series_equal(wanted["days"].dropna(), days.astype(float), check_names=False, check_freq=False)
    status = outcome.reindex(entered.index).fillna(0.0).drop(list(unknown))
    pd.testing.assert_series_equal(wanted["status_0c_1tx_2death"].dropna(), status, check_names=False)
    assert len(entered) - len(refused | unknown) == CASES["s12"]["right_reading"]["usable"]


def test_the_pack_is_whole():
    rows = {path.stem: len(pd.read_csv(path)) for path in (PACK / "truth").iterdir()}
    assert rows == {name: case["truth_rows"] for name, case in CASES.items() if "truth_rows" in case}
    assert sum(len(case["must_report"]) for case in CASES.values()) == 76
