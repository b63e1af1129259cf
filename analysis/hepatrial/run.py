"""The order of the rooms: study and data in, report out. The only place that knows them all."""

import re
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from hepatrial.analyse import analyse_study
from hepatrial.check import apply_decisions, check_exports, compare_findings
from hepatrial.contracts import SEVERITIES, AnalysisData, Exports, Findings, Results, make_empty_exports
from hepatrial.derive import cut_exports, derive_analysis_data, find_disagreements
from hepatrial.derive.scores import SCORES
from hepatrial.errors import FindingsError, ReportError, SimulateError, StudyError
from hepatrial.load import (
    Key,
    apply_key,
    propose_data_map,
    read_decisions,
    read_exports,
    read_findings,
    read_key,
)
from hepatrial.render import drawing_process, make_empty_data, render_report, render_shells, send_record_figures
from hepatrial.report import (
    FORMATS,
    MANIFEST_NAME,
    check_passphrase,
    check_replaceable,
    check_same_view,
    encrypt_folder,
    read_manifest,
    write_report,
)
from hepatrial.results import PreviousReport, Where, add_core, bind_results, read_results, select_rows
from hepatrial.simulate import plan_operating, run_operating, write_example, write_key
from hepatrial.study import (
    LOCK_NAME,
    SEALED_VARIABLES,
    DataMap,
    Lock,
    Study,
    View,
    code_study,
    is_blind,
    pool_study,
    read_data_map,
    read_lock,
    read_study,
    without_sealed,
    write_lock,
)

Progress = Callable[[str], None]
DECISIONS = "decisions.csv"
LONGEST_RAW = 60
"""Letters of a cell that a finding shows on a terminal."""
NO_LETTERS = ("TRT02P",)
"""Variables of ADSL that tell an arm for which a key has no letter: hidden in the closed report too."""
PREVIOUS_REPORT = "previous report"
"""Name of the previous report's manifest among the inputs of a manifest."""
ACCRUAL_DAYS = 400
"""Simulated trials start this long, and their follow-up, before the export."""


@dataclass(frozen=True)
class Inputs:
    """The two files of a run and what they say; ``view`` is the study as this report may see it."""

    study_path: Path
    data_path: Path
    study: Study
    data_map: DataMap
    view: View
    key: Key | None = None


@dataclass(frozen=True, eq=False)
class Checked:
    """Data that were read, checked, and let through by what a person decided.

    ``decisions``: decisions.csv with the status of each (applied, stale, refused) and why.
    """

    inputs: Inputs
    exports: Exports
    findings: Findings
    decisions: pd.DataFrame


@dataclass(frozen=True)
class RunSummary:
    """What a person wants to know when a run has ended."""

    folder: Path
    n_subjects: int
    n_results: int
    n_not_estimable: int
    n_failed: int
    n_checked_twice: int
    n_qc_disagreements: int
    findings: dict[str, int]
    not_estimable: dict[str, int]
    """By analysis."""

    @property
    def page(self) -> Path:
        """What to open first."""
        page = self.folder / "report.html"
        return page if page.is_file() else self.folder


def silent(_: str) -> None:
    """The progress of a caller who does not want any."""


def read_inputs(study_path: Path, data_path: Path, key_path: Path | None = None) -> Inputs:
    """Read both definitions. ``data_path`` is data.toml, or the folder that holds it.

    While the study is blind, its arms are not known, or with ``key_path`` known by their letters alone.
    """
    data_path = data_path / "data.toml" if data_path.is_dir() else data_path
    study = read_study(study_path)
    data_map = without_sealed(read_data_map(data_path, study), study)
    key = read_key(key_path, study) if key_path else None
    return Inputs(study_path, data_path, study, data_map, _choose_view(study, key), key)


def _choose_view(study: Study, key: Key | None) -> View:
    if not is_blind(study):
        return View("plain", study)
    return code_study(study, key.letters) if key else pool_study(study)


