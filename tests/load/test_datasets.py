import gzip
import hashlib
import io
import json
import zipfile

import pandas as pd
import pyreadstat
import pytest

from exports_factory import map_of, of_rule, read_one, study_in
from hepatrial.errors import LoadError
from hepatrial.load import read_exports
from hepatrial.load.archives import read_member, unpack_gzip
from hepatrial.load.datasets import read_dataset_json, read_sas7bdat, read_xport
from hepatrial.load.sas_sizes import find_sas7bdat_cut
from sas_factory import sas7bdat_shell

LABS = {
    "table": "labs",
    "columns": {"subject_id": "SUBJ", "date": "DAY", "parameter": "TEST", "result": "RES", "unit": "UNIT"},
}
FRAME = pd.DataFrame(
    {
        "SUBJ": ["S1", "S2", "S3"],
        "DAY": pd.to_datetime(["2014-01-02", "2014-01-03", None]),
        "TEST": ["BILI"] * 3,
        "RES": [12.5, 300.0, None],
        "UNIT": ["umol/L", "mg/dL", ""],
    }
)


def xport(tmp_path, version: int) -> bytes:
    path = tmp_path / "written.xpt"
    frame = FRAME.assign(DAY=FRAME["DAY"].dt.date)
    pyreadstat.write_xport(frame, path, file_format_version=version, column_labels={"SUBJ": "Subject"})
    return path.read_bytes()


def parquet(tmp_path) -> bytes:
    stream = io.BytesIO()
    FRAME.to_parquet(stream)
    return stream.getvalue()


HEAD = {
    "datasetJSONCreationDateTime": "2024-01-01T00:00:00",
    "datasetJSONVersion": "1.1.0",
    "itemGroupOID": "IG.LB",
    "records": 3,
    "name": "LB",
    "label": "Labs",
    "columns": [{"itemOID": f"IT.{name}", "name": name, "label": name, "dataType": "string"} for name in FRAME],
}
ROWS = [["S1", "2014-01-02", "BILI", 12.5, "umol/L"], ["S2", "2014-01-03", "BILI", 300, "mg/dL"],
        ["S3", None, "BILI", None, None]]  # fmt: skip


def dataset_json(rows=ROWS) -> bytes:
    return json.dumps({**HEAD, "rows": rows}).encode()


def dataset_ndjson(rows=ROWS) -> bytes:
    return "\n".join(json.dumps(one) for one in (HEAD, *rows)).encode()


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: xport(folder, 5),
        lambda folder: xport(folder, 8),
        parquet,
        lambda folder: dataset_json(),
        lambda folder: dataset_ndjson(),
    ],
    ids=["xpt 5", "xpt 8", "parquet", "json", "ndjson"],
)
def test_every_data_set_gives_the_same_records(tmp_path, make):
    exports = read_one(tmp_path, make(tmp_path), LABS | {"file": "labs.data"})
    labs = exports.tables["labs"]
    assert labs["subject_id"].tolist() == ["S1", "S2", "S3"]
    assert labs["date"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2014-01-02", "2014-01-03"]
    assert labs["std_value"].tolist()[:2] == [12.5, 5130.0]
    assert labs["missing_reason"].tolist() == [None, None, "empty"]
    assert labs["line"].tolist() == [1, 2, 3]


def test_labels_are_kept(tmp_path):
    assert read_xport(xport(tmp_path, 5), "x.xpt").labels["SUBJ"] == "Subject"


@pytest.mark.parametrize("version", [5, 8])
def test_half_a_transport_file_is_fatal(tmp_path, version):
    whole = xport(tmp_path, version)
    frame = pd.concat([FRAME] * 40).assign(DAY=None)
    pyreadstat.write_xport(frame, tmp_path / "long.xpt", file_format_version=version)
    content = (tmp_path / "long.xpt").read_bytes()
    assert read_xport(content, "long.xpt").cut == ""
    for size in (len(content) - 80 * 3, len(content) - 33):
        assert read_xport(content[:size], "long.xpt").cut
    exports = read_one(tmp_path, content[: len(content) - 240], LABS | {"file": "long.xpt"})
    assert exports.findings.frame.query("severity == 'fatal'")["rule"].tolist() == ["row-cut"]
    assert read_xport(whole, "x.xpt").cut == ""


def test_a_sas_data_file_of_a_wrong_size_is_refused():
    whole = sas7bdat_shell(pages=3)
    assert find_sas7bdat_cut(whole) == ""
    assert find_sas7bdat_cut(whole[:-4096]) == "has 9,216 of 13,312 bytes, so it is cut"
    assert find_sas7bdat_cut(b"\0" * 100) == "it ends in its header"
    with pytest.raises(LoadError, match="x.sas7bdat: it ends in its header"):
        read_sas7bdat(b"\0" * 100, "x.sas7bdat")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (dataset_json()[:-30], "is cut or no Dataset-JSON"),
        (b'{"a": 1}', "misses 'rows'"),
        (dataset_json([["S1"]]), "a row has not 5 values"),
        (b"PAR1" + b"junk" * 20, "is damaged or no Parquet file"),
        (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 200, "is damaged or no SAS file"),
        (b"\x1f\x8b" + b"junk" * 20, "is cut or damaged"),
        (gzip.compress(b"id\n" * 1000, mtime=0)[:-12], "is cut"),
    ],
    ids=["json cut", "json without rows", "short row", "parquet", "sas", "gzip damaged", "gzip cut"],
)
def test_a_damaged_data_set_is_one_clear_error(tmp_path, content, message):
    with pytest.raises(LoadError, match=message):
        read_one(tmp_path, content, LABS | {"file": "labs.data"})


