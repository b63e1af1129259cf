"""A rendered report to a folder of files, all at once or not at all."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib import import_module
from pathlib import Path

import pandas as pd
import pyarrow

from hepatrial.contracts import RECORD_COLUMNS, AnalysisData, Exports, Findings, Results
from hepatrial.errors import ReportError
from hepatrial.render import Figure, Listing, RenderedReport, Table, format_image, iter_parts
from hepatrial.report.analysis_files import DATA_FORMATS, write_analysis_files
from hepatrial.report.html import format_findings, format_html
from hepatrial.report.leaks import heading_values, refuse_leaks
from hepatrial.report.manifest import hash_folder, make_manifest, write_manifest
from hepatrial.report.panel import collect_panel
from hepatrial.report.records import read_sources, write_basis
from hepatrial.report.replace import replacing
from hepatrial.results import guard_formula, write_results
from hepatrial.study import Study, compute_study_hash

PAGES = ("html", "pdf", "rtf", "docx", "xlsx", "ard")
FORMATS = (*PAGES, "png", *DATA_FORMATS)
WITH_PNG = {"png", "docx"}
"""Formats for which the figures are written as PNG too: a DOCX file holds them."""


def write_report(
    rendered: RenderedReport,
    *,
    study: Study,
    data: AnalysisData,
    results: Results,
    findings: Findings,
    exports: Exports,
    inputs: Mapping[str, Path],
    out: Path,
    formats: Collection[str] = FORMATS,
    cutoff: date | None = None,
    view: str = "plain",
    known: Mapping[str, pd.DataFrame] | None = None,
    decisions: pd.DataFrame | None = None,
) -> Path:
    """Write the report's folder and give back its path.

    Parameters
    ----------
    inputs : mapping of str to Path
        Files besides the exports that made the report (study.toml, data.toml, decisions.csv), by the name under
        which the manifest lists their hash.
    out : Path
        Folder of the report. An older report of ours there is replaced in one step; it stays whole when
        anything goes wrong.
    cutoff : date, optional
        The data cut that the data were derived at, for the manifest.
    view : str
        Kind of the report, for the manifest: plain, of a study that is blind open or closed, or shells.
    known : mapping of str to DataFrame, optional
        The standard tables as of the cut, for records.parquet; default those of the exports.
    decisions : DataFrame, optional
        What a person decided, with what became of it.
    formats : collection of str
        Which of FORMATS to write. The figures as SVG, the result tables, the findings and the manifest are always
        written.

    Raises
    ------
    ReportError
        When ``out`` holds something else or cannot be written, a format is not known, or a blinded report would tell
        the arms (``report.leaks``).
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ReportError(f"formats {unknown} are not known; allowed are {', '.join(FORMATS)}")
    with replacing(out) as folder, ThreadPoolExecutor(max_workers=1) as other_core:
        vectors = _write_figures(rendered, folder / "figures")
        rasters = other_core.submit(_write_rasters, folder / "figures", formats)
        places = _record_places(exports, data)
        write_results(results, data.datasets, folder, places)
        write_basis(folder, study, known or exports.tables, exports, decisions)
        _write_csv(findings.frame, folder / "findings.csv")
        pyarrow.default_memory_pool().release_unused()  # it keeps what the Parquet files took
        if "html" in formats:
            panel = _panel(rendered, results, places, folder, study, cutoff)
            page = format_html(rendered, findings, panel, vectors, compute_study_hash(study))
            with (folder / "report.html").open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(page)
            del panel, page  # of a large study, as large as all the rest
        rasters.result()
        pdf = other_core.submit(_write_pdf, rendered, folder, formats)  # after the page: both at once is a GiB more
        _write_pages(rendered, results, folder, formats)
        if set(formats) & set(DATA_FORMATS):
            write_analysis_files(data, study, folder / "data", formats)
        pdf.result()
        outputs = hash_folder(folder)
        manifest = make_manifest(study, data, exports, inputs, outputs, formats=formats, cutoff=cutoff, view=view)
        write_manifest(manifest, folder)
        if view in ("open", "closed"):
            refuse_leaks(folder, study, coded=view == "closed", values=heading_values(known or exports.tables))
    return out


def write_findings(study: Study, findings: Findings, exports: Exports, folder: Path) -> list[Path]:
    """findings.csv and findings.html in a new folder, to be sent to the site.

    Raises
    ------
    ReportError
        When something is already at ``folder``.
    """
    if folder.exists():
        raise ReportError(f"{folder} exists already; give a new folder, so that nothing of yours is overwritten")
    folder.mkdir(parents=True)
    table, page = folder / "findings.csv", folder / "findings.html"
    _write_csv(findings.frame, table)
    page.write_text(format_findings(study, findings, exports), encoding="utf-8", newline="\n")
    return [table, page]


def _record_places(exports: Exports, data: AnalysisData) -> pd.DataFrame:
    """Where each record stands: record_id, file, sheet, line and table; of an ADaM dataset its record number."""
    columns = [*RECORD_COLUMNS, "table"]
    frames = [frame.assign(table=name)[columns] for name, frame in exports.tables.items() if len(frame)]
    if len(data.places):
        files = exports.files.drop_duplicates("table").set_index("table")["file"]
        read = data.places.rename(columns={"dataset": "table"})
        frames.append(read.assign(file=read["table"].map(files), sheet="")[columns])
    return pd.concat(frames) if frames else pd.DataFrame(columns=columns)


def _write_pdf(rendered: RenderedReport, folder: Path, formats: Collection[str]) -> None:
    if "pdf" in formats:
        (folder / "report.pdf").write_bytes(import_module("hepatrial.report.pdf").format_pdf(rendered, folder))


def _write_rasters(folder: Path, formats: Collection[str]) -> None:
    if WITH_PNG & set(formats):
        import_module("hepatrial.report.png").write_png(folder)


def _write_pages(rendered: RenderedReport, results: Results, folder: Path, formats: Collection[str]) -> None:
    """The other formats; each writer is imported when asked for, as together they take a second to load."""
    for name in (name for name in PAGES if name in formats and name not in ("html", "pdf")):
        write = getattr(import_module(f"hepatrial.report.{name}"), f"write_{name}")
        if name == "ard":
            write(results, folder, {item.name for item in rendered.post_hoc if item.kind == "analysis"})
        else:
            write(rendered, folder)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.map(guard_formula).to_csv(path, index=False, lineterminator="\n")


def _write_figures(rendered: RenderedReport, folder: Path) -> dict[str, bytes]:
    """Each figure as SVG with the rows that drew it; the SVG by number."""
    folder.mkdir()
    vectors = {}
    for figure in (item for item in rendered.outputs if isinstance(item, Figure)):
        image = format_image(figure.drawing)
        (folder / f"figure-{figure.number}.svg").write_bytes(image.svg)
        _write_csv(figure.rows, folder / f"figure-{figure.number}.csv")
        vectors[figure.number] = image.svg
    return vectors


def _panel(
    rendered: RenderedReport, results: Results, places: pd.DataFrame, folder: Path, study: Study, cutoff: date | None
) -> dict[str, object]:
    parts = [part for item in rendered.everything if isinstance(item, Table) for part in iter_parts(item)]
    parts += [part for _, cell in rendered.populations for part in cell]
    listed = {record for item in rendered.outputs if isinstance(item, Listing) for record in item.records}
    records = {record for joined in listed for record in joined.split(";")}
    expanded = read_sources(folder, ["source_id", "USUBJID", "record_id"])
    return collect_panel(
        results, (part.result_id for part in parts), records, expanded, places, study=study, cutoff=cutoff
    )
