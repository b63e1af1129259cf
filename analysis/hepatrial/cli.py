"""The command line: parses, calls, prints, exits.

Exit codes: 0 written, findings below the study's limit; 1 findings at or above it (nothing written), or two engines
disagree (written and marked), or differences found; 2 usage, study file or unreadable file.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hepatrial import __version__
from hepatrial.errors import HepatrialError

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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


def main() -> None:
    """Entry point of the ``hepatrial`` command."""
    try:
        app()
    except HepatrialError as error:
        typer.echo(f"hepatrial: {error}", err=True)
        sys.exit(error.exit_code)


def _progress(quiet: bool) -> Callable[[str], None]:
    def say(stage: str) -> None:
        if not quiet:
            typer.echo(f"{stage} …", err=True)

    return say


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
    template: Annotated[str, typer.Argument(help="Name of a study template, such as nct06904755.")],
    folder: Annotated[Path, typer.Argument(help="New folder to put the study into.")],
) -> None:
    """Start a study: copy a template with its blank export files and its example."""
    from hepatrial.study import copy_template

    copied = copy_template(template, folder)
    typer.echo(f"{copied}: edit study.toml and data.toml, then run hepatrial check {copied}/study.toml {copied}")


@app.command()
def check(study: StudyPath, data: DataPath, quiet: Quiet = False) -> None:
    """Read and check the exports; print the findings. Writes nothing."""
    from hepatrial.run import describe_finding, run_check

    checked = run_check(study, data, progress=_progress(quiet))
    for row in checked.findings.frame.to_dict("records"):
        typer.echo(describe_finding({str(key): value for key, value in row.items()}))
    blocking = len(checked.findings.at_or_above(checked.inputs.study.findings_limit))
    typer.echo(f"{len(checked.findings.frame)} findings, {blocking} of them stop a report", err=True)
    raise typer.Exit(1 if blocking else 0)


@app.command()
def report(
    study: StudyPath,
    data: DataPath,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; default reports/<study>/final.")] = None,
    quiet: Quiet = False,
) -> None:
    """Write the endpoint report of a study."""
    from hepatrial.run import read_inputs, run_report

    folder = out or Path("reports") / read_inputs(study, data).study.identity.study_id.lower() / "final"
    summary = run_report(study, data, folder, progress=_progress(quiet))
    _print_summary(summary)
    raise typer.Exit(1 if summary.n_qc_disagreements else 0)


def _print_summary(summary: "RunSummary") -> None:
    findings = ", ".join(f"{n} {severity}" for severity, n in sorted(summary.findings.items())) or "none"
    typer.echo(f"Subjects        {summary.n_subjects}")
    typer.echo(f"Findings        {findings}")
    typer.echo(f"Results         {summary.n_results}")
    typer.echo(f"Not estimable   {summary.n_not_estimable}")
    typer.echo(f"Failed          {summary.n_failed}")
    typer.echo(f"QC disagreement {summary.n_qc_disagreements}")
    typer.echo(f"Report          {summary.folder / 'report.html'}")


if __name__ == "__main__":
    main()