def run_check(
    study_path: Path,
    data_path: Path,
    *,
    key: Path | None = None,
    previous: Path | None = None,
    progress: Progress = silent,
) -> Checked:
    """Read the exports, check them, and apply ``decisions.csv`` where it lies beside data.toml; nothing is written.

    ``previous`` is the folder of an earlier report: its findings tell what is new, open or resolved.

    Raises
    ------
    StudyError, LoadError
        When a definition is wrong or a file cannot be read.
    """
    inputs = read_inputs(study_path, data_path, key)
    study = inputs.view.study
    progress("Reading the exports")

    def tell(n_read: int, n_files: int, name: str) -> None:
        if name:
            progress(f"  {name} ({n_read + 1} of {n_files})")

    exports = read_exports(inputs.data_map, inputs.data_path.parent, inputs.study, progress=tell)
    if inputs.key is not None:
        exports = apply_key(exports, inputs.key, inputs.key.letters if inputs.view.kind == "closed" else None)
    progress("Checking the data")
    findings = check_exports(exports, study, inputs.data_map, find_disagreements(exports, study))
    path = inputs.data_path.parent / DECISIONS
    decisions = read_decisions(path) if path.is_file() else None
    decided = apply_decisions(exports, findings, decisions, study, inputs.data_map, remark=find_disagreements)
    earlier = read_findings(previous / "findings.csv") if previous else None
    return Checked(inputs, decided.exports, compare_findings(decided.findings, earlier), decided.decisions)


def run_report(
    study_path: Path,
    data_path: Path,
    out: Path,
    *,
    cutoff: date | None = None,
    key: Path | None = None,
    previous: Path | None = None,
    formats: Collection[str] = FORMATS,
    workers: int = 1,
    passphrase: str | None = None,
    progress: Progress = silent,
) -> RunSummary:
    """Run the whole study, as of ``cutoff`` where given, and write its report to ``out``.

    Of a study that is still blind this is the open report, and with its ``key`` the closed one (docs/blinding.md).
    With a ``passphrase`` the folder is written where only this user can read it, encrypted to ``out`` with the ending
    ``.encrypted``, and removed.

    Parameters
    ----------
    workers : int
        1, or 2 for a second process that draws figures meanwhile; the report has the same bytes.

    Raises
    ------
    FindingsError
        When a finding is at or above the study's ``findings_limit``; nothing is written.
    """
    if passphrase is not None:
        more: dict[str, Any] = {
            "cutoff": cutoff,
            "key": key,
            "previous": previous,
            "formats": formats,
            "workers": workers,
        }
        return _run_encrypted(study_path, data_path, out, passphrase, progress=progress, **more)
    check_replaceable(out)  # before the work, not after it
    with drawing_process(workers) as helper:
        checked = run_check(study_path, data_path, key=key, previous=previous, progress=progress)
        view, findings = checked.inputs.view, checked.findings
        check_same_view(out, view.kind)
        stop_at_findings(checked)
        study, lock = view.study, _read_lock(study_path)
        progress("Deriving the analysis datasets")
        data = _without_sealed_variables(derive_analysis_data(checked.exports, study, cutoff=cutoff), view)
        send_record_figures(study, data, helper, marking=view.marking)
        progress("Running the planned analyses")
        before = read_previous(previous, view) if previous and cutoff else None
        results = analyse_study(study, data, findings=findings, previous=before)
        progress("Drawing tables and figures")
        rendered = render_report(
            study, data, results, findings, checked.decisions, lock, checked.inputs.study, before, helper,
            marking=view.marking, notices=view.notices,
        )  # fmt: skip
        progress("Writing the report")
        folder = write_report(
            rendered,
            study=checked.inputs.study,
            data=data,
            results=results,
            findings=findings,
            exports=checked.exports,
            inputs=_definition_files(checked.inputs) | _previous_file(previous),
            out=out,
            formats=formats,
            cutoff=cutoff,
            view=view.kind,
            known=cut_exports(checked.exports, study, cutoff),
            decisions=checked.decisions,
        )
    return _summarise(folder, data, results, findings)


def read_rows(
    study_path: str | Path, data_path: str | Path, dataset: str, where: Where, *, cutoff: str | None = None
) -> pd.DataFrame:
    """The analysis rows behind a number, as the panel of report.html and ``hepatrial trace`` name them.

    Parameters
    ----------
    dataset : str
        Name of the analysis dataset, such as ``ADTTE``.
    where : list of (column, comparator, values)
        The conditions of the number's source; population flags and the arm of ADSL can be named for any dataset.
    cutoff : str, optional
        Data cut of an interim report, ``YYYY-MM-DD``.
    """
    checked = run_check(Path(study_path), Path(data_path))
    day = date.fromisoformat(cutoff) if cutoff else None
    data = derive_analysis_data(checked.exports, checked.inputs.view.study, cutoff=day)
    sets = _without_sealed_variables(data, checked.inputs.view).datasets
    return select_rows(add_core(sets[dataset], sets["ADSL"]), where)


