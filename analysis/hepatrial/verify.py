"""Proof that a report can be made again: run it in a temporary folder and compare every byte."""

import tempfile
from datetime import date
from pathlib import Path

from hepatrial.errors import ReportError
from hepatrial.report import hash_folder, read_manifest
from hepatrial.run import PREVIOUS_REPORT, Progress, run_report, silent


def verify_report(
    folder: Path,
    study_path: Path,
    data_path: Path,
    *,
    key: Path | None = None,
    previous: Path | None = None,
    progress: Progress = silent,
) -> list[str]:
    """Files of the report in ``folder`` that a fresh run does not give again, one line each; none is proof.

    ``key`` is the key file that a closed report was made with, ``previous`` the report before it where it was made
    with one.

    Raises
    ------
    ReportError
        When ``folder`` holds no report, or one that was made with a key or a previous report that is not given.
    """
    manifest = read_manifest(folder)
    if PREVIOUS_REPORT in manifest["inputs"] and previous is None:
        raise ReportError(f"{folder} was made with a previous report: give its folder too (--previous)")
    cutoff = manifest["data"].get("cutoff")
    if manifest["data"].get("view") == "closed" and key is None:
        raise ReportError(f"{folder}: is a closed report; give the key that it was made with (--key)")
    with tempfile.TemporaryDirectory(prefix="hepatrial-verify-") as temporary:
        again = Path(temporary) / "report"
        run_report(
            study_path,
            data_path,
            again,
            cutoff=date.fromisoformat(cutoff) if cutoff else None,
            key=key,
            previous=previous,
            formats=manifest["formats"],
            progress=progress,
        )
        before, after = hash_folder(folder), hash_folder(again)
    lines = [f"gone: {name}" for name in sorted(set(before) - set(after))]
    lines += [f"new: {name}" for name in sorted(set(after) - set(before))]
    return lines + [f"differs: {name}" for name in sorted(set(before) & set(after)) if before[name] != after[name]]
