"""Each template's report is made once for all its tests, as HTML only."""

import pandas as pd
import pytest

from hepatrial.run import run_report
from hepatrial.study import templates_dir


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Folder of the report of a template (and of another study file for its data), made when first asked for."""
    made = {}

    def make(template, study=None):
        key = (template, study)
        if key not in made:
            folder, out = templates_dir() / template, tmp_path_factory.mktemp("reports") / template
            run_report(study or folder / "study.toml", folder / "data.toml", out, formats=("html",))
            made[key] = out
        return made[key]

    return make


@pytest.fixture(scope="session")
def read_results():
    return lambda folder: pd.read_parquet(folder / "results.parquet")
