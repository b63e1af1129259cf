"""A large export, made as the messy pack's generator makes it: the rows of the Mayo PBC trial under new subjects."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from exports_factory import map_of, of_rule, study_in
from hepatrial.check import check_exports
from hepatrial.load import read_exports
from hepatrial.study import read_study
from study_factory import MINIMAL, write_study

PBCSEQ = Path(__file__).parents[1] / "reference" / "mayo_pbc" / "pbcseq.csv"
TESTS = {"BILI": ("bili", "mg/dL"), "AST": ("ast", "U/L"), "ALB": ("albumin", "g/dL")}
ROWS, BAD_LINE = 60_000, 45_678


def long_export(rows: int) -> pd.DataFrame:
    wide = pd.read_csv(PBCSEQ, dtype=str)
    names = {column: test for test, (column, _) in TESTS.items()}
    once = wide.melt(["id", "day"], list(names), "test", "result").dropna()
    once["test"] = once["test"].map(names)
    times = -(-rows // len(once))
    many = pd.concat([once.assign(id="P" + str(copy) + "-" + once["id"]) for copy in range(times)]).head(rows)
    return many.assign(unit=many["test"].map({test: unit for test, (_, unit) in TESTS.items()}))


@pytest.mark.reference
def test_every_row_of_a_large_export_is_read(tmp_path):
    export = long_export(ROWS)
    export.iloc[BAD_LINE - 2, export.columns.get_loc("result")] = "4..7"
    export.to_csv(tmp_path / "big.csv", index=False)
    parameter = MINIMAL[MINIMAL.index("[[parameters]]") : MINIMAL.index("[[times_to_event]]")]
    more = "".join(
        parameter.replace("BILI", code).replace("umol/L", unit) for code, unit in (("AST", "U/L"), ("ALB", "g/L"))
    )
    study = read_study(write_study(tmp_path, MINIMAL.replace(parameter, parameter + more)))
    source = {
        "table": "labs",
        "file": "big.csv",
        "columns": {"subject_id": "id", "date": "day", "parameter": "test", "result": "result", "unit": "unit"},
        "reading": {"date_formats": ("days",), "day_zero": date(2000, 1, 1)},
    }
    data_map = map_of([source])
    told: list[tuple[int, int, str]] = []
    exports = read_exports(data_map, tmp_path, study, progress=lambda *args: told.append(args))
    labs = exports.tables["labs"]
    assert len(labs) == ROWS
    assert labs["record_id"].is_unique
    right = export.drop(export.index[BAD_LINE - 2]) if export.index.is_unique else export[export["result"] != "4..7"]
    for test, numbers in right.astype({"result": float}).groupby("test")["result"]:
        own = labs.loc[labs["parameter"] == test, "value"]
        assert own.count() == len(numbers)
        assert own.mean() == pytest.approx(numbers.mean(), rel=1e-12)
    findings = check_exports(exports, study, data_map).frame
    assert of_rule(findings, "number-unreadable") == [("big.csv", BAD_LINE, "result", "4..7")]
    assert told == [(0, 1, "big.csv"), (1, 1, "")]


def test_many_findings_of_one_kind_are_counted_and_not_all_listed(tmp_path):
    text = "id,day,test,result,unit\n" + "S1,2024-01-01,BILI,x,mg/dL\n" * 1500
    (tmp_path / "labs.csv").write_text(text, encoding="utf-8")
    columns = {"subject_id": "id", "date": "day", "parameter": "test", "result": "result", "unit": "unit"}
    exports = read_exports(
        map_of([{"table": "labs", "file": "labs.csv", "columns": columns}]), tmp_path, study_in(tmp_path)
    )
    found = exports.findings.frame
    assert len(found) == 1001
    assert found["message"].str.startswith("500 more rows of this kind").sum() == 1
