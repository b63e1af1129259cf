"""Guards for every test: warnings are errors, no global random state, Agg, a temporary working folder."""

import os
import sys

os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest
import statsmodels.api  # noqa: F401  (its import inserts warning filters: before pytest sets ours per test)
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # how long an example takes tells of the machine's load
settings.load_profile("any machine")

SKIPPED: list[str] = []


def pytest_runtest_logreport(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        SKIPPED.append(report.nodeid)


def pytest_sessionfinish(session):
    """Where CI says what must be installed, a skipped test is a failure."""
    if SKIPPED and os.environ.get("CI") and not hasattr(session.config, "workerinput"):
        sys.stderr.write(f"skipped, which counts as failed here: {SKIPPED}\n")
        session.exitstatus = 1


@pytest.fixture(autouse=True)
def _guards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = np.random.get_state()[1].copy()  # noqa: NPY002  (the guard itself)
    yield
    assert (np.random.get_state()[1] == before).all(), "the test touched numpy's global random state"  # noqa: NPY002
