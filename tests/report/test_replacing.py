"""The old report or the new one, never a part: replacing, refusing, failing and being killed."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hepatrial.errors import ReportError
from hepatrial.report import replace as module
from hepatrial.report.manifest import FORMAT
from hepatrial.report.replace import replacing


def make_report(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"format": FORMAT}), encoding="utf-8")
    (folder / "report.html").write_text(text, encoding="utf-8")


def fill(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(json.dumps({"format": FORMAT}), encoding="utf-8")
    (folder / "report.html").write_text(text, encoding="utf-8")


def read(out: Path) -> str:
    return (out / "report.html").read_text(encoding="utf-8")


def test_a_second_report_replaces_the_first_and_leaves_nothing_beside_it(tmp_path):
    out = tmp_path / "a" / "out"
    for text in ("old", "new"):
        with replacing(out) as folder:
            fill(folder, text)
    assert read(out) == "new"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_without_an_exchange_in_one_step_two_renames_do(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_exchange", lambda first, second: False)
    make_report(tmp_path / "out", "old")
    with replacing(tmp_path / "out") as folder:
        fill(folder, "new")
    assert read(tmp_path / "out") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_error_while_writing_leaves_the_old_report(tmp_path):
    make_report(tmp_path / "out", "old")
    with pytest.raises(UnicodeEncodeError), replacing(tmp_path / "out") as folder:
        fill(folder, "half, then text that no file can hold \ud800")
    assert read(tmp_path / "out") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_said_in_words(tmp_path):
    make_report(tmp_path / "out", "old")
    with pytest.raises(ReportError, match=r"No space left on device.*unchanged.*Check the space"), \
            replacing(tmp_path / "out"):  # fmt: skip
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert read(tmp_path / "out") == "old"


def test_a_second_rename_that_fails_gives_the_old_report_its_name_back(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_exchange", lambda first, second: False)
    make_report(tmp_path / "out", "old")
    real, calls = Path.rename, []

    def rename(self, target):
        calls.append(self.name)
        if len(calls) == 2:
            raise OSError(errno.EIO, "input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(ReportError, match="could not be written"), replacing(tmp_path / "out") as folder:
        fill(folder, "new")
    assert read(tmp_path / "out") == "old"


@pytest.mark.parametrize("content", [{"notes.txt": "mine"}, {"manifest.json": "{}"}, {"manifest.json": "no json"}])
def test_a_folder_without_our_manifest_is_never_replaced(tmp_path, content):
    out = tmp_path / "out"
    out.mkdir()
    for name, text in content.items():
        (out / name).write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match="is not replaced"), replacing(out):
        pass
    assert {path.name for path in out.iterdir()} == set(content)


@pytest.mark.parametrize("has_exchange", [True, False])
def test_a_failure_at_any_step_leaves_the_old_report_or_the_new_one(tmp_path, monkeypatch, has_exchange):
    if not has_exchange:
        monkeypatch.setattr(module, "_exchange", lambda first, second: False)
    outcomes = []
    for step in range(20):
        out = tmp_path / str(step) / "out"
        out.parent.mkdir()
        make_report(out, "old")
        with monkeypatch.context() as patch:
            count = fail_at(patch, step)
            try:
                with replacing(out) as folder:
                    fill(folder, "new")
            except ReportError:
                outcomes.append(read(out))
            else:
                assert read(out) == "new"
        if count[0] <= step:
            break
    assert outcomes
    assert set(outcomes) == {"old"}
    assert count[0] <= step, "the block took more steps than were tried"


def fail_at(patch, step):
    """Make the write, mkdir or rename number ``step`` fail; gives the running count."""
    count = [0]
    for name in ("mkdir", "rename", "write_text"):
        real = getattr(Path, name)

        def failing(self, *args, real=real, **options):
            count[0] += 1
            if count[0] == step + 1:
                raise OSError(errno.EIO, "input/output error")
            return real(self, *args, **options)

        patch.setattr(Path, name, failing)
    return count


def test_a_file_or_a_link_is_never_replaced(tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(ReportError, match="is not a folder"), replacing(tmp_path / name):
            pass


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "out").mkdir()
    with replacing(tmp_path / "out") as folder:
        fill(folder, "new")
    assert read(tmp_path / "out") == "new"


def test_a_killed_run_leaves_the_old_report_and_the_next_run_cleans_up(tmp_path):
    make_report(tmp_path / "out", "old")
    program = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        sys.path[:0] = {sys.path!r}
        from hepatrial.report.replace import replacing
        with replacing(Path({str(tmp_path / "out")!r})) as folder:
            (folder / "report.html").write_text("half")
            print("writing", flush=True)
            time.sleep(60)
    """)
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "writing\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert read(tmp_path / "out") == "old"
    with replacing(tmp_path / "out") as folder:
        fill(folder, "new")
    assert read(tmp_path / "out") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
