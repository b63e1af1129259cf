"""Qualification of an installation: is it complete (IQ), do the methods give the reference numbers (OQ).

The third part, the example's report made here (PQ), needs the whole program and is added by ``hepatrial.run``.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from math import isfinite
from pathlib import Path

from packaging.requirements import Requirement

from hepatrial import __version__
from hepatrial.report import CertificateTable, write_certificate
from hepatrial.validation.cases import CASES, Case
from hepatrial.validation.mmrm_cases import compare_mmrm
from hepatrial.validation.outcome import CaseOutcome
from hepatrial.validation.published import NOT_REPRODUCED
from hepatrial.validation.reference import compare_multiplicity, compare_pack

NOT_SHIPPED = (
    (
        "R on data sets of the R package survival (lung, veteran, aml, ovarian, kidney, bladder2, pbc, transplant)",
        "LGPL; with them the test of proportional hazards, Cox prediction, logistic and Kruskal–Wallis cases",
    ),
    ("lme4, lmerTest and pbkrtest on sleepstudy and pbcseq", "GPL and LGPL data"),
    ("R's mmrm on the 10,000 visits of bcva_data", "Apache; left out for its size and running time"),
    ("rank tests on examples of R's manual, and admissions to Berkeley", "data of R itself (GPL)"),
    ("CDISC Pilot 01: printed tables and R's and SAS's numbers", "the data may be passed on, but weigh 1.5 MB"),
)
"""Reference comparisons that stay in the tests, and why."""

PARTS = ("assets/report.typ", "assets/report.html.j2")


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
    """Compute every shipped comparison; one that raises has failed, and says why."""
    return [*run_cases(), *run_pack(), *run_mmrm()]


def run_cases() -> list[CaseOutcome]:
    """Numbers worked by hand and printed in papers."""
    return [_run_case(case) for case in CASES]


def run_pack() -> list[CaseOutcome]:
    """Numbers of R for data and counts of our own."""
    return [*compare_pack(), compare_multiplicity()]


def run_mmrm() -> list[CaseOutcome]:
    """Numbers of R and SAS for the data of the R package mmrm."""
    return list(compare_mmrm())


def _run_case(case: Case) -> CaseOutcome:
    found: Mapping[str, float] = {}
    deviation, message = float("inf"), ""
    try:
        found = case.compute()
    except Exception as error:  # noqa: BLE001  (a broken installation may raise anything; the run must go on)
        message = f"{type(error).__name__}: {error}"
    missing = sorted(set(case.expected) - set(found))
    if missing and not message:
        message = f"gave no {', '.join(missing)}"
    if not missing:
        deviation = max(abs(found[name] - value) / max(1.0, abs(value)) for name, value in case.expected.items())
    return CaseOutcome(
        id=case.id, method=case.method, source=case.source, n_cases=1, n_numbers=len(case.expected),
        deviation=deviation, tolerance=case.tolerance, reason=case.reason, passed=deviation <= case.tolerance,
        message=message,
    )  # fmt: skip


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
        "operation": [asdict(one) | {"deviation": _finite(one.deviation)} for one in outcomes],
        "performance": [asdict(one) for one in performance],
        "not_reproduced": [list(pair) for pair in NOT_REPRODUCED],
        "not_shipped": [list(pair) for pair in NOT_SHIPPED],
    }  # fmt: skip
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    facts = [("hepatrial", __version__), ("Date", dated), ("Machine", machine),
             ("Result", "passed" if passed else "FAILED: see the rows marked FAILED")]  # fmt: skip
    tables = [
        _check_table("Installation", "What hepatrial needs, and what is installed.", installation),
        CertificateTable(
            "Operation", "Reference comparisons computed on this machine; deviations are relative, absolute near 0.",
            ("Method", "Reference", "Numbers", "Largest deviation", "Allowed", "Why that much", ""),
            tuple(_describe(one) for one in outcomes),
        ),
        _check_table("Performance", "The example's report, made on this machine.", performance),
        CertificateTable("Not reproduced", "Published numbers that cannot be computed again.", ("What", "Why"),
                         NOT_REPRODUCED),
        CertificateTable("Not shipped", "Comparisons that only the tests of the source distribution make.",
                         ("What", "Why"), NOT_SHIPPED),
    ]  # fmt: skip
    return [path, write_certificate("Qualification of hepatrial", facts, tables, path.with_suffix(".pdf"))]


def _finite(deviation: float) -> float | None:
    """JSON has no infinity: a comparison that gave nothing has no deviation."""
    return deviation if isfinite(deviation) else None


def _check_table(heading: str, note: str, checks: Sequence[Check]) -> CertificateTable:
    rows = tuple((one.name, one.found, "ok" if one.passed else "FAILED") for one in checks)
    return CertificateTable(heading, note, ("What", "Found", ""), rows)


def _describe(one: CaseOutcome) -> tuple[str, ...]:
    verdict = "ok" if one.passed else f"FAILED {one.message}".strip()
    return (
        one.method,
        one.source,
        str(one.n_numbers),
        f"{one.deviation:.1e}",
        f"{one.tolerance:.1e}",
        one.reason,
        verdict,
    )
