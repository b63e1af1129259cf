"""The command line: parses, calls, prints, exits.

Exit codes: 0 written, findings below the study's limit; 1 findings at or above it (nothing written), or two engines
disagree (written and marked), or differences found; 2 usage, study file or unreadable file.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hepatrial import __version__
from hepatrial.errors import HepatrialError, StudyError

# Rooms are imported inside the commands: pandas and lifelines cost seconds, and --help must answer at once.
if TYPE_CHECKING:
    from hepatrial.run import RunSummary

app = typer.Typer(
    name="hepatrial",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="From exported trial data in liver failure to a traceable, reproducible endpoint report.",
)

StudyPath = Annotated[Path, typer.Argument(help="study.toml: the protocol and analysis plan.")]
DataPath = Annotated[Path, typer.Argument(help="data.toml, or the folder that holds it beside the exports.")]
KeyPath = Annotated[
    Path | None, typer.Option(help="Key file of a blinded study: CSV subject_id,arm,secret (docs/blinding.md).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on standard output.")]
Workers = Annotated[int, typer.Option(min=1, max=2, help="Processes that draw figures; the same bytes for 1 and 2.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File with the passphrase in its first line; else HEPATRIAL_PASSPHRASE, else asked.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


ALL_FORMATS = "html,pdf,rtf,docx,xlsx,ard,png,xpt,dataset-json"
FORMATS_HELP = f"Comma-separated: {ALL_FORMATS.replace(',', ', ')}."


def main() -> None:
    """Entry point of the ``hepatrial`` command."""
    try:
        app()
    except HepatrialError as error:
        typer.echo(f"hepatrial: {error}", err=True)
        sys.exit(error.exit_code)


SHARES = {
    "Reading the exports": 25,
    "Checking the data": 27,
    "Deriving the analysis datasets": 30,
    "Running the planned analyses": 40,
    "Drawing tables and figures": 52,
    "Writing the report": 65,
}
"""Per cent of a run that is over when each stage starts, as measured on the example; the time left is from this."""


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Stages on stderr: a bar with time gone and left on a terminal, else a line each; indented ones are files."""
    if quiet:
        yield lambda stage: None
    elif not sys.stderr.isatty():
        yield lambda stage: typer.echo(f"{stage} …", err=True)
    else:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (SpinnerColumn(), BarColumn(), TimeElapsedColumn(), TextColumn("gone,"), TimeRemainingColumn(),
                   TextColumn("left"), TextColumn("{task.description}", markup=False))  # fmt: skip
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=100)
            yield lambda stage: bar.update(
                task, description=stage.strip(), completed=SHARES.get(stage), refresh=True
            )  # fmt: skip


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Print the version where asked."""
    if version:
        typer.echo(f"hepatrial {__version__}")
        raise typer.Exit


@app.command()
def init(
    template: Annotated[
        str,
        typer.Argument(help="Name of a template, such as nct06904755; blank; or a ClinicalTrials.gov record, ….json."),
    ],
    folder: Annotated[Path, typer.Argument(help="New folder to put the study into.")],
    from_export: Annotated[
        Path | None, typer.Option(help="Folder of your export: propose a data.toml from what is in it.")
    ] = None,
) -> None:
    """Start a study: from a template, from a registry record, or blank; with its forms."""
    from hepatrial.study import start_study

    if from_export is not None and not from_export.is_dir():
        raise StudyError(f"{from_export}: there is no such folder; give the one that holds your export")
    copied = start_study(template, folder)
    typer.echo(f"{copied}: edit study.toml and data.toml, then run hepatrial check {copied}/study.toml {copied}")
    if from_export is not None:
        from hepatrial.run import run_proposal

        proposed = run_proposal(copied / "study.toml", from_export, copied / "data.proposed.toml")
        typer.echo(f"{proposed}: confirm every line, put it beside the export as data.toml")


@app.command()
def study(
    study: StudyPath,
    explain: Annotated[bool, typer.Option("--explain", help="Print the study in sentences, to be approved.")] = False,
    forms: Annotated[
        Path | None, typer.Option(help="Folder for blank CSVs, a codebook, a REDCap dictionary and their data maps.")
    ] = None,
) -> None:
    """Read a study file: what is still to be confirmed, the study in sentences, the forms that it needs."""
    from hepatrial.study import explain_study, find_confirmations, read_study, write_forms

    read = read_study(study)
    if explain:
        typer.echo(explain_study(read), nl=False)
    if forms is not None:
        for path in write_forms(read, forms):
            typer.echo(f"Written to {path}", err=True)
    if not explain:
        for place in find_confirmations(read):
            typer.echo(f"to confirm: {place.path}: {place.note}")


@app.command()
def check(
    study: StudyPath,
    data: DataPath,
    previous: Annotated[Path | None, typer.Option(help="Earlier report: say what is new, open or resolved.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="New folder for findings.csv and findings.html, for the site.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Read and check the exports; print the findings."""
    from hepatrial.run import describe_findings, run_check

    with _progress(quiet) as tell:
        checked = run_check(study, data, previous=previous, progress=tell)
    for line in describe_findings(checked.findings):
        typer.echo(line)
    for row in checked.decisions.to_dict("records"):
        typer.echo(
            f"decision {row['status']}: {row['action']} {row['id']} ({row['who']}): {row['note'] or row['reason']}"
        )
    if out is not None:
        from hepatrial.report import write_findings

        for path in write_findings(checked.inputs.study, checked.findings, checked.exports, out):
            typer.echo(f"Written to {path}", err=True)
    blocking = len(checked.findings.at_or_above(checked.inputs.study.findings_limit))
    typer.echo(f"{len(checked.findings.frame)} findings, {blocking} of them stop a report", err=True)
    raise typer.Exit(1 if blocking else 0)