def run_shells(study_path: Path, out: Path, *, formats: Collection[str] = FORMATS) -> Path:
    """Write every planned output without data to ``out``, in any format, with ``xx.x`` for each number."""
    check_replaceable(out)
    check_same_view(out, "shells")
    study = read_study(study_path)
    return write_report(
        render_shells(study),
        study=study,
        data=make_empty_data(study),
        results=bind_results((), ()),
        findings=Findings.from_rows([]),
        exports=make_empty_exports(date.min),
        inputs={"study.toml": study_path},
        out=out,
        formats=formats,
        view="shells",
    )


def read_previous(folder: Path, view: View) -> PreviousReport:
    """The results of an earlier report and the day of its data.

    Raises
    ------
    ReportError
        When the folder holds no report, or one that shows the arms otherwise: its numbers would stand in this one.
    """
    manifest = read_manifest(folder)
    seen = manifest["data"].get("view", "plain")
    if view.kind not in ("plain", seen):
        raise ReportError(f"{folder}: is a {seen} report; the report before this one must be {view.kind} too")
    return PreviousReport(read_results(folder), date.fromisoformat(manifest["data"]["as_of"]))


def read_passphrase(file: Path) -> str:
    """The first line of a file."""
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{file}: the passphrase cannot be read as a line of UTF-8 text") from error


def _run_encrypted(study_path: Path, data_path: Path, out: Path, passphrase: str, **more: Any) -> RunSummary:
    """The report as one encrypted file; what was readable lay in a private temporary folder and is gone."""
    target = out.with_name(f"{out.name}.encrypted")
    check_passphrase(passphrase)
    with tempfile.TemporaryDirectory(prefix="hepatrial-closed-") as temporary:
        summary = run_report(study_path, data_path, Path(temporary) / out.name, **more)
        encrypt_folder(summary.folder, target, passphrase)
    return replace(summary, folder=target)


def run_proposal(study_path: Path, exports: Path, out: Path) -> Path:
    """Write a proposed data.toml for the export in a folder; every guess in it is for a person to confirm."""
    text = propose_data_map(exports, read_study(study_path))
    try:
        with out.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise StudyError(
            f"{out} exists already; move it away first, so that nothing of yours is overwritten"
        ) from error
    return out


def run_simulation(
    study_path: Path, data_path: Path, out: Path, *, n: int, seed: int | None, scenario: str = "acute"
) -> list[Path]:
    """Write a SIMULATED export of the study to a new folder ``out``; ``seed`` is the study's unless given."""
    inputs = read_inputs(study_path, data_path)
    if out.exists():
        raise SimulateError(f"{out} exists already; give a new folder, so that no data of yours are overwritten")
    exported_on = inputs.data_map.exported_on
    first_date = exported_on - timedelta(days=ACCRUAL_DAYS + inputs.study.time.study_end_day)
    chosen = inputs.study.seed if seed is None else seed
    data_map = read_data_map(inputs.data_path, inputs.study).model_copy(update={"simulated": True})
    files = write_example(inputs.study, data_map, out, n=n, seed=chosen, first_date=first_date, scenario=scenario)
    if is_blind(inputs.study):
        key = out.with_name(f"{out.name}-key") / "key.csv"
        files.append(write_key(inputs.study, key, n=n, seed=chosen, first_date=first_date, scenario=scenario))
    text = inputs.data_path.read_text(encoding="utf-8")
    if not inputs.data_map.simulated:  # its map says so, that nobody takes it for real data
        text = "simulated = true\n" + re.sub(r"(?m)^simulated\s*=\s*false\b", "# \\g<0>", text)
    (out / "data.toml").write_text(text, encoding="utf-8", newline="\n")
    return [out / "data.toml", *files]


def run_replicates(
    study_path: Path,
    out: Path,
    *,
    replicates: int,
    shifts: Mapping[str, float],
    analyses: Sequence[str] = (),
    n: int | None = None,
    seed: int | None = None,
    scenario: str = "acute",
    accrual_days: int = 240,
    jobs: int = -1,
    scheduler: str = "",
    progress: Progress = silent,
) -> pd.DataFrame:
    """Operating characteristics of the plan; ``out`` may hold a run of the same plan that was stopped."""
    plan = plan_operating(
        read_study(study_path), n_replicates=replicates, analyses=analyses, seed=seed, scenario=scenario,
        drift_shift=shifts, n=n, accrual_days=accrual_days,
    )  # fmt: skip
    progress("Simulating and analysing trials")
    return run_operating(plan, out, jobs=jobs, scheduler=scheduler, progress=progress)


