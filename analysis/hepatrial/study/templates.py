"""Where the shipped templates are: the same answer from a wheel, an sdist and an editable install."""

import shutil
from importlib.resources import files
from pathlib import Path

from hepatrial.errors import StudyError


def templates_dir() -> Path:
    """Folder of the study templates: inside the package in a wheel, beside ``analysis/`` in a checkout."""
    package = Path(str(files("hepatrial")))
    for folder in (package / "data_templates", package.parents[1] / "data_templates"):
        if folder.is_dir():
            return folder
    raise StudyError(f"the study templates are not installed beside {package}; reinstall hepatrial")


def copy_template(name: str, folder: Path) -> Path:
    """Copy the template ``name`` to ``folder``, which must not exist yet.

    Raises
    ------
    StudyError
        When there is no such template, or something is already at ``folder``.
    """
    known = sorted(path.name for path in templates_dir().iterdir() if (path / "study.toml").is_file())
    if name not in known:
        raise StudyError(f"there is no template {name!r}; there are {', '.join(known)}")
    if folder.exists():
        raise StudyError(f"{folder} exists already; give a new folder, so that nothing of yours is overwritten")
    shutil.copytree(templates_dir() / name, folder)
    return folder