@app.command()
def report(
    study: StudyPath,
    data: Annotated[Path | None, typer.Argument(help="data.toml, or its folder; not needed with --shells.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; default reports/<study>/final.")] = None,
    key: KeyPath = None,
    formats: Annotated[str, typer.Option(help=FORMATS_HELP)] = ALL_FORMATS,
    shells: Annotated[
        bool, typer.Option("--shells", help="Every planned output without data, xx.x for numbers.")
    ] = False,
    workers: Workers = 2,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write the endpoint report of a study. While it is double blind: the open report, all patients together."""
    if shells:
        _run_shells(study, out, formats)
        return
    if data is None:
        raise StudyError("DATA is missing: give data.toml or its folder (only --shells needs none)")
    if key is not None:
        _refuse_key_while_blind(study, data)
    _run_report(study, data, out, "final", formats=formats, quiet=quiet, as_json=as_json, workers=workers, key=key)


@app.command()
def figures(
    study: StudyPath,
    data: DataPath,
    out: Annotated[Path | None, typer.Option(help="Folder; default reports/<study>/figures.")] = None,
    workers: Workers = 2,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write the figures with the rows that drew them, and the result tables, without the pages."""
    _run_report(study, data, out, "figures", formats="png", workers=workers, quiet=quiet, as_json=as_json)


@app.command()
def interim(
    study: StudyPath,
    data: DataPath,
    cutoff: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Date of the data cut.")],
    out: Annotated[Path | None, typer.Option(help="Folder; default reports/<study>/<cutoff>.")] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Report of the cut before: what changed since, and which findings are new.")
    ] = None,
    formats: Annotated[str, typer.Option(help=FORMATS_HELP)] = ALL_FORMATS,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write the report as of a data cut, for a safety board. While a study is double blind: the open report."""
    day = cutoff.date()
    _run_report(
        study, data, out, day.isoformat(), formats=formats, quiet=quiet, as_json=as_json, cutoff=day, previous=previous
    )


@app.command(name="interim-closed")
def interim_closed(
    study: StudyPath,
    data: DataPath,
    cutoff: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Date of the data cut.")],
    key: Annotated[Path, typer.Option(help="Key file: CSV subject_id,arm,secret (docs/blinding.md).")],
    out: Annotated[Path | None, typer.Option(help="Folder; default reports/<study>/<cutoff>-closed.")] = None,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Write one file, FOLDER.encrypted, instead.")] = False,
    passphrase_file: PassphraseFile = None,
    formats: Annotated[str, typer.Option(help=FORMATS_HELP)] = ALL_FORMATS,
    quiet: Quiet = False,
) -> None:
    """Write the closed report of a double-blind study, by arm A and B, for the unblinded statistician alone."""
    day = cutoff.date()
    _refuse_key_unless_blind(study, data)
    more: dict[str, Any] = {"formats": formats, "quiet": quiet, "cutoff": day, "key": key}
    if encrypt:
        more["passphrase"] = _ask_passphrase(passphrase_file, again=True)
    _run_report(study, data, out, f"{day.isoformat()}-closed", **more)


@app.command()
def decrypt(
    file: Annotated[Path, typer.Argument(help="Encrypted report.")],
    folder: Annotated[Path, typer.Argument(help="New folder for the report.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Open a closed report that was written with --encrypt."""
    from hepatrial.report import decrypt_folder

    typer.echo(str(decrypt_folder(file, folder, _ask_passphrase(passphrase_file, again=False))))


@app.command()
def lock(
    study: StudyPath,
    by: Annotated[str, typer.Option(help="Who signs the analysis plan.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the signature.")],
) -> None:
    """Lock a signed plan: write study.lock beside study.toml; what is changed later is marked post hoc."""
    from hepatrial.run import run_lock

    path, locked = run_lock(study, signed_by=by, signed_on=on.date())
    typer.echo(f"{path}: {len(locked.analyses)} analyses as signed by {locked.signed_by} on {locked.signed_on}")


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished report.")],
    study: StudyPath,
    data: DataPath,
    key: KeyPath = None,
    previous: Annotated[Path | None, typer.Option(help="The previous report, where it was made with one.")] = None,
    quiet: Quiet = False,
) -> None:
    """Make a report again in a temporary folder and print every file that is not the same, byte for byte."""
    from hepatrial.verify import verify_report

    with _progress(quiet) as tell:
        lines = verify_report(folder, study, data, key=key, previous=previous, progress=tell)
    for line in lines:
        typer.echo(line)
    typer.echo(f"{folder}: {len(lines)} files differ" if lines else f"{folder}: every byte was made again", err=True)
    raise typer.Exit(1 if lines else 0)


