"""The rendered report: every number names its row and says what the row says; every figure can be drawn."""

import numpy as np
import pytest

from hepatrial.analyse import analyse_study
from hepatrial.contracts import Results
from hepatrial.errors import RenderError
from hepatrial.render import Figure, Listing, Table, cell_text, format_image, format_value, iter_parts, render_report
from report_factory import make_data, make_findings, make_study


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    study = make_study(tmp_path_factory.mktemp("study"))
    data = make_data(study)
    results = analyse_study(study, data)
    return study, data, results, render_report(study, data, results, make_findings())


def output(report, number):
    return next(item for item in report.outputs if item.number == number)


def row_texts(table, label):
    return next([cell_text(cell) for cell in row.cells] for row in table.rows if row.label == label)


def test_every_planned_output_is_there_in_order(made):
    study, _, _, report = made
    numbers = list(dict.fromkeys(next(p.number for p in study.outputs if item.number.startswith(p.number))
                                 for item in report.outputs))  # fmt: skip
    assert numbers == [planned.number for planned in study.outputs]


def test_every_number_of_a_table_is_the_text_of_the_row_that_it_names(made):
    _, _, results, report = made
    rows = results.frame.set_index("result_id")
    parts = [part for item in report.outputs if isinstance(item, Table) for part in iter_parts(item)]
    assert sum(bool(part.result_id) for part in parts) > 500
    for part in parts:
        if part.result_id:
            row = rows.loc[part.result_id]
            assert part.text == format_value(row["value"], part.spec, status=row["status"])
        else:
            assert isinstance(part.value, str | None)


def test_every_row_of_a_listing_names_its_records(made):
    listings = [item for item in made[3].outputs if isinstance(item, Listing)]
    assert sum(len(item.rows) for item in listings) > 300
    assert all(len(item.records) == len(item.rows) and all(item.records) for item in listings)
    assert all(("No records." in item.footnotes) == (not item.rows) for item in listings)
    assert any(not item.rows for item in listings)


def test_a_count_of_none_has_no_percentage(made):
    assert row_texts(output(made[3], "14.1.1"), "Transplanted") == ["0"]


def test_a_number_that_cannot_be_estimated_gives_its_reason_in_a_footnote(made):
    table = output(made[3], "14.2.1")
    assert row_texts(table, "Median time (days)")[3] == "NE"
    (note,) = [text for text in table.footnotes if text.startswith("a  NE, not estimable: ")]
    assert len(note) > len("a  NE, not estimable: ")


def test_a_single_arm_study_shows_no_p_value(made):
    specs = {part.spec for item in made[3].outputs for part in iter_parts(item)}
    assert "p" not in specs


def test_two_arms_stand_side_by_side_and_are_compared(tmp_path):
    study = make_study(tmp_path, arms=2)
    data = make_data(study, 12)
    results = analyse_study(study, data)
    report = render_report(study, data, results, make_findings())
    assert [column.heading[0].text for column in output(report, "14.1.3").columns] == [
        "MSC reactor 干细胞",
        "Standard care",
    ]
    rows = results.frame
    (p_value,) = rows.loc[(rows["measure"] == "log-rank test") & (rows["stat"] == "p_value"), "value"]
    assert row_texts(output(report, "14.2.1"), "Log-rank test, p-value")[3] == format_value(p_value, "p")


def test_a_result_that_all_patients_gave_is_not_a_missing_one(made):
    facts = {label: cell_text(cell) for label, cell in made[3].populations}
    assert facts == {"Full analysis set": "10", "Safety set": "10"}


def test_the_report_says_what_is_to_be_confirmed_and_found(made):
    report = made[3]
    assert [(item.what, item.paths, item.note) for item in report.confirmations] == [
        ("Time origin and follow-up", ("time",), "the record names enrolment and treatment")
    ]
    assert ("warning", 1, 0) in report.findings_summary
    assert ("note", 0, 1) in report.findings_summary


