"""Seconds and memory of a whole report from a cold process, 10, 100 and 500 SIMULATED patients: ``make bench``.

The patients are simulated from the study file of NCT06904755; stages are the command's own progress lines.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "data_templates" / "nct06904755"
COMMAND = (sys.executable, "-m", "hepatrial.cli")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "analysis"), "OPENBLAS_NUM_THREADS": "1"}


def measure(*arguments: str) -> tuple[float, list[tuple[str, float]]]:
    """Wall seconds of a command, and when it told each of its stages."""
    start, stages = time.perf_counter(), []
    with subprocess.Popen([*COMMAND, *arguments], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if not line.startswith(" "):
                stages.append((line.strip().removesuffix(" …"), time.perf_counter() - start))
    if process.returncode != 0:
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}: {[stage for stage, _ in stages]}")
    return time.perf_counter() - start, stages


def main() -> None:
    study = str(TEMPLATE / "study.toml")
    for n in (10, 100, 500):
        with tempfile.TemporaryDirectory() as folder:
            data = f"{folder}/export"
            subprocess.run(
                [*COMMAND, "simulate", study, str(TEMPLATE / "data.toml"), data, "--n", str(n)],
                env=ENVIRONMENT, check=True, capture_output=True,
            )  # fmt: skip
            for formats in ("html", "html,pdf,rtf,docx,xlsx,ard"):
                seconds, stages = measure("report", study, data, "--out", f"{folder}/report", "--formats", formats)
                peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
                steps = ", ".join(f"{stage} at {at:.1f}" for stage, at in stages)
                print(f"{n:5} patients, {formats:26} {seconds:6.1f} s, peak {peak:5.0f} MiB; {steps}", flush=True)


if __name__ == "__main__":
    main()
