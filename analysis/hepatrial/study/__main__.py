"""``python -m hepatrial.study``: rewrite docs/study-file.md and docs/schema/ in a checkout."""

from hepatrial.study.reference import write_study_reference
from hepatrial.study.templates import templates_dir

if __name__ == "__main__":
    write_study_reference(templates_dir().parent / "docs")
