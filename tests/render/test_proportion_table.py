"""The table of a response at a visit, cell by cell, on the patients that were counted by hand."""

from hepatrial.render.tables import build_proportion
from response_factory import COMPARED, make_response
from table_texts import context_of, headings, texts


def test_the_table_reads_as_counted(tmp_path):
    study, data = make_response(tmp_path)
    table = build_proportion(context_of(study, data, "table", "proportion", "first"))
    assert headings(table) == ["Placebo", "Cells"]
    assert texts(table) == {
        "Bilirubin ≤ 6 at Day 28, n/N (%)": ["1/6 (16.7)", "4/7 (57.1)"],
        "95% CI of the percentage": ["0.4 to 64.1", "18.4 to 90.1"],
        "In response": ["1 (16.7)", "4 (57.1)"],
        "Measured, not in response": ["2 (33.3)", "0"],
        "Died before": ["2 (33.3)", "1 (14.3)"],
        "Transplanted before": ["0", "1 (14.3)"],
        "Missing": ["0/1", "0/0"],
        "low": ["1/2", "3/3"],
        "high": ["0/3", "1/4"],
        "Difference (percentage points)": ["", "40.5"],
        "95% CI (Miettinen–Nurminen)": ["", "-14.8 to 76.0"],
        "Fisher's exact test, p-value": ["", "0.2657"],
    }
    missing = [row for row in table.rows if row.label == "Missing"]
    assert [[cell[0].text for cell in row.cells] for row in missing] == [["1", "1"], ["0", "0"]]
    assert any("counted as no response" in note for note in table.footnotes)


def test_a_stratified_comparison_says_by_what(tmp_path):
    more = COMPARED.replace("miettinen-nurminen", "mantel-haenszel").replace('"fisher"', '"cmh", strata = "STRATUM"')
    table = build_proportion(context_of(*make_response(tmp_path, more), "table", "proportion", "first"))
    assert "Cochran–Mantel–Haenszel test, p-value" in texts(table)
    assert texts(table)["Odds ratios alike over strata, p-value"] == ["", "NE"]
    assert "The comparison is stratified by the stratum of the randomisation." in table.footnotes
