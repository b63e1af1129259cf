"""The documentation: it builds strictly, every page is in its contents, every command is described."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hepatrial.cli import app

ROOT = Path(__file__).parents[1]


def test_every_page_is_in_the_contents():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f": {page.name}\n" in text, page.name


def test_every_command_is_in_the_reference():
    pages = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    for name in [*names, *(group.name for group in app.registered_groups)]:
        assert f"`hepatrial {name}" in pages, name


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-f", str(ROOT / "mkdocs.yml")]
    done = subprocess.run([*command, "-d", str(tmp_path / "site")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "study-file" / "index.html").is_file()


def test_the_manual_is_built_by_make():
    assert "mkdocs build --strict" in (ROOT / "Makefile").read_text(encoding="utf-8")
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    assert any(name.startswith("mkdocs") for name in groups["dev"])
