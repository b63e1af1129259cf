"""The generated files of the shipped templates: blank tables, codebooks and simulated examples.

``python -m hepatrial.simulate`` rewrites them in a checkout; a test fails when they are stale.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hepatrial.simulate.writing import write_example, write_key
from hepatrial.study import is_blind, read_data_map, read_study, write_blank_exports


@dataclass(frozen=True)
class Example:
    """How a template's example was simulated: without a difference between the arms."""

    n: int
    seed: int
    first_date: date
    accrual_days: int = 240
    scenario: str = "acute"


EXAMPLES = {
    # the seed was chosen so that ten patients show every kind of outcome
    "nct06904755": Example(n=10, seed=396, first_date=date(2024, 4, 29)),
    "nct06242405": Example(n=92, seed=1, first_date=date(2024, 3, 5), accrual_days=420, scenario="cirrhosis"),
    "nct05985863": Example(n=150, seed=3, first_date=date(2023, 10, 9), accrual_days=520, scenario="acute-on-chronic"),
    "nct05940610": Example(
        n=40, seed=7, first_date=date(2023, 9, 1), accrual_days=420, scenario="acute or acute-on-chronic"
    ),
}


def write_template_files(templates: Path) -> list[Path]:
    """Rewrite the generated files of every template that has an example; returns their paths."""
    written = []
    for name, example in EXAMPLES.items():
        folder = templates / name
        study = read_study(folder / "study.toml")
        data_map = read_data_map(folder / "data.toml", study)
        written += write_blank_exports(study, folder)
        written += write_example(study, data_map, folder, **vars(example))
        if is_blind(study):
            written.append(write_key(study, folder / "example-key" / "key.csv", **vars(example)))
    return written