def test_announced_records_that_are_not_there_are_fatal(tmp_path):
    for content in (dataset_json(ROWS[:2]), dataset_ndjson(ROWS[:2])):
        assert "3 records are announced" in read_dataset_json(content, "x.json").cut
        exports = read_one(tmp_path, content, LABS | {"file": "labs.json"})
        assert exports.findings.frame.query("rule == 'row-cut'")["severity"].tolist() == ["fatal"]


def test_gzip_and_zip_are_unpacked(tmp_path):
    text = b"SUBJ,DAY,TEST,RES,UNIT\nS1,2014-01-02,BILI,1,mg/dL\n"
    assert len(read_one(tmp_path, gzip.compress(text), LABS | {"file": "labs.csv.gz"}).tables["labs"]) == 1
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("out/实验室.csv", text)
    (tmp_path / "export.zip").write_bytes(stream.getvalue())
    with pytest.raises(LoadError, match="has 0 files named 'labs.csv'; it has out/实验室.csv"):
        read_member(stream.getvalue(), "export.zip", "labs.csv")
    assert read_member(stream.getvalue(), "export.zip", "out/实验室.csv") == text


def test_a_file_in_an_archive_is_named_by_its_path(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("labs.csv", "SUBJ,DAY,TEST,RES,UNIT\nS1,2014-01-02,BILI,x,mg/dL\n")
    data_map = map_of([LABS | {"file": "export.zip/labs.csv"}])
    exports = read_exports(data_map, tmp_path, study_in(tmp_path))
    assert of_rule(exports.findings.frame, "number-unreadable") == [("export.zip/labs.csv", 2, "RES", "x")]
    digest = hashlib.sha256((tmp_path / "export.zip").read_bytes()).hexdigest()
    assert exports.files["sha256"].tolist() == [digest]


def test_a_gzip_bomb_stops_at_the_limit():
    bomb = gzip.compress(b"0" * 50_000_000)
    with pytest.raises(LoadError, match="unpacks to more than 1,000,000 bytes"):
        unpack_gzip(bomb, "bomb.gz", limit=1_000_000)


def test_the_rows_of_a_data_set_may_be_stated(tmp_path):
    exports = read_one(tmp_path, dataset_json(), LABS | {"file": "labs.json", "expected_rows": 4})
    assert of_rule(exports.findings.frame, "rows-expected") == [("labs.json", 0, "", "3")]