@app.command()
def trace(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished report.")],
    result: Annotated[
        str, typer.Argument(help="Result id, as results.csv and the report show it; its start is enough.")
    ],
) -> None:
    """Show where a number came from: its row, the conditions, and file and line of every record behind it."""
    from hepatrial.trace import trace_result

    found = trace_result(folder, result)
    for key, value in found.result.items():
        if str(value) not in ("", "nan"):
            typer.echo(f"{key:<15} {value}")
    typer.echo(f"{'formula':<15} {found.formula}")
    if found.dataset:
        typer.echo(f"{'rows':<15} of {found.dataset} where {found.rule}\n{'in Python':<15} {found.where}")
    typer.echo(f"{len(found.records)} records of {found.records['USUBJID'].nunique()} patients")
    for row in found.records.to_dict("records"):
        sheet = f" sheet {row['sheet']}" if row["sheet"] else ""
        typer.echo(f"  {row['USUBJID']}  {row['table']}  {row['file']}{sheet} line {row['line']}  {row['record_id']}")


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="Folder of the earlier report.")],
    new: Annotated[Path, typer.Argument(help="Folder of the later report.")],
    out: Annotated[Path | None, typer.Option(help="New folder for the comparison as CSV files and HTML.")] = None,
) -> None:
    """Explain every result that differs between two reports by the records, the cut, the study file or the software."""
    from hepatrial.compare import compare_reports, describe_comparison

    found = compare_reports(old, new)
    for line in describe_comparison(found):
        typer.echo(line)
    if out is not None:
        from hepatrial.report import write_changes

        typer.echo(f"Written to {write_changes(found.as_tables(), out, found.banners)}", err=True)
    n_unexplained = int((found.results["cause"] == "unexplained").sum())
    typer.echo(f"{len(found.results)} results differ, {n_unexplained} of them unexplained", err=True)
    raise typer.Exit(0 if found.is_empty else 1)


@app.command()
def simulate(
    study: Annotated[Path, typer.Argument(help="study.toml.")],
    data: Annotated[Path, typer.Argument(help="data.toml that says how the exports are to look.")],
    out: Annotated[Path, typer.Argument(help="Folder for the SIMULATED exports, or for the replicates.")],
    n: Annotated[int | None, typer.Option(min=1, help="Patients; default 10, of replicates the planned size.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; default the study's.")] = None,
    scenario: Annotated[
        str, typer.Option(help="acute, acute-on-chronic, acute or acute-on-chronic, or cirrhosis.")
    ] = "acute",
    replicates: Annotated[
        int, typer.Option(min=0, help="Trials to simulate and analyse: power, size, bias and coverage; 0: an export.")
    ] = 0,
    shift: Annotated[
        list[str] | None, typer.Option(help="ARM=DRIFT of severity; below 0 is better. None: arms alike, the size.")
    ] = None,
    analysis: Annotated[list[str] | None, typer.Option(help="Analyses to replicate; default all that can be.")] = None,
    accrual: Annotated[int, typer.Option(min=1, help="Days over which replicates enrol; for stopping rules.")] = 240,
    jobs: Annotated[int, typer.Option(help="Worker processes of the replicates; -1: one a core.")] = -1,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler for the replicates.")] = "",
    quiet: Quiet = False,
) -> None:
    """Simulate a study before the first patient: a SIMULATED export, or the power and size of its plan."""
    from hepatrial.run import run_replicates, run_simulation

    if not replicates:
        for path in run_simulation(study, data, out, n=n or 10, seed=seed, scenario=scenario):
            typer.echo(str(path))
        return
    with _progress(quiet) as tell:
        summary = run_replicates(
            study, out, n=n, seed=seed, scenario=scenario, replicates=replicates, shifts=_read_shifts(shift or []),
            analyses=analysis or [], accrual_days=accrual, jobs=jobs, scheduler=scheduler, progress=tell,
        )  # fmt: skip
    typer.echo(summary.to_string(index=False, float_format=lambda value: f"{value:.4f}"))
    typer.echo(f"Written to {out}", err=True)


