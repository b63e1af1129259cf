"""Where the shipped templates are: the same answer from a wheel, an sdist and an editable install."""

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
