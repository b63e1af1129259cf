"""Simulated exports as files, by the site's own data map."""

import hashlib
from datetime import date
from pathlib import Path

import pandas as pd

from hepatrial.errors import SimulateError
from hepatrial.simulate.exports import simulate_exports
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.study import DataMap, Source, Study


def write_example(
    study: Study,
    data_map: DataMap,
    folder: Path,
    *,
    n: int,
    seed: int,
    first_date: date,
    accrual_days: int = 240,
    scenario: str = "acute",
) -> list[Path]:
    """Simulate a trial and write each table to the file and under the column names of the data map.

    Parameters
    ----------
    study : Study
    data_map : DataMap
        Long layout, one source a table; it must say ``simulated = true``.
    folder : Path
        Data folder that the map's paths start from.
    n, seed, first_date, accrual_days
        As for :func:`simulate_exports`.
    scenario : str
        A name of ``SCENARIOS``.

    Returns
    -------
    list of Path
        The files, UTF-8 with line feeds, in the order of the map. The same arguments give the same bytes.
    """
    if not data_map.simulated:
        raise SimulateError(
            "the data map does not say simulated = true; a simulated export is never written without it"
        )
    if scenario not in SCENARIOS:
        raise SimulateError(f"unknown scenario {scenario!r}; known are {', '.join(SCENARIOS)}")
    tables = simulate_exports(
        study, n=n, seed=seed, first_date=first_date, exported_on=data_map.exported_on, accrual_days=accrual_days,
        scenario=SCENARIOS[scenario],
    )  # fmt: skip
    return [_write(source, tables[source.table], folder) for source in data_map.sources]


def write_key(
    study: Study,
    path: Path,
    *,
    n: int,
    seed: int,
    first_date: date,
    accrual_days: int = 240,
    scenario: str = "acute",
) -> Path:
    """Write the key of a simulated blinded trial, ``subject_id,arm,secret``, to a folder apart from the exports.

    The arguments are those of :func:`write_example`. The secret comes from the seed: a real one is drawn at random.
    """
    tables = simulate_exports(
        study, n=n, seed=seed, first_date=first_date, exported_on=date.max, accrual_days=accrual_days,
        scenario=SCENARIOS[scenario],
    )  # fmt: skip
    secret = hashlib.sha256(f"SIMULATED key {study.identity.study_id} {seed}".encode()).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    key = tables["subjects"][["subject_id", "arm"]].assign(secret=f"simulated-{secret}")
    key.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    return path


def _write(source: Source, table: pd.DataFrame, folder: Path) -> Path:
    if source.layout != "long" or source.constants:
        raise SimulateError(f"{source.file}: only a long layout without constants can be written")
    path = folder / source.file
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = table.rename(columns=source.columns)[list(source.columns.values())]
    texts.to_csv(path, index=False, encoding="utf-8", lineterminator="\n", sep=source.reading.delimiter or ",")
    return path