def _read_shifts(texts: list[str]) -> dict[str, float]:
    """``ARM=-0.5`` as a mapping."""
    found = {}
    for text in texts:
        arm, _, value = text.partition("=")
        try:
            found[arm] = float(value)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not ARM=NUMBER, such as MSC=-0.5") from None
    return found


@app.command()
def validate(
    out: Annotated[Path, typer.Option(help="JSON file with every check; a PDF is written beside it.")] = Path(
        "validation.json"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="Without the example's report (performance).")] = False,
) -> None:
    """Qualify this installation: packages, every shipped reference comparison, the example's report; JSON and PDF."""
    from hepatrial.qualify import qualify

    done = qualify(out, with_performance=not quick)
    for line in done.lines:
        typer.echo(line)
    for path in done.files:
        typer.echo(f"Written to {path}", err=True)
    raise typer.Exit(0 if done.passed else 1)


def _ask_passphrase(file: Path | None, *, again: bool) -> str:
    """The passphrase of a file, of the environment, or typed (twice when something is encrypted with it)."""
    from hepatrial.run import read_passphrase

    if file is not None:
        return read_passphrase(file)
    found = os.environ.get("HEPATRIAL_PASSPHRASE", "")
    return found or str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=again, err=True))


def _refuse_key_while_blind(study: Path, data: Path) -> None:
    from hepatrial.run import read_inputs

    if read_inputs(study, data).view.kind != "plain":
        raise StudyError(
            "the study is double blind: the report by arm needs unblinded_on in the study file. "
            "For the safety board: hepatrial interim-closed"
        )


def _refuse_key_unless_blind(study: Path, data: Path) -> None:
    from hepatrial.run import read_inputs

    if read_inputs(study, data).view.kind == "plain":
        raise StudyError("the study is not blind, so there is nothing to close: use hepatrial interim")


def _run_report(
    study: Path,
    data: Path,
    out: Path | None,
    name: str,
    *,
    formats: str,
    quiet: bool,
    as_json: bool = False,
    **more: Any,
) -> None:
    from hepatrial.render import collect_seldom
    from hepatrial.run import read_inputs, run_report

    collect_seldom()
    folder = out or Path("reports") / read_inputs(study, data).study.identity.study_id.lower() / name
    with _progress(quiet) as tell:
        summary = run_report(study, data, folder, formats=_split(formats), progress=tell, **more)
    code = 1 if summary.n_qc_disagreements else 0
    _print_summary(summary, code, as_json)
    raise typer.Exit(code)


def _run_shells(study: Path, out: Path | None, formats: str) -> None:
    from hepatrial.run import run_shells
    from hepatrial.study import read_study

    folder = out or Path("reports") / read_study(study).identity.study_id.lower() / "shells"
    typer.echo(str(run_shells(study, folder, formats=_split(formats))))


def _split(formats: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in formats.split(",") if part.strip())


def _print_summary(summary: "RunSummary", code: int, as_json: bool) -> None:
    """What came out, and where to look."""
    if as_json:
        facts = asdict(summary) | {"folder": str(summary.folder), "page": str(summary.page), "exit_code": code}
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    findings = ", ".join(f"{n} {severity}" for severity, n in sorted(summary.findings.items())) or "none"
    missing = ", ".join(f"{name} {n}" for name, n in summary.not_estimable.items())
    for name, text in (
        ("Subjects", summary.n_subjects),
        ("Findings", f"{findings}: findings.csv says where each is"),
        ("Results", f"{summary.n_results}: results.csv"),
        ("Not estimable", f"{summary.n_not_estimable}{f' ({missing}): marked NE, with the reason' if missing else ''}"),
        ("Failed", summary.n_failed),
        ("Computed twice", f"{summary.n_checked_twice} numbers, {summary.n_qc_disagreements} disagree"),
        ("Report", summary.page),
    ):
        typer.echo(f"{name:<15} {text}")


if __name__ == "__main__":
    main()
