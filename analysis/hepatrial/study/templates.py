"""A new study: from a shipped template, from a registry record, or blank."""

import shutil
from importlib.resources import files
from pathlib import Path

from hepatrial.errors import StudyError
from hepatrial.study.forms import write_forms
from hepatrial.study.proposal import blank_record, format_proposal, read_registry_record
from hepatrial.study.reading import read_study


def templates_dir() -> Path:
    """Folder of the study templates: inside the package in a wheel, beside ``analysis/`` in a checkout."""
    package = Path(str(files("hepatrial")))
    for folder in (package / "data_templates", package.parents[1] / "data_templates"):
        if folder.is_dir():
            return folder
    raise StudyError(f"the study templates are not installed beside {package}; reinstall hepatrial")


def start_study(source: str, folder: Path) -> Path:
    """Make a new study folder.

    Parameters
    ----------
    source : str
        Name of a template; ``blank``; or the path of a ClinicalTrials.gov record saved as JSON (``….json``).
    folder : Path
        Must not exist yet. From a record or blank it gets a proposed study.toml and the forms of
        :func:`write_forms`.

    Raises
    ------
    StudyError
        When there is no such template or record, or something is already at ``folder``.
    """
    if source != "blank" and not source.endswith(".json"):
        return copy_template(source, folder)
    record = blank_record() if source == "blank" else read_registry_record(Path(source))
    _refuse_existing(folder)
    folder.mkdir(parents=True)
    path = folder / "study.toml"
    path.write_text(format_proposal(record), encoding="utf-8", newline="\n")
    write_forms(read_study(path), folder)
    return folder


def _refuse_existing(folder: Path) -> None:
    if folder.exists():
        raise StudyError(f"{folder} exists already; give a new folder, so that nothing of yours is overwritten")


def copy_template(name: str, folder: Path) -> Path:
    """Copy the template ``name`` to ``folder``, which must not exist yet.

    Raises
    ------
    StudyError
        When there is no such template, or something is already at ``folder``.
    """
    known = sorted(path.name for path in templates_dir().iterdir() if (path / "study.toml").is_file())
    if name not in known:
        raise StudyError(f"there is no template {name!r}; there are {', '.join(known)}, blank, and NCT….json")
    _refuse_existing(folder)
    shutil.copytree(templates_dir() / name, folder)
    return folder
