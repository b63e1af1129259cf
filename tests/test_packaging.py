"""templates_dir() gives the templates from a wheel, an sdist and an editable install alike."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from hepatrial.validation.mmrm_cases import MmrmPack
from hepatrial.validation.pack import read_cases

ROOT = Path(__file__).parents[1]
DATA = "hepatrial/validation/data/"
ALLOWED = {
    "README.md",
    "mmrm/expected.json.gz",
    "mmrm/fev_data.csv.gz",
    "multiplicity/README.md",
    "multiplicity/expected.csv",
    "multiplicity/make_expected.R",
    "survival/cr_edge.csv",
    "survival/edge.csv",
    "survival/expected.json.gz",
    "survival/sep10.csv",
}
"""Reference data of the wheel, each looked at for its licence: a new file here needs that look."""
ASK = "from hepatrial.study import templates_dir; print(templates_dir())"


def run(*command: str, cwd: Path = ROOT, **env: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | env
    done = subprocess.run([sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def pip_install(source: Path, target: Path, *options: str) -> None:
    run(
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(target),
        *options,
        str(source),
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "-d", str(folder))
    return folder


def test_wheel_carries_the_templates_and_no_test_data(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "hepatrial/data_templates/nct06904755/study.toml" in names
    assert not [name for name in names if name.startswith("tests/") or name.endswith(("pbc.csv", ".xpt"))]
    data = {name.removeprefix(DATA): zipfile.ZipFile(wheel).read(name) for name in names if name.startswith(DATA)}
    assert set(data) == ALLOWED
    assert {place.split("/")[0] for place in data if "/" in place} == set(read_licences(data["README.md"].decode()))
    assert sum(map(len, data.values())) < 600_000
    pip_install(wheel, tmp_path / "site")
    found = run("-c", ASK, cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert found == str(tmp_path / "site" / "hepatrial" / "data_templates")


def read_licences(readme: str) -> dict[str, str]:
    """Folder and licence of the table in the README beside the data; only our own, MIT and Apache may ship."""
    rows = [row.split("|")[1:4] for row in readme.splitlines() if row.startswith("| `")]
    found = {cells[0].strip(" `/"): cells[2].strip() for cells in rows}
    assert set(found.values()) <= {"ours (MIT)", "MIT", "Apache-2.0"}
    return found


def test_no_shipped_case_uses_data_of_an_r_package():
    """LGPL and GPL data sets, and data of R's own manual, stay in the tests."""
    cases = read_cases()
    assert {case["data"] for case in cases} == {None, "cr_edge", "edge", "sep10"}
    foreign = ("cmh.ucb", "wilcox.depression", "wilcox.perm", "wilcox.ovarian")
    assert not [case["id"] for case in cases if case["id"].startswith(foreign)]
    assert set(MmrmPack().content["factors"]) == {"fev_data"}


def test_sdist_builds_the_same_wheel(built, tmp_path):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    pip_install(source, tmp_path / "site")
    assert run("-c", ASK, cwd=tmp_path, PYTHONPATH=str(tmp_path / "site")).endswith("site/hepatrial/data_templates")


def test_editable_install_finds_the_checkout(tmp_path):
    """An editable install is a .pth line: site.addsitedir is what the interpreter does with it."""
    pip_install(ROOT, tmp_path / "site", "-e")
    ask = f"import site; site.addsitedir({str(tmp_path / 'site')!r}); {ASK}"
    assert run("-c", ask, cwd=tmp_path) == str(ROOT / "data_templates")
