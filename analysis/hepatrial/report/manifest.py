"""manifest.json: what went in, what came out, with which versions. No clock, no absolute path."""

import hashlib
import json
import platform
from collections.abc import Collection, Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hepatrial import __version__
from hepatrial.contracts import AnalysisData, Exports
from hepatrial.errors import ReportError
from hepatrial.study import Study, compute_study_hash

MANIFEST_NAME = "manifest.json"
FORMAT = "hepatrial report"
PACKAGES = (
    "formulaic", "jinja2", "lifelines", "matplotlib", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "statsmodels",
)  # fmt: skip


def make_manifest(
    study: Study,
    data: AnalysisData,
    exports: Exports,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, str],
    *,
    formats: Collection[str],
    cutoff: date | None,
    view: str,
) -> dict[str, Any]:
    """The manifest; ``outputs`` maps each file's path in the report to its SHA-256.

    Of a study that is blind, the SHA-256 of a data file is that of the columns that were read (load.sealing).
    """
    files = {str(row.file): str(row.sha256) for row in exports.files.itertuples(index=False)}
    return {
        "format": FORMAT,
        "format_version": 1,
        "study": {
            "id": study.identity.study_id,
            "sha256": compute_study_hash(study),
            "seed": study.seed,
        },
        "data": {
            "as_of": data.as_of.isoformat(),
            "simulated": data.simulated,
            "cutoff": cutoff.isoformat() if cutoff else None,
            "exported_on": exports.exported_on.isoformat(),
            "view": view,
        },
        "formats": sorted(formats),
        "software": {"hepatrial": __version__, "python": platform.python_version(), **_versions()},
        "inputs": {name: compute_sha256(path) for name, path in sorted(inputs.items())},
        "data_files": dict(sorted(files.items())),
        "outputs": dict(sorted(outputs.items())),
    }


def hash_folder(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by its path there with forward slashes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): compute_sha256(path) for path in files}


def compute_sha256(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write manifest.json with sorted keys."""
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished report.

    Raises
    ------
    ReportError
        When the folder holds none, or one that is not ours.
    """
    try:
        manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(f"{folder}: holds no readable {MANIFEST_NAME} of a report") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ReportError(f"{folder}: its {MANIFEST_NAME} was not written by hepatrial")
    return manifest


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
