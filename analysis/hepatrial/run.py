"""The order of the rooms: study and data in, report out. The only place that knows them all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hepatrial.analyse import analyse_study
from hepatrial.check import check_exports
from hepatrial.contracts import AnalysisData, Exports, Findings, Results
from hepatrial.derive import derive_analysis_data
from hepatrial.errors import FindingsError
from hepatrial.load import read_exports
from hepatrial.render import render_report
from hepatrial.report import write_report
from hepatrial.study import DataMap, Study, read_data_map, read_study

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Inputs:
    """The two files of a run and what they say."""

    study_path: Path
    data_path: Path
    study: Study
    data_map: DataMap


@dataclass(frozen=True, eq=False)
class Checked:
    """Data that were read and checked."""

    inputs: Inputs
    exports: Exports
    findings: Findings


@dataclass(frozen=True)
class RunSummary:
    """What a person wants to know when a run has ended."""

    folder: Path
    n_subjects: int
    n_results: int
    n_not_estimable: int
    n_failed: int
    n_qc_disagreements: int
    findings: dict[str, int]


def silent(_: str) -> None:
    """The progress of a caller who does not want any."""


def read_inputs(study_path: Path, data_path: Path) -> Inputs:
    """Read both definitions. ``data_path`` is data.toml, or the folder that holds it."""
    data_path = data_path / "data.toml" if data_path.is_dir() else data_path
    study = read_study(study_path)
    return Inputs(study_path, data_path, study, read_data_map(data_path, study))


def run_check(study_path: Path, data_path: Path, *, progress: Progress = silent) -> Checked:
    """Read the exports and check them; nothing is written.

    Raises
    ------
    StudyError, LoadError
        When a definition is wrong or a file cannot be read.
    """
    inputs = read_inputs(study_path, data_path)
    progress("Reading the exports")
    exports = read_exports(inputs.data_map, inputs.data_path.parent, inputs.study)
    progress("Checking the data")
    return Checked(inputs, exports, check_exports(exports, inputs.study, inputs.data_map))


def run_report(
    study_path: Path, data_path: Path, out: Path, *, cutoff: date | None = None, progress: Progress = silent
) -> RunSummary:
    """Run the whole study and write its report to ``out``.

    Raises
    ------
    FindingsError
        When a finding is at or above the study's ``findings_limit``; nothing is written.
    """
    checked = run_check(study_path, data_path, progress=progress)
    stop_at_findings(checked)
    study, findings = checked.inputs.study, checked.findings
    progress("Deriving the analysis datasets")
    data = derive_analysis_data(checked.exports, study, cutoff=cutoff)
    progress("Running the planned analyses")
    results = analyse_study(study, data)
    progress("Drawing tables and figures")
    rendered = render_report(study, data, results, findings)
    progress("Writing the report")
    folder = write_report(
        rendered,
        study=study,
        data=data,
        results=results,
        findings=findings,
        exports=checked.exports,
        inputs={"study.toml": checked.inputs.study_path, "data.toml": checked.inputs.data_path},
        out=out,
    )
    return _summarise(folder, data, results, findings)


def stop_at_findings(checked: Checked) -> None:
    """The one gate between checking and deriving."""
    limit = checked.inputs.study.findings_limit
    blocking = checked.findings.at_or_above(limit)
    fatal = checked.findings.at_or_above("fatal")
    blocking = fatal if len(fatal) else blocking  # what follows from an unreadable file is not worth reading yet
    if len(blocking):
        lines = [f"  {describe_finding(row)}" for row in blocking.head(20).to_dict("records")]
        more = [f"  … and {len(blocking) - 20} more"] if len(blocking) > 20 else []
        head = f"{len(blocking)} findings at or above the study's limit ({limit}); no report was written"
        raise FindingsError("\n".join([head, *lines, *more]))


def describe_finding(row: dict[str, object]) -> str:
    """A finding as one line: where, then what."""
    place = [str(row["file"])]
    place += [f"sheet {row['sheet']}"] if row["sheet"] else []
    place += [f"line {row['line']}"] if row["line"] else []
    place += [f"column {row['column']}"] if row["column"] else []
    return f"{row['severity']}: {', '.join(part for part in place if part)}: {row['message']}"


def _summarise(folder: Path, data: AnalysisData, results: Results, findings: Findings) -> RunSummary:
    status = results.frame["status"].value_counts()
    disagree = results.frame["message"].str.startswith("two independent computations disagree")
    return RunSummary(
        folder=folder,
        n_subjects=len(data.datasets["ADSL"]),
        n_results=len(results.frame),
        n_not_estimable=int(status.get("not_estimable", 0)),
        n_failed=int(status.get("failed", 0)),
        n_qc_disagreements=int(disagree.sum()),
        findings={str(key): int(value) for key, value in findings.frame["severity"].value_counts().items()},
    )
