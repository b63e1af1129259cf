"""The scanner finds each leak that is planted in an open report, and nothing in the report itself."""

import base64
import json
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import docx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import typst

from hepatrial.errors import ReportError
from hepatrial.report import find_leaks, hash_folder
from hepatrial.report.everyday import is_everyday
from hepatrial.report.leaks import heading_values, refuse_leaks
from hepatrial.report.pdf_texts import read_pdf_texts
from hepatrial.run import run_report
from hepatrial.study import Arm, read_study
from masked_factory import make_masked

LABEL = "UC-MSC infusion"


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masked")
    study, data, _ = make_masked(folder, n=8)
    run_report(study, data, folder / "open", cutoff=date(2024, 12, 31))
    return read_study(study), folder / "open"


@pytest.fixture
def folder(trial, tmp_path) -> Path:
    return Path(shutil.copytree(trial[1], tmp_path / "open"))


def replace_text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return plant


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8") and None


def change_part(name: str, part: str, old: str, new: str) -> Callable[[Path], None]:
    """Another text in a part of an office document."""

    def plant(folder: Path) -> None:
        path = folder / name
        with zipfile.ZipFile(path) as archive:
            parts = {entry: archive.read(entry) for entry in archive.namelist()}
        assert old in parts[part].decode()
        parts[part] = parts[part].decode().replace(old, new, 1).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for entry, content in parts.items():
                archive.writestr(entry, content)

    return plant


