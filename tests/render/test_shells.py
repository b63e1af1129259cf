"""Shells: every planned output, place-holders for numbers, and nothing that could be taken for a result."""

import re

import pytest

from hepatrial.errors import ReportError
from hepatrial.render import Listing, Table, cell_text, render_shells
from hepatrial.render.rows import placeholder
from hepatrial.run import run_shells
from hepatrial.study import read_study, templates_dir

TEMPLATES = ["nct06904755", "mayo-pbc", "cdiscpilot01"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_planned_output_has_its_shell_with_rows(name):
    study = read_study(templates_dir() / name / "study.toml")
    rendered = render_shells(study)
    assert [item.number for item in rendered.outputs] == [item.number for item in study.outputs]
    for item in rendered.outputs:
        if isinstance(item, Table):
            assert any(row.cells for row in item.rows), item.number
        elif isinstance(item, Listing):
            assert len(item.rows) == len(item.records) == 1
            assert "No records." not in item.footnotes


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_cell_of_a_shell_holds_a_number(name):
    rendered = render_shells(read_study(templates_dir() / name / "study.toml"))
    cells = [
        (item.number, cell)
        for item in rendered.outputs
        if isinstance(item, Table | Listing)
        for row in item.rows
        for cell in (row.cells if isinstance(item, Table) else row)
    ]
    assert len(cells) > 50
    for number, cell in cells:
        assert not any(part.result_id for part in cell), number
        assert not re.search(r"[1-9]|0(?!\.xxxx)", cell_text(cell)), (number, cell_text(cell))


def test_place_holders_have_the_decimals_of_their_format():
    wanted = {"count": "xx", "fixed2": "xx.xx", "percent1": "xx.x", "proportion0": "xx", "p": "0.xxxx", "text": "xxxx"}
    assert {spec: placeholder(spec) for spec in wanted} == wanted


def test_shells_are_written_in_every_format_and_never_over_a_report(tmp_path):
    path = templates_dir() / "mayo-pbc" / "study.toml"
    out = run_shells(path, tmp_path / "shells")
    written = {file.name for file in out.iterdir()}
    assert {"report.html", "report.pdf", "report.docx", "tables.xlsx", "ard.json", "manifest.json"} <= written
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "xx.x (xx.x to xx.x)" in page or "xx.x to xx.x" in page
    assert "0001-01-01" not in page
    manifest = out / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"shells"', '"plain"'), encoding="utf-8")
    with pytest.raises(ReportError, match="holds a report of another kind"):
        run_shells(path, out)
