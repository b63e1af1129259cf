"""Size and coverage of each two-arm template's primary analysis over 10,000 null trials at the planned n.

    python bench/size.py [REPLICATES]

Replicates in which the arms are alike, also of the planned mixed model and ranks (a fifth as many). Child A at week 24
besides by every table of two binomials, so exact.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import binom

from hepatrial.estimate import compare_proportions, compare_proportions_exact
from hepatrial.simulate import plan_operating, run_operating
from hepatrial.study import read_study, templates_dir

RUNS = (
    ("nct05940610", "acute or acute-on-chronic", ("os_km",), 1),
    ("nct05985863", "acute-on-chronic", ("os_km",), 1),
    ("nct06242405", "cirrhosis", ("child_a", "child_a_strata"), 1),
    ("nct05985863", "acute-on-chronic", ("scores_model", "scores_rank"), 5),
)
"""Study, scenario, analyses, and by what the number of trials is divided: models take longer."""
CHANCES = (0.1, 0.2, 0.3, 0.4, 0.5)
ALPHA = 0.05


def measure_size(name: str, scenario: str, analyses: tuple[str, ...], replicates: int) -> None:
    study = read_study(templates_dir() / name / "study.toml")
    plan = plan_operating(study, n_replicates=replicates, analyses=analyses, scenario=scenario)
    with tempfile.TemporaryDirectory() as folder:
        found = run_operating(plan, Path(folder) / "run")
    print(f"{name}, {', '.join(analyses)}, n = {plan.n}, {replicates} null trials")
    columns = ["measure", "variable", "visit", "group", "time_days", "estimable", "truth", "coverage", "coverage_error",
               "rejected", "rejected_error"]  # fmt: skip
    print(found[columns].to_string(index=False, float_format=lambda value: f"{value:.4f}"))


def measure_response_size() -> None:
    """Every pair of counts weighted by its chance: no simulation error."""
    study = read_study(templates_dir() / "nct06242405" / "study.toml")
    planned = study.analysis(next(item for item in study.endpoints if item.role == "primary").analyses[0]).comparison
    n = study.design.planned_n // 2
    options = {"reference": "b", "measure": "difference", "method": planned.conf_type, "conf_level": 0.95}
    p_values, covers = np.ones((n + 1, n + 1)), np.zeros((n + 1, n + 1))
    for x in range(n + 1):
        for y in range(n + 1):
            counts, sizes = {"a": x, "b": y}, {"a": n, "b": n}
            p_values[x, y] = compare_proportions_exact(counts, sizes, reference="b", method=planned.test).p_value
            found = compare_proportions(counts, sizes, **options)
            covers[x, y] = found.conf_low <= 0 <= found.conf_high
    print(f"nct06242405, child_a, n = {n} + {n}: {planned.test} test, {planned.conf_type} interval of the difference")
    for chance in CHANCES:
        weight = np.outer(binom.pmf(np.arange(n + 1), n, chance), binom.pmf(np.arange(n + 1), n, chance))
        size, coverage = float(weight[p_values <= ALPHA].sum()), float((weight * covers).sum())
        print(f"  both arms {chance:.1f}: size {size:.4f}, coverage {coverage:.4f}")


def main() -> None:
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    measure_response_size()
    for name, scenario, analyses, divisor in RUNS:
        measure_size(name, scenario, analyses, replicates // divisor)


if __name__ == "__main__":
    main()
