"""Qualification of an installation: is it complete (IQ), do the methods give the reference numbers (OQ).

The third part, the example's report made here (PQ), needs the whole program and is added by ``hepatrial.run``.
"""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path

from packaging.requirements import Requirement

from hepatrial import __version__
from hepatrial.report import CertificateTable, write_certificate
from hepatrial.validation.cases import CASES, Case
from hepatrial.validation.published import NOT_REPRODUCED

PARTS = ("assets/report.typ", "assets/report.html.j2")


@dataclass(frozen=True)
class CaseOutcome:
    """One case: ``deviation`` is the largest relative one (absolute where the expected number is below 1)."""

    id: str
    method: str
    source: str
    n_numbers: int
    deviation: float
    tolerance: float
    passed: bool
    message: str


@dataclass(frozen=True)
class Check:
    """One check of installation or performance: what, what was found, whether that is right."""

    name: str
    found: str
    passed: bool


def check_installation() -> list[Check]:
    """Every package that hepatrial needs is there in a version that it allows, and its own files are."""
    try:
        needed = [Requirement(text) for text in requires("hepatrial") or []]
    except PackageNotFoundError:
        return [Check("hepatrial", "run from its source folder, not installed", False)]
    found = [_check_package(one) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    report = files("hepatrial.report")
    return found + [Check(name, "present", report.joinpath(name).is_file()) for name in PARTS]


def _check_package(requirement: Requirement) -> Check:
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return Check(str(requirement), "missing", False)
    return Check(str(requirement), installed, requirement.specifier.contains(installed, prereleases=True))


def run_validation() -> list[CaseOutcome]:
    """Compute every shipped case; a case that raises has failed, and says why."""
    return [_run_case(case) for case in CASES]


def _run_case(case: Case) -> CaseOutcome:
    facts = (case.id, case.method, case.source, len(case.expected))
    try:
        found = case.compute()
    except Exception as error:  # noqa: BLE001  (a broken installation may raise anything; the run must go on)
        return CaseOutcome(*facts, float("inf"), case.tolerance, False, f"{type(error).__name__}: {error}")
    missing = sorted(set(case.expected) - set(found))
    if missing:
        return CaseOutcome(*facts, float("inf"), case.tolerance, False, f"gave no {', '.join(missing)}")
    deviation = max(abs(found[name] - value) / max(1.0, abs(value)) for name, value in case.expected.items())
    return CaseOutcome(*facts, deviation, case.tolerance, deviation <= case.tolerance, "")


def write_validation(
    outcomes: Sequence[CaseOutcome],
    path: Path,
    *,
    installation: Sequence[Check] = (),
    performance: Sequence[Check] = (),
    dated: str = "",
) -> list[Path]:
    """Write the qualification as JSON and, beside it, as PDF.

    Parameters
    ----------
    outcomes : sequence of CaseOutcome
        Of :func:`run_validation`: the operational part.
    path : Path
        Of the JSON file; the PDF has the same name with ``.pdf``.
    installation, performance : sequence of Check
        The other two parts.
    dated : str
        Day of the qualification.
    """
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    passed = all([*(one.passed for one in outcomes), *(one.passed for one in (*installation, *performance))])
    content = {
        "hepatrial": __version__, "machine": machine, "date": dated, "passed": passed,
        "installation": [asdict(one) for one in installation],
        "operation": [asdict(one) for one in outcomes],
        "performance": [asdict(one) for one in performance],
        "not_reproduced": [list(pair) for pair in NOT_REPRODUCED],
    }  # fmt: skip
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    facts = [("hepatrial", __version__), ("Date", dated), ("Machine", machine),
             ("Result", "passed" if passed else "FAILED: see the rows marked FAILED")]  # fmt: skip
    tables = [
        _check_table("Installation", "What hepatrial needs, and what is installed.", installation),
        CertificateTable(
            "Operation", "Reference comparisons computed on this machine.",
            ("Method", "Reference", "Numbers", "Largest deviation", "Allowed", ""),
            tuple(_describe(one) for one in outcomes),
        ),
        _check_table("Performance", "The example's report, made on this machine.", performance),
        CertificateTable("Not reproduced", "Published numbers that cannot be computed again.", ("What", "Why"),
                         NOT_REPRODUCED),
    ]  # fmt: skip
    return [path, write_certificate("Qualification of hepatrial", facts, tables, path.with_suffix(".pdf"))]


def _check_table(heading: str, note: str, checks: Sequence[Check]) -> CertificateTable:
    rows = tuple((one.name, one.found, "ok" if one.passed else "FAILED") for one in checks)
    return CertificateTable(heading, note, ("What", "Found", ""), rows)


def _describe(one: CaseOutcome) -> tuple[str, ...]:
    verdict = "ok" if one.passed else f"FAILED {one.message}".strip()
    return (one.method, one.source, str(one.n_numbers), f"{one.deviation:.1e}", f"{one.tolerance:.1e}", verdict)
