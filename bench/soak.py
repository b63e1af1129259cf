"""100 kills (SIGKILL) of ``hepatrial report`` at random moments; the old report must stay whole: ``make soak``.

The moments are drawn over the whole length of a run, half of them from when the writing starts.
``python bench/soak.py 20`` makes 20 kills.
"""

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "data_templates" / "nct06904755"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "analysis")}


def start(out: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "hepatrial.cli", "report", str(TEMPLATE / "study.toml"), str(TEMPLATE)]
    return subprocess.Popen(
        [*command, "--out", str(out), "--formats", "html,xlsx"],
        env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def hash_files(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read_stage(process: "subprocess.Popen[str]", wanted: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(wanted):
            return


def time_one(out: Path) -> tuple[float, float]:
    """Seconds of a whole run and of its writing."""
    begin = time.perf_counter()
    with start(out) as process:
        read_stage(process, "Writing")
        writing = time.perf_counter()
        process.communicate()
    if process.returncode != 0:
        raise SystemExit("the first run failed")
    end = time.perf_counter()
    return end - begin, end - writing


def main(kills: int) -> None:
    draw = random.Random(20260101)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        whole, writing = time_one(out)
        before, outcomes = hash_files(out), Counter[str]()
        for number in range(kills):
            with start(out) as process:
                late = number % 2 == 1
                if late:
                    read_stage(process, "Writing")
                time.sleep(draw.uniform(0, 1.1 * (writing if late else whole)))
                outcomes["ended before the kill" if process.poll() is not None else "killed"] += 1
                process.kill()
            if hash_files(out) != before:
                raise SystemExit(f"kill {number + 1}: the report is not whole")
            print(f"kill {number + 1} of {kills}: whole", flush=True)
        left = sorted(path.name for path in Path(folder).iterdir() if path.name != "report")
        time_one(out)
        rest = [path.name for path in Path(folder).iterdir()]
        print(f"{dict(outcomes)}; left beside it by the last kill: {left}; after one more run: {rest}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
