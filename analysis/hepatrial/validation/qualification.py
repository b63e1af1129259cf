"""The qualification run: every case computed here and now, with its largest deviation, as a table and a JSON file."""

import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from hepatrial import __version__
from hepatrial.validation.cases import CASES, Case

LIBRARIES = ("numpy", "scipy", "pandas", "lifelines", "statsmodels", "matplotlib", "formulaic")


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


def write_validation(outcomes: list[CaseOutcome], path: Path) -> Path:
    """Write the outcomes with the versions they were got with as JSON."""
    content = {
        "software": {"hepatrial": __version__, "python": platform.python_version(), "machine": platform.machine()}
        | {name: version(name) for name in LIBRARIES},
        "passed": all(outcome.passed for outcome in outcomes),
        "cases": [asdict(outcome) for outcome in outcomes],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
