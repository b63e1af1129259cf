"""Everything that a site fills in, made from the study file: blank tables, codebook, REDCap dictionary, data maps."""

from pathlib import Path

from hepatrial.study.blank_exports import write_blank_exports
from hepatrial.study.blank_maps import format_blank_data_map, format_redcap_data_map
from hepatrial.study.models import Study
from hepatrial.study.redcap_dictionary import DICTIONARY, format_redcap_dictionary

BLANK_MAP, REDCAP_MAP = "data.toml", "data.redcap.toml"


def write_forms(study: Study, folder: Path) -> list[Path]:
    """Write the forms of a study and the data maps that read them back, without a line written by hand.

    Parameters
    ----------
    study : Study
    folder : Path
        Gets ``blank/*.csv`` and ``CODEBOOK.md`` with ``data.toml``; ``redcap_dictionary.csv`` with
        ``data.redcap.toml``. An existing ``data.toml`` or ``data.redcap.toml`` is left as it is.

    Returns
    -------
    list of Path
        What was written.
    """
    written = write_blank_exports(study, folder)
    own = {BLANK_MAP: format_blank_data_map(study), REDCAP_MAP: format_redcap_data_map(study)}
    files = {DICTIONARY: format_redcap_dictionary(study)} | {
        name: text for name, text in own.items() if not (folder / name).exists()
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [*written, *(folder / name for name in files)]
