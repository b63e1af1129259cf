"""A data.toml proposed from the files of a folder; the messy pack gives the files."""

import tomllib
from pathlib import Path

import pytest

from exports_factory import study_in, text_of
from hepatrial.errors import LoadError, StudyError
from hepatrial.load import propose_data_map
from hepatrial.load.proposal import fold_header
from hepatrial.study import read_data_map
from workbook_factory import sheet_xml, workbook

MESSY = Path(__file__).parents[1] / "reference" / "messy"


def export_folder(folder: Path) -> Path:
    """A folder of its own: the study file lies in the other one."""
    (folder / "export").mkdir()
    return folder / "export"


def sources_of(folder, study) -> list[dict]:
    return tomllib.loads(propose_data_map(folder, study))["sources"]


def test_chinese_columns_analytes_units_and_dates_are_recognised(tmp_path):
    folder = export_folder(tmp_path)
    (folder / "lab.csv").write_bytes((MESSY / "s01_lab_gb18030.csv").read_bytes())
    (source,) = sources_of(folder, study_in(tmp_path))
    assert source["table"] == "labs"
    assert source["columns"]["subject_id"] == "受试者编号"
    assert source["columns"]["ref_high"] == "参考上限"
    assert source["reading"] == {"encoding": "gb18030", "delimiter": ",", "date_formats": ["YYYY/MM/DD"]}
    assert source["codes"]["parameter"]["总胆红素"] == "BILI"
    assert source["codes"]["parameter"]["肌酸激酶"] == "?"


def test_one_file_may_fill_several_tables(tmp_path):
    folder = export_folder(tmp_path)
    (folder / "follow.csv").write_bytes((MESSY / "s12_followup.csv").read_bytes())
    sources = {source["table"]: source for source in sources_of(folder, study_in(tmp_path))}
    assert set(sources) == {"subjects", "outcomes", "vital_status"}
    assert sources["outcomes"]["columns"]["date"] == "结局日期"
    assert sources["vital_status"]["columns"]["date"] == "末次随访日期"
    assert set(sources["outcomes"]["codes"]["outcome"].values()) == {"?"}


def test_a_wide_sheet_and_a_header_below_a_title(tmp_path):
    folder = export_folder(tmp_path)
    rows = [["Report"], ["Patient", "BILI_D28 (mg/dL)", "TBIL_D56"], ["S1", 1, 2]]
    (folder / "wide.xlsx").write_bytes(workbook({"A": sheet_xml(rows, ("A1:C1",))}))
    (source,) = sources_of(folder, study_in(tmp_path))
    assert (source["layout"], source["header_row"]) == ("wide", 2)
    assert source["values"] == [
        {"column": "BILI_D28 (mg/dL)", "parameter": "BILI", "unit": "mg/dL", "visit": "D28"},
        {"column": "TBIL_D56", "parameter": "BILI"},
    ]


def test_what_is_not_recognised_is_said(tmp_path):
    folder = export_folder(tmp_path)
    (folder / "labs.csv").write_text(text_of("patient,test,result,colour\nS1,BILI,1,red"), encoding="utf-8")
    (folder / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (folder / "old.xls").write_text("<html></html>", encoding="utf-8")
    text = propose_data_map(folder, study_in(tmp_path))
    assert "# labs.csv: not recognised: colour" in text
    assert "# notes.csv: no standard table recognised; its columns are a, b" in text
    assert "# old.xls: not read (old.xls: is a web page" in text


def test_a_proposal_cannot_be_used_before_its_codes_are_confirmed(tmp_path):
    folder = export_folder(tmp_path)
    (folder / "people.csv").write_text("patient,sex\nS1,woman\nS2,F\n", encoding="utf-8")
    study = study_in(tmp_path)
    path = tmp_path / "data.toml"
    path.write_text(propose_data_map(folder, study), encoding="utf-8")
    with pytest.raises(StudyError, match=r"codes.sex: '\?' is not a code; defined are F, M"):
        read_data_map(path, study)
    path.write_text(path.read_text(encoding="utf-8").replace('"?"', '"F"'), encoding="utf-8")
    assert read_data_map(path, study).sources[0].codes == {"sex": {"woman": "F"}}


def test_a_folder_without_exports_is_an_error(tmp_path):
    with pytest.raises(LoadError, match="has no export"):
        propose_data_map(export_folder(tmp_path), study_in(tmp_path))


@pytest.mark.parametrize(
    ("header", "folded"), [("Total bilirubin (mg/dL)", "total bilirubin"), ("LAB_DATE ", "lab date")]
)
def test_headers_are_folded(header, folded):
    assert fold_header(header) == folded
