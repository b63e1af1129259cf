"""A failure at every write, folder and rename of a report leaves the old one whole; the error says what to do."""

import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from hepatrial.analyse import analyse_study
from hepatrial.errors import ReportError
from hepatrial.render import render_report
from hepatrial.report import FORMATS, write_report
from hepatrial.report import replace as module
from report_factory import make_data, make_exports, make_findings, make_study

KEPT = ("14.1.1", "14.2.2", "16.2.1")  # a table, a figure, a listing: every writer writes something
CHANGES = {"os.rename", "os.mkdir", "os.link", "os.symlink", "os.truncate"}
SWITCH = {"fail_at": None, "count": 0, "errno": errno.ENOSPC, "what": ""}


def watch(event, arguments):
    """Counts what changes the disk, and fails at one of it, as a full disk does."""
    if SWITCH["fail_at"] is None or not changes_the_disk(event, arguments):
        return
    SWITCH["count"] += 1
    if SWITCH["count"] == SWITCH["fail_at"]:
        SWITCH["what"] = f"{event} {arguments}"
        raise OSError(SWITCH["errno"], os.strerror(SWITCH["errno"]))


def changes_the_disk(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(mode, str) and any(letter in mode for letter in "wxa+")
        return writes or bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in CHANGES and not (event == "os.mkdir" and os.path.isdir(arguments[0]))


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    sys.addaudithook(watch)  # it stays for the process, switched off
    folder = tmp_path_factory.mktemp("study")
    study = make_study(folder)
    study = study.model_copy(update={"outputs": tuple(item for item in study.outputs if item.number in KEPT)})
    data = make_data(study, 3)
    results = analyse_study(study, data)
    findings, exports = make_findings(), make_exports(data)
    rendered = render_report(study, data, results, findings)

    def write(out, formats=FORMATS):
        inputs = {"study.toml": folder / "study.toml"}
        return write_report(
            rendered, study=study, data=data, results=results, findings=findings, exports=exports, inputs=inputs,
            out=out, formats=formats,
        )  # fmt: skip

    return write


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def attempt(write, out, step):
    """Write with a failure at this step; what was said, empty when nothing was."""
    SWITCH["fail_at"], SWITCH["count"] = step, 0
    try:
        write(out)
    except ReportError as error:
        return str(error)
    finally:
        SWITCH["fail_at"] = None
    return ""


@pytest.mark.slow
def test_a_full_disk_at_any_write_leaves_the_old_report_whole(writer, tmp_path):
    whole = hashes(writer(tmp_path / "whole"))
    out = writer(tmp_path / "new" / "report", ("html",))
    before, failures = hashes(out), 0
    for step in range(1, 500):
        said = attempt(writer, out, step)
        if said:
            failures += 1
            assert "No space left on device" in said, SWITCH["what"]
            assert "an older report there is unchanged. Check the space" in said, SWITCH["what"]
            assert hashes(out) == before, SWITCH["what"]
        else:  # not reached, or the writer tried again (zipfile does, in another mode)
            assert hashes(out) == whole, SWITCH["what"]
            writer(out, ("html",))
        assert [path.name for path in out.parent.iterdir()] == ["report"], SWITCH["what"]
        if SWITCH["count"] < step:
            break
    assert failures > len(FORMATS) + 10


def test_an_exchange_that_fails_leaves_the_old_report_whole(writer, tmp_path, monkeypatch):
    out = writer(tmp_path / "report", ())
    before = hashes(out)

    def fail(first, second):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(second))

    monkeypatch.setattr(module, "_exchange", fail)
    with pytest.raises(ReportError, match="could not be written"):
        writer(out, ())
    assert hashes(out) == before


def test_a_file_larger_than_allowed_leaves_the_old_report_whole(writer, tmp_path):
    """A real limit of the system, which writers in C meet as well."""
    resource = pytest.importorskip("resource")
    out = writer(tmp_path / "report", ("xlsx",))
    before = hashes(out)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (0, 700, 5_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            with pytest.raises(ReportError, match="File too large.*unchanged"):
                writer(out, ("pdf", "docx", "xlsx"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert hashes(out) == before


def test_a_read_only_folder_is_said_in_words(writer, tmp_path, monkeypatch):
    """Injected, because root may write into any folder."""
    monkeypatch.setitem(SWITCH, "errno", errno.EROFS)
    said = attempt(lambda out: writer(out, ()), tmp_path / "closed" / "report", 1)
    assert "Read-only file system" in said
    assert "another --out" in said
    assert not (tmp_path / "closed" / "report").exists()
