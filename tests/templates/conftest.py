"""Each template's report is made once for all its tests, as HTML only."""

import pandas as pd
import pytest

from hepatrial.run import run_report
from hepatrial.study import templates_dir


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Folder of the report of a template; with ``unblinded`` that of its study file unblinded, and its key."""
    made = {}

    def make(template, *, unblinded=False):
        if (template, unblinded) not in made:
            folder, out = templates_dir() / template, tmp_path_factory.mktemp("reports") / template
            study, key = folder / "study.toml", None
            if unblinded:
                key = folder / "example-key" / "key.csv"
                text = study.read_text(encoding="utf-8").replace("\nseed = ", "\nunblinded_on = 2026-07-15\nseed = ", 1)
                study = out.with_name("study.toml")
                study.write_text(text, encoding="utf-8")
            run_report(study, folder / "data.toml", out, key=key, formats=("html",))
            made[template, unblinded] = out
        return made[template, unblinded]

    return make


@pytest.fixture(scope="session")
def read_results():
    return lambda folder: pd.read_parquet(folder / "results.parquet")