def add_part(name: str, part: str, content: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        with zipfile.ZipFile(folder / name, "a") as archive:
            archive.writestr(part, content)

    return plant


def zip_comment(folder: Path) -> None:
    with zipfile.ZipFile(folder / "tables.xlsx", "a") as archive:
        archive.comment = b"made for Albumin saline"


def results_with(**columns: object) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = folder / "results.parquet"
        pd.read_parquet(path).assign(**columns).to_parquet(path, index=False)

    return plant


def parquet_metadata(folder: Path) -> None:
    table = pq.read_table(folder / "sources.parquet")
    pq.write_table(table.replace_schema_metadata({"note": "S001 got UCMSC"}), folder / "sources.parquet")


def parquet_field(folder: Path) -> None:
    field = pa.field("x", pa.string(), metadata={"label": "lot 7F"})
    pq.write_table(pa.table([["1"]], schema=pa.schema([field])), folder / "x.parquet")


def png_chunk(kind: bytes, body: bytes) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = folder / "figures" / "figure-14.2.2.png"
        content = path.read_bytes()
        crc = zlib.crc32(kind + body)
        chunk = struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", crc)
        path.write_bytes(content[:33] + chunk + content[33:])

    return plant


def docx_split_runs(folder: Path) -> None:
    document = docx.Document(str(folder / "report.docx"))
    paragraph = document.add_paragraph()
    for run in ("UC", "-MSC in", "fusion"):
        paragraph.add_run(run).bold = True
    document.save(str(folder / "report.docx"))


def docx_header_cell(folder: Path) -> None:
    document = docx.Document(str(folder / "report.docx"))
    document.add_table(rows=1, cols=1).cell(0, 0).text = "Dose"
    document.save(str(folder / "report.docx"))


def pdf_of(source: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        (folder / "report.pdf").write_bytes(typst.compile(source.encode()))

    return plant


def transport(folder: Path) -> None:
    pyreadstat.write_xport(pd.DataFrame({"USUBJID": ["S1"], "EXDOSE": [1.0]}), str(folder / "adex.xpt"), table_name="X")


def html_picture(folder: Path) -> None:
    image = base64.b64encode(f"<svg><!-- {LABEL} --></svg>".encode()).decode()
    replace_text("report.html", "</main>", f'<img alt="" src="data:image/svg+xml;base64,{image}"></main>')(folder)


def folder_named(folder: Path) -> None:
    (folder / "Albumin saline").mkdir()
    write("Albumin saline/a.csv", "a\n")(folder)


SQUARE = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
NARROW = "#set page(width: 5cm)\n#set text(hyphenate: true)\n#box(width: 1.6cm)[Albumin saline]"
LEAKS: dict[str, Callable[[Path], None]] = {
    "arm label in a page": replace_text("report.html", "</main>", f"<p>{LABEL}</p></main>"),
    "arm code in an attribute": replace_text("report.html", "<main ", '<main data-arm="ucmsc" '),
    "comment of a page": replace_text("report.html", "<main ", "<!-- S003 Albumin-saline --><main "),
    "dose heading of a listing": replace_text("report.html", "</thead>", "<th>Dose</th></thead>"),
    "picture in a page": html_picture,
    "declared term, other case and spaces": replace_text("report.html", "</main>", "<p>Cell\u00a0 PRODUCT</p></main>"),
    "TRT01P as a column": results_with(TRT01P="x"),
    "dose column": results_with(DOSE=1.5),
    "lot column": results_with(LOT="17"),
    "volume column": results_with(volume_ml=120.0),
    "visit schedule column": results_with(VISIT_SCHEDULE="1"),
    "declared column": results_with(bag_colour="red"),
    "visit that only one arm has": results_with(visit="Fourth infusion visit"),
    "volume as a term": results_with(message="120 mL bag"),
    "count by arm": results_with(group="1"),
    "comparison with an arm": results_with(comparator="1"),
    "coded arm": results_with(message="arm B"),
    "condition by arm": results_with(message='[["TRT01A", "in", ["1"]]]'),
    "Parquet metadata": parquet_metadata,
    "Parquet field metadata": parquet_field,
    "CSV cell": replace_text("findings.csv", "warning", "UCMSC"),
    "CSV heading": replace_text("results.csv", "message", "ACTARM"),
    "JSON key": replace_text("ard.json", '"measure"', '"dose"'),
    "JSON value": replace_text("ard.json", '"variable": "', '"group1": "TRT01P", "variable": "'),
    "lot in the manifest": replace_text("manifest.json", '"hepatrial report"', '"hepatrial report", "note": "Lot 7F"'),
    "Dataset-JSON variable": write("adsl.json", json.dumps({"columns": [{"name": "TRT01AN"}], "rows": []})),
    "transport file": transport,
    "RTF, letters as numbers": replace_text(
        "tables/table-14.1.1.rtf", "Disposition", "\\u65?lbumin \\'73al{\\b ine}"
    ),
    "RTF, information group": replace_text("tables/table-14.1.1.rtf", "\\deff0", "\\deff0{\\info{\\keywords UCMSC}}"),
    "DOCX, a word in three runs": docx_split_runs,
    "DOCX, heading": docx_header_cell,
    "DOCX, property": change_part("report.docx", "docProps/core.xml", "<dc:title>", "<dc:title>UCMSC "),
    "DOCX, comment part": add_part("report.docx", "word/comments.xml", f"<w:t>{LABEL}</w:t>"),
    "XLSX, cell": change_part("tables.xlsx", "xl/sharedStrings.xml", "<t>Subject</t>", "<t>Albumin saline</t>"),
    "XLSX, heading": change_part("tables.xlsx", "xl/sharedStrings.xml", "<t>Subject</t>", "<t>Treatment</t>"),
    "XLSX, sheet name": change_part("tables.xlsx", "xl/workbook.xml", 'name="14.1.1"', 'name="UCMSC"'),
    "XLSX, core property": change_part(
        "tables.xlsx", "docProps/core.xml", "<dc:creator>", "<dc:creator>unblinded for UC_MSC  infusion "
    ),
    "XLSX, own property": add_part("tables.xlsx", "docProps/custom.xml", "<vt:lpwstr>UCMSC</vt:lpwstr>"),
    "XLSX, comment of the archive": zip_comment,
    "SVG, text": replace_text("figures/figure-14.2.2.svg", "</svg>", "<text>UC-MSC infusion</text></svg>"),
    "SVG, comment": replace_text("figures/figure-14.2.2.svg", "</svg>", "<!-- UCMSC --></svg>"),
    "SVG, id": replace_text("figures/figure-14.2.2.svg", "</svg>", '<g id="km_UCMSC"/></svg>'),
    "PNG, text chunk": png_chunk(b"tEXt", b"Title\0Albumin saline"),
    "PNG, compressed chunk": png_chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"UC-MSC infusion")),
    "PNG, international chunk": png_chunk(b"iTXt", b"Title\0\1\0\0\0" + zlib.compress(b"lot 7F")),
    "PDF, page": pdf_of("#set document(date: none)\nS001: UC-MSC infusion"),
    "PDF, word broken over lines": pdf_of(NARROW),
    "PDF, title": pdf_of('#set document(title: "UCMSC against nothing", date: none)\nempty'),
    "PDF, words of a picture": pdf_of(f'#image(bytes("{SQUARE}"), alt: "UCMSC")'),
    "file name": write("km-ucmsc.csv", "a\n1\n"),
    "name of a folder": folder_named,
    "name of a column as a file": write("Dose.csv", "a\n"),
    "a kind of file that cannot be searched": write("notes.zip", "?"),
    "a broken file": write("x.parquet", "?"),
}  # fmt: skip


def test_the_report_itself_is_clean(trial):
    study, folder = trial
    assert find_leaks(folder, study) == []


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found(trial, folder, name):
    """Only the file with the leak is kept: the others are clean, as the test before says."""
    before = hash_folder(folder)
    LEAKS[name](folder)
    for file, digest in hash_folder(folder).items():
        if before.get(file) == digest:
            (folder / file).unlink()
    assert find_leaks(folder, trial[0])


def test_a_leak_in_the_whole_report_is_refused(trial, folder):
    LEAKS["XLSX, core property"](folder)
    with pytest.raises(
        ReportError, match=r"1 places.*\n  tables.xlsx: docProps/core.xml, text: 'UC-MSC infusion'\n  To do"
    ):
        refuse_leaks(folder, trial[0])


