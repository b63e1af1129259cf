"""The whole qualification of an installation: its packages, its methods, and the example's report made here."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from joblib import Parallel, cpu_count, delayed

from hepatrial.report import hash_folder
from hepatrial.results import read_results
from hepatrial.run import run_report
from hepatrial.study import templates_dir
from hepatrial.validation import (
    CaseOutcome,
    Check,
    check_installation,
    run_cases,
    run_mmrm,
    run_pack,
    write_validation,
)

EXAMPLE = "nct06904755"
BY_HAND = {("OS", 28.0, "n_events"): 1.0, ("OS", 84.0, "n_events"): 2.0, ("OS", 28.0, "n_risk"): 9.0}
"""Deaths and patients at risk of the example, counted in its export by eye."""


@dataclass(frozen=True)
class Qualification:
    """What was checked, a line each; the files written; whether all of it is right."""

    lines: tuple[str, ...]
    files: tuple[Path, ...]
    passed: bool


def qualify(out: Path, *, with_performance: bool = True) -> Qualification:
    """Run the qualification and write it as JSON and PDF, dated today or by ``SOURCE_DATE_EPOCH``.

    The comparisons and the two reports are made in two processes where the machine has two processors.
    """
    installation = check_installation()
    with tempfile.TemporaryDirectory(prefix="hepatrial-qualify-") as temporary:
        made = [Path(temporary) / name for name in ("first", "second")] if with_performance else []
        tasks = [delayed(run_mmrm)(), *(delayed(_make_report)(folder) for folder in made), delayed(run_pack)()]
        mmrm, *reports, pack = Parallel(n_jobs=min(2, cpu_count()))(tasks)
        performance = list(_check_performance(made, reports)) if with_performance else []
    outcomes = [*run_cases(), *pack, *mmrm]
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    day = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    files = write_validation(
        outcomes, out, installation=installation, performance=performance, dated=day.date().isoformat()
    )
    checks = (*installation, *performance)
    lines = (*map(_describe_check, checks), *map(_describe_case, outcomes))
    passed = all([*(one.passed for one in checks), *(one.passed for one in outcomes)])
    return Qualification(lines, tuple(files), passed)


def _make_report(out: Path) -> tuple[int, int]:
    """How many results the example's report has, and how many of them two engines disagree on."""
    folder = templates_dir() / EXAMPLE
    done = run_report(folder / "study.toml", folder / "data.toml", out, formats=("html",))
    return done.n_results, done.n_qc_disagreements


def _check_performance(made: Sequence[Path], reports: Sequence[tuple[int, int]]) -> Iterator[Check]:
    """The example's report, made twice: the same bytes, the counts that a person sees in the export, both engines."""
    (n_results, n_disagreements), *_ = reports
    first, second = map(hash_folder, made)
    frame = read_results(made[0]).frame
    yield Check("Example's report made", f"{n_results} results", n_results > 0)
    yield Check("Made again", f"{len(first)} files, the same bytes", first == second)
    yield Check("Engines that disagree", str(n_disagreements), n_disagreements == 0)
    own = frame[(frame["measure"] == "survival") & (frame["level"] == "")]
    for (code, day, stat), expected in BY_HAND.items():
        rows = own[(own["variable"] == code) & (own["time_days"] == day) & (own["stat"] == stat)]
        found = ", ".join(f"{value:g}" for value in rows["value"])
        yield Check(f"Example: {code} at day {day:g}, {stat}", found, list(rows["value"]) == [expected])


def _describe_check(one: Check) -> str:
    return f"{'ok    ' if one.passed else 'FAILED'} {one.name}: {one.found}"


def _describe_case(one: CaseOutcome) -> str:
    verdict = "ok    " if one.passed else "FAILED"
    found = f"{one.n_numbers} numbers, largest deviation {one.deviation:.1e}, allowed {one.tolerance:.1e}"
    return f"{verdict} {one.method}: {found} {one.message}".rstrip()