def test_an_output_with_an_unknown_template_is_an_error(made):
    study, data, results, _ = made
    planned = study.outputs[0].model_copy(update={"template": "pie"})
    wrong = study.model_copy(update={"outputs": (planned,)})
    with pytest.raises(RenderError, match=r"output 14\.1\.1: 'pie' is not a template of a table"):
        render_report(wrong, data, results, make_findings())


@pytest.mark.parametrize(("n", "arms"), [(1, 1), (2, 2), (10, 1), (120, 1)])
def test_every_figure_is_drawn_within_its_page(tmp_path, n, arms):
    study = make_study(tmp_path, arms=arms)
    data = make_data(study, n)
    report = render_report(study, data, analyse_study(study, data), make_findings())
    figures = [item for item in report.outputs if isinstance(item, Figure)]
    assert len(figures) >= 6
    for figure in figures:
        page = np.array(figure.drawing.get_size_inches())
        tight = figure.drawing.get_tightbbox()
        assert figure.drawing.axes[0].has_data()
        assert tight.min.min() > -0.01, figure.number
        assert (tight.max < page + 0.01).all(), (figure.number, tight.max, page)


def test_the_same_figure_gives_the_same_bytes(made):
    study, data, results, report = made
    again = render_report(study, data, results, make_findings())
    first, second = (format_image(output(item, "14.2.8.2").drawing) for item in (report, again))
    assert first == second
    assert format_image(first) is first


def test_the_counts_under_a_survival_curve_sum_to_n(made):
    texts = [text for text in output(made[3], "14.2.2").drawing.axes[0].texts if text.get_text().isdigit()]
    columns = {}
    for text in texts:
        columns.setdefault(text.get_position()[0], []).append(int(text.get_text()))
    assert len(columns) == 6
    assert all(sum(counts) == 10 for counts in columns.values())


def test_a_curve_without_a_row_at_an_event_day_is_refused(made):
    study, data, results, _ = made
    adtte = data.datasets["ADTTE"]
    day = adtte.loc[(adtte["PARAMCD"] == "OS") & (adtte["CNSR"] == 0), "AVAL"].iloc[0]
    frame = results.frame[~((results.frame["measure"] == "survival") & (results.frame["time_days"] == day))]
    with pytest.raises(RenderError, match=f"no result row at day {day:g}"):
        render_report(study, data, Results(frame, results.sources), make_findings())


def test_a_failed_model_leaves_the_patients_and_says_so(tmp_path):
    study = make_study(tmp_path)
    data = make_data(study, 1)
    report = render_report(study, data, analyse_study(study, data), make_findings())
    figure = output(report, "14.2.8.4")
    assert any("gave no means" in note for note in figure.footnotes)
    last = [row for row in output(report, "14.2.7").rows if row.label == "Day 84"][-1]
    assert [cell_text(cell) for cell in last.cells] == ["failed"] * 4


@pytest.mark.parametrize("arms", [1, 2])
def test_an_arm_without_patients_leaves_no_empty_panel_and_no_crash(tmp_path, arms):
    study = make_study(tmp_path, arms=arms)
    data = make_data(study, 1)  # with two arms, the second has nobody
    adsl = data.datasets["ADSL"]
    if arms == 1:
        adsl[["FASFL", "SAFFL"]] = "N"
    report = render_report(study, data, analyse_study(study, data), make_findings())
    numbers = [item.number for item in report.outputs if isinstance(item, Figure)]
    assert ("14.2.5" in numbers) == (arms == 2)
    for item in report.outputs:
        if isinstance(item, Figure):
            assert format_image(item.drawing).svg.startswith(b"<?xml")


def test_the_flow_of_patients_says_the_counts_of_the_disposition(made):
    _, _, results, report = made
    figure = output(report, "14.1.6")
    frame = results.frame[results.frame["analysis_id"] == "disposition"]
    keep = (frame["measure"] == "patients") & (frame["stat"] == "n")
    counts = frame[keep & (frame["level"] == "")].set_index("variable")["value"]
    shown = " ".join(text.get_text().strip() for text in figure.drawing.axes[0].texts)
    for variable, label in (("enrolled", "enrolled"), ("died", "Died"), ("FAS", "Full analysis set")):
        assert f"{label} (n={counts[variable]:g})" in shown