def test_a_leak_is_told_without_its_context(trial, folder):
    write("listing.csv", "subject,note\nS001,seen with Albumin saline at noon\n")(folder)
    (leak,) = find_leaks(folder, trial[0])
    assert str(leak) == "listing.csv: column note: 'Albumin saline'"


def test_the_title_is_public_but_not_an_arm_beside_it(trial, tmp_path):
    study = trial[0]
    (tmp_path / "a.csv").write_text(f'title\n"{study.identity.title}"\n', encoding="utf-8")
    assert find_leaks(tmp_path, study) == []
    (tmp_path / "a.csv").write_text(f'title\n"{study.identity.title}: S001 UCMSC"\n', encoding="utf-8")
    assert len(find_leaks(tmp_path, study)) == 1


def test_a_short_code_is_found_as_a_cell_and_not_in_a_word(trial, tmp_path):
    study = trial[0]
    arms = (Arm(code="C", label="Control group"), Arm(code="T", label="干细胞组"))
    short = study.model_copy(update={"design": study.design.model_copy(update={"arms": arms})})
    (tmp_path / "a.csv").write_text("x\nvitamin C and T cells\n", encoding="utf-8")
    assert find_leaks(tmp_path, short) == []
    (tmp_path / "a.csv").write_text("x\nc\n", encoding="utf-8")
    assert len(find_leaks(tmp_path, short)) == 1
    (tmp_path / "a.csv").write_text("x\n患者在干细胞组内\n", encoding="utf-8")
    assert len(find_leaks(tmp_path, short)) == 1


def test_an_everyday_label_is_a_leak_where_it_names_an_arm_and_not_in_a_text(trial, tmp_path):
    arms = (Arm(code="TREATM", label="Treatment"), Arm(code="CONTRO", label="Control"))
    study = trial[0].model_copy(update={"design": trial[0].design.model_copy(update={"arms": arms})})
    page = tmp_path / "a.html"
    for text in ("before treatment, under control", "we treat many", "the first treat-\nment of all treatments"):
        page.write_text(f"<p>{text}</p>", encoding="utf-8")
        assert find_leaks(tmp_path, study) == [], text
    for text in ("in the control group", "randomised to treatment", "Arm: Control", "Control", "S1 TREATM", "TRE\nATM"):
        page.write_text(f"<p>{text}</p>", encoding="utf-8")
        assert find_leaks(tmp_path, study), text
    page.write_text("<td>Treatment</td>", encoding="utf-8")
    said = heading_values({"deviations": pd.DataFrame({"category": ["Treatment", "visit"]})})
    assert find_leaks(tmp_path, study, values=said) == []
    declared = study.model_copy(update={"blinding": study.blinding.model_copy(update={"terms": ("control",)})})
    page.write_text("<p>under control</p>", encoding="utf-8")
    assert find_leaks(tmp_path, declared)


@pytest.mark.parametrize(
    "label",
    ["Low dose", "Placebo", "MSC cells", "Treatment 2", "脐带干细胞组", "Cell therapy", "Cells", "Active drug",
     "Device", "Experimental therapy", "Control treatment", "Treatment plus cells"],
)  # fmt: skip
def test_a_label_that_tells_is_no_everyday_word(label):
    assert not is_everyday(label)


@pytest.mark.parametrize("label", ["Treatment", "Control group", "Standard of care", "Usual medical therapy", "对照"])
def test_a_label_of_what_all_have_is_everyday(label):
    assert is_everyday(label)


def test_pages_are_read_back_as_they_were_set():
    content = typst.compile('#set document(date: none)\n#"Overall survival ≥ 28 µmol/L, efficient"'.encode())
    (page,) = [text for place, text in read_pdf_texts(content) if place == "page"]
    assert page.split() == ["Overall", "survival", "≥", "28", "µmol/L,", "efficient"]


def test_a_word_of_the_data_is_no_heading_but_a_heading_still_is(trial, tmp_path):
    study = trial[0]
    tables = {"deviations": pd.DataFrame({"category": ["treatment", "visit"], "day": [1, 2]})}
    assert heading_values(tables) == {"treatment"}
    (tmp_path / "a.csv").write_text("category\ntreatment\n", encoding="utf-8")
    assert find_leaks(tmp_path, study)
    assert find_leaks(tmp_path, study, values=heading_values(tables)) == []
    (tmp_path / "b.csv").write_text("x\nTreatment\n", encoding="utf-8")
    assert find_leaks(tmp_path, study, values=heading_values(tables))


def test_the_label_of_an_arm_is_a_leak_whatever_the_data_say(trial, tmp_path):
    (tmp_path / "a.csv").write_text(f"category\n{LABEL}\n", encoding="utf-8")
    assert find_leaks(tmp_path, trial[0], values=frozenset({LABEL}))