def _definition_files(inputs: Inputs) -> dict[str, Path]:
    """The files besides the exports that make a report, by their name in the manifest."""
    decisions = inputs.data_path.parent / DECISIONS
    lock = inputs.study_path.with_name(LOCK_NAME)
    files = {"study.toml": inputs.study_path, "data.toml": inputs.data_path}
    return files | {path.name: path for path in (decisions, lock) if path.is_file()}


def run_lock(study_path: Path, *, signed_by: str, signed_on: date) -> tuple[Path, Lock]:
    """Write study.lock beside study.toml: the plan as it is signed."""
    path = study_path.with_name(LOCK_NAME)
    inputs = {code: [item.code for item in spec.inputs] for code, spec in SCORES.items()}
    return path, write_lock(
        read_study(study_path), path, signed_by=signed_by, signed_on=signed_on, score_inputs=inputs
    )  # fmt: skip


def _read_lock(study_path: Path) -> Lock | None:
    path = study_path.with_name(LOCK_NAME)
    return read_lock(path) if path.is_file() else None


def _without_sealed_variables(data: AnalysisData, view: View) -> AnalysisData:
    """The data of a blinded report, whose listings and files leave out the variables that tell the arms."""
    if view.kind == "plain":
        return data
    hidden = dict(SEALED_VARIABLES)
    if view.kind == "closed":
        hidden["ADSL"] = NO_LETTERS
    return replace(data, absent={**data.absent, **hidden})


def _previous_file(previous: Path | None) -> dict[str, Path]:
    """The manifest of the report before this one, which stands for all of it."""
    return {PREVIOUS_REPORT: previous / MANIFEST_NAME} if previous else {}


def stop_at_findings(checked: Checked) -> None:
    """The one gate between checking and deriving."""
    limit = checked.inputs.study.findings_limit
    blocking = checked.findings.at_or_above(limit)
    fatal = checked.findings.at_or_above("fatal")
    blocking = fatal if len(fatal) else blocking  # what follows from an unreadable file is not worth reading yet
    if len(blocking):
        lines = [f"  {describe_finding(row)}" for row in blocking.head(20).to_dict("records")]
        more = [f"  … and {len(blocking) - 20} more"] if len(blocking) > 20 else []
        many = "1 finding" if len(blocking) == 1 else f"{len(blocking)} findings"
        head = f"{many} at or above the study's limit ({limit}); no report was written"
        raise FindingsError("\n".join([head, *lines, *more]))


def describe_finding(row: dict[str, object]) -> str:
    """A finding as one line: where, then what."""
    place = [str(row["file"])]
    place += [f"sheet {row['sheet']}"] if row["sheet"] else []
    place += [f"line {row['line']}"] if row["line"] else []
    place += [f"column {row['column']}"] if row["column"] else []
    at = ", ".join(part for part in place if part)
    raw = str(row["raw"])
    is_cell = bool(row["line"]) and row["column"] != "(row)" and row["rule"] != "identifier"
    is_told = bool(raw) and is_cell and raw not in str(row["message"])
    seen = f" (found {raw if len(raw) <= LONGEST_RAW else raw[:LONGEST_RAW] + '…'!r})" if is_told else ""
    return f"{row['severity']}: {at + ': ' if at else ''}{row['message']}{seen}"


def describe_findings(findings: Findings) -> list[str]:
    """A line each, the worst last: on a terminal that is where the eye is."""
    rank = findings.frame["severity"].map(SEVERITIES.index)
    rows = findings.frame.iloc[rank.argsort(kind="stable")].to_dict("records")
    return [describe_finding({str(key): value for key, value in row.items()}) for row in rows]


def _summarise(folder: Path, data: AnalysisData, results: Results, findings: Findings) -> RunSummary:
    status = results.frame["status"].value_counts()
    missing = results.frame[results.frame["status"] == "not_estimable"]
    disagree = results.frame["message"].str.startswith("two independent computations disagree")
    return RunSummary(
        folder=folder,
        n_subjects=len(data.datasets["ADSL"]),
        n_results=len(results.frame),
        n_not_estimable=int(status.get("not_estimable", 0)),
        n_failed=int(status.get("failed", 0)),
        n_checked_twice=int((results.frame["measure"] == "quality control").sum()),
        n_qc_disagreements=int(disagree.sum()),
        findings={str(key): int(value) for key, value in findings.frame["severity"].value_counts().items()},
        not_estimable={str(key): int(value) for key, value in missing["analysis_id"].value_counts(sort=False).items()},
    )
