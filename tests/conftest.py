"""Guards for every test: warnings are errors, no global random state, Agg, a temporary working folder."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest
import statsmodels.api  # noqa: F401  (its import inserts warning filters: before pytest sets ours per test)


@pytest.fixture(autouse=True)
def _guards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = np.random.get_state()[1].copy()  # noqa: NPY002  (the guard itself)
    yield
    assert (np.random.get_state()[1] == before).all(), "the test touched numpy's global random state"  # noqa: NPY002
